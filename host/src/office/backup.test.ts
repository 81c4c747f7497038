import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "@cachet/card-layout";
import { encodeCbor } from "@cachet/firmware/wire";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newLedger, newLedgerAddress, ON_POSTGRES, rowOf, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { importTown, officeTown } from "../../../tests/fixtures/office-town.ts";
import { newPostgresAddress } from "../../../tests/fixtures/postgres.ts";
import { engineOf, openDatabase } from "../ports/database/index.ts";
import { readLarge, sourceOf, writeLarge } from "../ports/large-file.ts";
import { auditHead } from "./audit.ts";
import { backup, proveBackup, restore } from "./backup.ts";
import { BackupFault, ItemReader } from "./backup-items.ts";
import { checkLedger } from "./check.ts";
import { closeTo, firstOpenDay } from "./closings.ts";
import { decideDoubts } from "./decisions.ts";
import { importBatch } from "./import.ts";
import { ledgerState, migrate } from "./migrations.ts";
import { type Ledger, TABLES } from "./schema.ts";

const AT = Date.UTC(2026, 5, 20) / 1_000;
const TOWN = officeTown(11, { terminals: 4, cards: 12, visits: 120, batches: 16 });

async function books(): Promise<Ledger> {
  const ledger = await newLedger();
  await importTown(ledger, TOWN, TOWN.files, AT);
  // One that is kept whole: a waiting or foreign file is a part of the books, too.
  await importBatch(ledger, { name: "foreign", file: officeTown(12).journals[7]!.batch(1, 5) }, AT);
  await decideDoubts(ledger, AT);
  await closeTo(ledger, (await firstOpenDay(ledger))!, AT);
  return ledger;
}

async function bytesOf(ledger: Ledger): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  await backup(ledger, (bytes) => pieces.push(bytes), AT);
  return new Uint8Array(Buffer.concat(pieces));
}

/** Every row of every table, in an order of its own. */
async function everything(ledger: Ledger) {
  const all: Record<string, unknown> = {};
  for (const table of Object.keys(TABLES)) {
    const rows = (await rowsOf(ledger, `select * from ${table}`)).map((row) =>
      JSON.stringify(row, (_, value) =>
        value instanceof Uint8Array || value?.type === "Buffer" ? toHex(Uint8Array.from(value.data ?? value)) : value,
      ),
    );
    all[table] = rows.sort();
  }
  return all;
}

const inMemory = (): Ledger => openDatabase("sqlite::memory:");
const emptied = async (): Promise<Ledger> => openDatabase(await newLedgerAddress());

let ledger: Ledger;
let file: Uint8Array;
beforeAll(async () => {
  ledger = await books();
  file = await bytesOf(ledger);
});
afterAll(() => ledger.destroy());

/** What a backup gives in an empty database. */
async function restored<T>(bytes: Uint8Array, use: (ledger: Ledger) => Promise<T>, into?: Ledger): Promise<T> {
  const other = into ?? (await emptied());
  try {
    await restore(sourceOf(bytes), other);
    return await use(other);
  } finally {
    await other.destroy();
  }
}

