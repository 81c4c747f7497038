/** A step as somebody wrote it: field names, each with its words. The verb is a field too. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/** What is wrong with a step; `field` is the one that it is about, or null for the step as a whole. */
export interface StepProblem {
  readonly field: string | null;
  readonly problem: string;
}

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
export class StepReader {
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

export const MOMENT = "a moment such as 2026-06-18T17:59:58+02:00";
