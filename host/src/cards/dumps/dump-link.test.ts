import { fromHex, toHex, type2 } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import type { Type2Dump } from "./dump.ts";
import { DumpLink } from "./dump-link.ts";

const ntag: Type2Dump = {
  family: "type2",
  chip: "NTAG213",
  uid: fromHex("04a1b2c3d4e580"),
  version: fromHex("0053040201000f03"),
  signature: new Uint8Array(32).fill(0x51),
  counters: [null, null, { value: 0x010203, tearing: 0xbd }],
  pages: Array.from({ length: 45 }, (_, i) => (i === 20 ? null : new Uint8Array(4).fill(i))),
};
const ultralight: Type2Dump = {
  ...ntag,
  chip: "MF0UL21",
  version: null,
  signature: null,
  counters: [{ value: 12, tearing: 0x17 }, null, { value: 0, tearing: 0xbd }],
  pages: Array.from({ length: 41 }, (_, i) => new Uint8Array(4).fill(i)),
};

async function ask(dump: Type2Dump, ...commands: readonly Uint8Array[]): Promise<string> {
  const { answers, end } = await new DumpLink(dump).exchange(commands);
  return [...answers.map(toHex), end].join(" ");
}
const pages = (...numbers: readonly number[]) => numbers.map((n) => n.toString(16).padStart(2, "0").repeat(4)).join("");

describe("a dump in place of a chip", () => {
  it("has the UID of the dump", () => {
    expect(new DumpLink(ntag).uid).toEqual(ntag.uid);
  });

  it("answers the version that the file has, or the chip's usual one", async () => {
    expect(await ask(ntag, type2.getVersion())).toBe("0053040201000f03 done");
    for (const chip of ["NTAG213", "NTAG215", "NTAG216", "MF0UL11", "MF0UL21"] as const) {
      const { answers } = await new DumpLink({ ...ntag, chip, version: null }).exchange([type2.getVersion()]);
      expect(type2.chipOf(answers[0]!)).toBe(chip);
    }
    expect(await ask({ ...ntag, chip: null, version: null }, type2.getVersion())).toBe("nak");
  });

  it("reads four pages, and goes on with page 0 behind the last", async () => {
    expect(await ask(ntag, type2.read(4))).toBe(`${pages(4, 5, 6, 7)} done`);
    expect(await ask(ntag, type2.read(43))).toBe(`${pages(43, 44, 0, 1)} done`);
    expect(await ask(ntag, type2.read(45))).toBe("nak");
  });

  it("reads ranges inside its memory", async () => {
    expect(await ask(ntag, type2.fastRead(4, 6))).toBe(`${pages(4, 5, 6)} done`);
    expect(await ask(ntag, type2.fastRead(44, 44))).toBe(`${pages(44)} done`);
    expect(await ask(ntag, type2.fastRead(44, 45))).toBe("nak");
    expect(await ask(ntag, type2.fastRead(6, 5))).toBe("nak");
  });

  it("refuses whatever touches an unknown page", async () => {
    for (const first of [17, 18, 19, 20]) expect(await ask(ntag, type2.read(first)), `READ ${first}`).toBe("nak");
    expect(await ask(ntag, type2.read(16), type2.read(21))).toBe(
      `${pages(16, 17, 18, 19)} ${pages(21, 22, 23, 24)} done`,
    );
    expect(await ask(ntag, type2.fastRead(4, 20))).toBe("nak");
  });

  it("has the counters and flags of its chip, where they are known", async () => {
    const all = (dump: Type2Dump, command: (n: number) => Uint8Array) =>
      Promise.all([0, 1, 2, 3, 255].map((number) => ask(dump, command(number))));
    expect(await all(ntag, type2.readCounter)).toEqual(["nak", "nak", "030201 done", "nak", "nak"]);
    expect(await all(ntag, type2.checkTearing)).toEqual(["nak", "nak", "nak", "nak", "nak"]);
    expect(await all(ultralight, type2.readCounter)).toEqual(["0c0000 done", "nak", "000000 done", "nak", "nak"]);
    expect(await all(ultralight, type2.checkTearing)).toEqual(["17 done", "nak", "bd done", "nak", "nak"]);
  });

  it("has a signature where the file has one", async () => {
    expect(await ask(ntag, type2.readSignature())).toBe(`${"51".repeat(32)} done`);
    expect(await ask(ultralight, type2.readSignature())).toBe("nak");
  });

  it("refuses writing, counting, passwords and everything else, and stops there", async () => {
    const refused = [
      type2.write(5, new Uint8Array(4)),
      type2.incrementCounter(2, 1),
      type2.passwordAuth(new Uint8Array(4)),
      fromHex("a005"),
      fromHex("5000"),
      fromHex("30"),
      fromHex("300405"),
      new Uint8Array(),
    ];
    for (const command of refused) {
      expect(await ask(ultralight, type2.read(4), command, type2.read(8)), toHex(command)).toBe(
        `${pages(4, 5, 6, 7)} nak`,
      );
    }
    expect(await ask(ultralight, type2.read(4))).toBe(`${pages(4, 5, 6, 7)} done`);
  });

  it("hands out copies: nobody changes the dump through an answer", async () => {
    const link = new DumpLink(ntag);
    const { answers } = await link.exchange([type2.read(4), type2.getVersion(), type2.readSignature()]);
    for (const answer of answers) answer.fill(0xee);
    expect(await ask(ntag, type2.read(4), type2.getVersion())).toBe(`${pages(4, 5, 6, 7)} 0053040201000f03 done`);
    expect(ntag.signature![0]).toBe(0x51);
  });
});
