import { toHex } from "@cachet/card-layout";
import { signerOf } from "@cachet/firmware/supervisor";
import { decodeEntry, entryHash, readBatch } from "@cachet/firmware/wire";
import { Mishaps, PowerCut } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { IntentBook } from "../../firmware/src/journal/book.ts";
import { sha256, verifyEd25519 } from "../../firmware/src/supervisor/crypto.ts";
import { JournalKeeper } from "../../firmware/src/supervisor/journal-keeper.ts";
import { type SimFile, SimStorage } from "../../terminal-sim/src/device/storage.ts";
import { intentArea, intentBody, refusalBody } from "../fixtures/journal-bodies.ts";
import { mishapsFor } from "./sweep.ts";

const TERMINAL = 42;
const signer = signerOf(new Uint8Array(32).fill(1));
const IMAGE = new Uint8Array(32).fill(0x5a);
const NOON = 1_781_517_600;
const DAY = 86_400;
const CARDS = [1, 2, 3, 4, 5];

/** A clock that a story moves. */
class StoryClock {
  utc = NOON;
  now = () => ({ utc: this.utc, offset: 120, suspect: false });
}

/** What the outside was told: every entry ever stored, dropped or not, and how far the marks went. */
interface Told {
  readonly entries: readonly Uint8Array[];
  readonly collectedTo: number;
  readonly releasedTo: number;
  /** The till's last number, and the sequence of each card. */
  readonly visit: number;
  readonly sequences: ReadonlyMap<number, number>;
}
/** What lies in the journal's file, and in that of its checkpoint. */
interface Flash {
  readonly journal: Uint8Array;
  readonly checkpoint: Uint8Array;
}
const EMPTY: Flash = { journal: new Uint8Array(), checkpoint: new Uint8Array() };
const NOTHING: Told = { entries: [], collectedTo: 0, releasedTo: 0, visit: 0, sequences: new Map() };

/** A keeper over a file that can be cut, and what was told of it. */
class Desk {
  readonly clock = new StoryClock();
  readonly file: SimFile;
  readonly checkpointFile: SimFile;
  mishaps = new Mishaps();
  keeper!: JournalKeeper;
  told: Told;
  private readonly capacity: number;

  constructor(capacity: number, { journal, checkpoint }: Flash = EMPTY, told = NOTHING) {
    this.capacity = capacity;
    this.told = told;
    const storage = new SimStorage(() => this.mishaps, { journal, checkpoint });
    this.file = storage.file("journal");
    this.checkpointFile = storage.file("checkpoint");
  }

  async load(): Promise<void> {
    const files = { journal: this.file, checkpoint: this.checkpointFile };
    this.keeper = await JournalKeeper.load(files, this.clock, TERMINAL, signer.publicKey, this.capacity);
  }

  /** Does something and writes down what was stored once it is told as done. */
  private async done<T>(step: Promise<T>): Promise<T> {
    const answer = await step;
    await this.takeNote();
    return answer;
  }

  /** Whatever the journal holds counts from now on as told. */
  async takeNote(): Promise<void> {
    const entries = [...this.told.entries];
    while (entries.length < this.keeper.count) entries.push(await this.keeper.entry(entries.length + 1));
    this.told = { ...this.told, entries };
  }

  powerUp(): Promise<void> {
    return this.done(this.keeper.powerUp(IMAGE));
  }

  async intend(card: number, programmes: readonly number[], topUp?: number): Promise<number> {
    const sequence = (this.told.sequences.get(card) ?? 0) + 1;
    const visit = this.told.visit + 1;
    this.told = { ...this.told, visit, sequences: new Map(this.told.sequences).set(card, sequence) };
    const areas = programmes.map((programme) => intentArea(card, programme, sequence, 20));
    const body = intentBody(card, visit, areas, topUp === undefined ? {} : { topUp });
    const number = await this.done(this.keeper.intend(body));
    if (typeof number !== "number") throw new Error(`the intent was refused: ${number}`);
    return number;
  }

  settle(intent: number, programme: number, outcome: "committed" | "aborted" = "committed"): Promise<void> {
    return this.done(this.keeper.settle(intent, programme, outcome));
  }

  async sale(card: number): Promise<void> {
    const intent = await this.intend(card, [11, 20]);
    await this.settle(intent, 11);
    await this.settle(intent, 20);
  }

  refuse(card: number): Promise<void> {
    return this.done(this.keeper.refuse(refusalBody(card)));
  }

  checkpoint(): Promise<void> {
    return this.done(this.keeper.checkpoint());
  }

  async flash(): Promise<Flash> {
    return { journal: await this.file.read(), checkpoint: await this.checkpointFile.read() };
  }

  giveBack(intent: number): Promise<void> {
    return this.done(this.keeper.giveBack(intent));
  }

