import { type CardLists, type Clock, HAL_LEVEL, type Storage } from "../hal/index.ts";
import type { Belonging } from "./belonging.ts";
import { sha256, verifyEd25519 } from "./crypto.ts";
import { ListDamaged } from "./held-list.ts";
import { JournalKeeper } from "./journal-keeper.ts";
import { KeyStore, TestKeyRefused } from "./key-store.ts";
import { ListStore } from "./list-store.ts";
import type { Hardware } from "./management/managed.ts";
import { type BootEvent, Slots } from "./slots.ts";

interface BooksPorts {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly journalCapacity?: number;
  /** What the office says of cards, where the port has it; what its stored list says otherwise. */
  readonly lists?: CardLists;
}

interface SlotsPorts {
  readonly storage: Storage;
  readonly hardware: Hardware;
}

/** What a terminal that belongs to somebody keeps. */
export interface Books {
  readonly belonging: Belonging;
  readonly keys: KeyStore;
  readonly lists: ListStore;
  readonly journal: JournalKeeper;
}

/** Opens keys, lists and journal. Throws `TestKeyRefused`, or what the journal's load throws. */
export async function loadBooks(ports: BooksPorts, belonging: Belonging): Promise<Books> {
  const { storage, clock, journalCapacity } = ports;
  const { facts, signer, trustedImageKeys } = belonging;
  if (facts.production && trustedImageKeys.some(({ test }) => test)) throw new TestKeyRefused("image");
  const keys = new KeyStore(belonging.keys, facts.production);
  const lists = await loadLists(storage, belonging);
  const { terminal } = facts;
  const journal = await JournalKeeper.load(
    { journal: storage.file("journal"), checkpoint: storage.file("checkpoint") },
    clock,
    terminal,
    signer.publicKey,
    journalCapacity,
    undefined,
    ports.lists ?? lists,
  );
  return { belonging, keys, lists, journal };
}

/** A list that is damaged counts as none: the next one that is brought has to be a full one. */
async function loadLists(storage: Storage, { officeKey, facts }: Belonging): Promise<ListStore> {
  const file = storage.file("lists");
  const load = () => ListStore.load(file, sha256, verifyEd25519, officeKey, facts.issuer);
  try {
    return await load();
  } catch (error) {
    if (!(error instanceof ListDamaged)) throw error;
    await file.replace(new Uint8Array());
    return load();
  }
}

/** State layouts behind the one that is written that an image must still read. */
const LAYOUTS_BEHIND = 2;

/** Decides which image runs. Nobody's image runs on a blank terminal. */
export async function bootSlots(
  { storage, hardware }: SlotsPorts,
  belonging: Belonging | null,
  layout: number,
): Promise<{ readonly slots: Slots; readonly events: readonly BootEvent[] }> {
  const booted = await Slots.boot(storage, {
    trustedKeys: (belonging?.trustedImageKeys ?? []).map(({ publicKey }) => publicKey),
    layoutsInField: { lowest: Math.max(1, layout - LAYOUTS_BEHIND), highest: layout },
    device: { model: hardware.model, merchant: belonging?.facts.merchant ?? null, halLevel: HAL_LEVEL },
    sha256,
    verify: verifyEd25519,
  });
  if (belonging !== null) await booted.slots.adoptCounter();
  return booted;
}
