import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { CONFIG_PAGES, toHex } from "@cachet/card-layout";
import { utf8Encode } from "@cachet/firmware/wire";
import { Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import type { Type2Dump } from "../../host/src/cards/dumps/dump.ts";
import { passwordFor } from "../../host/src/cards/new-card.ts";
import type { KeyRecord } from "../../host/src/keys/key-record.ts";
import { sealContent } from "../../host/src/keys/sealed-file.ts";
import { testAreaKey, testCardKey } from "../../host/src/keys/test-keys.ts";
import { ROOT } from "../boundaries/sources.ts";
import { Desk, ev1, expectNoSecret, ntag215, READER, ul11 } from "../fixtures/card-desk.ts";
import { CARD, type CardOrder, chipWith, PASSWORD, sealedCard, UID, withBytes } from "../fixtures/sealed-cards.ts";
import { card } from "../fixtures/town.ts";

const WORD = "quatre chevaux agrafe juste";

describe("card info and card read", () => {
  it("say who a card is, its areas, and what its medium prevents", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215, { areas: [[{ sequence: 41, amount: 1250 }, null]] })));
    const { out } = await desk.run("info");
    for (const words of [/card number +2800010000424/, /3 of 4 free/, /€12\.50/, /clone +detects/, /move +prevents/])
      expect(out).toMatch(words);
    const { document } = await desk.json("info", "--file", desk.file(sealedCard(ev1)));
    expect(document).toMatchObject({ card: CARD, issuer: 1, chip: "MF0UL21", free_areas: 0, issued: "2026-06-01" });
    expect(document.protection).toMatchObject({ restore: "prevents", clone: "detects" });
  });

  it("name every byte of a live card, and check its MACs with the keys", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    const { exit, document } = await desk.json("read", "--test-keys");
    expect(exit).toBe(0);
    expect(document).toMatchObject({ identity_mac: "right", problems: [], reader: READER });
    expect(document.areas[0]).toMatchObject({
      holds: "current",
      mac: "right",
      record: { sequence: 42, programme: 20 },
    });
    const sum = document.ranges.reduce((total: number, { length }: { length: number }) => total + length, 0);
    expect(sum).toBe(CONFIG_PAGES.NTAG215.pages * 4);
    const purse = document.ranges.find(({ name }: { name: string }) => name === "carrying-cagnotte");
    expect(purse).toMatchObject({ value: 950, unit: "cents", length: 4, part: "area 0 slot A" });
  });

  it("read without keys where there are none, and say so", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    for (const args of [["read"], ["read", "--no-keys"]]) {
      const ended = await desk.run(...args);
      expect(ended.exit).toBe(0);
      expect(ended.out).toContain("not checkable without the card key");
      expect(ended.err.includes("no keys: MACs are not checked")).toBe(args.length === 1);
    }
  });

  it("show what is no good card, with a note, and end well", async () => {
    const desk = new Desk().lay(new Type2Chip("NTAG215", UID));
    const ended = await desk.run("read", "--test-keys");
    expect(ended.exit).toBe(0);
    expect(ended.err).toMatch(/note C-CARD-02: .*\n {2}State: .*\n {2}Next: /);
    const { document } = await desk.json("read", "--test-keys");
    expect(document).toMatchObject({
      identity: "none",
      content: "new",
      problems: [{ code: "C-CARD-02", wrong: true }],
    });
  });

  it("refuse what is no medium of ours", async () => {
    const version = Uint8Array.of(0, 0x53, 4, 2, 9, 0, 0x11, 3);
    const foreign = new Desk().lay(new Type2Chip("NTAG215", UID, { version }));
    expect(await foreign.run("read", "--test-keys")).toMatchObject({ exit: 1, code: "C-CARD-01" });
    const plain = new Desk().lay(chipWith(sealedCard(ev1)), { profile: "plain" });
    const ended = await plain.run("info");
    expect(ended).toMatchObject({ exit: 1, code: "C-CARD-01" });
    expect(ended.failure!.next.join()).toContain("passes no chip commands");
    const sample = new URL("../../../shared/reference/dumps/classic1k.json", import.meta.url).pathname;
    expect(await plain.run("info", "--file", sample)).toMatchObject({ exit: 1, code: "C-CARD-01" });
    expect(await plain.run("info", "--file", plain.at("text.nfc", "hello"))).toMatchObject({
      exit: 1,
      code: "C-FILE-02",
    });
    expect(await plain.run("info", "--file", plain.at("none.nfc"))).toMatchObject({ exit: 1, code: "C-FILE-01" });
  });

  it.each(["ntag213.nfc", "ntag213.json", "ntag213.bin", "ulev1-21.nfc", "ulev1-21.json", "ulev1-21.bin"])(
    "read %s as other tools wrote it",
    async (name) => {
      const file = new URL(`../../../shared/reference/dumps/${name}`, import.meta.url).pathname;
      const { document, exit } = await new Desk([]).json("read", "--test-keys", "--file", file);
      expect(exit).toBe(0);
      expect(document.chip).toBe(name.startsWith("ntag") ? "NTAG213" : "MF0UL21");
      expect(document.problems[0].code).toBe("C-CARD-03");
    },
  );
});

