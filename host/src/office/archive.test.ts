import { concat, fromHex, toHex } from "@cachet/card-layout";
import { decodeCbor, decodeCborItem, encodeCbor, readBatch } from "@cachet/firmware/wire";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  ARCHIVED_AT,
  ARCHIVED_FILES,
  ARCHIVED_TOWN,
  archivedBooks,
  archiveOf,
  checkedFiles,
  withNewManifest,
} from "../../../tests/fixtures/archives.ts";
import { newLedger, ON_POSTGRES, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { importTown } from "../../../tests/fixtures/office-town.ts";
import { testOfficeSigner, testTerminalSigner } from "../keys/test-keys.ts";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { NothingClosed } from "./archive.ts";
import type { ArchiveAbout, ArchiveBatch, ArchiveClosing } from "./archive-about.ts";
import { verifyArchive } from "./archive-check.ts";
import { ArchiveFault } from "./archive-files.ts";
import { AUDIT_START, linkOf } from "./audit.ts";
import { LedgerFault } from "./check.ts";
import { CLOSING_TAG } from "./closing-sums.ts";
import { closedDays, closeTo } from "./closings.ts";
import type { Ledger } from "./schema.ts";

type Files = ReadonlyMap<string, Uint8Array>;
let ledger: Ledger;
let files: Map<string, Uint8Array>;
beforeAll(async () => {
  ledger = await archivedBooks();
  files = await archiveOf(ledger);
});
afterAll(() => ledger.destroy());

const about = (of: Files): ArchiveAbout => JSON.parse(new TextDecoder().decode(of.get("archive.json")));
const flipped = (of: Files, path: string, at: number, bits: number): Map<string, Uint8Array> => {
  const bytes = of.get(path)!.slice();
  bytes[at]! ^= bits;
  return new Map([...of, [path, bytes]]);
};
const isFound = (of: Files, trusted?: Uint8Array): boolean => {
  try {
    verifyArchive(of, trusted);
    return false;
  } catch (error) {
    if (error instanceof ArchiveFault) return true;
    throw error;
  }
};
const keyOf = (terminal: number) => testTerminalSigner(terminal).publicKey;
/** What is about bytes in memory is the same whatever engine they came from: told once. */
const itOnce = (name: string, test: () => void | Promise<void>, ms?: number): void => {
  if (!ON_POSTGRES) it(name, test, ms);
};

describe("an archive", () => {
  it("is found out where a file changes between two readings", () => {
    const wanted = [...files.keys()].filter((path) => path.startsWith("batches/") || path.startsWith("closings/"));
    for (const path of [wanted[0]!, wanted.at(-1)!, "archive.json"]) {
      const changed = files.get(path)!.slice();
      changed[changed.length - 1]! ^= 1;
      let readings = 0;
      const get = (name: string) => {
        if (name !== path) return files.get(name);
        readings += 1;
        return readings === 1 ? files.get(name) : changed;
      };
      expect(() => verifyArchive({ keys: () => files.keys(), get }), path).toThrow(`${path}: changed while`);
    }
  });

  it("verifies by itself, signed by the office", () => {
    expect(verifyArchive(files, testOfficeSigner().publicKey).closings.map(({ kind }) => kind)).toContain("month");
    expect(() => verifyArchive(files, keyOf(1))).toThrow(/another office/);
  });

  it("holds the very files that terminals sealed, and every entry in one of them", () => {
    const { batches, terminals } = about(files);
    for (const { file } of batches) {
      const bytes = files.get(file)!;
      expect(ARCHIVED_FILES.get(toHex(sha256(bytes))), file).toEqual(bytes);
      expect(readBatch(bytes, sha256, verifyEd25519, keyOf).ok).toBe(true);
    }
    // Some of them overlap, and a part of what they hold was imported before they came.
    const entries = batches.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    expect(entries).toBeGreaterThan(ARCHIVED_TOWN.entries);
    const covered = terminals.map(({ after, to }) => to - after);
    expect(covered).toEqual(ARCHIVED_TOWN.journals.map(({ length }) => length));
    expect(ARCHIVED_TOWN.entries).toBeGreaterThan(195);
  });

  it("is the same whenever it is made of the same books", async () => {
    expect(await archiveOf(ledger)).toEqual(files);
  });

  it("is unsigned where there is no key, and says so; a signature that is taken away is missed", async () => {
    const unsigned = await archiveOf(ledger, { signer: null });
    expect(verifyArchive(unsigned).office_key).toBeNull();
    expect(() => verifyArchive(unsigned, testOfficeSigner().publicKey)).toThrow(/nobody signed/);
    const stripped = new Map([...files].filter(([path]) => path !== "manifest.sig"));
    expect(() => verifyArchive(stripped)).toThrow(/manifest.sig: is missing/);
  });

  it("of some days holds their closings and what they closed", async () => {
    const days = (await closedDays(ledger)).map(({ closing }) => closing.day);
    const [first] = days as [number];
    const one = await archiveOf(ledger, { from: first, to: first });
    const said = verifyArchive(one);
    expect(said.closings).toHaveLength(1);
    expect(said.terminals.map(({ after }) => after)).toEqual([0, 0, 0]);
    const noon = ARCHIVED_TOWN.journals.map(({ length }) => Math.floor(length / 2));
    expect(said.terminals.map(({ to }) => to)).toEqual(noon);
    const rest = verifyArchive(await archiveOf(ledger, { from: first + 1 }));
    expect(rest.terminals.map(({ after }) => after)).toEqual(noon);
    expect(rest.closings.length).toBe(about(files).closings.length - 1);
    const upTo = verifyArchive(await archiveOf(ledger, { to: first }));
    expect(upTo.batches).toEqual(said.batches);
    await expect(archiveOf(ledger, { from: days.at(-1)! + 1, to: days.at(-1)! + 9 })).rejects.toThrow(NothingClosed);
  });

  it("of a year holds the closings of its months, and those of its days", async () => {
    const year = await archivedBooks();
    const [first] = (await closedDays(year)).map(({ closing }) => closing.day) as [number];
    await closeTo(year, first + 200, ARCHIVED_AT + 120);
    const whole = await archiveOf(year);
    const kinds = verifyArchive(whole).closings.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind !== "day")).toEqual([...Array(7).fill("month"), "year"]);
    const late = await archiveOf(year, { from: first + 160 });
    expect(verifyArchive(late).closings.at(-1)?.kind).toBe("year");
    for (const files of [whole, late]) expect(checkedFiles(files)).toMatchObject({ code: 0 });
    // A month that is left out of the year it is in.
    const said = about(whole);
    const [last, others] = [said.closings.at(-1)!, said.closings.filter(({ kind }) => kind === "month")];
    const lie = { ...said, closings: said.closings.filter((closing) => closing !== others[2]) };
    const forged = new Map([...whole].filter(([path]) => path !== "manifest.sig" && path !== others[2]!.file));
    forged.set("archive.json", new TextEncoder().encode(JSON.stringify({ ...lie, office_key: null })));
    forged.delete("keys/office.pem");
    expect(() => verifyArchive(withNewManifest(forged))).toThrow(ArchiveFault);
    expect(checkedFiles(withNewManifest(forged)).said).toMatch(/^BAD/);
    expect(last.postings).toBe(others.reduce((sum, { postings }) => sum + postings, 0));
    await year.destroy();
  });

  it("of books that were never closed holds the batches; of none, nothing", async () => {
    const open = await newLedger();
    expect(verifyArchive(await archiveOf(open))).toMatchObject({ terminals: [], batches: [], closings: [] });
    await importTown(open, ARCHIVED_TOWN, ARCHIVED_TOWN.files, ARCHIVED_AT);
    const said = verifyArchive(await archiveOf(open));
    expect(said.closings).toEqual([]);
    expect(said.batches.length).toBeGreaterThan(10);
    await open.destroy();
  });

  it("is not made of books that do not give back what terminals sealed, or what was closed", async () => {
    const edits = [
      "update entry set stored = (select stored from entry where terminal = 1 and number = 3) where terminal = 1 and number = 5",
      "delete from entry where terminal = 2 and number = 4",
      "update batch set trailer = null where terminal = 3",
      "update posting set amount = 2 * amount where terminal = 1",
    ];
    for (const edit of edits) {
      const edited = await archivedBooks();
      await rowsOf(edited, edit);
      await expect(archiveOf(edited), edit).rejects.toThrow(LedgerFault);
      await edited.destroy();
    }
  });
});

