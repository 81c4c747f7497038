import {
  type CardLists,
  type CardPort,
  type Chance,
  type CounterPort,
  type DeviceFacts,
  type Language,
  RESET_DELAY_MS,
  type Sandbox,
  type SandboxFault,
  type SerialLine,
  type SettableClock,
  type ShopSettings,
  type Storage,
  type Timer,
  TRIAL_MS,
} from "../hal/index.ts";
import {
  type Image,
  type ImageChange,
  type ImageRefusal,
  type ListChange,
  SHA256_BYTES,
  utf8Decode,
  utf8Encode,
} from "../wire/index.ts";
import { Access } from "./access.ts";
import { AppRunner } from "./app-runner.ts";
import type { CollectedBatch } from "./batch-seal.ts";
import { type Belonging, fixedOrigin, loadOrigin, type Origin } from "./belonging.ts";
import { type Books, bootSlots, loadBooks } from "./books.ts";
import { ClosingTime } from "./closing.ts";
import { halOf } from "./hal-of.ts";
import type { JournalKeeper } from "./journal-keeper.ts";
import { LineService } from "./line-service.ts";
import { type ListChange as HeldChange, LAYOUT_OF_ALL_IMAGES, type ListOutcome } from "./list-store.ts";
import { serveAccess } from "./management/access-commands.ts";
import { serveConformance } from "./management/conformance-commands.ts";
import { serveFiles } from "./management/file-commands.ts";
import { serveImages } from "./management/image-commands.ts";
import { serveJournal } from "./management/journal-commands.ts";
import { LineFolder } from "./management/line-folder.ts";
import { serveLists } from "./management/list-commands.ts";
import type { Hardware, Managed } from "./management/managed.ts";
import { serveOs } from "./management/os-commands.ts";
import { servePacked } from "./management/packed-commands.ts";
import { ManagementServer } from "./management/server.ts";
import { serveSettings } from "./management/settings-commands.ts";
import { serveStatistics } from "./management/statistics-commands.ts";
import { serveTerminal } from "./management/terminal-commands.ts";
import { PhoneBook } from "./phone-book.ts";
import { Settings } from "./settings.ts";
import type { BootEvent, Slots } from "./slots.ts";
import { Upload } from "./upload.ts";

/** Version of the supervisor, as `terminal info` shows it. */
export const SUPERVISOR_VERSION = "0.1.0";

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
  readonly chance: Chance;
  /** What the terminal is, where the port fixes it; otherwise what its storage says, and what a provision makes of it. */
  readonly belonging?: Belonging;
  /** Told each time that the app was stopped, for the port's log. */
  readonly appStopped?: (fault: SandboxFault) => void;
  /** Entries the journal may hold; the usual number when it is left out. */
  readonly journalCapacity?: number;
  /** What the office says of cards, where the port has it; what the stored list says otherwise. */
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

/** A terminal that has started: visits go through where there is an image to run, and the line is served in any case. */
export class Supervisor implements Managed {
  readonly version = SUPERVISOR_VERSION;
  /** Rejects when something happens that no image and no client can cause: the power went, or the storage. Never resolves. */
  readonly stopped: Promise<never>;
  /** Resolves when the terminal is to be started anew. */
  readonly resets: Promise<void>;
  readonly slots: Slots;
  readonly upload: Upload;
  /** Null while the terminal is blank. */
  readonly books: Books | null;
  readonly access: Access;
  app: AppRunner | null = null;
  /** Why no app was started; null where one was. */
  imageFault: ImageRefused | null = null;
  private readonly ports: SupervisorPorts;
  private readonly origin: Origin;
  private readonly shop: Settings;
  private line: LineService | null = null;
  private breakOff: (error: unknown) => void = () => {};
  private startAnew: () => void = () => {};
  private onFault: (fault: SandboxFault) => void = () => {};
  private readonly callOff: (() => void)[] = [];
  private callOffCheckpoint: (() => void) | null = null;

