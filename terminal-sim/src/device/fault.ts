import { type NoiseRates, QUIET } from "./line-noise.ts";
import { type Mishap, Mishaps, type OperationKind } from "./mishap.ts";

/** Moments of a visit at which the power may go: around the journal's INTENT, and around its COMMIT. */
export const POWER_MOMENTS = ["before-intent", "after-intent", "before-commit", "after-commit"] as const;
export type PowerMoment = (typeof POWER_MOMENTS)[number];

/** Something that goes wrong, by its name. */
export type Fault =
  | { readonly what: "tear"; readonly when: "before" | "in" | "after"; readonly block: number }
  | { readonly what: "power"; readonly moment: PowerMoment }
  | { readonly what: "clock" }
  | { readonly what: "serial"; readonly rates: NoiseRates }
  | { readonly what: "printer" }
  | { readonly what: "rollback" }
  | { readonly what: "flash" }
  | { readonly what: "reorder" }
  | { readonly what: "bank" };

/** Every form of name, and what it does. */
export const FAULTS: readonly { readonly name: string; readonly does: string }[] = [
  {
    name: "tear:after-block-N",
    does: "the card leaves after the Nth block of the next visit (before-block-N, in-block-N)",
  },
  { name: "power:before-commit", does: `the power goes in the next visit (${POWER_MOMENTS.join(", ")})` },
  { name: "clock:1970", does: "the terminal's clock says 1970, and that it is not to be trusted" },
  { name: "serial:drop=5%", does: "the line loses bytes (flip=, insert=; several with commas) until serial:drop=0%" },
  { name: "printer:no-paper", does: "the paper is out until paper is put in" },
  { name: "card:rollback", does: "at its next tap a card holds what it held before its last visit" },
  { name: "flash:full", does: "the storage takes no more bytes until the power comes back" },
  { name: "batch:reorder", does: "the next batch reaches the office behind the one after it" },
  { name: "bank:no-answer", does: "needs the bank terminal, which the simulator does not have yet" },
];

const BLOCK_MAX = 99;
const RATE = /^(drop|flip|insert)=(\d{1,3})(?:\.(\d{1,4}))?%$/;
const MILLIONTHS_PER_PERCENT = 10_000;

function ratesOf(text: string): NoiseRates | null {
  let rates = QUIET;
  for (const part of text.split(",")) {
    const [, name, whole, rest = ""] = RATE.exec(part) ?? [];
    if (name === undefined) return null;
    const rate = Number(whole) * MILLIONTHS_PER_PERCENT + Number(rest.padEnd(4, "0"));
    if (rate > 100 * MILLIONTHS_PER_PERCENT) return null;
    rates = { ...rates, [name]: rate };
  }
  return rates;
}

const PLAIN: Readonly<Record<string, Fault>> = {
  "clock:1970": { what: "clock" },
  "printer:no-paper": { what: "printer" },
  "card:rollback": { what: "rollback" },
  "flash:full": { what: "flash" },
  "batch:reorder": { what: "reorder" },
  "bank:no-answer": { what: "bank" },
};

/** The fault of this name; null where there is none. */
export function parseFault(name: string): Fault | null {
  if (Object.hasOwn(PLAIN, name)) return PLAIN[name]!;
  const tear = /^tear:(before|in|after)-block-(\d{1,2})$/.exec(name);
  if (tear !== null) {
    const block = Number(tear[2]);
    return block < 1 || block > BLOCK_MAX ? null : { what: "tear", when: tear[1] as "before" | "in" | "after", block };
  }
  const moment = POWER_MOMENTS.find((known) => name === `power:${known}`);
  if (moment !== undefined) return { what: "power", moment };
  const rates = name.startsWith("serial:") ? ratesOf(name.slice("serial:".length)) : null;
  return rates === null ? null : { what: "serial", rates };
}

/** A card that leaves at its Nth block, once. */
class Tear extends Mishaps {
  isDone = false;
  private blocks = 0;
  private readonly fault: Extract<Fault, { what: "tear" }>;

  constructor(fault: Extract<Fault, { what: "tear" }>) {
    super();
    this.fault = fault;
  }

  override next(kind: OperationKind): Mishap | null {
    if (this.isDone || kind !== "card-write") return null;
    this.blocks += 1;
    if (this.blocks < this.fault.block) return null;
    this.isDone = true;
    const { when } = this.fault;
    return { what: "card", when: when === "in" ? "inside" : when };
  }
}

/** Nothing happens, and nobody counts. */
class Calm extends Mishaps {
  override next(): null {
    return null;
  }
}
const CALM = new Calm();

/** What is planned to go wrong at one terminal. */
export class Faults {
  /** The storage takes no more. */
  isFull = false;
  /** What interrupts the card by its commands, counted; null where only what is planned by name does. */
  counted: Mishaps | null = null;
  private tear: Tear | null = null;
  private power: PowerMoment | null = null;

  /** Plans what happens in the next visit. */
  plan(fault: Extract<Fault, { what: "tear" | "power" }>): void {
    if (fault.what === "tear") this.tear = new Tear(fault);
    else this.power = fault.moment;
  }

  /** What interrupts the card now. */
  get card(): Mishaps {
    return this.tear ?? this.counted ?? CALM;
  }

  /** Whether the power goes at this moment; it goes once. */
  cuts(moment: string): boolean {
    if (this.power !== moment) return false;
    this.power = null;
    return true;
  }

  /** A visit is over: what was planned for it is planned no more. True where some of it did not happen. */
  forget(): boolean {
    const left = this.power !== null || (this.tear !== null && !this.tear.isDone);
    this.tear = null;
    this.power = null;
    return left;
  }
}
