import { sameBytes } from "@cachet/card-layout";
import type { Storage, StoredFile } from "../hal/index.ts";
import {
  type Image,
  type ImageExpectation,
  type ImageReading,
  inspectImage,
  type Refused,
  refused,
  verifyImage,
} from "../wire/index.ts";
import { type BootState, loadBootState, otherSlot, type SlotName, saveBootState } from "./boot-state.ts";

/** How a slot is judged at this terminal: everything but the counter, which the boot state has. */
export type SlotJudge = Omit<ImageExpectation, "securityCounter">;

/** A slot as it is: the bytes in it, and the verdict on them, made when somebody first asks. */
export class SlotContent {
  readonly name: SlotName;
  readonly file: Uint8Array;
  private readonly expected: ImageExpectation;
  private known: ImageReading | null = null;

  constructor(name: SlotName, file: Uint8Array, expected: ImageExpectation) {
    this.name = name;
    this.file = file;
    this.expected = expected;
  }

  /** Whether the image may run here. */
  get reading(): ImageReading {
    this.known ??= verifyImage(this.file, this.expected);
    return this.known;
  }

  /** What the image says of itself, where it is whole: it may be none that runs here. */
  get stated(): Image | null {
    const reading = this.known ?? inspectImage(this.file, this.expected.sha256);
    if (reading.ok) return reading.image;
    const inspected = inspectImage(this.file, this.expected.sha256);
    return inspected.ok ? inspected.image : null;
  }
}

/** What happened to the slots at a start, for the journal. */
export interface BootEvent {
  readonly what: "test-boot" | "reverted" | "refused" | "slot-lost" | "confirmed";
  readonly from: Uint8Array | null;
  readonly to: Uint8Array | null;
  /** The refusal's word, where an image was refused. */
  readonly reason?: string;
}

const SLOT_FILES: Readonly<Record<SlotName, string>> = { a: "slot-a", b: "slot-b" };
const STATE_FILE = "state";

/** Where no state was ever written: slot a runs. */
const FIRST: BootState = { format: 1, running: "a", next: "stay", trial: false, agreed: false, counter: 0 };

const hashOf = ({ stated }: SlotContent): Uint8Array | null => stated?.hash ?? null;

type SetStateRefusal =
  | "bad-hash"
  | "hash-not-found"
  | "already-pending"
  | "test-on-active"
  | "confirm-denied"
  | "no-image"
  | "bad-tlv"
  | "version-newer";

/** The number by which stock clients learn why an image is not for this terminal. */
function refusalOf(word: Extract<ImageReading, { ok: false }>["refusal"]): SetStateRefusal {
  if (word === "older-counter") return "version-newer";
  return word === "unknown-key" || word === "bad-signature" || word === "hash-mismatch" ? "bad-hash" : "bad-tlv";
}

/**
 * Two slots, of which one runs: MCUboot's test, confirm, permanent and revert, by a pointer in the boot state. An image is only
 * ever run after it was verified whole at that very start.
 */
export class Slots {
  private readonly storage: Storage;
  private readonly stateFile: StoredFile;
  private readonly judge: SlotJudge;
  private readonly contents = new Map<SlotName, SlotContent>();
  private state: BootState;

  private constructor(storage: Storage, judge: SlotJudge, state: BootState) {
    this.storage = storage;
    this.stateFile = storage.file(STATE_FILE);
    this.judge = judge;
    this.state = state;
  }

  /** Decides which slot runs from now on, and writes that down before anything of it runs. */
  static async boot(
    storage: Storage,
    judge: SlotJudge,
  ): Promise<{ readonly slots: Slots; readonly events: readonly BootEvent[] }> {
    const stored = await loadBootState(storage.file(STATE_FILE));
    const slots = new Slots(storage, judge, stored === null || stored === "damaged" ? FIRST : stored);
    await slots.look("a");
    await slots.look("b");
    const events = stored === "damaged" ? await slots.rebuild() : await slots.decide();
    return { slots, events: [...events, ...(await slots.fallBack())] };
  }

  /** Puts an image into slot a of a storage that holds none, and a security counter with it: as a maker of terminals does. */
  static async install(storage: Storage, image: Uint8Array, counter = 0): Promise<void> {
    await storage.file(SLOT_FILES.a).replace(image);
    await saveBootState(storage.file(STATE_FILE), { ...FIRST, counter });
  }

  private async look(name: SlotName): Promise<void> {
    this.put(name, await this.storage.file(SLOT_FILES[name]).read());
  }

  private put(name: SlotName, file: Uint8Array): void {
    this.contents.set(name, new SlotContent(name, file, { ...this.judge, securityCounter: this.state.counter }));
  }

  private async save(change: Partial<BootState>): Promise<void> {
    const state = { ...this.state, ...change };
    await saveBootState(this.stateFile, state);
    this.state = state;
  }

  get running(): SlotContent {
    return this.contents.get(this.state.running)!;
  }

  get other(): SlotContent {
    return this.contents.get(otherSlot(this.state.running))!;
  }

  /** The lowest security counter that may run. */
  get securityCounter(): number {
    return this.state.counter;
  }

