import { connectChip, type2 } from "@cachet/card-layout";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PcscdReaders } from "../../host/src/ports/pcsc/pcscd-socket.ts";
import { PcscliteReaders } from "../../host/src/ports/pcsc/pcsclite-binding.ts";
import { loadPcsclite } from "../../host/src/ports/pcsc/pcsclite-session.ts";
import { loadSmartcard, SmartcardReaders } from "../../host/src/ports/pcsc/smartcard-binding.ts";
import type { ReaderService } from "../../host/src/ports/pcsc/transport.ts";
import { READER_PROFILES } from "../../terminal-sim/src/device/storage-card-front.ts";
import { missingForPcscd, Pcscd, TURN_LIMIT_MS, VIRTUAL_READERS } from "../fixtures/pcscd.ts";
import { ASK_UID, type Bench, cardOn, ntag, readerContract, UID, WAIT_MS } from "../fixtures/reader-contract.ts";
import { type LaidCard, VirtualCards } from "../fixtures/virtual-cards.ts";

const BACKENDS: readonly { readonly name: string; readonly make: (() => ReaderService) | null }[] = [
  { name: "pcscd's socket", make: () => new PcscdReaders() },
  { name: "the package smartcard", make: whereLoaded(loadSmartcard(), (loaded) => new SmartcardReaders(loaded)) },
  { name: "the package pcsclite", make: whereLoaded(loadPcsclite(), (loaded) => new PcscliteReaders(loaded)) },
];

function whereLoaded<T>(loaded: T | null, make: (loaded: T) => ReaderService): (() => ReaderService) | null {
  return loaded === null ? null : () => make(loaded);
}

const missing = missingForPcscd();
let pcscd: Pcscd;
let cards: VirtualCards;
const slotOf = (reader: string): number => VIRTUAL_READERS.indexOf(reader);
const opened: ReaderService[] = [];

/** pcscd looks at a reader from time to time only, so a test begins on the reader that the last one did not use. */
let turn = 0;
const emptying = new Map<string, Promise<void>>();

async function emptied(reader: string): Promise<string> {
  await emptying.get(reader);
  return reader;
}

const benchOf = (make: () => ReaderService): Bench => ({
  async empty() {
    const [first, second] = [VIRTUAL_READERS[turn % 2]!, VIRTUAL_READERS[(turn + 1) % 2]!];
    return [await emptied(first), await emptied(second)];
  },
  emptyOne: () => emptied(VIRTUAL_READERS[turn % 2]!),
  open() {
    const service = make();
    opened.push(service);
    return service;
  },
  lay: (reader, card) => cards.lay(slotOf(reader), card),
  take: (reader) => cards.take(slotOf(reader)),
  dump: (reader) => cards.dump(slotOf(reader)),
});

/** Takes both cards away; the next test waits until pcscd has seen it, where it needs that reader. */
async function clear(): Promise<void> {
  for (const service of opened.splice(0)) await service.close();
  const service = new PcscdReaders();
  for (const name of VIRTUAL_READERS) {
    await cards.take(slotOf(name));
    const removed = async () => expect(await service.waitForRemoval(name, WAIT_MS)).toBe("removed");
    emptying.set(name, removed());
  }
  turn += 1;
}

