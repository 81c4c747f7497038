import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ascii, sameBytes } from "@cachet/card-layout";
import {
  decodeCbor,
  decodeSign1,
  echo,
  encodeCbor,
  encodeSign1,
  journalRelease,
  listApply,
  loginInstaller,
  loginMessage,
  logoutInstaller,
  type PacketHeader,
  parameters,
  provisionRequest,
  provisionTerminal,
  refused,
  selfTest,
  terminalHealth,
  terminalIdentity,
} from "@cachet/firmware/wire";
import { afterEach, describe, expect, it } from "vitest";
import { LineService } from "../../firmware/src/supervisor/line-service.ts";
import { serveFiles } from "../../firmware/src/supervisor/management/file-commands.ts";
import { LineFolder } from "../../firmware/src/supervisor/management/line-folder.ts";
import type { Managed } from "../../firmware/src/supervisor/management/managed.ts";
import { ManagementServer } from "../../firmware/src/supervisor/management/server.ts";
import type { InstallerKey, TerminalIdentity } from "../../host/src/link/login.ts";
import { sha256, signerOfPem, verifyEd25519 } from "../../host/src/ports/crypto.ts";
import { Cable } from "../fixtures/cable.ts";
import { IdleClock } from "../fixtures/idle-clock.ts";
import { Laptop } from "../fixtures/terminal-bench.ts";

let laptop: Laptop;
afterEach(() => laptop.dispose());

const signer = () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const made = signerOfPem(privateKey.export({ format: "pem", type: "pkcs8" }).toString());
  if (made === null) throw new Error("no key");
  return made;
};
const office = signer();
const installer = signer();
const messageOf = ({ challenge, key }: TerminalIdentity, certificate: Uint8Array) =>
  loginMessage(sha256, key, challenge, certificate);

/** A signed thing of the office, by its content type. */
function signed(kind: string, content: string, by = office): Uint8Array {
  const headers = {
    contentType: `application/vnd.cachet.${kind === "receipt" ? "batch-receipt" : kind}`,
    keyId: "office",
    formatVersion: 1,
  };
  return encodeSign1(headers, encodeCbor(content), by.sign);
}
const contentOf = (file: Uint8Array): string | null => {
  const sign1 = decodeSign1(decodeCbor(file));
  return verifyEd25519(office.publicKey, sign1.signed, sign1.signature) ? String(decodeCbor(sign1.payload)) : null;
};

/** The office's side of a terminal, as far as these tests need it: keys, lists, receipts, provisions. */
class Counter {
  readonly clock = new IdleClock();
  readonly cable = new Cable(() => this.clock.stir());
  readonly lists: Uint8Array[] = [];
  readonly requests: PacketHeader[] = [];
  number: number | undefined = 42;
  granted = false;
  released = 0;
  paper = true;
  /** Answers that are lost on their way, by group and command. */
  readonly lost = new Set<string>();
  private challenge = new Uint8Array(16);
  private version = 3;

  constructor() {
    const server = new ManagementServer({ isGranted: () => this.granted, touch: () => {} });
    this.serveIdentity(server);
    this.serveOffice(server);
    const folder = new LineFolder(undefined as unknown as Managed);
    serveFiles(server, folder);
    server.serve(listApply, ({ name }) => {
      const list = folder.take(name);
      if (list === null) return refused("no-such-range", `no whole list ${name}`);
      const content = contentOf(list);
      if (content === null) return refused("not-signed", "not by the office");
      const version = Number(content.split(" ")[0]);
      if (version <= this.version) return refused("older", `holds ${this.version}`);
      this.version = version;
      this.lists.push(list);
      return { version };
    });
    new LineService(
      {
        receive: () => this.cable.terminal.receive(),
        send: (bytes) => this.cable.terminal.send(bytes),
      },
      server,
    )
      .run()
      .catch(() => {});
  }

  private serveIdentity(server: ManagementServer): void {
    server.serve(parameters, () => ({ bufSize: 1_024, bufCount: 4 }));
    server.serve(echo, ({ d }) => ({ r: d }));
    const identity = (): TerminalIdentity => ({
      model: "R2",
      serial: "R2-00042",
      key: installer.publicKey,
      challenge: this.challenge,
      ...(this.number === undefined ? {} : { terminal: this.number, merchant: 1, name: "BOULANGERIE MARTIN" }),
      production: true,
      open: false,
      granted: this.granted,
    });
    server.serve(terminalIdentity, () => {
      this.challenge = this.challenge.map((byte) => byte + 1);
      return identity();
    });
    server.serve(loginInstaller, ({ certificate, signature }) => {
      const { challenge } = this;
      this.challenge = challenge.map((byte) => byte + 1);
      if (String.fromCharCode(...certificate) === "old") return refused("expired", "since 2026-01-01");
      if (!verifyEd25519(certificate, messageOf({ ...identity(), challenge }, certificate), signature)) {
        return refused("not-signed", "the signature does not fit");
      }
      this.granted = true;
      return { name: "Installer 7" };
    });
    server.serve(logoutInstaller, () => {
      this.granted = false;
      return {};
    });
  }

