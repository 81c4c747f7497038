import { CONFIG_PAGES, concat, fromHex, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { readBinary, readType2Binary } from "./binary.ts";
import type { ClassicDump, Type2Dump } from "./dump.ts";

const UID_PAGES = fromHex("04c128655a373080dd480000");
const VERSION = fromHex("0004030101000b03");
const SIGNATURE = new Uint8Array(32).fill(0x51);
/** Memory with so many pages, each full of its number. */
const memory = (pages: number) =>
  concat(
    UID_PAGES,
    Uint8Array.from({ length: 4 * (pages - 3) }, (_, i) => 3 + (i >> 2)),
  );
const header56 = (pages: number) =>
  concat(VERSION, Uint8Array.of(0x11, 0x22, 0x33, pages - 1), SIGNATURE, fromHex("0c0000bd00000000010203bd"));
const header48 = concat(VERSION, Uint8Array.of(0, 0, 0xbd, 0xbd, 0xbd, 0xaa, 0xbb, 0), SIGNATURE);

function type2(file: Uint8Array) {
  const reading = readBinary(file);
  if (!reading.ok) throw new Error(`${reading.problem} (${reading.place})`);
  return { ...reading, dump: reading.dump as Type2Dump };
}
const problem = (file: Uint8Array) => {
  const reading = readBinary(file);
  return reading.ok ? "read" : `${reading.problem} | ${reading.place}`;
};

describe("memory of a Type 2 chip", () => {
  it("is found behind the header of 56 bytes", () => {
    const { dump, format, warnings } = type2(concat(header56(20), memory(20)));
    expect(format).toBe("proxmark-bin");
    expect(dump).toMatchObject({ chip: "MF0UL11", version: VERSION, signature: SIGNATURE });
    expect(dump.counters).toEqual([{ value: 12, tearing: 0xbd }, null, { value: 0x030201, tearing: 0xbd }]);
    expect(dump.pages[17]).toEqual(Uint8Array.of(17, 17, 17, 17));
    expect(warnings).toHaveLength(1);
  });

  it("is found behind the older header, which has no counters, and whose PACK is not taken over", () => {
    const { dump, format } = type2(concat(header48, memory(20)));
    expect(format).toBe("proxmark-bin-48");
    expect(dump).toMatchObject({
      chip: "MF0UL11",
      version: VERSION,
      signature: SIGNATURE,
      counters: [null, null, null],
    });
    expect(JSON.stringify(dump)).not.toContain(`${0xaa}`);
  });

  it.each(Object.entries(CONFIG_PAGES))("without a header is %s by its size", (chip, { pages, password, pack }) => {
    const { dump, format, warnings } = type2(memory(pages));
    expect([format, dump.chip, dump.version]).toEqual(["bin", chip, null]);
    // The last page before the password is kept as it was, both of those behind are not.
    expect(dump.pages[password - 1]).toEqual(new Uint8Array(4).fill(password - 1));
    expect([dump.pages[password], dump.pages[pack], pack]).toEqual([new Uint8Array(4), new Uint8Array(4), pages - 1]);
    expect(warnings).toEqual([`it held a password or key in page ${password} or behind; that was not taken over`]);
  });

  it("may be of a chip that is none of ours, and loses its keys all the same", () => {
    const { dump } = type2(memory(48));
    expect(dump.chip).toBeNull();
    expect(dump.pages.slice(44)).toEqual(Array.from({ length: 4 }, () => new Uint8Array(4)));
    expect(dump.pages[43]).toEqual(new Uint8Array(4).fill(43));
    const ntag210 = concat(fromHex("0004040101000b03"), header56(20).subarray(8), memory(20));
    expect(type2(ntag210).dump).toMatchObject({ chip: null, version: fromHex("0004040101000b03") });
  });

  it("has counter 2 alone on an NTAG21x, whatever a tool wrote for the others", () => {
    const version = fromHex("0004040201000f03");
    const file = concat(version, header56(45).subarray(8, 44), fromHex("010000bd020000bd030000bd"), memory(45));
    expect(type2(file).dump.counters).toEqual([null, null, { value: 3, tearing: 0xbd }]);
  });

  it("that ends early goes on with unknown pages", () => {
    const { dump, warnings } = type2(concat(header56(20), memory(20).subarray(0, 64)));
    expect(dump.pages.slice(15)).toEqual([new Uint8Array(4).fill(15), null, null, null, null]);
    expect(warnings).toEqual([
      "its header says that page 19 is the last, but it ends with page 15",
      "pages 16 to 19 of the MF0UL11 are missing; they count as unknown",
    ]);
  });

  it("is not mistaken where a card's own bytes look like a UID behind a header", () => {
    for (const at of [48, 56]) {
      const tricky = memory(45);
      tricky.set(UID_PAGES, at);
      expect(type2(tricky), `byte ${at}`).toMatchObject({ format: "bin", dump: { chip: "NTAG213" } });
    }
  });

  it.each([
    {
      what: "a wrong check byte",
      file: concat(fromHex("04c12864"), memory(20).subarray(4)),
      told: /no check bytes .* \| byte 0$/,
    },
    { what: "half a page at its end", file: memory(20).subarray(0, 78), told: "its last page is cut | byte 76" },
    { what: "pages that no chip has", file: memory(232), told: "it is larger than any chip | byte 0" },
    { what: "a size of no chip", file: memory(30), told: "no known chip has 30 pages | null" },
    {
      what: "more pages than its version",
      file: concat(header56(41), memory(41)),
      told: /41 pages, .* MF0UL11 with 20/,
    },
  ])("with $what is refused", ({ file, told }) => {
    expect(problem(file)).toMatch(told);
    expect(readType2Binary(file).memory.ok).toBe(false);
  });
});

describe("memory of a Classic", () => {
  it.each([
    { size: 320, blocks: 20 },
    { size: 1024, blocks: 64 },
    { size: 2048, blocks: 128 },
    { size: 4096, blocks: 256 },
  ])("is told by its $size bytes", ({ size, blocks }) => {
    const file = new Uint8Array(size).fill(0x5a);
    file.set(fromHex("deadbeef22"));
    const reading = readBinary(file);
    expect(reading.ok && reading.dump).toMatchObject({ family: "classic", uid: fromHex("deadbeef") });
    const { blocks: read } = (reading as { readonly dump: ClassicDump }).dump;
    expect(read).toHaveLength(blocks);
    expect(toHex(read[blocks - 1]!.bytes)).toBe("0000000000005a5a5a5a000000000000");
  });

  it("with a UID of seven bytes has no check byte", () => {
    const file = new Uint8Array(1024);
    file.set(fromHex("04112233445566"));
    const reading = readBinary(file);
    expect(reading.ok && reading.dump.uid).toEqual(fromHex("04112233445566"));
  });
});
