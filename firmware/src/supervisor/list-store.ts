import { sameBytes } from "@cachet/card-layout";
import type { CardOnList, ListedAllowance, SealKey, StoredFile } from "../hal/index.ts";
import {
  type Ed25519Verify,
  type ListRefusal,
  nextContents,
  readTerminalList,
  SECTIONS,
  type Sections,
  type Sha256,
} from "../wire/index.ts";
import { decodeHeldList, encodeHeldList, type HeldList } from "./held-list.ts";

const DAY_SECONDS = 86_400;
/** Every image that was ever released reads this state layout: terminals write it without a list, too. */
export const LAYOUT_OF_ALL_IMAGES = 2;

/** What the journal keeps of a list change. */
export interface ListChange {
  readonly version: number;
  /** 0 for a full list. */
  readonly base: number;
  /** SHA-256 of the list as it came, signature included. */
  readonly hash: Uint8Array;
}

/** What became of a list. `held` is the version that the terminal holds now; 0 where it has none. */
export type ListOutcome =
  | ({ readonly applied: true; readonly held: number } & ListChange)
  | { readonly applied: false; readonly refusal: ListRefusal; readonly detail: string; readonly held: number };

/** What an account without a chip may spend at one terminal from one of its purses; the balance has this terminal's entries up to `asOf` in it. */
export interface Allowance extends ListedAllowance {
  /** Last entry of this terminal that the balance counts; 0 where none. */
  readonly asOf: number;
}

const NO_SECTIONS = Object.fromEntries(
  Object.entries(SECTIONS).map(([name, table]) => [name, table.none()]),
) as unknown as Sections;

/**
 * The terminal's list in one file. A list is taken whole or not at all, and only forward: the file is put in place of the old one
 * by one `replace`, and what is held in memory changes after it. What is held for another office key or issuer than
 * the terminal was provisioned with is not used.
 */
export class ListStore {
  private readonly file: StoredFile;
  private readonly sha256: Sha256;
  private readonly verify: Ed25519Verify;
  private readonly pinned: Uint8Array;
  private readonly issuer: number;
  private held: HeldList | null;
  /** The last list that is being taken: one at a time. */
  private taking: Promise<unknown> = Promise.resolve();

  private constructor(
    file: StoredFile,
    sha256: Sha256,
    verify: Ed25519Verify,
    pinned: Uint8Array,
    issuer: number,
    held: HeldList | null,
  ) {
    this.file = file;
    this.sha256 = sha256;
    this.verify = verify;
    this.pinned = pinned;
    this.issuer = issuer;
    this.held = held;
  }

  /** Reads what is held. `pinned` is the office key of the provisioning. Throws `ListDamaged`; the file is left as it is then. */
  static async load(
    file: StoredFile,
    sha256: Sha256,
    verify: Ed25519Verify,
    pinned: Uint8Array,
    issuer: number,
  ): Promise<ListStore> {
    const found = decodeHeldList(sha256, await file.read());
    const isOurs = found !== null && sameBytes(found.pinned, pinned) && found.contents.issuer === issuer;
    return new ListStore(file, sha256, verify, pinned, issuer, isOurs ? found : null);
  }

  /** Version of the list that is held; 0 where there is none. */
  get version(): number {
    return this.held?.contents.version ?? 0;
  }

  /** How much is held, and when the office issued it; null where there is no list. */
  get counts(): { readonly blocked: number; readonly credits: number; readonly issued: number } | null {
    if (this.held === null) return null;
    const { issued, sections } = this.held.contents;
    return { blocked: sections.blocked.count, credits: sections.credits.count, issued };
  }

  /** The key that verifies lists and receipts: as provisioned, or as a list signed with the one before it says. */
  get officeKey(): Uint8Array {
    return this.held?.contents.officeKey ?? this.pinned;
  }

  /** The newest state layout that this terminal may write. */
  get writeLayout(): number {
    return Math.max(this.held?.contents.writeLayout ?? 0, LAYOUT_OF_ALL_IMAGES);
  }

