import { readdirSync, readFileSync } from "node:fs";
import { fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClassicDump, DumpFormat, DumpReading, Type2Dump } from "./dump.ts";
import { DUMP_BYTES_MAX, readDump } from "./read-dump.ts";
import { WRITTEN_FORMATS, writeDump } from "./write-dump.ts";

const FOLDER = new URL("../../../../../shared/reference/dumps/", import.meta.url);
const sample = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, FOLDER)));

function read(name: string, bytes: Uint8Array = sample(name)): DumpReading & { readonly ok: true } {
  const reading = readDump(name, bytes);
  if (!reading.ok) throw new Error(`${reading.problem} (${reading.place})`);
  return reading;
}

const SAMPLES: readonly { readonly name: string; readonly format: DumpFormat }[] = [
  { name: "ntag213.nfc", format: "flipper" },
  { name: "ntag213.json", format: "proxmark-json" },
  { name: "ntag213.bin", format: "proxmark-bin" },
  { name: "ulev1-21.nfc", format: "flipper" },
  { name: "ulev1-21.json", format: "proxmark-json" },
  { name: "ulev1-21.bin", format: "proxmark-bin" },
  { name: "classic1k.nfc", format: "flipper" },
  { name: "classic1k.json", format: "proxmark-json" },
  { name: "classic1k.bin", format: "bin" },
  { name: "classic1k.eml", format: "eml" },
  { name: "classic1k.mct", format: "mct" },
];

describe("the sample dumps", () => {
  it("are all read here", () => {
    expect(readdirSync(FOLDER).sort()).toEqual(SAMPLES.map(({ name }) => name).sort());
  });

  it.each(SAMPLES)("$name is told by its content, under any name", ({ name, format }) => {
    const { dump, ...told } = read("x.txt", sample(name));
    expect(told).toEqual({ ok: true, format, warnings: [] });
    expect(dump).toEqual(read(name.replace(/\w+$/, "json")).dump);
  });

  it("the NTAG213 has its UID, version, counter and records", () => {
    const dump = read("ntag213.nfc").dump as Type2Dump;
    expect({ ...dump, pages: dump.pages.length }).toEqual({
      family: "type2",
      chip: "NTAG213",
      uid: fromHex("04a1b2c3d4e580"),
      version: fromHex("0004040201000f03"),
      signature: null,
      counters: [null, null, { value: 7, tearing: 0xbd }],
      pages: 45,
    });
    expect(toHex(dump.pages[4]!)).toBe("ca010001");
    expect(toHex(dump.pages[0x29]!)).toBe("040000ff");
  });

  it("the Ultralight EV1 has its counter, signature and tearing flags", () => {
    const dump = read("ulev1-21.bin").dump as Type2Dump;
    expect(dump).toMatchObject({ chip: "MF0UL21", uid: fromHex("04c1285a373080") });
    expect(toHex(dump.signature!)).toMatch(/^cea2eb0b3c95d084/);
    expect(dump.counters).toEqual([
      { value: 12, tearing: 0xbd },
      { value: 0, tearing: 0xbd },
      { value: 0, tearing: 0xbd },
    ]);
    expect(dump.pages).toHaveLength(41);
  });

  it("the Classic 1K has its value blocks and access bits, and no key", () => {
    const dump = read("classic1k.mct").dump as ClassicDump;
    expect(dump.uid).toEqual(fromHex("deadbeef"));
    expect(dump.blocks).toHaveLength(64);
    expect(dump.blocks[4]).toEqual({ bytes: fromHex("e20400001dfbffffe204000004fb04fb"), unknown: 0 });
    expect(dump.blocks[7]).toEqual({ bytes: fromHex("00000000000008778f69000000000000"), unknown: 0xfc3f });
  });

  it("keep their content with CRLF and a byte order mark", () => {
    for (const name of ["ntag213.nfc", "ntag213.json", "classic1k.mct", "classic1k.eml"]) {
      const text = `\ufeff${new TextDecoder().decode(sample(name)).replaceAll("\n", "\r\n")}`;
      expect(read(name, new TextEncoder().encode(text)).dump, name).toEqual(read(name).dump);
    }
  });
});

