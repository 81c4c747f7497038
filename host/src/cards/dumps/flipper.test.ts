import { describe, expect, it } from "vitest";
import type { ClassicDump, Type2Dump } from "./dump.ts";
import { readFlipper } from "./flipper.ts";

/** An Ultralight EV1 with 20 pages; `change` rewrites its lines. */
function file(change: (lines: string[]) => string[] = (lines) => lines): string {
  const pages = Array.from({ length: 20 }, (_, i) => `Page ${i}: ${i.toString(16).padStart(2, "0")} 00 00 01`);
  pages.splice(0, 3, "Page 0: 04 C1 28 65", "Page 1: 5A 37 30 80", "Page 2: DD 48 00 00");
  const head = [
    "Filetype: Flipper NFC device",
    "Version: 4",
    "Device type: NTAG/Ultralight",
    "UID: 04 C1 28 5A 37 30 80",
    "Mifare version: 00 04 03 01 01 00 0B 03",
    "Pages total: 20",
    "Pages read: 20",
  ];
  return change([...head, ...pages]).join("\n");
}
const replaced = (from: string, to: string) =>
  file((lines) => lines.map((line) => (line.startsWith(from) ? to : line)));
const without = (start: string) => file((lines) => lines.filter((line) => !line.startsWith(start)));

function type2(text: string): { readonly dump: Type2Dump; readonly warnings: readonly string[] } {
  const reading = readFlipper(text);
  if (!reading.ok) throw new Error(`${reading.problem} (${reading.place})`);
  return { dump: reading.dump as Type2Dump, warnings: reading.warnings };
}
const problem = (text: string) => {
  const reading = readFlipper(text);
  return reading.ok ? "read" : `${reading.problem} | ${reading.place}`;
};

describe("a Flipper file of an Ultralight", () => {
  it("is read without the lines that other tools leave out", () => {
    const { dump, warnings } = type2(file());
    expect(dump).toMatchObject({ chip: "MF0UL11", signature: null, counters: [null, null, null] });
    expect(dump.pages[15]).toEqual(Uint8Array.of(15, 0, 0, 1));
    expect(warnings).toEqual(["it held a password or key in page 18 or behind; that was not taken over"]);
    expect(dump.pages.slice(18)).toEqual([new Uint8Array(4), new Uint8Array(4)]);
  });

  it("is read in the older versions, where the chip is the device type and every page was read", () => {
    for (const version of [2, 3]) {
      const old = replaced("Version", `Version: ${version}`)
        .replace("NTAG/Ultralight", "Mifare Ultralight 11")
        .replace("Pages read: 20\n", "");
      expect(type2(old).dump, `version ${version}`).toEqual(type2(file()).dump);
    }
  });

  it("knows only the pages that were read", () => {
    const { dump } = type2(replaced("Pages read", "Pages read: 16"));
    expect(dump.pages.map((page, i) => (page === null ? i : -1)).filter((i) => i >= 0)).toEqual([16, 17, 18, 19]);
    expect(type2(without("Page 9:")).dump.pages[9]).toBeNull();
    expect(type2(replaced("Page 9:", "Page 9: 09 ?? 00 01")).dump.pages[9]).toBeNull();
  });

  it("takes the UID from the pages and says where the UID line differs", () => {
    const { dump, warnings } = type2(replaced("UID", "UID: 04 C1 28 5A 37 30 81"));
    expect(dump.uid).toEqual(Uint8Array.of(0x04, 0xc1, 0x28, 0x5a, 0x37, 0x30, 0x80));
    expect(warnings[0]).toBe("it names the UID 04c1285a373081, but its pages say 04c1285a373080; the pages count");
  });

  it("has decimal counters, and none where the tool read none", () => {
    const lines = [
      "Counter 0: 12",
      "Tearing 0: BD",
      "Counter 1: 0",
      "Tearing 1: 00",
      "Counter 2: 16777215",
      "Tearing 2: 00",
    ];
    expect(type2(file((all) => [...all, ...lines])).dump.counters).toEqual([
      { value: 12, tearing: 0xbd },
      null,
      { value: 0xffffff, tearing: 0 },
    ]);
  });

  it.each([
    { what: "another version", text: replaced("Version", "Version: 5"), told: "its Version is not 2, 3 or 4 | line 2" },
    {
      what: "another file of a Flipper",
      text: replaced("Filetype", "Filetype: Flipper SubGhz Key File"),
      told: /no NFC device \| line 1$/,
    },
    {
      what: "another device",
      text: replaced("Device", "Device type: Mifare DESFire"),
      told: /device type "Mifare DESFire"; .* \| line 3$/,
    },
    {
      what: "a page with a digit too few",
      text: replaced("Page 7:", "Page 7: 07 00 00 0"),
      told: /^Page 7 is not .* \| line 15$/,
    },
    {
      what: "a page that is there twice",
      text: replaced("Page 7:", "Page 6: 00 00 00 00"),
      told: '"Page 6" is there twice | line 15',
    },
    {
      what: "a page behind the last",
      text: replaced("Page 19:", "Page 20: 00 00 00 00"),
      told: /from 0 to 19 \| line 27$/,
    },
    {
      what: "more pages read than there are",
      text: replaced("Pages read", "Pages read: 21"),
      told: /^Pages read .* 20 \| line 7$/,
    },
    {
      what: "a counter of 25 bits",
      text: file((l) => [...l, "Counter 1: 16777216"]),
      told: /^Counter1 .* \| line 28$/,
    },
    { what: "a line without a name", text: replaced("Page 7:", "Page 7"), told: /"Name: value" \| line 15$/ },
    {
      what: "wrong check bytes",
      text: replaced("Page 0:", "Page 0: 04 C1 28 64"),
      told: /check bytes of the UID .* wrong/,
    },
    { what: "no page 1", text: without("Page 1:"), told: /not all known/ },
    { what: "no page at all", text: without("Page "), told: 'it has no line "Page 0" | null' },
    {
      what: "fewer pages than any chip",
      text: without("Mifare version")
        .replace("total: 20", "total: 19")
        .replace("read: 20", "read: 19")
        .replace(/\nPage 19.*/, ""),
      told: "no known chip has 19 pages | null",
    },
  ])("with $what is refused", ({ text, told }) => {
    expect(problem(text)).toMatch(told);
  });
});

