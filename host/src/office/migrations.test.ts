import { afterEach, beforeEach, expect, it } from "vitest";
import { newLedger, rowOf, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { openDatabase } from "../ports/database/index.ts";
import { ledgerState, migrate } from "./migrations.ts";
import { type Ledger, TABLES } from "./schema.ts";

let ledger: Ledger;
beforeEach(async () => {
  ledger = await newLedger();
});
afterEach(() => ledger.destroy());

it("a ledger that was made is current, has every table, and is not migrated twice", async () => {
  expect(await ledgerState(ledger)).toBe("current");
  for (const table of Object.keys(TABLES)) expect(await rowsOf(ledger, `select * from ${table}`)).toEqual([]);
  expect(await migrate(ledger)).toEqual([]);
});

it("one that misses a migration is older, and one with a migration of an unknown name is newer", async () => {
  const done = await rowOf(ledger, "select name from migration");
  await rowsOf(ledger, "delete from migration");
  expect(await ledgerState(ledger)).toBe("older");
  await rowsOf(ledger, `insert into migration (name, timestamp) values ('${done?.name}', '2026'), ('999', '2099')`);
  expect(await ledgerState(ledger)).toBe("newer");
});

it("a database without migrations is none, whatever else is in it, and looking does not change it", async () => {
  const empty: Ledger = openDatabase("sqlite::memory:");
  expect(await ledgerState(empty)).toBe("none");
  await rowsOf(empty, "create table posting (number integer)");
  expect(await ledgerState(empty)).toBe("none");
  expect((await empty.introspection.getTables()).map(({ name }) => name)).toEqual(["posting"]);
  // What is there is not taken over, and no table of the migration stays.
  await expect(migrate(empty)).rejects.toThrow(/posting already exists/);
  expect(await ledgerState(empty)).not.toBe("current");
  const tables = (await empty.introspection.getTables()).map(({ name }) => name);
  expect(tables.filter((name) => !name.startsWith("migration"))).toEqual(["posting"]);
  await empty.destroy();
});
