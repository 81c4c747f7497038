import {
  areLocksFrozen,
  type CardIdentity,
  type CardMap,
  type CardPassword,
  type Chip,
  CONFIG_PAGES,
  concat,
  counterNumber,
  FACTORY_CONTENT,
  isBlank,
  isCardNumber,
  lockedPages,
  mapOf,
  PAGE_BYTES,
  readAccess,
  sameBytes,
  sealedIdentity,
  slotPage,
  type2,
  unwrapIdentity,
  wrapIdentity,
} from "@cachet/card-layout";
import { ask, identifyChip, type NoAnswer, readPages, writePages } from "./chip.ts";
import type { ChipLink } from "./chip-link.ts";
import { type CardOrder, identityFor, mapFor, ndefFor, numberFor, passwordFor } from "./new-card.ts";
import { type Originality, originality, signedFamily } from "./originality.ts";
import { authenticate, open, opening, type ProtectionRefusal, protect, readConfig } from "./protect.ts";
import { sealFits } from "./seals.ts";

/** Why a card was not personalised. */
export type PersonaliseRefusal =
  | ProtectionRefusal
  /** A chip that none of our media is, or one without a memory map for this order. */
  | "unknown-chip"
  | "not-blank"
  /** Pages that must be written are locked for ever. */
  | "locked"
  | "read-back-differs"
  /** An increment was cut and the counter does not settle. */
  | "counter-torn"
  /** A chip that goes by its UID has counted before: it is not new. */
  | "counter-used"
  /** The maker's signature does not verify, and only genuine chips are wanted. */
  | "not-genuine";

/** What became of a card. */
export type Personalised =
  | {
      readonly result: "personalised";
      readonly card: number;
      readonly map: CardMap;
      readonly originality: Originality;
      /** It already was this issuer's card, and only finished now where something was missing: the order's number is not used. */
      readonly before: boolean;
    }
  | {
      readonly result: "refused";
      readonly reason: PersonaliseRefusal;
      /** Whether anything was written: the order's number is burnt then, whatever the card holds. */
      readonly touched: boolean;
      readonly originality: Originality | null;
    };

/** Told once, before the first byte is written: whoever counts numbers must remember this one for ever. */
export type BeforeWriting = (card: number, map: CardMap) => void;

class Refused extends Error {
  readonly reason: PersonaliseRefusal;
  constructor(reason: PersonaliseRefusal) {
    super(reason);
    this.reason = reason;
  }
}

/** The answer, or the end of this card. */
function got<T>(answer: T | NoAnswer): T {
  if (answer === "gone" || answer === "refused") throw new Refused(answer as NoAnswer);
  return answer as T;
}

/** One card on the reader, on its way to be personalised. */
class Personalisation {
  private readonly link: ChipLink;
  private readonly order: CardOrder;
  /** The number that an earlier try began to write on this very chip, and burnt. */
  private readonly begun: number | null;
  private readonly beforeWriting: BeforeWriting;
  private readonly genuineOnly: boolean;
  touched = false;
  genuine: Originality | null = null;

  constructor(
    link: ChipLink,
    order: CardOrder,
    begun: number | null,
    beforeWriting: BeforeWriting,
    genuineOnly: boolean,
  ) {
    this.link = link;
    this.order = order;
    this.begun = begun;
    this.beforeWriting = beforeWriting;
    this.genuineOnly = genuineOnly;
  }

  async run(): Promise<Personalised> {
    const chip = await identifyChip(this.link);
    if (chip === "gone" || chip === "refused") throw new Refused(chip === "gone" ? chip : "unknown-chip");
    this.genuine = await this.signature(chip);
    if (this.genuineOnly && this.genuine !== "genuine") throw new Refused("not-genuine");
    const map = mapFor(chip, this.order);
    const number = map === null ? null : numberFor(map, this.order, this.link.uid);
    if (map === null || number === null) throw new Refused("unknown-chip");
    const mine = map.identity === null ? null : await this.existing(chip);
    if (mine !== null) return this.goOn(mine.map, mine.identity);
    if (map.identity === null && (await this.isMineByPassword(map, number))) return this.finish(map, number, true);
    const opener = await this.open(map, this.passwords(number));
    await this.mustBeNew(map);
    const starts = await this.counters(map, number);
    if (map.identity !== null) await this.write(map, number, starts, opener);
    return this.finish(map, number, false);
  }