describe("an archive that somebody changed", () => {
  const sizeOf = (of: Files) => [...of.values()].reduce((sum, { length }) => sum + length, 0);

  itOnce("is found out at each of its bytes", () => {
    let flips = 0;
    for (const [path, { length }] of files) {
      for (let at = 0; at < length; at += 1) {
        flips += 1;
        if (!isFound(flipped(files, path, at, 1 << (flips % 8)))) expect.fail(`${path}, byte ${at} is not found`);
      }
    }
    expect(flips).toBe(sizeOf(files));
    process.stdout.write(`archive: each of ${flips} bytes changed, ${ARCHIVED_TOWN.entries} entries\n`);
  });

  itOnce("is found out by what terminals sealed and closings bind, where the manifest was made anew", async () => {
    const unsigned = await archiveOf(ledger, { signer: null });
    let flips = 0;
    for (const [path, { length }] of unsigned) {
      if (path === "archive.json" || path.startsWith("manifest.")) continue;
      for (let at = flips % 7; at < length; at += 131) {
        flips += 1;
        const forged = withNewManifest(flipped(unsigned, path, at, 1 << (flips % 8)));
        if (!isFound(forged)) expect.fail(`${path}, byte ${at} is not found`);
      }
    }
    expect(flips).toBeGreaterThan(300);
  });

  it("is found out where a file is missing, added, or under another's name", () => {
    for (const path of files.keys()) {
      const without = new Map([...files].filter(([other]) => other !== path));
      expect(isFound(without), `without ${path}`).toBe(true);
    }
    expect(isFound(new Map([...files, ["notes.txt", new Uint8Array([1])]]))).toBe(true);
    const { batches, closings } = about(files);
    const swapped = (a: string, b: string) =>
      withNewManifest(
        new Map(
          [...files, [a, files.get(b)!], [b, files.get(a)!]].filter(([path]) => path !== "manifest.sig") as [
            string,
            Uint8Array,
          ][],
        ),
      );
    expect(isFound(swapped(batches[0]!.file, batches[1]!.file))).toBe(true);
    expect(isFound(swapped(closings[0]!.file, closings[1]!.file))).toBe(true);
  });

  it("is found out where it says what its files do not, signed by nobody", async () => {
    const unsigned = await archiveOf(ledger, { signer: null });
    const said = about(unsigned);
    const [terminal, closing] = [said.terminals[0]!, said.closings[0]!];
    const lies: readonly Partial<ArchiveAbout>[] = [
      { audit: { ...said.audit, rows: said.audit.rows - 1 } },
      { audit: { ...said.audit, head: closing.hash } },
      { batches: said.batches.slice(1) },
      { terminals: [{ ...terminal, merchant: 9 }, ...said.terminals.slice(1)] },
      { terminals: [{ ...terminal, to: terminal.to + 1 }, ...said.terminals.slice(1)] },
      { terminals: said.terminals.slice(1) },
      { closings: said.closings.slice(1) },
      { closings: [{ ...closing, totals: {} }, ...said.closings.slice(1)] },
      { closings: [{ ...closing, perpetual: {} }, ...said.closings.slice(1)] },
      { closings: [{ ...closing, postings: 1 }, ...said.closings.slice(1)] },
      { closings: [{ ...closing, ends: [] }, ...said.closings.slice(1)] },
      { closings: said.closings.map((each) => (each.kind === "month" ? { ...each, totals: closing.totals } : each)) },
      { closings: [...said.closings].reverse() },
      { format: "other" } as never,
      { made: "now" } as never,
    ];
    for (const lie of lies) {
      const json = new TextEncoder().encode(JSON.stringify({ ...said, ...lie }));
      const forged = withNewManifest(new Map([...unsigned, ["archive.json", json]]));
      expect(isFound(forged), JSON.stringify(lie).slice(0, 200)).toBe(true);
    }
    expect(isFound(withNewManifest(unsigned))).toBe(false);
  });
});

