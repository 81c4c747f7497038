import type { CardPort, CounterPort, DeviceFacts, SettableClock, ShopSettings } from "../../hal/index.ts";
import type { AppRunner } from "../app-runner.ts";
import type { CollectedBatch } from "../batch-seal.ts";
import type { JournalKeeper } from "../journal-keeper.ts";
import type { ListOutcome } from "../list-store.ts";
import type { Slots } from "../slots.ts";
import type { Upload } from "../upload.ts";

/** What a terminal is as hardware. */
export interface Hardware {
  /** As images name it: `R2`. ASCII, 32 characters at most. */
  readonly model: string;
  readonly serial: string;
}

/** A running terminal as the commands of the line see it. */
export interface Managed {
  readonly hardware: Hardware;
  /** Version of the supervisor. */
  readonly version: string;
  /** Null as long as the terminal is blank. */
  readonly facts: DeviceFacts | null;
  readonly clock: SettableClock;
  readonly slots: Slots;
  readonly upload: Upload;
  /** Null where there is no image to run. */
  readonly app: AppRunner | null;
  /** Null as long as the terminal is blank. */
  readonly journal: JournalKeeper | null;
  readonly counter: CounterPort;
  /** As the shop set it. */
  readonly settings: ShopSettings;
  readonly card: CardPort;
  /** A visit is under way. */
  isBusy(): boolean;
  /** Starts the terminal anew, a moment later. */
  reset(): void;
  setClock(utc: number): Promise<void>;
  /** Takes a list of the office, and notes that another one is in force; null while the terminal is blank. */
  takeList(list: Uint8Array): Promise<ListOutcome | null>;
  /** Entries as a batch file; null where they are not kept, or the terminal is blank. Changes nothing. */
  sealBatch(first: number, last: number): CollectedBatch | null;
  /** Notes that an image may not run here, and why. */
  imageRefused(hash: Uint8Array, reason: string): Promise<void>;
  /** Ends the trial of the running image. */
  confirm(): Promise<void>;
}
