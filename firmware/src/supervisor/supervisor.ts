import { STATE_LAYOUT } from "@cachet/card-layout";
import {
  type CardPort,
  type CounterPort,
  type DeviceFacts,
  HAL_LEVEL,
  RESET_DELAY_MS,
  type Sandbox,
  type SandboxFault,
  type SerialLine,
  type SettableClock,
  type Storage,
  type Timer,
  TRIAL_MS,
} from "../hal/index.ts";
import { type Image, type ImageRefusal, type Signer, utf8Decode } from "../wire/index.ts";
import { AppRunner } from "./app-runner.ts";
import { sha256, verifyEd25519 } from "./crypto.ts";
import { halOf } from "./hal-of.ts";
import { type CollectedBatch, JournalKeeper } from "./journal-keeper.ts";
import { type HeldKey, KeyStore, TestKeyRefused } from "./key-store.ts";
import { LineService } from "./line-service.ts";
import { serveFiles } from "./management/file-commands.ts";
import { serveImages } from "./management/image-commands.ts";
import { LineFolder } from "./management/line-folder.ts";
import type { Hardware, Managed } from "./management/managed.ts";
import { serveOs } from "./management/os-commands.ts";
import { servePacked } from "./management/packed-commands.ts";
import { ManagementServer } from "./management/server.ts";
import { serveSettings } from "./management/settings-commands.ts";
import { serveStatistics } from "./management/statistics-commands.ts";
import { serveTerminal } from "./management/terminal-commands.ts";
import { Settings } from "./settings.ts";
import { Slots } from "./slots.ts";
import { Upload } from "./upload.ts";

/** Version of the supervisor, as `terminal info` shows it. */
export const SUPERVISOR_VERSION = "0.1.0";

/** A key whose images may run. Production terminals refuse test keys. */
export interface TrustedImageKey {
  readonly publicKey: Uint8Array;
  readonly test: boolean;
}

/** What makes a terminal one of an association's. */
export interface Provisioned {
  readonly facts: DeviceFacts;
  readonly keys: readonly HeldKey[];
  /** The terminal's own key: seals batches. */
  readonly signer: Signer;
  readonly trustedImageKeys: readonly TrustedImageKey[];
  /** Test keys only, and whoever is on the line may do everything. */
  readonly isOpen: boolean;
}

/** What a port supplies. */
export interface SupervisorPorts {
  readonly hardware: Hardware;
  readonly storage: Storage;
  readonly clock: SettableClock;
  readonly timer: Timer;
  /** The installer's line; null where there is none. */
  readonly line: SerialLine | null;
  readonly card: CardPort;
  readonly counter: CounterPort;
  readonly newSandbox: () => Sandbox;
  readonly provisioned: Provisioned;
  /** Entries the journal may hold; the usual number when it is left out. */
  readonly journalCapacity?: number;
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

/** A terminal that has started: visits go through where there is an image to run, and the line is served in any case. */
export class Supervisor implements Managed {
  readonly version = SUPERVISOR_VERSION;
  /** Rejects when something happens that no image and no client can cause: the power went, or the storage. Never resolves. */
  readonly stopped: Promise<never>;
  /** Resolves when the terminal is to be started anew. */
  readonly resets: Promise<void>;
  readonly slots: Slots;
  readonly upload: Upload;
  readonly journal: JournalKeeper;
  app: AppRunner | null = null;
  /** Why no app was started; null where one was. */
  imageFault: ImageRefused | null = null;
  private readonly ports: SupervisorPorts;
  private readonly keys: KeyStore;
  private line: LineService | null = null;
  private breakOff: (error: unknown) => void = () => {};
  private startAnew: () => void = () => {};
  private onFault: (fault: SandboxFault) => void = () => {};
  private readonly callOff: (() => void)[] = [];

  private constructor(ports: SupervisorPorts, keys: KeyStore, journal: JournalKeeper, slots: Slots, upload: Upload) {
    this.ports = ports;
    this.keys = keys;
    this.journal = journal;
    this.slots = slots;
    this.upload = upload;
    this.stopped = new Promise<never>((_, reject) => {
      this.breakOff = reject;
    });
    // The owner awaits `stopped` where it matters; a stop that nobody waits for yet is not an unhandled error.
    this.stopped.catch(() => {});
    this.resets = new Promise<void>((resolve) => {
      this.startAnew = resolve;
    });
  }

