import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newLedgerFile } from "../../../tests/fixtures/ledger.ts";
import { closeTo } from "../office/closings.ts";
import { insertAll, type Ledger } from "../office/schema.ts";
import type { Console } from "./console.ts";
import { databaseFailure } from "./database-failure.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { withScratch } from "./scratch.ts";

const home = mkdtempSync(join(tmpdir(), "cachet-database-"));
afterAll(() => rmSync(home, { recursive: true }));
beforeAll(async () => (await newLedgerFile(join(home, "ledger.sqlite"))).destroy());

const console: Console = {
  ...{ json: false, lang: "en", home, db: null, drawsProgress: false },
  ...{ now: () => 0, out: () => {}, err: () => {} },
};
async function failure(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  expect(thrown).toBeInstanceOf(Failure);
  return thrown as Failure;
}

/** More rows than a database may have pages for. */
async function fill(ledger: Ledger): Promise<void> {
  await sql`pragma max_page_count = 1`.execute(ledger);
  const rows = Array.from({ length: 5_000 }, (_, number) => ({
    ...{ kind: "late", terminal: 1, number, card: 0, programme: 0, utc: 0, detail: "x".repeat(100) },
  }));
  await ledger.transaction().execute((transaction) => insertAll(transaction, "alert", rows));
}

describe("a database that does not go on", () => {
  it("without room says so, and keeps nothing of what was begun", async () => {
    const said = await failure(withLedger(console, fill));
    expect(said.lines().join("\n")).toMatch(
      /C-LEDGER-04: .*ledger\.sqlite has no room left[\s\S]*nothing is half done/,
    );
    await withLedger(console, async (ledger) =>
      expect(await ledger.selectFrom("alert").selectAll().execute()).toEqual([]),
    );
  });

  it("that may only be read says so", async () => {
    const work = withLedger(console, async (ledger) => {
      await sql`pragma query_only = 1`.execute(ledger);
      await closeTo(ledger, 9_000, 0);
      await sql`delete from terminal`.execute(ledger);
    });
    expect((await failure(work)).message).toMatch(/may only be read/);
  });

  it("for a test, in the temporary folder, is told apart from the ledger", async () => {
    const work = withLedger(console, () =>
      withScratch(1, async (scratch) => {
        await sql`create table t (a text)`.execute(scratch!);
        await sql`pragma max_page_count = 1`.execute(scratch!);
        await scratch!.transaction().execute(async (one) => {
          await sql`insert into t values (${"x".repeat(100_000)})`.execute(one);
        });
      }),
    );
    const said = await failure(work);
    expect([said.code, said.state]).toEqual(["C-FILE-03", "the ledger was only read"]);
    expect(said.next.join()).toContain("TMPDIR");
  });

  it.each([
    [{ code: "25006" }, /may only be read/],
    [{ code: "53100" }, /no room/],
    [{ code: "57P01" }, /went away/],
    [{ code: "ECONNRESET", syscall: "read" }, /went away/],
    [{ message: "Connection terminated unexpectedly" }, /went away/],
    [{ code: "42501" }, /does not let this user/],
    [{ errcode: 5 }, /somebody else is writing/],
    [{ errcode: 11 }, /is damaged/],
    [{ errcode: 10 + (3 << 8) }, /its disk says no/],
  ])("%j is told in words", (said, words) => {
    expect(databaseFailure("books", Object.assign(new Error("said"), said))?.message).toMatch(words);
  });

  it("is not blamed for errors of its own programs", () => {
    for (const said of [{}, { code: "23505" }, { errcode: 19 }, { code: "ENOENT", syscall: "open", path: "/x" }])
      expect(databaseFailure("books", Object.assign(new Error("said"), said))).toBeNull();
  });
});
