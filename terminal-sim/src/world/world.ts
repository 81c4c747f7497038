import { CARD_EPOCH_SECONDS, type Chip, toHex } from "@cachet/card-layout";
import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { Chance } from "../device/chance.ts";
import { type Mishap, Mishaps, type OperationKind } from "../device/mishap.ts";
import { SimClock, SimTerminal } from "../device/terminal.ts";
import { Type2Chip } from "../device/type2-chip.ts";
import { Collection } from "./collection.ts";
import { Counts } from "./counts.ts";
import type { Customers } from "./customers.ts";
import { type PlannedVisit, saleOf, visitsOfDay } from "./habits.ts";
import type { WorldOffice } from "./office.ts";
import type { PostCounts, Sent } from "./post.ts";
import { type Broken, type HonestCard, Promises } from "./promises.ts";
import { type Holder, isServed, Shopping } from "./shopping.ts";
import { Street, type StreetParts } from "./street.ts";
import { type Attack, type Attempt, SAVED_UP, type Scene, Thieves } from "./thieves.ts";
import { type CutCounts, type Trouble, Troubles } from "./troubles.ts";
import { type Bought, boughtBy, type Offers } from "./wishes.ts";
import { type ByHand, Witness } from "./witness.ts";

export interface WorldOptions extends StreetParts {
  readonly seed: number;
  readonly customers: Customers;
  readonly days: number;
  readonly troubles: ReadonlySet<Trouble>;
  readonly attacks: ReadonlySet<Attack>;
  readonly office: WorldOffice;
  readonly byHand: ByHand;
  /** What programmes have beside sales. */
  readonly offers: readonly Offers[];
  /** Visits done, of so many. */
  readonly progress: (done: number, of: number) => void;
}

/** What happened in a world. */
export interface WorldRun {
  /** The last evening, UTC seconds. */
  readonly until: number;
  readonly visits: number;
  /** What visits of customers were about that went through. */
  readonly kinds: Readonly<Record<string, number>>;
  /** Visits by how they ended; a visit in the middle of which the power went is `power-cut`. */
  readonly results: Readonly<Record<string, number>>;
  /** Why visits did less, or nothing. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly cuts: CutCounts;
  readonly post: PostCounts;
  readonly batches: Readonly<Record<string, number>>;
  readonly wrongClocks: number;
  readonly silences: number;
  /** Visits that a till asked for again, because it had not heard how they ended. */
  readonly repeats: number;
  /** Cards that were lost and replaced, cards that the last list blocks, and how often somebody was turned away with one. */
  readonly lost: number;
  readonly blocked: number;
  readonly turnedAway: number;
  readonly attempts: readonly Attempt[];
  /** Areas of intents that nobody could tell of in the end. */
  readonly inDoubt: number;
  readonly findings: Readonly<Record<string, number>>;
  readonly broken: readonly Broken[];
}

const DAY = 86_400;
/** Customers carry these chips in turn: most have the plain one. */
const CHIPS: readonly Chip[] = ["NTAG215", "NTAG215", "NTAG216", "MF0UL21"];
/** For each attack so many thieves' cards, and one attempt in so many days, each attack on days of its own. */
const [CARDS_PER_ATTACK, ATTACK_ONE_IN] = [12, 3];
/** Shops that are only there to be robbed: nobody else buys in them. */
const ROBBED = 3;
/** A customer who is asked for his card again lays it back in three of four times. */
const RETURNS_OF_FOUR = 3;
/** Nights after which an attack that succeeded has to be named, counted from the one in which the office has all that terminals wrote of it. */
const NIGHTS_TO_TELL = 1;
/** On one day in so many a customer loses his card. */
const LOSES_ONE_IN = 2;
/** Evenings without any trouble at the end, until all batches are in. */
const CALM_DAYS = 3;

/** A card that leaves before the second count: the one that shows a new record. */
class LeavesBeforeCount extends Mishaps {
  private counts = 0;

  override next(kind: OperationKind): Mishap | null {
    if (kind !== "card-count") return null;
    this.counts += 1;
    return this.counts === 2 ? { what: "card", when: "before" } : null;
  }
}

