import { concat, fromHex, packState, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Clock, JOURNAL_ENTRIES_RESERVED, type StoredFile } from "../hal/index.ts";
import {
  decodeEntry,
  encodeCbor,
  entryHash,
  Intent,
  type IntentArea,
  journalRoot,
  NO_SUMS,
  Refusal,
  readBatch,
} from "../wire/index.ts";
import { sha256, signerOf, verifyEd25519 } from "./crypto.ts";
import { JournalKeeper } from "./journal-keeper.ts";

class MemoryFile implements StoredFile {
  bytes: Uint8Array;
  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.bytes = bytes;
  }
  read(): Promise<Uint8Array> {
    return Promise.resolve(this.bytes);
  }
  part(from: number, to: number): Uint8Array {
    return this.bytes.slice(from, to);
  }
  size(): number {
    return this.bytes.length;
  }
  append(bytes: Uint8Array): Promise<void> {
    this.bytes = concat(this.bytes, bytes);
    return Promise.resolve();
  }
  truncate(length: number): Promise<void> {
    this.bytes = this.bytes.slice(0, length);
    return Promise.resolve();
  }
  replace(bytes: Uint8Array): Promise<void> {
    this.bytes = bytes;
    return Promise.resolve();
  }
}

const TERMINAL = 42;
const signer = signerOf(new Uint8Array(32).fill(1));
const image = new Uint8Array(32).fill(0x5a);
const clock: Clock = { now: () => ({ utc: 1_781_517_600, offset: 120, suspect: false }) };
const load = (file: StoredFile, capacity?: number) =>
  JournalKeeper.load({ journal: file, checkpoint: new MemoryFile() }, clock, TERMINAL, signer.publicKey, capacity);

function recordOf(programme: number): Uint8Array {
  const purses = [{ kind: "cagnotte" as const, index: 0, cents: 42 }];
  const predecessor = new Uint8Array(4).fill(1);
  const header = {
    layout: 1,
    generation: 1,
    programme,
    sequence: 8,
    terminal: TERMINAL,
    day: 9_662,
    predecessor,
    credit: 0,
  };
  return packState({ ...header, purses }, 7);
}

function area(programme: number, earned = 65): IntentArea {
  return {
    programme,
    version: 1,
    area: 0,
    oldHash: new Uint8Array(32).fill(1),
    newHash: new Uint8Array(32).fill(programme),
    oldSequence: 7,
    oldTerminal: TERMINAL,
    record: recordOf(programme),
    effects: [{ type: "earn", rule: "cagnotte", unit: "cents", value: earned, funder: "merchant" }],
  };
}

const intentBody = (card: number, ...areas: IntentArea[]) =>
  encodeCbor(
    Intent.encode({
      card,
      uid: fromHex("04a1b2c3d4e5f6"),
      visit: card,
      merchant: 1,
      sale: { lines: [{ amount: 1_250, quantity: 1 }], tip: 0, payable: 1_250 },
      areas,
    }),
  );
const refusalBody = encodeCbor(Refusal.encode({ reason: "WRONG_MAC", uid: fromHex("04ffffffffffff") }));

/** What a list says of a card where there is none. */
const NOT_LISTED = { blocked: null, credits: [], revoked: [], listDays: null, writeLayout: 2, restored: [] };

async function storedEntries(keeper: JournalKeeper): Promise<Uint8Array[]> {
  return Promise.all(Array.from({ length: keeper.count }, (_, index) => keeper.entry(index + 1)));
}

/** A journal of eight entries: all kinds, two committed areas, one aborted, one open. */
async function eightEntries(file: StoredFile = new MemoryFile()): Promise<JournalKeeper> {
  const keeper = await load(file);
  await keeper.powerUp(image);
  await keeper.intend(intentBody(1, area(11, 65), area(20, 5)));
  await keeper.settle(2, 11, "committed");
  await keeper.settle(2, 20, "aborted");
  await keeper.refuse(refusalBody);
  await keeper.intend(intentBody(2, area(11, 100)));
  await keeper.settle(6, 11, "committed");
  await keeper.intend(intentBody(3, area(20)));
  return keeper;
}