describe("card read --diff", () => {
  it("tells records from records: what a restored dump would look like", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    const areas: CardOrder["areas"] = [
      [
        { sequence: 39, amount: 1000 },
        { sequence: 38, amount: 5 },
      ],
    ];
    const older = desk.file(sealedCard(ntag215, { areas }), "older.nfc", "flipper");
    const { out, exit } = await desk.run("read", "--test-keys", "--diff", older);
    expect(exit).toBe(0);
    expect(out).toContain("the same card");
    expect(out).toMatch(/programme 20 +sequence 42 -> 39/);
    expect(out).toMatch(/carrying-cagnotte €12\.50 -> €10\.00/);
    expect(out).toContain("b is older than a by 3 writes: a restored dump would look like this");
    expect(out).toMatch(/programme 21 +only in a: /);
    const { document } = await desk.json("read", "--test-keys", "--diff", older);
    expect(document).toMatchObject({ card: "same", a: { reader: READER }, b: { file: older } });
    expect(document.programmes[0]).toMatchObject({ relation: "b-older", writes: 3 });
  });

  it("calls one card number on two chips a copy", async () => {
    const desk = new Desk([]);
    const copy = desk.file(sealedCard(ntag215, { uid: UID.with(6, 9) }), "copy.json");
    const { document } = await desk.json("read", "--file", desk.file(sealedCard(ntag215)), "--diff", copy);
    expect(document.card).toBe("copy");
  });
});