  private serveOffice(server: ManagementServer): void {
    server.serve(provisionRequest, () => ({ request: signed("request", "R2-00042") }));
    server.serve(provisionTerminal, ({ provision }) => {
      const content = contentOf(provision);
      if (content === null) return refused("not-signed", "not by the office");
      if (content === "other") return refused("other-terminal", "for R2-00043");
      this.number = Number(content);
      return { serial: 7 };
    });
    server.serve(journalRelease, ({ receipt }) => {
      const content = contentOf(receipt);
      if (content === null) return refused("not-signed", "not by the office");
      if (content === "other") return refused("other-terminal", "for T-0043");
      this.released = Number(content);
      return { released: this.released };
    });
    server.serve(selfTest, ({ part }) => {
      if (part === "printer" && !this.paper) return { ok: false, said: "no paper" };
      return { ok: true, said: part === "card" ? "card 04a1b2c3d40001" : `TEST is on the ${part}` };
    });
    server.serve(terminalHealth, () => ({
      app: "healthy",
      trial: false,
      busy: false,
      heap: 1,
      utc: 0,
      suspect: false,
    }));
  }
}

let counter: Counter;
function set(key: InstallerKey | null = { certificate: installer.publicKey, sign: installer.sign }): void {
  counter = new Counter();
  laptop = new Laptop(counter.clock);
  laptop.plug("/dev/ttyUSB0", counter.cable);
  laptop.installer = async () => key;
}
const write = (name: string, content: Uint8Array): string => {
  mkdirSync(join(laptop.home, "from-office"), { recursive: true });
  const path = join(laptop.home, "from-office", name);
  writeFileSync(path, content);
  return path;
};

describe("an installer's key", () => {
  it("opens the commands that need one, and leaves nothing open behind", async () => {
    set();
    const { exit, out, err } = await laptop.run("test");
    expect(exit, err).toBe(0);
    expect(out.split("\n")).toEqual([
      "ok  line     answers what it was told",
      "ok  screen   TEST is on the screen",
      "ok  printer  TEST is on the printer",
    ]);
    expect(counter.granted).toBe(false);
  });

  it("is needed although somebody left the terminal open", async () => {
    set(null);
    counter.granted = true;
    const { failure, exit } = await laptop.run("clock");
    expect([failure?.code, exit]).toEqual(["C-TERM-01", 1]);
    expect(counter.granted).toBe(false);
  });

  it("is not accepted where it is another's, or has expired", async () => {
    const stranger = signer();
    for (const [key, word] of [
      [{ certificate: installer.publicKey, sign: stranger.sign }, "not-signed"],
      [{ certificate: ascii("old"), sign: installer.sign }, "expired"],
    ] as const) {
      set(key);
      const { failure, exit, err } = await laptop.run("test");
      expect([failure?.code, exit]).toEqual(["C-TERM-02", 1]);
      expect(err).toContain(`(${word})`);
      expect(counter.granted).toBe(false);
    }
  });

  it("is missed where there is none", async () => {
    set(null);
    const { failure, exit } = await laptop.run("clock");
    expect([failure?.code, exit]).toEqual(["C-TERM-01", 1]);
    const info = await laptop.run("info");
    expect(info.exit).toBe(0);
    expect(info.out).toContain("not told without an installer's key");
  });

  it("gets in although an answer was lost", async () => {
    set();
    let answers = 0;
    counter.cable.spoil = (bytes, direction) => {
      if (direction === "to-terminal") return bytes;
      answers += 1;
      // Hello, identity, then the answer to the login itself.
      return answers === 3 ? new Uint8Array() : bytes;
    };
    const { exit, err } = await laptop.run("test");
    expect(exit, err).toBe(0);
  });
});