  /** The running image is not confirmed: at the next start the other one runs. */
  /**
   * The newest state layout that the running image may write. While it is on trial, none that the image behind it does not read: that
   * one comes back where this one fails.
   */
  get newestLayout(): number {
    const behind = this.onTrial ? this.other.stated : null;
    return Math.min(this.running.stated?.layouts.highest ?? 0, behind?.layouts.highest ?? Number.POSITIVE_INFINITY);
  }

  get onTrial(): boolean {
    return this.state.trial;
  }

  /** What waits for the next start. */
  get next(): BootState["next"] {
    return this.state.next;
  }

  /** A host asked for the image on trial to be kept. */
  get isAgreed(): boolean {
    return this.state.agreed;
  }

  /** A trial that was not confirmed goes back; an image that waits is tried if it is good. */
  private async decide(): Promise<BootEvent[]> {
    const { running, next, trial } = this.state;
    if (!trial && next === "stay") return [];
    const [from, to] = [hashOf(this.running), hashOf(this.other)];
    if (trial) {
      await this.save({ running: otherSlot(running), trial: false, agreed: false, next: "stay" });
      return [{ what: "reverted", from, to }];
    }
    const { reading } = this.other;
    if (!reading.ok) {
      await this.save({ next: "stay" });
      return [{ what: "refused", from: null, to, reason: reading.refusal }];
    }
    await this.save({ running: otherSlot(running), next: "stay", trial: true, agreed: next === "permanent" });
    return [{ what: "test-boot", from, to }];
  }

  /** The state is lost: the good image with the highest counter runs, and no lower one ever again. */
  private async rebuild(): Promise<BootEvent[]> {
    const good = [...this.contents.values()].flatMap(({ name, reading }) =>
      reading.ok ? [{ name, image: reading.image }] : [],
    );
    const best = good.sort((x, y) => y.image.securityCounter - x.image.securityCounter)[0];
    await this.save({ ...FIRST, running: best?.name ?? "a", counter: best?.image.securityCounter ?? 0 });
    return [{ what: "slot-lost", from: null, to: best?.image.hash ?? null, reason: "state" }];
  }

  /** The slot that is to run holds no image to run: the other one does, if it is good. */
  private async fallBack(): Promise<BootEvent[]> {
    const { running, other } = this;
    if (running.reading.ok || !other.reading.ok) return [];
    await this.save({ running: other.name, next: "stay", trial: false, agreed: false });
    return [{ what: "slot-lost", from: null, to: other.reading.image.hash, reason: running.reading.refusal }];
  }

  /** Ends the trial for good: raises the security counter in the same write. */
  async confirm(): Promise<BootEvent | null> {
    const { reading } = this.running;
    if (!this.state.trial || !reading.ok) return null;
    const counter = Math.max(this.state.counter, reading.image.securityCounter);
    await this.save({ trial: false, agreed: false, counter });
    // The image in the other slot may be too old by now.
    this.put(this.other.name, this.other.file);
    return { what: "confirmed", from: hashOf(this.other), to: reading.image.hash };
  }

  /** Raises the stored counter to a running image's that nobody has to confirm: the one a terminal was made with. */
  async adoptCounter(): Promise<void> {
    const { reading } = this.running;
    if (reading.ok && !this.state.trial && reading.image.securityCounter > this.state.counter) {
      await this.save({ counter: reading.image.securityCounter });
    }
  }

  /**
   * Follows SMP's "set state". `isHealthy`: the app on trial has reported that it works. Answers "confirm" where a trial is to
   * end, "done" where what was asked for is so now, or why not (Zephyr, img_mgmt_state.c, allowed transitions).
   */
  async setState(
    hash: Uint8Array | null,
    confirm: boolean,
    isHealthy: boolean,
  ): Promise<"done" | "confirm" | Refused<SetStateRefusal>> {
    const target = this.targetOf(hash);
    if (target === null) return refused("hash-not-found", "no slot holds an image with this hash");
    const isRunning = target.name === this.state.running;
    const { trial, next } = this.state;
    if (trial) {
      if (!confirm) return refused("already-pending", "the running image is on trial");
      if (!isRunning) return "done";
      return isHealthy ? "confirm" : refused("confirm-denied", "the running image has not reported that it works");
    }
    if (next !== "stay") {
      const same = !isRunning && confirm === (next === "permanent");
      return same ? "done" : refused("already-pending", "another image waits for the next start");
    }
    if (isRunning) return confirm ? "done" : refused("test-on-active", "the running image cannot be tried");
    const { reading } = target;
    if (!reading.ok) return refused(refusalOf(reading.refusal), reading.detail);
    await this.save({ next: confirm ? "permanent" : "test" });
    return "done";
  }

  private targetOf(hash: Uint8Array | null): SlotContent | null {
    if (hash === null) return this.running;
    const isMeant = ({ stated }: SlotContent) => stated !== null && sameBytes(stated.hash, hash);
    return [this.running, this.other].find(isMeant) ?? null;
  }

  /** Whether the other slot may be written to. */
  get isOtherFree(): boolean {
    return !this.state.trial && this.state.next === "stay";
  }

  /** Puts a file into the other slot, whole or not at all. Throws `StorageFault`. */
  async store(file: Uint8Array): Promise<void> {
    const { name } = this.other;
    await this.storage.file(SLOT_FILES[name]).replace(file);
    this.put(name, file);
  }
}
