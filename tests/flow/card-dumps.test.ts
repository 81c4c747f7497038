import { existsSync, readFileSync } from "node:fs";
import { concat, sameBytes, type2 } from "@cachet/card-layout";
import { Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import type { Type2Dump } from "../../host/src/cards/dumps/dump.ts";
import { readDump } from "../../host/src/cards/dumps/read-dump.ts";
import type { WrittenFormat } from "../../host/src/cards/dumps/write-dump.ts";
import { Desk, ev1, expectNoSecret, leavingAt, ntag215, ntag216 } from "../fixtures/card-desk.ts";
import { CARD, chipWith, PASSWORD, sealedCard, UID } from "../fixtures/sealed-cards.ts";
import { card, sale, terminal } from "../fixtures/town.ts";

describe("card dump", () => {
  const formats: readonly (readonly [string, WrittenFormat])[] = [
    ["a.nfc", "flipper"],
    ["a.json", "proxmark-json"],
    ["a.bin", "proxmark-bin"],
    ["a.eml", "eml"],
    ["a.dump", "bin"],
  ];
  it.each(formats)("writes %s as %s, which reads back as the chip's memory", async (name, format) => {
    for (const map of [ntag215, ev1]) {
      const chip = chipWith(sealedCard(map));
      const desk = new Desk().lay(chip);
      const byName = format !== "bin" ? [] : ["--format", format];
      const { document, exit } = await desk.json("dump", "-o", desk.at(name), ...byName);
      expect({ exit, format: document.format }).toEqual({ exit: 0, format });
      const read = readDump(name, readFileSync(desk.at(name)));
      if (!read.ok || read.dump.family !== "type2") throw new Error("no dump");
      expect(concat(...read.dump.pages.map((page) => page!))).toEqual(chip.dump());
      expect(Buffer.from(readFileSync(desk.at(name))).includes(Buffer.from(PASSWORD.password))).toBe(false);
      if (format === "proxmark-json" && map === ev1)
        expect(read.dump.counters[2]).toEqual({ value: 42, tearing: 0xbd });
    }
  });

  it("says that the password is not in the file", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    expect((await desk.run("dump", "-o", desk.at("a.nfc"))).out).toContain("PWD and PACK are not in the file");
  });

  it("overwrites nothing without --force, and wants to know the format", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    const file = desk.at("there.nfc", "mine");
    expect(await desk.run("dump", "-o", file)).toMatchObject({ exit: 1, code: "C-CARD-15" });
    expect(readFileSync(file, "utf8")).toBe("mine");
    expect(await desk.run("dump", "-o", file, "--force")).toMatchObject({ exit: 0 });
    expect(await desk.run("dump", "-o", desk.at("x.txt"))).toMatchObject({ exit: 2, code: "C-USAGE-01" });
  });

  it("writes no file where two readings differ", async () => {
    const chip = new Type2Chip("NTAG215", UID);
    chip.tear(type2.write(0x18, Uint8Array.of(1, 2, 3, 4)), "weak");
    const desk = new Desk().lay(chip);
    const ended = await desk.run("dump", "-o", desk.at("weak.nfc"));
    expect(ended).toMatchObject({ exit: 1, code: "C-CARD-14" });
    expect(ended.failure!.message).toContain("18");
    expect(existsSync(desk.at("weak.nfc"))).toBe(false);
  });
});

