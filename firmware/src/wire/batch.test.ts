import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import { ascii, bigEndian, concat, fromHex, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { BatchSeal, batchName, encodeBatch, inspectBatch, readBatch } from "./batch.ts";
import { type Cbor, encodeCbor } from "./cbor.ts";
import { encodeSign1 } from "./cose.ts";
import type { Ed25519Sign, Ed25519Verify, Sha256 } from "./crypto.ts";
import { NO_SUMS } from "./effect.ts";
import { type Entry, type EntryBody, encodeEntry, entryHash, journalRoot } from "./entry.ts";
import type { Sums } from "./sums.ts";

const PKCS8 = fromHex("302e020100300506032b657004220420");
const SPKI = fromHex("302a300506032b6570032100");
const sha256: Sha256 = (message) => Uint8Array.from(createHash("sha256").update(message).digest());
const openKeys = new Map<string, KeyObject>();
const verifyByNode: Ed25519Verify = (publicKey, message, signature) => {
  const name = toHex(publicKey);
  const key =
    openKeys.get(name) ?? createPublicKey({ format: "der", type: "spki", key: Buffer.from(concat(SPKI, publicKey)) });
  openKeys.set(name, key);
  return verify(null, message, key, signature);
};

function signerOf(secret: Uint8Array): { readonly publicKey: Uint8Array; readonly sign: Ed25519Sign } {
  const key = createPrivateKey({ format: "der", type: "pkcs8", key: Buffer.from(concat(PKCS8, secret)) });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: Uint8Array.from(spki.subarray(SPKI.length)),
    sign: (message) => Uint8Array.from(sign(null, message, key)),
  };
}

const TERMINAL = 42;
const terminal = signerOf(new Uint8Array(32).fill(1));
const neighbour = signerOf(new Uint8Array(32).fill(2));
const keys = new Map([
  [TERMINAL, terminal.publicKey],
  [43, neighbour.publicKey],
]);
const image = new Uint8Array(32).fill(0x5a);
const sums = (more: Partial<Sums>): Sums => ({ ...NO_SUMS, ...more });

const BODIES: readonly EntryBody[] = [
  { kind: "power-up", body: { image } },
  { kind: "commit", body: { intent: 1, programme: 11, sums: sums({ earnedCents: 65, spentCents: 288 }) } },
  { kind: "abort", body: { intent: 1, programme: 20 } },
  { kind: "refusal", body: { reason: "WRONG_MAC", uid: fromHex("04a1b2c3d4e5f6"), card: 7 } },
  {
    kind: "commit",
    body: { intent: 2, programme: 20, sums: sums({ earnedCents: 5, stampsAdded: 1, stampsTaken: 10 }) },
  },
  {
    kind: "commit",
    body: { intent: 3, programme: 20, sums: sums({ discountCents: 30, rewardCents: 340, toppedUpCents: 2_000 }) },
  },
];

/** Entries `first` onwards, chained from `previous`. */
function chained(bodies: readonly EntryBody[], first: number, previous: Uint8Array): Uint8Array[] {
  let before = previous;
  return bodies.map((body, index) => {
    const stored = encodeEntry({
      number: first + index,
      utc: 1_000 + index,
      offset: 120,
      previous: before,
      ...body,
    } as Entry);
    before = entryHash(sha256, stored);
    return stored;
  });
}

const FIRST = 4_021;
const previous = journalRoot(sha256, TERMINAL, terminal.publicKey);
const stored = chained(BODIES, FIRST, previous);
const seal: BatchSeal = {
  terminal: TERMINAL,
  first: FIRST,
  last: FIRST + 5,
  count: 6,
  totals: {
    ...NO_SUMS,
    earnedCents: 70,
    spentCents: 288,
    discountCents: 30,
    rewardCents: 340,
    stampsAdded: 1,
    stampsTaken: 10,
    toppedUpCents: 2_000,
  },
  previous,
  head: entryHash(sha256, stored[5]!),
  image,
};
const file = encodeBatch(seal, stored, terminal.sign);