  note(): Promise<void> {
    return this.done(this.keeper.noteClock({ before: NOON - 7, after: NOON, by: "office" }));
  }

  async collect(): Promise<void> {
    const { last, head } = this.keeper.status();
    expect(await this.keeper.markCollected(this.told.collectedTo + 1, last, head)).toBe("marked");
    this.told = { ...this.told, collectedTo: last };
  }

  async release(to: number): Promise<void> {
    expect(await this.keeper.release(to, entryHash(sha256, this.told.entries[to - 1]!))).toBe("marked");
    this.told = { ...this.told, releasedTo: to, collectedTo: Math.max(this.told.collectedTo, to) };
  }
}

interface Story {
  readonly name: string;
  readonly capacity: number;
  /** Uncut; null where the file was never written. */
  readonly before: ((desk: Desk) => Promise<void>) | null;
  /** Cut at each operation. */
  readonly cut: (desk: Desk) => Promise<void>;
  readonly drops: number;
  readonly checkpoints?: number;
}

/** Sales, a doubt that was settled, and a top-up that never happened; everything but the last sale is released. */
async function busyWeek(desk: Desk): Promise<void> {
  await desk.powerUp();
  const torn = await desk.intend(5, [11]);
  for (let sale = 0; sale < 8; sale += 1) await desk.sale(CARDS[sale % 3]!);
  await desk.settle(torn, 11, "aborted");
  const cash = await desk.intend(4, [33], 2_000);
  await desk.settle(cash, 33, "aborted");
  await desk.collect();
  await desk.release(desk.told.entries.length);
  await desk.sale(1);
}

async function ordinaryDay(desk: Desk): Promise<void> {
  await desk.powerUp();
  await desk.sale(2);
  await desk.refuse(3);
  await desk.note();
  const open = await desk.intend(3, [11, 20]);
  await desk.settle(open, 20);
  await desk.collect();
  await desk.release(desk.told.entries.length - 1);
  const cash = await desk.intend(4, [33], 1_000);
  await desk.settle(cash, 33, "aborted");
  await desk.giveBack(cash);
}

const STORIES: readonly Story[] = [
  { name: "a terminal's first day", capacity: 50_000, before: null, cut: ordinaryDay, drops: 0 },
  {
    name: "a full journal: young released entries make room",
    capacity: 64 + 36,
    before: busyWeek,
    cut: async (desk) => {
      await desk.sale(1);
      await desk.sale(2);
      await desk.sale(3);
      await ordinaryDay(desk);
    },
    // Each a step of seven entries: a sixteenth of the capacity.
    drops: 3,
  },
  {
    name: "a journal nearly full: what was released a month ago makes room at the start",
    capacity: 44,
    before: manyStarts,
    cut: async (desk) => {
      desk.clock.utc += 31 * DAY;
      await desk.powerUp();
      await desk.note();
      await desk.collect();
    },
    drops: 1,
  },
  {
    name: "a day with checkpoints: before it, with a doubt, and behind a drop",
    capacity: 64 + 36,
    before: async (desk) => {
      await busyWeek(desk);
      await desk.checkpoint();
    },
    cut: async (desk) => {
      await desk.sale(1);
      await desk.checkpoint();
      await desk.sale(2);
      await desk.sale(3);
      await ordinaryDay(desk);
      await desk.checkpoint();
      await desk.note();
    },
    drops: 3,
    checkpoints: 2,
  },
];

/** Entries that a small journal takes into its reserve, most of them released. */
async function manyStarts(desk: Desk): Promise<void> {
  for (let start = 0; start < 40; start += 1) await desk.powerUp();
  await desk.collect();
  await desk.release(30);
}

/** The file as a story finds it, and what was told until then. */
async function begin(story: Story): Promise<{ readonly content: Flash; readonly told: Told }> {
  const desk = new Desk(story.capacity);
  if (story.before === null) return { content: await desk.flash(), told: NOTHING };
  await desk.load();
  await story.before(desk);
  return { content: await desk.flash(), told: desk.told };
}

