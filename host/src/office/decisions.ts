import { sameBytes } from "@cachet/card-layout";
import { sql } from "kysely";
import { appendAudit, queueByArrival } from "./audit.ts";
import { intentAt } from "./entries.ts";
import { type Fork, recordForks } from "./forks.ts";
import type { IntentAreaRow } from "./intents.ts";
import { type Posting, postingsOf } from "./ledger.ts";
import { insertAll, type Ledger, type LedgerTransaction } from "./schema.ts";
import { setOutcome } from "./take-in.ts";

/** What the office decided of one area that its terminal left open. */
export interface Decision {
  readonly area: IntentAreaRow;
  readonly outcome: "committed" | "aborted";
  /** The visit that shows it: it found the card in the new state, or went on from the old one. */
  readonly shownBy: Pick<IntentAreaRow, "terminal" | "number">;
}

/** Visits of the same card and programme that bear on an area: those that found it in a state, whatever became of them then. */
function visitsFrom(ledger: Ledger, { card, programme }: IntentAreaRow, hash: Uint8Array): Promise<IntentAreaRow[]> {
  return ledger
    .selectFrom("intent_area")
    .selectAll()
    .where("card", "=", card)
    .where("programme", "=", programme)
    .where("old_hash", "=", hash)
    .orderBy("terminal")
    .orderBy("number")
    .execute();
}

const isSame = (a: IntentAreaRow, b: IntentAreaRow) => a.terminal === b.terminal && a.number === b.number;

/**
 * An intent happened if any later visit found the card in its new state. Of several with one new state the newest happened (decision
 * 0002), unless its terminal said otherwise.
 */
async function committedBy(ledger: Ledger, area: IntentAreaRow): Promise<Decision | null> {
  const [shownBy] = await visitsFrom(ledger, area, area.new_hash);
  if (shownBy === undefined) return null;
  const equal = (await visitsFrom(ledger, area, area.old_hash)).filter(
    (other) => sameBytes(other.new_hash, area.new_hash) && other.outcome !== "aborted",
  );
  const settled = equal.some(({ outcome, decided }) => outcome === "committed" && decided === 0);
  const isNewest = !settled && equal.every(({ number }) => number <= area.number);
  return { area, outcome: isNewest ? "committed" : "aborted", shownBy };
}

/** An intent did not happen if another visit went on from its old state, and nobody ever saw the new one. */
async function abortedBy(ledger: Ledger, area: IntentAreaRow): Promise<Decision | null> {
  const shownBy = (await visitsFrom(ledger, area, area.old_hash)).find(
    (other) => !isSame(other, area) && other.outcome === "committed" && !sameBytes(other.new_hash, area.new_hash),
  );
  return shownBy === undefined ? null : { area, outcome: "aborted", shownBy };
}

/** The next number of what the office does itself: its postings stand under terminal 0 by it. */
export async function nextAct(ledger: LedgerTransaction): Promise<number> {
  const { rows } = await sql<{ number: number | null }>`
    select max(number) as number from (
      select max(number) as number from decision
      union all select max(number) from correction
      union all select max(number) from posting where terminal = 0
      union all select max(act) from credit
    ) as acts`.execute(ledger);
  return (rows[0]?.number ?? 0) + 1;
}

/** What an area posts as an act of the office: on the day of its visit. */
async function officePostings(ledger: LedgerTransaction, act: number, area: IntentAreaRow): Promise<Posting[]> {
  const entry = await intentAt(ledger, area.terminal, area.number);
  if (entry === null) throw new RangeError(`entry ${area.number} is no intent`);
  const ofProgramme = entry.body.areas.find(({ programme }) => programme === area.programme)!;
  return postingsOf(area.terminal, entry, entry.body, ofProgramme).map((line) => ({
    ...line,
    terminal: 0,
    number: act,
  }));
}

/** Writes one act of the office about an area, and what it posts. The area is as it was before a withdrawal. */
export async function post(
  ledger: LedgerTransaction,
  area: IntentAreaRow,
  outcome: "committed" | "aborted" | "withdrawn",
  at: number,
): Promise<void> {
  const { terminal, number: intent, programme } = area;
  const act = await nextAct(ledger);
  await ledger.insertInto("decision").values({ number: act, terminal, intent, programme, outcome, at }).execute();
  await appendAudit(ledger, { kind: "decision", at, content: [act, terminal, intent, programme, outcome] });
  if (outcome === "aborted") return;
  const lines = await officePostings(ledger, act, area);
  const sign = outcome === "withdrawn" ? -1 : 1;
  await insertAll(
    ledger,
    "posting",
    lines.map((line) => ({ ...line, amount: sign * line.amount })),
  );
}

/**
 * Takes back what the office posted for areas whose own terminal says otherwise: the terminal's word counts. `areas` as the office had
 * decided them. `at` in UTC seconds.
 */
export async function overturn(ledger: LedgerTransaction, areas: readonly IntentAreaRow[], at: number): Promise<void> {
  for (const area of areas) if (area.outcome === "committed") await post(ledger, area, "withdrawn", at);
}

/**
 * Decides every intent in doubt that later visits of its card tell about, each as an entry of the office's own: journals are never
 * edited. What nothing tells about stays open. Once all batches of a night are in: what is decided depends on what is known, not on
 * its order. `at` in UTC seconds.
 */
export function decideDoubts(
  ledger: Ledger,
  at: number,
): Promise<{ readonly decisions: readonly Decision[]; readonly forks: readonly Fork[] }> {
  return ledger.transaction().execute(async (transaction) => {
    await queueByArrival(transaction);
    const decisions: Decision[] = [];
    // First all that happened: another one did not happen because of it.
    for (const decide of [committedBy, abortedBy]) {
      const open = await transaction
        .selectFrom("intent_area")
        .selectAll()
        .where("outcome", "=", "open")
        .orderBy("terminal")
        .orderBy("number")
        .orderBy("programme")
        .execute();
      for (const area of open) {
        const decision = await decide(transaction, area);
        if (decision === null) continue;
        const { outcome } = decision;
        await setOutcome(transaction, { ...area, outcome, decided: 1 });
        await post(transaction, area, outcome, at);
        decisions.push(decision);
      }
    }
    const committed = decisions.filter(({ outcome }) => outcome === "committed");
    const links = committed.map(({ area }) => ({ card: area.card, programme: area.programme, oldHash: area.old_hash }));
    return { decisions, forks: await recordForks(transaction, links) };
  });
}
