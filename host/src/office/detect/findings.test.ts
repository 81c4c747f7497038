import { Chance } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import {
  earned,
  freshCard,
  HandJournal,
  type HandState,
  type HandStep,
  spent,
} from "../../../../tests/fixtures/hand-journal.ts";
import { newLedger, rowsOf } from "../../../../tests/fixtures/ledger.ts";
import { DAY, NOON } from "../../../../tests/fixtures/office-nights.ts";
import { shuffled } from "../../../../tests/fixtures/office-town.ts";
import { auditFault } from "../audit.ts";
import { closeTo, firstOpenDay } from "../closings.ts";
import { importBatch } from "../import.ts";
import { endNight } from "../night.ts";
import { enrolTerminal } from "../terminals.ts";
import { nameOf } from "./finding.ts";
import { findings, suspicious } from "./findings.ts";

const PROGRAMME = 20;
const TERMINALS = 6;
const CARDS = 15;
const MINUTE = 60;

/** What a day's visits leave open. */
interface Torn {
  readonly step: HandStep;
  readonly journal: HandJournal;
}

/**
 * Honest terminals and cards on one clock, none of them off by more than ten minutes. Some visits tear; most are settled when the card
 * comes back, some by another terminal only.
 */
class HonestTown {
  readonly journals = Array.from({ length: TERMINALS }, (_, i) => new HandJournal(i + 1));
  private readonly cards: HandState[] = Array.from({ length: CARDS }, (_, i) => freshCard(500 + i, PROGRAMME));
  private readonly torn = new Map<number, Torn>();
  private readonly chance: Chance;
  private readonly off: readonly number[];
  private time = NOON;

  constructor(seed: number) {
    this.chance = new Chance(seed);
    this.off = this.journals.map(() => MINUTE * (this.chance.below(21) - 10));
  }

  visit(): void {
    this.time += MINUTE * (1 + this.chance.below(40));
    const [at, of] = [this.chance.below(TERMINALS), this.chance.below(CARDS)];
    const journal = this.journals[at]!.at(this.time + this.off[at]!);
    const before = this.torn.get(of);
    // The terminal that was torn from a card settles it when it sees it again.
    if (before?.journal === journal) {
      journal.commit(before.step);
      this.torn.delete(of);
    }
    const from = this.cards[of]!;
    const effects = from.cents > 60 && this.chance.below(3) === 0 ? [spent(50)] : [earned(1 + this.chance.below(99))];
    const [step] = journal.intent([{ from, effects }]);
    const lot = this.chance.below(40);
    if (lot === 0) {
      journal.abort(step!);
      return;
    }
    this.cards[of] = step!.state;
    if (lot === 1 && !this.torn.has(of)) this.torn.set(of, { step: step!, journal });
    else journal.commit(step!);
  }

  get now(): number {
    return this.time;
  }
}

describe("honest traffic", () => {
  it.each([1, 2, 3])("raises nothing, night after night, whoever has not reported yet (seed %i)", async (seed) => {
    const [town, chance, ledger] = [new HonestTown(seed), new Chance(100 + seed), await newLedger()];
    for (const { terminal, merchant, signer } of town.journals)
      await enrolTerminal(ledger, terminal, merchant, signer.publicKey, NOON);
    const night = async (journals: readonly HandJournal[]) => {
      for (const journal of journals) await importBatch(ledger, { name: "b", file: journal.batch() }, town.now);
      await endNight(ledger, "merchant", town.now);
      const seen = await findings(ledger, town.now);
      expect(seen.filter(({ kind }) => kind !== "silent" && kind !== "gap")).toEqual([]);
      expect(await suspicious(ledger, town.now)).toEqual([]);
    };
    for (let day = 0; day < 6; day += 1) {
      for (let visit = 0; visit < 70; visit += 1) town.visit();
      await night(town.journals.filter((journal) => journal.length > 0 && chance.below(2) === 0));
    }
    await night(town.journals);
    // Nothing is silent then, and no gap is left.
    expect(await findings(ledger, town.now)).toEqual([]);
    await ledger.destroy();
  });
});

