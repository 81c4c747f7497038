import type { RefundRequest, VisitReport } from "@cachet/firmware/hal";
import type { Chance } from "../device/chance.ts";
import type { Type2Chip } from "../device/type2-chip.ts";
import type { Received, WorldFinding } from "./office.ts";
import type { Sent } from "./post.ts";
import type { Bought } from "./wishes.ts";

/**
 * Attacks, by name: a dump put back, a copied card, an edited one; a batch given once more, a changed one; a terminal that is stolen and goes
 * on writing cards; a record that a torn purchase left, put back once its sequence fits; a purchase taken back at two shops.
 */
export type Attack =
  | "rollback"
  | "clone"
  | "transplant"
  | "edit"
  | "replay"
  | "forge"
  | "stolen"
  | "torn"
  | "refund-twice";

/** Chips whose counter shows an old record for what it is. */
const COUNTING: readonly string[] = ["MF0UL21"];
/** What is promised of an attack: that it is prevented, on this chip; else that the office names it. */
const isPreventable = (attack: Attack, on: string): boolean =>
  attack === "edit" ||
  attack === "transplant" ||
  attack === "replay" ||
  attack === "forge" ||
  attack === "torn" ||
  (attack === "rollback" && COUNTING.includes(on));

/** What became of one attempt. */
export interface Attempt {
  readonly attack: Attack;
  /** The chip of the card, or what was attacked instead of one. */
  readonly on: string;
  readonly day: number;
  readonly card?: number;
  /** Cents that the thief had more than he should. */
  readonly cents: number;
  outcome: "prevented" | "open" | "detected";
  /** Nights until the office named it. */
  nights: number;
  /** Of these, nights at whose beginning the office had everything that terminals wrote during it. */
  knownNights: number;
}

/** What thieves can do in a town. */
export interface Scene {
  /** Places of the terminals of the town's programme. */
  readonly places: readonly number[];
  /** How many entries each terminal has that is where it belongs, by number. */
  written(): ReadonlyMap<number, number>;
  /** A visit with a card at a terminal, nothing going wrong. */
  visit(terminal: number, chip: Type2Chip, amount: number, redeem: boolean): Promise<VisitReport>;
  give(batch: Sent): Promise<Received>;
  /** A terminal that somebody took home, its owner has told the office; null where there is none any more. Visits there are the thief's. */
  steal(): Promise<number | null>;
  /** What a stolen terminal has kept. */
  loot(terminal: number): Sent;
  /** Two shops of one merchant; null where nobody has two. */
  readonly shops: readonly [number, number] | null;
  buy(terminal: number, chip: Type2Chip, amount: number): Promise<Bought | null>;
  /** Takes all of a purchase back. */
  refund(terminal: number, chip: Type2Chip, ticket: RefundRequest["ticket"]): Promise<VisitReport>;
  /** A visit that the card leaves just before its counter shows the new record. */
  tear(terminal: number, chip: Type2Chip, amount: number): Promise<void>;
  /** Any batch that the office had before; null while there is none. */
  oldBatch(): Sent | null;
  /** A batch that goes on where a terminal's journal is known, with a visit of this chip, sealed with another terminal's key. */
  forged(chip: Type2Chip): Promise<Sent | null>;
}

/** A card that a thief holds; nobody else uses it. */
export interface ThiefCard {
  readonly chip: Type2Chip;
  readonly card: number;
}

/** What the office may find of a card with two histories. */
const TELLS: readonly string[] = ["fork", "step-back", "no-journal", "overdrawn", "balance", "ended", "second-refund"];

/** A UID that no card has: those differ in more than their last byte. */
const otherUid = (uid: Uint8Array): Uint8Array => uid.map((byte, i) => (i === uid.length - 1 ? byte ^ 0xff : byte));

/** What a thief buys before he begins, so that there is something to spend. */
export const SAVED_UP = 9_900;
const SPENT_ON = 1_000;

/** The thieves of a town: each day one of them may try something. */
export class Thieves {
  readonly attempts: Attempt[] = [];
  /** Of each attempt, the last entry of every terminal that wrote during it. */
  private readonly wrote = new Map<Attempt, ReadonlyMap<number, number>>();
  private readonly scene: Scene;
  private readonly chance: Chance;
  private readonly cards: ThiefCard[];
  private readonly used: ThiefCard[] = [];

