import {
  type Attempt,
  awaitCard,
  awaitRemoval,
  Deadline,
  type Field,
  type FieldWatch,
  readerOf,
} from "./field-watch.ts";
import { fieldOf, LEAVE_CARD, nativePackage, PROTOCOLS_ANY, SHARE_EXCLUSIVE, STATE } from "./native-package.ts";
import { problemOfError } from "./scard-code.ts";
import { type SmartcardCard, SmartcardTransport } from "./smartcard-transport.ts";
import { IN_USE_LIMIT_MS, type Reader, type ReaderService, type Transport } from "./transport.ts";

/** What is used of the npm package smartcard, version 3. */
interface SmartcardReader {
  readonly name: string;
  readonly state: number;
  connect(shareMode: number, protocols: number): Promise<SmartcardCard>;
}
interface SmartcardContext {
  listReaders(): SmartcardReader[];
  waitForChange(
    readers: readonly { readonly name: string; readonly state: number }[],
    timeoutMs: number,
  ): Promise<readonly { readonly state: number }[] | null>;
  cancel(): void;
  close(): void;
}
export interface SmartcardPackage {
  readonly Context: new () => SmartcardContext;
}

/** The package, or null where it cannot be loaded. */
export function loadSmartcard(): SmartcardPackage | null {
  const loaded = nativePackage("smartcard") as SmartcardPackage | null;
  return typeof loaded?.Context === "function" ? loaded : null;
}

/**
 * The readers of any system, through the npm package smartcard. Its own event class never recovers from a restart of the service,
 * so every call opens a context of its own, and a wait does not hold the lock of a card's context.
 */
export class SmartcardReaders implements ReaderService {
  readonly backend = "smartcard";
  private readonly binding: SmartcardPackage;
  private readonly waits = new Set<AbortController>();
  private readonly transports = new Set<SmartcardTransport>();

  constructor(binding: SmartcardPackage) {
    this.binding = binding;
  }

  async readers(): Promise<readonly Reader[] | "service-absent"> {
    const context = this.open();
    if (context === null) return "service-absent";
    try {
      return context.listReaders().map(({ name, state }) => ({ name, card: fieldOf(state).card }));
    } catch (error) {
      if (problemOfError(error) === "reader-gone") return [];
      return "service-absent";
    } finally {
      release(context);
    }
  }

  async waitForCard(
    reader: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Transport | "none" | "in-use" | "reader-gone" | "service-gone"> {
    return this.watching(reader, timeoutMs, signal, (watch, deadline) =>
      awaitCard(watch, deadline, () => this.connect(reader)),
    );
  }

  async waitForRemoval(
    card: Transport | string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<"removed" | "still-there" | "reader-gone" | "service-gone"> {
    return this.watching(readerOf(card), timeoutMs, signal, (watch, deadline) => awaitRemoval(watch, deadline, card));
  }

  async close(): Promise<void> {
    for (const wait of this.waits) wait.abort();
    for (const transport of [...this.transports]) await transport.close();
  }

  private open(): SmartcardContext | null {
    try {
      return new this.binding.Context();
    } catch {
      return null;
    }
  }

  private async watching<T>(
    reader: string,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    wait: (watch: FieldWatch, deadline: Deadline) => Promise<T>,
  ): Promise<T | "service-gone"> {
    const context = this.open();
    if (context === null) return "service-gone";
    const closed = new AbortController();
    this.waits.add(closed);
    const either = signal === undefined ? closed.signal : AbortSignal.any([signal, closed.signal]);
    try {
      return await wait(new SmartcardWatch(context, reader, either), new Deadline(timeoutMs, either));
    } finally {
      this.waits.delete(closed);
      release(context);
    }
  }

  private async connect(reader: string): Promise<Attempt> {
    const context = this.open();
    if (context === null) return "service-gone";
    try {
      const found = context.listReaders().find(({ name }) => name === reader);
      if (found === undefined) {
        release(context);
        return "reader-gone";
      }
      for (const held of [...this.transports]) if (held.reader === reader) held.notice();
      const connecting = found.connect(SHARE_EXCLUSIVE, PROTOCOLS_ANY);
      // The service lets this wait for as long as another program is in a transaction, and the context with it.
      const card = await new Deadline(IN_USE_LIMIT_MS).race(connecting);
      if (card === "time-out") {
        void connecting
          .then((late) => late.disconnect(LEAVE_CARD))
          .catch(() => {})
          .then(() => release(context));
        return "in-use";
      }
      const transport: SmartcardTransport = new SmartcardTransport(card, reader, fieldOf(found.state).events, () => {
        this.transports.delete(transport);
        release(context);
      });
      this.transports.add(transport);
      return transport;
    } catch (error) {
      release(context);
      const problem = problemOfError(error);
      return problem === "reset" || problem === "broken" ? "no-card" : problem;
    }
  }
}

/** Closing a context of a service that has ended throws; there is nothing left to close then. */
function release(context: SmartcardContext): void {
  try {
    context.close();
  } catch {}
}

/** How long one native wait lasts: a cancel that comes just before a wait begins is lost, and would hold it for ever. */
const NATIVE_WAIT_MS = 1000;

class SmartcardWatch implements FieldWatch {
  private readonly context: SmartcardContext;
  private readonly reader: string;
  private readonly signal: AbortSignal;
  private state: number = STATE.unaware;

  constructor(context: SmartcardContext, reader: string, signal: AbortSignal) {
    this.context = context;
    this.reader = reader;
    this.signal = signal;
  }

  async next(deadline: Deadline): Promise<Field | "time-out" | "reader-gone" | "service-gone"> {
    try {
      for (;;) {
        const left = deadline.leftMs;
        const state = await this.wait(Math.min(Math.ceil(left), NATIVE_WAIT_MS));
        if (state === null && left === 0) return "time-out";
        if (state === null) continue;
        if ((state & STATE.unknown) !== 0) return "reader-gone";
        this.state = state & ~STATE.changed;
        return fieldOf(state);
      }
    } catch (error) {
      return problemOfError(error) === "reader-gone" ? "reader-gone" : "service-gone";
    }
  }

  /** The state once it changed, or null when the time or the signal came first. */
  private async wait(timeoutMs: number): Promise<number | null> {
    const cancel = () => this.context.cancel();
    this.signal.addEventListener("abort", cancel);
    try {
      const changed = await this.context.waitForChange([{ name: this.reader, state: this.state }], timeoutMs);
      return changed?.[0]?.state ?? null;
    } finally {
      this.signal.removeEventListener("abort", cancel);
    }
  }
}
