/**
 * The journal's file holds something that no power cut leaves behind. Nothing was changed; the file must be looked at.
 * `entry` is 0 where it is the header.
 */
export class JournalDamaged extends Error {
  readonly entry: number;
  readonly offset: number;
  constructor(entry: number, offset: number, problem: string) {
    super(`journal damaged ${entry === 0 ? "in its header" : `at entry ${entry}`}, byte ${offset}: ${problem}`);
    this.name = "JournalDamaged";
    this.entry = entry;
    this.offset = offset;
  }
}

/** An append failed earlier; the journal must be loaded again. */
export class JournalFailed extends Error {
  constructor() {
    super("an earlier entry could not be stored; the journal must be loaded again");
    this.name = "JournalFailed";
  }
}
