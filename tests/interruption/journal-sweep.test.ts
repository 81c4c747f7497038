import { toHex } from "@cachet/card-layout";
import { signerOf } from "@cachet/firmware/supervisor";
import { decodeEntry, entryHash, readBatch } from "@cachet/firmware/wire";
import { Mishaps, PowerCut } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { IntentBook } from "../../firmware/src/journal/book.ts";
import { sha256, verifyEd25519 } from "../../firmware/src/supervisor/crypto.ts";
import { JournalKeeper } from "../../firmware/src/supervisor/journal-keeper.ts";
import { SimJournalFile } from "../../terminal-sim/src/device/flash.ts";
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
  readonly entries: Uint8Array[];
  collectedTo: number;
  releasedTo: number;
}

/** A keeper over a file that can be cut, and what was told of it. */
class Desk {
  readonly clock = new StoryClock();
  readonly told: Told;
  readonly file: SimJournalFile;
  mishaps = new Mishaps();
  keeper!: JournalKeeper;
  private readonly capacity: number;
  private visit = 0;
  private readonly sequences = new Map<number, number>();

  constructor(capacity: number, content?: Uint8Array, told: Told = { entries: [], collectedTo: 0, releasedTo: 0 }) {
    this.capacity = capacity;
    this.told = { ...told, entries: [...told.entries] };
    this.file = new SimJournalFile(() => this.mishaps, content);
  }

  async load(): Promise<void> {
    this.keeper = await JournalKeeper.load(this.file, this.clock, TERMINAL, signer.publicKey, this.capacity);
  }

  /** Does something and writes down what was stored once it is told as done. */
  private async done<T>(step: Promise<T>): Promise<T> {
    const answer = await step;
    for (let number = this.told.entries.length + 1; number <= this.keeper.count; number += 1)
      this.told.entries.push(await this.keeper.entry(number));
    return answer;
  }

  powerUp(): Promise<void> {
    return this.done(this.keeper.powerUp(IMAGE));
  }

  async intend(card: number, programmes: readonly number[], topUp?: number): Promise<number> {
    const sequence = (this.sequences.get(card) ?? 0) + 1;
    this.sequences.set(card, sequence);
    this.visit += 1;
    const areas = programmes.map((programme) => intentArea(card, programme, sequence, 20));
    const body = intentBody(card, this.visit, areas, topUp === undefined ? {} : { topUp });
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

  giveBack(intent: number): Promise<void> {
    return this.done(this.keeper.giveBack(intent));
  }

  note(): Promise<void> {
    return this.done(this.keeper.noteClock({ before: NOON - 7, after: NOON, by: "office" }));
  }

  async collect(): Promise<void> {
    const { last, head } = this.keeper.status();
    expect(await this.keeper.markCollected(this.told.collectedTo + 1, last, head)).toBe("marked");
    this.told.collectedTo = last;
  }

  async release(to: number): Promise<void> {
    expect(await this.keeper.release(to, entryHash(sha256, this.told.entries[to - 1]!))).toBe("marked");
    this.told.releasedTo = to;
    this.told.collectedTo = Math.max(this.told.collectedTo, to);
  }

  snapshot(): Told {
    return { ...this.told, entries: [...this.told.entries] };
  }
}

interface Story {
  readonly name: string;
  readonly capacity: number;
  /** Uncut. */
  readonly before: (desk: Desk) => Promise<void>;
  /** Cut at each operation. */
  readonly cut: (desk: Desk) => Promise<void>;
  readonly drops: number;
}

/** Twelve sales and a doubt that was settled; everything but the last is released. */
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
  { name: "a terminal's first day", capacity: 50_000, before: async () => {}, cut: ordinaryDay, drops: 0 },
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
    drops: 1,
  },
  {
    name: "a journal nearly full: what was released a month ago makes room at the start",
    capacity: 44,
    before: async (desk) => {
      await desk.load();
      await busyWeekInReserve(desk);
    },
    cut: async (desk) => {
      desk.clock.utc += 31 * DAY;
      await desk.powerUp();
      await desk.note();
      await desk.collect();
    },
    drops: 1,
  },
];

/** Entries that a small journal takes into its reserve, most of them released. */
async function busyWeekInReserve(desk: Desk): Promise<void> {
  for (let start = 0; start < 40; start += 1) await desk.powerUp();
  await desk.collect();
  await desk.release(30);
}

/** The desk as a story finds it. */
async function begin(story: Story): Promise<{ readonly bytes: Uint8Array; readonly told: Told; readonly desk: Desk }> {
  const desk = new Desk(story.capacity);
  await desk.load();
  await story.before(desk);
  return { bytes: await desk.file.read(), told: desk.snapshot(), desk };
}

/** Every answer of a book about the cards of the story. */
function answersOf(book: IntentBook, utc: number) {
  const visits = Array.from({ length: 40 }, (_, visit) => visit);
  return {
    open: book.openAreas(),
    cards: CARDS.map((card) => [book.statesOf(card), book.due(card), book.spentOn(card, 9_662)]),
    visits: visits.map((visit) => [book.stateOfVisit(visit, utc), book.cardOfVisit(visit, utc)]),
    intents: CARDS.flatMap((card) => visits.map((visit) => book.intentsOf(card, visit, utc))),
  };
}

