import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["{card-layout,firmware,host,terminal-sim}/src/**/*.test.ts", "tests/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
