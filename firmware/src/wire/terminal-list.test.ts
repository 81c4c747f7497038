import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { Algorithms, Sign1 } from "@auth0/cose";
import { concat, fromHex, toHex } from "@cachet/card-layout";
import { Encoder } from "cbor-x";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sha256, signerOfSecret, verifyEd25519 } from "../../../host/src/ports/crypto.ts";
import {
  anyHistory,
  ISSUER,
  type ListRows,
  listContents,
  office,
  officeOf,
  SOME_ROWS,
} from "../../../tests/fixtures/lists.ts";
import { type Cbor, encodeCbor } from "./cbor.ts";
import { encodeSign1 } from "./cose.ts";
import { CREDIT_BYTES_MAX } from "./credit.ts";
import { contentsHash, contentsOf, deltaListOf, fullListOf, type ListContents, nextContents } from "./list-contents.ts";
import { LIST_LIMITS, SECTION_NAMES, SECTIONS, type Section } from "./list-sections.ts";
import { encodeTerminalList, LIST_BYTES_MAX, readTerminalList, type TerminalList } from "./terminal-list.ts";

const read = (bytes: Uint8Array, key = office.publicKey) => readTerminalList(bytes, verifyEd25519, key);
const encoded = (list: TerminalList, signer = office) => encodeTerminalList(list, signer.sign);
const full = (contents: ListContents) => fullListOf(contents, office.publicKey);
const delta = (from: ListContents, to: ListContents) => deltaListOf(sha256, from, to, office.publicKey);
const rowsIn = (contents: ListContents) =>
  Object.fromEntries(SECTION_NAMES.map((name) => [name, contents.sections[name].all()]));

function listOf(bytes: Uint8Array, key = office.publicKey): TerminalList {
  const reading = read(bytes, key);
  if (!reading.ok) throw new Error(`${reading.refusal}: ${reading.detail}`);
  return reading.list;
}

function after(held: ListContents | null, list: TerminalList, key = office.publicKey): ListContents {
  const next = nextContents(sha256, held, list, ISSUER, key);
  if (!next.ok) throw new Error(`${next.refusal}: ${next.detail}`);
  return next.contents;
}

const some = listContents(3, SOME_ROWS);
const fewer = listContents(4, {
  ...SOME_ROWS,
  blocked: SOME_ROWS.blocked!.slice(0, 2),
  credits: SOME_ROWS.credits!.slice(1),
});
const signed = encoded(full(some));

/** A list by its CBOR, however wrong. */
function sealed(
  payload: Cbor | Uint8Array,
  { contentType = "application/vnd.cachet.list", keyId = "office", formatVersion = 1 } = {},
): Uint8Array {
  const bytes = payload instanceof Uint8Array ? payload : encodeCbor(payload);
  return encodeSign1({ contentType, keyId, formatVersion }, bytes, office.sign);
}
const fieldsOf = (more: readonly (readonly [number, Cbor])[]) =>
  new Map<number, Cbor>([[1, ISSUER], [2, 3], [3, 0], [4, 1_790_000_000], ...more]);

