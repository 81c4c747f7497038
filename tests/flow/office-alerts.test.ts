import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { earned, freshCard, HandJournal, spent } from "../fixtures/hand-journal.ts";
import { AT, inLedgerOf } from "../fixtures/ledger.ts";

const TOWN = 20;
const CARD = freshCard(2_800_010_000_421, TOWN);

describe("a night at the office, and the morning after", () => {
  const home = mkdtempSync(join(tmpdir(), "cachet-alerts-"));
  const run = (...words: readonly string[]) => cachetIn(home, ...words);
  const cachet = (...args: readonly string[]) => {
    const { out, err, code } = run(...args);
    expect(err).toBe("");
    expect(code).toBe(0);
    return out;
  };
  const file = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(home, name), bytes);
    return join(home, name);
  };

  it("decides doubts once all files are in, tells what is new, and lists what to look at, worst first", async () => {
    const [one, two, gone] = [new HandJournal(1), new HandJournal(2, 1), new HandJournal(3, 1)];
    await inLedgerOf(home, async (ledger) => {
      for (const { terminal, merchant, signer } of [one, two, gone])
        await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
    });
    const [doubt] = one.intent([{ from: CARD, effects: [earned(900)] }]);
    const hidden = gone.visit(doubt!.state, spent(100)).state;
    two.visit(hidden, spent(200));
    two.visit(doubt!.state, spent(300));
    const [first, second] = [file("one.batch", one.batch()), file("two.batch", two.batch())];
    expect(cachet("batch", "import", first)).toBe("one.batch  accepted: 1 entries\n");
    expect(cachet("batch", "import", second, "--no-decide")).toBe("two.batch  accepted: 4 entries\n");

    const night = cachet("batch", "import", second);
    expect(night).toContain("two.batch  already imported");
    expect(night).toContain("DECIDED  T-0001-1, programme 20, happened: T-0002-3 shows it");
    // Known before the night was over, so not told again.
    expect(night).not.toContain("STEP-BACK");

    const alerts = cachet("office", "alerts");
    const [counts, ...lines] = alerts.split("\n");
    expect(counts).toBe("1 step-back, 1 gap, 1 silent");
    expect(lines.find((line) => line.startsWith("STEP-BACK"))).toContain("Next: bar the card and ask its holder.");
    expect(alerts).toContain("card …0421  programme 20  T-0002  merchant 1  2026-06-15 10:03Z");
    expect(alerts).toContain("T-0002-1 found a record of T-0003, which has still to tell of it");
    expect(alerts).not.toContain(String(CARD.card));
    const { alerts: documents } = JSON.parse(cachet("office", "alerts", "--json", "--silent-days", "3000"));
    expect(documents.map(({ kind }: { kind: string }) => kind)).toEqual(["step-back", "gap"]);
    expect(documents[0]).toMatchObject({ card: CARD.card, programme: TOWN, terminal: 2, bars: true });

    const late = file("three.batch", gone.batch());
    const [imported, judged] = cachet("batch", "import", late, "--json").trimEnd().split("\n");
    expect(JSON.parse(imported!)).toMatchObject({ status: "accepted", forks: [{ card: CARD.card }] });
    expect(judged).toBeUndefined();
    const forked = cachet("office", "alerts", "--silent-days", "3000");
    expect(forked).toContain("1 fork\nFORK  card …0421");
    expect(forked).toContain("  Exposure: €3.00, the more that either side spent.\n");
  }, 240_000);

  it("revokes a stolen terminal, replaces another, and says so", async () => {
    const stolen = new HandJournal(5, 4);
    const spare = new HandJournal(6, 4);
    await inLedgerOf(home, async (ledger) => {
      for (const { terminal, merchant, signer } of [stolen, spare])
        await enrolTerminal(ledger, terminal, merchant, signer.publicKey, AT);
    });
    const a = stolen.visit(freshCard(9, TOWN), earned(500)).state;
    cachet("batch", "import", file("five.batch", stolen.batch()));
    const refused = (...args: readonly string[]) => {
      const { code: status, err: stderr } = run("office", "terminal", ...args);
      return `${status} ${stderr.split("\n")[0]}`;
    };
    expect(refused("revoke", "5")).toBe("1 error C-USAGE-01: which entries of it count?".replace("1", "2"));
    expect(refused("revoke", "77", "--stolen")).toBe("1 error C-OFFICE-01: the ledger knows no T-0077");
    expect(refused("replace", "5", "1")).toBe("1 error C-OFFICE-02: T-0001 is merchant 1's, not 4's");
    const said = cachet("office", "terminal", "revoke", "T-0005", "--stolen", "--offline-cap", "20");
    expect(said).toContain("T-0005 is revoked: its entries count up to 2, what comes behind is refused and kept");
    expect(said).toContain("cards it ever wrote: 1 x €20.00 = €20.00 a day at most");
    stolen.visit(a, spent(500));
    const { code: status, out: stdout } = run("batch", "import", file("late.batch", stolen.batch()));
    expect(status).toBe(1);
    expect(stdout).toContain(
      "entry 3: T-0005 is revoked; its entries count up to 2, and those are in (terminal-revoked)",
    );
    cachet("office", "terminal", "replace", "5", "6");
    const list = cachet("office", "terminal", "list");
    expect(list).toMatch(/T-0005 {4}2026-06-15 10:02Z {2}revoked, entries count up to 2, replaced by T-0006 +4 +2\n/);
    expect(list).toMatch(/T-0006 {4}never +active +4 +0\n/);
    const checked = JSON.parse(cachet("office", "alerts", "--json"));
    expect(checked.alerts.filter(({ kind }: { kind: string }) => kind === "quarantined")).toMatchObject([
      { terminal: 5, what: expect.stringContaining("late.batch: terminal-revoked") },
    ]);
  }, 240_000);
});
