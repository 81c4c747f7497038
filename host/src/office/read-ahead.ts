import { claimedTerminal } from "@cachet/firmware/wire";
import { type Answer, Thread } from "../ports/thread.ts";
import { type BatchRead, readAlone, type Sealer } from "./batch-read.ts";
import { type Cells, cellsOf, type Ledger, rowOf } from "./schema.ts";

interface Asked {
  readonly file: Uint8Array;
  readonly sealer: Sealer;
}

/** A batch as it crosses: objects take much longer than lists do. */
interface Crossing {
  readonly read: Omit<BatchRead, "meaning"> & { readonly meaning: Omit<BatchRead["meaning"], "areas"> };
  readonly areas: readonly Cells[];
}

/** In the thread: reads a file. */
export const answer: Answer<Asked, Crossing | null> = ({ file, sealer }) => {
  const read = readAlone(file, sealer);
  if (read === null) return { given: null, transfer: [] };
  const { areas, ...meaning } = read.meaning;
  const given = { read: { ...read, meaning }, areas: areas.map((area) => cellsOf("intent_area", area)) };
  // Entries are parts of the file: it goes with them.
  return { given, transfer: [file.buffer as ArrayBuffer] };
};

/** Reads and verifies files in a thread, while others are imported. */
export class ReadAhead {
  private readonly thread = new Thread<Asked, Crossing | null>(new URL(import.meta.url));
  private readonly ledger: Ledger;
  private readonly sealers = new Map<number, Sealer>();

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  private async sealerOf(terminal: number): Promise<Sealer | null> {
    const known = this.sealers.get(terminal);
    if (known !== undefined) return known;
    const found = await this.ledger
      .selectFrom("terminal")
      .select(["merchant", "public_key as publicKey"])
      .where("number", "=", terminal)
      .executeTakeFirst();
    if (found === undefined) return null;
    const sealer = { terminal, ...found };
    this.sealers.set(terminal, sealer);
    return sealer;
  }

  /**
   * Null where the file is not good by itself, or its terminal is not known: its import says what is wrong. Null, too, as long as the
   * thread has not started: nobody waits for that.
   */
  async read(file: Uint8Array): Promise<BatchRead | null> {
    const terminal = (await this.thread.hasStarted()) ? claimedTerminal(file) : null;
    const sealer = terminal === null ? null : await this.sealerOf(terminal);
    if (sealer === null) return null;
    const given = await this.thread.ask({ file, sealer });
    if (given === null) return null;
    const { read, areas } = given;
    return { ...read, meaning: { ...read.meaning, areas: areas.map((cells) => rowOf("intent_area", cells)) } };
  }

  /** Resolves once files are read here. */
  get started(): Promise<void> {
    return this.thread.started;
  }

  end(): Promise<void> {
    return this.thread.end();
  }
}
