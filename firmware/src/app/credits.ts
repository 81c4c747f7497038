import { type CardState, dayOf, type Purse, purseRoom, pursesSize, sameBytes } from "@cachet/card-layout";
import type { CardOnList, ListedCredit, Moment } from "../hal/index.ts";
import { creditPurses, type Programme } from "../rules/index.ts";
import {
  CREDIT_NUMBER_MAX,
  type CreditOf,
  decodeCredit,
  encodeCbor,
  Refusal,
  type StoredEffect,
} from "../wire/index.ts";
import type { AreaOnCard } from "./areas.ts";
import { type CardOnReader, CardRefused } from "./card.ts";
import type { Terminal } from "./terminal.ts";

/** Why credits of a card wait, though the list holds them. Words as in docs/formats/journal.md. */
export type CreditWait =
  /** The list begins, or goes on, behind the number that comes next. */
  | "CREDIT_GAP"
  /** Above what a purse may hold, or for a purse that the programme does not keep. */
  | "CREDIT_NO_ROOM"
  /** Of a version or kind that this image does not read. */
  | "CREDIT_UNKNOWN"
  /** It has a last day, and the clock is not to be trusted. */
  | "CREDIT_UNDATED";

/** What the credits on the list make of one programme's area, before the visit's own effects. */
export interface CreditPlan {
  readonly purses: readonly Purse[];
  /** Number of the last credit that is in the purses: what the next record keeps. */
  readonly last: number;
  /** One or more for each credit that is applied; none where there is nothing to apply. */
  readonly effects: readonly StoredEffect[];
  /** The area's record is of a revoked generation, and one of the credits names its state. */
  readonly adopts: boolean;
  /** Why the next credit is not among them; null where there is none. */
  readonly waits: CreditWait | null;
}

/** An intent has a size: what is beyond is applied at the next tap. */
const EFFECTS_MAX = 24;

/** Whether a record was written under a generation that is worth nothing any more. */
export function isRevoked(revoked: CardOnList["revoked"], { reading }: AreaOnCard): boolean {
  if (reading.kind !== "current") return false;
  const { programme, generation } = reading.state;
  return revoked.some((one) => one.programme === programme && one.generation === generation);
}

/** What the list says, as far as it concerns credits. */
export type Lists = Pick<CardOnList, "credits" | "revoked" | "writeLayout">;

/** Credits of a programme behind a number, by number, each number once. */
function behind({ credits }: Lists, programme: number, last: number): ListedCredit[] {
  const open = credits.filter((credit) => credit.programme === programme && credit.number > last);
  open.sort((a, b) => a.number - b.number);
  return open.filter(({ number }, i) => number !== open[i - 1]?.number);
}

/** One area while credits are applied to it, in the order of their numbers. */
class Planning {
  readonly effects: StoredEffect[] = [];
  purses: readonly Purse[];
  last: number;
  adopts = false;
  private readonly programme: Programme;
  private readonly area: AreaOnCard;
  private readonly room: number;
  private readonly moment: Moment;
  private readonly isRevoked: boolean;

  constructor(
    programme: Programme,
    area: AreaOnCard,
    held: CardState | null,
    room: number,
    moment: Moment,
    lists: Lists,
  ) {
    this.programme = programme;
    this.area = area;
    this.room = room;
    this.moment = moment;
    this.purses = held?.purses ?? [];
    this.last = held?.credit ?? 0;
    this.isRevoked = isRevoked(lists.revoked, area);
  }

  private say(type: "adopt" | "credit", more: Partial<StoredEffect> = {}): void {
    const credit = this.last + 1;
    this.effects.push({ type, rule: "", unit: "cents", value: 0, funder: "association", ...more, credit });
  }