describe("a Flipper file of a Classic", () => {
  const blocks = (count: number, first = "DE AD BE EF 22 09 04 00 62 63 64 65 66 67 68 69") =>
    Array.from(
      { length: count },
      (_, i) => `Block ${i}: ${i === 0 ? first : "AB CD EF 01 23 45 FF 07 80 69 AB CD EF 01 23 45"}`,
    );
  const classic = (...lines: readonly string[]) =>
    ["Filetype: Flipper NFC device", "Version: 4", "Device type: Mifare Classic", "UID: DE AD BE EF", ...lines].join(
      "\n",
    );
  const dumpOf = (text: string) => {
    const reading = readFlipper(text);
    if (!reading.ok) throw new Error(reading.problem);
    return reading.dump as ClassicDump;
  };

  it("leaves unknown bytes unknown, byte by byte", () => {
    const dump = dumpOf(classic("SAK: 08", ...blocks(2), "Block 2: 11 ?? 33 44 55 66 77 88 99 AA BB CC DD EE FF ??"));
    expect(dump.blocks).toHaveLength(64);
    expect(dump.blocks[2]!.unknown).toBe(0x8002);
    expect(dump.blocks[2]!.bytes[0]).toBe(0x11);
    expect(dump.blocks[40]).toEqual({ bytes: new Uint8Array(16), unknown: 0xffff });
  });

  it("never keeps a sector key", () => {
    for (const sector of [3, 7, 63, 127, 143, 255]) {
      const { bytes, unknown } = dumpOf(classic("SAK: 18", ...blocks(256))).blocks[sector]!;
      expect([unknown, [...bytes]], `block ${sector}`).toEqual([
        0xfc3f,
        [0, 0, 0, 0, 0, 0, 0xff, 0x07, 0x80, 0x69, 0, 0, 0, 0, 0, 0],
      ]);
    }
    expect(dumpOf(classic("SAK: 18", ...blocks(256))).blocks[131]!.unknown).toBe(0);
  });

  it("is a Mini by its SAK, otherwise the smallest card that has the blocks", () => {
    expect(dumpOf(classic("SAK: 09", ...blocks(20))).blocks).toHaveLength(20);
    expect(dumpOf(classic("SAK: 08", ...blocks(20))).blocks).toHaveLength(64);
    expect(dumpOf(classic("SAK: 19", ...blocks(65))).blocks).toHaveLength(128);
  });

  it("has the UID of block 0 in the length that the file names", () => {
    const seven = classic("SAK: 08", ...blocks(4, "04 11 22 33 44 55 66 08 44 00 00 00 00 00 00 00"));
    expect(dumpOf(seven.replace("DE AD BE EF", "04 11 22 33 44 55 66")).uid).toHaveLength(7);
    const reading = readFlipper(seven);
    expect(reading.ok && reading.warnings).toHaveLength(2);
    expect(dumpOf(classic("SAK: 08", "Block 1: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00")).uid).toEqual(
      Uint8Array.of(0xde, 0xad, 0xbe, 0xef),
    );
  });
});
