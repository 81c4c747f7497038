import { receiptText } from "@cachet/firmware/counter";
import type { Key, Screen } from "@cachet/firmware/hal";
import type { Type2Chip } from "@cachet/terminal-sim";
import { beforeAll, describe, expect, it } from "vitest";
import { entriesOf } from "../fixtures/audit.ts";
import { CounterDesk } from "../fixtures/counter.ts";
import { card, fixtureFile, imageOf, sale, terminal } from "../fixtures/town.ts";

/** Prepaid money, a cagnotte of 5 % and a grid of five. */
const PURSE = 33;
let image: Uint8Array;
beforeAll(async () => {
  image = await imageOf([fixtureFile("purse")]);
});
const open = () => CounterDesk.open({ programmes: [PURSE], image });

/** A card with so many sales of 10,00 on it. */
async function cardWith(sales: number): Promise<Type2Chip> {
  const [shop, chip] = [await terminal(2, { programmes: [PURSE], image }), await card(1)];
  for (let i = 0; i < sales; i += 1) await shop.visit(sale(1_000), chip);
  shop.powerOff();
  return chip;
}

const reasons = async (desk: CounterDesk) =>
  entriesOf(await desk.storage.file("journal").read()).flatMap((entry) =>
    entry.kind === "refusal" ? [entry.body] : [],
  );
const intents = async (desk: CounterDesk) =>
  entriesOf(await desk.storage.file("journal").read()).filter(({ kind }) => kind === "intent");

/** Keys that are pressed beside the digits of amounts and tickets, which are as many as the number has. */
async function pressed(desk: CounterDesk, story: (press: CounterDesk["press"]) => Promise<void>): Promise<number> {
  let count = 0;
  await story(async (...keys: readonly Key[]) => {
    count += keys.length;
    await desk.press(...keys);
  });
  return count;
}

describe("keys at the counter, digits of amounts and tickets left out", () => {
  it("a normal sale takes one: the green one", async () => {
    const desk = await open();
    const keys = await pressed(desk, async (press) => {
      await desk.type(1_250);
      expect(desk.screen).toMatchObject({ says: "saleAmount", typed: "1250" });
      await press("ok");
      expect(desk.screen).toMatchObject({ says: "presentCard", cents: 1_250 });
      await desk.tap(await card(1));
    });
    expect(desk.reports).toMatchObject([{ result: "done", earnedCents: 62, payable: 1_250 }]);
    expect(desk.screen).toMatchObject({ says: "saleDone", earned: 62, held: [{ cents: 62 }, { stamps: 1, grid: 5 }] });
    expect(desk.terminal.counter.receipts).toHaveLength(1);
    expect(keys).toBe(1);
  });

  it("the proposed maximum of the cagnotte takes three, with the payment of the rest", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    const keys = await pressed(desk, async (press) => {
      await desk.type(1_250);
      await press("cagnotte");
      await desk.hold(chip);
      expect(desk.screen).toMatchObject({ says: "useCagnotte", most: 100, balance: 100 });
      await press("ok");
      expect(desk.screen).toMatchObject({ says: "collect", cents: 1_150 });
      expect(await intents(desk)).toEqual([]);
      await press("ok");
    });
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 100, payable: 1_150 }]);
    expect(desk.screen).toMatchObject({ says: "saleDone", spent: 100 });
    expect(keys).toBe(3);
  });

  it("a top-up takes three: RECHARGE, the amount, the payment", async () => {
    const [desk, chip] = [await open(), await card(1)];
    const keys = await pressed(desk, async (press) => {
      await press("top-up");
      await desk.type(5_000);
      await press("ok");
      expect(desk.screen).toMatchObject({ says: "collect", cents: 5_000 });
      await press("ok");
      await desk.tap(chip);
    });
    expect(desk.reports).toMatchObject([{ result: "done", toppedUpCents: 5_000 }]);
    expect(desk.screen).toMatchObject({ says: "topUpDone", cents: 5_000, held: [{ cents: 5_000 }] });
    expect(keys).toBe(3);
  });

  it("a refund takes two by its number, and none by its code", async () => {
    const [desk, chip] = [await open(), await card(1)];
    const sell = async () => {
      await desk.type(1_250);
      await desk.press("ok");
      await desk.tap(chip);
    };
    await sell();
    const ticket = desk.reports.at(-1)!.ticket!;
    const keys = await pressed(desk, async (press) => {
      await press("refund");
      await desk.type(ticket);
      await press("ok");
      await desk.tap(chip);
    });
    expect(keys).toBe(2);
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", payOutCents: 1_250 });
    expect(desk.screen).toMatchObject({ says: "refundDone", cents: 1_250, onCard: 0 });
    await desk.wait(120);
    await sell();
    const code = desk.terminal.counter.receipts.at(-1)!.find(({ line }) => line === "code");
    await desk.scan(code?.line === "code" ? code.text : "");
    expect(desk.screen).toMatchObject({ says: "presentCard" });
    await desk.tap(chip);
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", payOutCents: 1_250 });
  });
});

