import { PAGE_BYTES, uidCheckBytes } from "@cachet/card-layout";
import type { ChipModel } from "./chip-model.ts";
import { happened, type TornPage } from "./mishap.ts";

/** Page 2 byte 1 is NXP's own; chips come with 48h. */
const INTERNAL = 0x48;
const STATIC_LOCK_PAGE = 2;
const OTP_PAGE = 3;
const FIRST_USER_PAGE = 4;
const FIRST_DYNAMIC_PAGE = 16;
/** Byte 3 of the dynamic lock page always reads so. */
const DYNAMIC_LOCK_END = 0xbd;
const CONFIG_LOCK = 0x40;

/** A page whose bits are weak: they read as the new ones and as the old ones in turn. */
interface WeakPage {
  readonly old: Uint8Array;
  readonly fresh: Uint8Array;
  reads: number;
}

/** What a chip's memory holds, whole. */
export interface MemoryContent {
  readonly bytes: Uint8Array;
  readonly weak: readonly (WeakPage & { readonly page: number })[];
}

/** Static lock bits that a block-locking bit of page 2 freezes: bit 0 page 3, bit 1 pages 4 to 9, bit 2 pages 10 to 15. */
const STATIC_FROZEN = [0x0008, 0x03f0, 0xfc00] as const;

/** The EEPROM of one Type 2 chip: pages, lock bits, one-time bits, and what tears leave. Sections 8.5 of both data sheets. */
export class ChipMemory {
  private readonly model: ChipModel;
  private readonly bytes: Uint8Array;
  private readonly weak = new Map<number, WeakPage>();
  /** Lock bits as of the last activation: those written since have no effect yet. */
  private staticLocks = 0;
  private dynamicLocks = 0;
  private configLocked = false;

  constructor(model: ChipModel, uid: Uint8Array) {
    this.model = model;
    this.bytes = new Uint8Array(model.pages * PAGE_BYTES);
    const { bcc0, bcc1 } = uidCheckBytes(uid);
    this.bytes.set([...uid.subarray(0, 3), bcc0, ...uid.subarray(3), bcc1, INTERNAL]);
    this.bytes.set(model.page3, OTP_PAGE * PAGE_BYTES);
    this.bytes.set(model.content, FIRST_USER_PAGE * PAGE_BYTES);
    if (model.dynamicLock !== null) this.bytes[model.dynamicLock.page * PAGE_BYTES + 3] = DYNAMIC_LOCK_END;
    this.bytes.set(model.config, model.configPage * PAGE_BYTES);
    this.bytes.fill(0xff, this.passwordPage * PAGE_BYTES, (this.passwordPage + 1) * PAGE_BYTES);
  }

  copy(uid: Uint8Array): ChipMemory {
    const twin = new ChipMemory(this.model, uid);
    twin.bytes.set(this.bytes);
    for (const [page, weak] of this.weak) twin.weak.set(page, { ...weak });
    twin.staticLocks = this.staticLocks;
    twin.dynamicLocks = this.dynamicLocks;
    twin.configLocked = this.configLocked;
    return twin;
  }

  /** Everything that the chip keeps without power, PWD and PACK included. */
  content(): MemoryContent {
    const weak = [...this.weak].map(([page, { old, fresh, reads }]) => ({ page, old, fresh, reads }));
    return { bytes: this.bytes.slice(), weak };
  }

  /** Puts back what `content` gave. Throws a `RangeError` for another chip's. */
  restoreContent({ bytes, weak }: MemoryContent): void {
    if (bytes.length !== this.bytes.length) throw new RangeError(`a memory of ${bytes.length} bytes`);
    this.bytes.set(bytes);
    this.weak.clear();
    for (const { page, ...left } of weak) this.weak.set(page, { ...left });
    this.activate(true);
  }

  private get passwordPage(): number {
    return this.model.configPage + 2;
  }

  /** Lock bits written before take effect with REQA or WUPA (8.5.2); CFGLCK only where the power comes on (8.5.7). */
  activate(powerUp: boolean): void {
    this.staticLocks = this.locksOf(STATIC_LOCK_PAGE, 2);
    if (this.model.dynamicLock !== null) this.dynamicLocks = this.locksOf(this.model.dynamicLock.page, 0);
    if (powerUp) this.configLocked = (this.access & CONFIG_LOCK) !== 0;
  }

  private locksOf(page: number, byte: number): number {
    const four = this.peek(page);
    return four[byte]! | (four[byte + 1]! << 8) | (byte === 0 ? four[2]! << 16 : 0);
  }