  /**
   * Decides which image runs, loads the journal, starts the app and serves the line. Throws `TestKeyRefused`, or what the
   * journal's load throws. Without a good image it comes up all the same: `imageFault` says why, and the line can bring another.
   */
  static async boot(ports: SupervisorPorts): Promise<Supervisor> {
    const { provisioned, storage, clock, hardware } = ports;
    const { facts, signer, trustedImageKeys } = provisioned;
    if (facts.production && trustedImageKeys.some(({ test }) => test)) throw new TestKeyRefused("image");
    const keys = new KeyStore(provisioned.keys, facts.production);
    const { slots } = await Slots.boot(storage, {
      trustedKeys: trustedImageKeys.map(({ publicKey }) => publicKey),
      layoutsInField: { lowest: STATE_LAYOUT, highest: STATE_LAYOUT },
      device: { model: hardware.model, merchant: facts.merchant, halLevel: HAL_LEVEL },
      sha256,
      verify: verifyEd25519,
    });
    await slots.adoptCounter();
    const journal = await JournalKeeper.load(
      storage.file("journal"),
      clock,
      facts.terminal,
      signer.publicKey,
      ports.journalCapacity,
    );
    const supervisor = new Supervisor(ports, keys, journal, slots, await Upload.load(storage));
    await supervisor.startApp();
    supervisor.watchTrial();
    supervisor.serveLine(await Settings.load(storage.file("settings")));
    return supervisor;
  }

  private async startApp(): Promise<void> {
    const { reading } = this.slots.running;
    const payload = reading.ok ? utf8Decode(reading.image.payload) : null;
    if (!reading.ok || payload === null) {
      this.imageFault = reading.ok
        ? new ImageRefused("bad-header", "payload is not UTF-8 text")
        : new ImageRefused(reading.refusal, reading.detail);
      return;
    }
    await this.journal.powerUp(reading.image.hash);
    const { card, counter, newSandbox, clock } = this.ports;
    const hal = halOf({ facts: this.facts, clock, card, counter, keys: this.keys, journal: this.journal });
    this.app = new AppRunner(newSandbox, payload, hal, {
      healthy: () => {
        if (this.slots.isAgreed) this.confirm().catch(this.breakOff);
      },
      fault: (fault) => {
        this.onFault(fault);
        // What ran before is known to work.
        if (this.slots.onTrial) this.startAnew();
      },
      broken: (error) => this.breakOff(error),
    });
    this.app.start();
  }

  /** An image on trial has a minute to be confirmed: by a host, or by the service key. */
  private watchTrial(): void {
    if (!this.slots.onTrial) return;
    const { timer, counter } = this.ports;
    this.callOff.push(
      timer.after(TRIAL_MS, () => {
        if (this.slots.onTrial) this.startAnew();
      }),
    );
    const keep = async () => {
      while (this.slots.onTrial) {
        await counter.serviceKey();
        if (this.app?.state === "healthy") await this.confirm();
      }
    };
    keep().catch(this.breakOff);
  }

  private serveLine(settings: Settings): void {
    const { line, provisioned } = this.ports;
    if (line === null) return;
    const server = new ManagementServer({ isGranted: () => provisioned.isOpen, touch: () => {} });
    const service = new LineService(line, server);
    serveOs(server, this);
    serveImages(server, this);
    servePacked(server, this);
    serveStatistics(server, this, () => service.counts);
    serveSettings(server, this, settings);
    serveFiles(server, new LineFolder(this));
    serveTerminal(server, this);
    this.line = service;
    service.run().catch(this.breakOff);
  }

  get hardware(): Hardware {
    return this.ports.hardware;
  }

  get facts(): DeviceFacts {
    return this.ports.provisioned.facts;
  }

  get clock(): SettableClock {
    return this.ports.clock;
  }

  get counter(): CounterPort {
    return this.ports.counter;
  }

  get card(): CardPort {
    return this.ports.card;
  }

  /** The image that runs. Throws where there is none. */
  get image(): Image {
    const { reading } = this.slots.running;
    if (!reading.ok) throw new ImageRefused(reading.refusal, reading.detail);
    return reading.image;
  }

  get entryCount(): number {
    return this.journal.count;
  }

  /** Bytes the app uses now. */
  usedBytes(): number {
    return this.app?.usedBytes() ?? 0;
  }

  /** Rejects at the next fault of the app, with what it was. */
  appFault(): Promise<never> {
    return new Promise<never>((_, reject) => {
      if (this.app?.state === "stopped" && this.app.fault !== null) reject(this.app.fault);
      this.onFault = reject;
    });
  }

  isBusy(): boolean {
    return this.app?.busy ?? false;
  }

  reset(): void {
    this.callOff.push(this.ports.timer.after(RESET_DELAY_MS, this.startAnew));
  }

  async setClock(utc: number): Promise<void> {
    this.ports.clock.set(utc);
  }

  async confirm(): Promise<void> {
    await this.slots.confirm();
  }

  sealBatch(first: number, last: number): CollectedBatch | null {
    return first < 1 || last > this.entryCount || first > last ? null : this.collect(first, last);
  }

  /** Seals entries `first` to `last` (default: the newest) as a batch. Removes nothing. */
  collect(first: number, last: number = this.journal.count): CollectedBatch {
    return this.journal.collect(first, last, this.facts.terminal, this.ports.provisioned.signer.sign);
  }

  /** Ends everything at once and frees the engine. */
  shutDown(): void {
    for (const callOff of this.callOff) callOff();
    this.line?.end();
    this.app?.end();
  }
}
