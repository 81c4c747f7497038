import zlib from "node:zlib";
import { concat, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StoredFile } from "../hal/index.ts";
import { JournalDamaged, JournalFailed } from "./damage.ts";
import { encodeHeader, newHeader } from "./header.ts";
import { JournalStore } from "./store.ts";

const ROOT = new Uint8Array(32).fill(0x77);
const HEADER = encodeHeader(newHeader(ROOT));

/** A file in memory that never fails. */
class MemoryFile implements StoredFile {
  bytes: Uint8Array;
  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.bytes = bytes.slice();
  }
  async read(): Promise<Uint8Array> {
    return this.bytes.slice();
  }
  part(from: number, to: number): Uint8Array {
    return this.bytes.slice(from, to);
  }
  size(): number {
    return this.bytes.length;
  }
  async append(bytes: Uint8Array): Promise<void> {
    this.bytes = concat(this.bytes, bytes);
  }
  async truncate(length: number): Promise<void> {
    this.bytes = this.bytes.slice(0, length);
  }
  async replace(bytes: Uint8Array): Promise<void> {
    this.bytes = bytes.slice();
  }
}
const load = (file: StoredFile) => JournalStore.load(file, ROOT);

/** Bytes that begin as an entry does; the store looks no further. */
const entry = (size: number, seed: number) =>
  Uint8Array.from({ length: size }, (_, i) => (i === 0 ? 0x86 : (seed * 31 + i * 7) & 0xff));
/** Five entries; the last two bytes of the third are zeros, and one is longer than a byte can say. */
const FIVE = [entry(40, 1), entry(1, 2), concat(entry(30, 3), new Uint8Array(2)), entry(300, 4), entry(57, 5)];

async function fileOf(
  entries: readonly Uint8Array[],
): Promise<{ readonly bytes: Uint8Array; readonly ends: number[] }> {
  const file = new MemoryFile();
  const store = await load(file);
  const ends: number[] = [];
  for (const stored of entries) {
    await store.append(stored);
    ends.push(file.bytes.length);
  }
  return { bytes: file.bytes, ends };
}

const entriesOf = (store: JournalStore) => Array.from({ length: store.last }, (_, i) => toHex(store.entry(i + 1)));
const hexOf = (entries: readonly Uint8Array[]) => entries.map(toHex);

