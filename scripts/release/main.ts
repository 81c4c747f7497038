import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { Failure } from "../../host/src/cli/failure.ts";
import { readSigner } from "../../host/src/cli/files.ts";
import { bill } from "./bill.ts";
import { hostPackage, hostTarball } from "./host-package.ts";
import { type Arch, type Release, ReleaseFault, ROOT, readJson, run } from "./steps.ts";
import { signSums } from "./sums.ts";
import { terminalPackage } from "./terminal-package.ts";

const USAGE = `Usage: npm run release -- [options]

Makes what is given to others: Debian packages of the native terminal and of the command (amd64 and arm64), the command
for npm, an example image, what all of it is made of (CycloneDX), and signed SHA-256 sums. The same sources give the same bytes.

  --out DIR      where it goes, in the place of an earlier release (default: out/release)
  --key FILE     Ed25519 private key (PEM) that signs the sums and the example image; the published test key without it
  --arch ARCH    x64 or arm64 alone
  --only PART    terminal or host alone
  --quick        packs loosely, in a fraction of the time: for tests
  --help         this text

Times in the packages are SOURCE_DATE_EPOCH (seconds since 1970), else the time of the last commit.`;

const ARCHES: readonly Arch[] = ["x64", "arm64"];
const PARTS = ["terminal", "host"] as const;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** One of the words that an option takes, or all of them where it is left out. */
function chosen<T extends string>(option: string, word: string | undefined, all: readonly T[]): readonly T[] {
  if (word === undefined) return all;
  const known = all.find((one) => one === word);
  if (known === undefined) throw new ReleaseFault(`--${option}: there is no ${word}`, `take ${all.join(" or ")}`);
  return [known];
}

function epochOf(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  const next = "set SOURCE_DATE_EPOCH to seconds since 1970";
  if (given !== undefined) {
    if (!/^\d{1,11}$/.test(given)) throw new ReleaseFault(`SOURCE_DATE_EPOCH is "${given}"`, next);
    return Number(given);
  }
  try {
    return Number(run("git", ["log", "-1", "--format=%ct"]));
  } catch {
    throw new ReleaseFault("this checkout has no commits to take the time from", next);
  }
}

/** The folder of the release: a new one, an empty one, or one that an earlier release was made in. */
function outFolder(out: string): string {
  const path = resolve(ROOT, out);
  const held = existsSync(path) ? readdirSync(path) : [];
  if (held.length > 0 && !held.includes("SHA256SUMS"))
    throw new ReleaseFault(`--out: ${out} holds something that is no release`, "name a new folder, or empty that one");
  return path;
}

/** The two programmes of a town: to try a terminal with. */
function exampleImage({ out, version }: Release, key: string): string {
  const file = join(out, `cachet-example-${version}.img`);
  const programmes = ["boulangerie", "ville"].map((name) => join(ROOT, "programmes", `${name}.programme.ts`));
  const command = [join(ROOT, "host/bin/cachet.mjs"), "image", "build", ...programmes, "-o", file, "--key", key];
  run(process.execPath, command);
  rmSync(`${file}.map`, { force: true });
  return file;
}

async function release(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      out: { type: "string", default: "out/release" },
      key: { type: "string", default: "test" },
      arch: { type: "string" },
      only: { type: "string" },
      quick: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return void process.stdout.write(`${USAGE}\n`);
  const arches = chosen("arch", values.arch, ARCHES);
  const parts = chosen("only", values.only, PARTS);
  // Before anything is built: it may be the wrong file.
  const signer = readSigner(values.key);
  const { version } = readJson<{ readonly version: string }>(join(ROOT, "package.json"));
  const epoch = epochOf();
  const to = outFolder(values.out);
  const work = `${to}.build`;
  const out = join(work, "release");
  const cache = join(ROOT, "out", "release.fetched");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const made: Release = { version, epoch, isQuick: values.quick, out, work };
  const tell = (file: string) => say(`made ${basename(file)}`);
  tell(exampleImage(made, values.key));
  if (parts.includes("terminal")) for (const arch of arches) tell(terminalPackage(made, arch));
  if (parts.includes("host")) {
    tell(hostTarball(made));
    for (const arch of arches) tell(hostPackage(made, arch, cache));
  }
  tell(bill(made, readFileSync(join(ROOT, ".nvmrc"), "utf8").trim()));
  await signSums(out, signer);
  // Whole or not at all.
  rmSync(to, { recursive: true, force: true });
  renameSync(out, to);
  rmSync(work, { recursive: true });
  say(`release ${version} in ${to}`);
  if (values.key === "test")
    say("signed with the PUBLISHED TEST KEY: nobody can trust it; --key FILE signs with one of your own");
}

try {
  await release(process.argv.slice(2));
} catch (error) {
  const isUsage = (error as { readonly code?: string }).code?.startsWith("ERR_PARSE_ARGS") === true;
  if (error instanceof Failure) for (const line of error.lines()) say(line);
  else if (error instanceof ReleaseFault) say(`error: ${error.message}\n  Next:  ${error.next}`);
  else if (isUsage) say(`error: ${(error as Error).message}\n  Next:  npm run release -- --help`);
  else throw error;
  process.exitCode = isUsage ? 2 : 1;
}
