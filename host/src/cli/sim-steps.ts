import { type Chip, CONFIG_PAGES } from "@cachet/card-layout";
import type * as Simulator from "@cachet/terminal-sim";
import type { Step, Wish } from "@cachet/terminal-sim";

/** A step as somebody wrote it: field names, each with its words. The verb is a field too. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** What is wrong with a step; `field` is the one that it is about, or null for the step as a whole. */
export interface StepProblem {
  readonly field: string | null;
  readonly problem: string;
}

const AT_TERMINAL = ["terminal"];
/** Every verb with the fields that it may have. `lift`, `service` and `collect` are followed by a terminal, or by nothing. */
export const VERBS: Readonly<Record<Step["verb"], readonly string[]>> = {
  card: ["chip", "areas"],
  tap: ["sale", "top-up", "settle", "redeem", "returns", "again", ...AT_TERMINAL],
  lay: AT_TERMINAL,
  lift: [],
  power: AT_TERMINAL,
  cable: AT_TERMINAL,
  paper: AT_TERMINAL,
  service: [],
  clock: AT_TERMINAL,
  fault: AT_TERMINAL,
  collect: [],
  show: [],
  status: [],
};
export const isVerb = (word: string): word is Step["verb"] => Object.hasOwn(VERBS, word);

/** The words of a running simulator, for people. */
export const WORDS = [
  "card NAME [chip NTAG215] [areas 1]",
  "tap NAME sale 4.80 1.20:tobacco [redeem max] [returns] [again]",
  "tap NAME top-up 50.00 | settle",
  "lay NAME | lift | show NAME",
  "power on | off | cycle",
  "cable in | out | gone",
  "paper in | out",
  "service",
  "clock 2026-06-18T17:59:58+02:00",
  "fault tear:after-block-2 (docs/simulator.md has all of them)",
  "status | stop",
] as const;

const CENTS_MAX = 10_000_000;

/** Cents of an amount with its two decimals, `12.50`; null for anything else. */
export function amountOf(text: string): number | null {
  const found = /^(\d{1,6})\.(\d\d)$/.exec(text);
  const cents = found === null ? null : Number(found[1]) * 100 + Number(found[2]);
  return cents === null || cents > CENTS_MAX ? null : cents;
}

/** Seconds since 1970 of a moment with its zone, `2026-06-18T17:59:58+02:00`; null for anything else. */
export function momentOf(text: string): number | null {
  const found = /^(\d{4}-\d\d-\d\d)T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/.exec(text);
  const ms = found === null ? Number.NaN : Date.parse(text);
  if (found === null || Number.isNaN(ms) || ms < 0) return null;
  // 31 April is no day: the calendar would quietly make it 1 May.
  const day = Date.parse(`${found[1]}T00:00:00Z`);
  return new Date(day).toISOString().startsWith(found[1]!) ? Math.floor(ms / 1_000) : null;
}

/** Seconds of a length of time, `90s`, `5m`, `2h`, `1d`; null for anything else. */
export function durationOf(text: string): number | null {
  const found = /^(\d{1,6})([smhd])$/.exec(text);
  return found === null
    ? null
    : Number(found[1]) * { s: 1, m: 60, h: 3_600, d: 86_400 }[found[2] as "s" | "m" | "h" | "d"];
}

/** Reads the fields of one step, and gathers everything that is wrong with them. */
class Reader {
  readonly problems: StepProblem[] = [];
  private readonly fields: Fields;
  private readonly firstTerminal: number;

  constructor(fields: Fields, firstTerminal: number) {
    this.fields = fields;
    this.firstTerminal = firstTerminal;
  }

  fault(field: string | null, problem: string): void {
    this.problems.push({ field, problem });
  }

  has(field: string): boolean {
    return this.fields.has(field);
  }

  /** One word; what is read from it, or a fault and `otherwise`. */
  word<T>(field: string, read: (text: string) => T | null, expected: string, otherwise: T): T {
    const words = this.fields.get(field) ?? [];
    const value = words.length === 1 ? read(words[0]!) : null;
    if (value !== null) return value;
    this.fault(field, `"${words.join(" ")}" is not ${expected}`);
    return otherwise;
  }

  words(field: string): readonly string[] {
    return this.fields.get(field) ?? [];
  }

  /** A mark: written alone, or with true or false. */
  mark(field: string): boolean {
    if (!this.has(field)) return false;
    const text = this.words(field).join(" ");
    if (text === "" || text === "true") return true;
    if (text !== "false") this.fault(field, `"${text}" is neither true nor false`);
    return false;
  }

  one<W extends string>(field: string, known: readonly W[]): W {
    return this.word(field, (text) => known.find((word) => word === text) ?? null, known.join(" or "), known[0]!);
  }

  count(field: string, min: number, max: number, otherwise: number): number {
    if (!this.has(field) || this.words(field).join("") === "") return otherwise;
    const read = (text: string) =>
      /^\d{1,5}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null;
    return this.word(field, read, `a whole number from ${min} to ${max}`, otherwise);
  }

  terminal(field = "terminal"): number {
    return this.count(field, 1, 9_999, this.firstTerminal);
  }

