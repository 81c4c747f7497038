import { CARD_EPOCH_SECONDS, type Chip, toHex } from "@cachet/card-layout";
import type { Sandbox, VisitReport } from "@cachet/firmware/hal";
import { Chance } from "../device/chance.ts";
import { type Mishap, Mishaps, type OperationKind, PowerCut } from "../device/mishap.ts";
import { SimClock, SimTerminal } from "../device/terminal.ts";
import { Type2Chip } from "../device/type2-chip.ts";
import { type PlannedVisit, saleOf, visitsOfDay } from "./habits.ts";
import type { Received, WorldOffice } from "./office.ts";
import { Post, type PostCounts, type Sent } from "./post.ts";
import { type Broken, type HonestCard, Promises } from "./promises.ts";
import { type Attack, type Attempt, SAVED_UP, Thieves } from "./thieves.ts";
import { type CutCounts, type Trouble, Troubles } from "./troubles.ts";
import { Witness } from "./witness.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly terminals: number;
  readonly cards: number;
  readonly days: number;
  readonly visitsPerDay: number;
  readonly troubles: ReadonlySet<Trouble>;
  readonly attacks: ReadonlySet<Attack>;
  /** Merchants that have terminals, by number. */
  readonly merchants: readonly number[];
  readonly image: Uint8Array;
  readonly newSandbox: () => Sandbox;
  readonly offsetAt: (utc: number) => number;
  readonly office: WorldOffice;
  readonly progress: (done: number, of: number) => void;
}

/** What happened in a world. */
export interface WorldRun {
  /** Noon of the first day and the last evening, UTC seconds. */
  readonly from: number;
  readonly until: number;
  readonly visits: number;
  /** Visits by how they ended; a visit in the middle of which the power went is `power-cut`. */
  readonly results: Readonly<Record<string, number>>;
  /** Why visits did less, or nothing. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly cuts: CutCounts;
  readonly post: PostCounts;
  readonly batches: Readonly<Record<string, number>>;
  readonly wrongClocks: number;
  readonly silences: number;
  readonly attempts: readonly Attempt[];
  /** Areas of intents that nobody could tell of in the end. */
  readonly inDoubt: number;
  readonly findings: Readonly<Record<string, number>>;
  readonly broken: readonly Broken[];
}

const DAY = 86_400;
/** The first day of every world: a Monday. */
const FIRST_DAY = Date.UTC(2026, 0, 5) / 1_000;
/** Customers carry these chips in turn: most have the plain one. */
const CHIPS: readonly Chip[] = ["NTAG215", "NTAG215", "NTAG216", "MF0UL21"];
/** Those with room for one programme. */
const ONE_AREA: readonly Chip[] = ["MF0UL21"];
/** For each attack so many thieves' cards, and one attempt in so many days. */
const [CARDS_PER_ATTACK, ATTACK_ONE_IN] = [12, 3];
/** Shops that are only there to be robbed: nobody else buys in them. */
const ROBBED = 3;
/** A customer who is asked for his card again lays it back in three of four times. */
const RETURNS_OF_FOUR = 3;
/** Nights after which an attack that succeeded has to be named, once everything that was on its way has arrived. */
const NIGHTS_TO_TELL = 21;
/** Evenings without any trouble at the end, until all batches are in. */
const CALM_DAYS = 3;

interface Holder extends HonestCard {
  /** Where the card was last. */
  last: number;
}

/** A card that leaves before the second count: the one that shows a new record. */
class LeavesBeforeCount extends Mishaps {
  private counts = 0;

  override next(kind: OperationKind): Mishap | null {
    if (kind !== "card-count") return null;
    this.counts += 1;
    return this.counts === 2 ? { what: "card", when: "before" } : null;
  }
}

/** Counts by name. */
class Counts {
  readonly all: Record<string, number> = {};
  add(name: string): void {
    this.all[name] = (this.all[name] ?? 0) + 1;
  }
}

/** A town of terminals and cards, and everything that goes wrong in it, all drawn from one seed. */
class World {
  private readonly options: WorldOptions;
  private readonly chance: Chance;
  private readonly troubles: Troubles;
  private readonly post: Post;
  private readonly witness = new Witness();
  private readonly promises: Promises;
  private readonly terminals: SimTerminal[] = [];
  private readonly holders: Holder[] = [];
  private readonly taken: Sent[] = [];
  private readonly sentTo = new Map<number, number>();
  private readonly accepted: Sent[] = [];
  private readonly silentUntil: number[] = [];
  private readonly skew: (number | null)[] = [];
  private readonly touched = new Set<number>();
  private readonly results = new Counts();
  private readonly reasons = new Counts();
  private readonly batches = new Counts();
  private thieves: Thieves | null = null;
  private importedTo: ReadonlyMap<number, number> = new Map();
  private stolen = 0;
  private visits = 0;
  private wrongClocks = 0;
  private silences = 0;
  private day = 0;

