import { readFileSync } from "node:fs";
import { CARD_MAPS, type CardMap, CONFIG_PAGES, fromHex, packUrl } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { type CardOrder, sealedCard, UID, withBytes } from "../../../tests/fixtures/sealed-cards.ts";
import { keyRingOf, testKeyRing } from "../keys/key-ring.ts";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import { auditCard } from "./audit.ts";
import type { PasswordVerdict } from "./card-password.ts";
import type { Type2Dump } from "./dumps/dump.ts";
import { DumpLink } from "./dumps/dump-link.ts";
import { type KnownKeys, masterKeysOf, NO_KEYS } from "./known-keys.ts";
import { readCard } from "./read.ts";

const mapOfLayout = (layout: number): CardMap => CARD_MAPS.find((map) => map.layout === layout)!;
const [ntag215, ev1, ul11] = [3, 5, 7].map(mapOfLayout) as [CardMap, CardMap, CardMap];

interface Facts {
  readonly keys?: KnownKeys;
  readonly password?: PasswordVerdict;
  readonly url?: string;
}

/** The verdicts by name, as "result: sentence". */
async function audit(dump: Type2Dump, { keys = testKeyRing(), password = "right", url }: Facts = {}) {
  const reading = await readCard(new DumpLink(dump), masterKeysOf(keys));
  if (reading.result !== "read") throw new Error(reading.result);
  const checks = auditCard(reading.card, { keys, password, url: url ?? null });
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  return Object.fromEntries(checks.map(({ name, result, sentence }) => [name, `${result}: ${sentence}`]));
}

const failing = (checks: Readonly<Record<string, string>>): string[] =>
  Object.keys(checks).filter((name) => checks[name]!.startsWith("fail"));

/** The keys of an office in which `identity` and `area` are at these states; generation 1 is what cards carry. */
function officeKeys(identity: "current" | "previous" | "retired", area: typeof identity | "revoked"): KnownKeys {
  const key = (role: string, number: number, state: typeof area, secret: Uint8Array) =>
    ({ role, number, generation: 1, state, madeAt: 0, test: false, secret }) as const;
  const areas = [20, 21, 22, 23].map((programme) => key("area", programme, area, testAreaKey(programme, 1)));
  return keyRingOf({ keys: [key("identity", 1, identity, testCardKey(1, 1)), ...areas], lending: null });
}

interface Sample {
  readonly family: string;
  readonly uid: string;
  readonly signature: string;
}
const vectors = new URL("../../../../shared/reference/card-vectors.json", import.meta.url);
const { groups } = JSON.parse(readFileSync(vectors, "utf8")) as {
  readonly groups: readonly { readonly name: string; readonly vectors: readonly Sample[] }[];
};
const genuine = groups
  .find(({ name }) => name === "NXP originality signatures")!
  .vectors.find(({ family }) => family === "NTAG21x")!;

