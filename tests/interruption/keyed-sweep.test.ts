import type { ScreenName } from "@cachet/firmware/hal";
import { Mishaps, type Type2Chip } from "@cachet/terminal-sim";
import { beforeAll, describe, expect, it } from "vitest";
import { journalledAreas, shown } from "../fixtures/audit.ts";
import { CounterDesk } from "../fixtures/counter.ts";
import { card, fixtureFile, imageOf, sale, terminal, topUp } from "../fixtures/town.ts";
import { checkArea } from "./check-area.ts";
import { mishapsFor } from "./cuts.ts";

/**
 * Visits that are keyed in and ask in the middle, cut at every command of the card and every write of the flash, with a customer who comes back
 * and one who does not: while a question is open nothing is written; whatever happened is told, and happens once.
 */
const PURSE = 33;
/** Questions before which nothing may be on the card. */
const QUESTIONS: readonly ScreenName[] = [
  "useCagnotte",
  "reward",
  "collect",
  "paymentUnsure",
  "sameSale",
  "callOff",
  "presentCard",
];

/**
 * What a customer does whose card is asked for again: holds it once more, gives up, or lets the time pass and holds it once more after all:
 * staff answered that it goes on, or he did by holding it.
 */
const CUSTOMERS = ["returns", "leaves", "hesitates", "answers with the card"] as const;
type Customer = (typeof CUSTOMERS)[number];

interface Story {
  readonly name: string;
  /** Cents that customers hand over for a top-up. */
  readonly cash: number;
  readonly play: (desk: CounterDesk, chip: Type2Chip) => readonly (() => Promise<void>)[];
}

const STORIES: readonly Story[] = [
  {
    name: "the proposed maximum, a reward now, the rest by card",
    cash: 0,
    play: (desk, chip) => [
      () => desk.type(1_250),
      () => desk.press("cagnotte"),
      () => desk.hold(chip),
      () => desk.press("ok"),
      () => desk.press("ok"),
      () => desk.press("ok"),
    ],
  },
  {
    name: "a part of the cagnotte, the reward later, a payment that nobody is sure of",
    cash: 0,
    play: (desk, chip) => [
      () => desk.type(1_250),
      () => desk.press("cagnotte"),
      () => desk.hold(chip),
      () => desk.press("4", "0", "ok"),
      () => desk.press("2"),
      () => desk.press("4"),
      () => desk.press("1"),
    ],
  },
  {
    name: "a top-up that is paid before the tap",
    cash: 5_000,
    play: (desk, chip) => [
      () => desk.press("top-up"),
      () => desk.type(5_000),
      () => desk.press("ok"),
      () => desk.press("ok"),
      () => desk.hold(chip),
    ],
  },
  {
    name: "a sale that is collected at the terminal, the reward later",
    cash: 0,
    play: (desk, chip) => [
      () => desk.press("menu", "9", "4", "cancel", "1", "2", "5", "0"),
      () => desk.press("ok"),
      () => desk.hold(chip),
      () => desk.press("2"),
      () => desk.press("ok"),
    ],
  },
  {
    name: "the last visit cancelled",
    cash: 0,
    play: (desk, chip) => [() => desk.press("cancel-last", "ok"), () => desk.hold(chip)],
  },
];

let image: Uint8Array;
let before: { readonly chip: Type2Chip; readonly journal: Uint8Array; readonly origin: string };
beforeAll(async () => {
  image = await imageOf([fixtureFile("purse")]);
  const [shop, chip] = [await terminal(1, { programmes: [PURSE], image }), await card(1)];
  const origin = (await shown(chip, PURSE)).hash;
  for (let i = 0; i < 4; i += 1) await shop.visit(sale(1_000), chip);
  await shop.visit(topUp(1_000), chip);
  before = { chip, journal: await shop.journalBytes(), origin };
  shop.powerOff();
});

const begin = async () => ({
  desk: await CounterDesk.open({ programmes: [PURSE], image, files: { journal: before.journal } }),
  chip: before.chip.copy(),
});

