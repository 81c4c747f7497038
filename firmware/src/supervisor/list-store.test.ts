import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signDelta, signFullList } from "../../../host/src/office/sign.ts";
import { sha256, verifyEd25519 } from "../../../host/src/ports/crypto.ts";
import {
  anyHistory,
  FIRST_DAY,
  ISSUER,
  type ListRows,
  listContents,
  office,
  officeOf,
  SOME_ROWS,
} from "../../../tests/fixtures/lists.ts";
import type { StoredFile } from "../hal/index.ts";
import type { ListContents } from "../wire/index.ts";
import { ListDamaged } from "./held-list.ts";
import { ListStore } from "./list-store.ts";

class PowerCut extends Error {}
type Moment = "before" | "inside, old" | "inside, new" | "after";
const MOMENTS: readonly Moment[] = ["before", "inside, old", "inside, new", "after"];

/** A file of a terminal whose power is cut at one of its operations. */
class CutFile implements StoredFile {
  content: Uint8Array;
  operations = 0;
  private readonly cut: { readonly at: number; readonly moment: Moment } | null;
  constructor(content: Uint8Array = new Uint8Array(), cut: CutFile["cut"] = null) {
    this.content = content;
    this.cut = cut;
  }

  /** Does an operation, or the part of it that comes before the cut. */
  private async change(next: Uint8Array, half: Uint8Array): Promise<void> {
    this.operations += 1;
    const moment = this.cut?.at === this.operations ? this.cut.moment : null;
    if (moment === null || moment === "after" || moment === "inside, new") this.content = next;
    else if (moment === "inside, old") this.content = half;
    if (moment !== null) throw new PowerCut();
  }

  read = async () => this.content.slice();
  part = (from: number, to: number) => this.content.slice(from, to);
  size = () => this.content.length;
  replace = (bytes: Uint8Array) => this.change(bytes.slice(), this.content);
  append = (bytes: Uint8Array) =>
    this.change(
      Uint8Array.of(...this.content, ...bytes),
      Uint8Array.of(...this.content, ...bytes.subarray(0, bytes.length >> 1)),
    );
  truncate = (length: number) => this.change(this.content.slice(0, length), this.content);
}

const storeOn = (file: StoredFile, pinned = office.publicKey, issuer = ISSUER) =>
  ListStore.load(file, sha256, verifyEd25519, pinned, issuer);

async function storeWith(
  ...lists: readonly Uint8Array[]
): Promise<{ readonly store: ListStore; readonly file: CutFile }> {
  const file = new CutFile();
  const store = await storeOn(file);
  for (const list of lists) expect(await store.apply(list)).toMatchObject({ applied: true });
  return { store, file };
}

const CARDS = [
  0,
  2_800_070_000_017,
  2_800_070_000_024,
  2_800_070_000_031,
  2_800_070_000_048,
  2 ** 48 + 5,
  2 ** 48 + 0x123456,
  2 ** 49 - 1,
];
/** Everything a store says. */
function told(store: ListStore) {
  return {
    version: store.version,
    officeKey: store.officeKey,
    writeLayout: store.writeLayout,
    cards: CARDS.map((card) => store.onCard(card, FIRST_DAY + 40 * 86_400)),
    allowances: CARDS.flatMap((card) => [40, 41, 42, 43].map((terminal) => store.allowance(card, terminal))),
    phones: [0, 1, 2, 3, 0xa1].flatMap((fill) =>
      [3, 40, 41, 42, 43].map((merchant) => store.cardOfPhone(merchant, new Uint8Array(16).fill(fill))),
    ),
    keys: [0, 1, 2, 3, 0xbb].map((fill) => store.isRevokedKey(new Uint8Array(32).fill(fill))),
    generations: [1, 2, 3].flatMap((generation) =>
      [1, 2, 3, ISSUER, 11].flatMap((number) => [
        store.isRevokedGeneration({ role: "identity", issuer: number, generation }),
        store.isRevokedGeneration({ role: "area", programme: number, generation }),
      ]),
    ),
  };
}

/** What a store says that got this version as one full list, from the office key that signs the next one. */
async function toldOf(contents: ListContents) {
  const file = new CutFile();
  const store = await storeOn(file);
  await store.apply(signFullList(contents, office));
  return told(store);
}

