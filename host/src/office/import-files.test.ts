import { Chance } from "@cachet/terminal-sim";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AT, newLedger, rowsOf } from "../../../tests/fixtures/ledger.ts";
import { enrolTown, officeTown, shuffled } from "../../../tests/fixtures/office-town.ts";
import type { ImportOutcome } from "./batch-note.ts";
import { type Ahead, importFiles } from "./import-files.ts";
import { ReadAhead } from "./read-ahead.ts";
import { KEYS, type Ledger, TABLES } from "./schema.ts";

const TOWN = officeTown(21, { terminals: 6, cards: 20, visits: 300, batches: 40 });

/** What comes beside good files: cut, changed, from a terminal that nobody knows, none at all. */
function files() {
  const good = shuffled(TOWN.files, new Chance(3));
  const [one, two] = [good[4]!.file, good[9]!.file];
  const changed = one.slice();
  changed[Math.floor(changed.length / 2)]! ^= 1;
  return [
    ...good.slice(0, 10),
    { name: "changed", file: changed },
    { name: "cut", file: two.subarray(0, two.length - 9) },
    { name: "noise", file: Uint8Array.of(1, 2, 3) },
    { name: "stranger", file: officeTown(5, { terminals: 7, cards: 3, visits: 40, batches: 7 }).journals[6]!.batch() },
    ...good.slice(10),
  ];
}

/** Everything in a ledger, and what the import of each file said. */
async function imported(ahead: (ledger: Ledger) => Ahead | null) {
  const ledger = await newLedger();
  await enrolTown(ledger, TOWN, AT);
  const all = files();
  const told: [string, ImportOutcome][] = [];
  await importFiles(
    ledger,
    all.map(({ name, file }) => ({ name, read: () => file })),
    AT,
    (index, { outcome, waited }) => {
      told.push(
        [all[index]!.name, outcome],
        ...waited.map(({ name, outcome }): [string, ImportOutcome] => [name, outcome]),
      );
    },
    ahead(ledger),
  );
  const rows: Record<string, unknown> = {};
  for (const table of Object.keys(TABLES) as (keyof typeof TABLES)[])
    rows[table] = await rowsOf(ledger, `select * from ${table} order by ${KEYS[table].join(", ")}`);
  await ledger.destroy();
  return { told, rows };
}

/** Another reader's answers, counted. */
class Counted implements Ahead {
  readonly good: boolean[] = [];
  private readonly ahead: Ahead;
  constructor(ahead: Ahead) {
    this.ahead = ahead;
  }
  async read(file: Uint8Array) {
    const read = await this.ahead.read(file);
    this.good.push(read !== null);
    return read;
  }
}

describe("files that are read while others are written", () => {
  let ledger: Ledger;
  let thread: ReadAhead;
  beforeAll(async () => {
    ledger = await newLedger();
    await enrolTown(ledger, TOWN, AT);
    thread = new ReadAhead(ledger);
    await thread.started;
  });
  afterAll(async () => {
    await thread.end();
    await ledger.destroy();
  });

  it("come to the very same ledger, row by row, and the same is said of each", async () => {
    const counted = new Counted(thread);
    const [alone, ahead] = [await imported(() => null), await imported(() => counted)];
    expect(counted.good.filter((good) => good)).toHaveLength(TOWN.files.length);
    expect(counted.good.filter((good) => !good)).toHaveLength(4);
    expect(ahead).toEqual(alone);
    expect(new Set(alone.told.map(([, { status }]) => status))).toEqual(
      new Set(["accepted", "already-imported", "waiting", "quarantined", "still-being-written"]),
    );
  });

  it("are read here as long as the thread has not started", async () => {
    const late = new ReadAhead(ledger);
    expect(await late.read(TOWN.files[0]!.file)).toBeNull();
    await late.started;
    expect(await late.read(TOWN.files[0]!.file)).not.toBeNull();
    await late.end();
  });

  it("end with the file that cannot be read, those before it being in", async () => {
    const own = await newLedger();
    await enrolTown(own, TOWN, AT);
    const told: number[] = [];
    const [first] = TOWN.files;
    const gone = () => {
      throw new Error("gone");
    };
    const all = [
      { name: "a", read: () => first!.file },
      { name: "b", read: gone },
    ];
    await expect(importFiles(own, all, AT, (index) => void told.push(index), thread)).rejects.toThrow("gone");
    expect(told).toEqual([0]);
    await own.destroy();
  });
});