describe("what is no dump", () => {
  const problemOf = (bytes: Uint8Array | string) => {
    const reading = readDump("card.x", typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
    return reading.ok ? "read" : `${reading.problem} | ${reading.place}`;
  };

  it("is told by name, reason and place", () => {
    expect(problemOf("")).toBe("card.x is no card dump that can be read: it is empty | null");
    expect(problemOf("Dear customer,")).toMatch(/it is a text of no known format/);
    expect(problemOf(new Uint8Array(180))).toMatch(/no check bytes of a UID fit at byte 0, 48 or 56 \| byte 0$/);
  });

  it("is refused unread when it is too large", () => {
    const spaces = new Uint8Array(DUMP_BYTES_MAX + 1).fill(0x20);
    expect(problemOf(spaces)).toMatch(/larger than 1 MiB/);
    expect(problemOf(spaces.subarray(1))).toMatch(/no known format|first line/);
  });

  it("never puts bytes of the file into the message", () => {
    const page43 = (text: string) => text.replace("Page 43: 00 00 00 00", "Page 43: C0 FF EE 1");
    expect(problemOf(page43(new TextDecoder().decode(sample("ntag213.nfc"))))).toMatch(
      /Page 43 is not written as 4 hexadecimal bytes \| line 66$/,
    );
    const json = new TextDecoder().decode(sample("ntag213.json")).replace('"43": "00000000"', '"43": C0FFEE11');
    expect(problemOf(json)).toMatch(/it begins like JSON but is not \| null$/);
  });
});

describe("reading never throws, whatever it is given", () => {
  const all = SAMPLES.map(({ name }) => sample(name));
  const safe = (bytes: Uint8Array) => {
    const reading = readDump("fuzz", bytes);
    if (!reading.ok) expect(reading.problem.length).toBeLessThan(300);
    else if (reading.dump.family === "type2") {
      for (const format of WRITTEN_FORMATS)
        expect(readDump("again", writeDump(reading.dump, format).content).ok).toBe(true);
    }
  };

  it("any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 1_200 }), safe), { numRuns: 500 });
  });

  it("any text that begins like a dump", () => {
    const heads = [
      "Filetype: Flipper NFC device\nVersion: 4\n",
      "{",
      '{"FileType":"mfu",',
      "+Sector: 0\n",
      "04A1B29F\n",
      "",
    ];
    const words = [
      "Device type: NTAG/Ultralight\n",
      "Page 0: 04",
      "??",
      "--",
      '"blocks"',
      ":",
      "{}",
      "[",
      "\n",
      "0",
      "F",
      "9",
    ];
    const text = fc.tuple(fc.constantFrom(...heads), fc.array(fc.oneof(fc.constantFrom(...words), fc.string())));
    fc.assert(
      fc.property(text, ([head, rest]) => safe(new TextEncoder().encode(head + rest.join("")))),
      { numRuns: 500 },
    );
  });

  it("any JSON value in any place", () => {
    const json = JSON.parse(new TextDecoder().decode(sample("ntag213.json"))) as Record<string, object>;
    const places = [...Object.keys(json), "problem", "__proto__"].map((key) => [key]);
    const inner = ["UID", "Version", "Counter0", "Tearing2", "Signature", "0", "44", "45", "__proto__"];
    const deep = ["Card", "blocks"].flatMap((key) => inner.map((name) => [key, name]));
    fc.assert(
      fc.property(fc.constantFrom(...places, ...deep), fc.jsonValue(), ([key, name], value) => {
        const changed = { ...json, [key!]: name === undefined ? value : { ...json[key!], [name]: value } };
        safe(new TextEncoder().encode(JSON.stringify(changed)));
      }),
      { numRuns: 500 },
    );
  });

  it("samples with bytes changed, cut out, doubled and mixed", () => {
    const change = fc.record({
      which: fc.nat(all.length - 1),
      other: fc.nat(all.length - 1),
      flips: fc.array(fc.tuple(fc.nat(6_000), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
      cut: fc.tuple(fc.nat(6_000), fc.nat(400)),
      splice: fc.tuple(fc.nat(6_000), fc.nat(6_000), fc.nat(64)),
    });
    fc.assert(
      fc.property(change, ({ which, other, flips, cut: [at, size], splice: [to, from, length] }) => {
        const source = all[which]!;
        const bytes = [...source];
        for (const [place, value] of flips) bytes[place % bytes.length] = value;
        bytes.splice(at % bytes.length, size % 3 === 0 ? 0 : size);
        bytes.splice(to % (bytes.length + 1), 0, ...all[other]!.subarray(from, from + length));
        safe(Uint8Array.from(bytes));
      }),
      { numRuns: 1_500 },
    );
  });

  it("large files of one pattern, soon", () => {
    const patterns = [
      "Page 0: 00\n",
      "Filetype: a\n",
      "+Sector: 1\n",
      "[",
      '{"a":',
      "{",
      "00000000\n",
      "#\n",
      "\u00e4",
      "-",
      ": ",
    ];
    for (const pattern of patterns) {
      for (const head of ["", "Filetype: Flipper NFC device\n", "+Sector: 0\n", '{"blocks":']) {
        const text = (head + pattern.repeat(DUMP_BYTES_MAX / pattern.length)).slice(0, DUMP_BYTES_MAX / 2);
        expect(readDump("large", new TextEncoder().encode(text)).ok, pattern).toBe(false);
      }
    }
  }, 20_000);
});