  /** Applies the credit that comes next, whole, or says why it waits. */
  apply({ number, body }: ListedCredit): CreditWait | null {
    const credit = number <= CREDIT_NUMBER_MAX ? decodeCredit(body) : null;
    if (credit === null) return "CREDIT_UNKNOWN";
    const waits = credit.kind === "add" ? this.add(credit) : null;
    if (waits !== null) return waits;
    if (credit.kind === "adopt" && this.isNamed(credit)) {
      this.adopts = true;
      this.say("adopt");
    } else if (credit.kind !== "add") this.say("credit");
    this.last = number;
    return null;
  }

  private isNamed({ state, sequence }: CreditOf<"adopt">): boolean {
    const { reading } = this.area;
    if (!this.isRevoked || reading.kind !== "current") return false;
    return sameBytes(reading.shown.hash, state) && (sequence === undefined || reading.state.sequence <= sequence);
  }

  private add({ amounts, lastDay, label, funder }: CreditOf<"add">): CreditWait | null {
    const { utc, offset, suspect } = this.moment;
    if (lastDay !== undefined && suspect) return "CREDIT_UNDATED";
    if (lastDay !== undefined && dayOf(utc, offset) > lastDay) {
      this.say("credit", { label, reason: "EXPIRED" });
      return null;
    }
    // A clock that is not to be trusted gives no day from which anything could last.
    const after = creditPurses(this.programme, this.purses, amounts, suspect ? null : dayOf(utc, offset));
    if (after === null || pursesSize(after.purses.map(({ kind }) => kind)) > this.room) return "CREDIT_NO_ROOM";
    this.purses = after.purses;
    for (const { rule, unit, value, lots } of after.credited) {
      const kept = lots === undefined ? {} : { lots };
      this.say("credit", { rule, unit, value, label, funder: funder ?? "association", ...kept });
    }
    return null;
  }
}

/**
 * Applies every consecutive credit behind the last one that an area's record keeps: `area` shows the programme's record, or is
 * the free one that it would be opened in. A short header has no room for the number: such an area takes no credits.
 */
export function planCredits(
  programme: Programme,
  card: CardOnReader,
  area: AreaOnCard,
  moment: Moment,
  lists: Lists,
): CreditPlan {
  const held = area.reading.kind === "current" ? area.reading.state : null;
  const planning = new Planning(programme, area, held, purseRoom(card.map, area.map), moment, lists);
  const open = card.map.header === "full" ? behind(lists, programme.number, planning.last) : [];
  let waits: CreditWait | null = null;
  for (const credit of open) {
    if (planning.effects.length >= EFFECTS_MAX) break;
    waits = credit.number === planning.last + 1 ? planning.apply(credit) : "CREDIT_GAP";
    if (waits !== null) break;
  }
  const { purses, last, effects, adopts } = planning;
  return { purses, last, effects, adopts, waits };
}

/**
 * Refuses a card that shows a record of a revoked generation, unless a credit adopts it: nothing of such a record is believed,
 * spent or written on. A terminal whose own generation is revoked has nothing worth writing.
 */
export function refuseRevoked(
  { facts }: Terminal,
  { number: card }: CardOnReader,
  areas: readonly AreaOnCard[],
  revoked: CardOnList["revoked"],
  plans: ReadonlyMap<number, CreditPlan>,
): void {
  const own = facts.programmes.find((held) =>
    revoked.some(({ programme, generation }) => programme === held.programme && generation === held.generation),
  );
  if (own !== undefined) throw new CardRefused("KEY_REVOKED", card, own.programme);
  for (const area of areas) {
    if (area.reading.kind !== "current" || !isRevoked(revoked, area)) continue;
    const { programme } = area.reading.state;
    if (plans.get(programme)?.adopts !== true) throw new CardRefused("KEY_REVOKED", card, programme);
  }
}

/** Journals why credits wait. */
export async function noteWaiting(
  { hal }: Terminal,
  { uid, number: card }: CardOnReader,
  plans: ReadonlyMap<number, CreditPlan>,
): Promise<void> {
  for (const [programme, { waits }] of plans) {
    if (waits !== null) await hal.refuse(encodeCbor(Refusal.encode({ reason: waits, uid, card, programme })));
  }
}
