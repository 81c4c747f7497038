import {
  type Cbor,
  decodeCbor,
  decodeCborItem,
  encodeBatch,
  encodeCbor,
  encodeEntry,
  entryHash,
  readBatch,
} from "@cachet/firmware/wire";
import { Mishaps, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { enrolTerminal, importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import { createTables } from "../../host/src/office/schema.ts";
import { statement } from "../../host/src/office/statement.ts";
import { sha256, verifyEd25519 } from "../../host/src/ports/crypto.ts";
import { type Database, openSqlite } from "../../host/src/ports/database.ts";
import { centsOf, shown, stampsOf } from "../fixtures/audit.ts";
import { BAKERY, card, sale, TOWN, terminal } from "../fixtures/town.ts";

function office(...terminals: readonly number[]): Database {
  const database = openSqlite(":memory:");
  createTables(database);
  for (const number of terminals) enrolTerminal(database, number, 1, testTerminalSigner(number).publicKey);
  return database;
}

/** Everything the books say; equal before and after something that must change nothing. */
const books = (database: Database) => ({
  ...statement(database),
  entries: database.get("select count(*) as n from entry")?.n,
  postings: database.get("select count(*) as n, total(amount) as sum from posting"),
});

async function busyShop(visits: number): Promise<SimTerminal> {
  const shop = await terminal(1);
  const chip = await card(1);
  for (let i = 0; i < visits; i += 1) await shop.visit(sale(1_000 + 10 * i, i % 3 === 2 ? 40 : undefined), chip);
  return shop;
}

/** A batch of the same range with one entry changed by its own terminal: chained, sealed, and different. */
function altered(file: Uint8Array, change: (sale: Record<string, unknown>) => void): Uint8Array {
  const key = testTerminalSigner(1);
  const reading = readBatch(file, sha256, verifyEd25519, () => key.publicKey);
  if (!reading.ok) throw new Error(reading.refusal.reason);
  const { seal, entries } = reading.batch;
  let previous = seal.previous;
  const stored = entries.map(({ entry }) => {
    const copy = structuredClone(entry);
    if (copy.kind === "intent") change(copy.body.sale as unknown as Record<string, unknown>);
    const bytes = encodeEntry({ ...copy, previous });
    previous = entryHash(sha256, bytes);
    return bytes;
  });
  return encodeBatch({ ...seal, head: previous }, stored, key.sign);
}

describe("importing a batch", () => {
  it("gives the ledger what the card holds", async () => {
    const shop = await terminal(1);
    const chip = await card(1);
    for (const amount of [1_250, 20_000, 333]) await shop.visit(sale(amount), chip);
    await shop.visit(sale(1_000, "max"), chip);
    const database = office(1);
    expect(importBatch(database, "a", shop.collect().file)).toMatchObject({ status: "accepted", duplicates: 0 });
    expect(outstanding(database, "cents")).toBe(centsOf(await shown(chip, TOWN)));
    expect(outstanding(database, "stamps")).toBe(stampsOf(await shown(chip, BAKERY)));
    expect(books(database)).toMatchObject({ visits: 4, spentCents: 1_000, inDoubt: 0, postings: { sum: 0 } });
  });

  it("the same file twice changes nothing, whatever its name", async () => {
    const shop = await busyShop(4);
    const database = office(1);
    const { file } = shop.collect();
    importBatch(database, "a", file);
    const before = books(database);
    expect(importBatch(database, "a", file)).toEqual({ status: "already-imported", duplicates: shop.entryCount });
    expect(importBatch(database, "b", file)).toEqual({ status: "already-imported", duplicates: shop.entryCount });
    expect(books(database)).toEqual(before);
  });

  it("works by entry number: overlapping ranges count each entry once", async () => {
    const shop = await busyShop(2);
    const early = shop.collect();
    const chip = await card(2);
    for (let i = 0; i < 3; i += 1) await shop.visit(sale(2_000), chip);
    const all = shop.collect();
    const [one, two] = [office(1), office(1)];
    importBatch(one, "all", all.file);
    importBatch(two, "early", early.file);
    expect(importBatch(two, "all", all.file)).toEqual({
      status: "accepted",
      accepted: all.last - early.last,
      duplicates: early.last,
    });
    expect(books(two)).toEqual(books(one));
  });

  it("waits for a gap, names it, and goes in when it is filled", async () => {
    const shop = await busyShop(2);
    const first = shop.collect();
    await shop.visit(sale(500), await card(2));
    const second = shop.collect(first.last + 1);
    await shop.visit(sale(600), await card(2));
    const third = shop.collect(second.last + 1);
    const database = office(1);
    expect(importBatch(database, "3", third.file)).toEqual({ status: "waiting", gap: [1, second.last] });
    expect(importBatch(database, "2", second.file)).toEqual({ status: "waiting", gap: [1, first.last] });
    expect(books(database).entries).toBe(0);
    expect(importBatch(database, "1", first.file)).toMatchObject({ status: "accepted", accepted: first.last });
    const whole = office(1);
    importBatch(whole, "all", shop.collect().file);
    expect(books(database)).toEqual(books(whole));
  });

  it("sets aside the same number with other content, names it, and counts nothing of the file", async () => {
    const shop = await busyShop(2);
    const { file } = shop.collect();
    const database = office(1);
    importBatch(database, "a", file);
    const before = books(database);
    const other = altered(file, (given) => {
      given.tip = 5;
    });
    expect(importBatch(database, "b", other)).toMatchObject({
      status: "quarantined",
      reason: "other-content",
      number: 2,
    });
    expect(books(database)).toEqual(before);
    expect(database.get("select status, file is not null as kept from batch where name = 'b'")).toEqual({
      status: "quarantined",
      kept: 1,
    });
  });

  it("a file that is still being written is left for later, at every length", async () => {
    const shop = await busyShop(1);
    const { file } = shop.collect();
    const database = office(1);
    for (let length = 30; length < file.length; length += 1) {
      expect(importBatch(database, "a", file.slice(0, length)), `${length} bytes`).toEqual({
        status: "still-being-written",
      });
    }
    expect(books(database).entries).toBe(0);
    expect(importBatch(database, "a", file)).toMatchObject({ status: "accepted" });
  });

  it("refuses an unknown terminal, a forged seal and a commit that says other sums", async () => {
    const shop = await busyShop(1);
    const { file } = shop.collect();
    expect(importBatch(office(2), "a", file)).toMatchObject({ status: "quarantined", reason: "unknown-terminal" });
    const forged = office();
    enrolTerminal(forged, 1, 1, testTerminalSigner(9).publicKey);
    expect(importBatch(forged, "a", file)).toMatchObject({ status: "quarantined", reason: "bad-signature" });
  });

  it("keeps an intent in doubt out of the ledger until its outcome comes", async () => {
    const shop = await terminal(1);
    const chip = await card(1);
    await shop.visit(sale(20_000), chip);
    const writes = shop.mishaps.seen.length;
    shop.mishaps = new Mishaps().at(5, { what: "card", when: "after" });
    expect(await shop.visit(sale(1_000, 500), chip)).toMatchObject({ result: "in-doubt" });
    const database = office(1);
    const first = shop.collect();
    importBatch(database, "a", first.file);
    expect(books(database)).toMatchObject({ earnedCents: 1_000, spentCents: 0, inDoubt: 2 });
    shop.mishaps = new Mishaps();
    await shop.visit(sale(700), chip);
    importBatch(database, "b", shop.collect(first.last + 1).file);
    expect(outstanding(database, "cents")).toBe(centsOf(await shown(chip, TOWN)));
    expect(books(database).inDoubt).toBe(0);
    expect(writes).toBeGreaterThan(5);
  });

  it("a batch is a CBOR sequence that other tools can take apart", async () => {
    const shop = await busyShop(1);
    const { file } = shop.collect();
    const items: Cbor[] = [];
    for (let at = 0; at < file.length; ) {
      const { value, end } = decodeCborItem(file, at);
      items.push(value);
      at = end;
    }
    expect(items.length).toBe(shop.entryCount + 2);
    expect(items[0]).toEqual(
      decodeCbor(
        encodeCbor(
          new Map<number, Cbor>([
            [1, "cachet/batch"],
            [2, 1],
            [3, 1],
            [4, 1],
            [5, 4],
          ]),
        ),
      ),
    );
  });
});
