import {
  addSums,
  type Cbor,
  decodeCbor,
  decodeCborItem,
  type Entry,
  encodeBatch,
  encodeCbor,
  encodeEntry,
  entryHash,
  type Intent,
  NO_SUMS,
  readBatch,
} from "@cachet/firmware/wire";
import { Mishaps, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { JournalKeeper } from "../../firmware/src/supervisor/journal-keeper.ts";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { statement } from "../../host/src/office/statement.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { sha256, verifyEd25519 } from "../../host/src/ports/crypto.ts";
import { journalFile } from "../../terminal-sim/src/device/storage.ts";
import { centsOf, shown, stampsOf } from "../fixtures/audit.ts";
import { AT, newLedger, rowOf } from "../fixtures/ledger.ts";
import { BAKERY, card, NOON, sale, TOWN, terminal } from "../fixtures/town.ts";

async function office(...terminals: readonly number[]): Promise<Ledger> {
  const ledger = await newLedger();
  for (const number of terminals) await enrolTerminal(ledger, number, 1, testTerminalSigner(number).publicKey, AT);
  return ledger;
}

/** Everything the books say; equal before and after something that must change nothing. */
const books = async (ledger: Ledger) => ({
  ...(await statement(ledger)),
  entries: (await rowOf(ledger, "select count(*) as n from entry"))?.n,
  postings: await rowOf(ledger, "select count(*) as n, sum(amount) as sum from posting"),
});

async function busyShop(visits: number): Promise<SimTerminal> {
  const shop = await terminal(1);
  const chip = await card(1);
  for (let i = 0; i < visits; i += 1) await shop.visit(sale(1_000 + 10 * i, i % 3 === 2 ? 40 : undefined), chip);
  return shop;
}

/** The terminal after it got a receipt up to an entry, a month went by, and a start found its journal nearly full. */
async function droppingStart(shop: SimTerminal, releasedTo: number): Promise<SimTerminal> {
  const flash = journalFile(() => new Mishaps(), await shop.journalBytes());
  const files = { journal: flash, checkpoint: journalFile(() => new Mishaps()) };
  const month = 30 * 86_400;
  const clock = { utc: NOON, now: () => ({ utc: clock.utc, offset: 120, suspect: false }) };
  const { publicKey } = testTerminalSigner(1);
  const keeper = await JournalKeeper.load(files, clock, 1, publicKey, shop.entryCount);
  expect(await keeper.release(releasedTo, entryHash(sha256, await keeper.entry(releasedTo)))).toBe("marked");
  clock.utc += month;
  await keeper.powerUp(new Uint8Array(32));
  expect(keeper.status()).toMatchObject({ first: releasedTo + 1, releasedTo });
  shop.powerOff();
  return terminal(1, { journal: await flash.read() });
}

/** A batch of the same range with entries changed by their own terminal: chained, sealed, and different. */
function reworked(file: Uint8Array, change: (entry: Entry) => void): Uint8Array {
  const key = testTerminalSigner(1);
  const reading = readBatch(file, sha256, verifyEd25519, () => key.publicKey);
  if (!reading.ok) throw new Error(reading.refusal.reason);
  const { seal, entries } = reading.batch;
  let previous = seal.previous;
  let totals = NO_SUMS;
  const stored = entries.map(({ entry }) => {
    const copy = structuredClone(entry);
    change(copy);
    if (copy.kind === "commit") totals = addSums(totals, copy.body.sums);
    const bytes = encodeEntry({ ...copy, previous });
    previous = entryHash(sha256, bytes);
    return bytes;
  });
  return encodeBatch({ ...seal, totals, head: previous }, stored, key.sign);
}

describe("importing a batch", () => {
  it("gives the ledger what the card holds", async () => {
    const shop = await terminal(1);
    const chip = await card(1);
    for (const amount of [1_250, 20_000, 333]) await shop.visit(sale(amount), chip);
    await shop.visit(sale(1_000, "max"), chip);
    const ledger = await office(1);
    expect(await importBatch(ledger, { name: "a", file: shop.collect().file }, AT)).toMatchObject({
      status: "accepted",
      duplicates: 0,
    });
    expect(await outstanding(ledger, "cents")).toBe(centsOf(await shown(chip, TOWN)));
    expect(await outstanding(ledger, "stamps")).toBe(stampsOf(await shown(chip, BAKERY)));
    expect(await books(ledger)).toMatchObject({ visits: 4, spentCents: 1_000, inDoubt: 0, postings: { sum: 0 } });
  });

  it("the same file twice changes nothing, whatever its name", async () => {
    const shop = await busyShop(4);
    const ledger = await office(1);
    const { file } = shop.collect();
    await importBatch(ledger, { name: "a", file }, AT);
    const before = await books(ledger);
    expect(await importBatch(ledger, { name: "a", file }, AT)).toEqual({
      status: "already-imported",
      duplicates: shop.entryCount,
    });
    expect(await importBatch(ledger, { name: "b", file }, AT)).toEqual({
      status: "already-imported",
      duplicates: shop.entryCount,
    });
    expect(await books(ledger)).toEqual(before);
  });

  it("works by entry number: overlapping ranges count each entry once", async () => {
    const shop = await busyShop(2);
    const early = shop.collect();
    const chip = await card(2);
    for (let i = 0; i < 3; i += 1) await shop.visit(sale(2_000), chip);
    const all = shop.collect();
    const [one, two] = [await office(1), await office(1)];
    await importBatch(one, { name: "all", file: all.file }, AT);
    await importBatch(two, { name: "early", file: early.file }, AT);
    expect(await importBatch(two, { name: "all", file: all.file }, AT)).toEqual({
      status: "accepted",
      forks: [],
      accepted: all.last - early.last,
      duplicates: early.last,
    });
    expect(await books(two)).toEqual(await books(one));
  });

  it("waits for a gap, names it, and goes in when it is filled", async () => {
    const shop = await busyShop(2);
    const first = shop.collect();
    await shop.visit(sale(500), await card(2));
    const second = shop.collect(first.last + 1);
    await shop.visit(sale(600), await card(2));
    const third = shop.collect(second.last + 1);
    const ledger = await office(1);
    expect(await importBatch(ledger, { name: "3", file: third.file }, AT)).toEqual({
      status: "waiting",
      gap: [1, second.last],
    });
    expect(await importBatch(ledger, { name: "2", file: second.file }, AT)).toEqual({
      status: "waiting",
      gap: [1, first.last],
    });
    expect((await books(ledger)).entries).toBe(0);
    expect(await importBatch(ledger, { name: "1", file: first.file }, AT)).toMatchObject({
      status: "accepted",
      accepted: first.last,
    });
    const whole = await office(1);
    await importBatch(whole, { name: "all", file: shop.collect().file }, AT);
    expect(await books(ledger)).toEqual(await books(whole));
  });

  it("takes batches of a terminal that dropped what was released, on top of the earlier ones, exactly once", async () => {
    const shop = await busyShop(3);
    const [ledger, whole] = [await office(1), await office(1)];
    const early = shop.collect();
    await importBatch(ledger, { name: "early", file: early.file }, AT);
    const chip = await card(2);
    const dropped = await droppingStart(shop, early.last - 2);
    expect(() => dropped.collect(early.last - 2)).toThrow("no entries");
    const kept = early.last - 1;
    for (const amount of [700, 800]) expect(await dropped.visit(sale(amount), chip)).toMatchObject({ result: "done" });
    const late = dropped.collect(kept);
    expect(late).toMatchObject({ first: kept, last: dropped.entryCount });
    const fresh = late.last - early.last;
    expect(await importBatch(ledger, { name: "late", file: late.file }, AT)).toMatchObject({
      status: "accepted",
      accepted: fresh,
      duplicates: 2,
    });
    const before = await books(ledger);
    const every = late.last - kept + 1;
    expect(await importBatch(ledger, { name: "late", file: late.file }, AT)).toEqual({
      status: "already-imported",
      duplicates: every,
    });
    expect(await importBatch(ledger, { name: "early", file: early.file }, AT)).toEqual({
      status: "already-imported",
      duplicates: early.last,
    });
    expect(await books(ledger)).toEqual(before);
    // An office that never saw the dropped ones waits for them, and gets them from the batch that another has.
    expect(await importBatch(whole, { name: "late", file: late.file }, AT)).toEqual({
      status: "waiting",
      gap: [1, kept - 1],
    });
    expect(await importBatch(whole, { name: "early", file: early.file }, AT)).toMatchObject({
      status: "accepted",
      accepted: early.last,
    });
    expect(await books(whole)).toEqual(before);
  });

  it("sets aside the same number with other content, names it, and counts nothing of the file", async () => {
    const shop = await busyShop(2);
    const { file } = shop.collect();
    const ledger = await office(1);
    await importBatch(ledger, { name: "a", file }, AT);
    const before = await books(ledger);
    const other = reworked(file, (entry) => {
      if (entry.kind === "intent") Object.assign(entry.body.sale, { tip: 5 });
    });
    expect(await importBatch(ledger, { name: "b", file: other }, AT)).toMatchObject({
      status: "quarantined",
      reason: "other-content",
      number: 2,
    });
    expect(await books(ledger)).toEqual(before);
    expect(
      await rowOf(
        ledger,
        "select status, case when file is null then 0 else 1 end as kept from batch where name = 'b'",
      ),
    ).toEqual({
      status: "quarantined",
      kept: 1,
    });
  });

  it("a file that is still being written is left for later, at every length", async () => {
    const shop = await busyShop(1);
    const { file } = shop.collect();
    const ledger = await office(1);
    for (let length = 30; length < file.length; length += 1) {
      expect(await importBatch(ledger, { name: "a", file: file.slice(0, length) }, AT), `${length} bytes`).toEqual({
        status: "still-being-written",
      });
    }
    expect((await books(ledger)).entries).toBe(0);
    expect(await importBatch(ledger, { name: "a", file }, AT)).toMatchObject({ status: "accepted" });
  });

  it("refuses an unknown terminal, a forged seal and a commit that says other sums", async () => {
    const shop = await busyShop(1);
    const { file } = shop.collect();
    expect(await importBatch(await office(2), { name: "a", file }, AT)).toMatchObject({
      status: "quarantined",
      reason: "unknown-terminal",
    });
    const forged = await office();
    await enrolTerminal(forged, 1, 1, testTerminalSigner(9).publicKey, AT);
    expect(await importBatch(forged, { name: "a", file }, AT)).toMatchObject({
      status: "quarantined",
      reason: "bad-signature",
    });
  });

  it("refuses entries that do not follow what is imported: a terminal restored from a copy goes another way", async () => {
    const shop = await busyShop(2);
    const copy = await terminal(1, { journal: await shop.journalBytes() });
    const ledger = await office(1);
    const shared = shop.collect();
    await importBatch(ledger, { name: "a", file: shared.file }, AT);
    await shop.visit(sale(700), await card(5));
    await copy.visit(sale(800), await card(5));
    const ours = shop.collect(shared.last + 1);
    await importBatch(ledger, { name: "b", file: shop.collect(shared.last + 1, ours.last).file }, AT);
    const before = await books(ledger);
    await copy.visit(sale(900), await card(6));
    await copy.visit(sale(900), await card(7));
    const theirs = copy.collect(ours.last + 1);
    expect(await importBatch(ledger, { name: "c", file: theirs.file }, AT)).toMatchObject({
      status: "quarantined",
      reason: "not-continuous",
    });
    expect(await books(ledger)).toEqual(before);
  });

  it("refuses commits and intents that do not say what they must, though their terminal sealed them", async () => {
    const shop = await busyShop(1);
    const { file } = shop.collect();
    const outcomeOf = async (change: (entry: Entry) => void) =>
      importBatch(await office(1), { name: "a", file: reworked(file, change) }, AT);
    const sums = await outcomeOf((entry) => {
      if (entry.kind === "commit") Object.assign(entry.body.sums, { earnedCents: 9_999 });
    });
    expect(sums).toMatchObject({ status: "quarantined", reason: "wrong-sums" });
    const changes: ((intent: Intent) => void)[] = [
      (intent) => Object.assign(intent, { merchant: 7 }),
      (intent) => Object.assign(intent, { areas: [intent.areas[0]!, intent.areas[0]!] }),
      (intent) => Object.assign(intent, { areas: [] }),
      (intent) => Object.assign(intent.areas[0]!, { newHash: new Uint8Array(32) }),
      (intent) => Object.assign(intent.areas[0]!, { oldHash: new Uint8Array(32) }),
      (intent) => Object.assign(intent.areas[0]!, { record: new Uint8Array(3) }),
    ];
    for (const change of changes) {
      const outcome = await outcomeOf((entry) => {
        if (entry.kind === "intent") change(entry.body);
      });
      expect(outcome, String(change)).toMatchObject({ status: "quarantined", reason: "bad-intent", number: 2 });
    }
  });

  it("tells what became of the files that waited", async () => {
    const shop = await busyShop(1);
    const first = shop.collect();
    await shop.visit(sale(500), await card(2));
    const second = shop.collect(first.last + 1);
    const ledger = await office(1);
    await importBatch(ledger, { name: "second", file: second.file }, AT);
    const told: unknown[] = [];
    await importBatch(ledger, { name: "first", file: first.file }, AT, (name, { status }) => {
      told.push([name, status]);
    });
    expect(told).toEqual([["second", "accepted"]]);
  });

  it("keeps an intent in doubt out of the ledger until its outcome comes", async () => {
    const shop = await terminal(1);
    const chip = await card(1);
    await shop.visit(sale(20_000), chip);
    // Four reads, the password, the intent, then the first write.
    shop.mishaps = new Mishaps().at(6, { what: "card", when: "after" });
    expect(await shop.visit(sale(1_000, 500), chip)).toMatchObject({ result: "in-doubt" });
    const ledger = await office(1);
    const first = shop.collect();
    await importBatch(ledger, { name: "a", file: first.file }, AT);
    expect(await books(ledger)).toMatchObject({ earnedCents: 1_000, spentCents: 0, inDoubt: 2 });
    shop.mishaps = new Mishaps();
    await shop.visit(sale(700), chip);
    await importBatch(ledger, { name: "b", file: shop.collect(first.last + 1).file }, AT);
    expect(await outstanding(ledger, "cents")).toBe(centsOf(await shown(chip, TOWN)));
    expect((await books(ledger)).inDoubt).toBe(0);
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
