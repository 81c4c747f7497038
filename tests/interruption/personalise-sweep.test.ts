import { type Chip, cardNumber } from "@cachet/card-layout";
import { chipInField, type Mishap, Mishaps, type OperationKind, TORN_PAGES, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import type { CardOrder } from "../../host/src/cards/new-card.ts";
import { personalise } from "../../host/src/cards/personalise.ts";
import { readCard } from "../../host/src/cards/read.ts";
import { testAreaKey, testCardKey } from "../../host/src/keys/test-keys.ts";
import { fixtureFile, imageOf, sale, terminal } from "../fixtures/town.ts";

/**
 * Personalisation, cut at every command. Whatever is left, the card is valid, or blank and takes a new number, or counts as
 * scrap; a number that was begun is never on two cards.
 */
const KEYS = { card: testCardKey, area: testAreaKey };
const UID = Uint8Array.of(4, 9, 8, 7, 6, 5, 4);
const order = (serial: number, over: Partial<CardOrder>): CardOrder => ({
  issuer: 1,
  serial,
  issued: 9_000,
  master: testCardKey(1, 1),
  generation: 1,
  ...over,
});

interface Case {
  readonly name: string;
  readonly chip: Chip;
  readonly over: Partial<CardOrder>;
  readonly counters?: readonly number[];
}
const CASES: readonly Case[] = [
  { name: "NTAG213 with two areas", chip: "NTAG213", over: {} },
  { name: "NTAG213 with a web address", chip: "NTAG213", over: { url: "https://c.example/{card}" } },
  { name: "NTAG215", chip: "NTAG215", over: {} },
  { name: "NTAG216", chip: "NTAG216", over: {} },
  { name: "MF0UL21, odd counter", chip: "MF0UL21", over: {}, counters: [0, 0, 7] },
  { name: "MF0UL21, two areas, odd counters", chip: "MF0UL21", over: { areas: 2 }, counters: [0, 3, 5] },
  { name: "MF0UL11", chip: "MF0UL11", over: {} },
];

function mishapsFor(kind: OperationKind): Mishap[] {
  const inside = TORN_PAGES.map((page): Mishap => ({ what: "card", when: "inside", torn: { page, part: 0 } }));
  const outside: Mishap[] = [
    { what: "card", when: "before" },
    { what: "card", when: "after" },
  ];
  return kind === "card-read" ? outside : [...outside, ...inside];
}

const newChip = ({ chip, counters }: Case) => new Type2Chip(chip, UID, counters === undefined ? {} : { counters });

async function numberOn(chip: Type2Chip): Promise<number | null> {
  const reading = await readCard(chipInField(chip), KEYS);
  if (reading.result !== "read") return null;
  const { identity } = reading.card;
  return identity.kind === "record" && identity.seal === "right" ? identity.identity.card : null;
}

/** Personalises once more after a cut, as the run does when the same chip comes again. */
async function presentAgain(chip: Type2Chip, item: Case, begun: number | null) {
  return personalise(chipInField(chip), order(2, item.over), begun);
}

describe("personalisation cut anywhere", () => {
  it.each(CASES)("$name", async (item) => {
    const whole = new Mishaps();
    const first = await personalise(
      chipInField(newChip(item), () => whole),
      order(1, item.over),
    );
    expect(first).toMatchObject({ result: "personalised" });
    const byUid = item.chip === "MF0UL11";
    const counts = { cuts: 0, valid: 0, blank: 0, scrap: 0 };
    for (const [operation, kind] of whole.seen.entries()) {
      for (const mishap of mishapsFor(kind)) {
        const label = `${item.name}, operation ${operation}, ${JSON.stringify(mishap)}`;
        const chip = newChip(item);
        const mishaps = new Mishaps().at(operation, mishap);
        let begun: number | null = null;
        const cut = await personalise(
          chipInField(chip, () => mishaps),
          order(1, item.over),
          null,
          (number) => {
            begun = number;
          },
        );
        counts.cuts += 1;
        const left = await numberOn(chip);
        // Whatever is on the card was counted before it was written.
        if (left !== null) expect(left, label).toBe(begun);
        if (cut.result === "personalised") expect(byUid || left === cut.card, label).toBe(true);
        const again = await presentAgain(chip, item, begun);
        if (again.result === "refused") {
          counts.scrap += 1;
          expect(cut, label).toMatchObject({ result: "refused", touched: true });
          expect(["config-locked", "counter-torn", "not-blank", "locked"], label).toContain(again.reason);
          continue;
        }
        // A card that was valid keeps its number; one that was blank, or flickered, has the new one, and the old is burnt.
        if (again.before) {
          expect(again.card, label).toBe(begun);
          counts.valid += 1;
        } else {
          if (left !== null) expect(mishap.torn?.page, label).toBe("weak");
          if (!byUid) expect(again.card, label).toBe(cardNumber(1, 2));
          counts.blank += 1;
        }
        for (let reading = 0; reading < 3; reading += 1) {
          if (!byUid) expect(await numberOn(chip), `${label}, read once more`).toBe(again.card);
        }
        // Finished now: presented once more, nothing is left to do.
        const finished = chip.dump();
        expect(await presentAgain(chip, item, null), label).toMatchObject({ result: "personalised" });
        expect(chip.dump(), label).toEqual(finished);
      }
    }
    console.log(
      `${item.name}: ${counts.cuts} cuts: ${counts.valid} valid, ${counts.blank} blank and taken again, ${counts.scrap} scrap`,
    );
    expect(counts.cuts).toBeGreaterThan(20);
    if (!byUid) expect(counts.valid).toBeGreaterThan(10);
    expect(counts.blank).toBeGreaterThan(10);
    expect(counts.scrap, "most cuts cost no card").toBeLessThan(counts.cuts / 10);
  });

  it("every card that came out valid is taken by a terminal", async () => {
    for (const item of CASES) {
      const shop = await terminal(1, { programmes: [31], image: await imageOf([fixtureFile("stamps-shop")]) });
      const chip = newChip(item);
      await personalise(chipInField(chip), order(1, item.over));
      expect(await shop.visit(sale(500), chip), item.name).toMatchObject({ result: "done" });
      expect(await shop.visit(sale(500), chip), item.name).toMatchObject({ result: "done" });
    }
  });
});
