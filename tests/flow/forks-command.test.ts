import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { earned, freshCard, HandJournal, spent } from "../fixtures/hand-journal.ts";
import { AT, ageBeyond, inLedgerOf, rowsOf } from "../fixtures/ledger.ts";

const CARD = 2_800_010_000_421;
const TOWN = 20;

describe("cachet batch", () => {
  const home = mkdtempSync(join(tmpdir(), "cachet-forks-"));
  const run = (...words: readonly string[]) => cachetIn(home, ...words);
  const cachet = (...args: readonly string[]) => {
    const { out, err, code } = run(...args);
    expect(err).toBe("");
    expect(code).toBe(0);
    return out;
  };

  it("says a fork in words at the import, counts it in status, lists it in forks", async () => {
    const [shop, other] = [new HandJournal(1), new HandJournal(2, 2, Date.UTC(2026, 5, 15, 11) / 1_000)];
    const start = shop.visit(freshCard(CARD, TOWN), earned(2_000)).state;
    shop.visit(start, spent(500));
    const restored = other.visit(start, spent(1_500)).state;
    other.visit(restored, spent(300));
    await inLedgerOf(home, async (ledger) => {
      for (const { terminal, merchant, signer } of [shop, other])
        await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
    });
    const [mine, theirs] = [join(home, "mine.batch"), join(home, "theirs.batch")];
    writeFileSync(mine, shop.batch());
    writeFileSync(theirs, other.batch());
    expect(cachet("batch", "import", mine)).toBe("mine.batch  accepted: 4 entries\n");
    expect(cachet("batch", "forks")).toBe("no card has two histories\n");
    expect(cachet("batch", "status")).not.toContain("FORKS");
    const said = [
      "FORK  card …0421, programme 20: one card, two histories",
      "  T-0001-3  2026-06-15 12:03  merchant 1  spent €5.00",
      "  T-0002-1  2026-06-15 13:01  merchant 2  spent €15.00; then T-0002-3: in all spent €18.00",
    ].join("\n");
    const imported = cachet("batch", "import", theirs);
    expect(imported).toContain(`theirs.batch  accepted: 4 entries\n${said}\n`);
    expect(imported).toContain("Next: look at both tickets");
    expect(cachet("batch", "forks")).toContain(said);
    expect(cachet("batch", "status")).toContain("FORKS  1");
    const document = {
      card: CARD,
      programme: TOWN,
      old_hash: toHex(start.hash),
      first: { ticket: "T-0001-3", merchant: 1, local_time: "2026-06-15 12:03", spent_cents: 500 },
      other: {
        ticket: "T-0002-1",
        new_hash: toHex(restored.hash),
        spent_cents: 1_500,
        branch: { tickets: ["T-0002-1", "T-0002-3"], spent_cents: 1_800 },
      },
    };
    expect(JSON.parse(cachet("batch", "forks", "--json"))).toMatchObject({ forks: [document] });
    expect(JSON.parse(cachet("batch", "status", "--json"))).toMatchObject({ forks: 1 });
    const again = JSON.parse(cachet("batch", "import", theirs, "--json"));
    expect(again).toMatchObject({ status: "already-imported" });
    expect(again).not.toHaveProperty("forks");
    for (const text of [imported, cachet("batch", "forks")]) expect(text).not.toContain(String(CARD));
  });

  it("leaves a ledger of another schema alone, and a database that is none", async () => {
    const file = join(home, "ledger.sqlite");
    const expectLeft = (what: string) => {
      const before = readFileSync(file);
      const { code: status, out: stdout, err: stderr } = run("batch", "forks");
      expect([status, stdout]).toEqual([1, ""]);
      expect(stderr).toContain("C-HOME-03");
      expect(stderr).toContain(what);
      expect(readFileSync(file)).toEqual(before);
    };
    await ageBeyond(home);
    expectLeft("a newer schema than this cachet");
    mkdirSync(join(home, "unnamed"));
    await inLedgerOf(join(home, "unnamed"), (ledger) => rowsOf(ledger, "delete from migration"));
    rmSync(file);
    renameSync(join(home, "unnamed", "ledger.sqlite"), file);
    expectLeft("no schema of cachet");
    rmSync(file);
    const foreign = new DatabaseSync(file);
    foreign.exec("create table something (number integer)");
    foreign.close();
    expectLeft("no schema of cachet");
  });
});
