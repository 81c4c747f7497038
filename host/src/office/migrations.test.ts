import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newLedger, newLedgerAddress, rowOf, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { Busy, engineOf, openDatabase } from "../ports/database/index.ts";
import { appendAudit, takeArrival } from "./audit.ts";
import {
  ledgerState,
  MIGRATIONS,
  type Migrations,
  makePartsToCome,
  migrate,
  migrateInUse,
  pendingMigrations,
} from "./migrations.ts";
import { type Ledger, TABLES } from "./schema.ts";
import { enrolTerminal } from "./terminals.ts";

/** A change that a later cachet might make, in two steps. */
const LATER: Migrations = {
  ...MIGRATIONS,
  "002-notes": {
    says: "notes beside terminals",
    async up(database) {
      await sql`create table note (terminal bigint not null, words text not null)`.execute(database);
      await sql`insert into note (terminal, words) select number, 'enrolled' from terminal`.execute(database);
    },
  },
};
const broken = (after: string): Migrations => ({
  ...LATER,
  "003-broken": {
    says: "goes wrong",
    async up(database) {
      await sql`create table other (number bigint)`.execute(database);
      await sql.raw(after).execute(database);
    },
  },
});

const tablesOf = async (ledger: Ledger) => (await ledger.introspection.getTables()).map(({ name }) => name);

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});
afterEach(() => ledger.destroy());

it("a ledger that was made is current, has every table, and is not migrated twice", async () => {
  expect(await ledgerState(ledger)).toBe("current");
  for (const table of Object.keys(TABLES)) expect(await rowsOf(ledger, `select * from ${table}`)).toEqual([]);
  expect(await migrate(ledger)).toEqual([]);
  expect(await pendingMigrations(ledger)).toEqual([]);
});

it("one that misses a migration is older, and one with a migration of an unknown name is newer", async () => {
  expect(await ledgerState(ledger, LATER)).toBe("older");
  expect(await pendingMigrations(ledger, LATER)).toEqual([{ name: "002-notes", says: "notes beside terminals" }]);
  await rowsOf(ledger, "insert into migration (name, timestamp) values ('999', '2099')");
  expect(await ledgerState(ledger)).toBe("newer");
});

it("a database with other things in it is none, and looking or failing does not change it", async () => {
  const other: Ledger = openDatabase("sqlite::memory:");
  expect(await ledgerState(other)).toBe("blank");
  await rowsOf(other, "create table posting (number integer)");
  expect(await ledgerState(other)).toBe("none");
  expect(await tablesOf(other)).toEqual(["posting"]);
  // What is there is not taken over, and nothing of the migration stays.
  await expect(migrate(other)).rejects.toThrow(/posting already exists/);
  expect(await ledgerState(other)).toBe("none");
  expect(await tablesOf(other)).toEqual(["posting"]);
  await other.destroy();
});

it("what a making left that was cut before it had made our tables is made again", async () => {
  const cut: Ledger = openDatabase(await newLedgerAddress());
  await rowsOf(cut, "create table migration (name varchar(255) primary key, timestamp varchar(255) not null)");
  expect(await ledgerState(cut)).toBe("blank");
  await rowsOf(cut, "create table migration_lock (id varchar(255) primary key, is_locked integer not null default 0)");
  expect(await ledgerState(cut)).toBe("blank");
  expect(await migrate(cut)).toEqual(Object.keys(MIGRATIONS));
  expect(await ledgerState(cut)).toBe("current");
  await cut.destroy();
});

