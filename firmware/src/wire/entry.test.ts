import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fromHex, packState, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Cbor, CborFault, decodeCbor, encodeCbor } from "./cbor.ts";
import { addSums, centsMoved, NO_SUMS, type StoredEffect, sumsOf } from "./effect.ts";
import {
  decodeEntry,
  ENTRY_KINDS,
  type Entry,
  encodeEntry,
  entryHash,
  isFormatError,
  journalRoot,
  readTicketName,
  terminalName,
  ticketName,
} from "./entry.ts";
import { areasFault, creditNumbers, visitKind } from "./intent.ts";
import { FormatFault } from "./schema.ts";

const BYTE_FIELDS = new Set(["previous", "image", "uid", "oldHash", "newHash", "record", "from", "to", "list"]);

interface Vectors {
  readonly root: { readonly terminal: number; readonly publicKey: string; readonly hash: string };
  readonly entries: readonly { readonly entry: Entry; readonly bytes: string; readonly hash: string }[];
}

/** The golden file; byte strings stand there in hexadecimal, and sums that its first lines do not name are zero. */
const { root, entries } = JSON.parse(
  readFileSync(new URL("../../vectors/journal-1.json", import.meta.url), "utf8"),
  (key, value) => {
    if (key === "sums") return { ...NO_SUMS, ...value };
    return BYTE_FIELDS.has(key) ? fromHex(value as string) : value;
  },
) as Vectors;

const sha256 = (message: Uint8Array) => Uint8Array.from(createHash("sha256").update(message).digest());
const cases = entries.map((vector) => [vector.entry.number, vector.entry.kind, vector] as const);
const bytesOf = (kind: Entry["kind"]) => fromHex(entries.find(({ entry }) => entry.kind === kind)!.bytes);

/** A golden entry with one of its six items replaced. */
function withItem(kind: Entry["kind"], index: number, item: Cbor): Uint8Array {
  return encodeCbor((decodeCbor(bytesOf(kind)) as Cbor[]).with(index, item));
}

