import { describe, expect, it } from "vitest";
import type { Type2Dump } from "./dump.ts";
import { readProxmarkJson } from "./proxmark-json.ts";

const UID_BLOCKS = { 0: "04C12865", 1: "5A373080", 2: "DD480000" };
const PAGES = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [i, "00000000"]));
const file = (card: object, blocks: object = {}, type = "mfu") =>
  JSON.stringify({ FileType: type, Card: card, blocks: { ...PAGES, ...UID_BLOCKS, ...blocks } });
const problem = (text: string) => {
  const reading = readProxmarkJson(text);
  return reading.ok ? "read" : `${reading.problem} | ${reading.place}`;
};

describe("Proxmark3 JSON of a Type 2 chip", () => {
  it("has counters with the low byte first", () => {
    const reading = readProxmarkJson(file({ Counter1: "0C0100", Tearing1: "BD", Counter2: "FFFFFF", Tearing2: "00" }));
    expect(reading.ok && (reading.dump as Type2Dump).counters).toEqual([
      null,
      { value: 0x10c, tearing: 0xbd },
      { value: 0xffffff, tearing: 0 },
    ]);
  });

  it("leaves missing and empty blocks unknown, and never reads what the client kept of PACK", () => {
    const blocks: Record<string, string> = { ...PAGES, ...UID_BLOCKS, 8: "", 18: "C0FFEE11" };
    delete blocks["7"];
    const text = JSON.stringify({ FileType: "mfu", Card: { Pack: "CAFE", TBO_0: "CAFE" }, blocks });
    const reading = readProxmarkJson(text);
    expect(reading).toMatchObject({
      ok: true,
      dump: { chip: "MF0UL11" },
      warnings: [expect.stringMatching(/password/)],
    });
    const { pages } = (reading as { readonly dump: Type2Dump }).dump;
    expect([pages[6], pages[7], pages[8]]).toEqual([new Uint8Array(4), null, null]);
    expect([pages[18], pages[19]]).toEqual([new Uint8Array(4), new Uint8Array(4)]);
  });

  it.each([
    { what: "another file type", text: file({}, {}, "mfp"), told: /FileType "mfp"; .* \| FileType$/ },
    { what: "no file type", text: "{}", told: /no FileType/ },
    { what: "a page of three bytes", text: file({}, { 5: "000000" }), told: /^block 5 .* \| blocks."5"$/ },
    { what: "a page that is a number", text: file({}, { 5: 0 }), told: /^block 5/ },
    { what: "a page number that is none", text: file({}, { "05": "00000000" }), told: /\| blocks."05"$/ },
    { what: "a page far behind any chip", text: file({}, { 231: "00000000" }), told: /from 0 to 230 \| blocks."231"$/ },
    { what: "no pages", text: '{"FileType":"mfu","blocks":[]}', told: "it holds no blocks | blocks" },
    {
      what: "a version that is too short",
      text: file({ Version: "0004" }),
      told: /^Version .* 8 hexa.* \| Card.Version$/,
    },
    { what: "a counter that is a number", text: file({ Counter2: 7 }), told: /^Counter2 .* \| Card.Counter2$/ },
    { what: "an end that is missing", text: "{\n", told: /begins like JSON but is not \| line 2$/ },
  ])("with $what is refused", ({ text, told }) => {
    expect(problem(text)).toMatch(told);
  });

  it("is not led astray by fields that look like answers of the reader", () => {
    expect(problem('{"problem":"secret","place":"here","ok":true}')).toMatch(/^it has no FileType/);
  });
});

describe("Proxmark3 JSON of a Classic", () => {
  it.each(["mfc v2", "mfcard"])("is read as %s, without its sector keys", (FileType) => {
    const blocks = { 0: "DEADBEEF220804006263646566676869", 3: "A0A1A2A3A4A5FF078069B0B1B2B3B4B5" };
    const SectorKeys = { 0: { KeyA: "A0A1A2A3A4A5", KeyB: "B0B1B2B3B4B5" } };
    const reading = readProxmarkJson(JSON.stringify({ FileType, blocks, SectorKeys }));
    if (!reading.ok || reading.dump.family !== "classic") throw new Error("not read");
    expect(reading.dump.uid).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
    expect(reading.dump.blocks[3]).toEqual({
      bytes: Uint8Array.of(0, 0, 0, 0, 0, 0, 0xff, 0x07, 0x80, 0x69, 0, 0, 0, 0, 0, 0),
      unknown: 0xfc3f,
    });
    expect(reading.dump.blocks[1]!.unknown).toBe(0xffff);
  });
});