describe("cachet terminal push", () => {
  it("brings lists and receipts, each by what it is", async () => {
    set();
    const long = `5 ${"blocked card ".repeat(500)}`;
    const list = write("list 5.cose", signed("list", long));
    const receipt = write("T-0042.receipt", signed("receipt", "4332"));
    const { exit, out, err } = await laptop.run("push", list, receipt);
    expect(exit, err).toBe(0);
    expect(out.split("\n")).toEqual([`${receipt}: entries up to 4332 released`, `${list}: list 5 applied`]);
    expect(counter.released).toBe(4_332);
    expect(sameBytes(counter.lists[0]!, signed("list", long))).toBe(true);
  });

  it("takes out of a folder what is for this terminal", async () => {
    set();
    write("a.receipt", signed("receipt", "other"));
    write("b.list", signed("list", "5 x"));
    write("c.list", signed("list", "4 x"));
    write("readme.txt", ascii("lists of today"));
    write("T-0042-1-2.batch", signed("batch", "x"));
    const folder = join(laptop.home, "from-office");
    const { exit, out } = await laptop.run("push", folder, "--json");
    expect(exit).toBe(0);
    const { files } = JSON.parse(out);
    expect(files.map(({ taken, refusal }: { taken: boolean; refusal: string }) => [taken, refusal])).toEqual([
      [false, "other-terminal"],
      [true, null],
      [false, "older"],
    ]);
  });

  it("refuses what is not signed by the office, and says which file", async () => {
    set();
    const list = write("forged.list", signed("list", "9 x", signer()));
    const { exit, out } = await laptop.run("push", list);
    expect(exit).toBe(1);
    expect(out).toBe(`${list}: refused: not by the office (not-signed)`);
    expect(counter.lists).toEqual([]);
  });

  it("sends nothing where a file is nothing for a terminal", async () => {
    set();
    for (const [name, content, words] of [
      ["x.batch", signed("batch", "x"), "batches go to the office"],
      ["x.txt", ascii("hello"), "no list, receipt or provision"],
    ] as const) {
      const { failure, exit, err } = await laptop.run("push", write(name, content));
      expect([failure?.code, exit]).toEqual(["C-TERM-12", 1]);
      expect(err).toContain(words);
    }
    expect(counter.cable.sent["to-terminal"]).toBe(0);
  });

  it("goes on with a list although pieces and answers are lost", async () => {
    set();
    const list = write("l.list", signed("list", `6 ${"x".repeat(9_000)}`));
    let count = 0;
    counter.cable.spoil = (bytes) => {
      count += 1;
      return count > 6 && count % 7 === 0 ? new Uint8Array() : bytes;
    };
    const { exit, err } = await laptop.run("push", list);
    expect(exit, err).toBe(0);
    expect(counter.lists).toHaveLength(1);
  });
});

describe("cachet terminal provision", () => {
  it("writes what the office needs, and brings what it made of it", async () => {
    set(null);
    counter.number = undefined;
    const request = join(laptop.home, "request.cose");
    const asked = await laptop.run("provision", "--request", request);
    expect(asked.exit, asked.err).toBe(0);
    expect(asked.err).toContain("blank terminal R2-00042");
    expect(sameBytes(new Uint8Array(readFileSync(request)), signed("request", "R2-00042"))).toBe(true);
    const { exit, out } = await laptop.run("provision", write("p.cose", signed("provision", "42")));
    expect(exit).toBe(0);
    expect(out).toBe("R2-00042 is T-0042, merchant 1 BOULANGERIE MARTIN");
  });

  it("refuses another terminal's provision, another file, and a blank terminal's journal", async () => {
    set(null);
    counter.number = undefined;
    const other = await laptop.run("provision", write("p.cose", signed("provision", "other")));
    expect([other.failure?.code, other.exit]).toEqual(["C-TERM-08", 1]);
    expect(other.err).toContain("(other-terminal)");
    const list = await laptop.run("provision", write("l.list", signed("list", "5 x")));
    expect([list.failure?.code, list.exit]).toEqual(["C-TERM-12", 1]);
    const collected = await laptop.run("collect", "-o", join(laptop.home, "in"));
    expect([collected.failure?.code, collected.exit]).toEqual(["C-TERM-15", 1]);
  });

  it("is in doubt where the answer is lost", async () => {
    set(null);
    counter.number = undefined;
    let answers = 0;
    counter.cable.spoil = (bytes, direction) => {
      if (direction === "to-terminal") return bytes;
      answers += 1;
      return answers > 1 ? new Uint8Array() : bytes;
    };
    const { failure, exit } = await laptop.run(
      "provision",
      write("p.cose", signed("provision", "42")),
      "--port",
      "/dev/ttyUSB0",
    );
    expect([failure?.code, exit]).toEqual(["C-LINK-08", 4]);
    expect(counter.number).toBe(42);
  });
});

describe("cachet terminal test", () => {
  it("waits for a card where it is told to, and says what failed", async () => {
    set();
    expect((await laptop.run("test", "--card-test")).out).toContain("ok  card     card 04a1b2c3d40001");
    counter.paper = false;
    const { exit, out, err } = await laptop.run("test");
    expect(exit).toBe(1);
    expect(out).toContain("FAIL  printer  no paper");
    expect(err).toContain("error C-TERM-13: T-0042 failed its test: printer: no paper");
  });
});