describe("questions between the reading of the card and the first write", () => {
  it("a typed part of the cagnotte is taken, more than there is never", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    await desk.press("cagnotte");
    await desk.type(1_250);
    await desk.press("ok");
    await desk.hold(chip);
    await desk.press("1", "0", "1");
    expect(desk.screen).toMatchObject({ says: "useCagnotte", typed: "10", fault: "too-much" });
    await desk.press("correct", "correct", "4", "0", "ok");
    expect(desk.screen).toMatchObject({ says: "collect", cents: 1_210 });
    await desk.press("down", "ok");
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 40, payable: 1_210 }]);
  });

  it("a reward is given now, or kept for later", async () => {
    for (const [key, kept] of [
      ["ok", false],
      ["2", true],
    ] as const) {
      const [desk, chip] = [await open(), await cardWith(4)];
      await desk.type(1_000);
      await desk.press("ok");
      await desk.hold(chip);
      expect(desk.screen).toMatchObject({ says: "reward", label: "Cadeau" });
      await desk.press(key);
      expect(desk.reports).toMatchObject([{ result: "done" }]);
      const rewarded = (await intents(desk)).some(
        (entry) =>
          entry.kind === "intent" && entry.body.areas.some((area) => area.effects.some((e) => e.type === "reward")),
      );
      expect(rewarded, key).toBe(!kept);
    }
  });

  it("payment refused: nothing was debited, and no intent was stored", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    const before = chip.dump();
    await desk.type(1_250);
    await desk.press("cagnotte");
    await desk.hold(chip);
    await desk.press("ok", "3");
    expect(desk.screen).toEqual({ says: "notPaid", due: 1_250 });
    expect(desk.reports).toMatchObject([{ result: "refused", reason: "CALLED_OFF", spentCents: 0 }]);
    expect(chip.dump()).toEqual(before);
    expect(await intents(desk)).toEqual([]);
  });

  it("an answer of the bank that is lost is asked about, and the answer journalled", async () => {
    for (const [answer, result, reason] of [
      ["1", "done", "UNSURE_PAID"],
      ["2", "refused", "UNSURE_UNPAID"],
    ] as const) {
      const [desk, chip] = [await open(), await cardWith(2)];
      await desk.type(1_250);
      await desk.press("cagnotte");
      await desk.hold(chip);
      await desk.press("ok", "4");
      expect(desk.screen).toMatchObject({ says: "paymentUnsure", cents: 1_150 });
      await desk.press(answer);
      expect(desk.reports).toMatchObject([{ result }]);
      expect(await reasons(desk)).toContainEqual(expect.objectContaining({ reason, cents: 1_150 }));
    }
  });

  it("a card that left meanwhile is asked for again, and another one sent away; the answers hold", async () => {
    const [desk, chip, other] = [await open(), await cardWith(2), await card(2)];
    await desk.type(1_250);
    await desk.press("cagnotte");
    await desk.tap(chip);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "presentAgain" });
    await desk.hold(other);
    expect(desk.screen).toMatchObject({ says: "otherCard" });
    await desk.tap(chip);
    expect(desk.screen).toMatchObject({ says: "collect", cents: 1_150 });
    await desk.press("ok");
    await desk.tap(chip);
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 100 }]);
  });

  it("a card that spent elsewhere meanwhile is asked about anew: what was decided was another proposal", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    await desk.type(1_250);
    await desk.press("cagnotte");
    await desk.tap(chip);
    const elsewhere = await terminal(2, { programmes: [PURSE], image });
    expect(await elsewhere.visit(sale(300, 60), chip)).toMatchObject({ spentCents: 60 });
    await desk.press("ok");
    await desk.hold(chip);
    expect(desk.screen).toMatchObject({ says: "useCagnotte", most: 52 });
    await desk.press("ok", "ok");
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 52, payable: 1_198 }]);
  });

  it("the same sale on the same card within a minute is asked about", async () => {
    const [desk, chip] = [await open(), await card(1)];
    const sell = async () => {
      await desk.type(1_000);
      await desk.press("ok");
      await desk.tap(chip);
    };
    await sell();
    await sell();
    expect(desk.screen).toMatchObject({ says: "sameSale", minute: 720 });
    await desk.press("2");
    expect(await intents(desk)).toHaveLength(1);
    await sell();
    await desk.press("ok");
    await desk.hold(chip);
    expect(await intents(desk)).toHaveLength(2);
    await desk.wait(60);
    await sell();
    expect(await intents(desk)).toHaveLength(3);
  });
});