describe("auditing a card", () => {
  it.each(CARD_MAPS)("finds nothing wrong with layout $layout of $chip as it should be", async (map) => {
    const checks = await audit(sealedCard(map), { keys: officeKeys("current", "current") });
    expect(failing(checks)).toEqual([]);
    expect(checks["password-in-force"]).toMatch(/^pass: .*04/);
    expect(checks["area-0"]).toMatch(/^pass: programme 20, sequence 42/);
    expect(checks["area-0-key"]).toMatch(/^pass/);
    expect(checks["area-0-counter"] === undefined).toBe(map.commit === "highest-sequence");
  });

  it("originality: genuine, wrong, none, not known", async () => {
    const [uid, signature] = [fromHex(genuine.uid), fromHex(genuine.signature)];
    expect((await audit(sealedCard(ntag215, { uid, signature }))).originality).toMatch(/^pass/);
    expect((await audit(sealedCard(ntag215, { uid: UID, signature }))).originality).toMatch(/^fail/);
    expect((await audit(sealedCard(ntag215, { signature: new Uint8Array(32) }))).originality).toMatch(
      /^warn.*no maker/,
    );
    expect((await audit(sealedCard(ntag215))).originality).toMatch(/^warn.*not known/);
  });

  it("a UID in the memory that is not the reader's", async () => {
    const dump = sealedCard(ntag215);
    const copy = { ...dump, uid: UID.with(6, 7) };
    expect((await audit(copy)).uid).toMatch(/^fail/);
    expect((await audit(withBytes(dump, 3, 0))).uid).toMatch(/^fail.*check bytes/);
  });

  it("a card without identity: blank, as delivered, another system's, of a newer layout", async () => {
    const dump = sealedCard(ntag215);
    const empty = { ...dump, pages: dump.pages.map((page, i) => (i >= 4 && i < 0x82 ? new Uint8Array(4) : page)) };
    expect((await audit(empty)).identity).toMatch(/^fail.*blank/);
    expect((await audit(withBytes(empty, 16, 3, 0, 0xfe))).identity).toMatch(/^fail.*maker delivers/);
    expect((await audit(withBytes(empty, 16, 1, 2, 3))).identity).toMatch(/^fail.*another system/);
    expect((await audit(withBytes(dump, 18, 99))).identity).toMatch(/^fail.*layout 99/);
  });

  it("the identity's MAC: wrong, or not checkable", async () => {
    const altered = await audit(withBytes(sealedCard(ntag215), 16 + 12, 1));
    expect(failing(altered)).toEqual(["identity-mac"]);
    expect((await audit(sealedCard(ntag215), { keys: NO_KEYS }))["identity-mac"]).toMatch(/^warn.*card key/);
  });

  it("locks: identity open, lock bits open, areas locked", async () => {
    const dump = sealedCard(ntag215);
    expect(failing(await audit(withBytes(dump, 10, 0xf7, 0x01)))).toEqual(["identity-locked"]);
    expect(failing(await audit(withBytes(dump, 10, 0xf1, 0x03)))).toEqual(["lock-bits"]);
    expect((await audit(withBytes(dump, 4 * 0x82 + 2, 0)))["lock-bits"]).toMatch(/^warn.*dynamic/);
    expect((await audit(withBytes(dump, 4 * 0x82, 1)))["areas-writable"]).toMatch(/^fail: pages 18-1f /);
    const small = sealedCard(mapOfLayout(1));
    expect((await audit(withBytes(small, 11, 0xff)))["areas-writable"]).toMatch(/^fail: pages 0a-0f /);
  });

  it("configuration: no password, a late one, locked, counted tries, reading closed", async () => {
    const { cfg0, cfg1 } = CONFIG_PAGES.NTAG215;
    const dump = sealedCard(ntag215);
    expect((await audit(withBytes(dump, 4 * cfg0 + 3, 0xff)))["password-in-force"]).toMatch(/^fail: no page/);
    expect((await audit(withBytes(dump, 4 * cfg0 + 3, 0x0a)))["password-in-force"]).toMatch(
      /^fail: only pages from 0a/,
    );
    expect((await audit(withBytes(dump, 4 * cfg1, 0x40)))["configuration-open"]).toMatch(/^warn/);
    expect((await audit(withBytes(dump, 4 * cfg1, 0x03)))["password-tries"]).toMatch(/^fail: after 3 wrong/);
    expect((await audit(withBytes(dump, 4 * cfg1, 0x80)))["reading-free"]).toMatch(/^fail/);
  });

  it("the password: each verdict", async () => {
    const results = {
      right: "pass",
      wrong: "fail",
      "no-key": "warn",
      "counts-tries": "warn",
      "not-passed": "warn",
      "no-chip": "warn",
    };
    for (const [password, result] of Object.entries(results) as [PasswordVerdict, string][])
      expect((await audit(sealedCard(ntag215), { password })).password).toMatch(new RegExp(`^${result}: `));
  });

  it("NDEF: a web address, the expected one, another one, none, something else", async () => {
    const dump = sealedCard(ntag215);
    const withUrl = withBytes(dump, 40, ...packUrl("https://c.example/2800010000424", 56));
    expect((await audit(withUrl)).ndef).toBe("pass: phones open https://c.example/2800010000424");
    expect((await audit(withUrl, { url: "https://c.example/{card}" })).ndef).toMatch(/^pass/);
    expect((await audit(withUrl, { url: "https://d.example/{card}" })).ndef).toMatch(/^fail/);
    expect((await audit(dump, { url: "https://d.example/{card}" })).ndef).toMatch(/^fail: phones open nothing/);
    expect((await audit(withBytes(dump, 40, 3, 0, 0xfe))).ndef).toMatch(/^pass: no web address/);
    expect((await audit(withBytes(dump, 40, 3, 9, 9))).ndef).toMatch(/^warn/);
    expect((await audit(sealedCard(ev1))).ndef).toBeUndefined();
  });

  it("counters: at rest, odd, torn, not known", async () => {
    const at = (value: number, tearing?: number) =>
      sealedCard(ev1, { counters: [value, 0], ...(tearing === undefined ? {} : { tearing }) });
    expect((await audit(at(42)))["area-0-counter"]).toMatch(/^pass.*at rest/);
    expect((await audit(at(43)))["area-0-counter"]).toMatch(/^warn.*next tap finishes/);
    expect((await audit(at(42, 0)))["area-0-counter"]).toMatch(/^warn.*cut/);
    expect((await audit(at(44)))["area-0"]).toMatch(/^fail: no record fits the counter/);
    const without = await audit({ ...at(42), counters: [null, null, null] });
    expect(without["area-0"]).toMatch(/^warn: the counter of this area could not be read/);
  });

  it("areas: conflict, damaged, cut, newer, free, without the key", async () => {
    const slot = (sequence: number, amount: number) => ({ sequence, amount });
    const areas = (...all: NonNullable<CardOrder["areas"]>) => sealedCard(ntag215, { areas: all });
    expect((await audit(areas([slot(5, 1), slot(5, 2)])))["area-0"]).toMatch(/^fail: two records/);
    const whole = areas([slot(41, 1), slot(42, 2)]);
    const [a, b] = [4 * 0x18, 4 * 0x20];
    expect((await audit(withBytes(whole, b + 20, 9)))["area-0"]).toMatch(/^warn.*other slot/);
    expect((await audit(withBytes(withBytes(whole, b + 20, 9), a + 20, 9)))["area-0"]).toMatch(
      /^fail.*no record is whole/,
    );
    expect((await audit(areas()))["area-0"]).toBe("pass: free");
    const withoutKey = await audit(whole, { keys: { ...testKeyRing(), areaKey: () => null } });
    expect(withoutKey["area-0"]).toMatch(/^warn.*not checkable without the area key/);
    expect(withoutKey["area-0-key"]).toBeUndefined();
    expect(failing(withoutKey)).toEqual([]);
  });

  it("an area of which a page is not known is neither free nor damaged", async () => {
    const dump = sealedCard(ntag215);
    for (const page of [0x1a, 0x22]) {
      const checks = await audit({ ...dump, pages: dump.pages.with(page, null) });
      expect(checks["area-0"]).toMatch(/^warn: the slots of this area could not be read/);
      expect(checks["area-1"]).toMatch(/^pass/);
    }
  });

  it("wear: near the end of the sequence, and of what the chip is rated for", async () => {
    const at = (sequence: number) => sealedCard(ntag215, { areas: [[{ sequence, amount: 1 }, null]] });
    expect((await audit(at(180_000)))["area-0-wear"]).toMatch(/^pass/);
    expect((await audit(at(180_001)))["area-0-wear"]).toMatch(/^warn.*rated/);
    expect((await audit(at(15_099_495)))["area-0-wear"]).toMatch(/^warn: sequence/);
  });

  it("key generations: current, previous, retired, revoked, test keys", async () => {
    const dump = sealedCard(ntag215);
    const previous = await audit(dump, { keys: officeKeys("previous", "previous") });
    expect(previous["area-0-key"]).toMatch(/^warn.*written under the current one at the next tap/);
    expect(previous["identity-key"]).toMatch(/^warn.*never written again/);
    expect(failing(await audit(dump, { keys: officeKeys("retired", "current") }))).toEqual(["identity-key"]);
    expect((await audit(dump, { keys: officeKeys("current", "revoked") }))["area-0-key"]).toMatch(/^fail.*revoked/);
    expect((await audit(dump))["area-0-key-test"]).toMatch(/^warn.*test key/);
    expect((await audit(dump, { keys: officeKeys("current", "current") }))["area-0-key-test"]).toBeUndefined();
  });

  it("a chip without room for an identity is told by its password alone", async () => {
    const checks = await audit(sealedCard(ul11), { password: "wrong" });
    expect(failing(checks)).toEqual(["password"]);
    expect(checks["identity-mac"]).toBeUndefined();
  });
});