  private constructor(
    ports: SupervisorPorts,
    origin: Origin,
    books: Books | null,
    slots: Slots,
    upload: Upload,
    shop: Settings,
  ) {
    this.shop = shop;
    this.ports = ports;
    this.origin = origin;
    this.books = books;
    this.slots = slots;
    this.upload = upload;
    this.access = new Access(origin.signer.publicKey, ports.chance, () => {
      const { belonging } = origin;
      return belonging && { officeKey: books?.lists.officeKey ?? belonging.officeKey, isOpen: belonging.isOpen };
    });
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
   * Decides which image runs, loads the journal, starts the app and serves the line. Throws `TestKeyRefused`,
   * `DeviceIdentityFault`, `ProvisionFault`, or what the journal's load throws. Without a good image, or as long as it is blank,
   * it comes up all the same: `imageFault` says why nothing runs, and the line can bring what is missing.
   */
  static async boot(ports: SupervisorPorts): Promise<Supervisor> {
    const { storage } = ports;
    const fixed = ports.belonging;
    const origin = fixed === undefined ? await loadOrigin(storage, ports.chance) : fixedOrigin(fixed);
    const books = origin.belonging && (await loadBooks(ports, origin.belonging));
    const { slots, events } = await bootSlots(
      ports,
      origin.belonging,
      books?.lists.writeLayout ?? LAYOUT_OF_ALL_IMAGES,
    );
    const supervisor = new Supervisor(
      ports,
      origin,
      books,
      slots,
      await Upload.load(storage),
      await Settings.load(storage.file("settings")),
    );
    if (books !== null) await supervisor.begin(books, events);
    supervisor.watchTrial();
    supervisor.serveLine();
    return supervisor;
  }

  /** Notes what happened since the last start, and starts the app. */
  private async begin(books: Books, events: readonly BootEvent[]): Promise<void> {
    const { journal, lists } = books;
    const { reading } = this.slots.running;
    journal.whenCheckpointDue(() => this.checkpointSoon(journal));
    await journal.powerUp(reading.ok ? reading.image.hash : NO_IMAGE);
    const { cardGeneration, programmes } = books.belonging.facts;
    if (this.origin.provisioning !== null) {
      await journal.noteProvision({ serial: this.hardware.serial.slice(0, 40), cardGeneration, programmes });
    }
    for (const event of events) await journal.noteImage(imageChange(event));
    // Where the power went between a list and its entry, the entry is made up for.
    const { change } = lists;
    if (change !== null && !journal.knowsList(change.hash)) await journal.noteList(listChange(change));
    this.startApp(books);
  }

  /** Writes a checkpoint once nothing was asked of the terminal for a moment: nobody waits for it then. */
  private checkpointSoon(journal: JournalKeeper): void {
    this.callOffCheckpoint ??= this.ports.timer.after(IDLE_MS, () => {
      this.callOffCheckpoint = null;
      if (this.isBusy()) this.checkpointSoon(journal);
      else journal.checkpoint().catch(this.breakOff);
    });
  }

  private startApp({ belonging, journal, keys, lists }: Books): void {
    const { reading } = this.slots.running;
    const payload = () => (reading.ok ? utf8Decode(reading.image.payload) : null);
    if (!reading.ok || payload() === null) {
      this.imageFault = reading.ok
        ? new ImageRefused("bad-header", "payload is not UTF-8 text")
        : new ImageRefused(reading.refusal, reading.detail);
      return;
    }
    const { card, counter, newSandbox, clock, timer } = this.ports;
    const { slots } = this;
    const newestLayout = () => slots.newestLayout;
    const { facts } = belonging;
    const settings = this.shop;
    const phones = new PhoneBook(facts.merchant, keys, this.ports.lists ?? lists, clock, () => settings.country);
    const hal = halOf({ facts, settings, clock, card, counter, keys, journal, phones, newestLayout });
    const closing = new ClosingTime(clock, timer, () => settings.ofShop);
    this.app = new AppRunner(newSandbox, () => payload()!, hal, closing, {
      healthy: () => {
        if (this.slots.isAgreed) this.confirm().catch(this.breakOff);
      },
      fault: (fault) => {
        this.ports.appStopped?.(fault);
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

  private serveLine(): void {
    const { line } = this.ports;
    if (line === null) return;
    const server = new ManagementServer(this.access);
    const service = new LineService(line, server);
    const folder = new LineFolder(this);
    const lists = this.books?.lists ?? null;
    serveOs(server, this);
    serveImages(server, this);
    servePacked(server, this);
    serveStatistics(server, this, () => service.counts);
    serveSettings(server, this, this.shop);
    serveFiles(server, folder);
    serveTerminal(server, this);
    serveConformance(server, this, this.ports);
    if (this.books !== null) serveJournal(server, this.books);
    serveAccess(server, this, this.access, this.origin, lists);
    serveLists(server, this, lists, folder, this.access);
    this.watchSession();
    this.line = service;
    service.run().catch(this.breakOff);
  }

  /** Sessions end when nothing comes for a while. */
  private watchSession(): void {
    const tick = () => {
      this.access.tick(SESSION_TICK_MS);
      next();
    };
    const next = () => {
      this.callOff.push(this.ports.timer.after(SESSION_TICK_MS, tick));
      if (this.callOff.length > CALLS_KEPT) this.callOff.splice(0, 1);
    };
    next();
  }

  get hardware(): Hardware {
    return this.ports.hardware;
  }

  get facts(): DeviceFacts | null {
    return this.origin.belonging?.facts ?? null;
  }

  get journal(): JournalKeeper | null {
    return this.books?.journal ?? null;
  }

  get clock(): SettableClock {
    return this.ports.clock;
  }

  get counter(): CounterPort {
    return this.ports.counter;
  }

  /** Sets the language of the shop, and keeps it. */
  async setLanguage(language: Language): Promise<void> {
    this.shop.write("shop/language", utf8Encode(language));
    await this.shop.save();
  }

  get settings(): ShopSettings {
    return this.shop.ofShop;
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
    return this.journal?.count ?? 0;
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
    const { clock } = this.ports;
    const { utc: before, suspect } = clock.now();
    clock.set(utc);
    const { session } = this.access;
    await this.journal?.noteClock({
      before,
      after: utc,
      by: session === null ? "anyone" : "installer",
      ...(session === null ? {} : { installer: session.serial }),
      ...(suspect ? { wasSuspect: true as const } : {}),
    });
  }

  async confirm(): Promise<void> {
    const event = await this.slots.confirm();
    if (event !== null) await this.journal?.noteImage(imageChange(event));
  }

  async imageRefused(hash: Uint8Array, reason: string): Promise<void> {
    await this.journal?.noteImage({ what: "refused", to: hash, reason });
  }

  async takeList(list: Uint8Array): Promise<ListOutcome | null> {
    if (this.books === null) return null;
    const { lists, journal } = this.books;
    const outcome = await lists.apply(list);
    if (outcome.applied) await journal.noteList(listChange(outcome));
    return outcome;
  }

  sealBatch(first: number, last: number): CollectedBatch | null {
    if (this.books === null) return null;
    const { belonging, journal } = this.books;
    const batch = journal.collect(first, last, belonging.facts.terminal, belonging.signer.sign);
    return typeof batch === "string" ? null : batch;
  }

  /** Seals entries `first` to `last` (default: the newest) as a batch. Removes nothing. Throws while the terminal is blank. */
  collect(first: number, last: number = this.entryCount): CollectedBatch {
    const batch = this.sealBatch(first, last);
    if (batch === null) throw new RangeError(`no entries ${first} to ${last}`);
    return batch;
  }

  /** Ends everything at once and frees the engine. */
  shutDown(): void {
    for (const callOff of this.callOff) callOff();
    this.callOffCheckpoint?.();
    this.line?.end();
    this.app?.end();
  }
}

/** How long after an entry a checkpoint is written. */
const IDLE_MS = 2_000;
/** How often the time of a session is looked at. */
const SESSION_TICK_MS = 5_000;
/** Timers that may have to be called off at the end; the oldest have long been due. */
const CALLS_KEPT = 32;

const NO_IMAGE = new Uint8Array(SHA256_BYTES);

const imageChange = ({ what, from, to, reason }: BootEvent): ImageChange => ({
  what,
  ...(from === null ? {} : { from }),
  ...(to === null ? {} : { to }),
  ...(reason === undefined ? {} : { reason }),
});

const listChange = ({ version, base, hash }: HeldChange): ListChange => ({ list: hash, version, base });