/** What the journal's file must hold after a cut: everything that was told, and at most what was under way. */
async function check(label: string, desk: Desk, told: Told): Promise<void> {
  const { keeper } = desk;
  const { first, last, collectedTo, releasedTo, openAreas } = keeper.status();
  expect([told.entries.length, told.entries.length + 1], `${label}: entries`).toContain(last);
  for (let number = first; number <= told.entries.length; number += 1) {
    expect(toHex(await keeper.entry(number)), `${label}: entry ${number}`).toBe(toHex(told.entries[number - 1]!));
  }
  expect(first - 1, `${label}: only what is released is dropped`).toBeLessThanOrEqual(releasedTo);
  expect(releasedTo, `${label}: released`).toBeGreaterThanOrEqual(told.releasedTo);
  expect(collectedTo, `${label}: collected`).toBeGreaterThanOrEqual(told.collectedTo);
  expect(collectedTo, `${label}: collected`).toBeLessThanOrEqual(last);
  expect(releasedTo, `${label}: released before collected`).toBeLessThanOrEqual(collectedTo);
  const all = [...told.entries];
  if (last > all.length) all.push(await keeper.entry(last));
  const whole = new IntentBook();
  for (const stored of all) whole.take(decodeEntry(stored));
  expect(openAreas, `${label}: open areas`).toBe(whole.openAreas());
  const utc = desk.clock.now().utc;
  const lookups = [];
  const expected = [];
  for (const card of CARDS) {
    for (const visit of [0, 1, 5, 9, 12, 14]) {
      const { remembered, intents, due, cardOfVisit, visit: state } = await keeper.lookup(card, visit);
      lookups.push({ remembered, intents, due, cardOfVisit, state });
      expected.push({
        remembered: whole.statesOf(card),
        intents: whole.intentsOf(card, visit, utc),
        due: whole.due(card),
        cardOfVisit: whole.cardOfVisit(visit, utc),
        state: whole.stateOfVisit(visit, utc),
      });
    }
  }
  expect(lookups, `${label}: what it knows of cards`).toEqual(expected);
  const batch = keeper.collect(first, last, TERMINAL, signer.sign);
  if (last < first) return;
  if (typeof batch === "string") throw new Error(`${label}: not collected: ${batch}`);
  const reading = readBatch(batch.file, sha256, verifyEd25519, () => signer.publicKey);
  expect(reading.ok, `${label}: the chain holds`).toBe(true);
}

/** Goes on after a cut, as a terminal does: starts, sells, is collected. */
async function goOn(desk: Desk): Promise<void> {
  await desk.powerUp();
  await desk.note();
}

async function runCut(story: Story, bytes: Uint8Array, told: Told, begun: Desk, at: number, mishap: never) {
  const desk = new Desk(story.capacity, bytes, told);
  Object.assign(desk, { visit: Reflect.get(begun, "visit"), sequences: new Map(Reflect.get(begun, "sequences")) });
  desk.mishaps = new Mishaps().at(at, mishap);
  try {
    await desk.load();
    await story.cut(desk);
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
  }
  return desk;
}

/** Loads after a cut, cutting the load itself at each of its operations too. Gives how often that was. */
async function cutLoads(story: Story, label: string, cut: Desk): Promise<number> {
  const content = await cut.file.read();
  const dry = new Desk(story.capacity, content, cut.told);
  dry.clock.utc = cut.clock.utc;
  await dry.load();
  let cuts = 0;
  for (const [operation, kind] of dry.mishaps.seen.entries()) {
    for (const mishap of mishapsFor(kind)) {
      const again = new Desk(story.capacity, content, cut.told);
      again.clock.utc = cut.clock.utc;
      again.mishaps = new Mishaps().at(operation, mishap);
      await expect(again.load(), label).rejects.toBeInstanceOf(PowerCut);
      again.mishaps = new Mishaps();
      await again.load();
      await check(`${label}, and its load at ${kind} ${JSON.stringify(mishap)}`, again, again.told);
      cuts += 1;
    }
  }
  return cuts;
}

describe("the journal's file cut at every operation loses nothing that was told", () => {
  it.each(STORIES)("$name", async (story) => {
    const { bytes, told, desk: begun } = await begin(story);
    const whole = await runCut(story, bytes, told, begun, -1, null as never);
    const { seen } = whole.mishaps;
    expect(seen.filter((kind) => kind === "file-replace").length, "drops").toBe(
      story.drops + (bytes.length === 0 ? 1 : 0),
    );
    expect(answersOf(new IntentBook(), 0)).toBeDefined();
    let cuts = 0;
    for (const [operation, kind] of seen.entries()) {
      for (const mishap of mishapsFor(kind)) {
        const label = `${kind} ${operation}, ${JSON.stringify(mishap)}`;
        const desk = await runCut(story, bytes, told, begun, operation, mishap as never);
        cuts += 1 + (await cutLoads(story, label, desk));
        desk.mishaps = new Mishaps();
        await desk.load();
        await check(label, desk, desk.told);
        // What was under way and is there counts from now on as told.
        if (desk.keeper.count > desk.told.entries.length)
          desk.told.entries.push(await desk.keeper.entry(desk.keeper.count));
        await goOn(desk);
        await desk.load();
        await check(`${label}, later`, desk, desk.told);
      }
    }
    console.log(`${story.name}: ${seen.length} operations, ${cuts} cuts`);
    expect(cuts).toBeGreaterThan(seen.length);
  });
});
