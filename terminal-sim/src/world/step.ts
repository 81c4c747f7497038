import type { Chip } from "@cachet/card-layout";
import type { Key, Language, VisitRequest } from "@cachet/firmware/hal";
import type { Fault } from "../device/fault.ts";

/** What a customer has done at the till; the stage gives it its number. */
export type Wish = VisitRequest extends infer Request
  ? Request extends VisitRequest
    ? Omit<Request, "visit">
    : never
  : never;

/** One thing that somebody does with simulated terminals and cards. `terminal` is a terminal's number. */
export type Step =
  /** Makes a card and personalises it. */
  | { readonly verb: "card"; readonly name: string; readonly chip: Chip; readonly areas: number }
  /** A visit. `returns`: a customer who is asked for the card again lays it back. `again`: the till repeats its last number. */
  | {
      readonly verb: "tap";
      readonly card: string;
      readonly terminal: number;
      readonly wish: Wish;
      readonly returns: boolean;
      readonly again: boolean;
    }
  /** What the counter prints without a card: a ticket once more, or what a sale would have brought. */
  | {
      readonly verb: "reprint" | "without-card";
      readonly terminal: number;
      readonly wish: Extract<Wish, { kind: "reprint" | "without-card" }>;
    }
  /** The language of screens and receipts. */
  | { readonly verb: "language"; readonly terminal: number; readonly to: Language }
  /**
   * A visit without a card: an account by its number, or by the text of the stripe that is swiped; a receipt that carries points by its code,
   * `new` for the first one. `again`: the till repeats its last number.
   */
  | {
      readonly verb: "account" | "swipe" | "ticket";
      readonly text: string;
      readonly terminal: number;
      readonly wish: Extract<Wish, { kind: "sale" | "balance" | "refund" }>;
      readonly again: boolean;
    }
  /** Lays a card on the reader without any visit, or takes it away. */
  | { readonly verb: "lay"; readonly card: string; readonly terminal: number }
  | { readonly verb: "lift"; readonly terminal: number }
  /** Keys of the counter, one after the other. */
  | { readonly verb: "keys"; readonly terminal: number; readonly keys: readonly Key[] }
  /** A customer holds a card to a terminal with keys, or takes it away; somebody scans a code. */
  | { readonly verb: "hold"; readonly card: string; readonly terminal: number }
  | { readonly verb: "take"; readonly terminal: number }
  | { readonly verb: "scan"; readonly terminal: number; readonly text: string }
  | { readonly verb: "power"; readonly terminal: number; readonly to: "on" | "off" | "cycle" }
  /** `out`: bytes go nowhere. `gone`: the port itself disappears, as when a USB adapter is pulled. `in`: as before. */
  | { readonly verb: "cable"; readonly terminal: number; readonly to: "in" | "out" | "gone" }
  | { readonly verb: "paper"; readonly terminal: number; readonly to: "in" | "out" }
  /** Somebody holds the service key down. */
  | { readonly verb: "service"; readonly terminal: number }
  /** Sets a terminal's clock, to seconds since 1970. */
  | { readonly verb: "clock"; readonly terminal: number; readonly utc: number }
  | { readonly verb: "fault"; readonly terminal: number; readonly fault: Fault; readonly name: string }
  /** Seals what a terminal has kept since the last time and brings it to the office. */
  | { readonly verb: "collect"; readonly terminal: number }
  /** Says what is on a card. */
  | { readonly verb: "show"; readonly card: string }
  /** Says how everything is. */
  | { readonly verb: "status" };

/** What became of a step: for people, and for programs. `ok` is false where it was refused. */
export interface StepOutcome {
  readonly ok: boolean;
  readonly lines: readonly string[];
  readonly document: Readonly<Record<string, unknown>>;
}
