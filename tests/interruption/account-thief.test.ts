import type { CardLists, CardOnList, ListedAllowance, VisitReport, VisitRequest } from "@cachet/firmware/hal";
import type { SimTerminal } from "@cachet/terminal-sim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { changeBalance } from "../../host/src/office/lists/ceilings.ts";
import { heldLists } from "../../host/src/office/lists/held.ts";
import { type PreparedList, prepareList } from "../../host/src/office/lists/night.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { account, CAGNOTTE } from "../fixtures/account-list.ts";
import { entriesOf } from "../fixtures/audit.ts";
import { AT, faultOf, newLedger, ON_POSTGRES, rowsOf } from "../fixtures/ledger.ts";
import { office } from "../fixtures/lists.ts";
import { NOON, refund, sale, TOWN, terminal } from "../fixtures/town.ts";

const HER = account(77);
const MERCHANT = 2;
const SHOPS = [1, 2] as const;
const DAY = 9_667;
const RUNS = ON_POSTGRES ? 1 : 15;
type Contents = PreparedList["contents"];

/** The list that one terminal holds: the thief decides when it comes. */
class BroughtList implements CardLists {
  held: Contents | null = null;

  onCard(): Omit<CardOnList, "restored"> {
    return { blocked: null, credits: [], revoked: [], listDays: 0, writeLayout: 2 };
  }

  allowance(of: number, terminal: number): readonly ListedAllowance[] {
    const { sections } = this.held ?? {};
    return (sections?.balances.of({ account: of }) ?? []).map(({ programme, purse, balance }) => {
      const ceiling = sections!.ceilings.of({ account: of, programme, purse, terminal })[0]?.ceiling ?? 0;
      return { programme, purse, balance, ceiling };
    });
  }
}

/** A ticket that the thief holds: with the code on it, and what goods it was for. */
interface Ticket {
  readonly shop: number;
  readonly number: number;
  readonly code: string;
  readonly goods: number;
}

/** Two real terminals of one merchant, their office, and somebody who has copied all there is to copy. */
class Heist {
  readonly ledger: Ledger;
  readonly shops = new Map<number, { readonly at: SimTerminal; readonly list: BroughtList }>();
  readonly lists: Contents[] = [];
  readonly tickets: Ticket[] = [];
  /** Goods that he has, less the money that he paid for them. */
  loot = 0;
  given = 0;
  private minutes = 0;
  private readonly back = new Set<string>();

  private constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  static async plan(): Promise<Heist> {
    const heist = new Heist(await newLedger());
    for (const number of SHOPS) {
      const list = new BroughtList();
      heist.shops.set(number, { at: await terminal(number, { merchant: MERCHANT, lists: list }), list });
      await enrolTerminal(heist.ledger, number, MERCHANT, testTerminalSigner(number).publicKey, AT);
    }
    await heist.put(500);
    await heist.makeList();
    for (const number of SHOPS) await heist.bring(number, 0);
    return heist;
  }

  async put(value: number): Promise<void> {
    const of = { account: HER, programme: TOWN, purse: CAGNOTTE };
    const change = { value, from: { account: "pays", holder: 2 }, day: DAY } as const;
    await this.ledger.transaction().execute(async (one) => changeBalance(one, of, change, await heldLists(one), AT));
    this.given += value;
  }

  async makeList(): Promise<void> {
    const head = { issuer: 1, issued: AT, officeKey: office.publicKey, writeLayout: 2 };
    this.lists.push(
      (await prepareList(this.ledger, { ...head, revokedGenerations: [], revokedKeys: [] }, DAY)).contents,
    );
  }

  /** A list comes to a terminal, `back` versions late; one that is older than what it holds is not taken. */
  async bring(number: number, back: number): Promise<void> {
    const { at, list } = this.shops.get(number)!;
    const contents = this.lists[Math.max(0, this.lists.length - 1 - back)]!;
    const { version } = contents;
    if (version <= (list.held?.version ?? 0)) return;
    list.held = contents;
    await at.supervisor.books!.journal.noteList({ list: new Uint8Array(32).fill(version), version });
  }

  async report(number: number): Promise<void> {
    const { journal } = this.shops.get(number)!.at.supervisor.books!;
    const batch = journal.collect(1, journal.count, number, testTerminalSigner(number).sign);
    if (typeof batch === "string") throw new Error(batch);
    const outcome = await importBatch(this.ledger, batch, AT);
    if (outcome.status === "quarantined") throw new Error(outcome.detail);
  }

  private async ask(number: number, request: VisitRequest, goods: number): Promise<VisitReport> {
    const { at } = this.shops.get(number)!;
    this.minutes += 1;
    for (const { at: each } of this.shops.values()) each.clock.set(NOON + 60 * this.minutes);
    const report = (await at.serve(request)) as VisitReport;
    if (report.result !== "done") return report;
    if (report.payOutCents === undefined) this.loot += goods - report.payable;
    else this.loot += report.payOutCents - goods;
    const code = at.till.receipts.at(-1)!.flatMap((line) => (line.line === "code" ? [line.text] : []))[0]!;
    this.tickets.push({ shop: number, number: report.ticket!, code, goods });
    return report;
  }

