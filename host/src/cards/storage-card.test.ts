import { type Chip, connectChip, refusedBy, type StorageCard, type2 } from "@cachet/card-layout";
import { Type2Chip } from "@cachet/terminal-sim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type FrontOptions,
  READER_PROFILES,
  StorageCardFront,
} from "../../../terminal-sim/src/device/storage-card-front.ts";
import { InProcessField, InProcessReaders } from "../ports/pcsc/in-process.ts";
import type { Transport } from "../ports/pcsc/transport.ts";

const UID = Uint8Array.of(0x04, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f, 0x60);
const READER = "left";
const FOUR = Uint8Array.of(1, 2, 3, 4);
const PASSWORD = Uint8Array.of(0xff, 0xff, 0xff, 0xff);

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (of: Uint8Array): string =>
  Buffer.from(of)
    .toString("hex")
    .toUpperCase()
    .replace(/..(?=.)/g, "$& ");

/** A transport that plays a transcript: what is sent, and what comes back. Anything else fails. */
function transcript(lines: string, atr = "3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 03 00 00 00 00 68"): Transport {
  const left = [...lines.matchAll(/=> (.*)\n\s*<= (.*)/g)].map(([, sent, answer]) => ({ sent, answer }));
  return {
    reader: READER,
    atr: bytes(atr),
    events: 1,
    exclusive: "none",
    begin: async () => "begun",
    end: async () => {},
    reconnect: async () => "present",
    close: async () => {},
    async transmit(apdu) {
      const next = left.shift();
      expect(hex(apdu)).toBe(next?.sent);
      return next?.answer === "gone" || next?.answer === "unknown" ? next.answer : bytes(next?.answer ?? "");
    },
  };
}

interface Held {
  readonly chip: Type2Chip;
  readonly card: StorageCard;
  readonly transport: Transport;
  readonly field: InProcessField;
  /** Every APDU sent, and "begin" and "end" around them. */
  readonly log: string[];
}

function recorded(transport: Transport, log: string[]): Transport {
  const noted = <T>(line: string, call: () => T): T => {
    log.push(line);
    return call();
  };
  return {
    reader: transport.reader,
    atr: transport.atr,
    events: transport.events,
    exclusive: transport.exclusive,
    begin: () => noted("begin", () => transport.begin()),
    end: () => noted("end", () => transport.end()),
    reconnect: () => noted("reconnect", () => transport.reconnect()),
    close: () => transport.close(),
    transmit: (apdu) => noted(hex(apdu), () => transport.transmit(apdu)),
  };
}

async function held(chip: Type2Chip, options: FrontOptions = {}): Promise<Held> {
  const field = new InProcessField([READER]);
  field.insert(READER, new StorageCardFront(chip, options));
  const found = await new InProcessReaders(field).waitForCard(READER, 0);
  if (typeof found === "string") throw new Error(found);
  const log: string[] = [];
  const transport = recorded(found, log);
  const card = await connectChip(transport);
  if (typeof card === "string") throw new Error(card);
  return { chip, card, transport, field, log };
}

/** A chip whose pages from `page` on need the password, to be read as well. */
function protectedFrom(chip: Chip, configPage: number, page: number): Type2Chip {
  const made = new Type2Chip(chip, UID);
  made.execute(type2.write(configPage + 1, Uint8Array.of(0x80, 5, 0, 0)));
  made.execute(type2.write(configPage, Uint8Array.of(0, 0, 0, page)));
  made.select();
  return made;
}

