import {
  type Attempt,
  awaitCard,
  awaitRemoval,
  Deadline,
  type Field,
  type FieldWatch,
  readerOf,
} from "./field-watch.ts";
import { promised } from "./promised.ts";
import type { Reader, ReaderService, Transport } from "./transport.ts";

/** A card of this process: a simulated chip behind the commands of a storage-card reader. */
export interface InProcessCard {
  readonly atr: Uint8Array;
  /** Switches the chip off and on. */
  power(): void;
  /** Answers one command; "gone" where the card leaves before it can answer. */
  apdu(command: Uint8Array): Uint8Array | "gone";
}

/** One reader of this process, and what lies on it. */
class Place {
  card: InProcessCard | null = null;
  events = 0;
  holder: InProcessTransport | null = null;
  private change = promised();

  changed(): Promise<void> {
    return this.change.promise;
  }

  lay(card: InProcessCard | null): void {
    this.card = card;
    this.events += 1;
    this.holder = null;
    this.change.resolve();
    this.change = promised();
  }
}

/** Readers that exist in this process only, and hands that lay cards on them. */
export class InProcessField {
  /** By the name of the reader. */
  readonly places: ReadonlyMap<string, Place>;

  constructor(names: readonly string[] = ["Simulated reader"]) {
    this.places = new Map(names.map((name) => [name, new Place()]));
  }

  /** Lays a card on a reader, in place of the one that lies there. The reader must be one of ours. */
  insert(reader: string, card: InProcessCard): void {
    if (this.places.get(reader)?.card != null) this.remove(reader);
    card.power();
    this.places.get(reader)?.lay(card);
  }

  remove(reader: string): void {
    this.places.get(reader)?.lay(null);
  }
}

/** The readers of a field. They keep the promises of real ones, for simulated cards, with no service that could be absent. */
export class InProcessReaders implements ReaderService {
  readonly backend = "in-process";
  private readonly places: ReadonlyMap<string, Place>;
  private readonly closed = new AbortController();
  private readonly transports = new Set<Transport>();

  constructor(field: InProcessField) {
    this.places = field.places;
  }

  async readers(): Promise<readonly Reader[]> {
    return [...this.places].map(([name, { card }]) => ({ name, card: card !== null }));
  }

  async waitForCard(
    reader: string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<Transport | "none" | "in-use" | "reader-gone" | "service-gone"> {
    const place = this.places.get(reader);
    if (place === undefined) return "reader-gone";
    return awaitCard(new PlaceWatch(place), this.deadline(timeoutMs, signal), async () => this.connect(reader, place));
  }

  async waitForRemoval(
    card: Transport | string,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<"removed" | "still-there" | "reader-gone" | "service-gone"> {
    const place = this.places.get(readerOf(card));
    if (place === undefined) return "reader-gone";
    return awaitRemoval(new PlaceWatch(place), this.deadline(timeoutMs, signal), card);
  }

  async close(): Promise<void> {
    this.closed.abort();
    for (const transport of this.transports) await transport.close();
  }

  private connect(reader: string, place: Place): Attempt {
    if (place.card === null) return "no-card";
    if (place.holder !== null) return "in-use";
    place.holder = new InProcessTransport(reader, place, place.card);
    this.transports.add(place.holder);
    return place.holder;
  }

  private deadline(timeoutMs: number, signal: AbortSignal | undefined): Deadline {
    const signals = signal === undefined ? [this.closed.signal] : [this.closed.signal, signal];
    return new Deadline(timeoutMs, AbortSignal.any(signals));
  }
}

class InProcessTransport implements Transport {
  readonly exclusive = "connection";
  readonly reader: string;
  readonly atr: Uint8Array;
  readonly events: number;
  private readonly place: Place;
  private readonly card: InProcessCard;

  constructor(reader: string, place: Place, card: InProcessCard) {
    this.reader = reader;
    this.place = place;
    this.card = card;
    this.atr = card.atr;
    this.events = place.events;
  }

  private get isHere(): boolean {
    return this.place.holder === this;
  }

  async begin(): Promise<"begun" | "gone"> {
    return this.isHere ? "begun" : "gone";
  }

  async end(): Promise<void> {}

  async transmit(apdu: Uint8Array): Promise<Uint8Array | "gone" | "unknown"> {
    if (!this.isHere) return "gone";
    const answer = this.card.apdu(apdu);
    if (answer === "gone" && this.place.card === this.card) this.place.lay(null);
    return answer === "gone" || answer.length < 2 ? "unknown" : answer;
  }

  async reconnect(): Promise<"present" | "gone"> {
    if (this.isHere) this.card.power();
    return this.isHere ? "present" : "gone";
  }

  async close(): Promise<void> {
    if (this.isHere) this.place.holder = null;
  }
}

class PlaceWatch implements FieldWatch {
  private readonly place: Place;
  private last: number | null = null;

  constructor(place: Place) {
    this.place = place;
  }

  async next(deadline: Deadline): Promise<Field | "time-out"> {
    while (this.last === this.place.events)
      if ((await deadline.race(this.place.changed())) === "time-out") return "time-out";
    this.last = this.place.events;
    return { card: this.place.card !== null, events: this.place.events };
  }
}
