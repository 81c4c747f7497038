import {
  batchName,
  journalCollected,
  journalRelease,
  journalStatus,
  type Refused,
  readBatchReceipt,
  refused,
} from "../../wire/index.ts";
import type { Books } from "../books.ts";
import { verifyEd25519 } from "../crypto.ts";
import type { MarkOutcome } from "../journal-keeper.ts";
import { type ManagementServer, orWriteFailed } from "./server.ts";

type MarkRefusal = Refused<"no-such-range" | "other-content" | "write-failed">;

/** Null where the mark stands now. */
function markRefusal(outcome: MarkOutcome): MarkRefusal | null {
  switch (outcome) {
    case "marked":
    case "unchanged":
      return null;
    case "no-such-entry":
      return refused("no-such-range", "the journal does not reach so far");
    case "gap":
      return refused("no-such-range", "entries before the range are not collected yet");
    case "other-hash":
      return refused("other-content", "the entry has another hash: the file is of another journal");
  }
}

async function marking(mark: () => Promise<MarkOutcome>): Promise<MarkRefusal | null> {
  return orWriteFailed(async () => markRefusal(await mark()));
}

/** Group 66: how far the journal is, and how far others have it. */
export function serveJournal(server: ManagementServer, books: Books): void {
  const { journal, belonging, lists } = books;
  const { terminal } = belonging.facts;
  server.serve(journalStatus, () => {
    const { first, last, collectedTo, collectedAt, releasedTo, capacity, openAreas, isNearlyFull, head } =
      journal.status();
    const next = journal.uncollected();
    return {
      first,
      last,
      collected: collectedTo,
      released: releasedTo,
      capacity,
      open: openAreas,
      nearlyFull: isNearlyFull,
      head,
      ...(collectedAt === null ? {} : { collectedAt }),
      ...(next === null ? {} : { batch: batchName({ terminal, ...next }) }),
    };
  });
  server.serve(journalCollected, async ({ first, last, head }) => {
    const refusal = await marking(() => journal.markCollected(first, last, head));
    return refusal ?? { collected: journal.status().collectedTo };
  });
  server.serve(journalRelease, async ({ receipt }) => {
    const reading = readBatchReceipt(receipt, verifyEd25519, lists.officeKey);
    if (!reading.ok) {
      return refused(reading.reason === "forged" ? "not-signed" : "bad-format", reading.detail);
    }
    const { terminal: of, last, head } = reading.receipt;
    if (of !== terminal) return refused("other-terminal", `the receipt is for terminal ${of}`);
    const refusal = await marking(() => journal.release(last, head));
    return refusal ?? { released: journal.status().releasedTo };
  });
}
