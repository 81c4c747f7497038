import type { SettleRequest, VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { visitKind } from "@cachet/firmware/wire";
import {
  type Mishap,
  Mishaps,
  type OperationKind,
  type SimTerminal,
  TORN_PAGES,
  type Type2Chip,
} from "@cachet/terminal-sim";
import { expect } from "vitest";
import {
  centsOf,
  history,
  type JournalledArea,
  journalledAreas,
  pointsOf,
  type ShownArea,
  shown,
  stampsOf,
  unitsOf,
} from "../fixtures/audit.ts";
import { type CardOptions, card, type TerminalOptions, terminal } from "../fixtures/town.ts";

/** A kind of card, and terminals that hold some programmes. */
export interface Setting {
  readonly card: CardOptions;
  readonly terminals: TerminalOptions;
  readonly programmes: readonly number[];
  /** A visit that writes every area of the card. */
  readonly writesAll: () => VisitRequest;
}

/** One kind of visit, from the state in which it begins. */
export interface Scenario {
  readonly name: string;
  /** Visits that bring the card there. */
  readonly before: readonly (() => VisitRequest)[];
  /** `ticket` is that of the last visit before, `code` the one on its receipt. */
  readonly visit: (ticket: number, code: string) => VisitRequest;
  /** Terminal of the visits before; the first one, which the visit is cut at, where it is left out. */
  readonly soldAt?: number;
  /** Nothing was ever written to the card. */
  readonly opens: boolean;
  /** What changes once the card is there: what happens to it (it shows `area` then), and with what the terminals go on. */
  readonly prepare?: (chip: Type2Chip, area: ShownArea) => TerminalOptions;
  /** The card shows no record until one is restored. */
  readonly unreadable?: boolean;
  /** Number of the last credit on the list: applied once by everything that follows, with all before it. */
  readonly lastCredit?: number;
}

export type Afterwards = "same visit again" | "another visit" | "another terminal first" | "settle";
const AFTERWARDS: readonly Afterwards[] = ["same visit again", "another visit", "another terminal first", "settle"];

export interface Cut {
  readonly operation: number;
  readonly mishap: Mishap;
  readonly afterwards: Afterwards;
  readonly returns: boolean;
}

const card1 = (when: Mishap["when"]): Mishap[] => [
  { what: "card", when },
  { what: "power", when },
];

/** Every way in which one operation can be interrupted. */
export function mishapsFor(kind: OperationKind): Mishap[] {
  const inside = (pages: readonly (typeof TORN_PAGES)[number][]) =>
    pages.flatMap((page): Mishap[] => [
      { what: "card", when: "inside", torn: { page, part: 0 } },
      { what: "power", when: "inside", torn: { page, part: 0 } },
    ]);
  switch (kind) {
    case "card-read":
      return [...card1("before"), ...card1("after")];
    case "card-write":
      return [...card1("before"), ...inside(TORN_PAGES), ...card1("after")];
    case "card-count":
      return [...card1("before"), ...inside(["old", "new"]), ...card1("after")];
    case "journal-append":
    case "file-append":
    case "file-truncate": {
      const parts = [1, 8, 100, 200, 255].map(
        (part): Mishap => ({ what: "power", when: "inside", torn: { page: "old", part } }),
      );
      return [{ what: "power", when: "before" }, ...parts, { what: "power", when: "after" }];
    }
    case "file-replace": {
      const either = (["old", "new"] as const).map(
        (page): Mishap => ({ what: "power", when: "inside", torn: { page, part: 0 } }),
      );
      return [{ what: "power", when: "before" }, ...either, { what: "power", when: "after" }];
    }
  }
}

/** Every cut of a visit with these operations, and what the customer does afterwards. */
export function* cutsOf(operations: readonly OperationKind[]): Generator<Cut> {
  for (const [operation, kind] of operations.entries()) {
    for (const mishap of mishapsFor(kind)) {
      for (const afterwards of AFTERWARDS) {
        for (const returns of mishap.what === "card" ? [true, false] : [false]) {
          yield { operation, mishap, afterwards, returns };
        }
      }
    }
  }
}

const SERIAL = 7;

/** Cash that customers handed over for top-ups, less what they got back. */
class Cashbox {
  cents = 0;
  take(request: VisitRequest): void {
    if (request.kind === "top-up") this.cents += request.amount;
  }
  give(report: VisitReport | "power-cut"): void {
    if (report !== "power-cut") this.cents -= report.giveBackCents;
  }
}

/** One setting and one scenario, ready to be cut. */
export class Sweep {
  readonly setting: Setting;
  readonly scenario: Scenario;
  readonly options: TerminalOptions;
  private readonly journal: Uint8Array;
  private readonly chip: Type2Chip;
  /** By programme: the state hash before anything was written. */
  readonly origins: ReadonlyMap<number, string>;
  private readonly cashBefore: number;
  private readonly ticket: number;
  private readonly code: string;
  /** Journals of terminals that are only looked at, by number. */
  private readonly elsewhere: ReadonlyMap<number, Uint8Array>;

  private constructor(
    setting: Setting,
    scenario: Scenario,
    options: TerminalOptions,
    begin: {
      journal: Uint8Array;
      chip: Type2Chip;
      origins: ReadonlyMap<number, string>;
      cash: number;
      ticket: number;
      code: string;
    },
  ) {
    this.setting = setting;
    this.scenario = scenario;
    this.options = options;
    const isHere = (scenario.soldAt ?? 1) === 1;
    this.journal = isHere ? begin.journal : new Uint8Array();
    this.elsewhere = isHere ? new Map() : new Map([[scenario.soldAt!, begin.journal]]);
    this.chip = begin.chip;
    this.origins = begin.origins;
    this.cashBefore = begin.cash;
    this.ticket = begin.ticket;
    this.code = begin.code;
  }

  /** Brings a card into the state in which the scenario begins. */
  static async begin(setting: Setting, scenario: Scenario, over: TerminalOptions = {}): Promise<Sweep> {
    const options = { ...setting.terminals, ...over };
    const chip = await card(SERIAL, setting.card);
    const origins = new Map<number, string>();
    for (const programme of setting.programmes) origins.set(programme, (await shown(chip, programme)).hash);
    const first = await terminal(scenario.soldAt ?? 1, options);
    const cashbox = new Cashbox();
    let ticket = 0;
    for (const request of scenario.before) {
      const asked = request();
      cashbox.take(asked);
      const report = await first.visit(asked, chip);
      expect(report, scenario.name).toMatchObject({ result: "done", giveBackCents: 0 });
      if (report !== "power-cut") ticket = report.ticket ?? 0;
    }
    const journal = await first.journalBytes();
    const code = codeOf(first);
    first.powerOff();
    const prepared = scenario.prepare?.(chip, await shown(chip, setting.programmes[0]!)) ?? {};
    return new Sweep(
      setting,
      scenario,
      { ...options, ...prepared },
      {
        journal,
        chip,
        origins,
        cash: cashbox.cents,
        ticket,
        code,
      },
    );
  }

  /** The card and the first terminal as the scenario finds them. */
  async again(): Promise<{ readonly chip: Type2Chip; readonly shop: SimTerminal }> {
    return { chip: this.chip.copy(), shop: await this.start() };
  }

  private start(): Promise<SimTerminal> {
    const journal = this.journal.length === 0 ? {} : { journal: this.journal };
    return terminal(1, { ...this.options, ...journal });
  }

  /** The operations of the whole visit. */
  async operations(): Promise<OperationKind[]> {
    const whole = await this.start();
    whole.mishaps = new Mishaps();
    expect(await whole.visit(this.scenario.visit(this.ticket, this.code), this.chip.copy())).toMatchObject({
      result: "done",
    });
    whole.powerOff();
    return whole.mishaps.seen;
  }

  private async look(
    label: string,
    chip: Type2Chip,
    terminals: ReadonlyMap<number, SimTerminal>,
    settledFully: boolean,
  ): Promise<{ readonly intents: JournalledArea[]; readonly toppedUp: number }> {
    const journals = new Map(this.elsewhere);
    for (const [number, one] of terminals) journals.set(number, await one.journalBytes());
    const intents = journalledAreas(journals);
    let toppedUp = 0;
    for (const programme of this.setting.programmes) {
      const area = await shown(chip, programme);
      const ofArea = intents.filter((intent) => intent.programme === programme);
      if (this.scenario.unreadable === true && UNREADABLE.includes(area.reading.kind)) {
        const restored = ofArea.filter(({ credits, outcome }) => credits.length > 0 && outcome === "committed");
        expect(restored, `${label}: restored and not readable`).toEqual([]);
        continue;
      }
      toppedUp += checkArea(
        `${label}, programme ${programme}`,
        area,
        this.origins.get(programme)!,
        ofArea,
        settledFully,
        settledFully ? this.scenario.lastCredit : undefined,
      );
    }
    return { intents, toppedUp };
  }

  /** Runs one cut and everything after it. Every state in between must be valid, and every cent where it belongs. */
  async run(cut: Cut): Promise<void> {
    const { operation, mishap, afterwards, returns } = cut;
    const label = `${this.scenario.name}, operation ${operation}, ${JSON.stringify(mishap)}, ${afterwards}, ${returns ? "returns" : "leaves"}`;
    const chip = this.chip.copy();
    const first = await this.start();
    const terminals = new Map([[1, first]]);
    const cashbox = new Cashbox();
    cashbox.cents = this.cashBefore;
    const tap = async (where: SimTerminal, request: VisitRequest, returning = false) => {
      let returned = false;
      const report = await where.visit(request, chip, () => {
        if (!returning || returned) return null;
        returned = true;
        return chip;
      });
      cashbox.give(report);
      return report;
    };
    const look = (when: string, settledFully: boolean) => this.look(`${label}; ${when}`, chip, terminals, settledFully);

    const request = this.scenario.visit(this.ticket, this.code);
    cashbox.take(request);
    first.mishaps = new Mishaps().at(operation, mishap);
    const report = await tap(first, request, returns);
    first.mishaps = new Mishaps();
    const atOnce = await look("at once", false);
    expect(cashbox.cents, `${label}: money on the card that nobody paid`).toBeGreaterThanOrEqual(atOnce.toppedUp);
    for (const programme of report === "power-cut" ? [] : report.committed) {
      const told = atOnce.intents.filter(
        (intent) =>
          intent.body.visit === request.visit &&
          intent.programme === programme &&
          (request.kind === "settle" || !isNull(intent)),
      );
      expect(
        told.map(({ outcome }) => outcome),
        `${label}: told as committed`,
      ).toContain("committed");
    }
    if (report === "power-cut") await first.powerOn();
    // A terminal that stopped before it stored anything has nothing to say of the cash: staff see that nothing was done.
    const isKnown = atOnce.intents.some(({ body }) => body.visit === request.visit);
    if (report === "power-cut" && !isKnown && afterwards !== "same visit again" && request.kind === "top-up") {
      cashbox.cents -= request.amount;
    }

    if (afterwards === "another terminal first") {
      const other = await terminal(2, this.options);
      terminals.set(2, other);
      const elsewhere = await tap(other, this.setting.writesAll());
      // A first write that tore inside its very last page cannot be told from damage by a terminal without its intent.
      const cells = mishap.torn?.page === "mixed" || mishap.torn?.page === "weak";
      const damagedOpening = this.scenario.opens && mishap.when === "inside" && cells;
      if (!damagedOpening && this.scenario.unreadable !== true)
        expect(elsewhere, label).toMatchObject({ result: "done" });
      await look("after another terminal", false);
    }
    const second: Readonly<Record<Afterwards, () => VisitRequest>> = {
      "same visit again": () => request,
      "another visit": this.setting.writesAll,
      "another terminal first": this.setting.writesAll,
      settle: (): SettleRequest => ({ kind: "settle", visit: request.visit + 500_000 }),
    };
    if (afterwards === "same visit again" && report !== "power-cut" && report.giveBackCents > 0) cashbox.take(request);
    const again = await tap(first, second[afterwards]());
    expect(again, label).not.toBe("power-cut");
    await look("after the next tap", false);
    // One more visit writes every area, so that whatever was still open is decided.
    expect(await tap(first, this.setting.writesAll()), label).toMatchObject({ result: "done" });
    const atLast = await look("at last", true);
    expect(cashbox.cents, `${label}: cash against what the card got`).toBe(atLast.toppedUp);
    if (afterwards === "same visit again" && request.kind !== "settle")
      this.happenedOnce(label, atLast.intents, request);
    for (const one of terminals.values()) one.powerOff();
  }

  private happenedOnce(label: string, intents: readonly JournalledArea[], { visit }: VisitRequest): void {
    const ofVisit = intents.filter(({ body }) => body.visit === visit).filter((intent) => !isNull(intent));
    for (const programme of new Set(ofVisit.map((intent) => intent.programme))) {
      const done = ofVisit.filter((intent) => intent.programme === programme && intent.outcome === "committed");
      expect(done.length, `${label}: the visit happened once for programme ${programme}`).toBe(1);
    }
    expect(ofVisit.length, `${label}: the visit happened`).toBeGreaterThan(0);
  }
}

const isNull = ({ body }: JournalledArea): boolean => visitKind(body) === "null";

/**
 * The sum of what really happened, by the chain of states on the card; every happened intent must not be aborted, and the
 * reverse. Gives the cents of top-ups among it.
 */
export function checkArea(
  label: string,
  area: ShownArea,
  origin: string,
  intents: readonly JournalledArea[],
  settledFully: boolean,
  lastCredit?: number,
): number {
  expect(["current", "free"], `${label}: area is ${area.reading.kind}`).toContain(area.reading.kind);
  const happened = history(area, origin, intents);
  expect(happened, `${label}: the card shows a state that no intent names`).not.toBeNull();
  let [cents, stamps, points, units, toppedUp] = [0, 0, 0, 0, 0];
  for (const intent of intents) {
    const did = happened!.has(intent);
    if (intent.outcome === "committed")
      expect(did, `${label}: intent ${intent.intent} committed, not on card`).toBe(true);
    if (intent.outcome === "aborted") expect(did, `${label}: intent ${intent.intent} aborted, but on card`).toBe(false);
    if (settledFully) expect(intent.outcome, `${label}: intent ${intent.intent} left open`).not.toBe("open");
    if (!did) continue;
    cents += intent.centsMoved;
    stamps += intent.stampsMoved;
    points += intent.pointsMoved;
    units += intent.unitsMoved;
    toppedUp += intent.body.topUp ?? 0;
  }
  const applied = checkCredits(label, area, [...happened!].reverse());
  if (lastCredit !== undefined) expect(applied, `${label}: credits applied`).toBe(lastCredit);
  expect(centsOf(area), `${label}: cents on the card`).toBe(cents);
  expect(pointsOf(area), `${label}: points on the card`).toBe(points);
  expect(unitsOf(area), `${label}: units on the card`).toBe(units);
  expect(stampsOf(area), `${label}: stamps on the card`).toBe(stamps);
  return toppedUp;
}

/** The code on the last receipt of a terminal; empty where it has none. */
function codeOf({ till }: SimTerminal): string {
  const lines = till.receipts.at(-1) ?? [];
  return lines.flatMap((line) => (line.line === "code" ? [line.text] : []))[0] ?? "";
}

const UNREADABLE = ["behind", "damaged"];

/** Along the card's states each credit was applied once, in the order of their numbers; a restored record leaps. Gives the last. */
function checkCredits(label: string, { reading }: ShownArea, chain: readonly JournalledArea[]): number {
  let last = 0;
  for (const { credits, body, programme } of chain) {
    const effects = body.areas.find((area) => area.programme === programme)!.effects;
    if (effects.some(({ type }) => type === "restore")) last = credits[0]! - 1;
    for (const number of credits) {
      expect(number, `${label}: credits of the card's chain`).toBe(last + 1);
      last = number;
    }
  }
  if (reading.kind === "current") expect(reading.state.credit, `${label}: last credit on the card`).toBe(last);
  return last;
}

/** Cuts a scenario everywhere; gives the number of cuts. `every` takes one cut in so many. */
export async function sweepAll(
  setting: Setting,
  scenario: Scenario,
  over: TerminalOptions = {},
  every = 1,
): Promise<{ readonly operations: readonly OperationKind[]; readonly cuts: number }> {
  const sweep = await Sweep.begin(setting, scenario, over);
  const operations = await sweep.operations();
  const cuts = [...cutsOf(operations)].filter((_, i) => i % every === 0);
  for (const cut of cuts) await sweep.run(cut);
  console.log(`${scenario.name}: ${operations.length} operations, ${cuts.length} cuts`);
  return { operations, cuts: cuts.length };
}
