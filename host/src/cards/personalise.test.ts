import { cardNumber, type2 } from "@cachet/card-layout";
import { Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import { personalise, type Transceive } from "./personalise.ts";
import { readCard } from "./read.ts";

const UID = Uint8Array.of(4, 1, 2, 3, 4, 5, 6);
const NEW = { uid: UID, issuer: 1, serial: 42, issued: 9_000, master: testCardKey(1, 1), generation: 1 };
const KEYS = { card: testCardKey, area: testAreaKey };
const reach =
  (chip: Type2Chip): Transceive =>
  async (command) =>
    chip.execute(command);

describe("personalising a card", () => {
  it.each(["NTAG213", "NTAG215", "NTAG216"] as const)(
    "writes an identity on a blank %s that reads back, and no area",
    async (kind) => {
      const chip = new Type2Chip(kind, UID);
      expect(await personalise(reach(chip), NEW)).toMatchObject({ result: "personalised", card: cardNumber(1, 42) });
      expect(await readCard(reach(chip), UID, KEYS)).toMatchObject({
        result: "read",
        card: cardNumber(1, 42),
        states: [],
      });
    },
  );

  it("leaves a card alone that is not blank, not ours to write, or locked", async () => {
    const used = new Type2Chip("NTAG215", UID);
    used.execute(type2.write(0x20, Uint8Array.of(1, 2, 3, 4)));
    expect(await personalise(reach(used), NEW)).toEqual({ result: "not-blank" });
    const mine = new Type2Chip("NTAG216", UID);
    await personalise(reach(mine), NEW);
    expect(await personalise(reach(mine), { ...NEW, serial: 43 })).toEqual({ result: "not-blank" });
    const deaf: Transceive = async (command) => (command[0] === 0x3a ? Uint8Array.of(0) : mine.execute(command));
    expect(await personalise(deaf, { ...NEW, serial: 43 })).toEqual({ result: "unknown-chip" });
    expect(await personalise(reach(new Type2Chip("MF0UL21", UID)), NEW)).toEqual({ result: "unknown-chip" });
    const locked = new Type2Chip("NTAG215", UID);
    locked.execute(type2.write(2, Uint8Array.of(0, 0, 0xff, 0xff)));
    expect(await personalise(reach(locked), NEW)).toEqual({ result: "not-writable" });
  });

  it("says when the card left, at each command, and never calls such a card good", async () => {
    for (let stays = 0; stays < 18; stays += 1) {
      const chip = new Type2Chip("NTAG215", UID);
      let sent = 0;
      const leaves: Transceive = async (command) => {
        sent += 1;
        return sent > stays ? "gone" : chip.execute(command);
      };
      expect(await personalise(leaves, NEW), `stays for ${stays}`).toEqual({ result: "gone" });
    }
  });

  it("reads a card of a programme whose key is not held as a good card without that programme", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    await personalise(reach(chip), NEW);
    chip.execute(type2.write(0x18, Uint8Array.of(1, 1, 0, 77)));
    const withoutKey = { ...KEYS, area: () => null };
    expect(await readCard(reach(chip), UID, withoutKey)).toMatchObject({ result: "read", states: [] });
    expect(await readCard(reach(chip), UID, KEYS)).toMatchObject({ result: "read", states: [] });
    const deaf: Transceive = async (command) => (command[1] === 0x18 ? Uint8Array.of(0) : chip.execute(command));
    expect(await readCard(deaf, UID, KEYS)).toEqual({ result: "damaged" });
  });

  it("leaves an empty NDEF message behind the identity, where phones look for one", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    await personalise(reach(chip), NEW);
    expect([...chip.dump().subarray(0x0a * 4, 0x0b * 4)]).toEqual([0x03, 0x00, 0xfe, 0x00]);
  });

  it("reads a card under another UID or with a flipped bit as none of ours", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    await personalise(reach(chip), NEW);
    expect(
      await readCard(
        reach(chip),
        UID.map((byte) => byte ^ 1),
        KEYS,
      ),
    ).toEqual({ result: "bad-seal" });
    const dump = chip.dump();
    dump[22] = dump[22]! ^ 1;
    chip.restore(dump);
    expect(await readCard(reach(chip), UID, KEYS)).toEqual({ result: "bad-seal" });
  });
});