  /** A card that has its identity: where it is not locked yet, a cut may have left cells that only seem to hold it. */
  private async goOn(map: CardMap, identity: CardIdentity): Promise<Personalised> {
    if (!areLocksFrozen(got(await readPages(this.link, 2, 2)))) {
      const opener = await this.open(map, [this.passwordOf(identity.card)]);
      await this.writeIdentity(map, identity, new Uint8Array(), opener);
    }
    return this.finish(map, identity.card, true);
  }

  private begin(map: CardMap, number: number): void {
    if (!this.touched) this.beforeWriting(number, map);
    this.touched = true;
  }

  private async signature(chip: Chip): Promise<Originality> {
    const answers = await ask(this.link, type2.readSignature());
    if (answers === "gone") throw new Refused("gone");
    return originality(signedFamily(chip), this.link.uid, answers === "refused" ? new Uint8Array() : answers[0]!);
  }

  private passwordOf(number: number): CardPassword {
    return passwordFor(this.order.master, this.link.uid, number);
  }

  /** The identity that the card already has of this issuer, under this key; null where it has none. */
  private async existing(chip: Chip): Promise<{ readonly identity: CardIdentity; readonly map: CardMap } | null> {
    const found = unwrapIdentity(got(await readPages(this.link, 4, 10)));
    if (!found.ok || found.value.issuer !== this.order.issuer || !isCardNumber(found.value.card)) return null;
    const { generation, card, mac, layout } = found.value;
    const map = mapOf(layout, chip);
    if (generation !== this.order.generation || map === null) return null;
    const bearer = { uid: this.link.uid, card };
    const fits = sealFits(this.order.master, "identity", bearer, sealedIdentity(found.value), mac);
    return fits ? { identity: found.value, map } : null;
  }

  /** A chip without an identity record is this issuer's where it is closed and takes its password. */
  private async isMineByPassword(map: CardMap, number: number): Promise<boolean> {
    const [cfg0, cfg1] = got(await readConfig(this.link, map));
    if (readAccess(cfg0!, cfg1!).firstProtected >= CONFIG_PAGES[map.chip].pages) return false;
    const opened = await authenticate(this.link, this.passwordOf(number));
    if (opened === "gone") throw new Refused(opened);
    return opened === "open";
  }

  /** Passwords that earlier tries with this chip may have left. */
  private passwords(number: number): CardPassword[] {
    return this.begun === null ? [] : [this.passwordOf(number), this.passwordOf(this.begun)];
  }

  private async open(map: CardMap, left: readonly CardPassword[]): Promise<CardPassword | null> {
    const opened = await open(this.link, map, left);
    if (typeof opened !== "string") return opened.by;
    // A password that is none of ours: the card is somebody else's.
    throw new Refused(opened === "wrong-password" ? "not-blank" : opened);
  }

  /** Nothing but zeros, or what the maker delivers; on a chip that an earlier try began with, no area may hold anything. */
  private async mustBeNew(map: CardMap): Promise<void> {
    const page2 = got(await readPages(this.link, 2, 2));
    if (lockedPages(page2).length > 0) throw new Refused("locked");
    const { dynamicLock } = CONFIG_PAGES[map.chip];
    const locks = dynamicLock === null ? null : got(await readPages(this.link, dynamicLock, dynamicLock));
    if (locks !== null && !isBlank(locks.subarray(0, 2))) throw new Refused("locked");
    const user = got(await readPages(this.link, map.user.first, map.user.last));
    const areaAt = (Math.min(...map.areas.map((area) => slotPage(area, 0))) - map.user.first) * PAGE_BYTES;
    const blankAreas = isBlank(user.subarray(map.identity === null ? 0 : areaAt));
    if (!(this.begun !== null && blankAreas) && !isNew(user)) throw new Refused("not-blank");
  }

