/** One small defect that could have been ours: in `file`, `from` becomes `to`. `from` stands there once. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Defects that days of a world have to show, each within some seeds (`scripts/world-mutants.ts`). */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "a seal of a card is not checked",
    file: "firmware/src/app/areas.ts",
    from: "const slot = readSlot(bytes, verdict);",
    to: "const slot = readSlot(bytes, true);",
  },
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
    name: "a terminal's clock is believed",
    file: "host/src/office/detect/histories.ts",
    from: "if (utc >= CLOCK_WAS_SET && isBeyond(utc) && isBeyond(await latestUpTo(ledger, found))) {",
    to: "if (utc >= CLOCK_WAS_SET && isBeyond(utc)) {",
  },
  {
    name: "what the office sees did not happen is posted",
    file: "host/src/office/decisions.ts",
    from: 'return shownBy === undefined ? null : { area, outcome: "aborted", shownBy };',
    to: 'return shownBy === undefined ? null : { area, outcome: "committed", shownBy };',
  },
];
