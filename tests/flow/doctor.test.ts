import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Console } from "../../host/src/cli/console.ts";
import type { Finding, Status } from "../../host/src/cli/doctor/finding.ts";
import { type Surroundings, surroundingsOf } from "../../host/src/cli/doctor/surroundings.ts";
import { examine, tellFindings } from "../../host/src/cli/doctor.ts";
import { sealContent } from "../../host/src/keys/sealed-file.ts";
import { InProcessField, InProcessReaders } from "../../host/src/ports/pcsc/in-process.ts";
import { openReaders } from "../../host/src/ports/pcsc/open.ts";
import { PcscdReaders } from "../../host/src/ports/pcsc/pcscd-socket.ts";
import { PcscFault, type ReaderService } from "../../host/src/ports/pcsc/transport.ts";
import { ROOT, read } from "../boundaries/sources.ts";
import { ageBeyond, inLedgerOf } from "../fixtures/ledger.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

const NOW = Date.UTC(2027, 2, 15, 10) / 1000;
const GB = 1024 ** 3;

/** A computer of its own: folders, a home, readers, clock; everything in order but for what a test changes. */
class Bench {
  readonly root = `${mkdtempSync(join(folder, "root-"))}/`;
  readonly home = mkdtempSync(join(folder, "home-"));
  readonly ledger = join(this.home, "ledger.sqlite");
  readonly keys = join(this.home, "keys.sealed");
  readonly out: string[] = [];
  json = false;

  constructor() {
    this.file("proc/modules", "snd 16384 0 - Live 0x0\n");
    this.file("etc/group", `root:x:0:\ndialout:x:${GROUP}:\n`);
    this.device("ttyUSB0");
  }

  file(path: string, content: string): string {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), content);
    return join(this.root, path);
  }

  device(name: string): string {
    const path = this.file(`dev/${name}`, "");
    chownSync(path, process.getuid?.() ?? -1, GROUP);
    return path;
  }

  makeLedger(): Promise<void> {
    return inLedgerOf(this.home, () => {});
  }

  entry(terminal: number, number: number, utc: number): Promise<void> {
    return inLedgerOf(this.home, async (ledger) => {
      const entry = { terminal, number, day: 0, kind: "intent", utc, stored: new Uint8Array(32) };
      await ledger.insertInto("entry").values(entry).execute();
    });
  }

  seal(mode = 0o600, lending: { readonly holder: string; readonly expiresAt: number } | null = null): void {
    const origin = { random: (size: number) => new Uint8Array(size), now: () => NOW };
    const word = new TextEncoder().encode("quatre chevaux agrafe juste");
    writeFileSync(this.keys, sealContent({ keys: [], lending }, word, { logN: 10, r: 8, p: 1 }, origin));
    chmodSync(this.keys, mode);
  }

  console(): Console {
    const { home, json, out } = this;
    return {
      json,
      lang: "en",
      home,
      db: null,
      now: () => NOW,
      drawsProgress: false,
      out: (line) => out.push(line),
      err: (text) => out.push(text),
    };
  }

  surroundings(changed: Partial<Surroundings> = {}): Surroundings {
    const field = new InProcessField(["ACS ACR1252", "Left one"]);
    field.insert("Left one", { atr: new Uint8Array(), power: () => {}, apdu: () => "gone" });
    return {
      ...surroundingsOf(this.console()),
      platform: "linux",
      root: this.root,
      now: () => NOW,
      readers: () => new InProcessReaders(field),
      pcscdSocket: join(this.root, "pcscd.comm"),
      freeBytes: async () => 5 * GB,
      ...changed,
    };
  }

  async findings(changed: Partial<Surroundings> = {}, limitMs?: number): Promise<readonly Finding[]> {
    return (await examine(this.surroundings(changed), limitMs)).flatMap(({ findings }) => findings);
  }

  /** What the line of this name says. */
  async line(name: string, changed: Partial<Surroundings> = {}): Promise<Finding> {
    const found = (await this.findings(changed)).filter((finding) => finding.name === name);
    expect(found, name).toHaveLength(1);
    return found[0]!;
  }
}

/** A group that files of this test can have: any for the administrator, else the user's own. */
const GROUP = process.getuid?.() === 0 ? 20 : (process.getgid?.() ?? 20);

function expectLine(found: Finding, status: Status, finding: RegExp, next: RegExp | null): void {
  expect(found).toMatchObject({ status, finding: expect.stringMatching(finding) });
  if (next === null) expect(found.next).toBeNull();
  else expect(found.next).toMatch(next);
}

const service = (readers: ReaderService["readers"], close: () => Promise<void> = async () => {}): ReaderService => ({
  backend: "pcscd",
  readers,
  waitForCard: async () => "none",
  waitForRemoval: async () => "still-there",
  close,
});
const never = new Promise<never>(() => {});