describe("what goes over the line", () => {
  it("on a PN53x reader: InCommunicateThru", async () => {
    const card = await connectChip(
      transcript(`
      => FF CA 00 00 00
      <= 04 1B 2C 3D 4E 5F 60 90 00
      => FF 00 00 00 03 D4 42 60
      <= D5 43 00 00 04 04 02 01 00 11 03 90 00
      => FF 00 00 00 07 D4 42 1B FF FF FF FF
      <= D5 43 00 00 00 90 00
      => FF 00 00 00 08 D4 42 A2 08 01 02 03 04
      <= D5 43 00 90 00
      => FF 00 00 00 08 D4 42 A2 09 01 02 03 04
      <= D5 43 00 0A 90 00
      => FF 00 00 00 04 D4 42 30 08
      <= D5 43 01 90 00
      => FF CA 00 00 00
      <= 04 1B 2C 3D 4E 5F 60 90 00`),
    );
    if (typeof card === "string") throw new Error(card);
    const commands = [type2.passwordAuth(PASSWORD), type2.write(8, FOUR), type2.write(9, FOUR), type2.read(8)];
    const ack = Uint8Array.of(type2.ACK);
    expect(await card.exchange(commands)).toEqual({ answers: [new Uint8Array(2), ack, ack], end: "nak" });
  });

  it("on a reader with transparent sessions", async () => {
    const card = await connectChip(
      transcript(`
      => FF CA 00 00 00
      <= 04 1B 2C 3D 4E 5F 60 90 00
      => FF 00 00 00 03 D4 42 60
      <= 6A 81
      => FF C2 00 00 02 81 00
      <= C0 03 00 90 00 90 00
      => FF C2 00 02 04 8F 02 00 03
      <= C0 03 00 90 00 90 00
      => FF C2 00 01 0A 5F 46 04 30 75 00 00 95 01 60 00
      <= C0 03 00 90 00 92 01 00 96 02 00 00 97 08 00 04 03 01 01 00 0E 03 90 00
      => FF C2 00 00 02 82 00
      <= C0 03 00 90 00 90 00
      => FF C2 00 00 02 81 00
      <= C0 03 00 90 00 90 00
      => FF C2 00 02 04 8F 02 00 03
      <= C0 03 00 90 00 90 00
      => FF C2 00 01 0F 5F 46 04 30 75 00 00 95 06 A5 02 01 00 00 00 00
      <= C0 03 00 90 00 92 01 04 96 02 00 00 97 01 0A 90 00
      => FF C2 00 01 0F 5F 46 04 30 75 00 00 95 06 A2 02 01 02 03 04 00
      <= C0 03 00 90 00 92 01 04 96 02 00 00 97 01 00 90 00
      => FF C2 00 00 02 82 00
      <= C0 03 00 90 00 90 00
      => FF CA 00 00 00
      <= 04 1B 2C 3D 4E 5F 60 90 00`),
    );
    if (typeof card === "string") throw new Error(card);
    expect(await card.exchange([type2.incrementCounter(2, 1), type2.write(2, FOUR)])).toEqual({
      answers: [Uint8Array.of(type2.ACK)],
      end: "nak",
    });
  });

  it("an answer without a status word is no answer", async () => {
    const card = await connectChip(
      transcript(`
      => FF CA 00 00 00
      <= 04 1B 2C 3D 4E 5F 60 90 00
      => FF 00 00 00 03 D4 42 60
      <= D5 43 00 00 04 04 02 01 00 11 03 90 00
      => FF 00 00 00 04 D4 42 30 08
      <= unknown
      => FF CA 00 00 00
      <= gone`),
    );
    if (typeof card === "string") throw new Error(card);
    expect(await card.exchange([type2.read(8), type2.read(9)])).toEqual({ answers: [], end: "gone" });
    expect(await card.exchange([type2.read(8)])).toEqual({ answers: [], end: "gone" });
  });

  it.each([
    ["another kind of card", "3B 81 80 01 80 80", "", "other-family"],
    ["a Classic", "3B 8F 80 01 80 4F 0C A0 00 00 03 06 03 00 01 00 00 00 00 6A", "", "other-family"],
    ["no UID", "", "=> FF CA 00 00 00\n<= 6A 81", "no-uid"],
    ["a random UID of four bytes", "", "=> FF CA 00 00 00\n<= 08 11 22 33 90 00", "no-uid"],
    ["a card that left", "", "=> FF CA 00 00 00\n<= gone", "gone"],
  ])("refuses %s", async (_, atr, lines, refusal) => {
    expect(await connectChip(transcript(lines, atr))).toBe(refusal);
  });
});