describe("the journal", () => {
  it("numbers its entries without a hole and chains them from its root", async () => {
    const keeper = await eightEntries();
    let previous = journalRoot(sha256, TERMINAL, signer.publicKey);
    const stored = await storedEntries(keeper);
    for (const [index, bytes] of stored.entries()) {
      const entry = decodeEntry(bytes);
      expect(entry).toMatchObject({ number: index + 1, utc: 1_781_517_600, offset: 120 });
      expect(toHex(entry.previous), `entry ${entry.number}`).toBe(toHex(previous));
      previous = entryHash(sha256, bytes);
    }
    expect(stored.map((bytes) => decodeEntry(bytes).kind).join(" ")).toBe(
      "power-up intent commit abort refusal intent commit intent",
    );
  });

  it("has no entry 0 and none after its last", async () => {
    const keeper = await eightEntries();
    expect(() => keeper.entry(0)).toThrow(RangeError);
    expect(() => keeper.entry(9)).toThrow(RangeError);
  });

  it("stores an intent as the app wrote it and gives its number", async () => {
    const keeper = await load(new MemoryFile());
    const body = intentBody(1, area(11), area(20));
    expect(await keeper.intend(body)).toBe(1);
    const entry = decodeEntry(await keeper.entry(1));
    expect(entry.kind).toBe("intent");
    if (entry.kind === "intent") expect(encodeCbor(Intent.encode(entry.body))).toEqual(body);
  });

  it("stores nothing of a body that is no intent", async () => {
    const keeper = await load(new MemoryFile());
    await expect(keeper.intend(refusalBody)).rejects.toThrow();
    await expect(keeper.intend(Uint8Array.of(0xff))).rejects.toThrow();
    await expect(keeper.refuse(Uint8Array.of(0xa0))).rejects.toThrow();
    expect(keeper.count).toBe(0);
  });

  it("repeats the sums of an area's effects in its commit", async () => {
    const keeper = await load(new MemoryFile());
    const effects = [
      ...area(11).effects,
      { type: "reward", rule: "grille", unit: "cents", value: 340, funder: "sponsor", taken: 10 } as const,
    ];
    await keeper.intend(intentBody(1, { ...area(11), effects }));
    await keeper.settle(1, 11, "committed");
    expect(decodeEntry(await keeper.entry(2)).body).toEqual({
      intent: 1,
      programme: 11,
      sums: { ...NO_SUMS, earnedCents: 65, rewardCents: 340, stampsTaken: 10 },
    });
  });
});

describe("settling an area", () => {
  it.each(["committed", "aborted"] as const)("as %s a second time changes nothing", async (outcome) => {
    const keeper = await load(new MemoryFile());
    await keeper.intend(intentBody(1, area(11), area(20)));
    await keeper.settle(1, 11, outcome);
    await keeper.settle(1, 11, outcome);
    expect(keeper.count).toBe(2);
  });

  it.each([
    ["committed", "aborted"],
    ["aborted", "committed"],
  ] as const)("that is %s as %s throws and stores nothing", async (first, second) => {
    const keeper = await load(new MemoryFile());
    await keeper.intend(intentBody(1, area(11)));
    await keeper.settle(1, 11, first);
    await expect(keeper.settle(1, 11, second)).rejects.toThrow(`intent 1, programme 11 is ${first}, not open`);
    expect(keeper.count).toBe(2);
  });

  it("of an intent or a programme that is not there throws and stores nothing", async () => {
    const keeper = await load(new MemoryFile());
    await keeper.intend(intentBody(1, area(11)));
    await expect(keeper.settle(2, 11, "committed")).rejects.toThrow(RangeError);
    await expect(keeper.settle(1, 20, "committed")).rejects.toThrow(RangeError);
    expect(keeper.count).toBe(1);
  });

  it("shows in what the terminal knows of the card", async () => {
    const keeper = await load(new MemoryFile());
    await keeper.intend(intentBody(1, area(11), area(20)));
    await keeper.settle(1, 11, "committed");
    expect(await keeper.lookup(1, 0)).toEqual({
      ...NOT_LISTED,
      remembered: [
        { programme: 11, sequence: 8, hash: area(11).newHash },
        { programme: 20, sequence: 7, hash: area(20).oldHash },
      ],
      cardOfVisit: null,
      spentToday: [],
      due: [],
      visit: "unknown",
      intents: [
        {
          number: 1,
          ofThisVisit: false,
          outcomes: [
            { programme: 11, outcome: "committed" },
            { programme: 20, outcome: "open" },
          ],
        },
      ],
    });
    const nothing = { remembered: [], intents: [], spentToday: [], due: [] };
    const unknown = { ...NOT_LISTED, cardOfVisit: null, visit: "unknown", ...nothing };
    expect(await keeper.lookup(2, 0)).toEqual(unknown);
  });
});

