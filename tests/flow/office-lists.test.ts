import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cardNumber } from "@cachet/card-layout";
import { afterAll, describe, expect, it } from "vitest";
import { SIM_ISSUER } from "../../host/src/cli/sim-provision.ts";
import { checkLedger } from "../../host/src/office/check.ts";
import { cachetIn, doneIn } from "../fixtures/cachet.ts";
import { inLedgerOf, newLedgerFile, rowsOf } from "../fixtures/ledger.ts";
import { simFolder, startSim } from "../fixtures/sim-process.ts";

const home = mkdtempSync(join(tmpdir(), "cachet-lists-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const cachet = (...words: readonly string[]) => cachetIn(home, ...words);
const done = (...words: readonly string[]): string => doneIn(home, ...words);
const told = (...words: readonly string[]) => JSON.parse(done(...words, "--json"));

const TOWN = "20";
const [PAUL, ANNA, LOU] = [1, 2, 3].map((serial) => cardNumber(SIM_ISSUER, serial)) as [number, number, number];

/** Cents by account and holder, in the books; those at nothing are left out. */
const books = () =>
  inLedgerOf(home, async (ledger) => {
    const rows = await rowsOf(
      ledger,
      "select account, holder, sum(amount) as sum from posting where unit = 'cents' group by account, holder having sum(amount) <> 0",
    );
    return Object.fromEntries(rows.map(({ account, holder, sum }) => [`${account} ${holder}`, Number(sum)]));
  });

/** A town of one terminal, and whoever carries files between it and the office. */
class Town {
  private readonly dir: string;
  private readonly port: readonly string[];
  private round = 0;
  constructor(dir: string, serial: string) {
    this.dir = dir;
    this.port = ["--port", serial, "--test-keys"];
  }

  do(...words: readonly string[]): string {
    return done("sim", "do", ...words, "--dir", this.dir);
  }

  provision(): void {
    const [request, made] = [join(home, "request"), join(home, "made.provision")];
    done("terminal", "provision", "--request", request, ...this.port.slice(0, 2));
    const facts = ["--terminal", "1", "--merchant", "1", "--programme", "11", "--programme", TOWN, "--issuer", "1"];
    done("keys", "provision", request, "--test-keys", ...facts, "-o", made);
    done("terminal", "provision", made, ...this.port.slice(0, 2));
  }

  /** What the terminal did comes to the office. */
  collect(): void {
    const folder = join(home, `in-${this.round}`);
    done("terminal", "collect", "-o", folder, ...this.port);
    done("batch", "import", ...readdirSync(folder).map((name) => join(folder, name)));
  }

  /** The night's list, brought to the terminal. */
  list(...more: readonly string[]) {
    this.round += 1;
    const folder = join(home, `out-${this.round}`);
    const made = told("office", "lists", "-o", folder, "--test-keys", ...more);
    const pushed = told("terminal", "push", folder, ...this.port);
    return { ...made, pushed: pushed.files.filter(({ taken }: { taken: boolean }) => taken) };
  }
}

describe("what the office puts on cards", () => {
  it("comes with the next list, once, and leaves it when the books have seen it; a lost card's value follows its holder", async () => {
    const dir = simFolder();
    const sim = await startSim(["--blank"], dir);
    try {
      const town = new Town(dir, sim.serials[0]!);
      town.provision();
      for (const name of ["paul", "anna", "lou"]) town.do("card", name);
      town.do("tap", "paul", "sale", "100.00");
      town.do("tap", "anna", "sale", "100.00");
      const [, ticket] = /ticket (\d+)/.exec(town.do("tap", "anna", "give", TOWN, "cagnotte", "200"))!;
      const given = `T-0001-${ticket}`;
      town.collect();
      expect(await books()).toEqual({ [`card ${PAUL}`]: 500, [`card ${ANNA}`]: 300, "merchant 1": -800 });

      // A web order, what left another card here, and nothing of it twice.
      const order = ["--programme", TOWN, "--cagnotte", "50.00", "--source", "order 88", "--merchant", "2"];
      done("office", "credit", String(PAUL), ...order);
      expect(cachet("office", "credit", String(LOU), ...order)).toMatchObject({ code: 1 });
      done("office", "credit", String(PAUL), "--ticket", given);
      expect(cachet("office", "credit", String(LOU), "--ticket", given).err).toContain("C-CREDIT-01");
      const first = town.list();
      expect(first).toMatchObject({ version: 1, credits: 2, terminals: [{ terminal: "T-0001", holds: 0 }] });
      expect(first.pushed.map(({ kind }: { kind: string }) => kind)).toEqual(["receipt", "list"]);

      expect(town.do("tap", "paul", "balance")).toMatch(/Crédit\s+\+50,00/);
      expect(town.do("tap", "paul", "balance")).not.toContain("Crédit");
      town.collect();
      const second = town.list();
      expect(second).toMatchObject({ version: 2, credits: 0, passed: [{ number: 1 }, { number: 2 }] });
      expect(second.terminals).toEqual([{ terminal: "T-0001", holds: 1 }]);
      // A terminal that holds the list before gets what changed, and needs no more.
      expect(second.files.map((file: string) => file.split("/").at(-1))).toEqual([
        "list-00000002.list",
        "list-00000002-from-00000001.list",
        "T-0001.receipt",
      ]);
      expect(second.pushed.map(({ file }: { file: string }) => file.split("/").at(-1))).toEqual([
        "T-0001.receipt",
        "list-00000002-from-00000001.list",
      ]);
      expect(await books()).toEqual({
        [`card ${PAUL}`]: 5_700,
        [`card ${ANNA}`]: 300,
        "merchant 1": -1_000,
        "merchant 2": -5_000,
      });

      // Paul loses his card, and a credit is on its way to it.
      done("office", "credit", String(PAUL), "--programme", TOWN, "--cagnotte", "1.00", "--source", "geste");
      const lost = told("card", "replace", String(PAUL), "3");
      expect(lost).toMatchObject({ new: LOU, moved: false, awaited: ["T-0001"], held_cents: 5_700 });
      town.list();
      expect(cachet("sim", "do", "tap", "paul", "sale", "10.00", "--dir", dir).err).toContain("BLOCKED");
      town.collect();
      const moved = town.list();
      // The bakery's stamps, the town's cagnotte, and the credit that waited.
      expect(moved.new_credits.map(({ card, programme }: Record<string, number>) => [card, programme])).toEqual([
        [LOU, 11],
        [LOU, 20],
        [LOU, 20],
      ]);
      expect(town.do("tap", "lou", "sale", "50.00", "redeem", "max")).toContain("done");
      town.collect();
      expect(town.list()).toMatchObject({ credits: 0 });
      const held = await books();
      expect(held[`card ${PAUL}`]).toBeUndefined();
      expect(Object.keys(held).some((name) => name.startsWith("credits"))).toBe(false);
      const read = told("sim", "do", "show", "lou", "--dir", dir);
      expect(held[`card ${LOU}`]).toBe(800);
      expect(JSON.stringify(read)).toMatch(/\b(800|8[.,]00)\b/);
      const scratch = await newLedgerFile(join(home, "scratch.sqlite"));
      await inLedgerOf(home, (ledger) => checkLedger(ledger, scratch));
      await scratch.destroy();
    } finally {
      await sim.stop();
    }
    // Some forty commands, each a process of its own.
  }, 400_000);
});