describe("a backup", () => {
  it("gives every row back, the head of the audit chain, and books that are right", async () => {
    const before = await everything(ledger);
    expect(JSON.stringify(before).length).toBeGreaterThan(100_000);
    await restored(file, async (other) => {
      expect(await everything(other)).toEqual(before);
      expect(toHex(await auditHead(other))).toBe(toHex(await auditHead(ledger)));
      expect(await ledgerState(other)).toBe("current");
      const scratch = await newLedger();
      await checkLedger(other, scratch);
      await scratch.destroy();
    });
  });

  it("goes on after it was restored: what comes later is imported there", async () => {
    await restored(file, async (other) => {
      const outcome = await importBatch(other, { name: "again", file: TOWN.journals[0]!.batch() }, AT);
      expect(outcome.status).toBe("already-imported");
      expect(await closeTo(other, (await firstOpenDay(other))!, AT)).toHaveLength(1);
    });
  });

  it("is proved by being restored and written again", async () => {
    const [first, second] = [inMemory(), inMemory()];
    const { facts, fault } = await proveBackup(sourceOf(file), first, second);
    expect(fault).toBeNull();
    expect(toHex(facts.head)).toBe(toHex(await auditHead(ledger)));
    expect(facts.balances.find(([account]) => account === "card")?.[3]).toBe(
      (await rowOf(ledger, "select sum(amount) as n from posting where account = 'card'"))!.n,
    );
    await first.destroy();
    await second.destroy();
  });

  it("of books that somebody edited is told from a good one, and is made all the same", async () => {
    const edited = await emptied();
    await restore(sourceOf(file), edited);
    await rowsOf(edited, "update terminal set merchant = 9 where number = 3");
    const [first, second] = [inMemory(), inMemory()];
    const { fault } = await proveBackup(sourceOf(await bytesOf(edited)), first, second);
    expect(fault?.message).toMatch(/^terminal number 3: merchant is 9/);
    for (const each of [edited, first, second]) await each.destroy();
  });

  it("holds one moment, whatever is written meanwhile", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cachet-backup-"));
    const address =
      engineOf(ledger) === "sqlite" ? `sqlite:${join(folder, "ledger.sqlite")}` : await newLedgerAddress();
    const [one, two]: [Ledger, Ledger] = [openDatabase(address), openDatabase(address)];
    await migrate(one);
    const half = TOWN.files.slice(0, 8);
    await importTown(one, TOWN, half, AT);
    const [head, before] = [await auditHead(one), await everything(one)];
    let imported = false;
    const pieces: Uint8Array[] = [];
    const pending: Promise<unknown>[] = [];
    const facts = await backup(
      one,
      (bytes) => pieces.push(bytes),
      AT,
      () => {
        if (imported) return;
        imported = true;
        pending.push(importTown(two, TOWN, TOWN.files, AT));
      },
    );
    await Promise.all(pending);
    expect(toHex(facts.head)).toBe(toHex(head));
    expect(toHex(await auditHead(two))).not.toBe(toHex(head));
    await restored(new Uint8Array(Buffer.concat(pieces)), async (other) => {
      expect(await everything(other)).toEqual(before);
    });
    await one.destroy();
    await two.destroy();
    rmSync(folder, { recursive: true });
  });

  it("is refused wherever it is cut, and leaves the database empty", async () => {
    for (let length = 0; length < file.length; length += 1 + Math.floor(file.length / 60)) {
      const other = inMemory();
      await expect(restore(sourceOf(file.subarray(0, length)), other), `${length} bytes`).rejects.toThrow(BackupFault);
      expect(await ledgerState(other)).toBe("blank");
      await other.destroy();
    }
  });

  it("is refused with any byte changed, of a small one", async () => {
    const small = await newLedger();
    const [journal] = TOWN.journals;
    await importTown(small, { ...TOWN, journals: [journal!] }, [{ name: "a", file: journal!.batch(1, 2) }], AT);
    const bytes = await bytesOf(small);
    await small.destroy();
    const other = inMemory();
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (at % 8);
      await expect(restore(sourceOf(flipped), other), `byte ${at}`).rejects.toThrow(BackupFault);
    }
    expect(await ledgerState(other)).toBe("blank");
    await other.destroy();
    process.stdout.write(`backup: each of ${bytes.length} bytes changed\n`);
  });

  it("with more behind it, of a later cachet, or of something else, is refused in words", async () => {
    const other = inMemory();
    const refused = (bytes: Uint8Array, words: RegExp) =>
      expect(restore(sourceOf(bytes), other)).rejects.toThrow(words);
    await refused(new Uint8Array([...file, 0]), /something follows/);
    await refused(encodeCbor(encodeCbor(["cachet/backup", 2, 0, [], []])), /a later cachet made it \(format 2\)/);
    await refused(encodeCbor(encodeCbor(["cachet/backup", 1, 0, ["009-x"], []])), /a later cachet made it \(009-x\)/);
    await refused(encodeCbor(encodeCbor(["other"])), /no backup of a ledger/);
    await refused(new TextEncoder().encode("SQLite format 3"), /no backup of a ledger/);
    await refused(new Uint8Array(), /no backup of a ledger/);
    await other.destroy();
  });

  it("does not go into a database that holds something, which stays as it was", async () => {
    const other = await emptied();
    await migrate(other);
    await sql`create table mine (number bigint)`.execute(other);
    await expect(restore(sourceOf(file), other)).rejects.toThrow(/not empty/);
    expect(await rowsOf(other, "select * from terminal")).toEqual([]);
    await other.destroy();
  });

  const itOnPostgres = ON_POSTGRES ? it : () => {};
  itOnPostgres("moves a ledger from one engine to the other and back", async () => {
    const before = await everything(ledger);
    const fromPostgres = inMemory();
    await restore(sourceOf(file), fromPostgres);
    expect(await everything(fromPostgres)).toEqual(before);
    const back: Ledger = openDatabase(await newPostgresAddress());
    await restore(sourceOf(await bytesOf(fromPostgres)), back);
    expect(await everything(back)).toEqual(before);
    // Partitions of the months are there, as after an import.
    const parts = await rowsOf(back, "select count(*) as n from entry_2026_06");
    expect(parts).toEqual([{ n: TOWN.entries }]);
    await fromPostgres.destroy();
    await back.destroy();
  });
});

describe("its file", () => {
  it("is read in pieces of any size, and stays as it was where writing goes wrong", async () => {
    const folder = mkdtempSync(join(tmpdir(), "cachet-large-"));
    const path = join(folder, "a.backup");
    await writeLarge(path, async (write) => {
      for (let at = 0; at < file.length; at += 1_000) write(file.subarray(at, at + 1_000));
    });
    await readLarge(path, async (source) => {
      const items = new ItemReader(source);
      expect((items.item() as unknown[])[0]).toBe("cachet/backup");
      const rest: Uint8Array[] = [];
      for (let piece = source.read(70_001); piece.length > 0; piece = source.read(70_001)) rest.push(piece);
      expect(file.length - Buffer.concat(rest).length).toBeGreaterThan(100);
      expect(Buffer.concat(rest).equals(file.subarray(-Buffer.concat(rest).length))).toBe(true);
    });
    const fails = writeLarge(join(folder, "b.backup"), async (write) => {
      write(file);
      throw new Error("cut");
    });
    await expect(fails).rejects.toThrow("cut");
    expect(readdirSync(folder)).toEqual(["a.backup"]);
    rmSync(folder, { recursive: true });
  });
});
