import { cardNumber, type2 } from "@cachet/card-layout";
import { chipInField, Mishaps, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testCardKey } from "../keys/test-keys.ts";
import { CardLog, CardLogFault, type LogFile } from "./card-log.ts";
import type { ChipLink } from "./chip-link.ts";
import { personaliseRun, type RunOrder, type RunRow } from "./run.ts";

const ORDER: RunOrder = {
  issuer: 1,
  issued: 9_000,
  master: testCardKey(1, 1),
  generation: 1,
  count: 3,
  first: 1,
  genuineOnly: false,
};
const chip = (tail: number) => new Type2Chip("NTAG215", Uint8Array.of(4, 1, 2, 3, 4, 5, tail));

class Lines implements LogFile {
  readonly kept: string[] = [];
  lines = (): readonly string[] => this.kept;
  append(line: string): void {
    this.kept.push(line);
  }
}

async function run(file: LogFile, cards: readonly (ChipLink | "none")[], over: Partial<RunOrder> = {}) {
  const waiting = [...cards];
  const rows: RunRow[] = [];
  const { ended } = await personaliseRun(
    { ...ORDER, ...over },
    {
      next: async () => waiting.shift() ?? "none",
      removed: async () => null,
      log: new CardLog(file),
      now: () => 1_000_000,
      told: (row) => rows.push(row),
    },
  );
  return { rows, ended };
}
const numbers = (rows: readonly RunRow[]) => rows.map(({ result, card }) => [result, card]);

describe("a run of personalisations", () => {
  it("gives numbers one after the other, and goes on behind the last one after a stop", async () => {
    const file = new Lines();
    const first = await run(file, [chipInField(chip(1)), chipInField(chip(2))]);
    expect(first.ended).toBe("none");
    expect(numbers(first.rows)).toEqual([
      ["written", cardNumber(1, 1)],
      ["written", cardNumber(1, 2)],
    ]);
    const second = await run(file, [chipInField(chip(3))], { count: 1 });
    expect(second.ended).toBe("complete");
    expect(numbers(second.rows)).toEqual([["written", cardNumber(1, 3)]]);
  });

  it("never gives a burnt number again, and names the card", async () => {
    const file = new Lines();
    const torn = chip(1);
    const mishaps = new Mishaps().at(20, { what: "card", when: "before" });
    const { rows } = await run(file, [chipInField(torn, () => mishaps), chipInField(chip(2))], { count: 1 });
    expect(numbers(rows)).toEqual([
      ["interrupted", cardNumber(1, 1)],
      ["written", cardNumber(1, 2)],
    ]);
    expect(new CardLog(file).burnt(1)).toEqual([cardNumber(1, 1)]);
    // The same chip comes again: it is taken up where it was left, under a number of its own.
    const again = await run(file, [chipInField(torn)], { count: 1 });
    expect(numbers(again.rows)).toEqual([["written", cardNumber(1, 3)]]);
    expect(new CardLog(file).burnt(1)).toEqual([cardNumber(1, 1)]);
  });

  it("counts a card that was this issuer's before as such", async () => {
    const file = new Lines();
    const mine = chip(1);
    await run(file, [chipInField(mine)], { count: 1 });
    const { rows } = await run(file, [chipInField(mine), chipInField(chip(2))], { count: 1 });
    expect(numbers(rows)).toEqual([
      ["already", cardNumber(1, 1)],
      ["written", cardNumber(1, 2)],
    ]);
  });

  it("puts strange, used and copied cards aside without using up a number", async () => {
    const used = chip(1);
    used.execute(type2.write(0x30, Uint8Array.of(1, 1, 1, 1)));
    const strange = new Type2Chip("NTAG215", Uint8Array.of(4, 1, 2, 3, 4, 5, 2), { version: new Uint8Array(8) });
    const { rows } = await run(new Lines(), [chipInField(used), chipInField(strange), chipInField(chip(3))], {
      count: 1,
    });
    expect(rows.map(({ result, reason, card }) => [result, reason, card])).toEqual([
      ["rejected", "not-blank", null],
      ["rejected", "unknown-chip", null],
      ["written", null, cardNumber(1, 1)],
    ]);
    const genuine = await run(new Lines(), [chipInField(chip(4))], { genuineOnly: true });
    expect(genuine.rows.map(({ reason, card }) => [reason, card])).toEqual([["not-genuine", null]]);
  });

  it("begins at the number it is told, and ends where there is none left", async () => {
    const file = new Lines();
    const { rows, ended } = await run(file, [chipInField(chip(1)), chipInField(chip(2))], { first: 999_999 });
    expect(numbers(rows)).toEqual([["written", cardNumber(1, 999_999)]]);
    expect(ended).toBe("no-number-left");
  });

  it("notes a number before the first byte of it is on a card", async () => {
    const file = new Lines();
    const one = chip(1);
    const blank = one.dump();
    const broken: LogFile = {
      lines: () => [],
      append: () => {
        throw new Error("disk full");
      },
    };
    await expect(run(broken, [chipInField(one)], { count: 1 })).rejects.toThrow("disk full");
    expect(one.dump()).toEqual(blank);
    await run(file, [chipInField(one)], { count: 1 });
    expect(file.kept.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(["begun", "written"]);
  });
});

describe("the log of cards", () => {
  const begun = (serial: number, uid: string) =>
    JSON.stringify({ event: "begun", at: 1, issuer: 1, serial, card: cardNumber(1, serial), uid });
  const logOf = (...lines: readonly string[]) => new CardLog({ lines: () => lines, append: () => {} });

  it("takes nothing but the number from a line that was cut off, wherever it stands", () => {
    const whole = begun(9, "0400");
    for (let length = 1; length < whole.length; length += 1) {
      const cut = whole.slice(0, length);
      const named = cut.includes('"serial":9');
      expect(logOf(begun(1, "0401"), cut).nextSerial(1, 1), cut).toBe(named ? 10 : 2);
      expect(logOf(begun(1, "0401"), cut, begun(2, "0402")).nextSerial(1, 1), cut).toBe(named ? 10 : 3);
      expect(logOf(cut).begunOn("0400"), cut).toBeNull();
    }
  });

  it.each([
    '{"event":"begun"}',
    "{}",
    '{"event":"other","at":1,"uid":"04"}',
    '{"event":"written","at":1,"uid":"04","card":-1}',
    '{"event":"begun","at":1,"issuer":1,"serial":99999999999,"card":1,"uid":"04"}',
    "}",
    "rubbish",
    "null",
    "[]",
    "\u0000{\u0000",
    '{"at":1',
  ])("names a line that is none of its own: %s", (line) => {
    expect(() => logOf(begun(1, "0401"), line)).toThrow(CardLogFault);
    expect(() => logOf(begun(1, "0401"), line)).toThrow("line 2");
  });

  it("does not give a number again that stands in a line whose end is damaged", () => {
    const damaged = begun(7, "0401").replace(/}$/, "]");
    expect(logOf(damaged).nextSerial(1, 1)).toBe(8);
    expect(logOf('{"event":"begun","at":1,"issuer":1,"serial":12,"ca').nextSerial(1, 1)).toBe(13);
  });

  it("keeps the numbers of issuers apart", () => {
    const log = logOf(begun(7, "0401"));
    expect([log.nextSerial(1, 1), log.nextSerial(2, 1), log.nextSerial(1, 100)]).toEqual([8, 1, 100]);
    expect([log.knows(1), log.knows(2)]).toEqual([true, false]);
  });
});