/** Plays a story to its end, whatever comes between; says whether the power went. */
async function playOut(
  label: string,
  story: Story,
  desk: CounterDesk,
  chip: Type2Chip,
  customer: Customer,
): Promise<boolean> {
  const dump = chip.dump();
  const isAsked = () => {
    if (desk.screen.says !== "callOff") return false;
    expect(chip.dump(), `${label}: written before somebody called it off`).toEqual(dump);
    return true;
  };
  for (const step of story.play(desk, chip)) {
    await step();
    for (let waits = 0; waits < 3 && desk.terminal.isOn && desk.terminal.awaitsCard; waits += 1) {
      if (customer === "leaves") {
        await desk.press("cancel");
        if (isAsked()) await desk.press("ok");
      } else {
        if (customer !== "returns") await desk.wait(20);
        if (isAsked() && customer === "hesitates") await desk.press("2");
        if (desk.terminal.isOn && (desk.terminal.awaitsCard || isAsked())) await desk.hold(chip);
      }
    }
    if (!desk.terminal.isOn) return true;
    if (QUESTIONS.includes(desk.screen.says))
      expect(chip.dump(), `${label}: written at ${desk.screen.says}`).toEqual(dump);
    if (desk.screen.says === "inDoubt" || desk.isIdle) break;
  }
  return false;
}

describe.each(STORIES)("keyed in: $name", (story) => {
  it("whole, it ends with everything committed", async () => {
    const { desk, chip } = await begin();
    await playOut(story.name, story, desk, chip, "returns");
    expect(desk.reports, JSON.stringify(desk.screens.at(-1))).toMatchObject([{ result: "done" }]);
    desk.terminal.powerOff();
  });

  it("cut anywhere, it happens once or not at all", async () => {
    const whole = await begin();
    const seen = new Mishaps();
    whole.desk.interrupt(seen);
    await playOut(story.name, story, whole.desk, whole.chip, "returns");
    whole.desk.terminal.powerOff();
    expect(seen.seen.length).toBeGreaterThan(15);
    const cuts = seen.seen
      .flatMap((kind, operation) => mishapsFor(kind).map((mishap) => ({ operation, mishap })))
      .flatMap((cut) =>
        (cut.mishap.what === "card" ? CUSTOMERS : (["leaves"] as const)).map((customer) => ({ ...cut, customer })),
      );
    let timesAsked = 0;
    for (const { operation, mishap, customer } of cuts) {
      const label = `${story.name}, operation ${operation}, ${JSON.stringify(mishap)}, ${customer}`;
      const { desk, chip } = await begin();
      desk.interrupt(new Mishaps().at(operation, mishap));
      const wasCut = await playOut(label, story, desk, chip, customer);
      desk.interrupt(new Mishaps());
      const wasAsked = desk.screens.some(({ says }) => says === "callOff");
      if (wasAsked) timesAsked += 1;
      // Whoever goes on after the question has what he came for.
      if (wasAsked && customer !== "leaves") expect(desk.reports[0]?.result, label).toBe("done");
      if (wasAsked && customer === "leaves") expect(desk.reports[0]?.result, label).toBe("no-card");
      const look = async (settledFully: boolean) => {
        const journal = await desk.storage.file("journal").read();
        const areas = journalledAreas(new Map([[1, journal]]));
        return { areas, toppedUp: checkArea(label, await shown(chip, PURSE), before.origin, areas, settledFully) };
      };
      await look(false);
      if (wasCut) await desk.powerOn();
      await desk.take();
      for (let keys = 0; keys < 2 && !desk.isIdle; keys += 1) await desk.press("cancel");
      expect(desk.isIdle, `${label}: ${JSON.stringify(desk.screen)}`).toBe(true);
      const [told] = desk.reports;
      // The next sale of the same card decides what is open.
      await desk.wait(120);
      await desk.type(700);
      await desk.press("ok");
      await desk.hold(chip);
      if (desk.screen.says === "reward") await desk.press("2");
      if (desk.screen.says === "collect") await desk.press("ok");
      expect(desk.reports.at(-1), label).toMatchObject({ result: "done" });
      const { areas, toppedUp } = await look(true);
      const asked = areas.filter(({ body }) => body.sale.lines[0]?.amount === 1_250 && body.refund === undefined);
      const happened = asked.filter(({ outcome }) => outcome === "committed");
      expect(happened.length, label).toBeLessThanOrEqual(1);
      // Whoever was told that it is done, or not, was told what is so.
      if (told?.result === "done" && told.spentCents > 0) expect(happened.length, label).toBe(1);
      if (told?.result === "refused" || told?.result === "no-card") expect(happened.length, label).toBe(0);
      const given = desk.reports.reduce((sum, { giveBackCents }) => sum + giveBackCents, 0);
      // A terminal that stopped before it stored anything has nothing to say of the cash: staff see that nothing was done.
      const isKnown = areas.some(({ body }) => body.topUp === story.cash) || !wasCut;
      if (story.cash > 0 && isKnown) expect(toppedUp - 1_000 + given, `${label}: cash`).toBe(story.cash);
      desk.terminal.powerOff();
    }
    expect(cuts.length).toBeGreaterThan(200);
    expect(timesAsked).toBeGreaterThan(20);
  }, 1_200_000);
});
