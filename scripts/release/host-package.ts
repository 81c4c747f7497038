import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { cLibraryOf, makeDeb } from "./deb.ts";
import { closureOf, fetched, type Locked, lockedAs, OURS, placeLocked } from "./locked.ts";
import {
  type Arch,
  level,
  place,
  placeFolder,
  type Release,
  ReleaseFault,
  ROOT,
  readJson,
  run,
  write,
} from "./steps.ts";

const NODE_VERSION = readFileSync(join(ROOT, ".nvmrc"), "utf8").trim();
/** SHA-256 of the program of that version, for each architecture. */
const NODE_HASHES = readJson<Readonly<Record<Arch, string>>>(join(ROOT, "scripts/release/node.json"));

/** Runs what lies beside it, with the Node of its own. */
const STARTER = `#!/bin/sh
exec /usr/lib/cachet/bin/node /usr/lib/cachet/bin/cachet.mjs "$@"
`;
const ENTRY = `#!/usr/bin/env node
import "../node_modules/@cachet/host/bin/cachet.mjs";
`;

const isRun = (path: string): boolean => !/\.test\.ts$|(^|\/)tsconfig\.json$|(^|\/)node_modules\//.test(path);

/** The four packages and the example programmes, side by side as in the checkout: what is named by its place is found. */
function placeOurs(to: string): void {
  for (const name of OURS) {
    for (const part of ["bin", "src", "templates", "vectors"])
      if (existsSync(join(ROOT, name, part))) placeFolder(join(ROOT, name, part), join(to, name, part), isRun);
    place(join(ROOT, name, "package.json"), join(to, name, "package.json"));
  }
  placeFolder(join(ROOT, "programmes"), join(to, "programmes"));
  const { version } = readJson<{ readonly version: string }>(join(ROOT, "package.json"));
  const own = { name: "@cachet/programmes", version, type: "module", license: "Apache-2.0" };
  write(join(to, "programmes/package.json"), `${JSON.stringify(own, null, 2)}\n`);
}

/** The command as npm installs it: ours inside, what others made named by its exact version. */
function placePackage(tree: string): void {
  placeOurs(join(tree, "node_modules/@cachet"));
  const checkout = readJson<Record<"version" | "description" | "license" | "engines", unknown>>(
    join(ROOT, "package.json"),
  );
  const ours = [...OURS, "programmes"].map((name) => `@cachet/${name}`);
  const theirs: Record<string, string> = {};
  const readers: Record<string, string> = {};
  for (const folder of OURS) {
    const { dependencies = {}, optionalDependencies = {} } = lockedAs(folder);
    for (const [name, version] of Object.entries(dependencies)) if (!ours.includes(name)) theirs[name] = version;
    Object.assign(readers, optionalDependencies);
  }
  const { version, description, license, engines } = checkout;
  const sorted = (all: object) => Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
  const manifest = {
    ...{ name: "cachet", version, description, license, type: "module", engines },
    bin: { cachet: "bin/cachet.mjs" },
    dependencies: sorted({ ...theirs, ...Object.fromEntries(ours.map((name) => [name, version])) }),
    optionalDependencies: sorted(readers),
    bundleDependencies: ours,
  };
  write(join(tree, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  write(join(tree, "bin/cachet.mjs"), ENTRY, 0o755);
  for (const name of ["LICENSE", "README.md", "CHANGELOG.md"]) place(join(ROOT, name), join(tree, name));
}

/** The command as an npm package. Gives its path. */
export function hostTarball({ work, out, epoch, version }: Release): string {
  const tree = join(work, "cachet-npm");
  placePackage(tree);
  level(tree, epoch);
  const packed = run("npm", ["pack", "--pack-destination", out, "--json", "--loglevel=error"], {}, tree);
  const [{ filename }] = JSON.parse(packed) as [{ readonly filename: string }];
  const file = join(out, `cachet-${version}.tgz`);
  renameSync(join(out, filename), file);
  return file;
}

/** The Node of an architecture, checked: the checkout's own, or from the registry. */
function nodeOf(arch: Arch, cache: string): string {
  const name = `node-linux-${arch}`;
  const own = join(ROOT, ".node/node_modules", name);
  const version = existsSync(own) ? readJson<{ readonly version: string }>(join(own, "package.json")).version : null;
  const folder = version === NODE_VERSION ? own : fetched(name, NODE_VERSION, null, cache);
  const hash = createHash("sha256")
    .update(readFileSync(join(folder, "bin/node")))
    .digest("hex");
  if (hash !== NODE_HASHES[arch])
    throw new ReleaseFault(
      `Node ${NODE_VERSION} for ${arch} is not the one of scripts/release/node.json: ${hash}`,
      "after a change of .nvmrc, compare with the sums that the Node project publishes, and write them there",
    );
  return folder;
}

/** The command with a Node of its own as a Debian package: nothing is fetched where it is installed. Gives its path. */
export function hostPackage(release: Release, arch: Arch, cache: string): string {
  const tree = join(release.work, `cachet-${arch}`);
  const home = join(tree, "usr/lib/cachet");
  placePackage(home);
  const theirs: readonly Locked[] = closureOf("host", arch).filter(({ integrity }) => integrity !== undefined);
  for (const one of theirs) {
    const inside = one.path.startsWith("node_modules/") ? one.path : `node_modules/@cachet/${one.path}`;
    placeLocked(one, arch, join(home, inside), cache);
  }
  const node = nodeOf(arch, cache);
  const program = join(home, "bin/node");
  place(join(node, "bin/node"), program);
  write(join(tree, "usr/bin/cachet"), STARTER, 0o755);
  const doc = join(tree, "usr/share/doc/cachet");
  placeFolder(join(ROOT, "docs"), doc, (path) => !path.startsWith("decisions/"));
  place(join(ROOT, "LICENSE"), join(doc, "copyright"));
  place(join(node, "LICENSE"), join(doc, "copyright.node"));
  return makeDeb(release, tree, {
    name: "cachet",
    arch,
    depends: [cLibraryOf(program), "libgcc-s1", "libstdc++6 (>= 9)"],
    suggests: ["pcscd"],
    title: "open loyalty: terminals, cards, batches and their ledger",
    about: [
      "Programmes terminals, personalises cards, collects batches and keeps the ledger",
      "of a shop or a town. Brings its own Node.",
    ],
  });
}
