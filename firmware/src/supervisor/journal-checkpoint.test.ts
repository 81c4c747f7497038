import { describe, expect, it } from "vitest";
import { refusalBody } from "../../../tests/fixtures/journal-bodies.ts";
import { DAY, IMAGE, JournalDesk, OTHER_IMAGE } from "../../../tests/fixtures/journal-desk.ts";
import { JOURNAL_ENTRIES_RESERVED, StorageFault } from "../hal/index.ts";
import { JournalDamaged } from "../journal/index.ts";

const CARDS = [1, 2, 3, 4, 5];

/** What a keeper says of everything. */
async function told({ keeper, clock }: JournalDesk): Promise<unknown> {
  const { first, last } = keeper.status();
  const numbers = Array.from({ length: last }, (_, i) => i + 1);
  return {
    status: keeper.status(),
    last: await keeper.lastTicket(),
    cards: await Promise.all(CARDS.flatMap((card) => [0, 1, 2].map((visit) => keeper.lookup(card, visit)))),
    tickets: await Promise.all(numbers.map((number) => keeper.ticket(number, 0))),
    entries: await Promise.all(numbers.slice(first - 1).map((number) => keeper.entry(number))),
    utc: clock.utc,
  };
}

/** Two days of sales, a doubt, a top-up's marks; the checkpoint stands before the last sales. */
async function checkpointed(later = 0): Promise<JournalDesk> {
  const desk = await JournalDesk.open();
  desk.clock.utc += later;
  await desk.keeper.powerUp(IMAGE);
  await desk.intend(5, 11, 20);
  for (let sale = 0; sale < 6; sale += 1) await desk.sale(1 + (sale % 3));
  await desk.keeper.powerUp(OTHER_IMAGE);
  await desk.release(5);
  desk.clock.utc += DAY;
  await desk.sale(2);
  for (let time = 0; time < 5; time += 1) await desk.keeper.refuse(refusalBody(4));
  await desk.keeper.checkpoint();
  await desk.sale(3);
  return desk;
}

/** Bytes of the journal that a start reads. */
async function readAtStart(desk: JournalDesk): Promise<number> {
  let bytes = 0;
  const { read, part } = desk.file;
  desk.file.read = async () => {
    bytes += desk.file.size();
    return read.call(desk.file);
  };
  desk.file.part = (from, to) => {
    bytes += Math.min(to, desk.file.size()) - from;
    return part.call(desk.file, from, to);
  };
  await desk.restart();
  Object.assign(desk.file, { read, part });
  return bytes;
}

