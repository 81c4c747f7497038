import { concat, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JournalFile } from "../hal/index.ts";
import { JournalDamaged, JournalFailed, JournalStore } from "./store.ts";

/** A file in memory that never fails. */
class MemoryFile implements JournalFile {
  bytes: Uint8Array;
  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.bytes = bytes.slice();
  }
  async read(): Promise<Uint8Array> {
    return this.bytes.slice();
  }
  async append(bytes: Uint8Array): Promise<void> {
    this.bytes = concat(this.bytes, bytes);
  }
  async truncate(length: number): Promise<void> {
    this.bytes = this.bytes.slice(0, length);
  }
}

const entry = (size: number, seed: number) => Uint8Array.from({ length: size }, (_, i) => (seed * 31 + i * 7) & 0xff);
/** Five entries; the last two bytes of the third are zeros, and one is longer than a byte can say. */
const FIVE = [entry(40, 1), entry(1, 2), concat(entry(30, 3), new Uint8Array(2)), entry(300, 4), entry(57, 5)];

async function fileOf(
  entries: readonly Uint8Array[],
): Promise<{ readonly bytes: Uint8Array; readonly ends: number[] }> {
  const file = new MemoryFile();
  const store = await JournalStore.load(file);
  const ends: number[] = [];
  for (const stored of entries) {
    await store.append(stored);
    ends.push(file.bytes.length);
  }
  return { bytes: file.bytes, ends };
}

const entriesOf = (store: JournalStore) => Array.from({ length: store.count }, (_, i) => toHex(store.entry(i + 1)));
const hexOf = (entries: readonly Uint8Array[]) => entries.map(toHex);

describe("journal file", () => {
  it("begins empty", async () => {
    const store = await JournalStore.load(new MemoryFile());
    expect(store.count).toBe(0);
    expect(() => store.entry(1)).toThrow(RangeError);
  });

  it("frames an entry with its length and CRC-32", async () => {
    const { bytes } = await fileOf([new TextEncoder().encode("123456789")]);
    expect(toHex(bytes)).toBe("00000009cbf43926313233343536373839");
  });

  it("gives back what was appended, in its order and by its number", async () => {
    const entries = fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(entries, async (list) => {
        const file = new MemoryFile((await fileOf(list)).bytes);
        const before = toHex(file.bytes);
        expect(entriesOf(await JournalStore.load(file))).toEqual(hexOf(list));
        expect(toHex(file.bytes)).toBe(before);
      }),
    );
  });

  it("knows an entry as soon as it is appended, and no number outside 1 to its count", async () => {
    const store = await JournalStore.load(new MemoryFile());
    for (const stored of FIVE) {
      await store.append(stored);
      expect(store.entry(store.count)).toEqual(stored);
    }
    for (const number of [0, -1, FIVE.length + 1, 1.5]) expect(() => store.entry(number)).toThrow(RangeError);
  });

  it("holds entries of up to 16 KiB and writes nothing of a longer one", async () => {
    const file = new MemoryFile();
    const store = await JournalStore.load(file);
    await store.append(entry(16_384, 1));
    const before = file.bytes;
    await expect(store.append(entry(16_385, 2))).rejects.toThrow(RangeError);
    expect(file.bytes).toEqual(before);
    expect(entriesOf(await JournalStore.load(file))).toEqual(hexOf([entry(16_384, 1)]));
  });

  it("cut at any length, loads exactly the whole entries before the cut and drops the rest", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const file = new MemoryFile(bytes.subarray(0, cut));
      const whole = ends.filter((end) => end <= cut);
      const store = await JournalStore.load(file);
      expect(entriesOf(store), `cut ${cut}`).toEqual(hexOf(FIVE.slice(0, whole.length)));
      expect(file.bytes.length, `cut ${cut}`).toBe(whole.at(-1) ?? 0);
    }
  });

  it("cut at any length, goes on with the next entry as if nothing had been there", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const file = new MemoryFile(bytes.subarray(0, cut));
      await (await JournalStore.load(file)).append(entry(12, 9));
      const kept = FIVE.slice(0, ends.filter((end) => end <= cut).length);
      expect(entriesOf(await JournalStore.load(file)), `cut ${cut}`).toEqual(hexOf([...kept, entry(12, 9)]));
    }
  });

  it("drops zeros behind the last entry", async () => {
    const { bytes } = await fileOf(FIVE);
    for (const zeros of [1, 3, 4, 7, 8, 9, 64, 4_096]) {
      const file = new MemoryFile(concat(bytes, new Uint8Array(zeros)));
      expect(entriesOf(await JournalStore.load(file)), `${zeros} zeros`).toEqual(hexOf(FIVE));
      expect(file.bytes, `${zeros} zeros`).toEqual(bytes);
    }
  });

  it("drops a last entry whose bytes were cut and then filled with zeros", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    for (let cut = ends[3]! + 8; cut < bytes.length; cut += 1) {
      const filled = concat(bytes.subarray(0, cut), new Uint8Array(bytes.length - cut));
      const file = new MemoryFile(filled);
      expect(entriesOf(await JournalStore.load(file)), `cut ${cut}`).toEqual(hexOf(FIVE.slice(0, 4)));
      expect(file.bytes.length, `cut ${cut}`).toBe(ends[3]);
    }
  });

  it("names the damaged entry and where it begins, and changes nothing", async () => {
    const { bytes, ends } = await fileOf(FIVE);
    const damaged = bytes.slice();
    damaged[ends[1]! + 8 + 5] = damaged[ends[1]! + 8 + 5]! ^ 1;
    const file = new MemoryFile(damaged);
    const error = await JournalStore.load(file).catch((thrown: unknown) => thrown);
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
      const loaded = await JournalStore.load(file).catch((thrown: unknown) => thrown);
      if (loaded instanceof JournalDamaged) {
        expect(file.bytes, `bit ${bit}`).toEqual(flipped);
        expect(loaded.entry, `bit ${bit}`).toBe(1 + ends.filter((end) => end <= bit >> 3).length);
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
      expect(entriesOf(await JournalStore.load(file)), `cut at ${cut}`).toEqual(hexOf(FIVE.slice(0, 4)));
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
    const store = await JournalStore.load(file);
    await expect(store.append(entry(200, 6))).rejects.toThrow("no space left");
    await expect(store.append(entry(20, 7))).rejects.toThrow(JournalFailed);
    expect(entriesOf(await JournalStore.load(file))).toEqual(hexOf(FIVE));
  });
});