/** Journals with something of everything that somebody should look at. */
function badTown(): readonly HandJournal[] {
  const journals = Array.from({ length: 5 }, (_, i) => new HandJournal(i + 1, i < 3 ? 1 : i + 1, NOON));
  const [one, two, three, four, five] = journals as [HandJournal, HandJournal, HandJournal, HandJournal, HandJournal];
  const hour = (n: number) => NOON + 3_600 * n;
  const at = (journal: HandJournal, n: number) => journal.at(hour(n));
  const card = (number: number) => freshCard(number, PROGRAMME);
  // Copied.
  const copied = at(one, 0).visit(card(1), earned(900)).state;
  at(two, 1).visit(copied, spent(800));
  at(four, 2).visit(copied, spent(700));
  // A record of nobody.
  const known = at(two, 3).visit(card(2), earned(100)).state;
  at(five, 4).visit({ ...known, hash: new Uint8Array(32).fill(8), sequence: 7, cents: 5_000 }, spent(5_000));
  // Taken back twice.
  const lines = [{ amount: 2_000, quantity: 1 }];
  const [sale] = at(one, 5).intent([{ from: card(3), effects: [earned(100)] }], {
    sale: { lines, tip: 0, payable: 2_000 },
  });
  one.commit(sale!);
  let state = sale!.state;
  for (const [journal, n] of [
    [two, 6],
    [three, 7],
    [one, 8],
  ] as const) {
    const seller = journal === one ? {} : { terminal: 1 };
    const back = { ...spent(100), type: "clawback" as const };
    const over = {
      sale: { lines: [], tip: 0, payable: 0 },
      refund: { ticket: sale!.intent, lines: [0], cents: 2_000, ...seller },
    };
    const [refund] = at(journal, n).intent([{ from: state, effects: n === 6 ? [back] : [] }], over);
    journal.commit(refund!);
    state = refund!.state;
  }
  // A clock that was reset, and cash without end.
  at(four, 9).append({ kind: "power-up", body: { image: new Uint8Array(32), clockSuspect: true } });
  at(five, 10).topUp(card(4), 60_000);
  // In doubt, and found to have happened.
  const [doubt] = at(three, 11).intent([{ from: card(5), effects: [earned(10)] }]);
  at(four, 12).visit(doubt!.state, spent(5));
  return journals;
}

/** Late enough that nobody can still be on the way with an older batch. */
const CAME = NOON + 5 * DAY;

async function nightOf(files: readonly { readonly name: string; readonly file: Uint8Array }[]) {
  const ledger = await newLedger();
  for (const { terminal, merchant, signer } of badTown())
    await enrolTerminal(ledger, terminal, merchant, signer.publicKey, NOON);
  for (const file of files) await importBatch(ledger, file, CAME);
  await endNight(ledger, "card", CAME);
  const seen = await findings(ledger, CAME);
  const closed = await closeTo(ledger, (await firstOpenDay(ledger))! + 2, CAME);
  expect(await auditFault(ledger)).toBeNull();
  const books = {
    seen: seen.map((finding) => [nameOf(finding), finding.cents, finding.what]),
    suspicious: await suspicious(ledger, CAME),
    closings: closed.map(({ hash }) => [...hash].join()),
    clock: await rowsOf(ledger, "select * from clock order by terminal, number"),
    refunds: await rowsOf(ledger, "select * from refund order by terminal, ticket, by_terminal, number"),
    charges: await rowsOf(ledger, "select * from refund_charge order by number"),
  };
  await ledger.destroy();
  return { books, kinds: new Set(seen.map(({ kind }) => kind)) };
}

describe("a night with everything in it", () => {
  it("is judged the same in whatever order its files came, worst first", async () => {
    const files = badTown().flatMap((journal) => {
      const half = Math.ceil(journal.length / 2);
      const ranges: readonly (readonly [number, number])[] = [
        [1, half],
        [half, journal.length],
      ];
      return ranges.map(([first, last]) => ({
        name: `${journal.terminal}-${first}`,
        file: journal.batch(first, last),
      }));
    });
    const first = await nightOf(files);
    expect([...first.kinds]).toEqual(["fork", "no-journal", "overdrawn", "second-refund", "top-ups", "clock"]);
    expect(first.books.suspicious.map(({ card }) => card)).toEqual([1, 2]);
    expect(first.books.charges).toMatchObject([
      { terminal: 3, borne_by: "card" },
      { terminal: 1, borne_by: "card" },
    ]);
    const chance = new Chance(5);
    for (let i = 0; i < 8; i += 1) {
      expect((await nightOf(shuffled(files, chance))).books, `shuffle ${i}`).toEqual(first.books);
    }
  });
});