describe("cachet doctor", () => {
  it("finds nothing to do on a computer where everything is in order, and ends with 0", async () => {
    const bench = new Bench();
    await bench.makeLedger();
    bench.seal();
    const findings = await bench.findings();
    expect(findings.filter(({ status }) => status !== "ok")).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual([
      ...["node", "pc/sc", "readers", "packages", "modules", "serial", "disk", "clock", "keys", "ledger"],
    ]);
    expect(tellFindings(bench.console(), findings)).toBe(0);
    expect(bench.out).toHaveLength(findings.length);
    for (const line of bench.out) expect(line).toMatch(/^ok {4}[a-z/]+ +\S/);
  });

  it("ends with 1 where something failed, and says what, as lines and as one document", async () => {
    const bench = new Bench();
    const findings = await bench.findings({ nodeVersion: "22.1.0" });
    expect(tellFindings(bench.console(), findings)).toBe(1);
    expect(bench.out[0]).toMatch(/^fail {2}node {6}Node 22\.1\.0; cachet needs 24; next: /);
    expect(bench.out.join("")).toMatch(/error C-DOCTOR-01: 1 of 10 checks failed: node\n {2}State: .+\n {2}Next: {2}/);
    bench.json = true;
    bench.out.splice(0);
    expect(tellFindings(bench.console(), findings)).toBe(1);
    expect(bench.out).toHaveLength(1);
    expect(JSON.parse(bench.out[0]!)).toMatchObject({
      ok: false,
      checks: expect.arrayContaining([{ ...findings[0] }]),
      error: { code: "C-DOCTOR-01" },
    });
  });

  it("warns without failing", async () => {
    const bench = new Bench();
    const findings = await bench.findings();
    expect(findings.map(({ status }) => status)).toContain("warn");
    expect(tellFindings(bench.console(), findings)).toBe(0);
  });

  it("runs as a command on this computer, in one document", () => {
    const command = [join(ROOT, "host/bin/cachet.mjs"), "doctor", "--json", "--home", join(folder, "nowhere")];
    const { stdout, status } = spawnSync(process.execPath, command, { encoding: "utf8", timeout: 60_000 });
    const document = JSON.parse(stdout);
    expect(document.checks.length).toBeGreaterThanOrEqual(9);
    expect(status).toBe(document.ok ? 0 : 1);
    expect(stdout.trim()).not.toContain("\n");
  });
});

