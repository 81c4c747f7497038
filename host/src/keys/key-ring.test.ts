import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBlank } from "@cachet/card-layout";
import { utf8Encode } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import type { Content } from "./content.ts";
import type { KeyRecord, KeyState } from "./key-record.ts";
import { keyRingOf, testKeyRing } from "./key-ring.ts";
import { openKeyRing } from "./open.ts";
import { sealContent } from "./sealed-file.ts";
import { testAreaKey, testCardKey } from "./test-keys.ts";

const key = (role: string, number: number, generation: number, state: KeyState): KeyRecord => ({
  role,
  number,
  generation,
  state,
  madeAt: 1,
  test: false,
  secret: new Uint8Array(32).fill(number + generation),
});
const RING: Content = {
  keys: [
    key("area", 20, 1, "retired"),
    key("area", 20, 2, "previous"),
    key("area", 20, 3, "current"),
    key("area", 21, 1, "revoked"),
    key("identity", 1, 1, "current"),
    key("receipt", 1, 1, "current"),
  ],
  lending: null,
};

describe("a key ring", () => {
  it("finds keys by number and generation, and the current one", () => {
    const ring = keyRingOf(RING);
    expect(ring).toMatchObject({ source: "office", issuers: [1], programmes: [20, 21] });
    expect(ring.areaKey(20, 2)).toEqual({
      master: RING.keys[1]!.secret,
      generation: 2,
      state: "previous",
      test: false,
    });
    expect(ring.areaKey(20, 1)?.state).toBe("retired");
    expect(ring.currentAreaKey(20)?.generation).toBe(3);
    expect(ring.cardKey(1, 1)?.master).toEqual(RING.keys[4]!.secret);
    expect(ring.currentCardKey(1)?.generation).toBe(1);
  });

  it("answers null for what it does not have, and for the current key where all are revoked", () => {
    const ring = keyRingOf(RING);
    expect([ring.areaKey(20, 4), ring.areaKey(1, 1), ring.cardKey(20, 3), ring.cardKey(2, 1)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
    expect(ring.currentAreaKey(21)).toBeNull();
    expect(ring.areaKey(21, 1)?.state).toBe("revoked");
    expect(ring.currentCardKey(2)).toBeNull();
  });

  it("forgets its secrets when it is wiped", () => {
    const ring = keyRingOf({ ...RING, keys: RING.keys.map((held) => ({ ...held, secret: held.secret.slice() })) });
    ring.wipe();
    expect(isBlank(ring.areaKey(20, 2)!.master)).toBe(true);
  });
});

describe("the test key ring", () => {
  it("has the published keys, of what was named or of everything", () => {
    const town = testKeyRing(1, [20]);
    expect(town.currentCardKey(1)).toEqual({ master: testCardKey(1, 1), generation: 1, state: "current", test: true });
    expect(town.areaKey(20, 7)?.master).toEqual(testAreaKey(20, 7));
    expect([town.cardKey(2, 1), town.areaKey(21, 1)]).toEqual([null, null]);
    expect(testKeyRing().currentAreaKey(21)?.master).toEqual(testAreaKey(21, 1));
    expect([testKeyRing().areaKey(21, 0), testKeyRing().areaKey(70_000, 1)]).toEqual([null, null]);
  });
});

describe("opening a key ring", () => {
  const folder = mkdtempSync(join(tmpdir(), "cachet-ring-"));
  const word = utf8Encode("a passphrase of tests");
  const origin = { random: (size: number) => new Uint8Array(size), now: () => 100 };
  const written = (name: string, content: Content) => {
    writeFileSync(join(folder, name), sealContent(content, word, { logN: 10, r: 8, p: 1 }, origin));
    return join(folder, name);
  };

  it("gives the ring of the file, and reasons where it cannot", () => {
    const path = written("ring", RING);
    const reading = openKeyRing(path, word, 0);
    expect(reading.ok && reading.ring.currentAreaKey(20)?.master).toEqual(RING.keys[2]!.secret);
    expect(openKeyRing(path, utf8Encode("another one"), 0)).toMatchObject({ refusal: "wrong-passphrase" });
    expect(openKeyRing(join(folder, "none"), word, 0)).toMatchObject({ refusal: "absent" });
    expect(openKeyRing(join(path, "none"), word, 0)).toMatchObject({ refusal: "absent" });
    expect(openKeyRing(folder, word, 0)).toMatchObject({ refusal: "unreadable" });
  });

  it("opens a bundle until its second, and not from then on", () => {
    const path = written("bundle", { keys: [RING.keys[4]!], lending: { holder: "Ana", expiresAt: 5_000 } });
    const reading = openKeyRing(path, word, 4_999);
    expect(reading.ok && reading.ring.source).toBe("bundle");
    expect(reading.ok && reading.ring.currentAreaKey(20)).toBeNull();
    expect(reading.ok && reading.ring.currentCardKey(1)?.generation).toBe(1);
    expect(openKeyRing(path, word, 5_000)).toMatchObject({
      refusal: "expired",
      detail: "it was lent to Ana until 1970-01-01 01:23 UTC",
    });
  });
});