describe("card verify", () => {
  const spoilt = (dump: Type2Dump) => withBytes(withBytes(dump, 4 * 0x18 + 20, 9), 4 * 0x20 + 20, 9);
  const at = (sequence: number, amount: number) => ({ sequence, amount });
  const empty = withBytes(sealedCard(ntag215, { areas: [] }), 16, ...new Array(24).fill(0));
  const cases: readonly (readonly [string, Type2Dump, string | null])[] = [
    ["a good card", sealedCard(ntag215), null],
    ["a good card with a counter", sealedCard(ev1), null],
    ["a cut write", withBytes(sealedCard(ntag215), 4 * 0x20 + 20, 9), null],
    ["an odd counter", sealedCard(ev1, { counters: [43, 0] }), null],
    ["a torn counter", sealedCard(ev1, { tearing: 0 }), null],
    ["a blank card", empty, "C-CARD-02"],
    ["another system's card", withBytes(empty, 16, 1, 2, 3), "C-CARD-03"],
    ["a newer layout", withBytes(sealedCard(ntag215), 18, 99), "C-CARD-04"],
    ["a wrong identity", withBytes(sealedCard(ntag215), 28, 9), "C-CARD-05"],
    ["a copy on another chip", { ...sealedCard(ntag215), ...onOtherChip(sealedCard(ntag215)) }, "C-CARD-05"],
    ["altered records", spoilt(sealedCard(ntag215)), "C-CARD-06"],
    ["two records of one sequence", sealedCard(ntag215, { areas: [[at(5, 1), at(5, 2)]] }), "C-CARD-07"],
    ["a counter that went on", sealedCard(ev1, { counters: [44, 0] }), "C-CARD-08"],
  ];

  it.each(cases)("%s", async (_, dump, code) => {
    const desk = new Desk([]);
    const file = desk.file(dump);
    const ended = await desk.run("verify", "--test-keys", "--file", file);
    expect(ended).toMatchObject({ exit: code === null ? 0 : 1, code });
    const { document } = await desk.json("verify", "--test-keys", "--file", file);
    expect(document.right).toBe(code === null);
    expect(document.error?.code ?? null).toBe(code);
  });

  it("what cannot be checked is no failure, but for --strict", async () => {
    const desk = new Desk([]);
    const torn = desk.file(sealedCard(ev1, { tearing: 0 }));
    expect(await desk.run("verify", "--test-keys", "--strict", "--file", torn)).toMatchObject({
      exit: 1,
      code: "C-CARD-09",
    });
    const noCounter = desk.file(sealedCard(ev1), "no-counter.eml", "eml");
    expect(await desk.run("verify", "--test-keys", "--file", noCounter)).toMatchObject({ exit: 0 });
    expect(await desk.run("verify", "--test-keys", "--strict", "--file", noCounter)).toMatchObject({
      exit: 1,
      code: "C-CARD-10",
    });
  });

  it("with an installer's bundle: identity right, areas not checkable; with another issuer's: nothing checkable", async () => {
    const desk = new Desk([]);
    desk.variable = WORD;
    const file = desk.file(sealedCard(ntag215));
    const key = (role: string, number: number, secret: Uint8Array): KeyRecord => {
      return { role, number, generation: 1, state: "current", madeAt: 0, test: false, secret };
    };
    const ring = (name: string, ...keys: readonly KeyRecord[]) => {
      const origin = { random: (size: number) => new Uint8Array(size).fill(7), now: () => 0 };
      const lending = { holder: "Ines", expiresAt: 99 };
      return desk.at(name, sealContent({ keys, lending }, utf8Encode(WORD), { logN: 10, r: 8, p: 1 }, origin));
    };
    const mine = ring("mine.sealed", key("identity", 1, testCardKey(1, 1).slice()));
    const ended = await desk.run("verify", "--keys", mine, "--file", file);
    expect(ended).toMatchObject({ exit: 0, code: null });
    expect(ended.out).toContain("MAC not checkable without the area key of programme 20");
    expect(ended.out).toContain("is right, as far as it could be checked");
    expect(await desk.run("verify", "--keys", mine, "--strict", "--file", file)).toMatchObject({
      exit: 1,
      code: "C-CARD-10",
    });
    const others = ring("others.sealed", key("identity", 2, testCardKey(2, 1).slice()));
    expect(await desk.run("verify", "--keys", others, "--file", file)).toMatchObject({ exit: 1, code: "C-CARD-12" });
    const forger = ring("forger.sealed", key("identity", 1, testAreaKey(9, 1).slice()));
    expect(await desk.run("verify", "--keys", forger, "--file", file)).toMatchObject({ exit: 1, code: "C-CARD-05" });
    expect(await desk.run("verify", "--file", file)).toMatchObject({ exit: 1, code: "C-KEY-02" });
  });

  it("a chip without room for an identity is its issuer's by its password alone", async () => {
    const dump = sealedCard(ul11);
    const number = 2 ** 48 + Number.parseInt(toHex(UID.subarray(1)), 16);
    const desk = new Desk().lay(chipWith(dump, passwordFor(testCardKey(1, 1), UID, number)));
    expect(await desk.run("verify", "--test-keys", "--issuer", "1")).toMatchObject({ exit: 0, code: null });
    expect(await desk.run("verify", "--test-keys", "--issuer", "2")).toMatchObject({ exit: 1, code: "C-CARD-18" });
    expect(await desk.run("verify", "--test-keys")).toMatchObject({ exit: 1, code: "C-CARD-18" });
    expect(await desk.run("verify", "--test-keys", "--file", desk.file(dump))).toMatchObject({ exit: 0 });
  });
});