/** A town of terminals and cards, and everything that goes wrong in it, all drawn from one seed. */
class World {
  private readonly options: WorldOptions;
  private readonly chance: Chance;
  private readonly troubles: Troubles;
  private readonly street: Street;
  private readonly collection: Collection;
  private readonly witness: Witness;
  private readonly promises: Promises;
  private readonly planned: number;
  private readonly holders: Holder[] = [];
  private readonly touched = new Set<number>();
  private readonly shopping: Shopping;
  private readonly results = new Counts();
  private readonly reasons = new Counts();
  private thieves: Thieves | null = null;
  /** Cards that were lost; somebody else has them. */
  private readonly found: HonestCard[] = [];
  private serial = 0;
  private turnedAway = 0;
  private repeats = 0;
  private visits = 0;
  private day = 0;

  constructor(options: WorldOptions) {
    const { seed, office } = options;
    this.options = options;
    this.planned = options.customers.visitsIn(options.days);
    this.chance = new Chance(seed);
    this.troubles = new Troubles(seed, options.troubles);
    this.witness = new Witness(options.byHand);
    this.promises = new Promises(office, this.witness);
    this.street = new Street(options, this.troubles);
    this.shopping = new Shopping(this.street, options.offers, this.chance);
    const { street, troubles, witness, promises } = this;
    this.collection = new Collection({ seed, office, street, troubles, witness, promises });
  }

  /** Midnight of a day in UTC; offices and terminals live by the zone's time. */
  private midnight(day: number): number {
    const utc = CARD_EPOCH_SECONDS + (this.options.customers.firstDay + day) * DAY;
    return utc - this.options.offsetAt(utc) * 60;
  }

  private get evening(): number {
    return this.midnight(this.day) + 22 * 3_600;
  }

  async open(): Promise<void> {
    const { seed, customers, attacks } = this.options;
    await this.street.open(attacks.has("stolen") ? ROBBED : 0, this.midnight(0));
    for (let serial = 1; serial <= customers.count; serial += 1) this.holders.push(await this.issue(serial));
    const thieves: Holder[] = [];
    for (let extra = 1; extra <= attacks.size * CARDS_PER_ATTACK; extra += 1)
      thieves.push(await this.issue(customers.count + extra));
    this.serial = customers.count + thieves.length;
    this.thieves = new Thieves(this.scene(), new Chance(seed ^ 0x7417), thieves);
  }

  private scene(): Scene {
    const { street, collection } = this;
    return {
      places: street.town,
      written: () => new Map(street.kept.map(({ facts, entryCount }) => [facts.terminal, entryCount])),
      visit: (terminal, chip, amount, redeem) => this.quietVisit(terminal, chip, amount, redeem),
      give: (batch) => collection.give(batch, this.evening),
      shops: street.shopsOfOne,
      buy: (terminal, chip, amount) => this.buy(terminal, chip, amount),
      refund: (terminal, chip, ticket) =>
        this.lateVisit(terminal, chip, (visit) => ({ kind: "refund", visit, ticket, lines: "all" }), new Mishaps()),
      tear: (terminal, chip, amount) => this.tornVisit(terminal, chip, amount),
      steal: () => this.steal(),
      loot: (index) => {
        const terminal = street.all[index]!;
        return { ...terminal.collect(), terminal: terminal.facts.terminal };
      },
      forged: (chip) => this.forged(chip),
      oldBatch: () => collection.taken[this.chance.below(Math.max(1, collection.taken.length))] ?? null,
    };
  }

  private async issue(serial: number, kind: Chip = CHIPS[serial % CHIPS.length]!): Promise<Holder> {
    const chip = new Type2Chip(kind, this.newUid());
    const card = await this.options.office.personalise(chip, serial, this.options.customers.firstDay);
    return { chip, card, last: new Map(), bought: null, cutAt: new Set() };
  }

  /** One customer loses his card, and has another one before he comes again; somebody has found the old one. */
  private async lose(): Promise<void> {
    const place = this.chance.below(this.holders.length);
    const { chip, card, last } = this.holders[place]!;
    if (!this.chance.happens(1, LOSES_ONE_IN)) return;
    this.serial += 1;
    const next = await this.issue(this.serial, chip.chip);
    await this.options.office.replace(card, next.card, this.evening);
    this.holders[place] = { ...next, last };
    this.touched.delete(place);
    this.found.push({ chip, card });
  }