  /** The last change, for the journal: a start that finds another one there than journalled last notes it then. */
  get change(): ListChange | null {
    return this.held === null ? null : changeOf(this.held);
  }

  /**
   * Takes a signed list, or says why not. Durable once it resolves; cut before that, the old list or the new one is held. The same
   * list again is refused as `already` and changes nothing. Rejects when the file refuses: the old list stays in use then.
   */
  apply(bytes: Uint8Array): Promise<ListOutcome> {
    const done = this.taking.then(() => this.applyNow(bytes));
    this.taking = done.catch(() => {});
    return done;
  }

  private async applyNow(bytes: Uint8Array): Promise<ListOutcome> {
    const refuse = (refusal: ListRefusal, detail: string) =>
      ({ applied: false, refusal, detail, held: this.version }) as const;
    const hash = this.sha256(bytes);
    // Before its signature: the list that rotated the office key is signed with the key before it.
    if (this.held !== null && sameBytes(this.held.hash, hash))
      return refuse("already", `version ${this.version} is held`);
    const reading = readTerminalList(bytes, this.verify, this.officeKey);
    if (!reading.ok) return refuse(reading.refusal, reading.detail);
    const contents = this.held?.contents ?? null;
    const next = nextContents(this.sha256, contents, reading.list, this.issuer, this.officeKey);
    if (!next.ok) return refuse(next.refusal, next.detail);
    const held: HeldList = { pinned: this.pinned, base: reading.list.base, hash, contents: next.contents };
    await this.file.replace(encodeHeldList(this.sha256, held));
    this.held = held;
    return { applied: true, held: this.version, ...changeOf(held) };
  }

  private get sections(): Sections {
    return this.held?.contents.sections ?? NO_SECTIONS;
  }

  /**
   * Days since the list was issued, rounded down; null where there is none, or where the clock stands more than a day before
   * it: a clock that is set back makes no list young.
   */
  listDays(utc: number): number | null {
    if (this.held === null || utc < this.held.contents.issued - DAY_SECONDS) return null;
    return Math.max(0, Math.floor((utc - this.held.contents.issued) / DAY_SECONDS));
  }

  /** What the list says of a card, in every programme. */
  onCard(card: number, utc: number): Omit<CardOnList, "restored"> {
    const { blocked, credits, revokedGenerations } = this.sections;
    return {
      blocked: blocked.of({ card })[0]?.reason ?? null,
      credits: credits.of({ card }).map(({ programme, number, body }) => ({ programme, number, body })),
      revoked: revokedGenerations
        .of({ role: "area" })
        .map(({ number, generation }) => ({ programme: number, generation })),
      listDays: this.listDays(utc),
      writeLayout: this.writeLayout,
    };
  }

  /** What the list lets an account without a chip spend at a terminal; nothing of a purse whose balance it does not name. */
  allowance(account: number, terminal: number): Allowance[] {
    const { balances, ceilings, imported } = this.sections;
    const asOf = imported.of({ terminal })[0]?.entry ?? 0;
    return balances.of({ account }).map(({ programme, purse, balance }) => {
      const ceiling = ceilings.of({ account, programme, purse, terminal })[0]?.ceiling ?? 0;
      return { programme, purse, balance, asOf, ceiling };
    });
  }

  /** The card or account of a merchant's customer by the keyed hash of the phone number; null where the list names none. */
  cardOfPhone(merchant: number, hash: Uint8Array): number | null {
    return this.sections.phones.of({ merchant, hash })[0]?.card ?? null;
  }

  /** Whether a key may sign or open nothing any more, by its SHA-256 key id. */
  isRevokedKey(keyId: Uint8Array): boolean {
    return this.sections.revokedKeys.of({ key: keyId }).length > 0;
  }

  /** Whether a generation of a card key or an area key is worth nothing any more. */
  isRevokedGeneration(key: SealKey): boolean {
    const number = key.role === "identity" ? key.issuer : key.programme;
    return this.sections.revokedGenerations.of({ role: key.role, number, generation: key.generation }).length > 0;
  }
}

function changeOf({ contents, base, hash }: HeldList): ListChange {
  return { version: contents.version, base, hash };
}