  /** Four bytes as they lie there; of a weak page, those that the next reading finds. */
  private peek(page: number): Uint8Array {
    const weak = this.weak.get(page);
    if (weak !== undefined) return weak.reads % 2 === 0 ? weak.fresh : weak.old;
    return this.bytes.slice(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  }

  /** Reads a page inside the chip: of a weak one, each reading finds the other bits. */
  private sense(page: number): Uint8Array {
    const four = this.peek(page);
    const weak = this.weak.get(page);
    if (weak !== undefined) weak.reads += 1;
    return four;
  }

  private isSecret(page: number): boolean {
    return page >= this.passwordPage;
  }

  /** A page as READ gives it: PWD and PACK are zeros. */
  read(page: number): Uint8Array {
    const four = this.sense(page);
    return this.isSecret(page) ? new Uint8Array(PAGE_BYTES) : four;
  }

  /** All pages as the next READ of each would give them. Reads nothing: weak pages stay as they are. */
  dump(): Uint8Array {
    const all = new Uint8Array(this.bytes.length);
    for (let page = 0; page < this.passwordPage; page += 1) all.set(this.peek(page), page * PAGE_BYTES);
    return all;
  }

  /** The first protected page (CFG0 byte 3). A new value counts at once, as users report; the data sheets do not say. */
  get auth0(): number {
    return this.peek(this.model.configPage)[3]!;
  }

  /** ACCESS (CFG1 byte 0). */
  get access(): number {
    return this.peek(this.model.configPage + 1)[0]!;
  }

  isPassword(four: Uint8Array): boolean {
    return this.sense(this.passwordPage).every((byte, i) => byte === four[i]);
  }

  pack(): Uint8Array {
    return this.sense(this.passwordPage + 1).slice(0, 2);
  }

  /** Whether the lock bits in effect keep this page as it is. Pages of lock bits are never locked: their bits are frozen one by one. */
  isLocked(page: number): boolean {
    const { lastUserPage, dynamicLock, configPage } = this.model;
    if (page < STATIC_LOCK_PAGE) return true;
    if (page === STATIC_LOCK_PAGE) return false;
    if (page < FIRST_DYNAMIC_PAGE && page <= lastUserPage) return ((this.staticLocks >> page) & 1) === 1;
    if (dynamicLock !== null && page <= lastUserPage) {
      return ((this.dynamicLocks >> Math.floor((page - FIRST_DYNAMIC_PAGE) / dynamicLock.pagesPerBit)) & 1) === 1;
    }
    return (page === configPage || page === configPage + 1) && this.configLocked;
  }

  /** Writes a page that is not locked. Lock bits and page 3 can only gain bits. */
  write(page: number, four: Uint8Array): void {
    if (page === STATIC_LOCK_PAGE) this.addBits(page, this.thawedStatic(four));
    else if (page === OTP_PAGE) this.addBits(page, four);
    else if (page === this.model.dynamicLock?.page) this.addBits(page, this.thawedDynamic(four));
    else this.put(page, four);
  }

  private put(page: number, four: Uint8Array): void {
    this.weak.delete(page);
    this.bytes.set(four, page * PAGE_BYTES);
  }

  private addBits(page: number, four: Uint8Array): void {
    for (let i = 0; i < PAGE_BYTES; i += 1) this.bytes[page * PAGE_BYTES + i]! |= four[i]!;
  }

  /** Of a write to page 2, the bits that may still be set: none of bytes 0 and 1, and none that a block-locking bit froze. */
  private thawedStatic(four: Uint8Array): Uint8Array {
    let bits = four[2]! | (four[3]! << 8);
    for (const [bit, frozen] of STATIC_FROZEN.entries()) if ((this.staticLocks >> bit) & 1) bits &= ~frozen;
    return Uint8Array.of(0, 0, bits & 0xff, bits >> 8);
  }

  /** Of a write to the dynamic lock page, the bits that may still be set. Byte 2 holds the block-locking bits: each freezes two lock bits. */
  private thawedDynamic(four: Uint8Array): Uint8Array {
    const { pagesPerBit } = this.model.dynamicLock!;
    const lockBits = Math.ceil((this.model.lastUserPage + 1 - FIRST_DYNAMIC_PAGE) / pagesPerBit);
    const blockBits = Math.ceil(lockBits / 2);
    let bits = (four[0]! | (four[1]! << 8)) & ((1 << lockBits) - 1);
    for (let bit = 0; bit < blockBits; bit += 1) {
      if ((this.dynamicLocks >> (16 + bit)) & 1) bits &= ~(0b11 << (2 * bit));
    }
    return Uint8Array.of(bits & 0xff, bits >> 8, four[2]! & ((1 << blockBits) - 1), 0);
  }

  /**
   * A write of an unlocked page that was cut inside. Pages 2, 3 and the dynamic lock page are protected by the chip: they hold
   * the old bits ("old", "zero", "weak") or the new ones ("new", "mixed"). Every other page becomes what `left` says.
   */
  tear(page: number, four: Uint8Array, left: TornPage): void {
    if (page === STATIC_LOCK_PAGE || page === OTP_PAGE || page === this.model.dynamicLock?.page) {
      if (happened(left)) this.write(page, four);
      return;
    }
    const old = this.peek(page).slice();
    const fresh = Uint8Array.from(four);
    if (left === "old") return;
    if (left === "zero") this.put(page, new Uint8Array(PAGE_BYTES));
    else if (left === "new") this.put(page, fresh);
    else if (left === "weak") this.weak.set(page, { old, fresh, reads: 0 });
    // Erasing clears bits before programming sets them: each bit may already be either.
    else
      this.put(
        page,
        fresh.map((byte, i) => (byte & 0xa5) | (old[i]! & 0x5a)),
      );
  }
}