  buy(number: number, goods: number, by: { account: number } | { ticket: string }): Promise<VisitReport> {
    return this.ask(number, { ...sale(goods, "max"), by }, goods);
  }

  /** Brings goods back with a ticket that he has: its number means something where it was printed alone. */
  async takeBack({ shop, number, code, goods }: Ticket, at: number, byCode: boolean): Promise<void> {
    const { result } = await this.ask(byCode ? at : shop, refund(byCode ? { code } : number), goods);
    const name = `${shop} ${number}`;
    // He has the goods once.
    if (this.back.has(name)) expect(result).toBe("refused");
    else if (result === "done") this.back.add(name);
  }

  ticket(which: number): Ticket | undefined {
    return this.tickets[which % Math.max(1, this.tickets.length)];
  }
}

const shop = fc.constantFrom(...SHOPS);
const which = fc.nat(40);
const goods = fc.integer({ min: 1, max: 3_000 });
const what = <Name extends string>(name: Name): fc.Arbitrary<Name> => fc.constant(name);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ what: what("stripe"), shop, goods }) },
  { weight: 5, arbitrary: fc.record({ what: what("receipt"), shop, goods, which }) },
  { weight: 1, arbitrary: fc.record({ what: what("new receipt"), shop, goods }) },
  { weight: 4, arbitrary: fc.record({ what: what("refund"), shop, which, byCode: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ what: what("list") }) },
  { weight: 3, arbitrary: fc.record({ what: what("bring"), shop, back: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ what: what("report"), shop }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

async function does(heist: Heist, one: Step): Promise<void> {
  if (one.what === "list") await heist.makeList();
  else if (one.what === "bring") await heist.bring(one.shop, one.back);
  else if (one.what === "report") await heist.report(one.shop);
  else if (one.what === "stripe") await heist.buy(one.shop, one.goods, { account: HER });
  else if (one.what === "new receipt") await heist.buy(one.shop, one.goods, { ticket: "" });
  else {
    const ticket = heist.ticket(one.which);
    if (ticket === undefined) return;
    if (one.what === "receipt") await heist.buy(one.shop, one.goods, { ticket: ticket.code });
    else await heist.takeBack(ticket, one.shop, one.byCode);
  }
}

/** What the journals say was moved in cents, all accounts together: earned, of that taken back, and spent less what came back. */
async function moved(heist: Heist): Promise<{ earned: number; clawedBack: number; spent: number }> {
  const sums = { earned: 0, clawedBack: 0, spent: 0 };
  for (const { at } of heist.shops.values()) {
    for (const { kind, body } of entriesOf(await at.journalBytes())) {
      for (const { added, taken } of kind === "account" ? body.areas.flatMap(({ purses }) => purses) : []) {
        sums.earned += Math.max(0, added);
        sums.clawedBack += Math.max(0, -added);
        sums.spent += taken;
      }
    }
  }
  return sums;
}

/** Everybody reports, and the office's books are held against the journals, to the cent. */
async function settle(heist: Heist): Promise<void> {
  for (const number of SHOPS) await heist.report(number);
  await heist.makeList();
  const sumOf = async (what: string): Promise<number> => Number((await rowsOf(heist.ledger, what))[0]!.sum);
  const posted = (...accounts: readonly string[]) =>
    sumOf(
      `select coalesce(sum(amount), 0) as sum from posting where account in ('${accounts.join("','")}') and unit = 'cents'`,
    );
  const { earned, clawedBack, spent } = await moved(heist);
  expect(await posted("account", "promised")).toBe(heist.given + earned - clawedBack - spent);
  expect(await posted("account")).toBe(await sumOf("select coalesce(sum(balance), 0) as sum from account_balance"));
  expect(await rowsOf(heist.ledger, "select * from alert")).toEqual([]);
  expect(await faultOf(heist.ledger)).toBeNull();
  await heist.ledger.destroy();
  for (const { at } of heist.shops.values()) at.powerOff();
}

describe("somebody with copies of a stripe and of every receipt, at two terminals", () => {
  it("never takes out more than was put in and earned, and the books find each cent", async () => {
    const seen = { loot: 0, clawedBack: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 45 }), async (steps) => {
        const heist = await Heist.plan();
        for (const one of steps) {
          await does(heist, one);
          const { earned, spent } = await moved(heist);
          // What he has for nothing is what the accounts paid.
          expect(heist.loot).toBe(spent);
          expect(spent).toBeLessThanOrEqual(heist.given + earned);
        }
        seen.loot += heist.loot;
        seen.clawedBack += (await moved(heist)).clawedBack;
        await settle(heist);
      }),
      { numRuns: RUNS },
    );
    if (RUNS > 5) expect(Math.min(seen.loot, seen.clawedBack)).toBeGreaterThan(100);
  });
});
