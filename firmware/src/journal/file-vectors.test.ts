import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fromHex, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { MemoryFile } from "../../../tests/fixtures/memory-file.ts";
import { decodeEntry, entryHash } from "../wire/index.ts";
import { IntentBook } from "./book.ts";
import { headerAfter } from "./drop.ts";
import { CLOCK_SET_BACK_SECONDS } from "./kept.ts";
import { collected, released } from "./marks.ts";
import { JournalStore } from "./store.ts";

interface Vectors {
  readonly format: string;
  /** A day after the last entry. */
  readonly utc: number;
  readonly empty: string;
  readonly whole: string;
  readonly dropped: string;
}

const read = (name: string) => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
const sha256 = (message: Uint8Array) => Uint8Array.from(createHash("sha256").update(message).digest());

/** The journal of the golden entries: its root and their bytes. */
const journal = read("journal-1") as { root: { hash: string }; entries: { bytes: string; entry: { kind: string } }[] };
const ROOT = fromHex(journal.root.hash);
const ENTRIES = journal.entries.slice(0, 11).map(({ bytes }) => fromHex(bytes));
const NEXT = fromHex(journal.entries[11]!.bytes);
/** The last entry that is dropped: an intent of before is still open, a commit is still to come. */
const DROPPED_TO = 7;
const IMAGE = new Uint8Array(32).fill(0x5a);

const load = (bytes: string) => JournalStore.load(new MemoryFile(fromHex(bytes)), ROOT);

async function written(utc: number): Promise<Omit<Vectors, "format">> {
  const file = new MemoryFile();
  const store = await JournalStore.load(file, ROOT);
  const empty = toHex(file.bytes);
  for (const stored of ENTRIES.slice(0, 9)) await store.append(stored);
  await store.mark(collected(store.marks, 9));
  await store.mark(released(store.marks, DROPPED_TO, utc));
  for (const stored of ENTRIES.slice(9)) await store.append(stored);
  const whole = toHex(file.bytes);
  const hash = entryHash(sha256, store.entry(DROPPED_TO));
  const later = utc + CLOCK_SET_BACK_SECONDS;
  await store.replace(store.rewritten(headerAfter(store, { to: DROPPED_TO, hash, image: IMAGE }, later)));
  return { utc, empty, whole, dropped: toHex(file.bytes) };
}

describe("the journal's file", () => {
  const golden = read("journal-file-2") as Vectors;

  it("is written as its golden bytes: empty, with entries and marks, and with entries dropped", async () => {
    const { format: _, ...bytes } = golden;
    expect(await written(golden.utc)).toEqual(bytes);
  });

  it("is read from its golden bytes", async () => {
    const [empty, whole, dropped] = [await load(golden.empty), await load(golden.whole), await load(golden.dropped)];
    expect([empty.first, empty.last, whole.first, whole.last, dropped.first, dropped.last]).toEqual([
      1, 0, 1, 11, 8, 11,
    ]);
    for (const store of [whole, dropped]) {
      expect(store.marks).toEqual({ collectedTo: 9, releases: [{ to: 7, utc: golden.utc }] });
      for (let number = 8; number <= 11; number += 1) expect(store.entry(number)).toEqual(ENTRIES[number - 1]);
    }
    expect(dropped.facts.image).toEqual(IMAGE);
    expect(toHex(dropped.facts.previous)).toBe(toHex(decodeEntry(ENTRIES[7]!).previous));
  });

  it("carries an open intent that was dropped as it was stored, and drops the rest", async () => {
    const dropped = await load(golden.dropped);
    const before = new IntentBook();
    for (const stored of ENTRIES.slice(0, DROPPED_TO)) before.take(decodeEntry(stored));
    const open = ENTRIES.slice(0, DROPPED_TO).flatMap((stored, at) => (before.body(at + 1) === null ? [] : [stored]));
    expect(open.length).toBeGreaterThan(0);
    for (const stored of open) expect(dropped.entry(decodeEntry(stored).number)).toEqual(stored);
    for (const number of [1, 3, 5, 6]) expect(() => dropped.entry(number)).toThrow(RangeError);
    await dropped.append(NEXT);
    expect(dropped.entry(12)).toEqual(NEXT);
  });
});