  /** Whoever has a card that is not his, or that the books accuse, tries it once more: a terminal that knows of it turns him away. */
  private async tryBlocked(): Promise<void> {
    const { street, collection } = this;
    const bad = [...this.found, ...(this.thieves?.accused ?? [])];
    const one = bad[this.chance.below(Math.max(1, bad.length))];
    if (one === undefined) return;
    const places = street.town.filter((i) => collection.lists.isBlockedAt(street.all[i]!, one.card));
    const known = places[this.chance.below(Math.max(1, places.length))];
    const place = street.placeFor(one.chip, known ?? street.town[0]!);
    const isKnown = collection.lists.isBlockedAt(street.all[place]!, one.card);
    if (!isKnown && !this.found.includes(one)) return;
    const { result } = await this.quietVisit(place, one.chip, 1_000, true);
    if (isKnown && result !== "refused") this.promises.breaks(`card ${one.card} is blocked, and served: ${result}`);
    if (isKnown) this.turnedAway += 1;
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
    this.street.morning(day);
    const { terminals, customers } = this.options;
    const place = { midnight: this.midnight(day), terminals, visit: this.visits };
    const planned = visitsOfDay(customers.basketsOf(day, this.chance), place, this.chance);
    for (const visit of planned) await this.visit(visit);
    await this.lose();
    await this.tryBlocked();
    await this.rob();
    await this.collection.collect(day, this.evening, false);
    await this.night();
  }

  private async visit(planned: PlannedVisit): Promise<void> {
    const { utc, customer } = planned;
    const holder = this.holders[customer]!;
    const { index, request } = this.shopping.asked(planned, holder);
    const terminal = await this.street.at(index, utc);
    terminal.mishaps = this.troubles.ofVisit();
    let returns = 2;
    const report = await terminal.visit(request, holder.chip, () => {
      returns -= 1;
      return returns >= 0 && this.troubles.chance.happens(RETURNS_OF_FOUR, 4) ? holder.chip : null;
    });
    this.visits = request.visit;
    this.note(report);
    const heard = this.troubles.isUnheard(report) ? await this.askAgain(index, utc, request, holder) : report;
    this.shopping.remember(holder, index, request, heard);
    this.touched.add(customer);
    this.options.progress(this.visits, this.planned);
  }

  /** The same visit under the same number: what happened is told, what did not is done now. */
  private async askAgain(index: number, utc: number, request: VisitRequest, { chip }: Holder) {
    const terminal = await this.street.at(index, utc);
    terminal.mishaps = new Mishaps();
    const report = await terminal.visit(request, chip);
    this.repeats += 1;
    this.note(report);
    return report;
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
    asked: (visit: number) => VisitRequest,
    mishaps: Mishaps,
  ): Promise<VisitReport> {
    const index = this.street.placeFor(chip, wish);
    const terminal = await this.street.quietlyAt(index, this.evening - 3_600 + (this.visits % 3_600));
    terminal.mishaps = mishaps;
    this.visits += 1;
    const report = await terminal.visit(asked(this.visits), chip);
    if (report === "power-cut") throw new Error("a power cut that nobody planned");
    return report;
  }

  private quietVisit(wish: number, chip: Type2Chip, amount: number, redeem: boolean): Promise<VisitReport> {
    return this.lateVisit(wish, chip, (visit) => saleOf(visit, amount, 1, redeem ? "max" : null), new Mishaps());
  }

  private async buy(wish: number, chip: Type2Chip, amount: number): Promise<Bought | null> {
    const index = this.street.placeFor(chip, wish);
    const asked = (visit: number) => saleOf(visit, amount, 1, null);
    const report = await this.lateVisit(wish, chip, asked, new Mishaps());
    return boughtBy(asked(this.visits), report, index, this.street.codeAt(index));
  }

  private async tornVisit(wish: number, chip: Type2Chip, amount: number): Promise<void> {
    await this.lateVisit(wish, chip, (visit) => saleOf(visit, amount, 1, null), new LeavesBeforeCount());
  }

