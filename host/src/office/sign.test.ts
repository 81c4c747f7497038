import { type BatchReceipt, encodeEntry, entryHash, readBatchReceipt, readTerminalList } from "@cachet/firmware/wire";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AT, newLedger, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { listContents, office, officeOf, SOME_ROWS } from "../../../tests/fixtures/lists.ts";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import type { Ledger } from "./schema.ts";
import { LedgerIncomplete, signDelta, signFullList, signReceipt } from "./sign.ts";
import { enrolTerminal } from "./terminals.ts";

const terminal = officeOf(9);
const ISSUED = 1_790_000_000;
let ledger: Ledger;

async function keep(number: number, stored: Uint8Array): Promise<void> {
  const entry = { terminal: 42, number, day: 0, kind: "power-up", utc: ISSUED, stored };
  await ledger.insertInto("entry").values(entry).execute();
}

/** Keeps entries 1 to `count` of terminal 42 as an import does. */
async function imported(count: number): Promise<Uint8Array> {
  let previous = new Uint8Array(32);
  for (let number = 1; number <= count; number += 1) {
    const image = new Uint8Array(32);
    const stored = encodeEntry({ number, utc: ISSUED, offset: 0, previous, kind: "power-up", body: { image } });
    previous = new Uint8Array(entryHash(sha256, stored));
    await keep(number, stored);
  }
  await ledger.updateTable("terminal").set({ imported_to: count, head: previous }).where("number", "=", 42).execute();
  return previous;
}

async function receipt(number = 42): Promise<BatchReceipt | null> {
  const signed = await signReceipt(ledger, number, ISSUED, office);
  if (signed === null) return null;
  const reading = readBatchReceipt(signed, verifyEd25519, office.publicKey);
  if (!reading.ok) throw new Error(reading.detail);
  return reading.receipt;
}

describe("a receipt from the ledger", () => {
  beforeEach(async () => {
    ledger = await newLedger();
    for (const number of [42, 43]) await enrolTerminal(ledger, number, 1, terminal.publicKey, AT);
  });
  afterEach(() => ledger.destroy());

  it("names the end of the unbroken imported prefix, and its hash", async () => {
    const head = await imported(5);
    expect(await receipt()).toEqual({ terminal: 42, last: 5, head, issued: ISSUED });
  });

  it("is not given for a terminal that nothing came from, nor for one that is not known", async () => {
    await imported(5);
    expect(await receipt(43)).toBeNull();
    expect(await receipt(44)).toBeNull();
  });

  it.each([
    ["misses an entry", "delete from entry where number = 3"],
    ["misses the last entry", "delete from entry where number = 5"],
    ["counts entries that it does not have", "update terminal set imported_to = 6 where number = 42"],
    [
      "has another entry for the last one",
      "update entry set stored = (select head from terminal where number = 43) where number = 5",
    ],
  ])("is not signed where the ledger %s", async (_, damage) => {
    await imported(5);
    await rowsOf(ledger, damage);
    await expect(receipt()).rejects.toThrow(LedgerIncomplete);
    await expect(receipt()).rejects.toThrow(/entries 1 to [56] of T-0042/);
  });

  it("does not wait for what came behind the prefix", async () => {
    const head = await imported(5);
    await keep(7, new Uint8Array(1));
    expect(await receipt()).toMatchObject({ last: 5, head });
  });
});

describe("lists that the office signs", () => {
  const some = listContents(1, SOME_ROWS);
  const fewer = listContents(2, { ...SOME_ROWS, blocked: [] });
  const read = (bytes: Uint8Array, key: Uint8Array) => readTerminalList(bytes, verifyEd25519, key);

  it("name version and base, and the next office key where it is another than the signer", () => {
    const full = read(signFullList(some, office), office.publicKey);
    expect(full).toMatchObject({ ok: true, list: { version: 1, base: 0 } });
    expect(full.ok && full.list.officeKey).toBeUndefined();
    expect(read(signDelta(some, fewer, office), office.publicKey)).toMatchObject({
      ok: true,
      list: { version: 2, base: 1 },
    });
    const rotation = read(signFullList(some, officeOf(3)), officeOf(3).publicKey);
    expect(rotation).toMatchObject({ ok: true, list: { officeKey: office.publicKey } });
  });

  it("hold as a delta only what changes", () => {
    const delta = read(signDelta(some, fewer, office), office.publicKey);
    if (!delta.ok) throw new Error(delta.detail);
    expect(delta.list.put).toBeUndefined();
    expect(Object.keys(delta.list.removed ?? {})).toEqual(["blocked"]);
  });

  it("are not signed as a delta to an older version, or to one that takes back a revocation", () => {
    expect(() => signDelta(fewer, some, office)).toThrow(RangeError);
    const forgiving = listContents(2, { ...SOME_ROWS, revokedKeys: [] });
    expect(() => signDelta(some, forgiving, office)).toThrow(RangeError);
  });
});
