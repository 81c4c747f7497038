import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { visitKind } from "@cachet/firmware/wire";
import { Mishaps, type OperationKind, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { expect } from "vitest";
import { type JournalledArea, journalledAreas, type ShownArea, shown } from "../fixtures/audit.ts";
import { type CardOptions, card, type TerminalOptions, terminal } from "../fixtures/town.ts";
import { stateOf, WitnessReader } from "../fixtures/witness.ts";
import { checkArea } from "./check-area.ts";
import { type Afterwards, alike, type Cut, cutsOf } from "./cuts.ts";

export { checkArea } from "./check-area.ts";
export { type Afterwards, type Cut, cutsOf, mishapsFor } from "./cuts.ts";

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

const SERIAL = 7;

/** In a soak what follows is told for every cut, also where it can only be the same. */
const EACH_IN_FULL = process.env.CACHET_SOAK === "1";

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

/** What a cut visit left behind, before anything else happens. */
interface Left {
  readonly chip: Type2Chip;
  /** Off where the power went. */
  readonly first: SimTerminal;
  readonly report: VisitReport | "power-cut";
  readonly cents: number;
  readonly intents: readonly JournalledArea[];
  /** See `stateOf`. */
  readonly state: string;
}

/** One setting and one scenario, ready to be cut. Every cut makes the same requests, so that all stories can be compared. */
export class Sweep {
  readonly setting: Setting;
  readonly scenario: Scenario;
  readonly options: TerminalOptions;
  private readonly journal: Uint8Array;
  private readonly chip: Type2Chip;
  /** By programme: the state hash before anything was written. */
  readonly origins: ReadonlyMap<number, string>;
  private readonly cashBefore: number;
  /** The visit that is cut, and visits that write every area after it. */
  private readonly request: VisitRequest;
  private readonly later: readonly [VisitRequest, VisitRequest, VisitRequest];
  /** What was gone on from, and how: the same again would end the same. */
  private readonly gone = new Set<string>();
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
    this.request = scenario.visit(begin.ticket, begin.code);
    this.later = [setting.writesAll(), setting.writesAll(), setting.writesAll()];
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

  private start(over: TerminalOptions = {}): Promise<SimTerminal> {
    return terminal(1, { ...this.options, journal: this.journal, ...over });
  }

  /** The operations of the whole visit. */
  async operations(): Promise<OperationKind[]> {
    const whole = await this.start();
    whole.mishaps = new Mishaps();
    expect(await whole.visit(this.request, this.chip.copy())).toMatchObject({ result: "done" });
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

  private label({ operation, mishap, afterwards, returns }: Cut): string {
    return `${this.scenario.name}, operation ${operation}, ${JSON.stringify(mishap)}, ${afterwards}, ${returns ? "returns" : "leaves"}`;
  }

  /**
   * Runs one way of cutting, and everything after it that these cuts ask for. Gives how many of them led to a state from which
   * the same was done before, exactly.
   */
  async runAll(cuts: readonly Cut[]): Promise<number> {
    let same = 0;
    let left: Left | null = null;
    for (const cut of cuts) {
      left ??= await this.leave(cut);
      const name = `${left.state} ${cut.afterwards} ${this.mayBeDamaged(cut)}`;
      if (this.gone.has(name) && !EACH_IN_FULL) {
        same += 1;
        continue;
      }
      this.gone.add(name);
      if (left.report === "power-cut") await this.goOn(await this.startedAgain(left), cut);
      else {
        // A terminal that is on cannot be copied: for the next cut it has to come here once more.
        await this.goOn(left, cut);
        left = null;
      }
    }
    left?.first.powerOff();
    return same;
  }

  /** Runs the visit up to the cut. What it leaves must be valid, and every cent where it belongs. */
  private async leave(cut: Cut): Promise<Left> {
    const { request } = this;
    const label = this.label(cut);
    const chip = this.chip.copy();
    const reader: WitnessReader = new WitnessReader(() => first.mishaps);
    const first = await this.start({ field: reader });
    const cashbox = new Cashbox();
    cashbox.cents = this.cashBefore;
    cashbox.take(request);
    first.mishaps = new Mishaps().at(cut.operation, cut.mishap);
    let returned = !cut.returns;
    const report = await first.visit(request, chip, () => {
      if (returned) return null;
      returned = true;
      return chip;
    });
    cashbox.give(report);
    first.mishaps = new Mishaps();
    const { intents, toppedUp } = await this.look(`${label}; at once`, chip, new Map([[1, first]]), false);
    expect(cashbox.cents, `${label}: money on the card that nobody paid`).toBeGreaterThanOrEqual(toppedUp);
    for (const programme of report === "power-cut" ? [] : report.committed) {
      const told = intents.filter(
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
    return { chip, first, report, cents: cashbox.cents, intents, state: await stateOf(first, reader, chip) };
  }

  /** The same, with a terminal that starts from the flash of the one that is off. */
  private async startedAgain(left: Left): Promise<Left> {
    const first = await this.start({ files: await left.first.storage.contents() });
    return { ...left, chip: left.chip.copy(), first };
  }

  /** A first write that tore inside its very last page cannot be told from damage by a terminal without its intent. */
  private mayBeDamaged({ mishap }: Cut): boolean {
    const cells = mishap.torn?.page === "mixed" || mishap.torn?.page === "weak";
    return this.scenario.opens && mishap.when === "inside" && cells;
  }

  /** Everything after the cut. Every state in between must be valid, and every cent where it belongs. */
  private async goOn({ chip, first, report, cents, intents }: Left, cut: Cut): Promise<void> {
    const { request, later } = this;
    const { afterwards } = cut;
    const label = this.label(cut);
    const terminals = new Map([[1, first]]);
    const cashbox = new Cashbox();
    cashbox.cents = cents;
    const tap = async (where: SimTerminal, asked: VisitRequest) => {
      const told = await where.visit(asked, chip);
      cashbox.give(told);
      return told;
    };
    const look = (when: string, settledFully: boolean) => this.look(`${label}; ${when}`, chip, terminals, settledFully);

    // A terminal that stopped before it stored anything has nothing to say of the cash: staff see that nothing was done.
    const isKnown = intents.some(({ body }) => body.visit === request.visit);
    if (report === "power-cut" && !isKnown && afterwards !== "same visit again" && request.kind === "top-up") {
      cashbox.cents -= request.amount;
    }

    if (afterwards === "another terminal first") {
      const other = await terminal(2, this.options);
      terminals.set(2, other);
      const elsewhere = await tap(other, later[0]);
      if (!this.mayBeDamaged(cut) && this.scenario.unreadable !== true)
        expect(elsewhere, label).toMatchObject({ result: "done" });
      await look("after another terminal", false);
    }
    const second: Readonly<Record<Afterwards, VisitRequest>> = {
      "same visit again": request,
      "another visit": later[1],
      "another terminal first": later[1],
      settle: { kind: "settle", visit: request.visit + 500_000 },
    };
    if (afterwards === "same visit again" && report !== "power-cut" && report.giveBackCents > 0) cashbox.take(request);
    const again = await tap(first, second[afterwards]);
    expect(again, label).not.toBe("power-cut");
    await look("after the next tap", false);
    // One more visit writes every area, so that whatever was still open is decided.
    expect(await tap(first, later[2]), label).toMatchObject({ result: "done" });
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

/** The code on the last receipt of a terminal; empty where it has none. */
function codeOf({ till }: SimTerminal): string {
  const lines = till.receipts.at(-1) ?? [];
  return lines.flatMap((line) => (line.line === "code" ? [line.text] : []))[0] ?? "";
}

const UNREADABLE = ["behind", "damaged"];

/**
 * Cuts a scenario everywhere; gives the number of cuts. `every` takes one cut in so many. Every cut is made and what it leaves
 * is looked at; what follows is told once for cuts that leave exactly the same, and counted for each.
 */
export async function sweepAll(
  setting: Setting,
  scenario: Scenario,
  over: TerminalOptions = {},
  every = 1,
): Promise<{ readonly operations: readonly OperationKind[]; readonly cuts: number }> {
  const sweep = await Sweep.begin(setting, scenario, over);
  const operations = await sweep.operations();
  const cuts = [...cutsOf(operations)].filter((_, i) => i % every === 0);
  let same = 0;
  for (const group of alike(cuts)) same += await sweep.runAll(group);
  console.log(`${scenario.name}: ${operations.length} operations, ${cuts.length} cuts, ${same} of them end as another`);
  return { operations, cuts: cuts.length };
}