function encodeTrailer(
  sealed: BatchSeal,
  contentType = "application/vnd.cachet.batch",
  keyId = "T-0042",
  formatVersion = 1,
) {
  return encodeSign1({ contentType, keyId, formatVersion }, encodeCbor(BatchSeal.encode(sealed)), terminal.sign);
}

/** The header that goes with a seal. */
function headerOf(sealed: BatchSeal): Uint8Array {
  const empty = encodeBatch(sealed, [], terminal.sign);
  return empty.subarray(0, empty.length - encodeTrailer(sealed).length);
}
const header = headerOf(seal);

const read = (bytes: Uint8Array) => readBatch(bytes, sha256, verifyByNode, (number) => keys.get(number) ?? null);

function refusalOf(bytes: Uint8Array) {
  const reading = read(bytes);
  if (reading.ok) throw new Error("the batch was accepted");
  return reading.refusal;
}

describe("a batch file", () => {
  it("gives back what was sealed, with each entry as stored and its hash", () => {
    const reading = read(file);
    expect(reading).toMatchObject({ ok: true, batch: { seal } });
    if (!reading.ok) return;
    expect(reading.batch.entries.map((entry) => toHex(entry.stored))).toEqual(stored.map(toHex));
    expect(reading.batch.entries.map(({ hash }) => hash)).toEqual(stored.map((bytes) => entryHash(sha256, bytes)));
    expect(reading.batch.entries.map(({ entry }) => ({ kind: entry.kind, body: entry.body }))).toEqual(BODIES);
  });

  it("is named after its terminal and range", () => {
    expect(batchName(seal)).toBe("T-0042-4021-4026.batch");
    expect(batchName({ terminal: 42, first: 4_021, last: 4_332 })).toBe("T-0042-4021-4332.batch");
  });

  it("has the same bytes every time", () => {
    expect(encodeBatch(seal, stored, terminal.sign)).toEqual(file);
  });

  it("may hold a single entry", () => {
    const one = { ...seal, last: FIRST, count: 1, totals: NO_SUMS, head: entryHash(sha256, stored[0]!) };
    expect(read(encodeBatch(one, stored.slice(0, 1), terminal.sign)).ok).toBe(true);
  });

  it("is refused when any byte of it changes", () => {
    for (const bits of [0x01, 0xff]) {
      for (let at = 0; at < file.length; at += 1) {
        const changed = file.slice();
        changed[at]! ^= bits;
        expect(read(changed).ok, `byte ${at} xor ${bits}`).toBe(false);
      }
    }
  });

  it("is unfinished when it is cut off anywhere", () => {
    for (let length = 0; length < file.length; length += 1) {
      expect(refusalOf(file.subarray(0, length)).reason, `cut to ${length}`).toBe("unfinished");
    }
  });

  it.each([
    ["a byte that begins no item", [0xff]],
    ["a whole item", [0x00]],
    ["zeros", [0, 0, 0, 0]],
    ["the beginning of an item", [0x84, 0x01]],
    ["its trailer once more", [...encodeTrailer(seal)]],
  ])("is refused when it is followed by %s", (_, more) => {
    expect(read(Uint8Array.of(...file, ...more)).ok).toBe(false);
  });

  it("is refused as no batch when bytes that are no item follow the trailer", () => {
    const { reason, detail } = refusalOf(Uint8Array.of(...file, 0xff));
    expect(reason).toBe("not-a-batch");
    expect(detail).toContain(`at byte ${file.length}`);
  });

  it("is refused when its terminal is not known", () => {
    const strange = { ...seal, terminal: 44 };
    expect(refusalOf(encodeBatch(strange, stored, terminal.sign))).toEqual({
      reason: "unknown-terminal",
      detail: "no key for T-0044",
    });
  });

  it("is refused when another terminal signed it", () => {
    expect(refusalOf(encodeBatch(seal, stored, neighbour.sign)).reason).toBe("bad-signature");
    const asNeighbour = { ...seal, terminal: 43 };
    expect(refusalOf(encodeBatch(asNeighbour, stored, terminal.sign)).reason).toBe("bad-signature");
  });

  it("is refused when entries are swapped, dropped or repeated", () => {
    const [a, b, c, d, e, f] = stored as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const of = (...entries: Uint8Array[]) => refusalOf(encodeBatch(seal, entries, terminal.sign));
    expect(of(b, a, c, d, e, f)).toMatchObject({ reason: "bad-entry", number: FIRST });
    expect(of(a, b, c, d, f, e)).toMatchObject({ reason: "bad-entry", number: FIRST + 4 });
    expect(of(a, b, c, d, d, f)).toMatchObject({ reason: "bad-entry", number: FIRST + 4 });
    expect(of(a, b, d, e, f).reason).toBe("bad-entry");
    expect(of(a, b, c, d, e).reason).toBe("bad-entry");
    expect(of(a, a, b, c, d, e, f).reason).toBe("bad-entry");
    expect(of().reason).toBe("bad-entry");
  });

  it("is refused where an entry was replaced by another of the same number", () => {
    for (let at = 0; at < stored.length; at += 1) {
      const replaced = encodeEntry({
        number: FIRST + at,
        utc: 5,
        offset: 0,
        previous: at === 0 ? previous : entryHash(sha256, stored[at - 1]!),
        kind: "power-up",
        body: { image },
      });
      expect(refusalOf(encodeBatch(seal, stored.with(at, replaced), terminal.sign))).toMatchObject({
        reason: "broken-chain",
        number: FIRST + Math.min(at + 1, 5),
      });
    }
  });

  it("is refused where its first entry does not follow what the trailer says came before", () => {
    const wrong = { ...seal, previous: new Uint8Array(32) };
    expect(refusalOf(encodeBatch(wrong, stored, terminal.sign))).toMatchObject({
      reason: "broken-chain",
      number: FIRST,
    });
  });

  it("is refused where the trailer counts other entries than there are", () => {
    for (const wrong of [
      { count: 5 },
      { count: 7 },
      { last: FIRST + 6 },
      { last: FIRST + 4 },
      { last: FIRST + 6, count: 7 },
    ]) {
      expect(refusalOf(encodeBatch({ ...seal, ...wrong }, stored, terminal.sign)).reason).toBe("bad-entry");
    }
  });

  it("is refused where an entry is well-formed but of no kind that we read", () => {
    const strange = encodeCbor([FIRST + 1, 9, 0, 0, new Uint8Array(32), new Map()]);
    expect(refusalOf(encodeBatch(seal, stored.with(1, strange), terminal.sign))).toMatchObject({
      reason: "bad-entry",
      number: FIRST + 1,
    });
  });

  it.each(Object.keys(NO_SUMS) as (keyof Sums)[])(
    "is refused when its total of %s is not that of its commits",
    (field) => {
      const totals = { ...seal.totals, [field]: seal.totals[field] + 1 };
      const refusal = refusalOf(encodeBatch({ ...seal, totals }, stored, terminal.sign));
      expect(refusal.reason).toBe("wrong-totals");
      expect(refusal.detail).toContain(field);
    },
  );

  it("is refused when its header does not say what the trailer signs", () => {
    for (const other of [{ terminal: 43 }, { first: FIRST - 1 }, { last: FIRST + 4 }]) {
      const mixed = concat(headerOf({ ...seal, ...other }), file.subarray(header.length));
      expect(refusalOf(mixed)).toEqual({
        reason: "not-a-batch",
        detail: "header does not say what the trailer signs",
      });
    }
  });

  it("is refused without its header", () => {
    expect(refusalOf(file.subarray(header.length)).reason).toBe("not-a-batch");
  });

  it("is refused as newer when the trailer says so, whatever follows from that", () => {
    const newer = concat(header, ...stored, encodeTrailer({ ...seal, terminal: 44 }, undefined, "T-0044", 2));
    expect(refusalOf(newer).reason).toBe("newer-format");
  });

  it("is refused when the trailer is of other content or names another key", () => {
    const ending = (...trailer: Parameters<typeof encodeTrailer>) =>
      concat(header, ...stored, encodeTrailer(...trailer));
    expect(refusalOf(ending(seal, "application/vnd.cachet.receipt")).reason).toBe("not-a-batch");
    expect(refusalOf(ending(seal, undefined, "T-0043")).reason).toBe("not-a-batch");
    expect(read(ending(seal)).ok).toBe(true);
  });

  it("is refused when what is signed is no batch seal", () => {
    const headers = { contentType: "application/vnd.cachet.batch", keyId: "T-0042", formatVersion: 1 };
    const trailer = encodeSign1(headers, encodeCbor(new Map([[1, TERMINAL]])), terminal.sign);
    expect(refusalOf(concat(header, ...stored, trailer))).toEqual({
      reason: "not-a-batch",
      detail: "seal.first: missing",
    });
  });

  it("is never accepted from other kinds of file", () => {
    for (const other of [ascii("terminal;first;last\n"), ascii("{}"), bigEndian(0, 4), new Uint8Array(), image]) {
      expect(read(other).ok).toBe(false);
    }
  });

  it("can be looked at while it is being written", () => {
    expect(inspectBatch(file)).toMatchObject({ items: 8, cutAt: null });
    const growing = file.subarray(0, header.length + stored[0]!.length + 3);
    expect(inspectBatch(growing)).toMatchObject({ items: 2, cutAt: header.length + stored[0]!.length });
    expect(inspectBatch(new Uint8Array())).toEqual({ header: null, items: 0, cutAt: null });
  });
});

