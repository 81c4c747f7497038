import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Arch, placeFolder, ReleaseFault, ROOT, readJson, run } from "./steps.ts";

/** A package as package-lock.json pins it. */
export interface Locked {
  /** Its folder in the checkout. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** `sha512-` and Base64; packages of our own have none. */
  readonly integrity?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

/** They are compiled where they are installed, and Linux has no need of them: the PC/SC service is spoken to without. */
const COMPILED = ["pcsclite", "smartcard"];
/** Our packages, in the checkout's folders of these names. */
export const OURS = ["card-layout", "firmware", "terminal-sim", "host"] as const;

type Entry = Omit<Locked, "path" | "name"> & { readonly link?: boolean; readonly resolved?: string };
const lock = readJson<{ readonly packages: Readonly<Record<string, Entry>> }>(join(ROOT, "package-lock.json")).packages;

const nameOf = (path: string): string =>
  path.includes("node_modules/") ? path.replace(/^.*node_modules\//, "") : `@cachet/${path}`;

/** The entry that a package finds under a name, from its folder upwards, as Node looks for it. */
function found(from: string, name: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = folder === "." || folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    const entry = lock[path];
    if (entry !== undefined) return entry.link === true ? entry.resolved! : path;
    if (folder === "." || folder === "") return null;
  }
}

/** What runs on Linux of an architecture; every architecture where there is none. */
const fits = ({ os, cpu }: Entry, arch: Arch | null): boolean =>
  arch === null || ((os ?? ["linux"]).includes("linux") && (cpu ?? [arch]).includes(arch));

/** A package and everything that it needs at run time, ours first among them, by their folders; for one architecture, or for all. */
export function closureOf(folder: string, arch: Arch | null): readonly Locked[] {
  const seen = new Map<string, Locked>();
  const visit = (path: string): void => {
    const entry = lock[path];
    if (seen.has(path) || entry === undefined || !fits(entry, arch)) return;
    seen.set(path, { ...entry, path, name: nameOf(path) });
    for (const needed of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
      const at = COMPILED.includes(needed) ? null : found(path, needed);
      if (at !== null) visit(at);
    }
  };
  visit(folder);
  return [...seen.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Names of the packages that something needs by itself. */
export const neededBy = ({ path, dependencies, optionalDependencies }: Locked, all: readonly Locked[]): Locked[] =>
  Object.keys({ ...dependencies, ...optionalDependencies }).flatMap((name) => {
    const at = found(path, name);
    return all.filter((one) => one.path === at);
  });

/** The entry of a package of the checkout, whoever needs it. Throws where the lock file has none. */
export function lockedAs(path: string): Locked {
  const entry = lock[path];
  if (entry === undefined) throw new ReleaseFault(`package-lock.json has no ${path}`, "npm install makes it anew");
  return { ...entry, path, name: nameOf(path) };
}

/** Fetches a package's archive from the registry into `to`, once, and unpacks it there. Gives the folder. */
export function fetched(name: string, version: string, integrity: string | null, to: string): string {
  const folder = join(to, `${name.replace("/", "-")}-${version}`);
  if (existsSync(folder)) return folder;
  mkdirSync(to, { recursive: true });
  const npm = ["pack", `${name}@${version}`, "--pack-destination", to, "--json", "--loglevel=error"];
  const [{ filename }] = JSON.parse(run("npm", npm)) as [{ readonly filename: string }];
  const archive = join(to, filename);
  const hash = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
  if (integrity !== null && hash !== integrity)
    throw new ReleaseFault(`${name}@${version} is not what package-lock.json says`, "ask the registry why");
  mkdirSync(`${folder}.new`, { recursive: true });
  run("tar", ["-xzf", archive, "-C", `${folder}.new`, "--strip-components=1"]);
  run("mv", [`${folder}.new`, folder]);
  return folder;
}

/** What nobody runs: maps, types, a library's other forms, and what is compiled for other machines. */
function keeps(name: string, arch: Arch): (path: string) => boolean {
  return (path) =>
    !/(^|\/)node_modules\//.test(path) &&
    !/\.(map|d\.[cm]?ts)$/.test(path) &&
    !(name === "echarts" && /^(dist|types|i18n|theme)\//.test(path)) &&
    !(path.startsWith("prebuilds/") && !path.startsWith(`prebuilds/linux-${arch}/`));
}

/** Copies a package from outside as it is installed here, or, of another architecture, from the registry. */
export function placeLocked(locked: Locked, arch: Arch, to: string, cache: string): void {
  const here = join(ROOT, locked.path);
  const from = existsSync(join(here, "package.json"))
    ? here
    : fetched(locked.name, locked.version, locked.integrity ?? null, cache);
  placeFolder(from, to, keeps(locked.name, arch));
}
