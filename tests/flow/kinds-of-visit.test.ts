import { receiptText } from "@cachet/firmware/counter";
import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { Mishaps, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { codeOf, done } from "../fixtures/at-the-till.ts";
import { centsOf, pointsOf, shown, unitsOf } from "../fixtures/audit.ts";
import {
  BAKERY,
  balance,
  buy,
  card,
  close,
  fixtureFile,
  give,
  imageOf,
  lateSale,
  NOON,
  paper,
  receive,
  refund,
  sale,
  type TerminalOptions,
  terminal,
  topUp,
} from "../fixtures/town.ts";

const MEMBERS = 36;
const image = await imageOf([fixtureFile("members")]);
const studio = (number = 1, options: TerminalOptions = {}) =>
  terminal(number, { programmes: [MEMBERS], image, ...options });
const member = (serial: number) => card(serial, { chip: "NTAG216" });

const refused = async (shop: SimTerminal, request: VisitRequest, chip: Type2Chip, reason: string) =>
  expect(await shop.visit(request, chip)).toMatchObject({ result: "refused", reason });

const printed = (shop: SimTerminal) => receiptText(shop.till.receipts.at(-1)!).join("\n");
const held = async (chip: Type2Chip) => {
  const area = await shown(chip, MEMBERS);
  return { cents: centsOf(area), points: pointsOf(area), units: unitsOf(area) };
};

describe("packs and memberships", () => {
  it("puts the units of a pack on the card, with those given on top, and uses them", async () => {
    const [shop, chip] = [await studio(), await member(1)];
    expect(await done(shop, buy(10_000, MEMBERS, "seances", 2), chip)).toMatchObject({
      toppedUpCents: 0,
      giveBackCents: 0,
    });
    expect(printed(shop)).toMatch(/100,00/);
    expect(await held(chip)).toMatchObject({ units: 11, cents: 0 });
    await done(shop, { ...sale(0), lines: [], use: 2 }, chip);
    expect(await held(chip)).toMatchObject({ units: 9 });
    expect(printed(shop)).toMatch(/^2 séances +il en reste 9$/m);
    await done(shop, { ...sale(0), lines: [], use: 1 }, chip);
    expect(printed(shop)).toMatch(/^1 séance +il en reste 8$/m);
    await done(shop, { ...sale(0), lines: [], use: 8 }, chip);
    expect(printed(shop)).toMatch(/^8 séances +il n'en reste plus$/m);
    await done(shop, sale(500), chip);
    expect(printed(shop)).toMatch(/^Solde séances +0$/m);
    expect(printed(shop)).not.toContain("il en reste");
    expect(await shop.visit({ ...sale(0), lines: [], use: 10 }, chip)).toMatchObject({ reason: "INSUFFICIENT" });
  });

  it("makes a member, who pays the member's price from then on", async () => {
    const [shop, chip] = [await studio(), await member(2)];
    expect(await done(shop, sale(1_000), chip)).toMatchObject({ discountCents: 0 });
    await done(shop, buy(3_000, MEMBERS, "club"), chip);
    expect(printed(shop)).toContain("14/06/2027");
    expect(await done(shop, sale(1_000), chip)).toMatchObject({ discountCents: 100, payable: 900 });
  });

  it("gives money back that is not the price, or buys nothing that is for sale", async () => {
    const [shop, chip] = [await studio(), await member(3)];
    for (const [asked, reason] of [
      [buy(9_999, MEMBERS, "seances", 2), "WRONG_AMOUNT"],
      [buy(10_000, MEMBERS, "seances", 3), "RULE_UNKNOWN"],
      [buy(3_001, MEMBERS, "club"), "WRONG_AMOUNT"],
      [buy(3_000, MEMBERS, "compte"), "RULE_UNKNOWN"],
      [buy(3_000, 99, "club"), "RULE_UNKNOWN"],
    ] as const) {
      expect(await shop.visit(asked, chip)).toMatchObject({ result: "refused", reason, giveBackCents: asked.amount });
    }
    expect(await held(chip)).toEqual({ cents: 0, points: 0, units: 0 });
  });
});

describe("what is cancelled", () => {
  it("the last visit of the card on this day, a top-up with what was given on top", async () => {
    const [shop, chip] = [await studio(), await member(4)];
    await done(shop, sale(2_000), chip);
    const before = await held(chip);
    await done(shop, topUp(4_000), chip);
    expect(await held(chip)).toMatchObject({ cents: before.cents + 4_400 });
    expect(await done(shop, refund("last"), chip)).toMatchObject({ payOutCents: 4_000 });
    expect(await held(chip)).toEqual(before);
    await refused(shop, refund("last"), chip, "NOTHING_TO_CANCEL");
  });

  it("what of a top-up was spent does not go back", async () => {
    const [shop, chip] = [await studio(), await member(5)];
    const { ticket } = await done(shop, topUp(4_000), chip);
    await done(shop, sale(1_000), chip);
    // 4.00 given on top and 6.00 of the cash were spent; what was given is deducted.
    expect(await done(shop, refund(ticket!), chip)).toMatchObject({ payOutCents: 3_000 });
    expect(await held(chip)).toMatchObject({ cents: 0 });
    await refused(shop, refund(ticket!), chip, "ALREADY_USED");
  });

  it("a sale, a pack; not a membership, not a card without a visit, not tomorrow", async () => {
    const [shop, chip] = [await studio(), await member(6)];
    await refused(shop, refund("last"), chip, "NOTHING_TO_CANCEL");
    await done(shop, buy(10_000, MEMBERS, "seances", 2), chip);
    expect(await done(shop, refund("last"), chip)).toMatchObject({ payOutCents: 10_000 });
    await done(shop, sale(1_500), chip);
    expect(await done(shop, refund("last"), chip)).toMatchObject({ payOutCents: 1_500 });
    expect(await held(chip)).toEqual({ cents: 0, points: 0, units: 0 });
    await done(shop, buy(3_000, MEMBERS, "club"), chip);
    await refused(shop, refund("last"), chip, "NOTHING_TO_CANCEL");
    await done(shop, sale(1_500), chip);
    shop.clock.utc += 86_400;
    await refused(shop, refund("last"), chip, "NOTHING_TO_CANCEL");
  });
});

describe("value for another card", () => {
  it("leaves one card and comes to another with its days, once", async () => {
    const [shop, from, to] = [await studio(), await member(7), await member(8)];
    await done(shop, sale(9_900), from);
    const { ticket } = await done(shop, give(MEMBERS, "points", 60), from);
    expect(await held(from)).toMatchObject({ points: 39 });
    shop.clock.utc += 40 * 86_400;
    await done(shop, receive(ticket!), to);
    expect(await held(to)).toMatchObject({ points: 60 });
    const [lots] = (await shown(to, MEMBERS)).purses.flatMap((purse) =>
      "lots" in purse && purse.lots.length > 0 ? [purse.lots] : [],
    );
    const [kept] = (await shown(from, MEMBERS)).purses.flatMap((purse) =>
      "lots" in purse && purse.lots.length > 0 ? [purse.lots] : [],
    );
    expect(lots![0]!.expires).toBe(kept![0]!.expires);
    await refused(shop, receive(ticket!), to, "ALREADY_USED");
    await refused(shop, receive(ticket!), from, "ALREADY_USED");
  });

  it("comes to nobody while it is in doubt whether it left, nor by another ticket, nor elsewhere", async () => {
    const [shop, from, to] = [await studio(), await member(9), await member(10)];
    await done(shop, sale(9_900), from);
    await refused(shop, give(MEMBERS, "points", 100), from, "INSUFFICIENT");
    await refused(shop, give(MEMBERS, "passages", 1), from, "RULE_UNKNOWN");
    await refused(shop, receive(1), to, "TICKET_UNKNOWN");
    await refused(shop, receive(2), to, "TICKET_UNKNOWN");
    const request = give(MEMBERS, "points", 60);
    const trial = await studio(1, { journal: await shop.journalBytes() });
    trial.mishaps = new Mishaps();
    await trial.visit(request, from.copy());
    const firstWrite = trial.mishaps.seen.indexOf("card-write");
    shop.mishaps = new Mishaps().at(firstWrite, { what: "card", when: "before" });
    const cut = (await shop.visit(request, from)) as VisitReport;
    expect(cut).toMatchObject({ result: "in-doubt" });
    shop.mishaps = new Mishaps();
    await refused(shop, receive(cut.ticket!), to, "TICKET_IN_DOUBT");
    await done(shop, request, from);
    await refused(await studio(2), receive(cut.ticket!), to, "TICKET_UNKNOWN");
    await done(shop, receive(cut.ticket!), to);
    expect([(await held(from)).points, (await held(to)).points]).toEqual([39, 60]);
  });

  it("is on one card only where the card leaves while it comes", async () => {
    const [shop, from, to] = [await studio(), await member(11), await member(12)];
    await done(shop, sale(9_900), from);
    const { ticket } = await done(shop, give(MEMBERS, "points", 60), from);
    const trial = await studio(1, { journal: await shop.journalBytes() });
    trial.mishaps = new Mishaps();
    await trial.visit(receive(ticket!), to.copy());
    const firstWrite = trial.mishaps.seen.indexOf("card-write");
    shop.mishaps = new Mishaps().at(firstWrite, { what: "card", when: "before" });
    expect(await shop.visit(receive(ticket!), to)).toMatchObject({ result: "in-doubt" });
    shop.mishaps = new Mishaps();
    await refused(shop, receive(ticket!), from, "ALREADY_USED");
    // A write on the card shows that nothing came: then it may come anew, to either card.
    await done(shop, sale(500), to);
    await done(shop, receive(ticket!), from);
    expect((await held(from)).points).toBe(99);
  });
});

describe("a paper card", () => {
  const paperCard = (stamps: number) => paper(MEMBERS, "passages", stamps);
  const stampsOn = async (chip: Type2Chip) =>
    (await shown(chip, MEMBERS)).purses.flatMap((purse) => (purse.kind === "stamps" ? purse.count : []));

  it("brings its stamps once, before the card's own first one, and says so", async () => {
    const [shop, other, chip] = [await studio(), await studio(2), await member(40)];
    await done(shop, topUp(4_000), chip);
    await done(shop, paperCard(4), chip);
    expect(printed(shop)).toMatch(/CARTE PAPIER REPRISE[\s\S]*Passages repris +\+4 passages[\s\S]*4\/5/);
    for (const till of [shop, other]) await refused(till, paperCard(4), chip, "ALREADY_USED");
    await done(other, sale(1_000), chip);
    // The fifth stamp gave the gift: nothing is left of the paper card, and it does not come again.
    expect(await stampsOn(chip)).toEqual([0]);
    for (const till of [shop, other]) await refused(till, paperCard(1), chip, "ALREADY_USED");
    const bought = await member(41);
    await done(shop, sale(1_000), bought);
    await refused(other, paperCard(1), bought, "ALREADY_USED");
  });

  it("is declined where the programme takes none, and where there is more on it than there can be", async () => {
    const [shop, chip] = [await studio(), await member(42)];
    await refused(shop, paperCard(5), chip, "ABOVE_MAXIMUM");
    await refused(shop, paperCard(0), chip, "BAD_AMOUNT");
    await refused(shop, paper(MEMBERS, "points", 4), chip, "RULE_UNKNOWN");
    await refused(shop, paper(99, "passages", 4), chip, "RULE_UNKNOWN");
    await refused(await terminal(1), paper(BAKERY, "grille", 4), await card(43), "NO_PAPER");
    shop.clock.suspect = true;
    await refused(shop, paperCard(4), chip, "CLOCK_SUSPECT");
    shop.clock.suspect = false;
    shop.clock.utc += 200 * 86_400;
    await refused(shop, paperCard(4), chip, "TOO_LATE");
    expect(await stampsOn(chip)).toEqual([]);
  });

  it("is told, not entered again, by a retry of the till; another number of stamps is another visit", async () => {
    const [shop, chip] = [await studio(), await member(44)];
    const request = paperCard(4);
    await done(shop, request, chip);
    expect(await shop.visit(request, chip)).toMatchObject({ result: "already-done" });
    await refused(shop, { ...request, stamps: 3 }, chip, "ALREADY_USED");
  });

  it("is cancelled whole, and the right number is entered; not once its stamps went for a reward", async () => {
    const [shop, chip] = [await studio(), await member(45)];
    await done(shop, paperCard(4), chip);
    expect(await done(shop, refund("last"), chip)).toMatchObject({ payOutCents: 0 });
    await refused(shop, refund("last"), chip, "NOTHING_TO_CANCEL");
    const { ticket } = await done(shop, paperCard(3), chip);
    await done(shop, sale(1_000), chip);
    await done(shop, refund(ticket!), chip);
    expect(await stampsOn(chip)).toEqual([1]);
    await refused(shop, paperCard(3), chip, "ALREADY_USED");
    const spent = await member(46);
    const { ticket: first } = await done(shop, paperCard(4), spent);
    await done(shop, sale(1_000), spent);
    await refused(shop, refund(first!), spent, "INSUFFICIENT");
  });
});

describe("an account that is closed", () => {
  it("pays out what was paid in, and says what is lost", async () => {
    const [shop, chip] = [await studio(), await member(13)];
    await done(shop, topUp(4_000), chip);
    await done(shop, buy(1_200, MEMBERS, "seances", 1), chip);
    await done(shop, { ...sale(2_500), prepaid: "none" }, chip);
    expect(await done(shop, close(MEMBERS), chip)).toMatchObject({ payOutCents: 5_000, committed: [MEMBERS] });
    const said = printed(shop);
    expect(said).toMatch(/^À rendre +50,00 €$/m);
    expect(said).toMatch(/^Rendu : solde prépayé +40,00 €$/m);
    expect(said).toMatch(/^Perdu : solde offert +4,00 €$/m);
    expect(said).toMatch(/^Rendu : 1 séance +10,00 €$/m);
    expect(said).toMatch(/^Perdu : 25 points$/m);
    expect(said).not.toContain("Adhésion");
    expect(await held(chip)).toEqual({ cents: 0, points: 0, units: 0 });
    expect(await shop.visit(close(MEMBERS), chip)).toMatchObject({ result: "nothing-to-do", payOutCents: 0 });
    await refused(shop, close(99), chip, "RULE_UNKNOWN");
    expect(await shop.visit(close(MEMBERS), await member(14))).toMatchObject({ result: "nothing-to-do" });
  });
});

describe("a membership", () => {
  it("ends with the account: the member's price too, and the slip says so", async () => {
    const [shop, chip] = [await studio(), await member(40)];
    await done(shop, buy(3_000, MEMBERS, "club"), chip);
    expect(await done(shop, close(MEMBERS), chip)).toMatchObject({ payOutCents: 0, committed: [MEMBERS] });
    expect(printed(shop)).toMatch(/^Adhésion terminée$/m);
    expect(printed(shop)).not.toContain("jusqu'au");
    expect(await done(shop, sale(1_000), chip)).toMatchObject({ discountCents: 0 });
    await done(shop, buy(3_000, MEMBERS, "club"), chip);
    expect(printed(shop)).toContain("14/06/2027");
  });

  it("that is over already leaves no word about it", async () => {
    const [shop, chip] = [await studio(), await member(41)];
    await done(shop, buy(3_000, MEMBERS, "club"), chip);
    shop.clock.utc += 400 * 86_400;
    await done(shop, close(MEMBERS), chip);
    expect(printed(shop)).not.toContain("Adhésion");
  });
});

describe("a sale that is added afterwards", () => {
  it("says on its slip why a programme gave nothing", async () => {
    const [shop, chip] = [await terminal(1), await card(42)];
    await done(shop, lateSale(250, "C-1"), chip);
    expect(printed(shop)).toMatch(
      /C-1\n[\s\S]*Ville commerçante\nCagnotte gagnée[\s\S]*Boulangerie du Marché\nRien d'inscrit : sous le minimum/,
    );
    const tobacco = { ...lateSale(0, "C-2"), lines: [{ amount: 250, quantity: 1, category: "tobacco" }] };
    expect(await shop.visit(tobacco, chip)).toMatchObject({ result: "nothing-to-do", reason: "BELOW_MINIMUM" });
    expect(printed(shop)).toMatch(/Ajout après coup, ticket +C-2\n[\s\S]*Rien d'inscrit : sous le minimum$/);
    // Nothing was told of a sale at the till before, and nothing is.
    const slips = shop.till.receipts.length;
    await shop.visit({ ...sale(0), lines: tobacco.lines }, chip);
    expect(shop.till.receipts.length).toBe(slips);
  });

  it("earns as it would have, and takes nothing off: it is paid", async () => {
    const [shop, chip] = [await studio(), await member(15)];
    await done(shop, buy(3_000, MEMBERS, "club"), chip);
    await done(shop, topUp(4_000), chip);
    expect(await done(shop, lateSale(3_300, "A-17"), chip)).toMatchObject({
      discountCents: 0,
      spentCents: 0,
      payable: 0,
    });
    expect(await held(chip)).toMatchObject({ points: 33, cents: 4_400 });
    await refused(shop, lateSale(3_300, "A-17"), chip, "ALREADY_USED");
    await refused(shop, lateSale(3_300, "A-17"), await member(16), "ALREADY_USED");
    await done(shop, lateSale(100, "A-18"), chip);
  });

  it("is of this day, not of one to come, and asks for nothing", async () => {
    const [shop, chip] = [await studio(), await member(17)];
    await refused(shop, lateSale(3_300, "B-1", NOON - 86_400), chip, "TOO_LATE");
    await refused(shop, lateSale(3_300, "B-2", NOON + 60), chip, "IN_THE_FUTURE");
    await refused(shop, lateSale(3_300, "B-2", NOON + 86_400), chip, "IN_THE_FUTURE");
    await refused(shop, { ...lateSale(3_300, "B-3"), redeem: "max" }, chip, "ALREADY_PAID");
    await refused(shop, { ...lateSale(3_300, "B-4"), use: 1 }, chip, "ALREADY_PAID");
    shop.clock.suspect = true;
    await refused(shop, lateSale(3_300, "B-5"), chip, "CLOCK_SUSPECT");
  });
});

describe("a card that was away", () => {
  it("is known by the day that its record carries", async () => {
    const [shop, chip] = [await studio(), await member(30)];
    await done(shop, sale(1_000), chip);
    shop.clock.utc += 59 * 86_400;
    await done(shop, sale(1_000), chip);
    expect(await held(chip)).toMatchObject({ points: 20 });
    shop.clock.utc += 60 * 86_400;
    await done(shop, sale(1_000), chip);
    expect(await held(chip)).toMatchObject({ points: 37 });
  });
});

describe("a balance", () => {
  it("tells what the card holds and what is near, and changes nothing", async () => {
    const [shop, chip] = [await studio(), await member(18)];
    await done(shop, topUp(4_000), chip);
    await done(shop, { ...sale(2_500), prepaid: "none" }, chip);
    const [before, entries] = [chip.copy(), (await shop.journalBytes()).length];
    expect(await shop.visit(balance(), chip)).toMatchObject({ result: "done", earnedCents: 0 });
    expect(printed(shop)).toMatch(/44,00[\s\S]*1\/5[\s\S]*points +25[\s\S]*15\/06\/2027/);
    expect(await shown(chip, MEMBERS)).toEqual(await shown(before, MEMBERS));
    expect((await shop.journalBytes()).length).toBe(entries);
    expect(await shop.visit(balance(), await member(19))).toMatchObject({ result: "done" });
  });
});

describe("the code on a receipt", () => {
  it("takes a sale back at another terminal of the merchant, once there", async () => {
    const [seller, other, chip] = [await studio(1), await studio(2), await member(20)];
    await done(seller, sale(4_200), chip);
    const code = codeOf(seller);
    expect(code).toMatch(/^[A-Z2-7]+$/);
    expect(await done(other, refund({ code }), chip)).toMatchObject({ payOutCents: 4_200 });
    expect(await held(chip)).toEqual({ cents: 0, points: 0, units: 0 });
    await refused(other, refund({ code }), chip, "ALREADY_USED");
    await other.powerOff();
    await other.powerOn();
    await refused(other, refund({ code }), chip, "ALREADY_USED");
  });

  it("takes lines back one after the other, and at the seller goes by its journal", async () => {
    const [seller, other, chip] = [await studio(1), await studio(2), await member(21)];
    const two = {
      ...sale(0),
      lines: [
        { amount: 1_000, quantity: 1 },
        { amount: 500, quantity: 1 },
      ],
    };
    await done(seller, two, chip);
    const code = codeOf(seller);
    expect(await done(other, refund({ code }, [1]), chip)).toMatchObject({ payOutCents: 500 });
    await refused(other, refund({ code }, [1]), chip, "ALREADY_USED");
    expect(await done(other, refund({ code }), chip)).toMatchObject({ payOutCents: 1_000 });
    await done(seller, sale(700), chip);
    const again = codeOf(seller);
    await done(seller, refund("last"), chip);
    await refused(seller, refund({ code: again }), chip, "ALREADY_USED");
  });

  it("is refused altered, of another merchant or card, above the cap, and when it is old", async () => {
    const [seller, other, chip] = [await studio(1), await studio(2), await member(22)];
    await done(seller, sale(1_000), chip);
    const code = codeOf(seller);
    const at = (index: number) => `${code.slice(0, index)}${code[index] === "A" ? "B" : "A"}${code.slice(index + 1)}`;
    for (let index = 8; index < code.length - 1; index += 1) {
      const report = (await other.visit(refund({ code: at(index) }), chip)) as VisitReport;
      expect(report, `letter ${index}`).toMatchObject({ result: "refused", payOutCents: 0 });
    }
    await refused(other, refund({ code: "" }), chip, "BAD_CODE");
    await refused(other, refund({ code: "HELLO" }), chip, "BAD_CODE");
    await refused(other, refund({ code }), await member(23), "OTHER_CARD");
    await refused(await terminal(3, { merchant: 2 }), refund({ code }), chip, "WRONG_MERCHANT");
    await done(seller, sale(6_000), chip);
    await refused(other, refund({ code: codeOf(seller) }), chip, "CAP_REFUND");
    other.clock.utc += 31 * 86_400;
    await refused(other, refund({ code }), chip, "TOO_LATE");
    other.clock.utc -= 31 * 86_400;
    await done(other, refund({ code }), chip);
  });

  it("brings no more than the cap of one terminal by taking its lines back one after the other", async () => {
    const [seller, other, chip] = [await studio(1), await studio(2), await member(25)];
    const lines = [3_000, 2_000, 100].map((amount) => ({ amount, quantity: 1 }));
    await done(seller, { ...sale(0), lines }, chip);
    const code = codeOf(seller);
    await done(other, refund({ code }, [0]), chip);
    expect(await done(other, refund({ code }, [1]), chip)).toMatchObject({ payOutCents: 2_000 });
    await refused(other, refund({ code }, [2]), chip, "CAP_REFUND");
  });

  it("merges lines that are too many, and then takes back the whole or nothing", async () => {
    const [seller, other, chip] = [await studio(1), await studio(2), await member(24)];
    const many = { ...sale(0), lines: Array.from({ length: 60 }, (_, i) => ({ amount: 50 + i, quantity: 1 })) };
    await done(seller, many, chip);
    const code = codeOf(seller);
    await refused(other, refund({ code }, [3]), chip, "BAD_LINES");
    expect(await done(other, refund({ code }), chip)).toMatchObject({ payOutCents: 60 * 50 + (59 * 60) / 2 });
    expect(await held(chip)).toEqual({ cents: 0, points: 0, units: 0 });
  });
});