const first = listContents(1, { blocked: [{ card: 2_800_070_000_031, reason: "other" }] });
const some = listContents(2, SOME_ROWS);
const fewer = listContents(3, {
  ...SOME_ROWS,
  blocked: SOME_ROWS.blocked!.slice(1),
  credits: SOME_ROWS.credits!.slice(1),
});

describe("a terminal without a list", () => {
  it("blocks nothing, lets nothing be spent without a chip, and trusts the office key of its provisioning", async () => {
    const { store } = await storeWith();
    expect(store.onCard(5, FIRST_DAY)).toEqual({
      blocked: null,
      credits: [],
      revoked: [],
      listDays: null,
      writeLayout: 2,
    });
    expect(store.allowance(5, 42)).toEqual([]);
    expect(store).toMatchObject({ version: 0, officeKey: office.publicKey, writeLayout: 2, change: null });
  });
});

describe("a terminal's list", () => {
  it("says of a card what the office signed", async () => {
    const { store } = await storeWith(signFullList(some, office));
    const at = some.issued + 3 * 86_400 - 1;
    const revoked = [{ programme: 11, generation: 2 }];
    expect(store.onCard(2_800_070_000_024, at)).toEqual({
      blocked: "stolen",
      credits: [],
      revoked,
      listDays: 2,
      writeLayout: 2,
    });
    expect(store.onCard(2_800_070_000_025, at).blocked).toBeNull();
    expect(store.onCard(2_800_070_000_031, at)).toEqual({
      blocked: null,
      credits: SOME_ROWS.credits!.map(({ card: _, ...credit }) => credit),
      revoked,
      listDays: 2,
      writeLayout: 2,
    });
    expect(store.allowance(2_800_070_000_048, 42)).toEqual([
      { programme: 11, purse: 24, balance: 1_250, asOf: 4_332, ceiling: 9_000 },
    ]);
    expect(store.allowance(2_800_070_000_048, 43)).toMatchObject([{ asOf: 0, ceiling: 350 }]);
    expect(store.allowance(2_800_070_000_048, 44)).toMatchObject([{ balance: 1_250, ceiling: 0 }]);
    expect(store.cardOfPhone(3, new Uint8Array(16).fill(0xa1))).toBe(2_800_070_000_048);
    expect(store.cardOfPhone(4, new Uint8Array(16).fill(0xa1))).toBeNull();
    expect(store.isRevokedKey(new Uint8Array(32).fill(0xbb))).toBe(true);
    expect(store.isRevokedKey(new Uint8Array(32).fill(0xbc))).toBe(false);
    expect(store.isRevokedGeneration({ role: "area", programme: 11, generation: 2 })).toBe(true);
    expect(store.isRevokedGeneration({ role: "area", programme: 11, generation: 3 })).toBe(false);
    expect(store.isRevokedGeneration({ role: "identity", issuer: 11, generation: 2 })).toBe(false);
  });

  it("is told to the journal by version, base and hash", async () => {
    const [list, delta] = [signFullList(some, office), signDelta(some, fewer, office)];
    const { store } = await storeWith();
    const taken = { version: 2, base: 0, hash: sha256(list) };
    expect(await store.apply(list)).toEqual({ applied: true, held: 2, ...taken });
    expect(store.change).toEqual(taken);
    expect(await store.apply(delta)).toEqual({ applied: true, held: 3, version: 3, base: 2, hash: sha256(delta) });
    expect(store.change).toEqual({ version: 3, base: 2, hash: sha256(delta) });
  });

  it("grows old by days, and not young by a clock that is set back", async () => {
    const { store } = await storeWith(signFullList(first, office));
    const days = [-86_401, -86_400, -1, 0, 86_399, 86_400, 30 * 86_400].map((s) => store.listDays(FIRST_DAY + s));
    expect(days).toEqual([null, 0, 0, 0, 0, 1, 30]);
  });

  it("is the same after a start", async () => {
    const { store, file } = await storeWith(signFullList(some, office), signDelta(some, fewer, office));
    const again = await storeOn(file);
    expect(told(again)).toEqual(told(store));
    expect(again.change).toEqual(store.change);
    expect(told(again)).toEqual(await toldOf(fewer));
  });

  it("is not written again by the same list, full or delta, now or after a start", async () => {
    const [full, delta] = [signFullList(fewer, office), signDelta(some, fewer, office)];
    const { store, file } = await storeWith(signFullList(some, office), delta);
    const [operations, content] = [file.operations, file.content];
    for (const list of [delta, full]) {
      for (const held of [store, await storeOn(file)])
        expect(await held.apply(list)).toEqual({
          applied: false,
          refusal: "already",
          detail: "version 3 is held",
          held: 3,
        });
    }
    expect(file.operations).toBe(operations);
    expect(file.content).toBe(content);
  });

  it.each([
    ["forged", signFullList({ ...fewer, officeKey: officeOf(2).publicKey }, officeOf(2))],
    ["not-a-list", new Uint8Array(10)],
    ["other-issuer", signFullList({ ...fewer, issuer: 8 }, office)],
    ["older", signFullList(first, office)],
    ["missing-delta", signDelta(first, fewer, office)],
    ["inconsistent", signDelta(listContents(2, {}), fewer, office)],
    ["too-many", new Uint8Array(6 * 1024 * 1024)],
  ])("stays as it is when one is %s", async (refusal, list) => {
    const { store, file } = await storeWith(signFullList(some, office));
    const before = told(store);
    expect(await store.apply(list)).toMatchObject({ applied: false, refusal, held: 2 });
    expect(told(store)).toEqual(before);
    expect(file.operations).toBe(1);
  });

  it("is taken one after the other when several come at once", async () => {
    const { store } = await storeWith();
    const lists = [signFullList(some, office), signDelta(some, fewer, office), signFullList(first, office)];
    const outcomes = await Promise.all(lists.map((list) => store.apply(list)));
    expect(outcomes.map((outcome) => (outcome.applied ? outcome.version : outcome.refusal))).toEqual([2, 3, "older"]);
  });

  it("goes only forward, whatever comes in whatever order, and is whole at each version", async () => {
    const picks = fc.array(fc.record({ to: fc.nat(), from: fc.nat(), restart: fc.boolean() }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(anyHistory(4), picks, async (history, order) => {
        const file = new CutFile();
        let store = await storeOn(file);
        for (const { to, from, restart } of order) {
          const next = history[to % history.length]!;
          const base = history[from % history.length]!;
          const isDelta = base.version < next.version;
          const before = store.version;
          const outcome = await store.apply(isDelta ? signDelta(base, next, office) : signFullList(next, office));
          const isForward = next.version > before && (!isDelta || base.version === before);
          expect(outcome.applied).toBe(isForward);
          expect(store.version).toBe(isForward ? next.version : before);
          if (restart) store = await storeOn(file);
          if (store.version > 0) expect(told(store)).toEqual(await toldOf(history[store.version - 1]!));
        }
      }),
      { numRuns: 40 },
    );
  });

  it("is found whole in its largest size", async () => {
    const blocked = Array.from({ length: 20_000 }, (_, i) => ({ card: 10 * i, reason: "lost" as const }));
    const credits = Array.from({ length: 5_000 }, (_, i) => ({
      card: 30 * i,
      programme: 1,
      number: 1,
      body: new Uint8Array(60),
    }));
    const { file } = await storeWith(signFullList(listContents(1, { blocked, credits }), office));
    const store = await storeOn(file);
    for (const { card } of blocked) {
      if (store.onCard(card, FIRST_DAY).blocked !== "lost") throw new Error(`card ${card} is not blocked`);
      if (store.onCard(card + 1, FIRST_DAY).blocked !== null) throw new Error(`card ${card + 1} is blocked`);
    }
    expect(credits.filter(({ card }) => store.onCard(card, FIRST_DAY).credits.length === 1)).toHaveLength(5_000);
  });
});

describe("the office key", () => {
  const next = officeOf(2);
  const rotated = listContents(3, SOME_ROWS, { officeKey: next.publicKey });
  const later = listContents(4, SOME_ROWS, { officeKey: next.publicKey });

  it.each([
    ["a delta", signDelta(some, rotated, office)],
    ["a full list", signFullList(rotated, office)],
  ])("changes by %s that the old one signs, and stays changed over a start", async (_, rotation) => {
    const { store, file } = await storeWith(signFullList(some, office));
    expect(await store.apply(signFullList(later, next))).toMatchObject({ refusal: "forged" });
    expect(await store.apply(rotation)).toMatchObject({ applied: true, version: 3 });
    for (const held of [store, await storeOn(file)]) {
      expect(held.officeKey).toEqual(next.publicKey);
      expect(await held.apply(rotation)).toMatchObject({ applied: false, refusal: "already" });
      expect(await held.apply(signFullList(listContents(9, {}), office))).toMatchObject({ refusal: "forged" });
    }
    expect(await store.apply(signDelta(rotated, later, next))).toMatchObject({ applied: true, version: 4 });
  });

  it("of another provisioning, or issuer, makes what is held void, and another list may begin anew", async () => {
    const { file } = await storeWith(signFullList(some, office));
    for (const other of [await storeOn(file, next.publicKey), await storeOn(file, office.publicKey, 8)]) {
      expect(other.version).toBe(0);
      expect(other.onCard(2_800_070_000_024, FIRST_DAY)).toMatchObject({ blocked: null, listDays: null });
    }
    const anew = await storeOn(file, next.publicKey);
    expect(await anew.apply(signFullList({ ...first, officeKey: next.publicKey }, next))).toMatchObject({
      applied: true,
    });
    expect((await storeOn(file, next.publicKey)).version).toBe(1);
  });
});

describe("power that is cut while a list is taken", () => {
  const keyed = (version: number, rows: ListRows) => listContents(version, rows, { officeKey: officeOf(2).publicKey });
  const stories: readonly (readonly [string, readonly Uint8Array[], Uint8Array])[] = [
    ["the first list", [], signFullList(some, office)],
    ["a full list", [signFullList(first, office)], signFullList(some, office)],
    ["a delta", [signFullList(some, office)], signDelta(some, fewer, office)],
    ["another office key", [signFullList(some, office)], signDelta(some, keyed(3, SOME_ROWS), office)],
  ];

  it.each(stories)("leaves the old or the new list, whole: %s", async (_, before, list) => {
    const { store: old, file } = await storeWith(...before);
    const { store: next } = await storeWith(...before, list);
    const fresh = (cut: ConstructorParameters<typeof CutFile>[1] = null) => new CutFile(file.content.slice(), cut);
    const whole = fresh();
    await (await storeOn(whole)).apply(list);
    expect(whole.operations).toBeGreaterThan(0);
    let cuts = 0;
    for (let at = 1; at <= whole.operations; at += 1) {
      for (const moment of MOMENTS) {
        const torn = fresh({ at, moment });
        const running = await storeOn(torn);
        await expect(running.apply(list)).rejects.toThrow(PowerCut);
        expect(told(running), "a list that is not stored is not used").toEqual(told(old));
        const started = await storeOn(new CutFile(torn.content));
        expect([told(old), told(next)]).toContainEqual(told(started));
        const isNew = started.version === next.version;
        expect(await started.apply(list)).toMatchObject(isNew ? { refusal: "already" } : { applied: true });
        expect(told(started)).toEqual(told(next));
        expect(started.change).toEqual(next.change);
        cuts += 1;
      }
    }
    expect(cuts).toBe(4 * whole.operations);
  });

  it("or a file that refuses, does not keep the next list from being taken", async () => {
    const file = new CutFile(undefined, { at: 1, moment: "before" });
    const store = await storeOn(file);
    await expect(store.apply(signFullList(first, office))).rejects.toThrow(PowerCut);
    expect(await store.apply(signFullList(some, office))).toMatchObject({ applied: true, version: 2 });
  });
});

describe("a damaged file", () => {
  it("is told as such for every byte that changes and every length that is cut", async () => {
    const { file } = await storeWith(signFullList(some, office));
    const damaged = async (content: Uint8Array) => storeOn(new CutFile(content)).catch((error) => error);
    for (let at = 0; at < file.content.length; at += 1)
      expect(await damaged(file.content.with(at, file.content[at]! ^ 1)), `byte ${at}`).toBeInstanceOf(ListDamaged);
    for (let length = 1; length < file.content.length; length += 1)
      expect(await damaged(file.content.slice(0, length)), `cut to ${length}`).toBeInstanceOf(ListDamaged);
  });

  it("that another hand made well-formed is told as such too", async () => {
    const body = Uint8Array.of(0xa0);
    const sealed = sha256(Uint8Array.of(...new Uint8Array(Buffer.from("cachet/held-list/1")), ...body));
    await expect(storeOn(new CutFile(Uint8Array.of(...sealed, ...body)))).rejects.toThrow("list.version: missing");
  });
});
