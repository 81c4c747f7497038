import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Arch, DEBIAN_ARCH, filesBelow, level, type Release, run, write } from "./steps.ts";

/** A Debian package, beside the files that it installs. */
export interface Package {
  readonly name: string;
  readonly arch: Arch;
  readonly depends: readonly string[];
  readonly suggests?: readonly string[];
  /** One line. */
  readonly title: string;
  /** Lines of at most 78 characters. */
  readonly about: readonly string[];
  /** Scripts that dpkg calls, by their names there. */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** What a program needs of the C library: a version that has every symbol it names. */
export function cLibraryOf(binary: string): string {
  const named = run("readelf", ["--version-info", "--wide", binary]).matchAll(/\bGLIBC_(\d+)\.(\d+)/g);
  const minor = Math.max(...[...named].map(([, major, rest]) => (major === "2" ? Number(rest) : 0)));
  return `libc6 (>= 2.${minor})`;
}

const BLOCK = 1_024;

/** Makes a package of what lies in `tree` and gives its path. Everything in /etc is the owner's: an upgrade keeps what he changed. */
export function makeDeb({ version, epoch, isQuick, out }: Release, tree: string, about: Package): string {
  const files = filesBelow(tree);
  const sizes = files.map((file) => Math.ceil(statSync(join(tree, file)).size / BLOCK));
  const sums = files.map((file) => {
    const hash = createHash("md5").update(readFileSync(join(tree, file)));
    return `${hash.digest("hex")}  ${file}`;
  });
  const control = [
    `Package: ${about.name}`,
    `Version: ${version}`,
    `Architecture: ${DEBIAN_ARCH[about.arch]}`,
    "Maintainer: The Cachet project <maintainers@cachet.invalid>",
    `Installed-Size: ${sizes.reduce((sum, size) => sum + size, 0)}`,
    `Depends: ${about.depends.join(", ")}`,
    ...(about.suggests === undefined ? [] : [`Suggests: ${about.suggests.join(", ")}`]),
    "Section: misc",
    "Priority: optional",
    `Description: ${about.title}`,
    ...about.about.map((line) => ` ${line}`),
  ];
  const scripts = Object.entries(about.scripts ?? {});
  const kept = files.filter((file) => file.startsWith("etc/"));
  const lines = (all: readonly string[]) => `${all.join("\n")}\n`;
  write(join(tree, "DEBIAN/control"), lines(control));
  write(join(tree, "DEBIAN/md5sums"), lines(sums));
  if (kept.length > 0) write(join(tree, "DEBIAN/conffiles"), lines(kept.map((file) => `/${file}`)));
  for (const [name, script] of scripts) write(join(tree, "DEBIAN", name), script, 0o755);
  level(tree, epoch);
  const file = join(out, `${about.name}_${version}_${DEBIAN_ARCH[about.arch]}.deb`);
  // One thread: how many there are is seen in the bytes.
  const packing = isQuick ? ["-Zzstd", "-z1", "--threads-max=1"] : ["-Zxz", "--threads-max=1"];
  run("dpkg-deb", ["--root-owner-group", ...packing, "--build", tree, file], { SOURCE_DATE_EPOCH: String(epoch) });
  return file;
}