  constructor(scene: Scene, chance: Chance, cards: readonly ThiefCard[]) {
    this.scene = scene;
    this.chance = chance;
    this.cards = [...cards];
  }

  async act(attack: Attack, day: number): Promise<void> {
    const [before, tried] = [this.scene.written(), this.attempts.length];
    await this.tries(attack, day);
    const wrote = new Map([...this.scene.written()].filter(([terminal, last]) => last !== before.get(terminal)));
    for (const attempt of this.attempts.slice(tried)) this.wrote.set(attempt, wrote);
  }

  private async tries(attack: Attack, day: number): Promise<void> {
    if (attack === "replay" || attack === "forge") await this.withBatch(attack, day);
    else if (attack === "stolen") await this.withTerminal(day);
    else if (attack === "torn") await this.withTear(day);
    else if (attack === "refund-twice") await this.withReceipt(day);
    else await this.withCard(attack, day);
  }

  /** Spends once what is there, and tries to spend it again elsewhere. */
  private async withCard(attack: "rollback" | "clone" | "transplant" | "edit", day: number): Promise<void> {
    const mine = this.cards.pop();
    if (mine === undefined) return;
    const { scene, chance } = this;
    const { chip, card } = mine;
    this.used.push(mine);
    const { places } = scene;
    const first = chance.below(places.length);
    const [here, there] = [
      places[first]!,
      places[(first + 1 + chance.below(Math.max(1, places.length - 1))) % places.length]!,
    ];
    await scene.visit(here, chip, SAVED_UP, false);
    const note = (cents: number) =>
      this.attempts.push({
        ...{ attack, on: chip.chip, day, card, cents },
        outcome: cents === 0 ? "prevented" : "open",
        ...{ nights: 0, knownNights: 0 },
      });
    const before = chip.dump();
    if (attack === "edit") {
      chip.restore(this.edited(before));
      const { result, spentCents } = await scene.visit(there, chip, SPENT_ON, true);
      note(result === "done" ? spentCents : 0);
      return;
    }
    const twin = attack === "clone" ? chip.copy() : attack === "transplant" ? chip.copy(otherUid(chip.uid)) : chip;
    const bought = await scene.visit(here, chip, SPENT_ON, true);
    if (bought.spentCents === 0) throw new Error(`a thief's own card buys nothing: ${bought.reason ?? bought.result}`);
    if (attack === "rollback") chip.restore(before);
    const { result, spentCents } = await scene.visit(there, twin, SPENT_ON, true);
    note(result === "done" ? spentCents : 0);
  }

  private anywhere(): number {
    return this.scene.places[this.chance.below(this.scene.places.length)]!;
  }

  /** A dump with bits flipped behind its identity. */
  private edited(dump: Uint8Array): Uint8Array {
    const edited = dump.slice();
    const from = 48;
    for (let at = from; at < Math.min(edited.length, 200); at += 1)
      if (edited[at] !== 0) edited[at]! ^= 1 << this.chance.below(8);
    return edited;
  }

  /** Keeps what a torn purchase left on the card, spends the value, and puts that back. */
  private async withTear(day: number): Promise<void> {
    const { scene } = this;
    const place = this.cards.findIndex(({ chip }) => COUNTING.includes(chip.chip));
    const [mine] = place < 0 ? [] : this.cards.splice(place, 1);
    if (mine === undefined) return;
    const { chip, card } = mine;
    const anywhere = () => this.anywhere();
    await scene.visit(anywhere(), chip, SAVED_UP, false);
    await scene.tear(anywhere(), chip, SPENT_ON);
    const kept = chip.dump();
    const first = await scene.visit(anywhere(), chip, SPENT_ON, true);
    chip.restore(kept);
    const second = await scene.visit(anywhere(), chip, SPENT_ON, true);
    // What the first one earned may be there.
    const cents = 2 * second.spentCents >= first.spentCents ? second.spentCents : 0;
    this.attempts.push({
      ...{ attack: "torn", on: chip.chip, day, card, cents, nights: 0, knownNights: 0 },
      outcome: cents === 0 ? "prevented" : "open",
    });
  }