describe("the line about", () => {
  it("node knows the version that the checkout names", async () => {
    const bench = new Bench();
    const NODE_MAJOR = Number(read(".nvmrc").split(".")[0]);
    expectLine(await bench.line("node", { nodeVersion: `${NODE_MAJOR}.0.0` }), "ok", /24/, null);
    for (const nodeVersion of [`${NODE_MAJOR - 1}.9.0`, `${NODE_MAJOR + 1}.0.0`])
      expectLine(await bench.line("node", { nodeVersion }), "fail", /cachet needs 24/, /npm start/);
  });

  it("readers names them, and the card that lies on one", async () => {
    const bench = new Bench();
    expectLine(await bench.line("readers"), "ok", /^ACS ACR1252, Left one \(a card is on it\)$/, null);
    const none = { readers: () => new InProcessReaders(new InProcessField([])) };
    expectLine(await bench.line("readers", none), "warn", /no card reader/, /plug one in/);
  });

  it("PC/SC tells no service, a dead socket, a foreign version and no way at all apart", async () => {
    const bench = new Bench();
    const through = (socket: string) => ({ pcscdSocket: socket, readers: () => new PcscdReaders(socket) });
    expectLine(await bench.line("pc/sc", through(join(bench.root, "none"))), "warn", /no PC\/SC service/, /pcscd/);
    // What a crashed pcscd leaves behind: a name with nobody listening.
    const dead = bench.file("dead.comm", "");
    expectLine(await bench.line("pc/sc", through(dead)), "fail", /nobody answers/, /systemctl restart/);
    const windows = { ...through(dead), platform: "win32" as const };
    expectLine(await bench.line("pc/sc", windows), "warn", /no PC\/SC service/, /SCardSvr/);
    const foreign = () => service(() => Promise.reject(new PcscFault("unknown-version", "pcscd speaks protocol 5:0")));
    expectLine(await bench.line("pc/sc", { readers: foreign }), "fail", /protocol 5:0/, /1\.8\.24/);
    const bare = { platform: "darwin", socket: dead, exists: () => false, smartcard: () => null, pcsclite: () => null };
    const nothing = () => openReaders("auto", bare as never);
    expectLine(await bench.line("pc/sc", { readers: nothing }), "fail", /install the npm package smartcard/, /install/);
  });

  it("PC/SC says which protocol pcscd speaks, though it refuses ours", async () => {
    const bench = new Bench();
    const socket = join(bench.root, "speaks.comm");
    // Answers every request for a version with 4:6 and "service stopped", as pcsc-lite 2.5 does.
    const server = createServer((client) => {
      client.on("data", () => {
        const answer = Buffer.alloc(12);
        answer.writeUInt32LE(4, 0);
        answer.writeUInt32LE(6, 4);
        client.write(answer);
      });
    });
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    const found = await bench.line("pc/sc", { pcscdSocket: socket, readers: () => service(async () => []) });
    expectLine(found, "ok", /answers through pcscd, protocol 4:6$/, null);
    await new Promise((resolve) => server.close(resolve));
  });

  it("packages says what is there, and never fails", async () => {
    const packageState = (name: string) => (name === "smartcard" ? "ready" : "not built") as "ready" | "not built";
    const found = await new Bench().line("packages", { packageState });
    expectLine(found, "ok", /^smartcard ready, pcsclite not built$/, null);
  });

  it("modules finds those of the kernel that take readers away", async () => {
    const bench = new Bench();
    bench.file(
      "proc/modules",
      "nfc 131072 2 pn533,pn533_usb, Live 0x0\npn533 45056 1 pn533_usb, Live 0x0\npn533_usb 20480 0 - Live\n",
    );
    expectLine(await bench.line("modules"), "fail", /^pn533_usb, pn533 takes/, /modprobe -r pn533_usb pn533 nfc/);
    bench.file("proc/modules", "nfc 131072 0 - Live 0x0\nnot_pn533_usb 1 0 - Live\n");
    expectLine(await bench.line("modules"), "warn", /^nfc is loaded/, /modprobe -r nfc/);
    expectLine(await bench.line("modules", { root: `${bench.root}nowhere/` }), "ok", /lists no/, null);
  });

  it("serial ports names them by what stays the same, and the group to join", async () => {
    const bench = new Bench();
    const device = bench.device("ttyACM3");
    bench.device("tty1");
    mkdirSync(join(bench.root, "dev/serial/by-id"), { recursive: true });
    symlinkSync("../../ttyACM3", join(bench.root, "dev/serial/by-id/usb-FTDI_A9XK21-if00"));
    const found = await bench.line("serial");
    expectLine(found, "ok", /ttyACM3 \(usb-FTDI_A9XK21-if00\), .*ttyUSB0$/, null);
    expect(found.finding).not.toContain("tty1");
    const barred = { mayUse: async (path: string) => path !== device };
    const join_ = /^sudo usermod -aG dialout \$USER, then log out and in again$/;
    expectLine(
      await bench.line("serial", barred),
      "fail",
      /usb-FTDI_A9XK21-if00\): it belongs to the group dialout/,
      join_,
    );
    bench.file("etc/group", "root:x:0:\n");
    expectLine(await bench.line("serial", barred), "fail", /belongs to no group/, /chgrp dialout .*ttyACM3.*usermod/);
  });

  it("serial ports says when there is none, on any system", async () => {
    const bench = new Bench();
    expectLine(await bench.line("serial", { root: `${bench.root}nowhere/` }), "warn", /no serial port/, /plug/);
    const windows = { platform: "win32" as const, listedPorts: async () => ["COM3"] };
    expectLine(await bench.line("serial", windows), "ok", /^COM3$/, null);
    expectLine(await bench.line("serial", { ...windows, listedPorts: async () => [] }), "warn", /no serial/, /plug/);
  });

  it("the clock takes no year that cannot be, and none behind the newest entry", async () => {
    const bench = new Bench();
    for (const year of [1970, 2025, 2100]) {
      const now = () => Date.UTC(year, 5, 1) / 1000;
      expectLine(await bench.line("clock", { now }), "fail", new RegExp(`year ${year}`), /timedatectl/);
    }
    await bench.makeLedger();
    expectLine(await bench.line("clock"), "ok", /^2027-03-15 10:00 UTC$/, null);
    await bench.entry(3, 17, NOW + 600);
    expectLine(await bench.line("clock"), "ok", /2027/, null);
    await bench.entry(12, 4, NOW + 601);
    expectLine(await bench.line("clock"), "warn", /is behind entry T-0012-4, .*2027-03-15 10:10/, /timedatectl/);
  });

  it("the disk looks at room and rights where the home folder is or will be", async () => {
    const bench = new Bench();
    const free = (bytes: number, home = bench.home) => bench.line("disk", { home, freeBytes: async () => bytes });
    expectLine(await free(5 * GB, join(bench.home, "not/yet")), "ok", /^5\.0 GB free/, null);
    expectLine(await free(GB), "ok", /1\.0 GB/, null);
    expectLine(await free(GB - 1), "warn", /1023 MB free/, /make room/);
    expectLine(await free(100 * 1024 ** 2), "warn", /100 MB free/, /make room/);
    expectLine(await free(100 * 1024 ** 2 - 1), "fail", /99 MB free/, /make room/);
    const asked: string[] = [];
    const mayUse = async (path: string) => !asked.push(path);
    const later = join(bench.home, "not/yet");
    expectLine(
      await bench.line("disk", { home: later, mayUse, platform: "win32" }),
      "fail",
      /may not be written/,
      /--home/,
    );
    expect(asked).toEqual([bench.home]);
    await bench.makeLedger();
    for (const home of [bench.ledger, join(bench.ledger, "under")])
      expectLine(await bench.line("disk", { home }), "fail", /a file is in the way/, /--home/);
  });

  it("the disk is really measured", async () => {
    const bench = new Bench();
    const { freeBytes, mayUse } = surroundingsOf(bench.console());
    expect(await freeBytes(bench.home)).toBeGreaterThan(1024 ** 2);
    expect(await mayUse(bench.home)).toBe(true);
    expect(await mayUse(join(bench.home, "absent"))).toBe(false);
  });

  it("the keys looks at the file and its rights, and opens nothing", async () => {
    const bench = new Bench();
    expectLine(await bench.line("keys"), "warn", /no sealed keys at .*keys\.sealed/, /cachet keys init/);
    bench.seal();
    expectLine(await bench.line("keys"), "ok", /^the office's key ring, sealed 2027-03-15 10:00 UTC$/, null);
    bench.seal(0o644);
    expectLine(await bench.line("keys"), "warn", /others on this computer/, /^chmod go= .*keys\.sealed$/);
    bench.seal(0o600, { holder: "Ana", expiresAt: NOW + 60 });
    expectLine(await bench.line("keys"), "ok", /an installer's bundle, .*last day is sealed: cachet keys status/, null);
    writeFileSync(`${bench.keys}.new`, "");
    expectLine(await bench.line("keys"), "warn", /another command writes, or was cut off/, /remove it if/);
    writeFileSync(bench.keys, "no key file");
    expectLine(await bench.line("keys"), "fail", /^C-KEY-07: .*keys\.sealed/, /backup/);
  });

  it("the ledger tells none, a newer one and no ledger apart", async () => {
    const bench = new Bench();
    expectLine(await bench.line("ledger"), "ok", /^none in /, null);
    await bench.makeLedger();
    expectLine(await bench.line("ledger"), "ok", /^in \//, null);
    await ageBeyond(bench.home);
    expectLine(
      await bench.line("ledger"),
      "fail",
      /^C-HOME-03: .*a newer schema than this cachet/,
      /version of cachet/,
    );
    writeFileSync(bench.ledger, "this is no ledger");
    expectLine(await bench.line("ledger"), "fail", /^C-HOME-04: /, /--home/);
    expectLine(await bench.line("clock"), "ok", /2027/, null);
  });
});

describe("a probe that hangs", () => {
  /** Long enough for the probes that do answer, on a busy machine too. */
  const LIMIT_MS = 1_000;

  it("ends after its limit as a failure, and the others are told", async () => {
    const bench = new Bench();
    const seen = await examine(bench.surroundings({ readers: () => service(() => never) }), LIMIT_MS);
    expect(seen.map(({ late }) => late)).toContain(true);
    const findings = seen.flatMap((looked) => looked.findings);
    expect(findings.filter(({ status }) => status === "fail")).toEqual([
      {
        name: "pc/sc",
        status: "fail",
        finding: `no answer within ${LIMIT_MS} ms`,
        next: expect.stringMatching(/hangs/),
      },
    ]);
    expect(findings).toHaveLength(9);
  });

  it("at the disk keeps the probes of the home folder from touching it", async () => {
    const bench = new Bench();
    const ledger = () => {
      throw new Error("touched");
    };
    const findings = await bench.findings({ freeBytes: () => never, ledger }, LIMIT_MS);
    const failed = findings.filter(({ status }) => status === "fail");
    expect(failed.map(({ name }) => name)).toEqual(["disk", "clock", "keys", "ledger"]);
    expect(failed.at(-1)?.finding).toContain("not looked at");
  });

  it("and one that throws what nobody foresaw is a failure of its own line", async () => {
    const mayUse = () => Promise.reject(new Error("EIO"));
    const found = await new Bench().line("serial", { mayUse });
    expectLine(found, "fail", /could not be looked at: EIO/, /report/);
  });

  it("lets go of the readers in every case", async () => {
    let closed = 0;
    const close = async () => {
      closed += 1;
    };
    for (const readers of [async () => [], async () => "service-absent" as const, () => Promise.reject(new Error("x"))])
      await new Bench().findings({ readers: () => service(readers, close), pcscdProtocol: async () => null });
    expect(closed).toBe(3);
  });
});