describe("card load", () => {
  const older = sealedCard(ntag215, {
    areas: [
      [
        { sequence: 41, amount: 950 },
        { sequence: 40, amount: 5 },
      ],
    ],
  });
  const userOf = (memory: Uint8Array) => memory.slice(16, 4 * 0x82);

  it("puts an older state back, opens the card with its password, and says what that means", async () => {
    const chip = chipWith(sealedCard(ntag215));
    const desk = new Desk().lay(chip);
    const { out, exit } = await desk.run("load", desk.file(older), "--test-keys");
    expect(exit).toBe(0);
    expect(userOf(chip.dump())).toEqual(userOf(chipWith(older).dump()));
    expect(out).toContain("programme 20 went back by 1 write");
    expect(out).toMatch(/COUNTER_ROLLBACK\), or found at import as a fork/);
    expect(out).toMatch(/area 0 +programme 20, sequence 41/);
    const again = await desk.json("load", desk.file(older), "--test-keys");
    expect(again.document).toMatchObject({ written: [], same_card: true, warnings: [] });
  });

  it("on a chip with a counter, shows at once that no record fits", async () => {
    const chip = chipWith(sealedCard(ev1));
    const desk = new Desk().lay(chip);
    const before = sealedCard(ev1, {
      areas: [
        [
          { sequence: 40, amount: 1250 },
          { sequence: 38, amount: 5 },
        ],
      ],
      counters: [40, 0],
    });
    const { out, exit } = await desk.run("load", desk.file(before), "--test-keys");
    expect(exit).toBe(0);
    expect(out).toContain("programme 20: the file holds another history");
    expect(out).toMatch(/area 0 +no record fits the counter; counter 2 at 42/);
    expect(out).toContain("refused by every terminal (COUNTER_ROLLBACK)");
    expect(chip.counter(2)).toBe(42);
  });

  it("refuses another chip, another card, locked pages, and a file of another system", async () => {
    const chip = chipWith(sealedCard(ntag215));
    const memory = chip.dump();
    const desk = new Desk().lay(chip);
    const load = (dump: Type2Dump, ...more: readonly string[]) =>
      desk.run("load", desk.file(dump), "--test-keys", ...more);
    expect(await load(sealedCard(ntag216))).toMatchObject({ exit: 1, code: "C-CARD-16" });
    const stranger = sealedCard(ntag215, { uid: UID.with(6, 9), card: CARD + 10 });
    const refused = await load(stranger);
    expect(refused).toMatchObject({ exit: 1, code: "C-CARD-16" });
    expect(refused.failure!.next.join()).toContain("--other-card");
    const locked = await load(stranger, "--other-card");
    expect(locked).toMatchObject({ exit: 1, code: "C-CARD-17" });
    expect(locked.failure!.message).toContain("pages 06, 08-09 differ");
    expect(chip.dump()).toEqual(memory);
  });

  it("--other-card copies onto a blank card, where nothing is valid", async () => {
    const chip = new Type2Chip("NTAG215", UID.with(6, 9));
    const desk = new Desk().lay(chip);
    const { out, exit } = await desk.run("load", desk.file(older), "--test-keys", "--other-card");
    expect(exit).toBe(0);
    expect(out).toContain("no record is valid on this card");
    expect(userOf(chip.dump())).toEqual(userOf(chipWith(older).dump()));
    expect(await desk.run("verify", "--test-keys")).toMatchObject({ exit: 1, code: "C-CARD-05" });
  });

  it("needs the card's password: none without keys, a wrong one, a reader that does not pass it", async () => {
    const memory = chipWith(sealedCard(ntag215)).dump();
    const wrong = { ...PASSWORD, password: Uint8Array.of(1, 2, 3, 4) };
    for (const [chip, options, keys, code] of [
      [chipWith(sealedCard(ntag215)), {}, "--no-keys", "C-CARD-18"],
      [chipWith(sealedCard(ntag215), wrong), {}, "--test-keys", "C-CARD-18"],
      [chipWith(sealedCard(ntag215)), { profile: "plain" }, "--test-keys", "C-READER-08"],
    ] as const) {
      const desk = new Desk().lay(chip, options);
      expect(await desk.run("load", desk.file(older), keys)).toMatchObject({ exit: 1, code });
      expect(chip.dump()).toEqual(memory);
    }
  });

  it("leaves what the file does not know, and says so", async () => {
    const chip = chipWith(sealedCard(ntag215));
    const desk = new Desk().lay(chip);
    const holes = { ...older, pages: older.pages.with(0x28, null) };
    const { out } = await desk.run("load", desk.file(holes), "--test-keys");
    expect(out).toContain("does not know pages 28");
    expect(sameBytes(chip.dump().slice(4 * 0x28, 4 * 0x29), sealedCard(ntag215).pages[0x28]!)).toBe(true);
  });
});

describe("a card that is pulled", () => {
  const file = (desk: Desk) => desk.file(sealedCard(ntag215, { areas: [[{ sequence: 41, amount: 1 }, null]] }));
  const commands: readonly (readonly [string, (desk: Desk) => readonly string[]])[] = [
    ["info", () => ["info"]],
    ["read", () => ["read", "--test-keys"]],
    ["verify", () => ["verify", "--test-keys"]],
    ["audit", () => ["audit", "--test-keys"]],
    ["dump", (desk) => ["dump", "-o", desk.at("pulled.nfc")]],
    ["load", (desk) => ["load", file(desk), "--test-keys"]],
  ];

  it.each(commands)(
    "at any command of card %s ends with exit code 3, and the next run is whole",
    async (name, argsOf) => {
      for (const map of [ntag215, ev1]) {
        if (map === ev1 && name === "load") continue;
        const whole = leavingAt(Number.POSITIVE_INFINITY);
        const counting = new Desk().lay(chipWith(sealedCard(map)), whole);
        expect((await counting.run(...argsOf(counting))).exit).toBe(0);
        for (let at = 1; at <= whole.commands(); at += 1) {
          const chip = chipWith(sealedCard(map));
          const desk = new Desk().lay(chip, leavingAt(at));
          const ended = await desk.run(...argsOf(desk));
          expect(ended, `${name} ${at} of ${whole.commands()}`).toMatchObject({ exit: 3, code: "C-CARD-11" });
          expect(existsSync(desk.at("pulled.nfc"))).toBe(false);
          desk.lay(chip);
          expect(await desk.run(...argsOf(desk)), `${name} again after ${at}`).toMatchObject({ exit: 0 });
        }
      }
    },
  );
});

describe("the story of a card that is put back in time", () => {
  it("is dumped, used, compared, loaded, and refused by the terminal that saw it", async () => {
    const [chip, shop] = [await card(42, { areas: 2 }), await terminal(1)];
    const visit = async () => {
      const report = await shop.visit(sale(2_000), chip);
      chip.select();
      return report;
    };
    await visit();
    const desk = new Desk().lay(chip);
    expect(await desk.run("verify", "--test-keys")).toMatchObject({ exit: 0 });
    expect(await desk.run("dump", "-o", desk.at("then.nfc"))).toMatchObject({ exit: 0 });
    await visit();
    desk.lay(chip);
    const { out } = await desk.run("read", "--test-keys", "--diff", desk.at("then.nfc"));
    expect(out.match(/b is older than a by 1 write: a restored dump would look like this/g)).toHaveLength(2);
    expect(await desk.run("load", desk.at("then.nfc"), "--test-keys")).toMatchObject({ exit: 0 });
    expect(await desk.run("verify", "--test-keys")).toMatchObject({ exit: 0 });
    expect(await visit()).toMatchObject({ result: "refused", reason: "COUNTER_ROLLBACK" });
  });
});

afterAll(expectNoSecret);
