import { CARD_EPOCH_SECONDS, type Day, toHex } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import type { SaleRequest, Sandbox, VisitReport } from "@cachet/firmware/hal";
import { Chance } from "../device/chance.ts";
import { SimClock, SimTerminal } from "../device/terminal.ts";
import { Type2Chip } from "../device/type2-chip.ts";
import { membersOf, type TownPurchase } from "./customers.ts";
import { drawPlace, drawRedeem, OPEN_SECONDS, OPENS_AT, saleOf } from "./habits.ts";
import type { WorldOffice } from "./office.ts";

export interface TownOptions {
  readonly seed: number;
  readonly purchases: readonly TownPurchase[];
  readonly terminals: number;
  /** Merchants that have terminals, by number. */
  readonly merchants: readonly number[];
  readonly image: Uint8Array;
  readonly newSandbox: () => Sandbox;
  readonly offsetAt: (utc: number) => number;
  /** Milliseconds the sandboxes have computed so far; only measured, never used. */
  readonly computedMs: () => number;
  readonly office: Pick<WorldOffice, "enrol" | "personalise" | "receive" | "look">;
  /** The office's clock, UTC seconds: it lives today, whenever the purchases were. */
  readonly now: () => number;
  readonly progress: (done: number, of: number) => void;
}

/** What happened in the town. */
export interface TownRun {
  readonly visits: number;
  readonly cards: number;
  /** Visits by how they ended. */
  readonly results: Readonly<Partial<Record<VisitReport["result"], number>>>;
  readonly batches: number;
  readonly entries: number;
  /** Batches that the office did not take as new, and what it said. */
  readonly notAccepted: readonly string[];
  /** Sums over all cards, read from the cards. */
  readonly cardCents: number;
  readonly cardStamps: number;
  readonly heapBytes: number;
  readonly p99VisitMs: number;
  /** The last ticket printed in the town, as text. */
  readonly lastTicket: readonly string[];
}

const SECONDS_PER_DAY = 86_400;

interface Visit {
  readonly utc: number;
  readonly month: number;
  readonly member: string;
  readonly terminal: number;
  readonly request: SaleRequest;
}

/** Turns purchases into visits in the order of time: hour, terminal and spending are drawn from the seed. */
function plan(options: TownOptions, chance: Chance): Visit[] {
  const usual = new Map<string, number>();
  for (const member of membersOf(options.purchases).keys()) usual.set(member, chance.below(options.terminals));
  const drawn = options.purchases.map((purchase) => {
    const local = CARD_EPOCH_SECONDS + purchase.day * SECONDS_PER_DAY + OPENS_AT + chance.below(OPEN_SECONDS);
    const terminal = drawPlace(chance, usual.get(purchase.member)!, options.terminals);
    return { purchase, utc: local - options.offsetAt(local) * 60, terminal, redeem: drawRedeem(chance) };
  });
  drawn.sort((a, b) => a.utc - b.utc);
  return drawn.map(({ purchase, utc, terminal, redeem }, index): Visit => {
    return {
      utc,
      month: new Date(utc * 1_000).getUTCMonth(),
      member: purchase.member,
      terminal,
      request: saleOf(index + 1, purchase.amountCents, purchase.items, redeem),
    };
  });
}

class Town {
  readonly terminals: SimTerminal[] = [];
  readonly chips = new Map<string, Type2Chip>();
  readonly notAccepted: string[] = [];
  batches = 0;
  entries = 0;
  heapBytes = 0;
  private readonly options: TownOptions;
  private readonly collectedTo: number[] = [];

  constructor(options: TownOptions) {
    this.options = options;
  }

  async open(startUtc: number): Promise<void> {
    const { terminals, merchants, office, image, newSandbox, offsetAt, now } = this.options;
    for (let number = 1; number <= terminals; number += 1) {
      const belonging = await office.enrol(number, merchants[(number - 1) % merchants.length]!, now());
      const clock = new SimClock(startUtc, offsetAt);
      const terminal = new SimTerminal({ belonging, image, clock, newSandbox });
      await terminal.powerOn();
      this.terminals.push(terminal);
      this.collectedTo.push(0);
    }
  }

  /** A blank NTAG215 for each member, its UID drawn from the seed. */
  async issueCards(chance: Chance, day: Day): Promise<void> {
    const uids = new Set<string>();
    for (const [member, place] of membersOf(this.options.purchases)) {
      let uid = Uint8Array.of(0x04, ...chance.bytes(6));
      while (uids.has(toHex(uid))) uid = Uint8Array.of(0x04, ...chance.bytes(6));
      uids.add(toHex(uid));
      const chip = new Type2Chip("NTAG215", uid);
      await this.options.office.personalise(chip, place + 1, day);
      this.chips.set(member, chip);
    }
  }

  /** Collects what each terminal has kept since the last time and hands it to the office. */
  async collect(): Promise<void> {
    for (const [index, terminal] of this.terminals.entries()) {
      this.heapBytes = Math.max(this.heapBytes, terminal.usedBytes());
      const from = this.collectedTo[index]! + 1;
      if (from > terminal.entryCount) continue;
      const batch = terminal.collect(from);
      const { status, said } = await this.options.office.receive(batch, this.options.now());
      if (status !== "accepted") this.notAccepted.push(`${batch.name}: ${said}`);
      this.collectedTo[index] = batch.last;
      this.batches += 1;
      this.entries += batch.last - batch.first + 1;
    }
  }

  close(): void {
    for (const terminal of this.terminals) terminal.powerOff();
  }
}

function percentile99(values: number[]): number {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.ceil(values.length * 0.99) - 1)] ?? 0;
}

/** Replays purchases as taps in a town of terminals, collects every month, and reads every card at the end. */
export async function runTown(options: TownOptions): Promise<TownRun> {
  const chance = new Chance(options.seed);
  const visits = plan(options, chance);
  const town = new Town(options);
  const [first] = visits;
  if (first === undefined) throw new RangeError("no purchases to replay");
  await town.open(first.utc - 1);
  await town.issueCards(chance, Math.floor((first.utc - CARD_EPOCH_SECONDS) / SECONDS_PER_DAY));

  const results: Partial<Record<VisitReport["result"], number>> = {};
  const computed: number[] = [];
  let month = first.month;
  let lastTicket: readonly string[] = [];
  for (const [index, visit] of visits.entries()) {
    if (visit.month !== month) await town.collect();
    month = visit.month;
    const terminal = town.terminals[visit.terminal]!;
    terminal.clock.utc = visit.utc;
    const before = options.computedMs();
    const report = await terminal.visit(visit.request, town.chips.get(visit.member)!);
    computed.push(options.computedMs() - before);
    if (report === "power-cut") throw new Error("a power cut that nobody planned");
    results[report.result] = (results[report.result] ?? 0) + 1;
    if (report.result === "done") lastTicket = receiptText(terminal.till.receipts.at(-1) ?? []);
    options.progress(index + 1, visits.length);
  }
  await town.collect();
  town.close();

  let [cardCents, cardStamps] = [0, 0];
  for (const chip of town.chips.values()) {
    const shown = await options.office.look(chip);
    if (shown === null) throw new Error("a card of the town cannot be read");
    for (const { cents, stamps } of shown.values()) {
      cardCents += cents;
      cardStamps += stamps;
    }
  }
  const { batches, entries, notAccepted, heapBytes } = town;
  return {
    visits: visits.length,
    cards: town.chips.size,
    results,
    batches,
    entries,
    notAccepted,
    cardCents,
    cardStamps,
    heapBytes,
    p99VisitMs: percentile99(computed),
    lastTicket,
  };
}
