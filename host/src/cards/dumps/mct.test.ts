import { describe, expect, it } from "vitest";
import type { ClassicDump } from "./dump.ts";
import { readEml } from "./eml.ts";
import { readMct } from "./mct.ts";

const BLOCK = "000102030405060708090A0B0C0D0E0F";
const FIRST = "DEADBEEF220804006263646566676869";
const sector = (n: number, ...lines: readonly string[]) => [`+Sector: ${n}`, ...lines].join("\n");

function read(text: string): ClassicDump {
  const reading = readMct(text);
  if (!reading.ok) throw new Error(`${reading.problem} (${reading.place})`);
  return reading.dump as ClassicDump;
}
const problem = (text: string) => {
  const reading = readMct(text);
  return reading.ok ? "read" : `${reading.problem} | ${reading.place}`;
};

describe("a dump of MIFARE Classic Tool", () => {
  it("may miss sectors, blocks and bytes; they stay unknown", () => {
    const trailer = `------------FF078069${"-".repeat(12)}`;
    const dump = read([sector(0, FIRST, BLOCK, "-".repeat(32), trailer), sector(2, BLOCK)].join("\n"));
    expect(dump.uid).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
    expect(dump.blocks).toHaveLength(64);
    expect(dump.blocks.map(({ unknown }) => unknown).slice(0, 10)).toEqual([
      0, 0, 0xffff, 0xfc3f, 0xffff, 0xffff, 0xffff, 0xffff, 0, 0xffff,
    ]);
    expect(dump.blocks[8]!.bytes[15]).toBe(0x0f);
  });

  it("has no UID when sector 0 is missing", () => {
    expect(read(sector(1, BLOCK)).uid).toBeNull();
  });

  it("has sectors of sixteen blocks behind the 32nd", () => {
    const dump = read(sector(39, ...Array.from({ length: 16 }, () => BLOCK)));
    expect(dump.blocks).toHaveLength(256);
    expect([dump.blocks[239]!.unknown, dump.blocks[240]!.unknown, dump.blocks[255]!.unknown]).toEqual([
      0xffff, 0, 0xfc3f,
    ]);
  });

  it.each([
    { what: "a sector too many", text: sector(40, BLOCK), told: /from 0 to 39 \| line 1$/ },
    { what: "a sector without a number", text: "+Sector: x", told: /from 0 to 39 \| line 1$/ },
    {
      what: "a sector twice",
      text: `${sector(1, BLOCK)}\n${sector(1, BLOCK)}`,
      told: "sector 1 is there twice | line 3",
    },
    {
      what: "five blocks",
      text: sector(1, BLOCK, BLOCK, BLOCK, BLOCK, BLOCK),
      told: "sector 1 has more than 4 blocks | line 6",
    },
    { what: "a block that is cut", text: sector(1, BLOCK.slice(2)), told: /32 hexadecimal digits \| line 2$/ },
    {
      what: "half a byte unknown",
      text: sector(1, BLOCK.replace("01", "-1")),
      told: /32 hexadecimal digits \| line 2$/,
    },
    { what: "no block", text: "+Sector: 0\n", told: "it holds no block | null" },
  ])("with $what is refused", ({ text, told }) => {
    expect(problem(text)).toMatch(told);
  });
});

describe("a dump as lines of digits", () => {
  const problemOf = (text: string) => {
    const reading = readEml(text);
    return reading.ok ? "read" : `${reading.problem} | ${reading.place}`;
  };
  const PAGES = ["04C12865", "5A373080", "DD480000", ...Array.from({ length: 17 }, () => "00000000")];

  it("is a Type 2 chip with 8 digits on a line, with or without the header of the client", () => {
    const plain = readEml(PAGES.join("\n"));
    expect(plain).toMatchObject({ ok: true, format: "eml", dump: { chip: "MF0UL11", version: null } });
    const header = ["00040301", "01000B03", "00000013", ...Array.from({ length: 11 }, () => "00000000")];
    const dump = { chip: "MF0UL11", version: Uint8Array.of(0, 4, 3, 1, 1, 0, 0x0b, 3) };
    expect(readEml([...header, ...PAGES].join("\n"))).toMatchObject({ ok: true, format: "eml", dump });
  });

  it.each([
    { what: "a line of another length", text: "04C12865\n5A3730\n", told: /8 hexadecimal digits \| line 2$/ },
    { what: "a first line of another length", text: "\n04C1286\n", told: /neither 8 nor 32 .* \| line 2$/ },
    { what: "a block that is cut", text: `${FIRST}\n${BLOCK.slice(2)}`, told: /32 hexadecimal digits \| line 2$/ },
    { what: "blocks of no card", text: FIRST, told: "no MIFARE Classic has 1 blocks | null" },
    { what: "too many blocks", text: `${FIRST}\n`.repeat(257), told: /more blocks .* \| line 257$/ },
    { what: "wrong check bytes", text: "04C12864\n5A373080\nDD480000", told: /no check bytes .* \| null$/ },
  ])("with $what is refused", ({ text, told }) => {
    expect(problemOf(text)).toMatch(told);
  });
});
