import { SERIAL_MAX } from "@cachet/card-layout";

/** A file that only grows. `append` returns once the line is durable. */
export interface LogFile {
  lines(): readonly string[];
  append(line: string): void;
}

/** What happened to a card on this computer. Times are UTC seconds; UIDs are hexadecimal. */
export type CardEvent =
  /** About to be written: from here on the number is used up, whatever becomes of the card. */
  | {
      readonly event: "begun";
      readonly at: number;
      readonly issuer: number;
      /** Null where the UID is the number. */
      readonly serial: number | null;
      readonly card: number;
      readonly uid: string;
    }
  | { readonly event: "written"; readonly at: number; readonly card: number; readonly uid: string }
  | {
      readonly event: "rejected";
      readonly at: number;
      readonly card: number | null;
      readonly uid: string;
      readonly reason: string;
    };

/** A line of the log is not one that this version wrote. `line` counts from 1. */
export class CardLogFault extends Error {
  readonly line: number;
  constructor(line: number) {
    super(`line ${line} is no entry of the card log`);
    this.name = "CardLogFault";
    this.line = line;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isUid = (value: unknown): value is string => typeof value === "string" && /^([0-9a-f]{2}){1,10}$/.test(value);

const BEGINNING = '{"event":"';

/** The first part of a line as this program writes it. */
function isCutOff(line: string): boolean {
  return !line.endsWith("}") && /^[ -~]*$/.test(line) && (BEGINNING.startsWith(line) || line.startsWith(BEGINNING));
}

function parse(line: string): CardEvent | null {
  let given: Readonly<Record<string, unknown>>;
  try {
    given = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
  if (typeof given !== "object" || given === null || !isCount(given.at) || !isUid(given.uid)) return null;
  const numbered = isCount(given.card);
  const begun = given.event === "begun" && numbered && isCount(given.issuer);
  const sound =
    (begun && (given.serial === null || (isCount(given.serial) && given.serial <= SERIAL_MAX))) ||
    (given.event === "written" && numbered) ||
    (given.event === "rejected" && (numbered || given.card === null) && typeof given.reason === "string");
  return sound ? (given as unknown as CardEvent) : null;
}

/**
 * The log of the cards that were personalised on this computer: which numbers are used up, and which cards were begun and not
 * finished. A number that was begun is never given again.
 */
export class CardLog {
  private readonly file: LogFile;
  private readonly lastSerial = new Map<number, number>();
  /** Numbers that were begun, by issuer, and those that are on a card. */
  private readonly begun = new Map<number, Set<number>>();
  private readonly written = new Set<number>();
  /** By UID: the number that a card was begun with and did not get for certain. */
  private readonly unfinished = new Map<string, number>();

  /**
   * Reads the log. Of a line that was cut off only the number counts, where it names one: no card is written before its line is
   * whole. Throws `CardLogFault` for any other line that cannot be read.
   */
  constructor(file: LogFile) {
    this.file = file;
    for (const [i, line] of file.lines().entries()) {
      const event = parse(line);
      if (event !== null) this.take(event);
      else if (isCutOff(line)) this.burn(line);
      else throw new CardLogFault(i + 1);
    }
  }

  /** A number that stands in a line which was cut off, or damaged at its end, is not given again. */
  private burn(line: string): void {
    const [, issuer, serial] = /"issuer":(\d+),"serial":(\d+)/.exec(line) ?? [];
    if (issuer === undefined || serial === undefined || Number(serial) > SERIAL_MAX) return;
    this.lastSerial.set(Number(issuer), Math.max(Number(serial), this.lastSerial.get(Number(issuer)) ?? 0));
  }

  private take(event: CardEvent): void {
    if (event.event === "begun") {
      if (event.serial !== null) {
        this.lastSerial.set(event.issuer, Math.max(event.serial, this.lastSerial.get(event.issuer) ?? 0));
      }
      this.begun.set(event.issuer, (this.begun.get(event.issuer) ?? new Set()).add(event.card));
      this.unfinished.set(event.uid, event.card);
    }
    if (event.event === "written") {
      this.unfinished.delete(event.uid);
      this.written.add(event.card);
    }
  }

  add(event: CardEvent): void {
    this.file.append(JSON.stringify(event));
    this.take(event);
  }

  /** The number of the next card: behind every one that was begun, and not below `first`. Null when all are used up. */
  nextSerial(issuer: number, first: number): number | null {
    const next = Math.max(first, (this.lastSerial.get(issuer) ?? 0) + 1);
    return next > SERIAL_MAX ? null : next;
  }

  /** Whether any card of this issuer was begun here. */
  knows(issuer: number): boolean {
    return this.lastSerial.has(issuer);
  }

  /** The number that this card was begun with, where it was not finished. */
  begunOn(uid: string): number | null {
    return this.unfinished.get(uid) ?? null;
  }

  /** Numbers of an issuer that were begun and are on no card for certain, lowest first. */
  burnt(issuer: number): number[] {
    return [...(this.begun.get(issuer) ?? [])].filter((card) => !this.written.has(card)).sort((a, b) => a - b);
  }
}