describe("journal file", () => {
  it("begins empty", async () => {
    const store = await load(new MemoryFile());
    expect(store.last).toBe(0);
    expect(() => store.entry(1)).toThrow(RangeError);
  });

  it("frames an entry with its length and CRC-32", async () => {
    const { bytes } = await fileOf([Uint8Array.of(0x86, 1, 2, 3)]);
    const frame = Buffer.alloc(8);
    frame.writeUInt32BE(4, 0);
    frame.writeUInt32BE(zlib.crc32(Uint8Array.of(0x86, 1, 2, 3)), 4);
    expect(toHex(bytes)).toBe(`${toHex(HEADER)}${frame.toString("hex")}86010203`);
  });

  it("gives back what was appended, in its order and by its number", async () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 });
    const entries = bodies.map((list) => list.map((bytes) => concat(Uint8Array.of(0x86), bytes)));
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const file = new MemoryFile((await fileOf(list)).bytes);
        const before = toHex(file.bytes);
        expect(entriesOf(await load(file))).toEqual(hexOf(list));
        expect(toHex(file.bytes)).toBe(before);
      }),
    );
  });

  it("knows an entry as soon as it is appended, and no number outside 1 to its count", async () => {
    const store = await load(new MemoryFile());
    for (const stored of FIVE) {
      await store.append(stored);
      expect(store.entry(store.last)).toEqual(stored);
    }
    for (const number of [0, -1, FIVE.length + 1, 1.5]) expect(() => store.entry(number)).toThrow(RangeError);
  });

  it("holds entries of up to 16 KiB and writes nothing of a longer one", async () => {
    const file = new MemoryFile();
    const store = await load(file);
    await store.append(entry(16_384, 1));
    const before = file.bytes;
    await expect(store.append(entry(16_385, 2))).rejects.toThrow(RangeError);
    expect(file.bytes).toEqual(before);
    expect(entriesOf(await load(file))).toEqual(hexOf([entry(16_384, 1)]));
  });

  it("cut at any length, loads exactly the whole entries before the cut and drops the rest", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = HEADER.length; cut <= bytes.length; cut += 1) {
      const file = new MemoryFile(bytes.subarray(0, cut));
      const whole = ends.filter((end) => end <= cut);
      const store = await load(file);
      expect(entriesOf(store), `cut ${cut}`).toEqual(hexOf(FIVE.slice(0, whole.length)));
      expect(file.bytes.length, `cut ${cut}`).toBe(whole.at(-1) ?? HEADER.length);
    }
  });

  it("cut at any length, goes on with the next entry as if nothing had been there", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = HEADER.length; cut <= bytes.length; cut += 1) {
      const file = new MemoryFile(bytes.subarray(0, cut));
      await (await load(file)).append(entry(12, 9));
      const kept = FIVE.slice(0, ends.filter((end) => end <= cut).length);
      expect(entriesOf(await load(file)), `cut ${cut}`).toEqual(hexOf([...kept, entry(12, 9)]));
    }
  });

  it("drops zeros behind the last entry", async () => {
    const { bytes } = await fileOf(FIVE);
    for (const zeros of [1, 3, 4, 7, 8, 9, 64, 4_096]) {
      const file = new MemoryFile(concat(bytes, new Uint8Array(zeros)));
      expect(entriesOf(await load(file)), `${zeros} zeros`).toEqual(hexOf(FIVE));
      expect(file.bytes, `${zeros} zeros`).toEqual(bytes);
    }
  });

  it("drops a last entry whose bytes were cut and then filled with zeros", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = ends[3]! + 8; cut < bytes.length; cut += 1) {
      const filled = concat(bytes.subarray(0, cut), new Uint8Array(bytes.length - cut));
      const file = new MemoryFile(filled);
      expect(entriesOf(await load(file)), `cut ${cut}`).toEqual(hexOf(FIVE.slice(0, 4)));
      expect(file.bytes.length, `cut ${cut}`).toBe(ends[3]);
    }
  });

  it("is refused with a header that is cut anywhere, and changes nothing: a new file is there whole or not at all", async () => {
    for (let cut = 1; cut < HEADER.length; cut += 1) {
      for (const rest of [new Uint8Array(), new Uint8Array(600)]) {
        const file = new MemoryFile(concat(HEADER.subarray(0, cut), rest));
        const before = file.bytes;
        await expect(load(file), `cut ${cut}`).rejects.toMatchObject({ name: "JournalDamaged", entry: 0 });
        expect(file.bytes).toBe(before);
      }
    }
  });

  it.each([
    [
      "without a header, as the first format was",
      (bytes: Uint8Array) => bytes.subarray(HEADER.length),
      /no journal with a header/,
    ],
    ["of another format version", (bytes: Uint8Array) => bytes.with(7, 3), /format version 3 is not read/],
  ])("is refused %s", async (_, changed, problem) => {
    const { bytes } = await fileOf(FIVE);
    const file = new MemoryFile(changed(bytes));
    const before = file.bytes.slice();
    await expect(load(file)).rejects.toThrow(problem);
    expect(file.bytes).toEqual(before);
  });

  it("is refused where its header is whole but says what cannot be", async () => {
    const fresh = newHeader(ROOT);
    for (const header of [
      { ...fresh, previous: new Uint8Array(32) },
      { ...fresh, marks: { collectedTo: 1, releases: [] } },
      { ...fresh, first: 4, marks: { collectedTo: 3, releases: [{ to: 2, utc: 0 }] } },
    ]) {
      const file = new MemoryFile(encodeHeader(header));
      await expect(load(file)).rejects.toMatchObject({ name: "JournalDamaged", entry: 0 });
    }
    const file = new MemoryFile(encodeHeader(fresh));
    await expect(JournalStore.load(file, new Uint8Array(32))).rejects.toThrow(/another terminal/);
  });

  it("takes only entries, and marks within what is kept", async () => {
    const store = await load(new MemoryFile());
    for (const wrong of [new Uint8Array(), Uint8Array.of(0xa1, 2, 0x80), Uint8Array.of(0x85)]) {
      await expect(store.append(wrong)).rejects.toThrow(RangeError);
    }
    await expect(store.mark({ collectedTo: 1, releases: [] })).rejects.toThrow(RangeError);
    await store.append(entry(9, 1));
    await store.mark({ collectedTo: 1, releases: [] });
    await expect(store.mark({ collectedTo: 0, releases: [{ to: 1, utc: 5 }] })).rejects.toThrow(RangeError);
  });

  it("keeps the last marks between its entries, and across any cut of the ones before", async () => {
    const file = new MemoryFile();
    const store = await load(file);
    await store.append(entry(40, 1));
    await store.append(entry(50, 2));
    const [one, two] = [
      { collectedTo: 1, releases: [] },
      { collectedTo: 2, releases: [{ to: 1, utc: 77 }] },
    ];
    await store.mark(one);
    await store.append(entry(30, 3));
    const before = file.bytes.length;
    await store.mark(two);
    for (let cut = before; cut <= file.bytes.length; cut += 1) {
      const loaded = await load(new MemoryFile(file.bytes.slice(0, cut)));
      expect(loaded.marks, `cut ${cut}`).toEqual(cut === file.bytes.length ? two : one);
      expect(entriesOf(loaded)).toEqual(hexOf([entry(40, 1), entry(50, 2), entry(30, 3)]));
    }
  });

  it("written anew behind an entry, holds the rest, its marks, and goes on", async () => {
    const file = new MemoryFile((await fileOf(FIVE)).bytes);
    const store = await load(file);
    const marks = { collectedTo: 4, releases: [{ to: 3, utc: 9 }] };
    await store.mark(marks);
    for (const first of [0, 7]) expect(() => store.rewritten({ ...store.header(), first })).toThrow(RangeError);
    const written = store.rewritten({ ...store.header(), first: 4, previous: new Uint8Array(32).fill(3), marks });
    expect(file.bytes).not.toEqual(written);
    await store.replace(written);
    await store.append(entry(12, 9));
    for (const kept of [store, await load(file)]) {
      expect([kept.first, kept.last, kept.marks]).toEqual([4, 6, marks]);
      expect([4, 5, 6].map((number) => kept.entry(number))).toEqual([FIVE[3], FIVE[4], entry(12, 9)]);
      for (const number of [3, 7]) expect(() => kept.entry(number)).toThrow(RangeError);
    }
  });

  it("writes nothing that it would not read", async () => {
    const file = new MemoryFile((await fileOf(FIVE)).bytes);
    const store = await load(file);
    const before = file.bytes;
    await expect(store.replace(before.subarray(0, before.length - 1))).rejects.toThrow(RangeError);
    await expect(store.replace(before.with(20, before[20]! ^ 1))).rejects.toThrow(JournalDamaged);
    expect(file.bytes).toBe(before);
    await store.append(entry(12, 9));
  });

  it("names the damaged entry and where it begins, and changes nothing", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    const damaged = bytes.slice();
    damaged[ends[1]! + 8 + 5] = damaged[ends[1]! + 8 + 5]! ^ 1;
    const file = new MemoryFile(damaged);
    const error = await load(file).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(JournalDamaged);
    expect(error).toMatchObject({ name: "JournalDamaged", entry: 3, offset: ends[1] });
    expect(file.bytes).toEqual(damaged);
  });

  it("never loses an entry but the last to a flipped bit without saying so", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    const silent: string[] = [];
    for (let bit = 0; bit < 8 * bytes.length; bit += 1) {
      const flipped = bytes.slice();
      flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
      const file = new MemoryFile(flipped);
      const loaded = await load(file).catch((thrown: unknown) => thrown);
      if (loaded instanceof JournalDamaged) {
        expect(file.bytes, `bit ${bit}`).toEqual(flipped);
        const inHeader = bit >> 3 < HEADER.length;
        const damaged = inHeader ? 0 : 1 + ends.filter((end) => end <= bit >> 3).length;
        expect(loaded.entry, `bit ${bit}`).toBe(damaged);
        continue;
      }
      const left = entriesOf(loaded as JournalStore);
      if (left.join() !== hexOf(FIVE.slice(0, 4)).join()) {
        silent.push(`byte ${bit >> 3}, bit ${bit & 7}: ${left.length} entries left`);
      }
    }
    expect(silent).toEqual([]);
  });

  it("drops a cut append whose rest the file system filled with zeros, at every length", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = ends[3]! + 1; cut < bytes.length; cut += 1) {
      const file = new MemoryFile(concat(bytes.subarray(0, cut), new Uint8Array(4_096 - cut)));
      expect(entriesOf(await load(file)), `cut at ${cut}`).toEqual(hexOf(FIVE.slice(0, 4)));
      expect(file.bytes.length).toBe(ends[3]);
    }
  });

  it("takes nothing more after the file refused an entry, and loads what was stored before it", async () => {
    class FullDisk extends MemoryFile {
      override async append(bytes: Uint8Array): Promise<void> {
        await super.append(bytes.subarray(0, 12));
        throw new Error("no space left");
      }
    }
    const file = new FullDisk((await fileOf(FIVE)).bytes);
    const store = await load(file);
    await expect(store.append(entry(200, 6))).rejects.toThrow("no space left");
    await expect(store.append(entry(20, 7))).rejects.toThrow(JournalFailed);
    expect(entriesOf(await load(file))).toEqual(hexOf(FIVE));
  });
});