describe("a terminal that collects every sale", () => {
  it("asks for the whole amount before anything is written, and for nothing where nothing is due", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    await desk.press("menu", "9", "4", "cancel");
    const before = chip.dump();
    await desk.type(1_250);
    await desk.press("ok");
    await desk.hold(chip);
    expect(desk.screen).toMatchObject({ says: "collect", cents: 1_250 });
    expect(chip.dump()).toEqual(before);
    expect(await intents(desk)).toEqual([]);
    await desk.press("3");
    expect(desk.screen).toEqual({ says: "notPaid", due: 1_250 });
    expect(chip.dump()).toEqual(before);
    await desk.take();
    await desk.type(1_250);
    await desk.press("ok");
    await desk.hold(chip);
    await desk.press("ok");
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", payable: 1_250, earnedCents: 62 });
    await desk.take();
    await desk.type(100);
    await desk.press("cagnotte");
    await desk.hold(chip);
    await desk.press("ok");
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", payable: 0, spentCents: 100 });
  });

  it("asks for an account without a chip too", async () => {
    const desk = await open();
    await desk.press("menu", "9", "4", "cancel");
    desk.terminal.counter.swipe({ kind: "account", number: 2_800_010_000_421 });
    await desk.settle();
    await desk.press("ok");
    await desk.type(800);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "collect", cents: 800 });
    await desk.press("ok");
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", payable: 800 });
  });
});

