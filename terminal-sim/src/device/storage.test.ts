import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Storage, StorageFault } from "@cachet/firmware/hal";
import { encodeCbor, encodeEntry, NO_SUMS } from "@cachet/firmware/wire";
import { afterAll, describe, expect, it } from "vitest";
import { Faults } from "./fault.ts";
import { FaultyStorage } from "./faulty-storage.ts";
import { FolderStorage } from "./folder-storage.ts";
import { Mishaps, PowerCut } from "./mishap.ts";
import { SimStorage } from "./storage.ts";

const above = mkdtempSync(join(tmpdir(), "cachet-storage-"));
afterAll(() => rmSync(above, { recursive: true, force: true }));
let folders = 0;
const newFolder = () => {
  folders += 1;
  return join(above, `${folders}`);
};

const calm = new Mishaps();
const bytes = (...values: readonly number[]) => Uint8Array.from(values);

/** One kind of storage, and the same files after a start. */
const KINDS: readonly { readonly name: string; open(): { readonly storage: Storage; again(): Promise<Storage> } }[] = [
  {
    name: "in memory",
    open() {
      const storage = new SimStorage(() => calm);
      return { storage, again: async () => new SimStorage(() => calm, await storage.contents()) };
    },
  },
  {
    name: "in a folder",
    open() {
      const folder = newFolder();
      return { storage: FolderStorage.open(folder), again: async () => FolderStorage.open(folder) };
    },
  },
  {
    name: "in a folder, with faults that do not happen",
    open() {
      const folder = newFolder();
      const open = () => new FaultyStorage(FolderStorage.open(folder), new Faults());
      return { storage: open(), again: async () => open() };
    },
  },
];

describe.each(KINDS)("files of a terminal, $name", ({ open }) => {
  it("hold nothing before they are written", async () => {
    expect(await open().storage.file("journal").read()).toEqual(bytes());
  });

  it("grow by what is added, lose what is cut off, and are replaced whole", async () => {
    const { storage, again } = open();
    const file = storage.file("upload");
    await file.append(bytes(1, 2, 3));
    await file.append(bytes());
    await file.append(bytes(4));
    expect(await file.read()).toEqual(bytes(1, 2, 3, 4));
    await file.truncate(2);
    await file.truncate(9);
    expect(await file.read()).toEqual(bytes(1, 2));
    await file.append(bytes(5));
    await file.replace(bytes(7, 8));
    await file.append(bytes(9));
    expect(await file.read()).toEqual(bytes(7, 8, 9));
    await storage.file("other").truncate(0);
    expect(await (await again()).file("upload").read()).toEqual(bytes(7, 8, 9));
    expect(await (await again()).file("other").read()).toEqual(bytes());
  });

  it("are kept apart, and are the same by the same name", async () => {
    const { storage, again } = open();
    await storage.file("slot-a").replace(bytes(1));
    await storage.file("slot-b").replace(bytes(2));
    await storage.file("slot-a").append(bytes(3));
    expect(await storage.file("slot-a").read()).toEqual(bytes(1, 3));
    expect(await (await again()).file("slot-b").read()).toEqual(bytes(2));
  });

  it("keep nothing of the arrays that they were given or gave", async () => {
    const { storage } = open();
    const given = bytes(1, 2);
    await storage.file("state").replace(given);
    given[0] = 9;
    const read = await storage.file("state").read();
    read[1] = 9;
    expect(await storage.file("state").read()).toEqual(bytes(1, 2));
  });

  it("hold a megabyte", async () => {
    const { storage, again } = open();
    const large = Uint8Array.from({ length: 1_000_000 }, (_, i) => i & 0xff);
    await storage.file("slot-a").replace(large);
    expect(Buffer.compare(await (await again()).file("slot-a").read(), large)).toBe(0);
  });
});