describe("a chip through each kind of reader", () => {
  it.each([
    ["acs", "in-communicate-thru", null],
    ["transparent", "transparent", null],
    ["plain", "pages", "direct-commands"],
  ] as const)("%s: finds the way %s", async (profile, way, missing) => {
    const { card, chip, log } = await held(new Type2Chip("NTAG215", UID), { profile });
    expect(card.capabilities).toEqual({ way, missing, exclusive: "connection" });
    expect(refusedBy(card.capabilities, type2.readCounter(2))).toBe(missing);
    expect(refusedBy(card.capabilities, type2.write(4, FOUR))).toBeNull();
    const told = await card.exchange([type2.getVersion(), type2.write(8, FOUR), type2.fastRead(0, 0x86)]);
    expect(type2.chipOf(told.answers[0]!)).toBe("NTAG215");
    expect(told).toEqual({ answers: [told.answers[0], Uint8Array.of(type2.ACK), chip.dump()], end: "done" });
    const outside = log.join("\n").replace(/begin\n[\s\S]*?\nend/g, "");
    expect(outside.trim()).toBe("");
  });

  it.each(READER_PROFILES)(
    "%s: reads the same bytes and refuses the same ranges as the chip itself",
    async (profile) => {
      const range = fc.tuple(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }));
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 4, max: 41 }), fc.array(range, { maxLength: 4 }), async (border, ranges) => {
          const { card } = await held(protectedFrom("MF0UL21", 0x25, border), { profile });
          for (const [first, last] of ranges) {
            const twin = protectedFrom("MF0UL21", 0x25, border);
            const wanted = twin.execute(type2.fastRead(first, last));
            const told = await card.exchange([type2.fastRead(first, last)]);
            expect(told).toEqual(
              wanted instanceof Uint8Array ? { answers: [wanted], end: "done" } : { answers: [], end: "nak" },
            );
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it.each(READER_PROFILES)("%s: is selected anew after a NAK", async (profile) => {
    const { card, log } = await held(new Type2Chip("NTAG215", UID), { profile });
    log.length = 0;
    expect(await card.exchange([type2.read(4), type2.fastRead(0x80, 0xf0), type2.read(4)])).toMatchObject({
      answers: [{ length: 16 }],
      end: "nak",
    });
    expect(log.filter((line) => line === "reconnect")).toHaveLength(1);
    expect((await card.exchange([type2.read(4)])).end).toBe("done");
  });

  it.each([
    ["acs", "gone"],
    ["transparent", "nak"],
    ["plain", "gone"],
  ] as const)("%s: a refused write ends as %s, and the card can be read", async (profile, end) => {
    const { card } = await held(new Type2Chip("MF0UL21", UID), { profile });
    expect(await card.exchange([type2.write(0, FOUR)])).toEqual({ answers: [], end });
    expect(await card.exchange([type2.fastRead(0, 1)])).toMatchObject({ end: "done" });
  });

  it.each(READER_PROFILES)("%s: a card that leaves at any command is gone, and stays gone", async (profile) => {
    const commands = [type2.read(4), type2.write(8, FOUR), type2.fastRead(4, 30), type2.write(9, FOUR)];
    for (const when of ["before", "after"] as const)
      for (let stays = 0; stays < 12; stays += 1) {
        let sent = -Infinity;
        const leaves = () => {
          sent += 1;
          return sent > stays ? when : "stays";
        };
        const { card, chip } = await held(new Type2Chip("NTAG215", UID), { profile, leaves });
        sent = 0;
        const told = await card.exchange(commands);
        const isWritten = chip.dump()[32] === 1;
        if (told.answers.length > 1) expect(isWritten, `${when} ${stays}`).toBe(true);
        if (told.end === "done") continue;
        expect(told.end, `${when} ${stays}`).toBe("gone");
        expect(await card.exchange([type2.read(4)])).toEqual({ answers: [], end: "gone" });
      }
  });

  it("a second card that the reader takes after a NAK is not taken for the first", async () => {
    const first = new Type2Chip("NTAG215", UID);
    const second = new Type2Chip(
      "NTAG215",
      UID.map((byte, i) => (i === 6 ? byte ^ 1 : byte)),
    );
    let current = first;
    const both = {
      get uid() {
        return current.uid;
      },
      select: () => current.select(),
      execute: (command: Uint8Array) => {
        const answer = current.execute(command);
        if (answer === "nak") current = second;
        return answer;
      },
    };
    const { card } = await held(both as Type2Chip);
    expect(await card.exchange([type2.fastRead(0x80, 0xf0)])).toEqual({ answers: [], end: "gone" });
    expect(await card.exchange([type2.write(8, FOUR)])).toEqual({ answers: [], end: "gone" });
    expect(second.dump()[32]).toBe(0);
  });

  it("a chip that does not know GET_VERSION is reached all the same", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    const plain = {
      uid: UID,
      select: () => chip.select(),
      execute: (command: Uint8Array) => chip.execute(command[0] === 0x60 ? Uint8Array.of(0x61) : command),
    };
    for (const profile of ["acs", "transparent"] as const) {
      const { card } = await held(plain as Type2Chip, { profile });
      expect(card.capabilities.missing).toBeNull();
      expect(await card.exchange([type2.getVersion()])).toEqual({ answers: [], end: "nak" });
      expect((await card.exchange([type2.read(4)])).end).toBe("done");
    }
  });

  it("a password opened in an exchange lasts to its end", async () => {
    for (const profile of ["acs", "transparent"] as const) {
      const { card } = await held(protectedFrom("MF0UL21", 0x25, 8), { profile });
      expect((await card.exchange([type2.fastRead(4, 12)])).end).toBe("nak");
      expect((await card.exchange([type2.passwordAuth(PASSWORD), type2.fastRead(4, 12), type2.read(8)])).end).toBe(
        "done",
      );
    }
  });

  it("commands that a plain reader does not pass never reach the chip", async () => {
    const { card, log } = await held(new Type2Chip("MF0UL21", UID), { profile: "plain" });
    for (const command of [type2.incrementCounter(2, 1), type2.passwordAuth(PASSWORD), type2.readSignature()]) {
      log.length = 0;
      expect(await card.exchange([command])).toEqual({ answers: [], end: "nak" });
      expect(log).toEqual(["begin", "end"]);
    }
    expect(await card.exchange([type2.getVersion()])).toEqual({ answers: [], end: "nak" });
  });
});
