import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openLedger } from "../../host/src/cli/home.ts";
import { migrateLedger } from "../../host/src/cli/office-migrate.ts";
import { testOfficeSigner } from "../../host/src/keys/test-keys.ts";
import { MIGRATIONS } from "../../host/src/office/migrations.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { publicPem } from "../../host/src/ports/crypto.ts";
import { openDatabase } from "../../host/src/ports/database/index.ts";
import {
  ARCHIVED_AT,
  ARCHIVED_TOWN,
  archivedBooks,
  archiveOf,
  checkedFiles,
  checkedFolder,
  withNewManifest,
} from "../fixtures/archives.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { inLedgerOf, newLedgerFile, rowOf, rowsOf } from "../fixtures/ledger.ts";
import { type Ended, expectFailure } from "../fixtures/programme-desk.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-keeping-"));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

const cachet = (...words: readonly string[]): Ended => cachetIn(at("nobody"), ...words);
function done(...args: readonly string[]): string {
  const ended = cachet(...args);
  expect(ended.err).toBe("");
  expect(ended.code).toBe(0);
  return ended.out;
}
const document = (...args: readonly string[]) => JSON.parse(done(...args, "--json"));

/** A home with the books of a town, closed by hand in the past. */
const home = at("home");
beforeAll(async () => {
  mkdirSync(home);
  const ledger = await archivedBooks(await newLedgerFile(join(home, "ledger.sqlite")));
  await ledger.destroy();
});

/** A copy of that home, to do harm in. */
function copyOf(name: string): string {
  cpSync(home, at(name), { recursive: true });
  return at(name);
}

describe("office check", () => {
  it("finds honest books good, and says their head", () => {
    const { ok, head } = document("office", "check", "--home", home);
    expect(ok).toBe(true);
    expect(done("office", "check", "--home", home)).toContain(head);
  });

  it("names the first row that somebody edited, and ends with 1", async () => {
    const edited = copyOf("edited");
    await inLedgerOf(edited, (ledger) => rowsOf(ledger, "update posting set amount = 2 * amount where terminal = 1"));
    const ended = cachet("office", "check", "--home", edited);
    expectFailure(ended, 1, "C-LEDGER-01", "posting day", "terminal 1", "should be");
    const { code, out } = cachet("office", "check", "--home", edited, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ error: { code: "C-LEDGER-01" }, table: "posting" });
    expect(done("explain", "C-LEDGER-01")).toContain("edited the database");
  });
});

describe("office close", () => {
  it("closes the days that are over, prints totals and hashes, and refuses the others", async () => {
    const open = at("open");
    mkdirSync(open);
    const ledger = await newLedgerFile(join(open, "ledger.sqlite"));
    for (const { terminal, merchant, signer } of ARCHIVED_TOWN.journals)
      await enrolTerminal(ledger, terminal, merchant, signer.publicKey, ARCHIVED_AT);
    await ledger.destroy();
    expect(done("office", "close", "--home", open)).toBe("nothing is imported yet\n");
    const batches = ARCHIVED_TOWN.journals.map((journal) => {
      writeFileSync(at(`${journal.terminal}.batch`), journal.batch());
      return at(`${journal.terminal}.batch`);
    });
    done("batch", "import", ...batches, "--home", open);
    const tomorrow = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 10);
    expectFailure(cachet("office", "close", "--to", tomorrow, "--home", open), 1, "C-LEDGER-02", "is not over");
    const { closed, first_open } = document("office", "close", "--to", "2026-06-30", "--home", open);
    expect(first_open).toBe("2026-07-01");
    expect(closed.map(({ kind, date }: { kind: string; date: string }) => `${kind} ${date}`)).toEqual([
      ...Array.from({ length: 16 }, (_, i) => `day 2026-06-${15 + i}`),
      "month 2026-06-30",
    ]);
    expect(closed[0]).toMatchObject({ kind: "day", date: "2026-06-15" });
    expect(closed[0].totals["card cents"].in).toBeGreaterThan(0);
    expect(done("office", "close", "--to", "2026-06-30", "--home", open)).toBe(
      "every day before 2026-07-01 is closed already\n",
    );
    const lines = done("office", "close", "--to", "2026-08-02", "--home", open);
    expect(lines).toMatch(/^closed: 2026-07-01 to 2026-08-02 \(33 days\), 0 postings; open from 2026-08-03 on\n/);
    // Days are told together up to the end of a month; amounts as money.
    expect(lines).toMatch(/\n {2}card {6}cents {2}€0\.00 {2}€0\.00 +€\d+\.\d\d +€\d+\.\d\d\n/);
    const found = [...lines.matchAll(/^ {2}(days|month) (.+?) +(\d+) {2}[0-9a-f]{64}$/gm)];
    expect(found.map(([, kind, when, postings]) => [kind, when, postings])).toEqual([
      ["days", "2026-07-01 to 2026-07-31", "0"],
      ["month", "2026-07", "0"],
      ["days", "2026-08-01 to 2026-08-02", "0"],
    ]);
    done("office", "check", "--home", open);
  });
});