  constructor(options: WorldOptions) {
    this.options = options;
    this.chance = new Chance(options.seed);
    this.troubles = new Troubles(options.seed, options.troubles);
    this.promises = new Promises(options.office, this.witness);
    this.post = new Post(new Chance(options.seed ^ 0xba7c4), options.troubles.has("batches"));
  }

  /** Midnight of a day in UTC; offices and terminals live by the zone's time. */
  private midnight(day: number): number {
    const utc = FIRST_DAY + day * DAY;
    return utc - this.options.offsetAt(utc) * 60;
  }

  private get evening(): number {
    return this.midnight(this.day) + 22 * 3_600;
  }

  /** Terminals that nobody steals. */
  private get honest(): readonly SimTerminal[] {
    return this.terminals.slice(0, this.options.terminals);
  }

  async open(): Promise<void> {
    const { terminals, cards, merchants, office, image, newSandbox, offsetAt, attacks } = this.options;
    const start = this.midnight(0);
    const robbed = attacks.has("stolen") ? ROBBED : 0;
    for (let number = 1; number <= terminals + robbed; number += 1) {
      const belonging = await office.enrol(number, merchants[(number - 1) % merchants.length]!, start);
      const terminal = new SimTerminal({ belonging, image, clock: new SimClock(start, offsetAt), newSandbox });
      await terminal.powerOn();
      this.terminals.push(terminal);
      this.silentUntil.push(0);
      this.skew.push(0);
    }
    for (let serial = 1; serial <= cards; serial += 1) await this.issue(this.holders, serial);
    const thieves: Holder[] = [];
    for (let extra = 1; extra <= attacks.size * CARDS_PER_ATTACK; extra += 1) await this.issue(thieves, cards + extra);
    const scene = {
      terminals,
      visit: (terminal: number, chip: Type2Chip, amount: number, redeem: boolean) =>
        this.quietVisit(terminal, chip, amount, redeem),
      give: (batch: Sent) => this.give(batch),
      tear: (terminal: number, chip: Type2Chip, amount: number) => this.tornVisit(terminal, chip, amount),
      steal: () => this.steal(),
      loot: (index: number) => {
        const terminal = this.terminals[index]!;
        return { ...terminal.collect(), terminal: terminal.facts.terminal };
      },
      forged: (chip: Type2Chip) => this.forged(chip),
      oldBatch: () => this.taken[this.chance.below(Math.max(1, this.taken.length))] ?? null,
    };
    this.thieves = new Thieves(scene, new Chance(this.options.seed ^ 0x7417), thieves);
  }

  private async issue(to: Holder[], serial: number): Promise<void> {
    const chip = new Type2Chip(CHIPS[serial % CHIPS.length]!, this.newUid());
    const day = Math.floor((FIRST_DAY - CARD_EPOCH_SECONDS) / DAY);
    const card = await this.options.office.personalise(chip, serial, day);
    to.push({ chip, card, last: 0 });
  }

  private readonly uids = new Set<string>();
  private newUid(): Uint8Array {
    for (;;) {
      const uid = Uint8Array.of(0x04, ...this.chance.bytes(6));
      if (this.uids.has(toHex(uid))) continue;
      this.uids.add(toHex(uid));
      return uid;
    }
  }

  /** A whole day: what people do, and what the evening brings. */
  async live(day: number): Promise<void> {
    this.day = day;
    this.promises.day = day;
    this.morning();
    const { terminals, visitsPerDay } = this.options;
    const habits = { customers: this.holders.length, terminals, visitsPerDay };
    const planned = visitsOfDay(habits, this.midnight(day), this.visits, this.chance);
    for (const visit of planned) await this.visit(visit);
    await this.rob();
    await this.collect(false);
    await this.night();
  }

  private morning(): void {
    for (const i of this.terminals.keys()) {
      const silent = this.silentUntil[i]! <= this.day ? this.troubles.ofSilence() : 0;
      if (silent > 0) {
        this.silentUntil[i] = this.day + silent;
        this.silences += 1;
      }
      this.skew[i] = this.troubles.ofClock();
      if (this.skew[i] !== 0) this.wrongClocks += 1;
    }
  }

  private setClock(index: number, utc: number): SimTerminal {
    const terminal = this.terminals[index]!;
    const skew = this.skew[index] ?? null;
    terminal.clock.suspect = skew === null;
    terminal.clock.utc = skew === null ? utc % DAY : utc + skew;
    return terminal;
  }

  private async powerOn(terminal: SimTerminal, mishaps: Mishaps): Promise<void> {
    terminal.mishaps = mishaps;
    try {
      await terminal.powerOn();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      // Nobody's luck is that bad twice.
      terminal.mishaps = new Mishaps();
      await terminal.powerOn();
    }
  }