describe("what goes wrong at the counter", () => {
  it("amounts: none, too large, keys in any order", async () => {
    const desk = await open();
    await desk.press("0", "00", "ok");
    expect(desk.screen).toMatchObject({ says: "saleAmount", typed: "", fault: "nothing" });
    await desk.type(99_999_99);
    await desk.press("9");
    expect(desk.screen).toMatchObject({ typed: "9999999", fault: "too-much" });
    await desk.press("up", "menu", "refund", "history", "correct", "no-card");
    expect(desk.screen).toMatchObject({ says: "saleAmount", typed: "999999" });
    await desk.press("cancel");
    expect(desk.screen).toEqual({ says: "ready" });
    expect(desk.isIdle).toBe(true);
  });

  it("a card in the middle of typing waits for its turn", async () => {
    const [desk, chip] = [await open(), await card(1)];
    await desk.press("1");
    await desk.hold(chip);
    await desk.press("2", "00");
    expect(desk.screen).toMatchObject({ says: "saleAmount", typed: "1200" });
    await desk.press("ok");
    expect(desk.reports).toMatchObject([{ result: "done" }]);
  });

  it("keys that were pressed before a question was on the screen do not answer it", async () => {
    const [desk, chip] = [await open(), await cardWith(4)];
    await desk.type(1_000);
    await desk.press("ok");
    desk.terminal.hold(chip);
    desk.terminal.counter.press("ok");
    desk.terminal.counter.press("ok");
    await desk.settle();
    expect(desk.screen).toMatchObject({ says: "reward" });
  });

  it("nobody taps after a top-up was paid: the money goes back", async () => {
    const desk = await open();
    await desk.press("top-up");
    await desk.type(5_000);
    await desk.press("ok", "ok", "cancel");
    expect(desk.screen).toEqual({ says: "giveBack", cents: 5_000 });
    expect(desk.isIdle).toBe(true);
  });

  it("a till that asks in the middle of typing has its turn; money that was taken comes first", async () => {
    const [desk, chip] = [await open(), await card(1)];
    await desk.press("1");
    const asked = desk.terminal.visit(sale(900), chip);
    expect(await asked).toMatchObject({ result: "done", payable: 900 });
    await desk.press("top-up");
    await desk.type(5_000);
    await desk.press("ok", "ok");
    void desk.terminal.counter.ask(sale(800));
    await desk.settle();
    expect(desk.screen).toMatchObject({ says: "presentCard", cents: 5_000 });
    await desk.hold(chip);
    expect(desk.reports.map(({ toppedUpCents }) => toppedUpCents)).toContain(5_000);
  });

  it("no paper: the visit stands, and its ticket can be printed later", async () => {
    const [desk, chip] = [await open(), await card(1)];
    desk.terminal.hasPaper = false;
    await desk.type(1_250);
    await desk.press("ok");
    await desk.tap(chip);
    // What its QR code says is there, for displays that can draw it.
    expect(desk.screen).toEqual({ says: "noPaper", code: expect.stringMatching(/^[A-Z2-7]+$/) });
    expect(desk.reports).toMatchObject([{ result: "done" }]);
    await desk.press("print");
    expect(desk.screen).toMatchObject({ says: "noPaper" });
    desk.terminal.hasPaper = true;
    await desk.press("print");
    expect(desk.terminal.counter.receipts).toHaveLength(1);
    expect(desk.terminal.counter.receipts[0]).toContainEqual({ line: "title", text: "DUPLICATA" });
  });

  it("a bank card and a stripe that cannot be read are told, and nothing else", async () => {
    const desk = await open();
    const swiped = async (swipe: Parameters<typeof desk.terminal.counter.swipe>[0]) => {
      desk.terminal.counter.swipe(swipe);
      await desk.settle();
      return desk.screen;
    };
    expect(await swiped({ kind: "bank-card" })).toEqual({ says: "bankCard" });
    expect(await swiped({ kind: "unreadable", why: "damaged" })).toEqual({ says: "unreadable" });
    expect(desk.isIdle).toBe(true);
    expect(await swiped({ kind: "account", number: 2_800_010_000_421 })).toMatchObject({
      says: "phoneCard",
      card: 2_800_010_000_421,
    });
    await desk.press("2");
    expect(desk.screen).toEqual({ says: "ready" });
    await desk.press("no-card", "0", "6", "1", "2", "3", "ok");
    expect(desk.screen).toMatchObject({ says: "phone", typed: "06123", fault: "too-short" });
    await desk.press("4", "5", "6", "7", "8", "ok");
    expect(desk.screen).toEqual({ says: "phoneUnknown" });
    // Nobody tries out a range of numbers: after ten none is looked up for ten minutes.
    const lookUp = async () => {
      await desk.press("no-card");
      for (const digit of "0612345678") await desk.press(digit as Key);
      await desk.press("ok");
    };
    for (let tries = 2; tries <= 10; tries += 1) await lookUp();
    expect(desk.screen).toEqual({ says: "phoneUnknown" });
    await lookUp();
    expect(desk.screen).toEqual({ says: "phoneWait" });
    await desk.wait(600);
    await lookUp();
    expect(desk.screen).toEqual({ says: "phoneUnknown" });
  });

  it("an account without a chip is served by its stripe: who, how much, done, with no card and one entry", async () => {
    const desk = await open();
    desk.terminal.counter.swipe({ kind: "account", number: 2_800_010_000_421 });
    await desk.settle();
    await desk.press("ok");
    await desk.type(1_250);
    await desk.press("ok");
    expect(desk.reports).toMatchObject([{ result: "done", card: 2_800_010_000_421, earnedCents: 62, payable: 1_250 }]);
    expect(desk.screen).toMatchObject({ says: "saleDone", card: 2_800_010_000_421, earned: 62 });
    expect((await intents(desk)).length).toBe(0);
    const entries = entriesOf(await desk.storage.file("journal").read());
    expect(entries.at(-1)).toMatchObject({ kind: "account", body: { account: 2_800_010_000_421 } });
    expect(desk.terminal.counter.receipts).toHaveLength(1);
  });

  it("garbage from a scanner is refused in words", async () => {
    const [desk, chip] = [await open(), await card(1)];
    await desk.scan("\u0000ÿ?? 12");
    await desk.tap(chip);
    expect(desk.screen).toMatchObject({ says: "refused", reason: "BAD_CODE" });
    expect(desk.isIdle).toBe(true);
  });

  it("a clock that is set, or changes its hour, in the middle of a sale", async () => {
    const [desk, chip] = [await open(), await card(1)];
    await desk.type(1_250);
    await desk.press("ok");
    desk.clock.set(desk.now - 3_600);
    await desk.tap(chip);
    expect(desk.reports).toMatchObject([{ result: "done" }]);
  });
});