describe("a ledger in use", () => {
  /** A ledger in a place that a second connection reaches, too. */
  async function inUse(use: (one: Ledger, two: Ledger) => Promise<void>): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "cachet-migrate-"));
    const address =
      engineOf(ledger) === "sqlite" ? `sqlite:${join(folder, "ledger.sqlite")}` : await newLedgerAddress();
    const [one, two]: [Ledger, Ledger] = [openDatabase(address), openDatabase(address)];
    try {
      await migrate(one);
      await enrolTerminal(one, 5, 7, new Uint8Array(32).fill(1), 0);
      await use(one, two);
    } finally {
      await one.destroy();
      await two.destroy();
      rmSync(folder, { recursive: true });
    }
  }

  it("is backed up first, which reads what the migration finds, and then migrated", () =>
    inUse(async (one, two) => {
      let read: unknown = null;
      const backup = async () => {
        read = await rowOf(two, "select number, merchant from terminal");
        expect(await tablesOf(two)).not.toContain("note");
      };
      expect(await migrateInUse(one, backup, LATER)).toEqual(["002-notes"]);
      expect(read).toEqual({ number: 5, merchant: 7 });
      expect(await rowOf(two, "select * from note")).toEqual({ terminal: 5, words: "enrolled" });
      expect(await ledgerState(two, LATER)).toBe("current");
    }));

  it("is left as it was where a change or the backup goes wrong, at whatever step", () =>
    inUse(async (one) => {
      const before = await tablesOf(one);
      const nothing = async () => {};
      await expect(migrateInUse(one, nothing, broken("select 1 from nowhere"))).rejects.toThrow(/nowhere/);
      const full = async () => {
        throw new Error("disk full");
      };
      await expect(migrateInUse(one, full, LATER)).rejects.toThrow("disk full");
      expect(await tablesOf(one)).toEqual(before);
      expect(await ledgerState(one, LATER)).toBe("older");
      expect(await migrateInUse(one, nothing, LATER)).toEqual(["002-notes"]);
    }));

  it("is refused while somebody writes, and nobody writes while it goes on", () =>
    inUse(async (one, two) => {
      const nothing = async () => {};
      await two.transaction().execute(async (transaction) => {
        await transaction.updateTable("terminal").set({ imported_to: 1 }).execute();
        await expect(migrateInUse(one, nothing, LATER)).rejects.toThrow(Busy);
      });
      await two.transaction().execute(async (transaction) => {
        await appendAudit(transaction, { kind: "list", at: 0, content: [] });
        await expect(migrateInUse(one, nothing, LATER)).rejects.toThrow(Busy);
      });
      if (engineOf(one) === "postgres") {
        // An import that has only read its terminal yet, and somebody who waits for his turn to write.
        await two.transaction().execute(async (transaction) => {
          await transaction.selectFrom("terminal").selectAll().forUpdate().execute();
          await expect(migrateInUse(one, nothing, LATER)).rejects.toThrow(Busy);
        });
        await two.transaction().execute(async (transaction) => {
          await takeArrival(transaction);
          await expect(migrateInUse(one, nothing, LATER)).rejects.toThrow(Busy);
        });
      }
      expect(await ledgerState(one, LATER)).toBe("older");
      const meanwhile = async () => {
        if (engineOf(two) === "sqlite") await sql`pragma busy_timeout = 0`.execute(two);
        else await sql`set lock_timeout = 50`.execute(two);
        await expect(enrolTerminal(two, 6, 7, new Uint8Array(32).fill(2), 0)).rejects.toThrow(/lock/);
      };
      expect(await migrateInUse(one, meanwhile, LATER)).toEqual(["002-notes"]);
    }));

  it("has a part for each month to come, before anything of it comes", async () => {
    const ledger = await newLedger();
    const parts = async () => {
      if (engineOf(ledger) === "sqlite") return [];
      const rows = await rowsOf(
        ledger,
        "select relname from pg_class where relkind = 'r' and relname ~ '^(entry|posting)_20[0-9]{2}_12$' order by relname desc limit 1",
      );
      return rows.map(({ relname }) => relname);
    };
    const partsOf = (year: number) => (engineOf(ledger) === "sqlite" ? [] : [`posting_${year}_12`]);
    await makePartsToCome(ledger, Date.UTC(2029, 5, 1) / 1_000);
    expect(await parts()).toEqual(partsOf(2030));
    await makePartsToCome(ledger, Date.UTC(2031, 5, 1) / 1_000);
    expect(await parts()).toEqual(partsOf(2032));
    await ledger.destroy();
  });
});