describe("files in a folder", () => {
  it("are for their owner alone", async () => {
    const folder = newFolder();
    mkdirSync(folder, { mode: 0o755 });
    const storage = FolderStorage.open(folder);
    await storage.file("journal").append(bytes(1));
    await storage.file("state").replace(bytes(2));
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
  });

  it("lose what a cut replacement left behind, and nothing else", async () => {
    const folder = newFolder();
    await FolderStorage.open(folder).file("state").replace(bytes(1));
    writeFileSync(join(folder, "state.new"), bytes(9, 9));
    const again = FolderStorage.open(folder);
    expect(readdirSync(folder)).toEqual(["state"]);
    expect(await again.file("state").read()).toEqual(bytes(1));
  });

  it("have only names of our own", () => {
    const storage = FolderStorage.open(newFolder());
    for (const name of ["", "../x", "a/b", "state.new", ".hidden", "X"])
      expect(() => storage.file(name)).toThrow(RangeError);
  });

  it("say what the disk refuses as the terminal knows it", async () => {
    const folder = newFolder();
    const storage = FolderStorage.open(folder);
    // A folder where a file should be: the disk refuses everything, whoever asks.
    mkdirSync(join(folder, "journal"));
    const file = storage.file("journal");
    await expect(file.read()).rejects.toThrow(StorageFault);
    await expect(file.truncate(0)).rejects.toThrow(StorageFault);
    await expect(file.replace(bytes(1))).rejects.toThrow(StorageFault);
    await expect(file.append(bytes(1))).rejects.toThrow("adding to journal: EISDIR");
    const notAFolder = join(above, "file");
    writeFileSync(notAFolder, "");
    expect(() => FolderStorage.open(join(notAFolder, "x"))).toThrow(StorageFault);
  });

  it("say that the disk is full", async () => {
    // /dev/full refuses every byte; a folder in memory that small cannot be had without rights.
    const folder = newFolder();
    const storage = FolderStorage.open(folder);
    symlinkSync("/dev/full", join(folder, "journal"));
    await expect(storage.file("journal").append(bytes(1))).rejects.toThrow("adding to journal: ENOSPC");
  });
});

describe("faults of a storage", () => {
  const previous = new Uint8Array(32);
  const entry = (kind: "power-up" | "abort" | "commit") => {
    const bodies = {
      "power-up": { image: previous },
      abort: { intent: 1, programme: 2 },
      commit: { intent: 1, programme: 2, sums: NO_SUMS },
    };
    return { number: 1, utc: 0, offset: 0, previous, kind, body: bodies[kind] } as unknown as Parameters<
      typeof encodeEntry
    >[0];
  };
  const frame = (kind: "power-up" | "abort" | "commit") => Buffer.concat([new Uint8Array(8), encodeEntry(entry(kind))]);

  it("cut the power around the entry that was named, once", async () => {
    const faults = new Faults();
    const folder = newFolder();
    const file = new FaultyStorage(FolderStorage.open(folder), faults).file("journal");
    faults.plan({ what: "power", moment: "before-commit" });
    await file.append(frame("power-up"));
    await file.append(frame("abort"));
    const before = (await file.read()).length;
    await expect(file.append(frame("commit"))).rejects.toThrow(PowerCut);
    expect(await file.read()).toHaveLength(before);
    await file.append(frame("commit"));
    faults.plan({ what: "power", moment: "after-commit" });
    await expect(file.append(frame("commit"))).rejects.toThrow(PowerCut);
    expect(readFileSync(join(folder, "journal")).length).toBe(before + 2 * frame("commit").length);
    expect(faults.forget()).toBe(false);
  });

  it("let the marks between the entries through", async () => {
    const faults = new Faults();
    const file = new FaultyStorage(FolderStorage.open(newFolder()), faults).file("journal");
    faults.plan({ what: "power", moment: "before-commit" });
    const marks = Buffer.concat([new Uint8Array(8), encodeCbor(new Map([[1, 14]]))]);
    await file.append(marks);
    expect(await file.read()).toEqual(new Uint8Array(marks));
    await expect(file.append(frame("commit"))).rejects.toThrow(PowerCut);
  });

  it("say when the visit was over before they happened", () => {
    const faults = new Faults();
    faults.plan({ what: "power", moment: "before-intent" });
    expect(faults.forget()).toBe(true);
    expect(faults.forget()).toBe(false);
    faults.plan({ what: "tear", when: "after", block: 2 });
    expect(faults.card.next("card-write")).toBeNull();
    expect(faults.card.next("card-read")).toBeNull();
    expect(faults.card.next("card-write")).toEqual({ what: "card", when: "after" });
    expect(faults.card.next("card-write")).toBeNull();
    expect(faults.forget()).toBe(false);
  });

  it("refuse every byte where the flash is full, and change nothing", async () => {
    const faults = new Faults();
    const file = new FaultyStorage(FolderStorage.open(newFolder()), faults).file("upload");
    await file.append(bytes(1, 2));
    faults.isFull = true;
    await expect(file.append(bytes(3))).rejects.toThrow(StorageFault);
    await expect(file.replace(bytes(3))).rejects.toThrow(StorageFault);
    await file.truncate(1);
    expect(await file.read()).toEqual(bytes(1));
  });
});