describe("a signed list", () => {
  it("gives back what was signed, full or delta", () => {
    fc.assert(
      fc.property(anyHistory(2), ([old, next]) => {
        for (const list of [full(old!), full(next!), delta(old!, next!)]) {
          const bytes = encoded(list);
          expect(encoded(listOf(bytes))).toEqual(bytes);
        }
        expect(rowsIn(after(null, listOf(encoded(full(next!)))))).toEqual(rowsIn(next!));
      }),
      { numRuns: 60 },
    );
  });

  it("has the bytes that the format says", () => {
    const contents = listContents(2, { blocked: [{ card: 5, reason: "stolen" }] }, { writeLayout: 2 });
    const put = new Map([[1, fromHex("0000000000000502")]]);
    const fields = new Map<number, Cbor>([
      [1, ISSUER],
      [2, 2],
      [3, 0],
      [4, contents.issued],
      [6, 2],
      [7, put],
    ]);
    expect(encoded(full(contents))).toEqual(sealed(fields));
    const held = new Map<number, Cbor>([
      [1, ISSUER],
      [2, 2],
      [4, contents.issued],
      [5, office.publicKey],
      [6, 2],
      [7, put],
    ]);
    const tag = new Uint8Array(Buffer.from("cachet/list/1"));
    expect(contentsHash(sha256, contents)).toEqual(sha256(concat(tag, encodeCbor(held))));
  });

  it("is refused when any byte of it changes", () => {
    for (const bits of [0x01, 0x80, 0xff]) {
      for (let at = 0; at < signed.length; at += 1) {
        const changed = signed.slice();
        changed[at]! ^= bits;
        expect(read(changed).ok, `byte ${at} xor ${bits}`).toBe(false);
      }
    }
  });

  it("is refused cut off anywhere, or with a byte behind it", () => {
    for (let length = 0; length < signed.length; length += 1)
      expect(read(signed.subarray(0, length)), `cut to ${length}`).toMatchObject({ ok: false, refusal: "not-a-list" });
    expect(read(Uint8Array.of(...signed, 0))).toMatchObject({ ok: false, refusal: "not-a-list" });
  });

  it("verifies in an independent COSE library, and is read by an independent CBOR one", async () => {
    const theirs = Sign1.decode(signed);
    const keyOf = (publicKey: Uint8Array) =>
      createPublicKey({
        format: "der",
        type: "spki",
        key: Buffer.from(concat(fromHex("302a300506032b6570032100"), publicKey)),
      });
    const algorithms = { algorithms: [Algorithms.EdDSA] };
    await expect(theirs.verify(keyOf(office.publicKey), algorithms)).resolves.toBeUndefined();
    await expect(theirs.verify(keyOf(officeOf(2).publicKey), algorithms)).rejects.toThrow(/verification failed/);
    const decoder = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
    const said = decoder.decode(theirs.payload) as Map<number, unknown>;
    expect([said.get(1), said.get(2), said.get(3)]).toEqual([ISSUER, 3, 0]);
    expect([...(said.get(7) as Map<number, unknown>).keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("is forged when another key signed it, whatever it is", () => {
    expect(read(encoded(full(some), officeOf(2)))).toMatchObject({ ok: false, refusal: "forged" });
    expect(read(signed, officeOf(2).publicKey)).toMatchObject({ ok: false, refusal: "forged" });
  });

  it("is refused as newer where the office says so", () => {
    expect(read(sealed(new Map([[1, "other"]]), { formatVersion: 2 }))).toMatchObject({ refusal: "newer-format" });
  });

  it.each([
    ["a batch receipt", sealed(fieldsOf([]), { contentType: "application/vnd.cachet.batch-receipt" })],
    ["signed as a terminal", sealed(fieldsOf([]), { keyId: "T-0042" })],
    ["of an older format", sealed(fieldsOf([]), { formatVersion: 0 })],
    ["no CBOR", sealed(Uint8Array.of(0xff))],
    ["no map", sealed([1])],
    ["of version 0", sealed(fieldsOf([[2, 0]]))],
    ["of an unknown field", sealed(fieldsOf([[10, 1]]))],
    [
      "on a base that is not older",
      sealed(
        fieldsOf([
          [3, 3],
          [9, new Uint8Array(32)],
        ]),
      ),
    ],
    ["a delta that does not say where it leads", sealed(fieldsOf([[3, 2]]))],
    ["a full list that says where it leads", sealed(fieldsOf([[9, new Uint8Array(32)]]))],
    ["a full list that removes", sealed(fieldsOf([[8, new Map([[1, new Uint8Array(7)]])]]))],
    [
      "a delta that takes back a revocation",
      sealed(
        fieldsOf([
          [3, 2],
          [9, new Uint8Array(32)],
          [8, new Map([[7, fromHex("01000701")]])],
        ]),
      ),
    ],
    [
      "a delta that removes rows of nothing",
      sealed(
        fieldsOf([
          [3, 2],
          [9, new Uint8Array(32)],
          [8, new Map()],
        ]),
      ),
    ],
    ["rows of nothing", sealed(fieldsOf([[7, new Map()]]))],
    ["a section without rows", sealed(fieldsOf([[7, new Map([[1, new Uint8Array()]])]]))],
    [
      "blocked cards out of order",
      sealed(fieldsOf([[7, new Map([[1, fromHex("00000000000006010000000000000501")]])]])),
    ],
    ["an unknown reason", sealed(fieldsOf([[7, new Map([[1, fromHex("0000000000000509")]])]]))],
    ["an office key of 31 bytes", sealed(fieldsOf([[5, new Uint8Array(31)]]))],
    ["a write layout of 0", sealed(fieldsOf([[6, 0]]))],
  ])("is no list: %s", (_, bytes) => {
    expect(read(bytes)).toMatchObject({ ok: false, refusal: "not-a-list" });
  });

  it("the bytes that those are made of are a list", () => {
    expect(read(sealed(fieldsOf([]))).ok).toBe(true);
    const put = new Map([[1, fromHex("00000000000005010000000000000601")]]);
    expect(
      read(
        sealed(
          fieldsOf([
            [3, 2],
            [5, new Uint8Array(32)],
            [6, 1],
            [7, put],
            [9, new Uint8Array(32)],
          ]),
        ),
      ).ok,
    ).toBe(true);
  });

  it("is refused with more rows than a terminal holds, or more bytes than it looks at", () => {
    const rows = concat(
      ...Array.from({ length: LIST_LIMITS.blocked + 1 }, (_, i) => new Uint8Array([0, 0, 0, 0, i >> 16, i >> 8, i, 1])),
    );
    const withBlocked = (count: number) => sealed(fieldsOf([[7, new Map([[1, rows.subarray(0, 8 * count)]])]]));
    expect(read(withBlocked(LIST_LIMITS.blocked)).ok).toBe(true);
    expect(read(withBlocked(LIST_LIMITS.blocked + 1))).toMatchObject({
      refusal: "too-many",
      detail: "blocked: more than 20000 rows",
    });
    expect(read(new Uint8Array(LIST_BYTES_MAX + 1))).toMatchObject({ refusal: "too-many" });
  });

  it("has room for every section full, and every row of a delta removed", () => {
    const most = (name: Section) => SECTIONS[name].rowBytes ?? SECTIONS[name].keyBytes + 1 + CREDIT_BYTES_MAX;
    const put = SECTION_NAMES.reduce((sum, name) => sum + LIST_LIMITS[name] * most(name), 0);
    const removed = SECTION_NAMES.reduce((sum, name) => sum + LIST_LIMITS[name] * SECTIONS[name].keyBytes, 0);
    expect(put + removed + 1_000).toBeLessThan(LIST_BYTES_MAX);
  });

  it("is not written where it says what no list says", () => {
    expect(() => encoded({ ...full(some), base: 3 })).toThrow(RangeError);
    expect(() => encoded({ ...delta(some, fewer), base: 0 })).toThrow(RangeError);
    expect(() => encoded({ ...full(some), issuer: 70_000 })).toThrow(RangeError);
  });
});

describe("what a terminal holds after a list", () => {
  it("is the same by a full list as by deltas, by every way there", () => {
    fc.assert(
      fc.property(anyHistory(4), fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (history, stops) => {
        let held = after(null, full(history[0]!));
        history.slice(1).forEach((next, index) => {
          if (stops[index] || next === history.at(-1)) held = after(held, delta(held, next));
        });
        const last = history.at(-1)!;
        expect(contentsHash(sha256, held)).toEqual(contentsHash(sha256, last));
        expect(rowsIn(held)).toEqual(rowsIn(after(null, full(last))));
        expect(rowsIn(held)).toEqual(rowsIn(last));
        expect(held.writeLayout).toBe(last.writeLayout);
      }),
    );
  });

  const refused = (held: ListContents | null, list: TerminalList) => {
    const next = nextContents(sha256, held, list, ISSUER, office.publicKey);
    return next.ok ? "accepted" : `${next.refusal}: ${next.detail}`;
  };

  it("does not change by a list of another issuer", () => {
    expect(refused(null, full({ ...some, issuer: 8 }))).toBe("other-issuer: of issuer 8, this terminal is of 7");
  });

  it("does not change by an older list, nor by the one that is held, full or delta", () => {
    expect(refused(fewer, full(some))).toBe("older: version 3; version 4 is held");
    expect(refused(fewer, full(fewer))).toBe("already: version 4 is held");
    expect(refused(fewer, delta(some, fewer))).toBe("already: version 4 is held");
    const other = listContents(4, SOME_ROWS);
    expect(refused(fewer, full(other))).toBe("inconsistent: version 4 with other contents; version 4 is held");
    expect(refused(fewer, delta(some, other))).toBe("inconsistent: version 4 with other contents; version 4 is held");
  });

  it("does not change by a delta on another base, and says which version is held", () => {
    expect(refused(null, delta(some, fewer))).toBe("missing-delta: leads from version 3 to 4; no list is held");
    const two = listContents(2, SOME_ROWS);
    expect(refused(two, delta(some, fewer))).toBe("missing-delta: leads from version 3 to 4; version 2 is held");
  });

  it("does not change by a delta that leads elsewhere than it says", () => {
    const other = listContents(3, { ...SOME_ROWS, phones: [] });
    expect(refused(other, delta(some, fewer))).toBe("inconsistent: does not lead where it says");
    const gone = listContents(3, { ...SOME_ROWS, blocked: SOME_ROWS.blocked!.slice(1) });
    expect(refused(gone, delta(some, listContents(4, { ...SOME_ROWS, blocked: [] })))).toBe(
      "inconsistent: blocked: removes 2800070000024, which is not held",
    );
  });

  it("does not change by a list whose credits jump a number", () => {
    const credits = SECTIONS.credits.pack(
      [3, 5].map((number) => ({ card: 9, programme: 2, number, body: new Uint8Array() })),
    );
    expect(refused(some, { ...full(fewer), put: { credits } })).toBe(
      "inconsistent: credits of card 9, programme 2 jump from 3 to 5",
    );
    const apart = [
      { card: 9, programme: 2, number: 3, body: new Uint8Array() },
      { card: 9, programme: 3, number: 5, body: new Uint8Array() },
      { card: 10, programme: 3, number: 7, body: new Uint8Array() },
    ];
    expect(after(null, full(listContents(1, { credits: apart }))).sections.credits.count).toBe(3);
    expect(() => listContents(1, { credits: apart.map((row) => ({ ...row, card: 9, programme: 2 })) })).toThrow(
      RangeError,
    );
  });

  it("does not change by a list that lowers the write layout", () => {
    const higher = { ...some, writeLayout: 3 };
    for (const lower of [{}, { writeLayout: 2 }])
      expect(refused(higher, full(listContents(4, SOME_ROWS, lower)))).toMatch(
        /^inconsistent: write layout [12] below 3/,
      );
    expect(after(higher, delta(higher, { ...fewer, writeLayout: 3 })).writeLayout).toBe(3);
    expect(after(higher, delta(higher, { ...fewer, writeLayout: 4 })).writeLayout).toBe(4);
  });

  it.each(["revokedGenerations", "revokedKeys"] as const)("does not change by a list that takes back %s", (section) => {
    const without = listContents(4, { ...SOME_ROWS, [section]: [] } as ListRows);
    expect(refused(some, full(without))).toBe(`inconsistent: ${section}: what is revoked stays revoked`);
    expect(() => delta(some, without)).toThrow("what is revoked stays revoked");
  });

  it("never is more than its sections have room for, by several deltas either", () => {
    const keys = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ card: from + i, reason: "lost" as const }));
    const half = listContents(1, { blocked: keys(0, 12_000) });
    const list: TerminalList = {
      ...delta(half, listContents(2, { blocked: keys(0, 12_001) })),
      put: { blocked: SECTIONS.blocked.pack(keys(20_000, 12_000)) },
    };
    expect(refused(half, list)).toBe("too-many: blocked: more than 20000 rows");
    expect(() => listContents(1, { blocked: keys(0, 20_001) })).toThrow(RangeError);
  });

  it("names the next office key, also where the list does not rotate it", () => {
    const next = officeOf(2);
    const rotated = { ...fewer, officeKey: next.publicKey };
    for (const [held, list] of [
      [some, delta(some, rotated)],
      [null, full(rotated)],
    ] as const) {
      expect(after(held, listOf(encoded(list))).officeKey).toEqual(next.publicKey);
    }
    const later = listContents(5, SOME_ROWS, { officeKey: next.publicKey });
    const list = listOf(encoded(deltaListOf(sha256, rotated, later, next.publicKey), next), next.publicKey);
    expect(list).not.toHaveProperty("officeKey");
    expect(after(rotated, list, next.publicKey).officeKey).toEqual(next.publicKey);
  });

  it("cannot be led by a delta from another issuer or to no newer version", () => {
    expect(() => delta({ ...some, issuer: 8 }, fewer)).toThrow(RangeError);
    expect(() => encoded(delta(fewer, some))).toThrow(RangeError);
  });
});

describe("golden lists", () => {
  interface Golden {
    readonly name: string;
    readonly contents: Omit<ListContents, "sections"> & { readonly rows: ListRows };
    readonly contentsHash: string;
    readonly full: string;
    readonly delta?: string;
  }
  const BYTES = ["body", "hash", "key", "officeKey"];
  const vectors = JSON.parse(
    readFileSync(new URL("../../vectors/lists-1.json", import.meta.url), "utf8"),
    (key, value) => (BYTES.includes(key) ? fromHex(value as string) : value),
  ) as { readonly secret: string; readonly lists: readonly Golden[] };
  const signer = signerOfSecret(fromHex(vectors.secret));
  const contents = vectors.lists.map(({ contents: { rows, ...head } }) => contentsOf(head, rows));

  it.each(vectors.lists.map((golden, index) => ({ ...golden, index })))("$name: bytes and meaning", (golden) => {
    const said = contents[golden.index]!;
    expect(toHex(contentsHash(sha256, said))).toBe(golden.contentsHash);
    expect(toHex(encodeTerminalList(fullListOf(said, signer.publicKey), signer.sign))).toBe(golden.full);
    expect(rowsIn(after(null, listOf(fromHex(golden.full), signer.publicKey), signer.publicKey))).toEqual(rowsIn(said));
    if (golden.delta === undefined) return;
    const before = contents[golden.index - 1]!;
    const bytes = encodeTerminalList(deltaListOf(sha256, before, said, signer.publicKey), signer.sign);
    expect(toHex(bytes)).toBe(golden.delta);
    const held = after(before, listOf(fromHex(golden.delta), signer.publicKey), signer.publicKey);
    expect(toHex(contentsHash(sha256, held))).toBe(golden.contentsHash);
  });

  it("say every section, and have deltas and a rotation among them", () => {
    for (const name of SECTION_NAMES)
      expect(
        contents.some(({ sections }) => sections[name].count > 0),
        name,
      ).toBe(true);
    expect(vectors.lists.filter((golden) => golden.delta !== undefined).length).toBeGreaterThan(1);
    expect(contents.some(({ officeKey }) => toHex(officeKey) !== toHex(signer.publicKey))).toBe(true);
  });
});
