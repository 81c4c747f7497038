import { describe, expect, it } from "vitest";
import { earned, freshCard, HandJournal, type HandStep, spent } from "../../../tests/fixtures/hand-journal.ts";
import { newLedger, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { checkLedger } from "./check.ts";
import { decideDoubts } from "./decisions.ts";
import { importBatch } from "./import.ts";
import { outstanding } from "./ledger.ts";
import type { Ledger } from "./schema.ts";
import { enrolTerminal } from "./terminals.ts";

const AT = Date.UTC(2026, 5, 20) / 1_000;
const CARD = freshCard(77, 20);

/** The office, and two terminals that write their journals by hand. */
class Night {
  readonly first = new HandJournal(1);
  readonly second = new HandJournal(2);
  private readonly ledger: Ledger;

  private constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  static async begin(): Promise<Night> {
    const night = new Night(await newLedger());
    for (const { terminal, merchant, signer } of [night.first, night.second])
      await enrolTerminal(night.ledger, terminal, merchant, signer.publicKey, AT);
    return night;
  }

  /** A visit of the first terminal that tears: nothing says what became of it. */
  torn(from = CARD, cents = 30): HandStep {
    return this.first.intent([{ from, effects: [earned(cents)] }])[0]!;
  }

  /** Everything that a terminal has written so far comes in. */
  async comes(journal: HandJournal): Promise<void> {
    expect(await importBatch(this.ledger, { name: "b", file: journal.batch() }, AT)).toMatchObject({
      status: "accepted",
    });
  }

  async decided(): Promise<string[]> {
    const { decisions } = await decideDoubts(this.ledger, AT);
    return decisions.map(({ area, outcome }) => `${area.terminal}-${area.number} ${outcome}`);
  }

  async end() {
    const outcomes = await rowsOf(
      this.ledger,
      "select terminal, number, outcome, decided from intent_area order by terminal, number",
    );
    const acts = await rowsOf(this.ledger, "select outcome from decision order by number");
    const gaps = await rowsOf(this.ledger, "select old_terminal from gap");
    const scratch = await newLedger();
    await checkLedger(this.ledger, scratch);
    await scratch.destroy();
    const cents = await outstanding(this.ledger, "cents");
    await this.ledger.destroy();
    return {
      outcomes: outcomes.map(
        (row) => `${row.terminal}-${row.number} ${row.outcome}${row.decided === 1 ? " by the office" : ""}`,
      ),
      acts: acts.map(({ outcome }) => outcome),
      gaps: gaps.map(({ old_terminal }) => old_terminal),
      cents,
    };
  }
}

describe("an intent in doubt", () => {
  it("happened when a later visit found the card in its new state, and its terminal's word for it counts once", async () => {
    const night = await Night.begin();
    const torn = night.torn();
    night.second.visit(torn.state, spent(10));
    await night.comes(night.first);
    expect(await night.decided()).toEqual([]);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 committed"]);
    expect(await night.decided()).toEqual([]);
    night.first.commit(torn);
    await night.comes(night.first);
    expect(await night.end()).toEqual({
      outcomes: ["1-1 committed", "2-1 committed"],
      acts: ["committed"],
      gaps: [],
      cents: 20,
    });
  });

  it("happened when a visit found its state that then tore itself", async () => {
    const night = await Night.begin();
    const torn = night.torn();
    night.second.intent([{ from: torn.state, effects: [spent(10)] }]);
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 committed"]);
    expect(await night.end()).toMatchObject({ outcomes: ["1-1 committed by the office", "2-1 open"], cents: 30 });
  });

  it("did not happen when a later visit went on from the old state", async () => {
    const night = await Night.begin();
    const torn = night.torn();
    night.second.visit(CARD, earned(5));
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 aborted"]);
    night.first.abort(torn);
    await night.comes(night.first);
    expect(await night.end()).toEqual({
      outcomes: ["1-1 aborted", "2-1 committed"],
      acts: ["aborted"],
      gaps: [],
      cents: 5,
    });
  });

  it("happened, and the card was copied, when visits went on from both states", async () => {
    const night = await Night.begin();
    const torn = night.torn();
    night.second.visit(CARD, earned(5));
    night.second.visit(torn.state, spent(10));
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 committed"]);
    expect(await night.end()).toMatchObject({ cents: 25 });
  });

  it("is the newest of several that lead to one state", async () => {
    const night = await Night.begin();
    night.torn();
    night.torn();
    night.torn();
    night.second.visit(night.torn().state, spent(10));
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 aborted", "1-2 aborted", "1-3 aborted", "1-4 committed"]);
    expect(await night.end()).toMatchObject({ cents: 20 });
  });

  it("did not happen when its terminal says that an equal one did", async () => {
    const night = await Night.begin();
    const first = night.torn();
    const again = night.torn();
    night.first.commit(first);
    night.second.visit(again.state, spent(10));
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-2 aborted"]);
    expect(await night.end()).toMatchObject({ cents: 20 });
  });

  it("is what its terminal says in the end: what the office posted is taken back, and the state has nobody who wrote it", async () => {
    const night = await Night.begin();
    const torn = night.torn();
    night.second.visit(torn.state, earned(5));
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 committed"]);
    night.first.abort(torn);
    await night.comes(night.first);
    expect(await night.end()).toEqual({
      ...{ outcomes: ["1-1 aborted", "2-1 committed"], acts: ["committed", "withdrawn"] },
      ...{ gaps: [1], cents: 5 },
    });
  });

  it("happened after all when its terminal says so against the office", async () => {
    const night = await Night.begin();
    const torn = night.torn();
    night.second.visit(CARD, earned(5));
    await night.comes(night.first);
    await night.comes(night.second);
    expect(await night.decided()).toEqual(["1-1 aborted"]);
    night.first.commit(torn);
    await night.comes(night.first);
    expect(await night.end()).toMatchObject({
      outcomes: ["1-1 committed", "2-1 committed"],
      acts: ["aborted"],
      cents: 35,
    });
  });
});