describe("a journal with little room", () => {
  const capacity = JOURNAL_ENTRIES_RESERVED + 6;

  it("takes no intent whose outcome would not fit before the reserve, but every outcome of those it took", async () => {
    const keeper = await load(new MemoryFile(), capacity);
    for (const card of [1, 2, 3]) expect(await keeper.intend(intentBody(card, area(11)))).toBe(card);
    expect(await keeper.intend(intentBody(4, area(11)))).toBe("full");
    expect(keeper.count).toBe(3);
    for (const intent of [3, 1, 2]) await keeper.settle(intent, 11, intent === 2 ? "aborted" : "committed");
    expect(keeper.count).toBe(6);
    expect(await keeper.intend(intentBody(4, area(11)))).toBe("full");
  });

  it("counts every area of an intent", async () => {
    const keeper = await load(new MemoryFile(), capacity);
    const areas = [1, 2, 3, 4, 5, 6].map((programme) => area(programme));
    expect(await keeper.intend(intentBody(1, ...areas))).toBe("full");
    expect(await keeper.intend(intentBody(1, ...areas.slice(1)))).toBe(1);
    expect(await keeper.intend(intentBody(2, area(1)))).toBe("full");
  });

  it("drops refusals and keeps the supervisor's own entries", async () => {
    const keeper = await load(new MemoryFile(), JOURNAL_ENTRIES_RESERVED + 1);
    await keeper.refuse(refusalBody);
    await keeper.refuse(refusalBody);
    expect(keeper.count).toBe(1);
    await keeper.powerUp(image);
    expect(keeper.count).toBe(2);
  });

  it("is as full after a restart as before", async () => {
    const file = new MemoryFile();
    const before = await load(file, capacity);
    await before.intend(intentBody(1, area(11), area(20), area(30)));
    const after = await load(file, capacity);
    for (const keeper of [before, after]) expect(await keeper.intend(intentBody(2, area(1), area(2)))).toBe("full");
    expect(await after.intend(intentBody(2, area(1)))).toBe(2);
  });

  it("never promises more room than it has, whatever happens in whatever order", async () => {
    const action = fc.record({
      what: fc.constantFrom("intend", "commit", "abort", "refuse"),
      card: fc.integer({ min: 1, max: 4 }),
      areas: fc.integer({ min: 1, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 30 }), async (actions) => {
        const keeper = await load(new MemoryFile(), JOURNAL_ENTRIES_RESERVED + 12);
        const open: { readonly intent: number; readonly programme: number }[] = [];
        for (const { what, card, areas } of actions) {
          if (what === "refuse") await keeper.refuse(refusalBody);
          else if (what === "intend") {
            const programmes = [11, 20, 30].slice(0, areas);
            const intent = await keeper.intend(intentBody(card, ...programmes.map((programme) => area(programme))));
            if (typeof intent === "number") open.push(...programmes.map((programme) => ({ intent, programme })));
          } else {
            const settled = open.shift();
            if (settled)
              await keeper.settle(settled.intent, settled.programme, what === "commit" ? "committed" : "aborted");
          }
          expect(keeper.count + open.length).toBeLessThanOrEqual(12);
        }
      }),
    );
  });
});

describe("a journal that is loaded again", () => {
  it("goes on with the bytes it would have gone on with", async () => {
    const file = new MemoryFile();
    const before = await eightEntries(file);
    const after = await load(new MemoryFile(file.bytes.slice()));
    expect(await storedEntries(after)).toEqual(await storedEntries(before));
    for (const keeper of [before, after]) await keeper.settle(8, 20, "committed");
    expect(await after.entry(9)).toEqual(await before.entry(9));
    expect(await after.lookup(3, 0)).toEqual(await before.lookup(3, 0));
  });

  it("gives the number of an entry that a power cut tore to the next one", async () => {
    const whole = new MemoryFile();
    const keeper = await eightEntries(whole);
    const seven = whole.bytes.length - 8 - (await keeper.entry(8)).length;
    for (let length = seven; length < whole.bytes.length; length += 1) {
      const torn = await load(new MemoryFile(whole.bytes.slice(0, length)));
      expect(torn.count, `cut to ${length}`).toBe(7);
      expect(await torn.intend(intentBody(3, area(20)))).toBe(8);
      expect(await torn.entry(8)).toEqual(await keeper.entry(8));
    }
  });

  it("keeps number and chain where an append failed", async () => {
    const file = new MemoryFile();
    const keeper = await eightEntries(file);
    file.append = () => Promise.reject(new Error("power cut"));
    await expect(keeper.settle(8, 20, "committed")).rejects.toThrow("power cut");
    expect(keeper.count).toBe(8);
    expect((await keeper.lookup(3, 0)).intents[0]!.outcomes).toEqual([{ programme: 20, outcome: "open" }]);
  });
});

