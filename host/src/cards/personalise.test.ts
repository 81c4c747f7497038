import { type Chip, cardNumber, FACTORY_CONTENT, type2, uidCardNumber } from "@cachet/card-layout";
import { chipInField, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import type { ChipLink } from "./chip-link.ts";
import { type CardOrder, passwordFor } from "./new-card.ts";
import { personalise } from "./personalise.ts";
import { readCard } from "./read.ts";

const UID = Uint8Array.of(4, 1, 2, 3, 4, 5, 6);
const ORDER: CardOrder = { issuer: 1, serial: 42, issued: 9_000, master: testCardKey(1, 1), generation: 1 };
const NUMBER = cardNumber(1, 42);
const KEYS = { card: testCardKey, area: testAreaKey };
const CHIPS = ["NTAG213", "NTAG215", "NTAG216", "MF0UL21"] as const;

async function inspect(chip: Type2Chip) {
  const reading = await readCard(chipInField(chip), KEYS);
  if (reading.result !== "read") throw new Error(reading.result);
  return reading.card;
}

/** One command to a chip that was just selected. */
function sent(chip: Type2Chip, ...commands: readonly Uint8Array[]): unknown {
  chip.select();
  return commands.map((command) => chip.execute(command)).at(-1);
}

describe("a personalised card", () => {
  it.each(CHIPS)("has its number, an identity that verifies, and blank areas: %s", async (kind) => {
    const chip = new Type2Chip(kind, UID);
    expect(await personalise(chipInField(chip), ORDER)).toMatchObject({
      result: "personalised",
      card: NUMBER,
      before: false,
      originality: "no-signature",
    });
    const card = await inspect(chip);
    expect(card.identity).toMatchObject({ kind: "record", seal: "right", identity: { card: NUMBER, issued: 9_000 } });
    expect(card.areas.map(({ reading }) => reading.kind)).toEqual(card.map!.areas.map(() => "free"));
  });

  it.each(CHIPS)(
    "has its identity locked, every lock bit frozen, and takes writes only with its password: %s",
    async (kind) => {
      const chip = new Type2Chip(kind, UID);
      await personalise(chipInField(chip), ORDER);
      const { locked, locksFrozen, access, map } = await inspect(chip);
      const pages = Array.from({ length: map!.identity!.pages }, (_, i) => 4 + i);
      expect(locked).toEqual(pages);
      expect(locksFrozen).toBe(true);
      expect(access).toEqual({ firstProtected: 4, readNeedsPassword: false, configLocked: false, attempts: 0 });
      const first = map!.areas[0]!.firstPage;
      const { password, pack } = passwordFor(ORDER.master, UID, NUMBER);
      expect(sent(chip, type2.write(first, UID.slice(0, 4)))).toBe("nak");
      expect(sent(chip, type2.passwordAuth(password))).toEqual(pack);
      expect(sent(chip, type2.passwordAuth(password), type2.write(first, UID.slice(0, 4)))).toEqual(
        Uint8Array.of(0x0a),
      );
      expect(sent(chip, type2.passwordAuth(password), type2.write(5, UID.slice(0, 4)))).toBe("nak");
      // Nobody can lock the pages that must stay writable.
      sent(chip, type2.passwordAuth(password), type2.write(2, Uint8Array.of(0, 0, 0xf0, 0xff)));
      expect((await inspect(chip)).locked).toEqual(pages);
    },
  );

  it("carries a web address for phones where it has room", async () => {
    const url = "https://cartes.example/{card}";
    const chip = new Type2Chip("NTAG213", UID);
    const made = await personalise(chipInField(chip), { ...ORDER, url });
    expect(made).toMatchObject({ result: "personalised", map: { layout: 2 } });
    expect((await inspect(chip)).url).toBe(`https://cartes.example/${NUMBER}`);
    const plain = new Type2Chip("NTAG215", UID);
    await personalise(chipInField(plain), ORDER);
    expect(plain.dump().slice(0x0a * 4, 0x0a * 4 + 4)).toEqual(Uint8Array.of(3, 0, 0xfe, 0));
  });

  it("on a chip with counters has them even, and says where they start", async () => {
    const chip = new Type2Chip("MF0UL21", UID, { counters: [0, 5, 8] });
    expect(await personalise(chipInField(chip), { ...ORDER, areas: 2 })).toMatchObject({
      result: "personalised",
      map: { layout: 6 },
    });
    expect([chip.counter(2), chip.counter(1)]).toEqual([8, 6]);
    expect((await inspect(chip)).identity).toMatchObject({ identity: { start2: 8, start1: 6 } });
  });

  it("goes by its UID where it has no room for an identity, and only when its counter never moved", async () => {
    const chip = new Type2Chip("MF0UL11", UID);
    expect(await personalise(chipInField(chip), ORDER)).toMatchObject({
      result: "personalised",
      card: uidCardNumber(UID),
    });
    const moved = new Type2Chip("MF0UL11", UID, { counters: [0, 0, 2] });
    expect(await personalise(chipInField(moved), ORDER)).toMatchObject({ reason: "counter-used", touched: false });
    const foreign = new Type2Chip("MF0UL11", Uint8Array.of(7, 1, 2, 3, 4, 5, 6));
    expect(await personalise(chipInField(foreign), ORDER)).toMatchObject({ reason: "unknown-chip", touched: false });
  });

  it("says what the originality signature says", async () => {
    const hex = (text: string) => Uint8Array.from(Buffer.from(text, "hex"));
    const genuine = new Type2Chip("NTAG215", hex("04e10cda993c80"), {
      signature: hex("8b76052ee42f5567beb53238b3e3f9950707c0dcc956b5c5efcfdb709b2d82b3"),
    });
    expect(await personalise(chipInField(genuine), ORDER)).toMatchObject({ originality: "genuine" });
    const copied = new Type2Chip("NTAG215", UID, {
      signature: hex("8b76052ee42f5567beb53238b3e3f9950707c0dcc956b5c5efcfdb709b2d82b3"),
    });
    expect(await personalise(chipInField(copied), ORDER)).toMatchObject({ originality: "not-genuine" });
  });
});

describe("a card that is not personalised", () => {
  const refused = async (chip: Type2Chip, order = ORDER, link: ChipLink = chipInField(chip)) => {
    const before = chip.dump();
    const begun: number[] = [];
    const made = await personalise(link, order, null, (number) => begun.push(number));
    expect(chip.dump()).toEqual(before);
    expect(begun).toEqual([]);
    return made;
  };

  it("holds something already, and is left alone", async () => {
    const used = new Type2Chip("NTAG215", UID);
    sent(used, type2.write(0x20, Uint8Array.of(1, 2, 3, 4)));
    expect(await refused(used)).toMatchObject({ result: "refused", reason: "not-blank", touched: false });
    const link = new Type2Chip("NTAG213", UID);
    sent(link, type2.write(4, Uint8Array.of(3, 4, 0xd1, 1)));
    expect(await refused(link)).toMatchObject({ reason: "not-blank" });
    const other = new Type2Chip("NTAG216", UID);
    await personalise(chipInField(other), { ...ORDER, issuer: 2, master: testCardKey(2, 1) });
    expect(await refused(other)).toMatchObject({ reason: "not-blank" });
  });

  it("has pages that are locked, or a configuration that can never be changed", async () => {
    const locked = new Type2Chip("NTAG215", UID);
    sent(locked, type2.write(2, Uint8Array.of(0, 0, 0xff, 0xff)));
    expect(await refused(locked)).toMatchObject({ reason: "locked" });
    const closed = new Type2Chip("NTAG215", UID);
    sent(closed, type2.write(0x84, Uint8Array.of(0x40, 5, 0, 0)));
    expect(await refused(closed)).toMatchObject({ reason: "config-locked" });
    const limited = new Type2Chip("MF0UL21", UID);
    sent(limited, type2.write(0x26, Uint8Array.of(3, 5, 0, 0)));
    expect(await refused(limited)).toMatchObject({ reason: "config-locked" });
  });

  it("is no chip of ours, or has no areas for the order", async () => {
    const aes = new Type2Chip("NTAG213", UID, { version: Uint8Array.of(0, 4, 3, 1, 4, 0, 0x0f, 3) });
    expect(await refused(aes)).toMatchObject({ reason: "unknown-chip" });
    expect(await refused(new Type2Chip("MF0UL21", UID), { ...ORDER, areas: 3 })).toMatchObject({
      reason: "unknown-chip",
    });
  });

  it("has a counter that does not settle after a cut count", async () => {
    const chip = new Type2Chip("MF0UL21", UID, { counters: [0, 0, 3] });
    const field = chipInField(chip);
    const link: ChipLink = {
      uid: UID,
      async exchange(commands) {
        const { answers, end } = await field.exchange(commands);
        return { answers: answers.map((answer, i) => (commands[i]![0] === 0x3e ? Uint8Array.of(0) : answer)), end };
      },
    };
    expect(await personalise(link, ORDER)).toMatchObject({ reason: "counter-torn", touched: true });
  });

  it("was begun here once, and somebody has used it since", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    sent(chip, type2.write(0x20, Uint8Array.of(1, 2, 3, 4)));
    const made = await personalise(chipInField(chip), ORDER, cardNumber(1, 7));
    expect(made).toMatchObject({ reason: "not-blank", touched: false });
  });

  it("does not read back as it was written", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    const field = chipInField(chip);
    const link: ChipLink = {
      uid: UID,
      async exchange(commands) {
        const { answers, end } = await field.exchange(commands);
        const isReadBack = chip.dump()[4 * 4] === 0xfd && commands[0]![0] === 0x3a && commands[0]![1] === 4;
        return { answers: isReadBack ? answers.map((answer) => answer.with(9, answer[9]! ^ 1)) : answers, end };
      },
    };
    expect(await personalise(link, ORDER)).toMatchObject({ reason: "read-back-differs", touched: true });
  });
});

describe("a card presented again", () => {
  it("keeps its number, whatever number the order has, and gets what it lacks", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    await personalise(chipInField(chip), ORDER);
    const before = chip.dump();
    const again = await personalise(chipInField(chip), { ...ORDER, serial: 43 }, null, () => {
      throw new Error("a number was used");
    });
    expect(again).toMatchObject({ result: "personalised", card: NUMBER, before: true });
    expect(chip.dump()).toEqual(before);
  });

  it("is blank for another chip type's factory content only where that is all it holds", async () => {
    const chip = new Type2Chip("NTAG213", UID);
    expect(chip.dump().slice(16, 24)).toEqual(Uint8Array.from(FACTORY_CONTENT[0]!));
    expect(await personalise(chipInField(chip), ORDER)).toMatchObject({ result: "personalised" });
  });
});

it("chips of every family have a map for the usual order", async () => {
  for (const kind of [...CHIPS, "MF0UL11"] as Chip[]) {
    expect(await personalise(chipInField(new Type2Chip(kind, UID)), ORDER)).toMatchObject({ result: "personalised" });
  }
});
