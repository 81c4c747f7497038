import { STATE_LAYOUT } from "@cachet/card-layout";
import type { CardLists, CardPort, Clock, Counter, DeviceFacts, Hal, JournalFile, Sandbox } from "../hal/index.ts";
import { type Image, type ImageRefusal, type Signer, utf8Decode, verifyImage } from "../wire/index.ts";
import { hostApp } from "./app-host.ts";
import { sha256, verifyEd25519 } from "./crypto.ts";
import { type CollectedBatch, JournalKeeper } from "./journal-keeper.ts";
import { type HeldKey, KeyStore, TestKeyRefused } from "./key-store.ts";

/** A key whose images may run. Production terminals refuse test keys. */
export interface TrustedImageKey {
  readonly publicKey: Uint8Array;
  readonly test: boolean;
}

/** What a port supplies. */
export interface SupervisorPorts {
  readonly facts: DeviceFacts;
  readonly clock: Clock;
  readonly journal: JournalFile;
  readonly card: CardPort;
  readonly counter: Counter;
  readonly newSandbox: () => Sandbox;
  readonly keys: readonly HeldKey[];
  /** The terminal's own key: seals batches. */
  readonly signer: Signer;
  readonly trustedImageKeys: readonly TrustedImageKey[];
  /** The lowest security counter that may run: what the last confirmed image had. */
  readonly securityCounter: number;
  /** Entries the journal may hold; the usual number when it is left out. */
  readonly journalCapacity?: number;
  /** What the office says of cards; nothing where it is left out. */
  readonly lists?: CardLists;
}

/** The image is not one to run; nothing of it was. */
export class ImageRefused extends Error {
  readonly refusal: ImageRefusal;
  constructor(refusal: ImageRefusal, detail: string) {
    super(detail);
    this.name = "ImageRefused";
    this.refusal = refusal;
  }
}

/** A terminal that has started: the image runs, visits go through. */
export class Supervisor {
  readonly image: Image;
  /** Rejects when the app stops, with the reason. Never resolves. */
  readonly stopped: Promise<never>;
  private readonly ports: SupervisorPorts;
  private readonly journal: JournalKeeper;
  private readonly sandbox: Sandbox;

  private constructor(ports: SupervisorPorts, image: Image, keys: KeyStore, journal: JournalKeeper, payload: string) {
    this.ports = ports;
    this.image = image;
    this.journal = journal;
    this.sandbox = ports.newSandbox();
    this.stopped = hostApp(this.sandbox, payload, halOf(ports, keys, journal));
    // The owner awaits `stopped` where it matters; a stop that nobody waits for yet is not an unhandled error.
    this.stopped.catch(() => {});
  }

  /** Verifies the image, loads the journal, notes the start and runs the app. Throws `ImageRefused`, `TestKeyRefused`, or what the journal's load throws. */
  static async boot(imageFile: Uint8Array, ports: SupervisorPorts): Promise<Supervisor> {
    if (ports.facts.production && ports.trustedImageKeys.some(({ test }) => test)) throw new TestKeyRefused("image");
    const reading = verifyImage(imageFile, {
      trustedKeys: ports.trustedImageKeys.map(({ publicKey }) => publicKey),
      securityCounter: ports.securityCounter,
      layoutsInField: { lowest: STATE_LAYOUT, highest: STATE_LAYOUT },
      sha256,
      verify: verifyEd25519,
    });
    if (!reading.ok) throw new ImageRefused(reading.refusal, reading.detail);
    const payload = utf8Decode(reading.image.payload);
    if (payload === null) throw new ImageRefused("bad-header", "payload is not UTF-8 text");
    const { journal: file, clock, facts, signer, journalCapacity, lists } = ports;
    const keys = new KeyStore(ports.keys, facts.production);
    const journal = await JournalKeeper.load(file, clock, facts.terminal, signer.publicKey, journalCapacity, lists);
    await journal.powerUp(reading.image.hash);
    return new Supervisor(ports, reading.image, keys, journal, payload);
  }

  get entryCount(): number {
    return this.journal.count;
  }

  /** Bytes the app uses now. */
  usedBytes(): number {
    return this.sandbox.usedBytes();
  }

  /** Seals entries `first` to `last` (default: the newest) as a batch. Removes nothing. */
  collect(first: number, last: number = this.journal.count): CollectedBatch {
    const { facts, signer } = this.ports;
    return this.journal.collect(first, last, facts.terminal, signer.sign);
  }

  /** Frees the engine. */
  shutDown(): void {
    this.sandbox.stop();
  }
}

function halOf(ports: SupervisorPorts, keys: KeyStore, journal: JournalKeeper): Hal {
  const { facts, clock, card, counter } = ports;
  return {
    facts: () => Promise.resolve(facts),
    now: () => Promise.resolve(clock.now()),
    waitCard: (timeoutMs, uid) => card.waitCard(timeoutMs, uid),
    exchange: (commands) => card.exchange(commands),
    hash: (message) => Promise.resolve(sha256(message)),
    seal: (key, uid, number, sealed) => Promise.resolve(keys.seal(key, { uid, card: number }, sealed)),
    open: (key, uid, number, sealed, mac) => Promise.resolve(keys.open(key, { uid, card: number }, sealed, mac)),
    password: (issuer, generation, uid, number) =>
      Promise.resolve(keys.password(issuer, generation, { uid, card: number })),
    lookup: (number, visit) => journal.lookup(number, visit),
    entry: (number) => journal.entry(number),
    intend: (body) => journal.intend(body),
    settle: (intent, programme, outcome) => journal.settle(intent, programme, outcome),
    giveBack: (intent) => journal.giveBack(intent),
    refuse: (body) => journal.refuse(body),
    nextRequest: () => counter.nextRequest(),
    show: (line) => counter.show(line),
    print: (receipt) => counter.print(receipt),
    report: (report) => counter.report(report),
  };
}