describe("office archive", () => {
  const archive = at("archive");

  it("is signed with the office's key, and verifies with the command, with sha256sum and without a line of ours", () => {
    const said = document("office", "archive", "-o", archive, "--test-keys", "--home", home);
    expect(said).toMatchObject({ folder: archive, entries: ARCHIVED_TOWN.entries, from: null });
    expect(document("office", "archive", "--verify", archive)).toMatchObject({
      verified: true,
      test_key: true,
      signed_by: said.signed_by,
    });
    writeFileSync(at("office.pem"), publicPem(testOfficeSigner().publicKey));
    expect(done("office", "archive", "--verify", archive, "--office-key", at("office.pem"))).toContain(
      "signed by the published TEST key",
    );
    const sums = spawnSync("sha256sum", ["--check", "--strict", "--quiet", "manifest.sha256"], { cwd: archive });
    expect(sums.status).toBe(0);
    const { code, said: words } = checkedFolder(archive, at("office.pem"));
    expect(words).toMatch(
      new RegExp(`^GOOD ${ARCHIVED_TOWN.entries} entries, \\d+ batches, \\d+ audit rows, \\d+ closings, signed$`),
    );
    expect(code).toBe(0);
  });

  it("holds batches that the command verifies and the office has already", () => {
    const [batch] = readdirSync(join(archive, "batches"));
    expect(done("batch", "verify", join(archive, "batches", batch!), "--home", home)).toContain("is good");
    expect(done("batch", "import", join(archive, "batches", batch!), "--home", copyOf("again"))).toContain(
      "already imported",
    );
  });

  it("without keys is unsigned and says so; of some days it verifies, too", () => {
    expect(done("office", "archive", "-o", at("unsigned"), "--home", home)).toContain("NOT signed: no office key");
    expect(checkedFolder(at("unsigned")).said).toMatch(/not signed$/);
    expect(checkedFolder(at("unsigned"), at("office.pem")).code).toBe(1);
    expect(done("office", "archive", "--from", "2026-06-16", "-o", at("late"), "--home", home)).toContain("written");
    expect(checkedFolder(at("late"))).toMatchObject({ code: 0 });
    expect(done("office", "archive", "--verify", at("late"))).toContain("is whole");
    expect(done("office", "archive", "--to", "2026-06-15", "-o", at("early"), "--home", home)).toContain("written");
    expect(checkedFolder(at("early"))).toMatchObject({ code: 0 });
  });

  it("is refused into a folder that holds something, of days that are not closed, and without a wish", () => {
    expectFailure(
      cachet("office", "archive", "-o", archive, "--home", home),
      1,
      "C-ARCHIVE-01",
      "is not an empty folder",
    );
    const future = cachet("office", "archive", "-o", at("none"), "--from", "2090-01-01", "--home", home);
    expectFailure(future, 1, "C-ARCHIVE-01", "no day of those asked for is closed");
    expectFailure(cachet("office", "archive", "--home", home), 2, "C-USAGE-01", "written or verified");
    expectFailure(cachet("office", "archive", "--verify", at("nothing")), 1, "C-FILE-01", "cannot be read");
  });

  /** Files of a kind of which there are many are tried as a sample: the command's own verifier tries each byte of all. */
  const isTried = (path: string, i: number) => !/^(closings|batches)/.test(path) || i % 4 === 0;

  /** A copy of the archive with one byte of a file changed. */
  function changed(path: string, byte: number): string {
    const copy = at("changed");
    rmSync(copy, { recursive: true, force: true });
    cpSync(archive, copy, { recursive: true });
    const bytes = readFileSync(join(copy, path));
    bytes[byte % bytes.length]! ^= 1 << (byte % 8);
    writeFileSync(join(copy, path), bytes);
    return copy;
  }

  it("with a byte changed is refused by the command and by the checker, whichever file it is in", () => {
    const files = readdirSync(archive, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(archive.length + 1));
    expect(files.length).toBeGreaterThan(30);
    for (const [i, file] of files.entries()) {
      if (!isTried(file, i)) continue;
      const { code, said } = checkedFolder(changed(file, 7_919 * (i + 1)));
      expect(said, file).toMatch(/^BAD /);
      expect(code).toBe(1);
    }
    const [batch] = readdirSync(join(archive, "batches"));
    const ended = cachet("office", "archive", "--verify", changed(`batches/${batch}`, 300));
    expectFailure(ended, 1, "C-ARCHIVE-02", `batches/${batch}`, "SHA-256");
  });

  it("with a byte changed and a new manifest is found out by the checker: by seals, chains and closings", async () => {
    const ledger = openDatabase<never>(`sqlite:${join(home, "ledger.sqlite")}`) as unknown as Parameters<
      typeof archiveOf
    >[0];
    const files = await archiveOf(ledger, { signer: null });
    await ledger.destroy();
    for (const [i, path] of [...files.keys()].entries()) {
      if (path === "archive.json" || path.startsWith("manifest.") || !isTried(path, i)) continue;
      const bytes = files.get(path)!.slice();
      bytes[(7_907 * (i + 1)) % bytes.length]! ^= 1 << (i % 8);
      const { said } = checkedFiles(withNewManifest(new Map([...files, [path, bytes]])));
      expect(said, path).toMatch(/^BAD (?!.*SHA-256)/);
    }
  });
});