  name(field: string): string {
    const read = (text: string) => (/^[a-z0-9][a-z0-9-]{0,30}$/.test(text) ? text : null);
    return this.word(field, read, "a card's name: small letters, digits and hyphens", "");
  }
}

const AMOUNT = "an amount such as 12.50";

/** `4.80`, or `4.80:tobacco` with its category. */
function saleLine(text: string) {
  const [amount = "", category, ...rest] = text.split(":");
  const cents = amountOf(amount);
  if (cents === null || rest.length > 0 || category === "") return null;
  return { amount: cents, quantity: 1, ...(category === undefined ? {} : { category }) };
}

function wishOf(reader: Reader): Wish {
  const kinds = (["sale", "top-up", "settle"] as const).filter((kind) => reader.has(kind));
  if (kinds.length !== 1) reader.fault(null, "a tap has one of sale, top-up and settle");
  const [kind] = kinds;
  if (kind !== "sale" && reader.has("redeem")) reader.fault("redeem", "belongs to a sale");
  if (kind === "top-up") return { kind, amount: reader.word("top-up", amountOf, AMOUNT, 0) };
  if (kind === "settle") {
    reader.mark("settle");
    return { kind };
  }
  const lines = reader.words("sale").map(saleLine);
  if (kind === "sale" && (lines.length === 0 || lines.includes(null))) {
    reader.fault(
      "sale",
      `"${reader.words("sale").join(" ")}" is not ${AMOUNT}, or several, each perhaps with its category: 4.80:tobacco`,
    );
  }
  const redeem = (text: string) => (text === "max" ? text : amountOf(text));
  return {
    kind: "sale",
    lines: lines.flatMap((line) => line ?? []),
    redeem: reader.has("redeem") ? reader.word<number | "max">("redeem", redeem, `max or ${AMOUNT}`, "max") : null,
  };
}

const MOMENT = "a moment such as 2026-06-18T17:59:58+02:00";
const CHIPS = Object.keys(CONFIG_PAGES) as readonly Chip[];

function readStep(verb: Step["verb"], reader: Reader, sim: typeof Simulator): Step {
  switch (verb) {
    case "card":
      return {
        verb,
        name: reader.name(verb),
        chip: reader.has("chip") ? reader.one("chip", CHIPS) : "NTAG215",
        areas: reader.count("areas", 1, 3, 1),
      };
    case "tap": {
      const [returns, again] = [reader.mark("returns"), reader.mark("again")];
      return { verb, card: reader.name(verb), terminal: reader.terminal(), wish: wishOf(reader), returns, again };
    }
    case "lay":
      return { verb, card: reader.name(verb), terminal: reader.terminal() };
    case "show":
      return { verb, card: reader.name(verb) };
    case "power":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["on", "off", "cycle"]) };
    case "cable":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["in", "out", "gone"]) };
    case "paper":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["in", "out"]) };
    case "clock":
      return { verb, terminal: reader.terminal(), utc: reader.word(verb, momentOf, MOMENT, 0) };
    case "fault": {
      const fault = reader.word(verb, sim.parseFault, `a fault: ${sim.FAULTS.map(({ name }) => name).join(", ")}`, {
        what: "clock",
      });
      return { verb, terminal: reader.terminal(), fault, name: reader.words(verb).join(" ") };
    }
    case "lift":
    case "service":
    case "collect":
      return { verb, terminal: reader.terminal(verb) };
    case "status":
      return { verb };
  }
}

/** The step that some fields name, or everything that is wrong with them. `firstTerminal`: the one meant where none is named. */
export function stepOf(
  fields: Fields,
  firstTerminal: number,
  sim: typeof Simulator,
): { readonly step: Step } | { readonly problems: readonly StepProblem[] } {
  const verbs = [...fields.keys()].filter(isVerb);
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) {
    const problem =
      verb === undefined ? `no verb; one of ${Object.keys(VERBS).join(", ")}` : `several verbs: ${verbs.join(", ")}`;
    return { problems: [{ field: null, problem }] };
  }
  const reader = new Reader(fields, firstTerminal);
  const strange = [...fields.keys()].filter((field) => field !== verb && !VERBS[verb].includes(field));
  for (const field of strange) reader.fault(field, `not a field of ${verb}`);
  const step = readStep(verb, reader, sim);
  return reader.problems.length > 0 ? { problems: reader.problems } : { step };
}

const AT = "at";

/**
 * The fields of a step in one line: the verb, what it is about, then fields with their words. `at N` names the terminal:
 * `tap anna sale 4.80 1.20 redeem max at 2`.
 */
export function fieldsOfLine(line: string): Fields {
  const [verb = "", ...words] = line.trim().split(/\s+/);
  const known = isVerb(verb) ? VERBS[verb] : [];
  const fields = new Map<string, string[]>([[verb, []]]);
  let field = verb;
  for (const word of words) {
    const name = word === AT ? "terminal" : word;
    if (word === AT && !known.includes(name)) continue;
    if (known.includes(name)) {
      field = name;
      fields.set(field, []);
    } else fields.get(field)!.push(word);
  }
  return fields;
}
