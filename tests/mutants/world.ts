/** One small defect that could have been ours: in `file`, `from` becomes `to`. `from` stands there once. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** Days in which it can show, where the usual ones are too few. */
  readonly days?: readonly string[];
}

/** Defects that days of a world have to show, each within some seeds (`scripts/world-mutants.ts`). */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "the current slot is written over",
    file: "firmware/src/app/commit.ts",
    from: "return write.write(currentSlot(area) === 0 ? 1 : 0, sealed);",
    to: "return write.write(currentSlot(area) === 1 ? 1 : 0, sealed);",
  },
  {
    name: "the lower sequence is the current record",
    file: "card-layout/src/record/area.ts",
    from: "return a.state.sequence >= b.state.sequence",
    to: "return a.state.sequence < b.state.sequence",
  },
  {
    name: "a write behind a cut one counts once, and does not burn it",
    file: "card-layout/src/record/counter-area.ts",
    from: `  if (counter % 2 === 0) {
    const write: CommitStep = { step: "write", what: "new", slot: other, sequence: counter + 2 };
    return [count(1, counter + 1), write, count(1, counter + 2)];
  }`,
    to: `  if (counter % 2 === 0 || counter % 2 === 1) {
    const even = counter - (counter % 2);
    const write: CommitStep = { step: "write", what: "new", slot: other, sequence: even + 2 };
    return [...(counter % 2 === 0 ? [count(1, counter + 1)] : []), write, count(1, even + 2)];
  }`,
  },
  {
    name: "a visit is committed in the journal before it is on the card",
    file: "firmware/src/app/writing.ts",
    from: `    await writeRecord(hal, card, area, sealed, { role: "area", programme, generation });
    // The others first: where the power goes in between, this intent is still open and the card shows that it happened.
    await settleAfterWrite(hal, intents, intent.number, programme);
    await commit(terminal, intent, programme);`,
    to: `    await settleAfterWrite(hal, intents, intent.number, programme);
    await commit(terminal, intent, programme);
    await writeRecord(hal, card, area, sealed, { role: "area", programme, generation });`,
  },
  {
    name: "what is in doubt did not happen",
    file: "firmware/src/journal/doubt.ts",
    from: 'return believed ? "committed" : "commit-after-write";',
    to: 'return believed ? "aborted" : "commit-after-write";',
  },
  {
    name: "a seal of a card is not checked",
    file: "firmware/src/app/areas.ts",
    from: "const slot = readSlot(bytes, verdict);",
    to: "const slot = readSlot(bytes, true);",
  },
  {
    name: "the signature of a batch is not checked",
    file: "firmware/src/wire/batch.ts",
    from: "if (!verifySign1(verify, publicKey, sign1)) refuse(",
    to: "if (publicKey.length === 0) refuse(",
  },
  {
    name: "entries that are imported are taken in again",
    file: "host/src/office/import.ts",
    from: "const fresh = entries.slice(old.length)",
    to: "const fresh = entries.slice(0)",
  },
  {
    name: "a gap in a terminal's entries is passed over",
    file: "host/src/office/import.ts",
    from: 'if (seal.first > importedTo + 1) return { status: "waiting"',
    to: 'if (seal.first > importedTo + 1_000) return { status: "waiting"',
  },
  {
    name: "entries of a revoked terminal count",
    file: "host/src/office/import.ts",
    from: "const ends = Math.max(importedTo, terminal.ends ?? Number.POSITIVE_INFINITY);",
    to: "const ends = Number.POSITIVE_INFINITY;",
  },
  {
    name: "a card with two histories is not noticed",
    file: "host/src/office/forks.ts",
    from: "if (steps.length < 2 || steps.filter",
    to: "if (steps.length < 3 || steps.filter",
  },
  {
    name: "a clock that is doubted is trusted",
    file: "firmware/src/supervisor/hal-of.ts",
    from: "now: () => Promise.resolve(clock.now()),",
    to: "now: () => Promise.resolve({ ...clock.now(), suspect: false }),",
  },
  {
    name: "a visit's number names nothing",
    file: "firmware/src/journal/book.ts",
    from: "return intent !== undefined && utc - intent.utc < VISIT_NUMBER_SECONDS ? intent : null;",
    to: "return intent !== undefined && utc - intent.utc < 0 ? intent : null;",
  },
  {
    name: "a terminal's clock is believed",
    file: "host/src/office/detect/histories.ts",
    from: "if (heardAt === null || heardAt <= utc + BATCH_TRAVELS) {",
    to: "if (heardAt === null) {",
    days: ["--days", "10", "--cards", "150", "--terminals", "8"],
  },
  {
    name: "what the office sees did not happen is posted",
    file: "host/src/office/decisions.ts",
    from: 'return shownBy === undefined ? null : { area, outcome: "aborted", shownBy };',
    to: 'return shownBy === undefined ? null : { area, outcome: "committed", shownBy };',
  },
  {
    name: "the sequence of a record stays as it was",
    file: "firmware/src/app/areas.ts",
    from: 'const sequence = area.reading.kind === "current" ? area.reading.state.sequence + 1 : 1;',
    to: 'const sequence = area.reading.kind === "current" ? area.reading.state.sequence : 1;',
  },
  {
    name: "what waited for a write is not settled by it",
    file: "firmware/src/app/doubts.ts",
    from: "if (intent.number !== except && decided !== undefined) await settle(hal, intent, programme, decided);",
    to: "if (intent.number === except && decided !== undefined) await settle(hal, intent, programme, decided);",
  },
  {
    name: "stamps of a reward stay in the books",
    file: "host/src/office/ledger.ts",
    from: 'unit: "stamps", amount: taken };',
    to: 'unit: "stamps", amount: taken - 1 };',
  },
  {
    name: "what is spent goes to who gave it",
    file: "host/src/office/ledger.ts",
    from: '    case "payout":\n      return goes(ofMerchant);',
    to: '    case "payout":\n      return goes(breakageAccount(programme));',
  },
  {
    name: "a gap of a card's life is not noticed",
    file: "host/src/office/reconcile.ts",
    from: "  await openGaps(ledger, [...gaps.values()]);\n}",
    to: "}",
  },
  {
    name: "what an outcome settles is posted twice",
    file: "host/src/office/take-in.ts",
    from: 'if (outcome === "aborted" || row.outcome === outcome) continue;',
    to: 'if (outcome === "aborted") continue;',
  },
  {
    name: "the fraction of a cent that a card carries is forgotten",
    file: "firmware/src/rules/earning.ts",
    from: 'rounded(product(value, ratio(parts)), "floor") + held : rounded',
    to: 'rounded(product(value, ratio(parts)), "floor") : rounded',
  },
  {
    name: "what is earned of a fraction is rounded up",
    file: "firmware/src/rules/arithmetic.ts",
    from: `    case "floor":
      return floor;`,
    to: `    case "floor":
      return remainder > 0 ? floor + 1 : floor;`,
  },
  {
    name: "a purchase below the minimum gets its stamp",
    file: "firmware/src/rules/bar.ts",
    from: '(kind === "reaches" ? basket < amount : basket <= amount)',
    to: '(kind === "reaches" ? basket < amount - 100 : basket <= amount)',
  },
  {
    name: "the key of any terminal seals a batch",
    file: "host/src/office/terminals.ts",
    from: "  return (terminal) => keys.get(terminal) ?? null;",
    to: "  return (terminal) => keys.get((terminal % keys.size) + 1) ?? keys.get(terminal) ?? null;",
  },
  {
    name: "how far a terminal is imported is noted one entry short",
    file: "host/src/office/import.ts",
    from: "set({ imported_to: last, head })",
    to: "set({ imported_to: last - 1, head })",
  },
  {
    name: "a redemption takes a cent less from the purse than it says",
    file: "firmware/src/rules/saving.ts",
    from: "const lots = paid > 0 ? holding.take(steps * step.taken) : [];",
    to: "const lots = paid > 0 ? holding.take(steps * step.taken - 1) : [];",
  },
  {
    name: "a blocked card is served",
    file: "firmware/src/app/visit.ts",
    from: 'if (history.blocked !== null) throw new CardRefused("BLOCKED", card.number);',
    to: 'if (history.blocked === "stolen") throw new CardRefused("BLOCKED", card.number);',
  },
  {
    name: "a lost card's value waits for a stolen terminal",
    file: "host/src/office/lists/replace.ts",
    from: "held.version < version && !ended.has(held.terminal)",
    to: "held.version < version && ended.size >= 0",
  },
  {
    name: "a second refund is not seen",
    file: "host/src/office/second-refunds.ts",
    from: "const doubled = lines.filter((line) => taken.has(line));",
    to: "const doubled = lines.filter((line) => taken.has(line) && line > 99);",
  },
  {
    name: "what a refund gives back to a card is not posted",
    file: "host/src/office/ledger.ts",
    from: `    case "return":
    case "receive":
      return comes(ofMerchant);`,
    to: `    case "return":
      return null;
    case "receive":
      return comes(ofMerchant);`,
  },
  {
    name: "a seal fits every chip",
    file: "card-layout/src/seal/seal.ts",
    from: "return concat(Uint8Array.of(uid.length), uid, cardBytes(card));",
    to: "return concat(Uint8Array.of(uid.length), cardBytes(card));",
  },
];
