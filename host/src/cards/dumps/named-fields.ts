import { type DumpCounter, type DumpProblem, dumpProblem } from "./dump.ts";
import { readDecimal, readWholeHex } from "./hex-text.ts";
import { counterAsWritten } from "./type2-memory.ts";

/** A field as the file has it, and where. */
export interface Field {
  readonly text: string;
  readonly place: string;
}

/**
 * Fields of a file by name. What is missing is null; what is there but malformed is null too and becomes `problem`, of which
 * the first stays: read all fields, then look at it once.
 */
export class NamedFields {
  problem: DumpProblem | null = null;
  readonly #find: (name: string) => Field | undefined;

  constructor(find: (name: string) => Field | undefined) {
    this.#find = find;
  }

  #read<T>(name: string, parse: (text: string) => T | null, wanted: string): T | null {
    const field = this.#find(name);
    if (field === undefined) return null;
    const value = parse(field.text);
    if (value === null) this.problem ??= dumpProblem(`${name} is not written as ${wanted}`, field.place);
    return value;
  }

  text(name: string): Field | undefined {
    return this.#find(name);
  }

  /** Bytes of one of these sizes. */
  bytes(name: string, ...sizes: readonly number[]): Uint8Array | null {
    const parse = (text: string) => {
      for (const size of sizes) {
        const bytes = readWholeHex(text, size);
        if (bytes !== null) return bytes;
      }
      return null;
    };
    return this.#read(name, parse, `${sizes.join(" or ")} hexadecimal bytes`);
  }

  /** A decimal number from 0 to `most`. */
  decimal(name: string, most: number): number | null {
    const parse = (text: string) => {
      const number = readDecimal(text);
      return number === null || number > most ? null : number;
    };
    return this.#read(name, parse, `a number from 0 to ${most}`);
  }

  /** Counters 0 to 2 with their tearing flags, `value` telling how the format writes a value. */
  counters(value: (name: string) => number | null): (DumpCounter | null)[] {
    return [0, 1, 2].map((i) => {
      const read = value(`Counter${i}`);
      const tearing = this.bytes(`Tearing${i}`, 1);
      return read === null ? null : counterAsWritten(read, tearing?.[0] ?? 0);
    });
  }
}
