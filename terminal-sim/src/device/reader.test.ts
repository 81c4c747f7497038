import { type2 } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { AirLog } from "./air-time.ts";
import { type Mishap, Mishaps, PowerCut } from "./mishap.ts";
import { SimReader } from "./reader.ts";
import { Type2Chip } from "./type2-chip.ts";

const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
const OTHER_UID = Uint8Array.of(0x04, 9, 9, 9, 9, 9, 9);
const ACK = Uint8Array.of(0x0a);
const PASSWORD = Uint8Array.of(1, 2, 3, 4);
const BYTES = Uint8Array.of(5, 6, 7, 8);
const NO_SUCH_PAGE = type2.write(0xff, BYTES);

function at(reader: SimReader, chip: Type2Chip): Promise<unknown> {
  reader.present(chip);
  return reader.waitCard(0, null);
}
const calm = () => new SimReader(() => new Mishaps());

describe("a reader", () => {
  it("gives one answer for each command", async () => {
    const reader = calm();
    expect(await at(reader, new Type2Chip("NTAG215", UID))).toEqual({ uid: UID });
    expect(await reader.exchange([type2.write(8, BYTES), type2.fastRead(8, 8)])).toEqual({
      answers: [ACK, BYTES],
      end: "done",
    });
    expect(await reader.exchange([])).toEqual({ answers: [], end: "done" });
  });

  it("stops at a NAK, sends nothing behind it, and selects the chip again for the next exchange", async () => {
    const reader = calm();
    const chip = new Type2Chip("MF0UL21", UID);
    chip.execute(type2.write(0x27, PASSWORD));
    chip.execute(type2.write(0x25, Uint8Array.of(0, 0, 0, 0x04)));
    await at(reader, chip);
    const commands = [type2.passwordAuth(PASSWORD), type2.write(8, BYTES), NO_SUCH_PAGE, type2.write(9, BYTES)];
    expect(await reader.exchange(commands)).toEqual({ answers: [Uint8Array.of(0, 0), ACK], end: "nak" });
    expect(chip.dump().subarray(36, 40)).toEqual(new Uint8Array(4));
    // Selected, but the password is forgotten.
    expect(await reader.exchange([type2.getVersion(), type2.write(9, BYTES)])).toMatchObject({ end: "nak" });
    expect((await reader.exchange([type2.fastRead(8, 8)])).answers).toEqual([BYTES]);
  });

  it("keeps a password session from one exchange to the next, and not over a new selection", async () => {
    const reader = calm();
    const chip = new Type2Chip("MF0UL11", UID);
    chip.execute(type2.write(0x10, Uint8Array.of(0, 0, 0, 0x04)));
    await at(reader, chip);
    await reader.exchange([type2.passwordAuth(Uint8Array.of(255, 255, 255, 255))]);
    expect(await reader.exchange([type2.write(5, BYTES)])).toMatchObject({ end: "done" });
    await reader.waitCard(0, UID);
    expect(await reader.exchange([type2.write(5, BYTES)])).toEqual({ answers: [], end: "nak" });
  });

  it("finds no card, another card, the card", async () => {
    const reader = calm();
    expect(await reader.waitCard(0, null)).toBe("none");
    expect(await reader.exchange([type2.getVersion()])).toEqual({ answers: [], end: "gone" });
    reader.customer = (uid) => new Type2Chip("NTAG213", uid === null ? UID : OTHER_UID);
    expect(await reader.waitCard(0, null)).toEqual({ uid: UID });
    expect(await reader.waitCard(0, OTHER_UID)).toBe("other");
    expect(await reader.waitCard(0, OTHER_UID)).toEqual({ uid: OTHER_UID });
  });

  it("touches neither of two cards", async () => {
    const reader = calm();
    const chips = [new Type2Chip("NTAG213", UID), new Type2Chip("NTAG213", OTHER_UID)] as const;
    await at(reader, chips[0]);
    reader.presentAlso(chips[1]);
    expect(await reader.exchange([type2.write(8, BYTES)])).toEqual({ answers: [], end: "gone" });
    expect(await reader.waitCard(0, UID)).toBe("several");
    for (const chip of chips) expect(chip.dump().subarray(32, 36)).toEqual(new Uint8Array(4));
    // The customer took both away, and shows one.
    reader.customer = () => chips[1];
    expect(await reader.waitCard(0, null)).toEqual({ uid: OTHER_UID });
  });

  it("powers a chip that comes, and only wakes one that stayed: the NFC counter moves once", async () => {
    const reader = calm();
    const chip = new Type2Chip("NTAG213", UID);
    chip.execute(type2.write(0x2a, Uint8Array.of(0x10, 5, 0, 0)));
    await at(reader, chip);
    await reader.exchange([type2.read(4), NO_SUCH_PAGE]);
    await reader.exchange([type2.read(4)]);
    await reader.waitCard(0, UID);
    await reader.exchange([type2.read(4)]);
    expect(chip.counter(2)).toBe(1);
    await at(reader, chip);
    await reader.exchange([type2.read(4)]);
    expect(chip.counter(2)).toBe(2);
  });
});

