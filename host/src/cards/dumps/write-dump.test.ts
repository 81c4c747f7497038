import { readFileSync } from "node:fs";
import { type Chip, CONFIG_PAGES, concat, fromHex, toHex, uidCheckBytes } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DumpCounter, Type2Dump } from "./dump.ts";
import { readDump } from "./read-dump.ts";
import { WRITTEN_FORMATS, type WrittenFormat, writeDump } from "./write-dump.ts";

const sample = (name: string): Uint8Array =>
  new Uint8Array(readFileSync(new URL(`../../../../../shared/reference/dumps/${name}`, import.meta.url)));

function read(bytes: Uint8Array): Type2Dump {
  const reading = readDump("dump", bytes);
  if (!reading.ok || reading.dump.family !== "type2") throw new Error(reading.ok ? "classic" : reading.problem);
  return reading.dump;
}

const VERSIONS: Readonly<Record<Chip, string>> = {
  NTAG213: "0004040201000f03",
  NTAG215: "0004040201001103",
  NTAG216: "0004040201001303",
  MF0UL11: "0004030101000b03",
  MF0UL21: "0004030101000e03",
};
const zeros = (size: number) => new Uint8Array(size);
const filled = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const counter: fc.Arbitrary<DumpCounter | null> = fc.option(
  fc
    .record({ value: fc.integer({ min: 0, max: 0xffffff }), tearing: fc.constantFrom(0, 0xbd, 0x17) })
    .filter(({ value, tearing }) => value !== 0 || tearing !== 0),
);

/** Any dump of one of our chips; pages behind the UID are unknown now and then. */
const anyDump: fc.Arbitrary<Type2Dump> = fc
  .constantFrom(...(Object.keys(VERSIONS) as Chip[]))
  .chain((chip) => {
    const { pages, password } = CONFIG_PAGES[chip];
    const page = fc.option(filled(4), { freq: 20 });
    return fc.record({
      chip: fc.constant(chip),
      uid: filled(7),
      rest: fc.array(page, { minLength: pages - 3, maxLength: pages - 3 }),
      version: fc.constantFrom(null, fromHex(VERSIONS[chip])),
      signature: fc.option(filled(32).filter((bytes) => bytes.some((byte) => byte !== 0))),
      counters: fc.tuple(counter, counter, counter),
      password: fc.constant(password),
    });
  })
  .map(({ chip, uid, rest, version, signature, counters, password }) => {
    const { bcc0, bcc1 } = uidCheckBytes(uid);
    const first = [concat(uid.subarray(0, 3), Uint8Array.of(bcc0)), uid.slice(3), Uint8Array.of(bcc1, 72, 0, 0)];
    const pages = [...first, ...rest].map((page, i) => (page !== null && i >= password ? zeros(4) : page));
    const own = chip.startsWith("NTAG") ? [null, null, counters[2]] : counters;
    return { family: "type2", chip, uid, version, signature, counters: own, pages };
  });

/** What of a dump comes back from a format. */
function carried(dump: Type2Dump, format: WrittenFormat): Type2Dump {
  const pages = dump.pages.map((page) => page ?? zeros(4));
  const firstUnknown = dump.pages.indexOf(null);
  switch (format) {
    case "proxmark-json":
      return dump;
    case "flipper":
      return { ...dump, pages: dump.pages.map((page, i) => (firstUnknown >= 0 && i >= firstUnknown ? null : page)) };
    case "proxmark-bin":
      return { ...dump, pages };
    default:
      return { ...dump, pages, version: null, signature: null, counters: [null, null, null] };
  }
}

describe.each(WRITTEN_FORMATS)("a dump written as %s", (format) => {
  it("comes back with everything that the format carries", () => {
    fc.assert(
      fc.property(anyDump, (dump) => {
        const { content, losses } = writeDump(dump, format);
        const expected = carried(dump, format);
        expect(read(content)).toEqual(expected);
        if (losses.length === 0) expect(expected).toEqual(dump);
      }),
      { numRuns: 60 },
    );
  });

  it("says so when something is lost", () => {
    const whole = read(sample("ulev1-21.json"));
    const holed = { ...whole, pages: whole.pages.with(20, null) };
    const lost = (dump: Type2Dump) => writeDump(dump, format).losses;
    const plain = format === "bin" || format === "eml";
    expect(lost(whole)).toHaveLength(plain ? 1 : 0);
    expect(lost(holed)).toHaveLength(plain ? 2 : format === "proxmark-json" ? 0 : 1);
    expect(lost({ ...whole, pages: whole.pages.with(40, null) })).toHaveLength(
      plain ? 2 : format === "proxmark-bin" ? 1 : 0,
    );
  });

  it("holds no password unless it is asked for, and reading drops it again", () => {
    const dump = read(sample("ntag213.json"));
    const keys = { password: fromHex("c0ffee11"), pack: fromHex("cafe") };
    const open = writeDump(dump, format, keys).content;
    const digits = (content: Uint8Array) =>
      `${toHex(content)} ${new TextDecoder().decode(content).replaceAll(" ", "").toLowerCase()}`;
    expect(digits(open)).toMatch(/c0ffee11/);
    expect(digits(open)).toMatch(/cafe0000/);
    expect(digits(writeDump(dump, format).content)).not.toMatch(/c0ffee11|cafe0000/);
    expect(JSON.stringify(readDump("dump", open))).not.toMatch(/c0ffee|cafe|\b192\b.*\b255\b.*\b238\b/i);
    expect(read(open)).toEqual(read(writeDump(dump, format).content));
    expect(() => writeDump({ ...dump, chip: null }, format, keys)).toThrow(RangeError);
    expect(() => writeDump(dump, format, { ...keys, pack: fromHex("ca") })).toThrow(RangeError);
  });
});

describe("the sample dumps", () => {
  it.each(["ntag213", "ulev1-21"])("of %s are written byte by byte as the tools' files, from each of them", (card) => {
    for (const from of ["nfc", "json", "bin"]) {
      const dump = read(sample(`${card}.${from}`));
      expect(writeDump(dump, "flipper").content, from).toEqual(sample(`${card}.nfc`));
      expect(writeDump(dump, "proxmark-json").content, from).toEqual(sample(`${card}.json`));
      expect(writeDump(dump, "proxmark-bin").content, from).toEqual(sample(`${card}.bin`));
      expect(writeDump(dump, "bin").content, from).toEqual(sample(`${card}.bin`).subarray(56));
      const eml = new TextDecoder().decode(writeDump(dump, "eml").content);
      expect(fromHex(eml.replaceAll("\n", "")), from).toEqual(sample(`${card}.bin`).subarray(56));
    }
  });
});