describe("golden batch files", () => {
  interface Vectors {
    readonly secret: string;
    readonly batches: readonly { readonly name: string; readonly seal: BatchSeal; readonly file: string }[];
  }
  const vectors = JSON.parse(
    readFileSync(new URL("../../vectors/batch-1.json", import.meta.url), "utf8"),
    (key, value) => {
      if (key === "totals") return { ...NO_SUMS, ...value };
      return ["previous", "head", "image"].includes(key) ? fromHex(value as string) : value;
    },
  ) as Vectors;
  const journal = JSON.parse(readFileSync(new URL("../../vectors/journal-1.json", import.meta.url), "utf8")) as {
    readonly entries: readonly { readonly bytes: string }[];
  };
  const signer = signerOf(fromHex(vectors.secret));

  it.each(vectors.batches)("$name is written as its golden bytes", ({ name, seal: sealed, file: golden }) => {
    const entries = journal.entries.slice(sealed.first - 1, sealed.last).map(({ bytes }) => fromHex(bytes));
    expect(toHex(encodeBatch(sealed, entries, signer.sign))).toBe(golden);
    expect(batchName(sealed)).toBe(name);
  });

  it.each(vectors.batches)("$name is read from its golden bytes", ({ seal: sealed, file: golden }) => {
    const reading = readBatch(fromHex(golden), sha256, verifyByNode, () => signer.publicKey);
    expect(reading).toMatchObject({ ok: true, batch: { seal: sealed } });
  });
});

describe("a batch of a later format", () => {
  it("is told as such by its header, whatever else that holds", () => {
    const header = encodeCbor(
      new Map<number, Cbor>([
        [1, "cachet/batch"],
        [2, 2],
        [9, "more"],
      ]),
    );
    const reading = readBatch(
      header,
      (message) => message,
      () => false,
      () => null,
    );
    expect(reading).toMatchObject({ ok: false, refusal: { reason: "newer-format" } });
  });
});
