import type { CardRequest, Held, SaleRequest } from "../../hal/index.ts";
import type { Note } from "../../rules/index.ts";
import type { Proposal } from "../proposal.ts";
import type { Questions } from "../questions.ts";
import { AMOUNT_DIGITS, type Desk, Left } from "./desk.ts";
import { collect } from "./payment.ts";

/** The same sale on the same card within so many seconds is asked about. */
const AGAIN_SECONDS = 60;
const DAY_MINUTES = 1_440;

const notesOf = (proposal: Proposal): readonly Note[] =>
  proposal.evaluations.flatMap(({ evaluation }) => evaluation.receipt);

/** What notes say that a card holds, in their order; purses without money left out. */
export function heldBy(notes: readonly Note[]): Held[] {
  return notes.flatMap((note): Held[] => {
    if (note.note === "cagnotte" || note.note === "prepaid") return note.balance === 0 ? [] : [{ cents: note.balance }];
    if (note.note === "stamps") return [{ stamps: note.count, grid: note.grid }];
    if (note.note === "points") return [{ count: note.balance, of: note.unitName }];
    return note.note === "units" ? [{ count: note.left, of: note.unitName }] : [];
  });
}

/** What one visit asks at the counter, and what was answered so far. */
export class VisitQuestions implements Questions {
  /** Cents that were collected for it. */
  taken = 0;
  /** What the card holds by the proposal that was written. */
  held: readonly Held[] = [];
  reward: string | undefined;
  /** Cents that a refund puts back on the card. */
  returned = 0;
  /** The request as it was decided; null where nothing was. */
  decided: CardRequest | null = null;
  private readonly desk: Desk;
  /** Cents that were typed. */
  private readonly keyed: number;
  private isKnownSame = false;
  private isGiven = false;

  constructor(desk: Desk, keyed: number) {
    this.desk = desk;
    this.keyed = keyed;
  }

  async decide(card: number, request: CardRequest, proposal: Proposal): Promise<CardRequest | null | "stop"> {
    const notes = notesOf(proposal);
    // What an account has is the office's to say.
    const isOnCard = !("by" in request) || request.by === undefined;
    this.held = heldBy(
      request.kind === "top-up" ? notes.filter(({ note }) => note === "prepaid") : isOnCard ? notes : [],
    );
    this.reward = notes.find((note) => note.note === "reward")?.label;
    const effects = proposal.evaluations.flatMap(({ evaluation }) => evaluation.effects);
    this.returned = effects.reduce(
      (sum, { type, unit, value }) => sum + (type === "return" && unit === "cents" ? value : 0),
      0,
    );
    if (request.kind !== "sale" || request.late !== undefined) return null;
    try {
      const open = await this.open(card, request, proposal, notes);
      if (open !== null && open !== "stop") this.decided = open;
      return open;
    } catch (error) {
      if (error instanceof Left) return "stop";
      throw error;
    }
  }

  /** Asks the first thing that is open. */
  private async open(card: number, request: SaleRequest, proposal: Proposal, notes: readonly Note[]) {
    const { desk } = this;
    if (!this.isKnownSame && (await this.isSameSale(card))) {
      this.isKnownSame = true;
      const { utc, offset } = { ...(await desk.terminal.hal.now()), utc: desk.lastSale!.utc };
      const minute = (Math.floor(utc / 60) + offset) % DAY_MINUTES;
      return (await desk.confirm({ says: "sameSale", minute })) ? request : "stop";
    }
    const { redeem, rewards } = request;
    const cagnotte = notes.find((note) => note.note === "cagnotte");
    const spent = cagnotte?.redeemed ?? 0;
    if (redeem === "max" && cagnotte !== undefined && spent > 0) {
      const balance = cagnotte.balance + spent - cagnotte.earned;
      const screen = { says: "useCagnotte", most: spent, balance } as const;
      const { typed } = await desk.type(screen, { most: AMOUNT_DIGITS, proposed: spent });
      return { ...request, redeem: typed === "" ? spent : Number(typed) };
    }
    // What was decided holds for the very proposal it was decided on.
    if (typeof redeem === "number" && spent !== redeem) return { ...request, redeem: "max" as const };
    if (this.reward !== undefined && rewards === undefined && !this.isGiven) {
      const when = await desk.choose({ says: "reward", label: this.reward }, ["now", "later"]);
      this.isGiven = true;
      return when === "now" ? request : { ...request, rewards: "later" as const };
    }
    const due = proposal.payable;
    const isTills = this.taken === 0 && due > 0 && !(await desk.terminal.hal.settings()).collect;
    if (due === (isTills ? this.keyed : this.taken)) return null;
    if (!(await collect(desk, due, this.taken, card))) return "stop";
    this.taken = due;
    desk.holdsMoney = true;
    return request;
  }

  private async isSameSale(card: number): Promise<boolean> {
    const last = this.desk.lastSale;
    if (last === null || last.card !== card || last.cents !== this.keyed) return false;
    const { utc } = await this.desk.terminal.hal.now();
    return Math.abs(utc - last.utc) < AGAIN_SECONDS;
  }

  async leaves(): Promise<boolean> {
    try {
      return (await this.desk.choose({ says: "callOff" }, ["yes", "no"], "new")) === "yes";
    } catch (error) {
      if (error instanceof Left) return true;
      throw error;
    }
  }

  async tell(card: number, notes: readonly Note[]): Promise<boolean> {
    try {
      const event = await this.desk.ask({ says: "balance", card, held: heldBy(notes) });
      if (event.kind === "key" && event.key === "print") return true;
      this.desk.waiting.push(event);
    } catch (error) {
      if (!(error instanceof Left)) throw error;
    }
    return false;
  }
}