describe("office backup and restore", () => {
  const file = at("town.backup");

  it("restores into an empty machine: the same head, the same balances, books that are good", () => {
    const made = document("office", "backup", "-o", file, "--home", home);
    expect(made).toMatchObject({ file, verified: true });
    expect(made.head).toBe(document("office", "check", "--home", home).head);
    const restored = document("office", "restore", file, "--home", at("machine"));
    expect(restored).toMatchObject({ head: made.head, rows: made.rows, balances: made.balances, sha256: made.sha256 });
    expect(document("office", "check", "--home", at("machine")).head).toBe(made.head);
    expect(done("office", "report", "--home", at("machine"))).toBe(done("office", "report", "--home", home));
    expect(document("office", "backup", "--verify", file)).toMatchObject({ head: made.head, verified: true });
  });

  it("is never written over a file, and never restored over a ledger", () => {
    expectFailure(cachet("office", "backup", "-o", file, "--home", home), 1, "C-BACKUP-02", "exists already");
    expectFailure(cachet("office", "restore", file, "--home", home), 1, "C-HOME-01", "already holds a ledger");
    expectFailure(cachet("office", "backup", "--home", home), 2, "C-USAGE-01");
  });

  it("that is damaged, missing or no backup leaves the machine empty; the right one goes in afterwards", () => {
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 4;
    writeFileSync(at("bad.backup"), bytes);
    const bad = cachet("office", "restore", at("bad.backup"), "--home", at("second"));
    expectFailure(bad, 1, "C-BACKUP-01", "nothing was restored");
    expectFailure(cachet("office", "backup", "--verify", at("bad.backup")), 1, "C-BACKUP-01");
    expectFailure(cachet("office", "restore", at("none.backup"), "--home", at("second")), 1, "C-FILE-01");
    copyFileSync(join(home, "ledger.sqlite"), at("database.backup"));
    const other = cachet("office", "restore", at("database.backup"), "--home", at("second"));
    expectFailure(other, 1, "C-BACKUP-01", "no backup of a ledger");
    expect(done("office", "restore", file, "--home", at("second"))).toContain("restored");
    done("office", "check", "--home", at("second"));
  });

  it("of books that are wrong is made, and says what is wrong", async () => {
    const edited = copyOf("edited-backup");
    await inLedgerOf(edited, (ledger) => rowsOf(ledger, "update terminal set merchant = 9 where number = 3"));
    const ended = cachet("office", "backup", "-o", at("edited.backup"), "--home", edited);
    expectFailure(ended, 1, "C-LEDGER-01", "terminal number 3: merchant is 9", "gives back these very books");
    expect(done("office", "restore", at("edited.backup"), "--home", at("evidence"))).toContain("restored");
  });
});

