import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archivedBooks } from "../fixtures/archives.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { inLedgerOf, newLedgerFile, rowsOf } from "../fixtures/ledger.ts";
import { type Ended, expectFailure } from "../fixtures/programme-desk.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-wrong-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

const home = at("home");
const ledger = join(home, "ledger.sqlite");
beforeAll(async () => {
  mkdirSync(home);
  await (await archivedBooks(await newLedgerFile(ledger))).destroy();
  mkdirSync(at("folder"));
  writeFileSync(at("text"), "no database, no backup, no archive\n".repeat(400));
  writeFileSync(at("empty"), "");
  writeFileSync(at("cut.sqlite"), readFileSync(ledger).subarray(0, 9_000));
});

const cachet = (...words: readonly string[]): Ended => cachetIn(at("nobody"), ...words);
const office = (...args: readonly string[]): Ended => cachet("office", ...args, "--home", home);

describe("a ledger that is not there", () => {
  it.each([
    ["mysql://x/y", "C-HOME-04", "sqlite:PATH or postgres://"],
    ["sqlite:", "C-HOME-04", "names no file"],
    [`sqlite:${at("nothing.sqlite")}`, "C-HOME-02", "holds no ledger"],
    [`sqlite:${at("folder")}`, "C-HOME-04", "unable to open"],
    [`sqlite:${at("text")}`, "C-HOME-04", "not a database"],
    [`sqlite:${at("cut.sqlite")}`, "C-HOME-04", "cannot be opened"],
    ["postgres://cachet:secret@127.0.0.1:1/x", "C-HOME-04", "ECONNREFUSED"],
    [`postgres://cachet@localhost/x?host=${encodeURIComponent(at("folder"))}`, "C-HOME-04", "ENOENT"],
  ])("is named with what is wrong: %s", (address, code, what) => {
    const ended = cachet("office", "report", "--db", address);
    expectFailure(ended, 1, code, what);
    expect(ended.err).not.toContain("secret");
    expect(existsSync(at("nothing.sqlite"))).toBe(false);
  });
});

describe("a wrong file", () => {
  it.each([
    ["nothing", "C-FILE-01", "ENOENT"],
    ["folder", "C-FILE-01", "EISDIR"],
    ["text", "C-BACKUP-01", "no backup of a ledger"],
    ["empty", "C-BACKUP-01", "no backup of a ledger"],
  ])("is no backup, and nothing is restored of it: %s", (name, code, what) => {
    expectFailure(cachet("office", "restore", at(name), "--home", at("restored")), 1, code, what, "nothing was");
    // A restore that failed leaves room for the next one.
    const after = cachet("office", "report", "--home", at("restored"));
    expectFailure(after, 1, "C-HOME-02", "holds no ledger");
  });

  it("is no archive, and no place for one", () => {
    expectFailure(cachet("office", "archive", "--verify", at("text")), 1, "C-FILE-01", "ENOTDIR");
    expectFailure(office("archive", "-o", at("text")), 1, "C-ARCHIVE-01", "not an empty folder", "not touched");
    expectFailure(office("archive", "-o", at("text", "in")), 1, "C-FILE-03", "cannot be written");
  });

  it("takes no list, and the ledger has none then that nobody got", async () => {
    expectFailure(office("lists", "-o", at("text"), "--test-keys"), 1, "C-FILE-03", "text");
    await inLedgerOf(home, async (books) => expect(await rowsOf(books, "select * from list")).toEqual([]));
  });
});

describe("a wrong wish", () => {
  it("of a merchant whom nobody knows is told: he may sell by post alone, or his number be mistyped", () => {
    const asked = ["credit", "2800000010065", "--programme", "20", "--prepaid", "5"];
    const unknown = office(...asked, "--source", "A-1", "--merchant", "99");
    expect(unknown).toMatchObject({ code: 0, err: expect.stringContaining("warning: no terminal of merchant 99") });
    expect(unknown.err).toContain("merchants here: 1, 2, 3");
    const known = office(...asked, "--source", "A-2", "--merchant", "2");
    expect(known.code).toBe(0);
    expect(known.err).not.toContain("no terminal of merchant");
    expect(known.err).toMatch(/^warning: the (books|last record) .*it comes onto the card only where/);
    expectFailure(
      office("export", "-o", at("nobody"), "--merchant", "99"),
      1,
      "C-REPORT-01",
      "merchants here: 1, 2, 3",
    );
  });

  it("of an archive of books that somebody edited leaves no folder behind", async () => {
    await inLedgerOf(home, (books) =>
      rowsOf(books, "update entry set stored = x'00' where terminal = 2 and number = 5"),
    );
    expectFailure(office("archive", "-o", at("archive")), 1, "C-ARCHIVE-01", "T-0002", "nothing was archived");
    for (const name of ["archive", "archive.new"]) expect(existsSync(at(name)), name).toBe(false);
  });
});
