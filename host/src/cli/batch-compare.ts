import { maskedCard, sameBytes } from "@cachet/card-layout";
import { decodeEntry, type Entry, readBatch, sumsOf, terminalName, visitKind } from "@cachet/firmware/wire";
import type { Command } from "commander";
import { selectAll } from "../office/schema.ts";
import { terminalKeys } from "../office/terminals.ts";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { batchFailure } from "./batch-text.ts";
import { type Console, tell } from "./console.ts";
import { localText } from "./dates.ts";
import { readFile } from "./files.ts";
import { withLedger } from "./home.ts";
import { money } from "./money.ts";
import { tableLines } from "./table.ts";

/** More would be no view. */
const SHOWN = 20;

/** An entry in a few words. */
function wordsOf(entry: Entry): string {
  const at = localText(entry.utc, entry.offset);
  if (entry.kind === "intent") {
    const { card, areas, sale } = entry.body;
    const total = sale.lines.reduce((sum, { amount }) => sum + amount, 0);
    const earned = areas.reduce((sum, { effects }) => sum + sumsOf(effects).earnedCents, 0);
    const spent = areas.reduce((sum, { effects }) => sum + sumsOf(effects).spentCents, 0);
    return `${at} ${visitKind(entry.body)} ${money(total, "en")}, card ${maskedCard(card)}, earned ${money(earned, "en")}, spent ${money(spent, "en")}`;
  }
  if (entry.kind === "commit" || entry.kind === "abort")
    return `${at} ${entry.kind} of ${entry.body.intent}, programme ${entry.body.programme}`;
  return `${at} ${entry.kind}`;
}

async function compare(console: Console, path: string): Promise<void> {
  const file = readFile(path);
  await withLedger(console, async (ledger) => {
    const reading = readBatch(file, sha256, verifyEd25519, await terminalKeys(ledger));
    if (!reading.ok) throw batchFailure(path, reading.refusal);
    const { seal, entries } = reading.batch;
    const keys = entries.map(({ entry }) => [seal.terminal, entry.number]);
    const rows = await selectAll(ledger, "entry", ["terminal", "number"], keys, ["number", "stored"]);
    const known = new Map(rows.map(({ number, stored }) => [number, stored]));
    const differing = entries.flatMap(({ entry, stored }) => {
      const booked = known.get(entry.number);
      if (booked === undefined || sameBytes(booked, stored)) return [];
      return [{ number: entry.number, books: wordsOf(decodeEntry(booked)), file: wordsOf(entry) }];
    });
    const title = `${terminalName(seal.terminal)}, entries ${seal.first} to ${seal.last}: ${known.size} are in the books, ${differing.length} of them with other content`;
    const shown = differing.slice(0, SHOWN);
    const lines =
      differing.length === 0
        ? [title]
        : tableLines({
            title,
            head: ["entry", "in the books", "in the file"],
            rows: shown.map(({ number, books, file }) => [String(number), books, file]),
            words: 3,
          });
    if (differing.length > SHOWN) lines.push(`  and ${differing.length - SHOWN} more; --json lists all`);
    tell(console, lines, { terminal: terminalName(seal.terminal), known: known.size, differing });
  });
}

/** Registers `batch compare`. */
export function compareCommand(batch: Command, console: () => Console): void {
  batch
    .command("compare")
    .description("show side by side the entries of a batch file that the books have with other content")
    .argument("<file>", "batch file")
    .action((path: string) => compare(console(), path));
}
