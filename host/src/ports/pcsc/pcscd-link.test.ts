import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answering, FakePcscd } from "../../../../tests/fixtures/fake-pcscd.ts";
import { PcscdLink } from "./pcscd-link.ts";
import { COMMAND, word, words } from "./pcscd-messages.ts";
import { PcscdReaders } from "./pcscd-socket.ts";
import { SCARD } from "./scard-code.ts";

let pcscd: FakePcscd;

const version = (minor: number): Answering => {
  return (command, body) => {
    if (command !== COMMAND.version) return null;
    return words(4, minor, word(body, 1) === minor ? SCARD.success : SCARD.serviceStopped);
  };
};

beforeEach(() => {
  pcscd = new FakePcscd();
});
afterEach(() => pcscd.close());

describe.skipIf(process.platform === "win32")("a connection to pcscd", () => {
  it.each([4, 5, 6])("agrees on protocol 4:%i", async (minor) => {
    const asked: number[] = [];
    await pcscd.listen((command, body) => {
      asked.push(word(body, 1));
      return version(minor)(command, body, () => {});
    });
    const link = await PcscdLink.open(pcscd.path);
    expect(link).not.toBeNull();
    expect(asked).toEqual(minor === 4 ? [4] : [4, minor]);
    link?.close();
  });

  it("refuses a service of another major version, or one that takes back what it offers", async () => {
    await pcscd.listen(() => words(5, 0, SCARD.serviceStopped));
    await expect(PcscdLink.open(pcscd.path)).rejects.toMatchObject({ problem: "unknown-version" });
    pcscd.answer(() => words(4, 7, SCARD.serviceStopped));
    await expect(PcscdLink.open(pcscd.path)).rejects.toThrow("4:7");
  });

  it("is null where nobody listens", async () => {
    expect(await PcscdLink.open(pcscd.path)).toBeNull();
    expect(await new PcscdReaders(pcscd.path).readers()).toBe("service-absent");
    expect(await new PcscdReaders(pcscd.path).waitForCard("any", 1000)).toBe("service-gone");
  });

  it("puts answers together from pieces, and gives each request its own", async () => {
    await pcscd.listen((command, body) => (command === COMMAND.version ? words(4, 4, 0) : body));
    const link = await PcscdLink.open(pcscd.path);
    const [one, two] = [link?.ask(0x40, words(1, 2)), link?.ask(0x41, words(3))];
    expect([await one, await two]).toEqual([words(1, 2), words(3)]);
    const half = link?.ask(0x42, words(4), { length: 8 });
    const other = link?.ask(0x43, words(5));
    expect(await half).toEqual(words(4, 5));
    link?.close();
    expect(await other).toBeNull();
  });

  it("breaks when an answer is late, so that it is not taken for the next one", async () => {
    // The answer to the first request comes together with that to the second.
    const answers = new Map([
      [COMMAND.version as number, words(4, 4, 0)],
      [0x40, new Uint8Array()],
      [0x41, words(1, 2)],
    ]);
    await pcscd.listen((command) => answers.get(command) ?? null);
    const link = await PcscdLink.open(pcscd.path);
    expect(await link?.ask(0x40, words(1), { limitMs: 10 })).toBeNull();
    expect(await link?.ask(0x41, words(2))).toBeNull();
  });

  it("ends what waits when the service ends", async () => {
    await pcscd.listen((command) => (command === COMMAND.version ? words(4, 4, 0) : null));
    const link = await PcscdLink.open(pcscd.path);
    expect(await link?.ask(0x40, words(1))).toBeNull();
  });
});