describe("a journal entry", () => {
  it.each(cases)("%i, a %s, is written as its golden bytes", (_, __, { entry, bytes }) => {
    expect(toHex(encodeEntry(entry))).toBe(bytes);
  });

  it.each(cases)("%i, a %s, is read from its golden bytes", (_, __, { entry, bytes, hash }) => {
    expect(decodeEntry(fromHex(bytes))).toEqual(entry);
    expect(toHex(entryHash(sha256, fromHex(bytes)))).toBe(hash);
  });

  it("has golden bytes for every kind that is written", () => {
    expect(new Set(entries.map(({ entry }) => entry.kind))).toEqual(
      new Set(Object.keys(ENTRY_KINDS).filter((kind) => kind !== "closing")),
    );
  });

  it("names the hash of the one before it, and the first one the root of the journal", () => {
    const before = [root.hash, ...entries.map(({ hash }) => hash)];
    expect(entries.map(({ entry }) => toHex(entry.previous))).toEqual(before.slice(0, -1));
  });

  it("hashes with a tag, so that no other bytes of the system have the same hash", () => {
    const stored = bytesOf("abort");
    const tagged = createHash("sha256").update("cachet/entry/1").update(stored).digest("hex");
    expect(toHex(entryHash(sha256, stored))).toBe(tagged);
    const publicKey = fromHex(root.publicKey);
    expect(toHex(journalRoot(sha256, root.terminal, publicKey))).toBe(root.hash);
    expect(toHex(journalRoot(sha256, root.terminal + 1, publicKey))).not.toBe(root.hash);
  });

  it("is refused when it is cut off anywhere or followed by a byte", () => {
    const stored = bytesOf("intent");
    for (let length = 0; length < stored.length; length += 1) {
      expect(() => decodeEntry(stored.subarray(0, length)), `cut to ${length}`).toThrow(CborFault);
    }
    expect(() => decodeEntry(Uint8Array.of(...stored, 0))).toThrow(CborFault);
  });

  it("is refused or another entry when a byte of it changes, and nothing else is ever thrown", () => {
    const stored = bytesOf("intent");
    fc.assert(
      fc.property(fc.nat(stored.length - 1), fc.integer({ min: 1, max: 255 }), (at, bits) => {
        const changed = stored.slice();
        changed[at]! ^= bits;
        try {
          expect(encodeEntry(decodeEntry(changed))).toEqual(changed);
        } catch (error) {
          if (!isFormatError(error)) throw error;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["no list", new Map(), "entry"],
    ["a list of five", [1, 6, 0, 0, new Uint8Array(32)], "entry"],
  ])("is refused as %s", (_, item, path) => {
    expect(() => decodeEntry(encodeCbor(item))).toThrow(expect.objectContaining({ path }));
  });

  it.each([
    ["number 0", 0, 0, "entry.number"],
    ["number 2^32", 0, 2 ** 32, "entry.number"],
    ["a kind that nobody knows", 1, 13, "entry.kind"],
    ["a kind that this version does not read", 1, 9, "entry.kind"],
    ["a time before 1970", 2, -1, "entry.utc"],
    ["an offset of more than a day", 3, 1_441, "entry.offset"],
    ["a previous hash of 31 bytes", 4, new Uint8Array(31), "entry.previous"],
    ["the body of another kind", 1, 3, "entry.abort.intent"],
    ["no body", 5, null, "entry.power-up"],
  ])("is refused with %s", (_, index, item, path) => {
    const bytes = withItem("power-up", index, item);
    expect(() => decodeEntry(bytes)).toThrow(FormatFault);
    expect(() => decodeEntry(bytes)).toThrow(expect.objectContaining({ path }));
  });

  it.each([0, 99])("refuses effect type %i, which nobody knows", (type) => {
    const body = (decodeCbor(bytesOf("intent")) as Cbor[])[5] as Map<number, Cbor>;
    const area = (body.get(6) as Map<number, Cbor>[])[1]!;
    (area.get(9) as Map<number, Cbor>[])[0]!.set(1, type);
    expect(() => decodeEntry(withItem("intent", 5, body))).toThrow(`unknown word ${type}`);
  });

  it.each([
    ["a start that says that the clock is not suspect", "power-up", 2, false],
    ["a start after neither a clean stop nor a cut", "power-up", 3, 3],
    ["a clock that was set by nobody", "clock-change", 3, 0],
    ["an installer's name of 61 characters", "clock-change", 4, "x".repeat(61)],
    ["an image change of no kind", "image-change", 1, 6],
    ["an image's hash of 31 bytes", "image-change", 3, new Uint8Array(31)],
    ["a list without a hash", "list-change", 1, null],
    ["a reason that is no word", "list-change", 4, 7],
    ["a terminal without a serial", "provisioned", 1, new Uint8Array(4)],
    ["a key that the format does not know", "provisioned", 4, 1],
  ] as const)("is refused with %s", (_, kind, key, item) => {
    const body = (decodeCbor(bytesOf(kind)) as Cbor[])[5] as Map<number, Cbor>;
    body.set(key, item);
    expect(() => decodeEntry(withItem(kind, 5, body))).toThrow(FormatFault);
  });

  it("names a wrong field deep in an intent", () => {
    const body = (decodeCbor(bytesOf("intent")) as Cbor[])[5] as Map<number, Cbor>;
    const area = (body.get(6) as Map<number, Cbor>[])[1]!;
    (area.get(9) as Map<number, Cbor>[])[2]!.set(5, 5);
    expect(() => decodeEntry(withItem("intent", 5, body))).toThrow(
      "entry.intent.areas[1].effects[2].funder: unknown word 5",
    );
  });

  it("is not written with a value that it would not read", () => {
    const entry = entries[0]!.entry;
    for (const wrong of [
      { number: 0 },
      { number: 1.5 },
      { offset: -1_441 },
      { utc: -1 },
      { previous: new Uint8Array(8) },
    ]) {
      expect(() => encodeEntry({ ...entry, ...wrong } as Entry), JSON.stringify(wrong)).toThrow(RangeError);
    }
  });

  it("keeps the redeem request: so many cents, as much as possible, or none", () => {
    const intent = entries.find(({ entry }) => entry.kind === "intent")!.entry as Entry & { kind: "intent" };
    for (const redeem of [0, 250, "max"] as const) {
      const asked = { ...intent, body: { ...intent.body, sale: { ...intent.body.sale, redeem } } };
      expect(decodeEntry(encodeEntry(asked))).toEqual(asked);
    }
    const { redeem: _, ...sale } = intent.body.sale;
    const silent = { ...intent, body: { ...intent.body, sale } };
    expect(decodeEntry(encodeEntry(silent))).toEqual(silent);
  });

  it("tells a sale, a top-up and a null visit apart", () => {
    const kinds = entries.flatMap(({ entry }) => (entry.kind === "intent" ? [visitKind(entry.body)] : []));
    expect(kinds).toEqual(["sale", "top-up", "sale", "sale", "null", "null", "null"]);
  });

  it("puts no cash on a card that is no cash, and names no card beyond the largest", () => {
    const intent = entries.find(({ entry }) => entry.kind === "intent")!.entry as Entry & { kind: "intent" };
    for (const wrong of [{ topUp: 0 }, { topUp: -1 }, { topUp: 1_000_000_001 }, { card: 2 ** 49 }]) {
      expect(() => encodeEntry({ ...intent, body: { ...intent.body, ...wrong } }), JSON.stringify(wrong)).toThrow(
        RangeError,
      );
    }
  });
});

describe("sums", () => {
  const effect = (type: StoredEffect["type"], value: number, more: Partial<StoredEffect> = {}): StoredEffect => ({
    type,
    rule: "r",
    unit: type === "stamp" || type === "decline" ? "stamps" : "cents",
    value,
    funder: "merchant",
    ...more,
  });

  it("count each type of effect by itself, and stamps taken wherever they stand", () => {
    const effects = [
      effect("earn", 10),
      effect("earn", 5, { wouldBe: 80, reason: "limit" }),
      effect("redeem", 200),
      effect("discount", 30),
      effect("reward", 340, { taken: 10 }),
      effect("stamp", 2),
      effect("stamp", 1),
      effect("decline", 7),
      effect("topup", 2_000),
      effect("topup", 1),
      effect("credit", 500, { credit: 4 }),
      effect("credit", 3, { credit: 5, unit: "stamps" }),
      effect("adopt", 0, { credit: 6 }),
      effect("earn", 40, { unit: "points" }),
      effect("redeem", 30, { unit: "points", cents: 25 }),
      effect("return", 60),
      effect("return", 4, { unit: "stamps" }),
      effect("receive", 2),
      effect("clawback", 7),
      effect("clawback", 6, { unit: "stamps" }),
      effect("clawback", 9, { unit: "points" }),
      effect("give", 1),
      effect("forfeit", 3),
      effect("expire", 11),
    ];
    expect(sumsOf(effects)).toEqual({
      earnedCents: 15,
      spentCents: 200 + 25,
      discountCents: 30,
      rewardCents: 340,
      stampsAdded: 3 + 4,
      stampsTaken: 10 + 6,
      toppedUpCents: 2_001,
      creditedCents: 500,
      creditedStamps: 3,
      pointsAdded: 40,
      pointsTaken: 30 + 9,
      returnedCents: 62,
      takenBackCents: 11,
      expiredCents: 11,
    });
    expect(centsMoved(effects)).toBe(10 + 5 + 2_001 - 200 + 500 + 62 - 11 - 11);
    expect(sumsOf([])).toEqual(NO_SUMS);
  });

  it("of two halves add up to the sums of the whole", () => {
    const types = fc.constantFrom("discount", "redeem", "earn", "stamp", "reward", "decline", "topup", "credit");
    const effects = fc.array(
      fc.tuple(types, fc.nat(100_000), fc.nat(20)).map(([type, value, taken]) => effect(type, value, { taken })),
    );
    fc.assert(
      fc.property(effects, effects, (a, b) => {
        const whole = sumsOf([...a, ...b]);
        expect(addSums(sumsOf(a), sumsOf(b))).toEqual(whole);
        const gained = whole.earnedCents + whole.toppedUpCents + whole.creditedCents;
        expect(centsMoved(a) + centsMoved(b)).toBe(gained - whole.spentCents);
      }),
    );
  });
});

describe("credits among effects", () => {
  const credit = (number: number, value = 0): StoredEffect => ({
    type: "credit",
    rule: "",
    unit: "cents",
    value,
    funder: "association",
    credit: number,
  });
  const earn: StoredEffect = { type: "earn", rule: "r", unit: "cents", value: 1, funder: "merchant" };

  it("are named in the order of their numbers, several effects of one beside each other", () => {
    expect(creditNumbers([])).toEqual([]);
    expect(creditNumbers([credit(4, 5), credit(4, 6), credit(5), earn])).toEqual([4, 5]);
  });

  it.each([
    ["out of order", [credit(5), credit(4)]],
    ["with one left out", [credit(4), credit(6)]],
    ["on an effect of a rule", [{ ...earn, credit: 4 }]],
    ["without a number", [{ ...credit(4), credit: undefined }]],
  ])("are none %s", (_, effects) => {
    expect(creditNumbers(effects as StoredEffect[])).toBeNull();
  });

  it("must end at the number that the record keeps", () => {
    const state = { layout: 1, generation: 1, programme: 20, sequence: 2, terminal: 1, day: 1, credit: 5 };
    const record = packState({ ...state, predecessor: new Uint8Array(4), purses: [] }, 7);
    const hashes = { oldHash: new Uint8Array(32), newHash: new Uint8Array(32) };
    const area = { programme: 20, version: 1, area: 0, ...hashes, oldSequence: 1, oldTerminal: 1, record };
    expect(areasFault([{ ...area, effects: [credit(4), credit(5)] }])).toBeNull();
    expect(areasFault([{ ...area, effects: [] }])).toBeNull();
    expect(areasFault([{ ...area, effects: [credit(4)] }])).toMatch("credits of programme 20");
    expect(areasFault([{ ...area, effects: [credit(5), credit(4)] }])).toMatch("credits of programme 20");
  });
});

describe("names", () => {
  it.each([
    [0, "T-0000"],
    [42, "T-0042"],
    [9_999, "T-9999"],
    [65_535, "T-65535"],
  ])("of terminal %i", (terminal, name) => {
    expect(terminalName(terminal)).toBe(name);
    expect(ticketName(terminal, 4_332)).toBe(`${name}-4332`);
    expect(readTicketName(`${name}-4332`)).toEqual({ terminal, number: 4_332 });
  });

  it.each(["", "42", "T-1-42", "T-00001-42", "T-0001-0", "T-0001-042", "T-0001-4294967296", "t-0001-42", "T-0001-42 "])(
    "is not %j",
    (name) => expect(readTicketName(name)).toBeNull(),
  );
});