describe("collecting", () => {
  const read = (file: Uint8Array) => {
    const reading = readBatch(file, sha256, verifyEd25519, (terminal) =>
      terminal === TERMINAL ? signer.publicKey : null,
    );
    if (!reading.ok) throw new Error(reading.refusal.detail);
    return reading.batch;
  };
  const collect = (keeper: JournalKeeper, first: number, last: number) => {
    const batch = keeper.collect(first, last, TERMINAL, signer.sign);
    if (typeof batch === "string") throw new Error(batch);
    return batch;
  };

  it("gives a batch that can be read, named after its range, with the totals of its commits", async () => {
    const keeper = await eightEntries();
    const { name, file, first, last } = collect(keeper, 1, 8);
    expect({ name, first, last }).toEqual({ name: "T-0042-1-8.batch", first: 1, last: 8 });
    const { seal, entries } = read(file);
    expect(seal.totals).toEqual({ ...NO_SUMS, earnedCents: 165 });
    expect(seal.image).toEqual(image);
    expect(seal.previous).toEqual(journalRoot(sha256, TERMINAL, signer.publicKey));
    expect(entries.map(({ stored }) => stored)).toEqual(await storedEntries(keeper));
  });

  it("the same range gives the same bytes, also later and after a restart", async () => {
    const journal = new MemoryFile();
    const keeper = await eightEntries(journal);
    const { file } = collect(keeper, 2, 6);
    await keeper.settle(8, 20, "aborted");
    expect(collect(keeper, 2, 6).file).toEqual(file);
    expect(collect(await load(journal), 2, 6).file).toEqual(file);
    expect(keeper.count).toBe(9);
  });

  it("overlapping ranges agree on the entries they share", async () => {
    const keeper = await eightEntries();
    const [early, late] = [read(collect(keeper, 1, 5).file), read(collect(keeper, 3, 8).file)];
    expect(late.entries.slice(0, 3)).toEqual(early.entries.slice(2));
    expect(late.seal.previous).toEqual(early.entries[1]!.hash);
  });

  it("every range of the journal is a batch of its own", async () => {
    const keeper = await eightEntries();
    for (let first = 1; first <= 8; first += 1) {
      for (let last = first; last <= 8; last += 1) {
        const { seal } = read(collect(keeper, first, last).file);
        const commits = [3, 7].filter((number) => number >= first && number <= last);
        expect(seal.totals.earnedCents).toBe(commits.reduce((sum, number) => sum + (number === 3 ? 65 : 100), 0));
      }
    }
  });

  it.each([
    [0, 3, "bad-range"],
    [3, 2, "bad-range"],
    [1.5, 3, "bad-range"],
    [1, 9, "beyond-end"],
    [9, 9, "beyond-end"],
  ])("entries %d to %d is refused as %s", async (first, last, refusal) => {
    const keeper = await eightEntries();
    expect(keeper.collect(first, last, TERMINAL, signer.sign)).toBe(refusal);
  });
});

describe("a keeper that is asked for much at once, or for what cannot be kept", () => {
  it("gives every write its own number and keeps the chain", async () => {
    const file = new MemoryFile();
    const keeper = await load(file);
    const numbers = await Promise.all([1, 2, 3, 4].map((card) => keeper.intend(intentBody(card, area(11)))));
    expect(numbers).toEqual([1, 2, 3, 4]);
    const outcomes = await Promise.allSettled([keeper.settle(1, 11, "committed"), keeper.settle(1, 11, "aborted")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected"]);
    expect((await load(file)).count).toBe(5);
  });

  it("refuses an intent without areas, with one programme twice, or with a record that does not read", async () => {
    const keeper = await load(new MemoryFile());
    for (const areas of [
      [],
      [area(11), area(11)],
      [{ ...area(11), record: new Uint8Array(3) }],
      [{ ...area(11), record: recordOf(12) }],
    ]) {
      await expect(keeper.intend(intentBody(1, ...areas))).rejects.toThrow(RangeError);
    }
    expect(keeper.count).toBe(0);
  });

  it("does not load the journal of another terminal", async () => {
    const file = new MemoryFile();
    await (await load(file)).intend(intentBody(1, area(11)));
    await expect(
      JournalKeeper.load({ journal: file, checkpoint: new MemoryFile() }, clock, TERMINAL + 1, signer.publicKey),
    ).rejects.toThrow(/another terminal/);
  });
});