  /** Where a card is good for what is there: chips with room for one programme are for shops that keep one. */
  private placeFor(chip: Type2Chip, wish: number): number {
    if (!ONE_AREA.includes(chip.chip)) return wish;
    if (wish >= this.options.terminals) return wish;
    const places = [...this.honest.keys()].filter((i) => this.honest[i]!.facts.programmes.length === 1);
    return places[wish % places.length] ?? wish;
  }

  private async visit({ utc, customer, terminal: wish, request }: PlannedVisit): Promise<void> {
    const holder = this.holders[customer]!;
    const index = this.placeFor(holder.chip, wish);
    const terminal = this.setClock(index, utc);
    if (!terminal.isOn) await this.powerOn(terminal, this.troubles.ofBoot());
    terminal.mishaps = this.troubles.ofVisit();
    let returns = 2;
    const report = await terminal.visit(request, holder.chip, () => {
      returns -= 1;
      return returns >= 0 && this.troubles.chance.happens(RETURNS_OF_FOUR, 4) ? holder.chip : null;
    });
    this.visits = request.visit;
    this.note(report);
    holder.last = index;
    this.touched.add(customer);
    this.options.progress(this.visits, this.options.visitsPerDay * this.options.days);
  }

  private note(report: VisitReport | "power-cut"): void {
    if (report === "power-cut") {
      this.results.add("power-cut");
      return;
    }
    this.results.add(report.result);
    if (report.reason !== undefined) this.reasons.add(report.reason);
  }

  /** A visit in the evening, in which only what is planned goes wrong. */
  private async lateVisit(
    wish: number,
    chip: Type2Chip,
    [amount, redeem]: readonly [number, number | "max" | null],
    mishaps: Mishaps,
  ): Promise<VisitReport> {
    const index = this.placeFor(chip, wish);
    this.skew[index] = 0;
    const terminal = this.setClock(index, this.evening - 3_600 + (this.visits % 3_600));
    if (!terminal.isOn) await this.powerOn(terminal, new Mishaps());
    terminal.mishaps = mishaps;
    this.visits += 1;
    const report = await terminal.visit(saleOf(this.visits, amount, 1, redeem), chip);
    if (report === "power-cut") throw new Error("a power cut that nobody planned");
    return report;
  }

  private quietVisit(wish: number, chip: Type2Chip, amount: number, redeem: boolean): Promise<VisitReport> {
    return this.lateVisit(wish, chip, [amount, redeem ? "max" : null], new Mishaps());
  }

  private async tornVisit(wish: number, chip: Type2Chip, amount: number): Promise<void> {
    await this.lateVisit(wish, chip, [amount, null], new LeavesBeforeCount());
  }

  /** The next of the shops that are robbed: the terminal goes, and the office is told. */
  private async steal(): Promise<number | null> {
    const index = this.options.terminals + this.stolen;
    const terminal = this.terminals[index];
    if (terminal === undefined) return null;
    this.stolen += 1;
    await this.options.office.revoke(terminal.facts.terminal, this.evening);
    return index;
  }

  /** A thief who knows a terminal's journal and holds another terminal's key goes on with it in his own way. */
  private async forged(chip: Type2Chip): Promise<Sent | null> {
    const index = this.chance.below(this.honest.length);
    const [real, other] = [this.honest[index]!, this.honest[(index + 1) % this.honest.length]!];
    const [{ belonging }, key] = [real.setup, other.setup.belonging?.signer];
    if (belonging === null || key === undefined || real === other) return null;
    // It says whose it is, and is sealed by the key that he has.
    const signer = { ...belonging.signer, sign: key.sign };
    const clock = new SimClock(this.evening, this.options.offsetAt);
    const files = await real.storage.contents();
    const fake = new SimTerminal({ ...real.setup, belonging: { ...belonging, signer }, clock, files });
    await fake.powerOn();
    this.visits += 1;
    await fake.visit(saleOf(this.visits, SAVED_UP, 1, null), chip);
    const { terminal } = belonging.facts;
    const batch = fake.collect((this.importedTo.get(terminal) ?? 0) + 1);
    fake.powerOff();
    return { ...batch, terminal };
  }

  private async rob(): Promise<void> {
    const [thieves, chance] = [this.thieves, this.troubles.chance];
    for (const attack of this.options.attacks)
      if (chance.happens(1, ATTACK_ONE_IN)) await thieves?.act(attack, this.day);
  }

  private async give(batch: Sent): Promise<Received> {
    const received = await this.options.office.receive(batch, this.evening);
    this.batches.add(received.status);
    if (received.status !== "accepted") return received;
    this.accepted.push(batch);
    this.taken.push(batch);
    return received;
  }

