import { describe, expect, it } from "vitest";
import { recordForks } from "../office/forks.ts";
import { createTables } from "../office/schema.ts";
import { type Database, openSqlite } from "../ports/database.ts";
import { forkLines } from "./fork-text.ts";

const CARD = 2_800_010_000_007;
const state = (name: number) => new Uint8Array(32).fill(name);

function visit(
  database: Database,
  terminal: number,
  number: number,
  from: number,
  to: number,
  cents: readonly number[],
) {
  const [earned = 0, spent = 0, toppedUp = 0, stamps = 0, rewards = 0] = cents;
  const utc = terminal === 9 ? Number.MAX_SAFE_INTEGER : 1_781_517_600 + number;
  database.run(
    "insert into intent_area values (?, ?, 20, ?, 3, 'sale', ?, -90, ?, ?, 'committed', ?, ?, ?, ?, ?, 0, 0)",
    ...[terminal, number, CARD, utc, state(from), state(to), earned, spent, toppedUp, stamps, rewards],
  );
}

function ledger(): Database {
  const database = openSqlite(":memory:");
  createTables(database);
  return database;
}

const forkOf = (database: Database) => recordForks(database, [{ card: CARD, programme: 20, oldHash: state(1) }])[0]!;

describe("a fork in words", () => {
  it("says what each side moved, in units that it moved, and masks the card", () => {
    const database = ledger();
    visit(database, 1, 1, 1, 2, [0, 0, 2_000, 0, 0]);
    visit(database, 2, 2, 1, 3, [5, 0, 0, -10, 1]);
    visit(database, 2, 3, 3, 4, [0, 0, 0, 2, 0]);
    const lines = forkLines(database, forkOf(database));
    expect(lines.slice(0, 3)).toEqual([
      "FORK  card …0007, programme 20: one card, two histories",
      "  T-0001-1  2026-06-15 08:30  merchant 3  topped up €20.00",
      "  T-0002-2  2026-06-15 08:30  merchant 3  earned €0.05, stamps -10, rewards 1; then T-0002-3: in all earned €0.05, stamps -8, rewards 1",
    ]);
    expect(lines.join()).not.toContain(String(CARD));
  });

  it("names the first five visits of a long side and counts the others", () => {
    const database = ledger();
    visit(database, 1, 1, 1, 2, []);
    visit(database, 2, 2, 1, 3, []);
    for (let number = 3; number < 10; number += 1) visit(database, 2, number, number, number + 1, []);
    const [, first, other] = forkLines(database, forkOf(database));
    expect(first).toMatch(/moved nothing$/);
    expect(other).toContain("; then T-0002-3, T-0002-4, T-0002-5, T-0002-6, T-0002-7 and 2 more: in all moved nothing");
  });

  it("bears a clock that shows no year of ours", () => {
    const database = ledger();
    visit(database, 1, 1, 1, 2, []);
    visit(database, 9, 2, 1, 3, []);
    expect(forkLines(database, forkOf(database))[2]).toContain("9999-12-31 23:59");
  });
});