  /** Makes the commit counters even, and gives counters 2 and 1; null on chips without. */
  private async counters(map: CardMap, number: number): Promise<readonly [number, number] | null> {
    if (map.commit !== "odd-even-counter") return null;
    if (map.identity === null) {
      if ((await this.counter(2)).value !== 0) throw new Refused("counter-used");
      return null;
    }
    const starts: [number, number] = [0, 0];
    for (const [index] of map.areas.entries()) {
      starts[index === 0 ? 0 : 1] = await this.evenCounter(map, number, counterNumber(index));
    }
    return starts;
  }

  private async counter(which: number): Promise<{ readonly value: number; readonly torn: boolean }> {
    const [value, tearing] = got(await ask(this.link, type2.readCounter(which), type2.checkTearing(which)));
    const read = type2.counterOf(value!);
    if (read === null) throw new Refused("unknown-chip");
    return { value: read, torn: tearing![0] !== type2.NOT_TORN };
  }

  /** A whole increment also clears what a cut one left. */
  private async evenCounter(map: CardMap, number: number, which: number): Promise<number> {
    const before = await this.counter(which);
    if (before.value % 2 === 0 && !before.torn) return before.value;
    this.begin(map, number);
    got(await ask(this.link, type2.incrementCounter(which, before.value % 2 === 0 ? 2 : 1)));
    const after = await this.counter(which);
    if (after.torn || after.value % 2 !== 0) throw new Refused("counter-torn");
    return after.value;
  }

  private async write(
    map: CardMap,
    number: number,
    starts: readonly [number, number] | null,
    opener: CardPassword | null,
  ): Promise<void> {
    this.begin(map, number);
    const identity = identityFor(map, this.order, this.link.uid, number, starts);
    await this.writeIdentity(map, identity, ndefFor(map, this.order, number), opener);
  }

  /** Web address first, identity from its last page to its first: until that one is there, the card is nobody's. */
  private async writeIdentity(
    map: CardMap,
    identity: CardIdentity,
    ndef: Uint8Array,
    opener: CardPassword | null,
  ): Promise<void> {
    const content = concat(wrapIdentity(identity), ndef);
    const first = map.identity!.firstPage;
    got(await ask(this.link, ...opening(opener), ...writePages(first, content).reverse()));
    const back = got(await readPages(this.link, first, first + content.length / PAGE_BYTES - 1));
    if (!sameBytes(back, content)) throw new Refused("read-back-differs");
  }

  private async finish(map: CardMap, number: number, before: boolean): Promise<Personalised> {
    if (!before) this.begin(map, number);
    const left = before ? [this.passwordOf(number)] : this.passwords(number);
    const done = await protect(this.link, map, this.passwordOf(number), left);
    if (done !== "protected") throw new Refused(done);
    return { result: "personalised", card: number, map, originality: this.genuine!, before };
  }
}

function isNew(user: Uint8Array): boolean {
  if (isBlank(user)) return true;
  return FACTORY_CONTENT.some(
    (content) => content.every((byte, at) => user[at] === byte) && isBlank(user.subarray(content.length)),
  );
}

/**
 * Personalises the card in the field: writes the identity record and, where the card has room, a web address; makes counters
 * even; leaves areas blank (the first tap opens them); reads everything back; sets the card's password and locks its identity.
 *
 * Cut anywhere, the card is valid, or blank and can be personalised again, or counts as scrap; once `beforeWriting` was
 * called, its number is never given to another card. `begun`: the number of an earlier try with this chip that was cut.
 */
export async function personalise(
  link: ChipLink,
  order: CardOrder,
  begun: number | null = null,
  beforeWriting: BeforeWriting = () => {},
  genuineOnly = false,
): Promise<Personalised> {
  const work = new Personalisation(link, order, begun, beforeWriting, genuineOnly);
  try {
    return await work.run();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { touched, genuine } = work;
    return { result: "refused", reason: error.reason, touched, originality: genuine };
  }
}
