import { fromHex, pursesSize, type2 } from "@cachet/card-layout";
import type { Credit } from "@cachet/firmware/wire";
import { loadQuickJs, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import type { ShownArea } from "../fixtures/audit.ts";
import { cagnotte, HandList, numbered } from "../fixtures/credit-list.ts";
import { fixtureFile, imageOf, sale, settle, type TerminalOptions, TOWN, topUp } from "../fixtures/town.ts";
import { type Scenario, type Setting, sweepAll } from "./sweep.ts";

/**
 * Visits that apply the office's credits, cut before, inside and after every card command, count and journal append; both
 * terminals hold the same list. No cent is lost or created, and every credit is applied exactly once.
 */
const PURSE = 33;

const ADDS: readonly Credit[] = [
  cagnotte(500),
  { kind: "void" },
  {
    kind: "add",
    label: "Anniversaire",
    amounts: [
      { purse: "prepaid", index: 0, value: 1_000 },
      { purse: "stamps", index: 0, value: 2 },
    ],
    funder: "sponsor",
  },
];
const list = new HandList(numbered(PURSE, ADDS));

const settingOf = async (chip: "NTAG215" | "MF0UL21"): Promise<Setting> => ({
  card: { chip },
  terminals: { programmes: [PURSE], image: await imageOf([fixtureFile("purse")]) },
  programmes: [PURSE],
  writesAll: () => sale(1_000),
});
const withList = (): TerminalOptions => ({ lists: list });

const credits = (chip: string): readonly Scenario[] => [
  {
    name: `${chip}: sale that spends what credits add`,
    before: [() => sale(2_000)],
    visit: () => sale(1_800, 400),
    opens: false,
    prepare: withList,
    lastCredit: 3,
  },
  {
    name: `${chip}: tap that only asks`,
    before: [() => sale(2_000)],
    visit: settle,
    opens: false,
    prepare: withList,
    lastCredit: 3,
  },
  {
    name: `${chip}: first top-up of a card with credits`,
    before: [],
    visit: () => topUp(5_000),
    opens: true,
    prepare: withList,
    lastCredit: 3,
  },
];

/** Generation 1 was stolen; the card is genuine by the office's books. */
const adoption = (chip: string): Scenario => ({
  name: `${chip}: adopted record, a credit behind it, and a sale`,
  before: [() => sale(20_000), () => topUp(2_000)],
  visit: () => sale(900, 300),
  opens: false,
  prepare: (_, area) => ({
    generation: 2,
    lists: new HandList(numbered(PURSE, [cagnotte(100), { kind: "adopt", state: fromHex(area.hash) }, cagnotte(70)]), [
      { programme: PURSE, generation: 1 },
    ]),
  }),
  lastCredit: 3,
});

const increment = (chip: Type2Chip, by: number) => {
  chip.select();
  expect(chip.execute(type2.incrementCounter(2, by))).not.toBe("nak");
};
/** Both slots of the only area lose a page. */
const spoil = (chip: Type2Chip, pages: readonly number[]) => {
  const dump = chip.dump();
  for (const page of pages) dump[page * 4] = dump[page * 4]! ^ 0x55;
  chip.restore(dump);
};

function restoreOf(programme: number, { reading, hash }: ShownArea, purses: Uint8Array, counter?: number): HandList {
  if (reading.kind !== "current") throw new Error("nothing to restore");
  const restore: Credit = {
    kind: "restore",
    terminal: 1,
    area: 0,
    state: fromHex(hash),
    sequence: reading.state.sequence,
    purses,
    ...(counter === undefined ? {} : { counter }),
  };
  return new HandList(numbered(programme, [cagnotte(9_999), restore, cagnotte(60)]));
}

/** The purses of a record, without the padding. */
function pursesOf({ reading }: ShownArea): Uint8Array {
  if (reading.kind !== "current") throw new Error("no record");
  return reading.sealed.slice(17, 17 + pursesSize(reading.state.purses.map(({ kind }) => kind)));
}

const restoring = (by: number): Scenario => ({
  name: `MF0UL21: restored after somebody counted up by ${by}`,
  before: [() => sale(20_000), () => topUp(2_000)],
  visit: () => sale(900, 300),
  opens: false,
  unreadable: true,
  prepare: (chip, area) => {
    increment(chip, by);
    return { lists: restoreOf(PURSE, area, pursesOf(area), chip.counter(2)) };
  },
  lastCredit: 3,
});

const town: Setting = {
  card: { chip: "NTAG213" },
  terminals: { merchant: 2 },
  programmes: [TOWN],
  writesAll: () => sale(1_000),
};
const restoringNtag: Scenario = {
  name: "NTAG213: restored after both records were damaged",
  before: [() => sale(20_000), () => sale(400)],
  visit: () => sale(900, 300),
  opens: false,
  unreadable: true,
  prepare: (chip, area) => {
    spoil(chip, [0x0c, 0x14]);
    return { lists: restoreOf(TOWN, area, pursesOf(area)) };
  },
  lastCredit: 3,
};

/** Each operation and way of cutting it is met in any case; all that may follow, in a soak. */
const SOME = process.env.CACHET_SOAK === "1" ? 1 : 3;

describe("a visit that applies credits, cut anywhere, applies each exactly once", () => {
  const adding = (["NTAG215", "MF0UL21"] as const).flatMap((chip) =>
    credits(chip).map((scenario, i) => ({ name: scenario.name, chip, scenario, every: i === 0 ? 1 : SOME })),
  );
  it.each(adding)(
    "$name",
    async ({ chip, scenario, every }) => {
      expect((await sweepAll(await settingOf(chip), scenario, {}, every)).cuts).toBeGreaterThan(300);
    },
    600_000,
  );

  it.each(["NTAG215", "MF0UL21"] as const)(
    "adopts a record of a revoked generation on an %s",
    async (chip) => {
      const setting = await settingOf(chip);
      expect((await sweepAll(setting, adoption(chip))).cuts).toBeGreaterThan(300);
    },
    600_000,
  );

  it.each([2, 3])(
    "restores a card that was counted up by %i",
    async (by) => {
      expect((await sweepAll(await settingOf("MF0UL21"), restoring(by), {}, SOME)).cuts).toBeGreaterThan(600);
    },
    600_000,
  );

  it("the same in QuickJS: every 397th cut, every one in a soak", async () => {
    const every = SOME === 1 ? 1 : 397;
    const newSandbox = await loadQuickJs();
    const setting = await settingOf("MF0UL21");
    for (const scenario of [...credits("MF0UL21"), adoption("MF0UL21"), restoring(3)]) {
      await sweepAll(setting, scenario, { newSandbox }, every);
    }
  }, 3_600_000);

  it("restores a card without a counter whose records are damaged", async () => {
    expect((await sweepAll(town, restoringNtag, {}, SOME)).cuts).toBeGreaterThan(500);
  }, 600_000);
});
