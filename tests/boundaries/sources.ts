import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** One import of a source file: what it names, and whether anything of it exists at run time. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

export const sourceFiles = (): string[] =>
  globSync(["{card-layout,firmware,host,terminal-sim}/src/**/*.ts", "firmware/ports/**/*.ts"], { cwd: ROOT })
    .filter((file) => !file.endsWith(".test.ts"))
    .sort();

export const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** Code without comments and without the text of strings. */
export function codeOf(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g, (match) =>
    match.startsWith("`") ? match.replace(/[^$\n]/g, " ") : " ",
  );
}

/** A relative import as a path from the root; a package stays as it is named. */
function resolveImport(file: string, specifier: string): string {
  return specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : specifier;
}

export function importsOf(file: string): Import[] {
  const source = read(file).replace(/\/\*[\s\S]*?\*\//g, "");
  const still = [...source.matchAll(/^(?:import|export)\s+(type\s+)?([^;"']*?from\s+)?["']([^"']+)["'];/gm)].map(
    (match) => {
      const names = match[2] ?? "";
      const inner = /\{([^}]*)\}/.exec(names)?.[1];
      const onlyTypes =
        inner?.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
      return {
        from: file,
        to: resolveImport(file, match[3]!),
        typeOnly: match[1] !== undefined || onlyTypes,
        lazy: false,
      };
    },
  );
  const lazy = [...source.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g)].map((match) => ({
    from: file,
    to: resolveImport(file, match[1]!),
    typeOnly: false,
    lazy: true,
  }));
  return [...still, ...lazy];
}