  /** Saves up at a stolen terminal, spends at an honest one, and gives the office what the stolen one kept. */
  private async withTerminal(day: number): Promise<void> {
    const { scene } = this;
    const mine = this.cards.at(-1);
    const stolen = mine === undefined ? null : await scene.steal();
    if (mine === undefined || stolen === null) return;
    this.cards.pop();
    const { chip, card } = mine;
    this.used.push(mine);
    await scene.visit(stolen, chip, SAVED_UP, false);
    const { spentCents } = await scene.visit(this.anywhere(), chip, SPENT_ON, true);
    const { status } = await scene.give(scene.loot(stolen));
    const isRefused = status === "quarantined";
    this.attempts.push({
      ...{ attack: "stolen", on: chip.chip, day, card, cents: spentCents, nights: 0, knownNights: 0 },
      outcome: spentCents === 0 && isRefused ? "prevented" : "open",
    });
  }

  /** Takes one purchase back where it was made, and by its receipt in the merchant's other shop, which cannot know. */
  private async withReceipt(day: number): Promise<void> {
    const { scene } = this;
    const place = this.cards.findIndex(({ chip }) => !COUNTING.includes(chip.chip));
    const [mine] = place < 0 || scene.shops === null ? [] : this.cards.splice(place, 1);
    if (mine === undefined || scene.shops === null) return;
    const { chip, card } = mine;
    const [here, there] = scene.shops;
    const bought = await scene.buy(here, chip, SPENT_ON);
    if (bought === null || bought.code === null) throw new Error("a thief's own purchase has no receipt");
    const first = await scene.refund(here, chip, bought.ticket);
    const second = await scene.refund(there, chip, { code: bought.code });
    const cents = first.result === "done" && second.result === "done" ? (second.payOutCents ?? 0) : 0;
    this.attempts.push({
      ...{ attack: "refund-twice", on: chip.chip, day, card, cents, nights: 0, knownNights: 0 },
      outcome: cents === 0 ? "prevented" : "open",
    });
  }

  private async withBatch(attack: "replay" | "forge", day: number): Promise<void> {
    const mine = attack === "forge" && this.chance.happens(1, 2) ? this.cards.pop() : undefined;
    const batch = mine === undefined ? this.scene.oldBatch() : await this.scene.forged(mine.chip);
    if (batch === null) return;
    const file = batch.file.slice();
    if (attack === "forge" && mine === undefined) file[this.chance.below(file.length)]! ^= 1 << this.chance.below(8);
    const { status } = await this.scene.give({ ...batch, file });
    const isPrevented = attack === "forge" ? status !== "accepted" : status === "already-imported";
    this.attempts.push({
      ...{ attack, on: "batch", day, cents: 0, nights: 0, knownNights: 0 },
      outcome: isPrevented ? "prevented" : "open",
    });
  }

  /** Attempts that did not end as it is promised, in words. `nightsMax`: after so many in which the office knew of it all it should have named them. */
  broken(nightsMax: number): string[] {
    return this.attempts
      .filter(({ attack, on, outcome, knownNights }) => {
        if (outcome === "prevented") return false;
        return isPreventable(attack, on) || outcome === "open" || knownNights > nightsMax;
      })
      .map(({ attack, on, card, cents, outcome, nights, knownNights }) => {
        const what = `${attack} of ${on}${card === undefined ? "" : ` ${card}`}, ${cents} cents`;
        if (isPreventable(attack, on)) return `${what}: not prevented`;
        const after = `after ${nights} nights, ${knownNights} of them with everything there`;
        return outcome === "open" ? `${what}: not told ${after}` : `${what}: told ${after}`;
      });
  }

  /** Cards of attempts that the office named. */
  get accused(): readonly ThiefCard[] {
    const named = new Set(this.attempts.filter(({ outcome }) => outcome === "detected").map(({ card }) => card));
    return this.used.filter(({ card }) => named.has(card));
  }

  /** What the office says at a night's end: attempts that it names are detected. `importedTo`: the last entry that it has of each terminal. */
  night(findings: readonly WorldFinding[], importedTo: ReadonlyMap<number, number>): void {
    const named = new Set(findings.filter(({ kind }) => TELLS.includes(kind)).map(({ card }) => card));
    for (const attempt of this.attempts) {
      if (attempt.outcome !== "open") continue;
      attempt.nights += 1;
      const wrote = [...(this.wrote.get(attempt) ?? [])];
      if (wrote.every(([terminal, last]) => (importedTo.get(terminal) ?? 0) >= last)) attempt.knownNights += 1;
      if (named.has(attempt.card)) attempt.outcome = "detected";
    }
  }
}