describe("the journal's checkpoint", () => {
  it("lets a start read the entries behind it alone, and says what the whole journal says", async () => {
    const desk = await checkpointed();
    const before = await told(desk);
    const behind = await readAtStart(desk);
    expect(await told(desk)).toEqual(before);
    await desk.checkpoint.replace(new Uint8Array());
    const whole = await readAtStart(desk);
    expect(await told(desk)).toEqual(before);
    expect(whole).toBe(desk.file.size());
    expect(behind).toBeLessThan(whole / 4);
  });

  it("is as good as none where it is cut or flipped at any byte, or of another version", async () => {
    const desk = await checkpointed();
    const before = await told(desk);
    const [journal, checkpoint] = [desk.file.bytes.slice(), desk.checkpoint.bytes.slice()];
    const size = journal.length;
    for (let at = 0; at < checkpoint.length; at += 1) {
      for (const damaged of [checkpoint.slice(0, at), checkpoint.with(at, checkpoint[at]! ^ (1 << (at % 8)))]) {
        desk.checkpoint.bytes = damaged;
        expect(await readAtStart(desk), `byte ${at}`).toBeGreaterThanOrEqual(size);
        if (at % 16 === 0) expect(await told(desk), `byte ${at}`).toEqual(before);
      }
    }
    expect(desk.file.bytes).toEqual(journal);
  });

  it("is as good as none where the journal is not the one that it was written of", async () => {
    const desk = await checkpointed();
    const checkpoint = desk.checkpoint.bytes.slice();
    // Fewer entries than it says; other ones, as long; and those of a journal that was written anew.
    const whole = desk.file.bytes.slice();
    desk.file.bytes = whole.slice(0, 900);
    await desk.restart();
    const cut = await told(desk);
    desk.checkpoint.bytes = new Uint8Array();
    await desk.restart();
    expect(await told(desk)).toEqual(cut);

    // The same but for its times; nothing behind the checkpoint tells that it does not follow.
    const other = await checkpointed(1);
    const { last } = other.keeper.status();
    other.file.bytes = other.file.bytes.slice(0, other.file.bytes.length - 8 - (await other.keeper.entry(last)).length);
    other.checkpoint.bytes = new Uint8Array();
    await other.restart();
    other.file.bytes = other.file.bytes.slice(
      0,
      other.file.bytes.length - 8 - (await other.keeper.entry(last - 1)).length,
    );
    await other.restart();
    other.checkpoint.bytes = checkpoint;
    const before = await told(other);
    await other.restart();
    expect(await told(other)).toEqual(before);

    const small = await JournalDesk.open({ capacity: JOURNAL_ENTRIES_RESERVED + 16 });
    for (let sale = 0; sale < 3; sale += 1) await small.sale();
    await small.keeper.checkpoint();
    await small.releaseAll();
    await small.fill();
    expect(small.keeper.status().first).toBeGreaterThan(1);
    const dropped = await told(small);
    await small.restart();
    expect(await told(small)).toEqual(dropped);
  });

  it("hides no damage behind it, and cuts nothing off; damage before it shows when the entry is read", async () => {
    const desk = await checkpointed();
    const { length } = desk.file.bytes;
    const behind = (await JournalDesk.open()).file.bytes.length;
    const whole = desk.file.bytes.slice();
    const found = { damaged: 0, marks: 0 };
    for (let at = behind; at < length; at += 1) {
      const flipped = whole.with(at, whole[at]! ^ (1 << (at % 8)));
      const starts = async (checkpoint: Uint8Array) => {
        const one = await JournalDesk.open();
        one.file.bytes = flipped.slice();
        one.checkpoint.bytes = checkpoint;
        const outcome = await one.restart().then(
          () => one,
          (error: Error) => error.message,
        );
        return { outcome, left: one.file.bytes.length };
      };
      const [known, unknown] = [await starts(desk.checkpoint.bytes.slice()), await starts(new Uint8Array())];
      if (typeof known.outcome === "string") {
        expect(known, `byte ${at}`).toEqual(unknown);
        continue;
      }
      if (typeof unknown.outcome !== "string") {
        expect(known.left, `byte ${at}`).toBe(unknown.left);
        continue;
      }
      // Nothing of it is read at the start; whoever reads it is told.
      const { keeper } = known.outcome;
      expect(known.left, `byte ${at}`).toBe(length);
      const reads = async () => {
        for (let number = 1; number <= keeper.count; number += 1) {
          expect(await keeper.entry(number), `byte ${at}`).toEqual(await desk.keeper.entry(number));
        }
      };
      const read = await reads().catch((error: unknown) => error);
      if (read !== undefined) {
        expect(read, `byte ${at}: ${unknown.outcome}`).toBeInstanceOf(JournalDamaged);
        found.damaged += 1;
      } else found.marks += 1;
    }
    // Marks of before stand in the checkpoint.
    expect(found.marks).toBeLessThan(40);
    expect(found.damaged).toBeGreaterThan(1_000);
  });

  it("is asked for with the 256th entry behind it, and no more once it is there", async () => {
    const desk = await JournalDesk.open();
    let asked = 0;
    desk.keeper.whenCheckpointDue(() => {
      asked += 1;
    });
    for (let sale = 0; sale < 127; sale += 1) await desk.sale();
    await desk.intend(1, 11);
    expect(asked).toBe(0);
    await desk.intend(1, 11);
    expect(asked).toBe(1);
    await desk.keeper.checkpoint();
    await desk.sale();
    expect(asked).toBe(1);
    expect(desk.keeper.status()).toMatchObject({ last: 258, openAreas: 2 });
  });

  it("may be refused by the storage: what was there stays, and the journal goes on", async () => {
    const desk = await checkpointed();
    const before = desk.checkpoint.bytes.slice();
    desk.checkpoint.replace = () => Promise.reject(new StorageFault("no space left"));
    await desk.keeper.checkpoint();
    await desk.sale(1);
    expect(desk.checkpoint.bytes).toEqual(before);
    const known = await told(desk);
    await desk.restart();
    expect(await told(desk)).toEqual(known);
  });
});