describe.skipIf(missing !== null)(`a real pcscd${missing === null ? "" : ` (missing: ${missing})`}`, () => {
  beforeAll(async () => {
    pcscd = await Pcscd.acquire();
    cards = new VirtualCards();
  }, TURN_LIMIT_MS);
  afterAll(async () => {
    await Promise.all(emptying.values());
    await cards?.close();
    await pcscd?.release();
  });
  afterEach(clear);

  for (const { name, make } of BACKENDS)
    describe.skipIf(make === null)(`through ${name}`, () => {
      const bench = benchOf(make ?? (() => new PcscdReaders()));
      readerContract(bench);

      it.for(["SIGTERM", "SIGKILL"] as const)("survives a restart of pcscd after %s", async (signal, { skip }) => {
        skip(!pcscd.isOurs, "pcscd runs already and is not ours to stop");
        const [first, second] = await bench.empty();
        const service = bench.open();
        await bench.lay(first, ntag());
        const card = await cardOn(service, first);
        const waits = Promise.all([service.waitForCard(second, WAIT_MS), service.waitForRemoval(first, WAIT_MS)]);
        await pcscd.stop(signal);
        expect(await waits).toEqual(["service-gone", "service-gone"]);
        expect(["gone", "unknown"]).toContain(await card.transmit(ASK_UID));
        expect(await service.readers()).toBe("service-absent");
        expect(await service.waitForCard(first, WAIT_MS)).toBe("service-gone");
        expect(await service.waitForRemoval(first, WAIT_MS)).toBe("service-gone");
        await pcscd.start();
        expect(await (await cardOn(service, first)).transmit(ASK_UID)).toHaveLength(9);
        expect(await card.transmit(ASK_UID)).toBe("gone");
      });

      it("is told that a card is in use by another program's transaction, and gets it afterwards", async () => {
        const first = await bench.emptyOne();
        await bench.lay(first, ntag());
        const theirs = new PcscdReaders();
        opened.push(theirs);
        const rival = await cardOn(theirs, first);
        expect(await rival.begin()).toBe("begun");
        const service = bench.open();
        expect(await service.waitForCard(first, WAIT_MS)).toBe("in-use");
        await rival.close();
        expect(await (await cardOn(service, first)).transmit(ASK_UID)).toHaveLength(9);
      });
    });

  describe("a chip behind it", () => {
    const bench = benchOf(() => new PcscdReaders());
    const reached = async (card: LaidCard) => {
      const reader = await bench.emptyOne();
      await bench.lay(reader, card);
      const link = await connectChip(await cardOn(bench.open(), reader));
      if (typeof link === "string") throw new Error(`expected a chip, got "${link}"`);
      return { link, dump: () => bench.dump(reader) };
    };

    it.each(READER_PROFILES)("NTAG215 on a reader of the kind %s: read, written, refused", async (profile) => {
      const { link, dump } = await reached(ntag({ profile }));
      expect(link.uid).toEqual(UID);
      const four = Uint8Array.of(1, 2, 3, 4);
      const told = await link.exchange([type2.getVersion(), type2.write(8, four), type2.fastRead(0, 0x82)]);
      expect(told.end).toBe("done");
      expect(type2.chipOf(told.answers[0]!)).toBe("NTAG215");
      expect(type2.isAck(told.answers[1])).toBe(true);
      expect(told.answers[2]).toEqual((await dump()).subarray(0, 0x83 * 4));
      expect([...told.answers[2]!.subarray(32, 36)]).toEqual([1, 2, 3, 4]);
      expect(await link.exchange([type2.read(4), type2.fastRead(0x80, 0xf0), type2.write(9, four)])).toMatchObject({
        answers: [(await dump()).slice(16, 32)],
        end: "nak",
      });
      expect((await link.exchange([type2.read(9)])).answers).toEqual([new Uint8Array(16)]);
    });

    it.each(["acs", "transparent"] as const)("MF0UL21 on a reader of the kind %s: counts", async (profile) => {
      const { link } = await reached({ chip: "MF0UL21", uid: UID, counters: [0, 0, 0xfffffe], profile });
      const told = await link.exchange([
        type2.getVersion(),
        type2.passwordAuth(Uint8Array.of(0xff, 0xff, 0xff, 0xff)),
        type2.incrementCounter(2, 1),
        type2.readCounter(2),
        type2.checkTearing(2),
      ]);
      expect(told.end).toBe("done");
      expect(type2.chipOf(told.answers[0]!)).toBe("MF0UL21");
      expect(told.answers.slice(1).map((answer) => [...answer])).toEqual([[0, 0], [0x0a], [255, 255, 255], [0xbd]]);
      // Only a reader that passes the NAK itself lets one be certain that nothing happened.
      const over = await link.exchange([type2.incrementCounter(2, 1)]);
      expect(over).toEqual({ answers: [], end: profile === "transparent" ? "nak" : "gone" });
      expect((await link.exchange([type2.readCounter(2)])).end).toBe("done");
    });

    it("MF0UL21 on a reader of the kind plain: pages only", async () => {
      const { link } = await reached({ chip: "MF0UL21", uid: UID, profile: "plain" });
      expect(link.capabilities).toEqual({ way: "pages", missing: "direct-commands", exclusive: "transaction" });
      expect(await link.exchange([type2.read(4), type2.readCounter(2)])).toMatchObject({ end: "nak" });
      expect((await link.exchange([type2.fastRead(4, 8)])).end).toBe("done");
    });

    it("a card pulled in the middle of a write is gone, and so is the next exchange", async () => {
      const { link } = await reached(ntag({ leaves: { at: 0xa2, when: "before" } }));
      const told = await link.exchange([type2.read(4), type2.write(8, Uint8Array.of(1, 1, 1, 1)), type2.read(8)]);
      expect([told.answers.length, told.end]).toEqual([1, "gone"]);
      expect(await link.exchange([type2.read(4)])).toEqual({ answers: [], end: "gone" });
    });
  });
});