describe("the rest of the day", () => {
  it("a card alone shows what it holds; IMPRIMER prints it, any other key goes on", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    await desk.tap(chip);
    expect(desk.screen).toMatchObject({ says: "balance", held: [{ cents: 100 }, { stamps: 2, grid: 5 }] });
    expect(desk.terminal.counter.receipts).toHaveLength(0);
    await desk.press("print");
    expect(desk.terminal.counter.receipts).toHaveLength(1);
    await desk.tap(chip);
    await desk.press("7");
    expect(desk.screen).toMatchObject({ says: "saleAmount", typed: "7" });
  });

  it("the last visit is cancelled whole, with the same card", async () => {
    const [desk, chip] = [await open(), await card(1)];
    await desk.type(1_250);
    await desk.press("ok");
    await desk.tap(chip);
    await desk.press("cancel-last", "ok");
    await desk.tap(chip);
    expect(desk.screen).toMatchObject({ says: "refundDone", cents: 1_250 });
  });

  it("lines of a ticket are chosen where there are several", async () => {
    const [desk, chip] = [await open(), await card(1)];
    const two = { ...sale(0), lines: [480, 120, 95].map((amount) => ({ amount, quantity: 1 })) };
    const report = await desk.terminal.visit(two, chip);
    const ticket = "ticket" in report ? report.ticket! : 0;
    await desk.press("refund");
    await desk.type(ticket);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({
      says: "refundLines",
      choices: ["whole", { line: 1, cents: 480 }, { line: 2, cents: 120 }, { line: 3, cents: 95 }],
    });
    await desk.press("4", "2", "3");
    expect(desk.screen).toMatchObject({ choices: ["these", { chosen: true }, { chosen: true }, { chosen: true }] });
    // Chosen once more, it is left again.
    await desk.press("2");
    expect(desk.screen).toMatchObject({
      choices: ["these", { line: 1, cents: 480 }, { chosen: true }, { chosen: true }],
    });
    await desk.press("ok");
    await desk.tap(chip);
    expect(desk.screen).toMatchObject({ says: "refundDone", cents: 215 });
    await desk.press("refund");
    await desk.type(ticket);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ choices: ["whole", { line: 1, cents: 480 }] });
  });

  it("a sale is added afterwards, once", async () => {
    const [desk, chip] = [await open(), await card(1)];
    const add = async () => {
      await desk.press("menu", "5");
      await desk.type(900);
      await desk.press("ok", "7", "7", "ok");
      await desk.tap(chip);
    };
    await add();
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", earnedCents: 45 });
    await add();
    expect(desk.reports.at(-1)).toMatchObject({ result: "refused", reason: "ALREADY_USED" });
  });

  it("training asks everything and writes nothing", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    const before = chip.dump();
    await desk.press("menu", "8");
    expect(desk.screen).toEqual({ says: "trainingOn", training: true });
    await desk.type(1_250);
    await desk.press("cagnotte");
    await desk.hold(chip);
    expect(desk.screen).toMatchObject({ says: "useCagnotte", training: true });
    await desk.press("ok", "ok");
    expect(desk.screen).toEqual({ says: "trained", payable: 1_150, training: true });
    const stored = entriesOf(await desk.storage.file("journal").read()).length;
    await desk.press("ok");
    desk.terminal.counter.swipe({ kind: "account", number: 2_800_010_000_421 });
    await desk.settle();
    await desk.press("ok");
    await desk.type(1_250);
    await desk.press("ok");
    expect(desk.screen).toEqual({ says: "trained", payable: 1_250, training: true });
    expect(entriesOf(await desk.storage.file("journal").read())).toHaveLength(stored);
    await desk.take();
    expect(chip.dump()).toEqual(before);
    expect(await intents(desk)).toEqual([]);
    expect(desk.terminal.counter.receipts[0]).toContainEqual({ line: "title", text: "FORMATION" });
    await desk.press("menu", "8");
    expect(desk.screen).toEqual({ says: "trainingOff" });
  });

  it("settings hold over a start, and change the language at once", async () => {
    const desk = await open();
    await desk.press("menu", "9", "1");
    const usual = { language: "fr", beep: true, paper: 48, collect: false, closing: null };
    expect(desk.terminal.counter.settings).toEqual({ ...usual, language: "en" });
    await desk.press("2", "3", "4", "5", "1", "2", "7", "5", "ok");
    expect(desk.screen).toMatchObject({ says: "closing", typed: "1275", fault: "no-time" });
    await desk.press("correct", "correct", "3", "0", "ok");
    expect(desk.screen).toMatchObject({ says: "settings", closing: 750, collect: true });
    await desk.press("cancel");
    desk.terminal.powerOff();
    await desk.powerOn();
    expect(desk.terminal.counter.settings).toEqual({
      language: "en",
      beep: false,
      paper: 32,
      collect: true,
      closing: 750,
    });
    await desk.press("menu", "9", "5", "ok", "4");
    expect(desk.screen).toMatchObject({ says: "settings", closing: null, collect: false });
  });

  it("ends by itself at the set hour, whatever is under way, and says when a collection is late", async () => {
    const [desk, chip] = [await open(), await card(1)];
    const shown = () => desk.screens.filter(({ says }) => says === "endOfDay");
    const pass = async (seconds: number) => {
      await desk.wait(seconds);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await desk.settle();
    };
    await desk.press("menu", "9", "5", "1", "2", "3", "0", "ok", "cancel");
    await desk.type(1_000);
    await desk.press("ok");
    await desk.tap(chip);
    await pass(29 * 60);
    expect(shown()).toEqual([]);
    await pass(90);
    const { waiting } = await desk.terminal.running.journal!.state();
    expect(shown()).toEqual([{ says: "endOfDay", visits: 1, earned: 50, spent: 0, waiting, lateDays: 0 }]);
    expect(desk.isIdle).toBe(true);
    // The next day, in the middle of a sale: it is done first.
    await pass(23 * 3_600);
    await desk.type(2_000);
    await pass(50);
    expect(shown()).toHaveLength(1);
    await desk.press("ok");
    await desk.wait(40);
    await desk.press("cancel");
    await pass(3_600);
    expect(shown()).toMatchObject([{}, { visits: 0, earned: 0, lateDays: 0 }]);
    await pass(86_400);
    expect(shown()).toMatchObject([{}, {}, { visits: 0, lateDays: 2 }]);
    expect(desk.screen).toMatchObject({ says: "endOfDay" });
    await desk.type(1_000);
    await desk.press("ok");
    await desk.tap(chip);
    expect(desk.reports.at(-1)).toMatchObject({ result: "done" });
  });

  it("AIDE prints the sheet of the programmes, and a key prints the last visits of a card", async () => {
    const [desk, chip] = [await open(), await cardWith(1)];
    const paper = () => receiptText(desk.terminal.counter.receipts.at(-1)!, 48).join("\n");
    await desk.press("help");
    expect(desk.screen).toEqual({ says: "help", page: 0 });
    for (const line of [
      "Vente : montant, vert, puis la carte",
      "Porte-monnaie",
      "Cagnotte : 5 % de l'achat",
      "5 passages : Cadeau",
    ])
      expect(paper()).toContain(line);
    await desk.press("cancel");
    await desk.type(1_250);
    await desk.press("ok");
    await desk.tap(chip);
    await desk.press("history");
    expect(desk.screen).toMatchObject({ says: "presentCard" });
    await desk.tap(chip);
    expect(desk.screen).toEqual({ says: "done" });
    expect(paper()).toMatch(/15\/06\/2026 12:00\s+T-0001-\d+\nTotal\s+12,50 €\ncagnotte\s+\+0,62 €\n\s+\+1 passage/);
    // Any of them is printed once more by its number.
    const { ticket } = desk.reports.find((report) => report.ticket !== undefined)!;
    await desk.type(ticket!);
    await desk.press("print");
    expect(desk.screen).toEqual({ says: "done" });
    expect(paper()).toContain("DUPLICATA");
    expect(paper()).toContain(`Ticket T-0001-${ticket} `);
    await desk.type(99_999);
    await desk.press("print");
    expect(desk.screen).toEqual({ says: "nothingToPrint" });
    // Without paper the keys are on the screen all the same.
    desk.terminal.hasPaper = false;
    await desk.press("help");
    expect(desk.screen).toEqual({ says: "help", page: 0 });
  });

  it("the day's visits, help, and a menu that the arrows go round", async () => {
    const [desk, chip] = [await open(), await card(1)];
    await desk.type(1_000);
    await desk.press("ok");
    await desk.tap(chip);
    await desk.press("menu", "up", "up", "ok");
    expect(desk.screen).toEqual({ says: "help", page: 0 });
    await desk.press("ok");
    expect(desk.screen).toEqual({ says: "help", page: 1 });
    await desk.press("cancel", "menu", "7");
    expect(desk.screen).toMatchObject({ says: "endOfDay", visits: 1, earned: 50, spent: 0 });
  });

  it("a card that does not come back for 20 seconds: staff say whether the sale is given up, and nothing was debited", async () => {
    const begin = async () => {
      const [desk, chip] = [await open(), await cardWith(2)];
      const before = chip.dump();
      await desk.type(1_250);
      await desk.press("cagnotte");
      await desk.tap(chip);
      await desk.press("ok");
      expect(desk.screen).toMatchObject({ says: "presentAgain" });
      await desk.wait(19);
      expect(desk.screen).toMatchObject({ says: "presentAgain" });
      await desk.wait(1);
      expect(desk.screen).toMatchObject({ says: "callOff", choices: ["yes", "no"] });
      const untouched = async () => {
        expect(chip.dump()).toEqual(before);
        expect(await intents(desk)).toEqual([]);
        expect(desk.reports).toMatchObject([{ result: "no-card", spentCents: 0, giveBackCents: 0 }]);
        expect(desk.isIdle).toBe(true);
      };
      return { desk, chip, untouched };
    };
    const goesOn = async (desk: CounterDesk) => {
      expect(desk.screen).toMatchObject({ says: "collect", cents: 1_150 });
      await desk.press("ok");
      expect(desk.reports).toMatchObject([{ result: "done", spentCents: 100 }]);
    };
    for (const key of ["ok", "1", "cancel"] as const) {
      const { desk, untouched } = await begin();
      await desk.press(key);
      await untouched();
    }
    const { desk: alone, untouched } = await begin();
    await alone.wait(60);
    await untouched();
    const { desk: waits, chip: late } = await begin();
    await waits.press("2");
    expect(waits.screen).toMatchObject({ says: "presentAgain" });
    await waits.hold(late);
    await goesOn(waits);
    const { desk: answered, chip: back } = await begin();
    await answered.hold(await card(2));
    expect(answered.screen).toMatchObject({ says: "otherCard" });
    await answered.take();
    await answered.hold(back);
    await goesOn(answered);
  });

  it("a card that is torn away is asked for again; the same visit is done once", async () => {
    const [desk, chip] = [await open(), await cardWith(2)];
    desk.terminal.faults.plan({ what: "tear", when: "in", block: 2 });
    await desk.type(1_000);
    await desk.press("ok");
    await desk.hold(chip);
    expect(desk.screen).toMatchObject({ says: "presentAgain" });
    await desk.press("cancel");
    expect(desk.screen).toMatchObject({ says: "inDoubt", choices: ["again", "leave"] } satisfies Partial<Screen>);
    await desk.press("ok");
    await desk.tap(chip);
    expect(desk.reports.at(-1)).toMatchObject({ result: "done", earnedCents: 50 });
    expect(desk.isIdle).toBe(true);
  });
});
