import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Chip, CONFIG_PAGES, type2 } from "@cachet/card-layout";
import { afterAll, describe, expect, it } from "vitest";
import { CardFileDamaged, cardsInFolder } from "./card-box.ts";
import { Type2Chip } from "./type2-chip.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-cards-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const UID = Uint8Array.of(4, 1, 2, 3, 4, 5, 6);
const CHIPS = Object.keys(CONFIG_PAGES) as readonly Chip[];

/** Everything that somebody with every command sees of a chip. */
function seen(chip: Type2Chip) {
  chip.select();
  const { pages } = CONFIG_PAGES[chip.chip];
  const read = Array.from({ length: pages }, (_, page) => {
    const answer = chip.execute(type2.read(page));
    if (typeof answer === "string") chip.select();
    return typeof answer === "string" ? answer : Buffer.from(answer).toString("hex");
  });
  return { read, counters: [0, 1, 2].map((number) => [chip.counter(number), chip.wasTorn(number)]) };
}

describe("cards in a folder", () => {
  it.each(CHIPS)("%s comes back with everything that it held: secrets, locks, counters, weak bits", (kind) => {
    const { cfg0, cfg1 } = CONFIG_PAGES[kind];
    const chip = new Type2Chip(kind, UID, { signature: new Uint8Array(32).fill(7), counters: [0, 0, 9] });
    const password = Uint8Array.of(1, 2, 3, 4);
    for (const [page, four] of [
      [6, Uint8Array.of(9, 8, 7, 6)],
      [2, Uint8Array.of(0, 0, 0x10, 0)],
      [cfg1 + 1, password],
      [cfg1 + 2, Uint8Array.of(5, 6, 0, 0)],
      [cfg1, Uint8Array.of(0x87, 0, 0, 0)],
      [cfg0, Uint8Array.of(4, 0, 0, 8)],
    ] as const) {
      expect(chip.execute(type2.write(page, four)), `${page}`).toEqual(Uint8Array.of(type2.ACK));
    }
    chip.tear(type2.write(7, Uint8Array.of(1, 1, 1, 1)), "weak");
    chip.tear(Uint8Array.of(0xa5, 0, 1, 0, 0, 0), "old");
    chip.select();
    chip.execute(type2.passwordAuth(Uint8Array.of(0, 0, 0, 0)));
    const twin = chip.copy();

    cardsInFolder(folder).put("one", chip);
    const back = cardsInFolder(folder).get("one")!;
    expect(back.content()).toEqual(twin.content());
    expect(seen(back)).toEqual(seen(twin));
    back.select();
    expect(back.execute(type2.passwordAuth(password))).toEqual(Uint8Array.of(5, 6));
    expect(back.execute(type2.write(4, Uint8Array.of(1, 2, 3, 4)))).toBe("nak");
  });

  it("are for their owner alone, and found by name", () => {
    const cards = cardsInFolder(folder);
    cards.put("two", new Type2Chip("NTAG213", UID));
    expect(cards.names()).toEqual(["one", "two"]);
    expect(cards.get("two")).toBe(cards.get("two"));
    expect(cards.get("three")).toBeNull();
    expect(cards.get("../one")).toBeNull();
    expect(() => cards.put("../x", new Type2Chip("NTAG213", UID))).toThrow(RangeError);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  it.each(["", "{}", '{"chip":"NTAG999"}', "[1]"])("says so where a file is no card: %j", (text) => {
    writeFileSync(join(folder, "bad.card"), text);
    expect(() => cardsInFolder(folder).get("bad")).toThrow(CardFileDamaged);
  });
});
