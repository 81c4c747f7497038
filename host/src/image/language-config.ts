/** How TypeScript reads a programme's file: as strictly as the language is meant, and with nothing of a browser or of Node in it. */
export const COMPILER_OPTIONS = {
  target: "ES2023",
  lib: ["ES2023"],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  skipLibCheck: true,
  noEmit: true,
} as const;