describe("office migrate", () => {
  const LATER = {
    ...MIGRATIONS,
    "002-notes": {
      says: "notes beside terminals",
      async up(database: Parameters<(typeof MIGRATIONS)[string]["up"]>[0]) {
        await database.schema.createTable("note").addColumn("words", "text").execute();
      },
    },
  };

  it("has nothing to do in a ledger of this cachet", () => {
    expect(done("office", "migrate", "--home", home)).toContain("nothing to do");
    expectFailure(cachet("office", "migrate", "--home", at("nowhere")), 1, "C-HOME-02");
  });

  it("says what it would do, then does it behind a backup that restores", async () => {
    const older = copyOf("older");
    const out: string[] = [];
    const console = {
      ...{ json: false, lang: "en" as const, home: older, db: null, drawsProgress: false },
      now: () => ARCHIVED_AT,
      out: (line: string) => void out.push(line),
      err: () => {},
    };
    const open = openLedger(console, undefined, LATER);
    await expect(open).rejects.toMatchObject({
      code: "C-HOME-03",
      next: [expect.anything(), expect.stringContaining("office migrate")],
    });
    await migrateLedger(console, { dryRun: true }, LATER);
    expect(out.splice(0)).toEqual(["would be done:", "002-notes  notes beside terminals"]);
    expect(readdirSync(older).filter((name) => name.endsWith(".backup"))).toEqual([]);
    await migrateLedger(console, {}, LATER);
    const backup = join(older, "before-002-notes-20260620T000000.backup");
    expect(out).toEqual(["done:", "002-notes  notes beside terminals", `backup           ${backup}`]);
    await inLedgerOfLater(older, async (ledger) => expect(await rowOf(ledger, "select * from note")).toBeNull());
    done("office", "restore", backup, "--home", at("before"));
    expect(document("office", "check", "--home", at("before")).head).toBe(
      document("office", "check", "--home", home).head,
    );
    // This cachet does not know the later schema.
    expectFailure(cachet("office", "check", "--home", older), 1, "C-HOME-03", "newer schema");
  });

  it("a making of a ledger that was cut is made again", async () => {
    const cut = at("cut");
    mkdirSync(cut);
    const database = openDatabase(`sqlite:${join(cut, "ledger.sqlite")}`);
    await database.schema.createTable("migration").addColumn("name", "text").addColumn("timestamp", "text").execute();
    await database.destroy();
    expectFailure(cachet("office", "check", "--home", cut), 1, "C-HOME-02", "holds no ledger");
    expect(done("office", "restore", at("town.backup"), "--home", cut)).toContain("restored");
  });
});

/** As `inLedgerOf`, where the schema is a later one. */
async function inLedgerOfLater(of: string, use: (ledger: Parameters<typeof rowOf>[0]) => Promise<void>): Promise<void> {
  const ledger: Parameters<typeof rowOf>[0] = openDatabase(`sqlite:${join(of, "ledger.sqlite")}`);
  await use(ledger);
  await ledger.destroy();
}