  /** The first entry to collect: what the office misses, or where it is not asked, what was not collected before. */
  private collectsFrom(terminal: number, isCalm: boolean): number {
    const missing = (this.importedTo.get(terminal) ?? 0) + 1;
    const isAsked = isCalm || !this.troubles.has("batches") || this.troubles.chance.happens(1, 3);
    return isAsked ? missing : Math.max(missing, (this.sentTo.get(terminal) ?? 0) + 1);
  }

  /** Gives an honest terminal's batch, just as it was sealed: it is never set aside. */
  private async bring(batch: Sent): Promise<void> {
    const { status, said } = await this.give(batch);
    if (status === "quarantined") this.promises.breaks(`${batch.name} is set aside: ${said}`);
  }

  /** Brings what terminals have kept to the office; the witness hears it in any case. */
  private async collect(isCalm: boolean): Promise<void> {
    for (const [i, terminal] of this.honest.entries()) {
      if (!terminal.isOn) await this.powerOn(terminal, new Mishaps());
      terminal.mishaps = new Mishaps();
      const { terminal: number } = terminal.facts;
      const [unheard, last] = [this.witness.nextOf(number), terminal.entryCount];
      const from = this.collectsFrom(number, isCalm);
      const batch = from <= last ? { ...terminal.collect(from), terminal: number } : null;
      if (unheard <= last) this.witness.hear(number, (unheard === from ? batch! : terminal.collect(unheard)).file);
      if (batch === null || (!isCalm && this.silentUntil[i]! > this.day)) continue;
      if (isCalm) await this.bring(batch);
      else this.post.send(batch, this.day);
      this.sentTo.set(number, last);
    }
    for (const batch of this.post.arrivals(isCalm ? Number.POSITIVE_INFINITY : this.day)) await this.bring(batch);
    this.importedTo = await this.options.office.importedTo();
    for (const { name, terminal, last } of this.accepted.splice(0))
      if ((this.importedTo.get(terminal) ?? 0) < last)
        this.promises.breaks(`${name} was accepted, and is not imported`);
  }

  /** The office's night, and whether everything that is promised held today. */
  private async night(): Promise<void> {
    const { office } = this.options;
    await office.endNight(this.evening);
    const found = await office.findings(this.evening);
    this.thieves?.night(found);
    await this.promises.books(this.importedTo);
    for (const customer of this.touched) await this.promises.card(this.holders[customer]!);
    this.touched.clear();
    this.promises.blame(found, new Set(this.holders.map(({ card }) => card)));
  }

  /** The end: nothing goes wrong any more, everybody comes once more, everything arrives, and all of it has to add up. */
  async calm(): Promise<void> {
    this.day += 1;
    this.promises.day = this.day;
    for (const holder of this.holders) {
      const report = await this.quietVisit(holder.last, holder.chip, 1_000, false);
      if (report.result === "done" || report.result === "nothing-to-do" || report.result === "already-done") continue;
      this.promises.breaks(
        `card ${holder.card} is not served any more: ${report.result}, ${report.reason ?? "no reason"}`,
      );
    }
    for (let evening = 0; evening < CALM_DAYS; evening += 1) {
      await this.collect(true);
      await this.night();
      this.day += 1;
      this.promises.day = this.day;
    }
    for (const terminal of this.honest) {
      const { terminal: number } = terminal.facts;
      if (this.importedTo.get(number) !== terminal.entryCount)
        this.promises.breaks(`T-${number} is not imported to its end`);
    }
    await this.promises.cardsAndBooks(this.holders);
    for (const what of this.thieves?.broken(NIGHTS_TO_TELL) ?? []) this.promises.breaks(what);
  }

  async end(): Promise<WorldRun> {
    const findings = new Counts();
    for (const { kind } of await this.options.office.findings(this.evening)) findings.add(kind);
    for (const terminal of this.terminals) terminal.powerOff();
    return {
      from: FIRST_DAY + DAY / 2,
      until: this.evening,
      visits: this.visits,
      results: this.results.all,
      reasons: this.reasons.all,
      cuts: this.troubles.cuts,
      post: this.post.counts,
      batches: this.batches.all,
      wrongClocks: this.wrongClocks,
      silences: this.silences,
      attempts: this.thieves?.attempts ?? [],
      inDoubt: this.witness.inDoubt,
      findings: findings.all,
      broken: this.promises.broken,
    };
  }
}

/** Lives through the days of a world and checks every evening what is promised. Throws what the product's code throws. */
export async function runWorld(options: WorldOptions): Promise<WorldRun> {
  const world = new World(options);
  await world.open();
  for (let day = 0; day < options.days; day += 1) await world.live(day);
  await world.calm();
  return world.end();
}