/** What the journal's file must hold after a cut: everything that was told, and at most what was under way. */
async function check(label: string, { keeper, told, clock }: Desk): Promise<void> {
  const { first, last, collectedTo, releasedTo, openAreas } = keeper.status();
  expect([told.entries.length, told.entries.length + 1], `${label}: entries`).toContain(last);
  for (let number = first; number <= told.entries.length; number += 1) {
    expect(toHex(await keeper.entry(number)), `${label}: entry ${number}`).toBe(toHex(told.entries[number - 1]!));
  }
  expect(first - 1, `${label}: only what is released is dropped`).toBeLessThanOrEqual(releasedTo);
  expect(releasedTo, `${label}: released`).toBeGreaterThanOrEqual(told.releasedTo);
  expect(collectedTo, `${label}: collected`).toBeGreaterThanOrEqual(Math.max(told.collectedTo, releasedTo));
  expect(collectedTo, `${label}: collected`).toBeLessThanOrEqual(last);
  const whole = new IntentBook();
  for (const stored of told.entries) whole.take(decodeEntry(stored));
  if (last > told.entries.length) whole.take(decodeEntry(await keeper.entry(last)));
  expect(openAreas, `${label}: open areas`).toBe(whole.openAreas());
  await checkCards(label, keeper, whole, clock.utc);
  if (last < first) return;
  const batch = keeper.collect(first, last, TERMINAL, signer.sign);
  if (typeof batch === "string") throw new Error(`${label}: not collected: ${batch}`);
  const reading = readBatch(batch.file, sha256, verifyEd25519, () => signer.publicKey);
  expect(reading.ok, `${label}: the chain holds`).toBe(true);
}

/** What the terminal knows of cards and visits is what its whole journal says, dropped entries included. */
async function checkCards(label: string, keeper: JournalKeeper, whole: IntentBook, utc: number): Promise<void> {
  const [known, expected]: [unknown[], unknown[]] = [[], []];
  for (const card of CARDS) {
    for (let visit = 0; visit < 16; visit += 1) {
      const { remembered, intents, due, cardOfVisit, visit: state } = await keeper.lookup(card, visit);
      known.push({ remembered, intents, due, cardOfVisit, state });
      expected.push({
        remembered: whole.statesOf(card),
        intents: whole.intentsOf(card, visit, utc),
        due: whole.due(card),
        cardOfVisit: whole.cardOfVisit(visit, utc),
        state: whole.stateOfVisit(visit, utc),
      });
      // The app reads these.
      for (const { number, ofThisVisit, outcomes } of intents) {
        if (!ofThisVisit && outcomes.every(({ outcome }) => outcome !== "open")) continue;
        const entry = decodeEntry(await keeper.entry(number));
        expect([entry.number, entry.kind], label).toEqual([number, "intent"]);
      }
    }
  }
  expect(known, `${label}: what it knows of cards`).toEqual(expected);
}

async function runCut(story: Story, content: Flash, told: Told, mishaps: Mishaps): Promise<Desk> {
  const desk = new Desk(story.capacity, content, told);
  desk.mishaps = mishaps;
  try {
    await desk.load();
    await story.cut(desk);
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  desk.mishaps = new Mishaps();
  return desk;
}

/** Loads after a cut, cutting the load itself at each of its operations too. Gives how often that was. */
async function cutLoads(story: Story, label: string, cut: Desk): Promise<number> {
  const content = await cut.flash();
  const loading = async (mishaps: Mishaps) => {
    const desk = new Desk(story.capacity, content, cut.told);
    desk.clock.utc = cut.clock.utc;
    desk.mishaps = mishaps;
    return { desk, loaded: desk.load() };
  };
  const dry = new Mishaps();
  await (await loading(dry)).loaded;
  let cuts = 0;
  for (const [operation, kind] of dry.seen.entries()) {
    for (const mishap of mishapsFor(kind)) {
      const { desk, loaded } = await loading(new Mishaps().at(operation, mishap));
      await expect(loaded, label).rejects.toBeInstanceOf(PowerCut);
      desk.mishaps = new Mishaps();
      await desk.load();
      await check(`${label}, and its load at ${kind} ${JSON.stringify(mishap)}`, desk);
      cuts += 1;
    }
  }
  return cuts;
}

describe("the journal's file cut at every operation loses nothing that was told", () => {
  it.each(STORIES)("$name", async (story) => {
    const { content, told } = await begin(story);
    const whole = new Mishaps();
    await runCut(story, content, told, whole);
    const { seen } = whole;
    const begins = content.journal.length === 0 ? 1 : 0;
    const replaced = seen.filter((kind) => kind === "file-replace").length;
    expect(replaced, "drops and checkpoints").toBe(story.drops + (story.checkpoints ?? 0) + begins);
    let cuts = 0;
    for (const [operation, kind] of seen.entries()) {
      for (const mishap of mishapsFor(kind)) {
        const label = `${kind} ${operation}, ${JSON.stringify(mishap)}`;
        const desk = await runCut(story, content, told, new Mishaps().at(operation, mishap));
        cuts += 1 + (await cutLoads(story, label, desk));
        await desk.load();
        await check(label, desk);
        // It goes on as a terminal does, and starts once more.
        await desk.takeNote();
        await desk.powerUp();
        await desk.note();
        await desk.load();
        await check(`${label}, later`, desk);
      }
    }
    console.log(`${story.name}: ${seen.length} operations, ${cuts} cuts`);
    expect(cuts).toBeGreaterThan(4 * seen.length);
  });
});
