import { setTimeout as pause } from "node:timers/promises";
import { promised } from "./promised.ts";
import { IN_USE_LIMIT_MS, type Transport } from "./transport.ts";

/** What lies on a reader. `events` counts cards that came or went; two equal states with different counts had a change between. */
export interface Field {
  readonly card: boolean;
  readonly events: number;
}

/** Watches one reader. The first `next` tells the state at once, every later one waits for another. */
export interface FieldWatch {
  next(deadline: Deadline): Promise<Field | "time-out" | "reader-gone" | "service-gone">;
}

/** What an attempt to connect can come to. */
export type Attempt = Transport | "no-card" | "in-use" | "reader-gone" | "service-gone";

/** The end of a wait: a moment, or a signal that comes before. */
export class Deadline {
  private readonly end: number;
  private readonly signal: AbortSignal | undefined;

  constructor(timeoutMs: number, signal?: AbortSignal) {
    this.end = performance.now() + timeoutMs;
    this.signal = signal;
  }

  get leftMs(): number {
    return this.signal?.aborted === true ? 0 : Math.max(0, this.end - performance.now());
  }

  /** What the promise gives, or "time-out" when the deadline comes first. The promise goes on. */
  async race<T>(promise: Promise<T>): Promise<T | "time-out"> {
    const { promise: over, resolve } = promised<"time-out">();
    const stop = () => resolve("time-out");
    if (this.signal?.aborted === true) stop();
    this.signal?.addEventListener("abort", stop);
    // Timers beyond 2^31 - 1 ms fire at once.
    const timer = setTimeout(stop, Math.min(this.leftMs, 0x7fffffff));
    try {
      return await Promise.race([promise, over]);
    } finally {
      clearTimeout(timer);
      this.signal?.removeEventListener("abort", stop);
    }
  }
}

const RETRY_MS = 50;

/** Tries until nobody else holds the card, for at most `IN_USE_LIMIT_MS`: other programs look at every new card for a moment. */
export async function whileInUse<T>(attempt: () => Promise<T | "in-use">): Promise<T | "in-use"> {
  const patience = new Deadline(IN_USE_LIMIT_MS);
  for (;;) {
    const result = await attempt();
    if (result !== "in-use" || patience.leftMs < RETRY_MS) return result;
    await pause(RETRY_MS);
  }
}

/** `ReaderService.waitForCard` over a watch. A card that gives no answer to reset is waited out, as one that is not there. */
export async function awaitCard(
  watch: FieldWatch,
  deadline: Deadline,
  connect: () => Promise<Attempt>,
): Promise<Transport | "none" | "in-use" | "reader-gone" | "service-gone"> {
  for (;;) {
    const field = await watch.next(deadline);
    if (field === "time-out") return "none";
    if (typeof field === "string") return field;
    if (!field.card) continue;
    const attempt = await whileInUse(connect);
    if (attempt !== "no-card") return attempt;
  }
}

/** The name of the reader that a card lies on. */
export const readerOf = (card: Transport | string): string => (typeof card === "string" ? card : card.reader);

/** `ReaderService.waitForRemoval` over a watch of the card's reader. */
export async function awaitRemoval(
  watch: FieldWatch,
  deadline: Deadline,
  card: Transport | string,
): Promise<"removed" | "still-there" | "reader-gone" | "service-gone"> {
  const first = await watch.next(deadline);
  if (typeof first === "string") return first === "time-out" ? "still-there" : first;
  const events = typeof card === "string" ? first.events : card.events;
  for (let field: Awaited<ReturnType<FieldWatch["next"]>> = first; ; field = await watch.next(deadline)) {
    if (field === "time-out") return "still-there";
    if (typeof field === "string") return field;
    if (!field.card || field.events !== events) return "removed";
  }
}