describe("an archive that an office made up, with hashes and chain that go with it", () => {
  const forged = (of: Files, said: ArchiveAbout, more: readonly (readonly [string, Uint8Array])[] = []) =>
    withNewManifest(new Map([...of, ...more, ["archive.json", new TextEncoder().encode(JSON.stringify(said))]]));

  it("is found out where a day's totals are not what its postings come to", async () => {
    const [first] = (await closedDays(ledger)).map(({ closing }) => closing.day) as [number];
    const late = await archiveOf(ledger, { from: first + 1, signer: null });
    const said = about(late);
    const [closing, ...others] = said.closings as [ArchiveClosing, ...ArchiveClosing[]];
    const more = { ...closing.totals, "card cents": { in: 1, out: 1 } };
    const lie = forged(late, { ...said, closings: [{ ...closing, totals: more }, ...others] });
    expect(() => verifyArchive(lie)).toThrow(/its postings come to other totals/);
    expect(checkedFiles(lie).said).toMatch(/^BAD closings.*totals/);
  });

  it("is found out where a file is left away that others cover", async () => {
    const covered = await newLedger();
    const [journal] = ARCHIVED_TOWN.journals as [(typeof ARCHIVED_TOWN.journals)[number]];
    const ranges = [10, 20].map((last) => ({ name: `${last}`, file: journal.batch(1, last) }));
    await importTown(covered, { ...ARCHIVED_TOWN, journals: [journal] }, ranges, ARCHIVED_AT);
    const whole = await archiveOf(covered, { signer: null });
    const said = about(whole);
    expect(said.batches.map(({ last }) => last)).toEqual([10, 20]);
    const [gone, left] = said.batches as [ArchiveBatch, ArchiveBatch];
    const without = new Map([...whole].filter(([path]) => path !== gone.file));
    const lie = forged(without, { ...said, batches: [left] });
    expect(() => verifyArchive(lie)).toThrow(/tells of a batch up to 10 of T-0001 that is not here/);
    expect(checkedFiles(lie).said).toMatch(/^BAD audit.cbor: a batch is not here/);
    await covered.destroy();
  });

  it("is found out where a month is over other closings than those in it", async () => {
    const unsigned = await archiveOf(ledger, { signer: null });
    const said = about(unsigned);
    const month = said.closings.find(({ kind }) => kind === "month")!;
    const [kind, day, before, hashes] = decodeCbor(unsigned.get(month.file)!) as readonly [
      string,
      number,
      Uint8Array,
      Uint8Array[],
    ];
    const bytes = encodeCbor([kind, day, before, hashes.slice(1)]);
    const hash = sha256(concat(CLOSING_TAG, bytes));
    let chain: Uint8Array = AUDIT_START;
    const rows: Uint8Array[] = [];
    const audit = unsigned.get("audit.cbor")!;
    for (let at = 0; at < audit.length; ) {
      const { value, end } = decodeCborItem(audit, at);
      const [number, terminal, told, time, content] = value as readonly [number, number, string, number, Uint8Array];
      const is =
        toHex(content) === toHex(encodeCbor([kind, day, fromHex(month.hash)]))
          ? encodeCbor([kind, day, hash])
          : content;
      chain = linkOf(chain, { number, terminal, kind: told, at: time, content: is });
      rows.push(encodeCbor([number, terminal, told, time, is]));
      at = end;
    }
    const closings = said.closings.map((closing) => (closing === month ? { ...month, hash: toHex(hash) } : closing));
    const made = { ...said, closings, audit: { rows: rows.length, head: toHex(chain) } };
    const lie = forged(unsigned, made, [
      [month.file, bytes],
      ["audit.cbor", concat(...rows)],
    ]);
    expect(() => verifyArchive(lie)).toThrow(/is not over the closings in it/);
    expect(checkedFiles(lie).said).toMatch(/^BAD closings.month.*closings in it/);
  });
});

describe("a batch that somebody changed", () => {
  it("is refused at each of its bytes", () => {
    const file = ARCHIVED_TOWN.journals[0]!.batch(1, 40);
    for (let at = 0; at < file.length; at += 1) {
      const bytes = file.slice();
      bytes[at]! ^= 1 << (at % 8);
      if (readBatch(bytes, sha256, verifyEd25519, keyOf).ok) expect.fail(`byte ${at} is not found`);
    }
    process.stdout.write(`batch: each of ${file.length} bytes changed, 40 entries\n`);
  });
});
