import { mkdirSync } from "node:fs";
import { relative } from "node:path";
import { cardNumber, maskedCard } from "@cachet/card-layout";
import type { SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { centsOf, shown, stampsOf } from "../fixtures/audit.ts";
import { cagnotte, HandList, numbered } from "../fixtures/credit-list.ts";
import { AT, inLedgerOf, rowOf, rowsOf } from "../fixtures/ledger.ts";
import { type Ended, expectFailure, ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { card, fixtureFile, ISSUER, imageOf, NOON, refund, sale, terminal, topUp } from "../fixtures/town.ts";

const desk = new ProgrammeDesk("correct");
afterAll(() => desk.remove());

const DAY = 86_400;
/** Who pays for credits, as the ledger numbers them. */
const MERCHANT_PAYS = 1;
const WEEK = ["--from", "2026-06-15", "--to", "2026-06-21"];
const SHOPS = [
  '1: { name: "Boulangerie", role: "earn-and-spend" }',
  '2: { name: "Librairie", role: "earn-and-spend" }',
];

/** A town's programme: so many percent, and so many stamps at each visit, ten for a coffee. */
const town = (version: number, rate: number, stamps: number, merchants = SHOPS): string =>
  desk.write(
    `town-${version}-${rate}-${stamps}-${merchants.length}.programme.ts`,
    'import { cagnotte, percent, programme, stamps } from "@cachet/firmware/rules";',
    "export default programme({",
    `  number: 36, version: ${version}, name: "Ville", scope: "town",`,
    `  merchants: { ${merchants.join(", ")} },`,
    "  rules: [",
    `    cagnotte({ id: "cagnotte", rate: percent(${rate}) }),`,
    '    stamps({ id: "grille", grid: 10, reward: { kind: "gift", label: "Café", value: 150 },',
    `      count: { per: "visit", stamps: ${stamps} } }),`,
    "  ],",
    "});",
  );
const double = town(1, 10, 2);
const right = town(2, 5, 1);

/** Terminals of two shops that run a programme file, and a ledger that knows them. */
class Week {
  readonly home: string;
  readonly shops: SimTerminal[];
  private readonly imported = [0, 0];

  private constructor(home: string, shops: SimTerminal[]) {
    this.home = home;
    this.shops = shops;
  }

  /** Shops of merchants 1, 2 ..., on, and an empty ledger that knows them. */
  static async open(name: string, files: readonly string[], programmes = [36], merchants = [1, 2]): Promise<Week> {
    const image = await imageOf(files);
    const shops: SimTerminal[] = [];
    for (const merchant of merchants) shops.push(await terminal(merchant, { merchant, programmes, image }));
    const week = new Week(desk.at(name), shops);
    mkdirSync(week.home);
    await week.books(async (ledger) => {
      for (const shop of merchants) await enrolTerminal(ledger, shop, shop, testTerminalSigner(shop).publicKey, AT);
    });
    return week;
  }

  books<T>(look: (ledger: Ledger) => T | Promise<T>): Promise<T> {
    return inLedgerOf(this.home, look);
  }

  /** A sale on a day of the week, 0 for Monday noon; gives its ticket. */
  async sell(shop: 1 | 2, day: number, chip: Type2Chip, amount: number, redeem?: number | "max"): Promise<number> {
    const one = this.shops[shop - 1]!;
    one.clock.utc = NOON + day * DAY;
    const report = await one.visit(sale(amount, redeem), chip);
    if (report === "power-cut" || report.result !== "done") throw new Error(JSON.stringify(report));
    return report.ticket!;
  }

  /** Imports what a shop's terminal has kept since, up to an entry. */
  async import(shop: 1 | 2, to?: number): Promise<void> {
    const { name, file, last } = this.shops[shop - 1]!.collect(this.imported[shop - 1]! + 1, to);
    await this.books(async (ledger) =>
      expect(await importBatch(ledger, { name, file }, AT)).toMatchObject({ status: "accepted" }),
    );
    this.imported[shop - 1] = last;
  }

  /** What stands on an account of programme 36. */
  account(account: string, holder = 0, unit = "cents"): Promise<number> {
    return this.books(async (ledger) => {
      const where = `account = '${account}' and holder = ${holder} and programme = 36 and unit = '${unit}'`;
      return Number((await rowOf(ledger, `select sum(amount) as sum from posting where ${where}`))?.sum ?? 0);
    });
  }

  /** Postings whose lines do not come to nothing. */
  unbalanced(): Promise<unknown[]> {
    return this.books((ledger) =>
      rowsOf(
        ledger,
        "select terminal, number, unit from posting group by terminal, number, unit having sum(amount) <> 0",
      ),
    );
  }

  correct(...args: readonly string[]): Ended {
    return desk.run(...args, "--home", this.home);
  }

  json(...args: readonly string[]) {
    const ended = this.correct(...args, "--json");
    return { ...ended, document: JSON.parse(ended.out) };
  }
}

describe("cachet programme correct: double value all week", async () => {
  const week = await Week.open("double", [double]);
  const [anna, ben] = [await card(1), await card(2)];
  // 20.00 earns 2.00, which pays on Tuesday; under the right rule 1.00 of it was there.
  await week.sell(1, 0, anna, 2_000);
  await week.sell(2, 1, anna, 1_000, "max");
  for (let day = 0; day < 5; day += 1) await week.sell(2, 1 + day, ben, 800);
  await week.sell(1, 2, anna, 500);
  await week.sell(1, 6, ben, 100);

  it("sets cards aside whose visits are not all imported, and posts nothing", async () => {
    await week.import(1);
    const ended = week.correct(double, right, ...WEEK, "--post");
    expectFailure(ended, 1, "C-CORRECT-04", "nothing was posted", "--leave-out");
    expect(ended.err).toContain("warning: T-0002 is imported not at all");
    expect(ended.err).toMatch(/set aside: card …\d{4}, T-0001-4: the visit before it is not imported \(gap\)/);
    expect(await week.account("corrections")).toBe(0);
  });

  it("shows the difference by card and merchant, to the cent, and writes nothing", async () => {
    await week.import(2, 10);
    const before = await week.books((ledger) => rowsOf(ledger, "select * from posting"));
    const { code, document, err } = week.json(double, right, ...WEEK);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(document).toMatchObject({ programme: 36, wrong_version: 1, right_version: 2, from: "2026-06-15" });
    // Ben's last visit at the bookshop, and the one at the bakery that follows it, are not imported yet.
    expect(document.set_aside).toMatchObject([{ reason: "gap" }]);
    const [a] = document.members;
    expect(document.members).toHaveLength(1);
    expect(a.visits).toBe(3);
    expect(a.purses).toEqual([
      {
        ...{ purse: "cagnotte 0", rule: "cagnotte", unit: "cents", given: 330, right: 170, difference: -160 },
        ...{ spent: 200, uncovered: 100 },
      },
      {
        ...{ purse: "stamps 0", rule: "grille", unit: "stamps", given: 6, right: 3, difference: -3 },
        ...{ spent: 0, uncovered: 0 },
      },
    ]);
    const cents = document.merchants.map((one: { merchant: number; purses: { given: number; right: number }[] }) => [
      one.merchant,
      one.purses[0]?.given,
      one.purses[0]?.right,
    ]);
    expect(cents).toEqual([
      [1, 250, 125],
      [2, 80, 45],
    ]);
    expect(document.posted).toBeNull();
    expect(await week.books((ledger) => rowsOf(ledger, "select * from posting"))).toEqual(before);
  });

  it("posts the others, then those that came later, and each visit once", async () => {
    const first = week.json(double, right, ...WEEK, "--post", "--leave-out");
    expect(first.code, first.err).toBe(0);
    expect(first.document.posted).toMatchObject({ correction: 1, visits: 3, already: 0 });
    expect(await week.account("corrections")).toBe(-160);
    await week.import(2);
    const second = week.json(double, right, ...WEEK, "--post");
    expect(second.code, second.out).toBe(0);
    expect(second.document.posted).toMatchObject({ correction: 2, visits: 6, already: 3 });
    expect(second.document.set_aside).toEqual([]);
    expect(second.document.posted.settled).toMatchObject([
      { purse: "cagnotte 0", value: -205, fate: "kept" },
      { purse: "stamps 0", value: -6, fate: "kept" },
    ]);
    const rows = await week.books((ledger) => rowsOf(ledger, "select * from posting order by terminal, number, line"));
    const again = week.correct(double, right, ...WEEK, "--post");
    expect(again.code, again.err).toBe(0);
    expect(again.out).toContain("9 visites corrigées auparavant : rien n'est écrit deux fois");
    expect(again.out).not.toContain("écrit au livre");
    expect(
      await week.books((ledger) => rowsOf(ledger, "select * from posting order by terminal, number, line")),
    ).toEqual(rows);
  });

  it("leaves the merchants as under the right rule, and what customers keep with the association", async () => {
    // Given by the right rule: Anna 125 and 45, Ben 5 times 40 and 5. Anna's 2.00 were really paid with.
    expect(await week.account("merchant", 1)).toBe(-(125 + 5));
    expect(await week.account("merchant", 2)).toBe(-(45 + 200) + 200);
    expect(await week.account("corrections")).toBe(-(160 + 200 + 5));
    // Twice as many stamps were issued: 18 of them, instead of 9.
    expect(await week.account("issued", 0, "stamps")).toBe(-9 + 10);
    expect(await week.account("corrections", 0, "stamps")).toBe(-9);
    expect(await week.unbalanced()).toEqual([]);
    // Nothing was taken from anybody: cards are what the books say.
    const cards = [await shown(anna, 36), await shown(ben, 36)];
    expect(await week.books((ledger) => outstanding(ledger, "cents"))).toBe(centsOf(cards[0]!) + centsOf(cards[1]!));
    expect(await week.books((ledger) => outstanding(ledger, "stamps"))).toBe(stampsOf(cards[0]!) + stampsOf(cards[1]!));
  });

  it("says it in words, cards by their last digits, with what was spent that was not there", () => {
    const { out, err, code } = week.correct(double, right, ...WEEK);
    expect(code, err).toBe(0);
    expect(out).toContain("Ville (36), version 1 -> 2, du 2026-06-15 au 2026-06-21");
    expect(out).toMatch(/Carte …\d{4} +3 +cagnotte +3,30 € +1,70 € +-1,60 € +1,00 €/);
    expect(out).toMatch(/ grille +12 tampons +6 tampons +-6 tampons +10 tampons/);
    expect(out).toMatch(/2 Librairie +6 +cagnotte +4,80 € +2,45 € +-2,35 €/);
    expect(out).toContain("donné en trop, reste aux clients (au compte de l'association): 3,65 € (2)");
    expect(out).not.toMatch(/\d{13}/);
  });

  it("writes a letter for each card that is concerned, in both languages, without names", () => {
    const { document } = week.json(double, right, ...WEEK, "--letter");
    expect(document.letters).toHaveLength(2);
    const { card: number, fr, en } = document.letters[0];
    const shownCard = maskedCard(number);
    expect(fr).toContain(`Objet : correction du programme « Ville », carte ${shownCard}`);
    expect(fr).toContain("Du 15 juin 2026 au 21 juin 2026");
    expect(fr).toContain("Cagnotte : 3,30 € donnés, 1,70 € selon la bonne règle");
    expect(fr).toContain("Vous avez reçu 1,60 € de trop. L'erreur est la nôtre : cela vous reste acquis.");
    expect(en).toContain("From 15 June 2026 to 21 June 2026");
    expect(en).toContain("You received 3 stamps more than was due. The mistake is ours: it stays yours.");
    for (const text of [fr, en]) expect(text).not.toContain(String(number));
    const claimed = week.correct(double, right, ...WEEK, "--letter", "--take-back", "--lang", "en");
    expect(claimed.out).toContain("You received €1.60 more than was due. Nothing is taken off your card;");
    expect(claimed.out).toContain("given too much, to be claimed from customers (no list takes value back): €3.65 (2)");
  });

  it("refuses to correct a visit a second time, to something else", () => {
    const other = week.correct(double, town(3, 4, 1), ...WEEK, "--post");
    expectFailure(other, 1, "C-CORRECT-05", "was corrected before to version 2 (correction 1)");
    const edited = week.correct(double, town(2, 4, 1), ...WEEK, "--post");
    expectFailure(edited, 1, "C-CORRECT-05", "to version 2 with other rules");
  });

  it("names what does not fit, and what to do", () => {
    expectFailure(week.correct(double, double, ...WEEK), 1, "C-CORRECT-01", "both files say version 1");
    const other = desk.write(
      "other.programme.ts",
      'import { cagnotte, percent, programme } from "@cachet/firmware/rules";',
      'export default programme({ number: 37, version: 2, name: "Autre", scope: "town",',
      '  merchants: { 1: { name: "Un", role: "earn-and-spend" } },',
      '  rules: [cagnotte({ id: "c", rate: percent(5) })] });',
    );
    expectFailure(week.correct(double, other, ...WEEK), 1, "C-CORRECT-01", "programmes 36 and 37");
    const swapped = ["--from", "2026-06-21", "--to", "2026-06-15"];
    expectFailure(week.correct(double, right, ...swapped), 1, "C-CORRECT-01", "is after");
  });

  it("names the days, versions and merchants that it has", () => {
    const july = ["--from", "2026-07-01", "--to", "2026-07-07"];
    expectFailure(week.correct(double, right, ...july), 1, "C-CORRECT-02", "2026-06-15 to 2026-06-21");
    expectFailure(week.correct(right, double, ...WEEK), 1, "C-CORRECT-02", "under version 1: name that");
    const alone = town(2, 5, 1, SHOPS.slice(0, 1));
    expectFailure(week.correct(double, alone, ...WEEK), 1, "C-CORRECT-03", "merchant 2 sold under version 1");
    expectFailure(week.correct(town(1, 9, 2), right, ...WEEK), 1, "C-CORRECT-06", "town-1-9-2");
    expectFailure(week.correct(double, right, "--from", "soon", "--to", "2026-06-21"), 2, "C-USAGE-01", "soon");
    expectFailure(week.correct(double, right), 2, "C-USAGE-01", "--from");
    const nobody = desk.run(double, right, ...WEEK, "--home", desk.at("nowhere"));
    expectFailure(nobody, 1, "C-HOME-02");
    const elsewhere = fixtureFile("speeds");
    const fresh = desk.write(
      "speeds-2.programme.ts",
      `import old from ${JSON.stringify(relative(desk.folder, elsewhere))};`,
      "export default { ...old, version: 2 };",
    );
    expectFailure(week.correct(elsewhere, fresh, ...WEEK), 1, "C-CORRECT-02", "programme 35", "it has programmes 36");
  });
});

describe("cachet programme correct: too little all week", async () => {
  const half = town(1, 5, 1);
  const whole = town(2, 10, 2);

  it("credits what is missing, once, and the cards get it by the next list", async () => {
    const week = await Week.open("half", [half]);
    const anna = await card(1);
    await week.sell(1, 0, anna, 2_000);
    await week.sell(2, 1, anna, 1_000, 60);
    await week.import(1);
    await week.import(2);
    const { code, document, err } = week.json(half, whole, "--from", "2026-06-15", "--to", "2026-06-16", "--post");
    expect(code, err).toBe(0);
    // 20.00 and 9.40 at 10 % instead of 5 %; the 0.60 that paid is a fact, and covered.
    const [cents, stamps] = document.members[0].purses;
    expect(cents).toMatchObject({ given: 147, right: 294, difference: 147, spent: 60, uncovered: 0 });
    expect(stamps).toMatchObject({ given: 2, right: 4, difference: 2 });
    expect(document.settled).toMatchObject([
      { purse: "cagnotte 0", value: 147, funder: "merchant", fate: "credit" },
      { purse: "stamps 0", value: 2, fate: "credit" },
    ]);
    expect(await week.account("merchant", 1)).toBe(-200);
    expect(await week.account("merchant", 2)).toBe(-94 + 60);
    expect(await week.account("credits", MERCHANT_PAYS)).toBe(147);

    // The amounts of the ledger, as a list would carry them.
    const amounts = await week.books((ledger) => rowsOf(ledger, "select * from correction_amount order by keeps"));
    const credit = cagnotte(0, {
      label: "Correction",
      funder: "merchant",
      amounts: amounts.map(({ keeps, purse, value }) => ({
        purse: keeps as "cagnotte" | "stamps",
        index: Number(purse),
        value: Number(value),
      })),
    });
    const lists = new HandList(numbered(36, [credit]));
    const journal = await week.shops[0]!.journalBytes();
    const bakery = await terminal(1, { merchant: 1, programmes: [36], image: await imageOf([half]), lists, journal });
    bakery.clock.utc = NOON + 3 * DAY;
    expect(await bakery.visit(sale(1_000), anna)).toMatchObject({ result: "done", creditedCents: 147 });
    week.shops[0] = bakery;
    await week.import(1);
    expect(await week.account("credits", MERCHANT_PAYS)).toBe(0);
    expect(await week.account("credits", MERCHANT_PAYS, "stamps")).toBe(0);
    const area = await shown(anna, 36);
    expect(centsOf(area)).toBe(147 - 60 + 147 + 50 + 60 - 60);
    expect(await week.books((ledger) => outstanding(ledger, "cents"))).toBe(centsOf(area));
    expect(await week.books((ledger) => outstanding(ledger, "stamps"))).toBe(stampsOf(area));
    expect(await week.unbalanced()).toEqual([]);
    // The credit is no gift of the rules: a week with it in comes to what the rules gave.
    const later = week.json(half, whole, "--from", "2026-06-18", "--to", "2026-06-18");
    expect(later.document.total.purses[0]).toMatchObject({ given: 50, right: 100 });
  });
});

describe("cachet programme correct: everything a shop does", () => {
  it("comes to no difference where the right version has the same rules, and to the cent where it has others", async () => {
    const speeds = fixtureFile("speeds");
    const week = await Week.open("speeds", [speeds], [35], [1]);
    const shop = week.shops[0]!;
    const chips = [await card(1, { chip: "NTAG216" }), await card(2, { chip: "NTAG216" })];
    const tickets: number[] = [];
    for (let i = 0; i < 12; i += 1) {
      const asked =
        i === 4
          ? topUp(3_000)
          : i === 9
            ? { ...sale(2_100), gift: "mug" }
            : sale(900 + 333 * i, i % 3 === 2 ? 40 : undefined);
      const report = await shop.visit(asked, chips[i % 2]!);
      expect(report).toMatchObject({ result: "done" });
      if (report !== "power-cut") tickets.push(report.ticket!);
      shop.clock.utc += 3_600;
    }
    for (const ticket of [tickets[7]!, tickets[9]!])
      expect(await shop.visit(refund(ticket), chips[1]!)).toMatchObject({ result: "done" });
    expect(await shop.visit(refund(tickets[10]!), chips[0]!)).toMatchObject({ result: "done" });
    await week.import(1);
    const version = (number: number, change: string) =>
      desk.write(
        `speeds-${number}.programme.ts`,
        `import old from ${JSON.stringify(relative(desk.folder, speeds))};`,
        `const change = (rule: (typeof old.rules)[number]) => (${change});`,
        `export default { ...old, version: ${number}, rules: old.rules.map(change) };`,
      );
    const same = week.json(speeds, version(2, "rule"), ...WEEK);
    expect(same.code, same.out).toBe(0);
    expect(same.document.set_aside).toEqual([]);
    expect(same.document.total.visits).toBe(15);
    for (const purse of same.document.total.purses) expect(purse).toMatchObject({ difference: 0, uncovered: 0 });
    expect(same.document.settled).toEqual([]);
    const twice = version(3, 'rule.kind === "cagnotte" ? { ...rule, rate: 1_000 } : rule');
    const other = week.json(speeds, twice, ...WEEK);
    expect(other.code, other.out).toBe(0);
    const of = (name: string) => other.document.total.purses.find(({ purse }: { purse: string }) => purse === name);
    expect(of("cagnotte 0").right).toBeGreaterThan(of("cagnotte 0").given);
    for (const name of ["points 1", "stamps 0", "prepaid 0"]) expect(of(name)).toMatchObject({ difference: 0 });
    expect(other.document.settled.every(({ fate }: { fate: string }) => fate === "credit")).toBe(true);
  });

  it("does so with cards that were brought, points for others, and visits next door", async () => {
    const neighbours = fixtureFile("neighbours");
    const week = await Week.open("neighbours", [neighbours], [40], [1, 2]);
    const [greengrocer, dairy] = week.shops as [SimTerminal, SimTerminal];
    const chip = await card(2);
    const referredBy = cardNumber(ISSUER, 1);
    const visits = [
      [greengrocer, { ...sale(2_000), referredBy }],
      [dairy, sale(1_000)],
      [greengrocer, { ...sale(1_000), gift: "miles", giftPoints: 303 }],
      [greengrocer, { ...sale(500), gift: "don", referredBy }],
      [dairy, refund("last")],
      [greengrocer, sale(700)],
    ] as const;
    for (const [shop, asked] of visits) {
      expect(await shop.visit(asked, chip)).toMatchObject({ result: "done" });
      for (const { clock } of [greengrocer, dairy]) clock.utc += 3_600;
    }
    await week.import(1);
    await week.import(2);
    const version = (number: number, change: string) =>
      desk.write(
        `neighbours-${number}.programme.ts`,
        `import old from ${JSON.stringify(relative(desk.folder, neighbours))};`,
        `const change = (rule: (typeof old.rules)[number]) => (${change});`,
        `export default { ...old, version: ${number}, rules: old.rules.map(change) };`,
      );
    const same = week.json(neighbours, version(2, "rule"), ...WEEK);
    expect(same.code, same.out).toBe(0);
    expect(same.document.set_aside).toEqual([]);
    expect(same.document.total.visits).toBe(6);
    expect(same.document.total.purses).toMatchObject([{ purse: "points 0", difference: 0 }]);
    const more = version(3, 'rule.kind === "referral" ? { ...rule, godchild: 600 } : rule');
    const other = week.json(neighbours, more, ...WEEK);
    expect(other.document.total.purses).toMatchObject([{ purse: "points 0", difference: 100 }]);
  });
});
