import { bigEndian, concat, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { sha256 } from "../ports/crypto.ts";
import type { Content } from "./content.ts";
import { addKeys, type KeyUse, lend, OFFICE_USE, revokeKey, rotateKey, usesWithoutKey } from "./generations.ts";

const CARD: KeyUse = { role: "identity", number: 1 };
const TOWN: KeyUse = { role: "area", number: 20 };
const SHOP: KeyUse = { role: "area", number: 21 };
const EMPTY: Content = { keys: [], lending: null };
const LENDING = { holder: "Ana", expiresAt: 9 };

function origin() {
  let count = 0;
  return {
    random: (size: number) => {
      count += 1;
      return sha256(concat(bigEndian(count, 4))).slice(0, size);
    },
    now: () => 1_000 + count,
  };
}

function started(from = origin()): Content {
  const adding = addKeys(EMPTY, [CARD, TOWN, SHOP], from);
  if (!adding.ok) throw new Error(adding.detail);
  return adding.content;
}

function turned(content: Content, use: KeyUse, times: number, from = origin()): Content {
  let held = content;
  for (let i = 0; i < times; i += 1) {
    const rotation = rotateKey(held, use, from);
    if (!rotation.ok) throw new Error(rotation.detail);
    held = rotation.content;
  }
  return held;
}

const states = ({ keys }: Content, { role, number }: KeyUse) =>
  keys
    .filter((key) => key.role === role && key.number === number)
    .map(({ generation, state }) => `${generation} ${state}`);

describe("generations", () => {
  it("begin at 1, each with a secret of its own", () => {
    const { keys } = started();
    expect(keys.map(({ role, number, generation, state, test }) => [role, number, generation, state, test])).toEqual([
      ["identity", 1, 1, "current", false],
      ["area", 20, 1, "current", false],
      ["area", 21, 1, "current", false],
    ]);
    expect(new Set(keys.map(({ secret }) => toHex(secret))).size).toBe(3);
    for (const { secret } of keys) expect(secret).toHaveLength(32);
  });

  it("are not begun twice, and then none of the others is", () => {
    expect(addKeys(started(), [{ role: "area", number: 22 }, TOWN], origin())).toMatchObject({
      ok: false,
      refusal: "already-there",
    });
    expect(addKeys(EMPTY, [TOWN, TOWN], origin())).toMatchObject({ ok: false, refusal: "already-there" });
  });

  it("age: current, previous, retired; other keys stay as they are", () => {
    const from = origin();
    const content = turned(started(from), TOWN, 3, from);
    expect(states(content, TOWN)).toEqual(["1 retired", "2 retired", "3 previous", "4 current"]);
    expect(states(content, SHOP)).toEqual(["1 current"]);
    expect(states(content, CARD)).toEqual(["1 current"]);
    expect(new Set(content.keys.map(({ secret }) => toHex(secret))).size).toBe(6);
  });

  it("keep every older secret", () => {
    const before = started();
    const after = turned(before, TOWN, 1);
    for (const { secret } of before.keys) expect(after.keys.map((key) => key.secret)).toContain(secret);
  });

  it("leave a revoked key revoked, and go on behind it", () => {
    const content = started();
    const revoked = {
      ...content,
      keys: content.keys.map((key) => (key.number === 20 ? { ...key, state: "revoked" as const } : key)),
    };
    const rotation = rotateKey(revoked, TOWN, origin());
    expect(rotation).toMatchObject({ ok: true, previous: null, current: { generation: 2 } });
    if (rotation.ok) expect(states(rotation.content, TOWN)).toEqual(["1 revoked", "2 current"]);
  });

  it("end at 255, and never turn what is not there", () => {
    const from = origin();
    const last = turned(started(from), TOWN, 254, from);
    expect(states(last, TOWN).at(-1)).toBe("255 current");
    expect(rotateKey(last, TOWN, from)).toMatchObject({ ok: false, refusal: "last-generation" });
    expect(rotateKey(last, { role: "area", number: 99 }, from)).toMatchObject({ ok: false, refusal: "no-such-key" });
    expect(rotateKey(last, { role: "identity", number: 20 }, from)).toMatchObject({
      ok: false,
      refusal: "no-such-key",
    });
  });
});

describe("a revoked generation", () => {
  it("is any but the current one, and stays revoked", () => {
    const content = turned(started(), TOWN, 3);
    for (const generation of [1, 3]) {
      const revoked = revokeKey(content, { ...TOWN, generation });
      if (!revoked.ok) throw new Error(revoked.detail);
      expect(states(revoked.content, TOWN)[generation - 1]).toBe(`${generation} revoked`);
      expect(revokeKey(revoked.content, { ...TOWN, generation })).toMatchObject({ ok: true, content: revoked.content });
      expect(states(turned(revoked.content, TOWN, 2), TOWN)[generation - 1]).toBe(`${generation} revoked`);
    }
    expect(revokeKey(content, { ...TOWN, generation: 4 })).toMatchObject({ ok: false, refusal: "current-key" });
    expect(revokeKey(content, { ...TOWN, generation: 5 })).toMatchObject({ ok: false, refusal: "no-such-key" });
    expect(revokeKey(content, { role: "area", number: 9, generation: 1 })).toMatchObject({ refusal: "no-such-key" });
    expect(states(content, TOWN)).toEqual(["1 retired", "2 retired", "3 previous", "4 current"]);
  });
});

describe("uses without a key", () => {
  it("are those that have none, of any generation", () => {
    expect(usesWithoutKey(started(), [CARD, OFFICE_USE, { role: "area", number: 1 }, SHOP])).toEqual([
      OFFICE_USE,
      { role: "area", number: 1 },
    ]);
  });
});

describe("what is lent", () => {
  it("is the issuer's current and previous card keys, and never an area key", () => {
    const from = origin();
    const content = turned(turned(started(from), CARD, 2, from), TOWN, 1, from);
    const lent = lend(content, 1, LENDING);
    expect(lent).toMatchObject({ ok: true, content: { lending: LENDING } });
    if (lent.ok) {
      expect(lent.content.keys.map(({ role, generation, state }) => `${role} ${generation} ${state}`)).toEqual([
        "identity 2 previous",
        "identity 3 current",
      ]);
    }
    expect(lend(content, 2, LENDING)).toMatchObject({ ok: false, refusal: "no-such-key" });
  });
});