describe("a mishap", () => {
  it("knows reads, writes and increments apart", async () => {
    const mishaps = new Mishaps();
    const reader = new SimReader(() => mishaps);
    await at(reader, new Type2Chip("MF0UL21", UID));
    await reader.exchange([
      type2.getVersion(),
      type2.write(8, BYTES),
      Uint8Array.of(0xa0, 8),
      // Data, whatever command its first byte looks like.
      new Uint8Array(16).fill(0xa5),
      type2.incrementCounter(2, 1),
      type2.readCounter(2),
    ]);
    const kinds = ["card-read", "card-write", "card-write", "card-write", "card-count", "card-read"];
    expect(mishaps.seen).toEqual(kinds);
  });

  const cut = async (mishap: Mishap, command: Uint8Array) => {
    const mishaps = new Mishaps().at(1, mishap);
    const reader = new SimReader(() => mishaps);
    const chip = new Type2Chip("MF0UL21", UID);
    await at(reader, chip);
    const commands = [type2.getVersion(), command, type2.write(9, BYTES)];
    const exchange = await reader.exchange(commands).catch((error: unknown) => error);
    expect(await reader.exchange([type2.getVersion()])).toEqual({ answers: [], end: "gone" });
    return { exchange, page: [...chip.dump().subarray(32, 36)], behind: chip.dump()[36], count: chip.counter(2), chip };
  };

  it.each([
    { when: "before", page: [0, 0, 0, 0] },
    { when: "inside", page: [5, 6, 7, 8] },
    { when: "after", page: [5, 6, 7, 8] },
  ] as const)("$when a write: the card is gone behind the last answer, and nothing else was sent", async (expected) => {
    const torn = { page: "new", part: 0 } as const;
    const command = type2.write(8, BYTES);
    const { exchange, page, behind } = await cut({ what: "card", when: expected.when, torn }, command);
    expect(exchange).toMatchObject({ answers: [{ length: 8 }], end: "gone" });
    expect([page, behind]).toEqual([expected.page, 0]);
    const power = await cut({ what: "power", when: expected.when, torn }, command);
    expect(power.exchange).toBeInstanceOf(PowerCut);
    expect(power.page).toEqual(expected.page);
  });

  it.each([
    { when: "before", left: "new", count: 0, torn: false },
    { when: "inside", left: "old", count: 0, torn: true },
    { when: "inside", left: "new", count: 1, torn: true },
    { when: "after", left: "old", count: 1, torn: false },
  ] as const)("$when an increment (left $left): $count", async ({ when, left, count, torn }) => {
    const after = await cut({ what: "card", when, torn: { page: left, part: 0 } }, type2.incrementCounter(2, 1));
    expect([after.count, after.chip.wasTorn(2)]).toEqual([count, torn]);
  });
});

describe("the air log of a reader", () => {
  it("has every command with its answer, every selection, and no content", async () => {
    const mishaps = new Mishaps().at(4, { what: "card", when: "before" });
    const reader = new SimReader(() => mishaps);
    reader.air = new AirLog();
    const chip = new Type2Chip("NTAG213", UID);
    chip.execute(type2.write(0x2b, PASSWORD));
    await at(reader, chip);
    await reader.exchange([type2.passwordAuth(PASSWORD), type2.write(8, BYTES), type2.fastRead(8, 9), NO_SUCH_PAGE]);
    await reader.exchange([type2.getVersion()]);
    expect(reader.air.selections).toEqual(["power-up", "reselect"]);
    expect(reader.air.exchanges).toEqual([
      { command: Uint8Array.of(0x1b, 0, 0, 0, 0), answer: Uint8Array.of(0, 0) },
      { command: Uint8Array.of(0xa2, 8, 0, 0, 0, 0), answer: ACK },
      { command: Uint8Array.of(0x3a, 8, 9), answer: new Uint8Array(8) },
      { command: Uint8Array.of(0xa2, 0xff, 0, 0, 0, 0), answer: "nak" },
      { command: Uint8Array.of(0x60), answer: "silent" },
    ]);
  });
});
