import { describe, expect, it } from "vitest";
import {
  BAKERY,
  buy,
  close,
  fixtureFile,
  give,
  imageOf,
  lateSale,
  paper,
  receive,
  refund,
  sale,
  TOWN,
  topUp,
} from "../fixtures/town.ts";
import { type Scenario, type Setting, sweepAll } from "./sweep.ts";

/**
 * The visits that are no plain sale, top-up or refund, cut as in `visit-sweep.test.ts`: purchases, transfers, closings, what is
 * cancelled, what is added afterwards, and a refund by the code of another terminal's receipt.
 */
const MEMBERS = 36;
const members: Setting = {
  card: { chip: "NTAG216", areas: 1 },
  terminals: { programmes: [MEMBERS], image: await imageOf([fixtureFile("members")]) },
  programmes: [MEMBERS],
  writesAll: () => sale(1_000),
};
const town: Setting = { card: {}, terminals: {}, programmes: [BAKERY, TOWN], writesAll: () => sale(1_000) };

const SCENARIOS: readonly (readonly [Setting, Scenario])[] = [
  [
    members,
    {
      name: "a pack of units",
      before: [() => sale(700)],
      visit: () => buy(10_000, MEMBERS, "seances", 2),
      opens: false,
    },
  ],
  [
    members,
    { name: "a membership", before: [() => sale(700)], visit: () => buy(3_000, MEMBERS, "club"), opens: false },
  ],
  [
    members,
    {
      name: "units used, and nothing else",
      before: [() => buy(10_000, MEMBERS, "seances", 2)],
      visit: () => ({ ...sale(0), lines: [], use: 3 }),
      opens: false,
    },
  ],
  [
    members,
    {
      name: "a top-up cancelled",
      before: [() => sale(2_000), () => topUp(4_000)],
      visit: () => refund("last"),
      opens: false,
    },
  ],
  [
    members,
    {
      name: "a pack cancelled",
      before: [() => buy(10_000, MEMBERS, "seances", 2)],
      visit: (ticket) => refund(ticket),
      opens: false,
    },
  ],
  [
    members,
    { name: "points given", before: [() => sale(9_900)], visit: () => give(MEMBERS, "points", 60), opens: false },
  ],
  [
    members,
    {
      name: "points given, and taken back",
      before: [() => sale(9_900), () => give(MEMBERS, "points", 60)],
      visit: (ticket) => receive(ticket),
      opens: false,
    },
  ],
  [
    members,
    {
      name: "an account closed",
      before: [() => topUp(4_000), () => buy(1_200, MEMBERS, "seances", 1), () => sale(2_500)],
      visit: () => close(MEMBERS),
      opens: false,
    },
  ],
  [
    members,
    { name: "a paper card", before: [() => topUp(4_000)], visit: () => paper(MEMBERS, "passages", 4), opens: false },
  ],
  [
    members,
    { name: "a paper card on a new card", before: [], visit: () => paper(MEMBERS, "passages", 4), opens: true },
  ],
  [
    members,
    {
      name: "a paper card cancelled",
      before: [() => paper(MEMBERS, "passages", 4)],
      visit: () => refund("last"),
      opens: false,
    },
  ],
  [
    members,
    {
      name: "a sale added afterwards",
      before: [() => sale(2_000)],
      visit: () => lateSale(3_300, "A-17"),
      opens: false,
    },
  ],
  [
    town,
    {
      name: "a refund in two areas by another terminal's receipt",
      before: [() => sale(20_000), () => sale(1_800, 700)],
      visit: (_ticket, code) => refund({ code }),
      soldAt: 3,
      opens: false,
    },
  ],
];

/** Every third cut: how a record gets onto a card is the same for every kind of visit, and is cut everywhere in `visit-sweep.test.ts`. */
const EVERY = process.env.CACHET_SOAK === "1" ? 1 : 3;

describe("every other kind of visit, cut anywhere, leaves a valid card, loses no cent and doubles none", () => {
  it.each(SCENARIOS.map(([setting, scenario]) => ({ name: scenario.name, setting, scenario })))(
    "$name",
    async ({ setting, scenario }) => {
      const { operations, cuts } = await sweepAll(setting, scenario, {}, EVERY);
      expect(operations.filter((kind) => kind === "journal-append").length).toBe(1 + setting.programmes.length);
      expect(cuts).toBeGreaterThan(EVERY === 1 ? 600 : 200);
    },
  );
});