/** What a copy on a chip with another UID holds. */
function onOtherChip(dump: Type2Dump): Pick<Type2Dump, "uid" | "pages"> {
  const other = sealedCard(ntag215, { uid: UID.with(6, 9) });
  return { uid: other.uid, pages: [...other.pages.slice(0, 3), ...dump.pages.slice(3)] };
}

describe("card audit", () => {
  it("passes a personalised card, tries its password, and names what fails on another", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    const good = await desk.run("audit", "--test-keys");
    expect(good).toMatchObject({ exit: 0, code: null });
    expect(good.out).toMatch(/pass {2}password +the chip answers to the password/);
    const bad = new Desk().lay(chipWith(sealedCard(ntag215), { ...PASSWORD, password: Uint8Array.of(1, 2, 3, 4) }));
    const ended = await bad.run("audit", "--test-keys");
    expect(ended).toMatchObject({ exit: 1, code: "C-CARD-13" });
    expect(ended.out).toMatch(/fail {2}password +the chip does not answer/);
    const { document } = await bad.json("audit", "--test-keys");
    expect(document).toMatchObject({ failed: 1, error: { code: "C-CARD-13" } });
  });

  it("agrees with personalisation, on every chip", async () => {
    for (const chip of Object.keys(CONFIG_PAGES) as Type2Chip["chip"][]) {
      const desk = new Desk().lay(await card(7, { chip }));
      const ended = await desk.run("audit", "--test-keys", "--issuer", "1");
      expect(ended.out, chip).not.toMatch(/^fail/m);
      expect(ended.exit).toBe(0);
    }
  });

  it("sends no password to a card whose identity is not its issuer's", async () => {
    const commands: number[] = [];
    const desk = new Desk().lay(chipWith(withBytes(sealedCard(ntag215), 28, 9)), {
      leaves: (command) => {
        commands.push(command[0]!);
        return "stays";
      },
    });
    expect((await desk.run("audit", "--test-keys")).out).toMatch(/warn {2}password +not checkable/);
    expect(commands).not.toContain(0x1b);
  });

  it("tries no password on a chip that counts wrong ones, nor through a reader that does not pass them", async () => {
    const counts = withBytes(sealedCard(ntag215), 4 * CONFIG_PAGES.NTAG215.cfg1, 0x03);
    const chip = chipWith(counts);
    const commands: number[] = [];
    const desk = new Desk().lay(chip, {
      leaves: (command) => {
        commands.push(command[0]!);
        return "stays";
      },
    });
    expect((await desk.run("audit", "--test-keys")).out).toMatch(/warn {2}password +not tried/);
    expect(commands).not.toContain(0x1b);
    const plain = new Desk().lay(chipWith(sealedCard(ntag215)), { profile: "plain" });
    expect((await plain.run("audit", "--test-keys")).out).toMatch(/warn {2}password +not checkable with this reader/);
  });
});

describe("the command itself", () => {
  it("reads a file, and tells an error as one JSON document", () => {
    const desk = new Desk([]);
    const file = desk.file(sealedCard(ntag215));
    const cachet = (...args: readonly string[]) =>
      spawnSync(process.execPath, [join(ROOT, "host/bin/cachet.mjs"), "--home", desk.home, "--json", "card", ...args], {
        encoding: "utf8",
      });
    const read = cachet("read", "--test-keys", "--file", file);
    expect(read.status, read.stderr).toBe(0);
    expect(JSON.parse(read.stdout)).toMatchObject({ file, card: CARD, identity_mac: "right" });
    const none = cachet("verify", "--test-keys", "--file", desk.at("none.nfc"));
    expect(none.status).toBe(1);
    expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: "C-FILE-01" } });
    const both = cachet("verify", "--test-keys", "--file", file, "--reader", "sim");
    expect(both.status).toBe(2);
  });
});

afterAll(expectNoSecret);