  /** The next of the shops that are robbed: the terminal goes, and the office is told. */
  private async steal(): Promise<number | null> {
    const index = this.options.terminals + this.street.robbed;
    const terminal = this.street.all[index];
    if (terminal === undefined) return null;
    this.street.robbed += 1;
    await this.options.office.revoke(terminal.facts.terminal, this.evening);
    return index;
  }

  /** A thief who knows a terminal's journal and holds another terminal's key goes on with it in his own way. */
  private async forged(chip: Type2Chip): Promise<Sent | null> {
    const { honest } = this.street;
    const index = this.chance.below(honest.length);
    const [real, other] = [honest[index]!, honest[(index + 1) % honest.length]!];
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
    const batch = fake.collect((this.collection.importedTo.get(terminal) ?? 0) + 1);
    fake.powerOff();
    return { ...batch, terminal };
  }

  private async rob(): Promise<void> {
    for (const [i, attack] of [...this.options.attacks].entries())
      if ((this.day + i) % ATTACK_ONE_IN === 0) await this.thieves?.act(attack, this.day);
  }

  /** The office's night, and whether everything that is promised held today. */
  private async night(): Promise<void> {
    const { office } = this.options;
    await office.endNight(this.evening);
    const found = await office.findings(this.evening);
    this.thieves?.night(found, this.collection.importedTo);
    await this.promises.books(this.collection.importedTo);
    for (const customer of this.touched) await this.promises.card(this.holders[customer]!);
    this.touched.clear();
    const honest = new Set(this.holders.map(({ card }) => card));
    this.promises.blame(found, honest);
    await this.collection.lists.make(office, this.evening);
    this.promises.blocked(this.collection.lists.blocked, honest);
  }

  private async everybodyComes(): Promise<void> {
    for (const [i, { card, chip, last, cutAt }] of this.holders.entries()) {
      // Customers who never came are shared out over the shops: no journal is filled by all of them.
      const places = last.size === 0 ? [i % this.options.terminals] : new Set(last.values());
      for (const place of cutAt) if (![...places].includes(place)) await this.quietVisit(place, chip, 1_000, false);
      for (const place of places) {
        const report = await this.quietVisit(place, chip, 1_000, false);
        if (isServed(report)) continue;
        const { result, reason = "no reason" } = report;
        this.promises.breaks(`card ${card} is not served any more: ${result}, ${reason}`);
      }
    }
  }

  /** The end: nothing goes wrong any more, everybody comes once more, everything arrives, and all of it has to add up. */
  async calm(): Promise<void> {
    this.day += 1;
    this.promises.day = this.day;
    await this.everybodyComes();
    for (let evening = 0; evening < CALM_DAYS; evening += 1) {
      await this.collection.collect(this.day, this.evening, true);
      await this.night();
      this.day += 1;
      this.promises.day = this.day;
    }
    // What lists have put on the way for new cards is fetched.
    await this.everybodyComes();
    await this.collection.collect(this.day, this.evening, true);
    await this.night();
    for (const terminal of this.street.kept) {
      const { terminal: number } = terminal.facts;
      if (this.collection.importedTo.get(number) !== terminal.entryCount)
        this.promises.breaks(`T-${number} is not imported to its end`);
    }
    await this.promises.cardsAndBooks(this.holders, this.found);
    await this.promises.merchants();
    for (const what of this.thieves?.broken(NIGHTS_TO_TELL) ?? []) this.promises.breaks(what);
  }

  async end(): Promise<WorldRun> {
    const findings = new Counts();
    for (const { kind } of await this.options.office.findings(this.evening)) findings.add(kind);
    this.street.close();
    return {
      until: this.evening,
      visits: this.visits,
      kinds: this.shopping.kinds.all,
      results: this.results.all,
      reasons: this.reasons.all,
      cuts: this.troubles.cuts,
      post: this.collection.post.counts,
      batches: this.collection.batches.all,
      wrongClocks: this.street.wrongClocks,
      silences: this.street.silences,
      repeats: this.repeats,
      ...{ lost: this.found.length, blocked: this.collection.lists.blocked.size, turnedAway: this.turnedAway },
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
