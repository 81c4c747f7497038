import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import type { Chance } from "../device/chance.ts";
import { Counts } from "./counts.ts";
import type { PlannedVisit } from "./habits.ts";
import type { HonestCard } from "./promises.ts";
import type { Street } from "./street.ts";
import { type Bought, boughtBy, leadsHere, type Offers, requestFor } from "./wishes.ts";

/** An honest customer with his card. */
export interface Holder extends HonestCard {
  /** Where the card was last under each programme: a doubt of one shows nowhere else. */
  readonly last: Map<number, number>;
  /** What its holder may take back. */
  bought: Bought | null;
  /** Where visits were cut and the card was not since: what they wrote only these terminals know, and others may refuse it until then. */
  readonly cutAt: Set<number>;
}

/** How a visit ends that the card left: its customer is asked to come back to the same terminal. */
const CUT: readonly VisitReport["result"][] = ["no-card", "in-doubt", "partly-done"];

export const isServed = ({ result }: VisitReport): boolean =>
  result === "done" || result === "nothing-to-do" || result === "already-done";

/** What a visit is about, in one word. */
function kindOf(request: VisitRequest): string {
  if (request.kind === "top-up") return request.purchase === undefined ? "top-up" : "pack";
  if (request.kind === "refund") {
    if (typeof request.ticket === "object") return "refund-elsewhere";
    if (request.ticket === "last") return "cancelled";
    return request.lines === "all" ? "refund" : "part-refund";
  }
  if (request.kind !== "sale") return request.kind;
  if (request.late !== undefined) return "late-sale";
  if (request.gift !== undefined) return "gift";
  return request.use === undefined ? "sale" : "units-used";
}

/** What customers ask for, and what they remember of it. */
export class Shopping {
  /** Visits that went through, by what they were about. */
  readonly kinds = new Counts();
  /** Tickets of value that is on its way to another card, by the terminal that took it. */
  private readonly given = new Map<number, number>();
  private readonly street: Street;
  private readonly offers: readonly Offers[];
  private readonly chance: Chance;

  constructor(street: Street, offers: readonly Offers[], chance: Chance) {
    this.street = street;
    this.offers = offers;
    this.chance = chance;
  }

  /** Where a customer goes with his wish, and what he asks for there. */
  asked({ utc, terminal, wish, sale }: PlannedVisit, { chip, bought }: Holder) {
    const { street, chance } = this;
    const [waiting] = wish === "receive" ? this.given.keys() : [];
    const led = waiting ?? street.honest.findIndex((_, i) => leadsHere(wish, this.offersOf(i)));
    const index = street.placeFor(chip, led < 0 ? street.placeOf(wish, bought, terminal) : led);
    const offers = this.offersOf(index);
    const asking = { sale, utc, offers, bought, isThere: bought?.at === index, given: this.given.get(index) ?? null };
    return { index, request: requestFor(wish, asking, chance) };
  }

  private offersOf(index: number): readonly Offers[] {
    const programmes = this.street.all[index]!.facts.programmes.map(({ programme }) => programme);
    return this.offers.filter(({ programme }) => programmes.includes(programme));
  }

  /** What a visit leaves behind for the next ones. */
  remember(holder: Holder, index: number, request: VisitRequest, report: VisitReport | "power-cut"): void {
    if (report === "power-cut" || CUT.includes(report.result)) holder.cutAt.add(index);
    else if (isServed(report)) holder.cutAt.delete(index);
    const bought = boughtBy(request, report, index, this.street.codeAt(index));
    // What was taken back once is not taken back again: an honest customer does not try.
    if (bought !== null || request.kind === "refund") holder.bought = bought;
    if (request.kind === "receive") this.given.delete(index);
    if (report === "power-cut" || report.result !== "refused")
      for (const { programme } of this.street.all[index]!.facts.programmes) holder.last.set(programme, index);
    if (report === "power-cut") return;
    if (request.kind === "give" && report.result === "done") this.given.set(index, report.ticket!);
    if (report.result === "done") this.kinds.add(kindOf(request));
  }
}
