import { describe, expect, it } from "vitest";
import { prepaid, programmeFaults, type Rule } from "./index.ts";

const money = prepaid({ id: "p" });
const faults = (more: object, ...rules: readonly object[]): string =>
  programmeFaults({
    number: 12,
    version: 1,
    name: "Café",
    scope: "shop",
    zone: "Europe/Paris",
    merchants: { 1: { name: "M", role: "earn-and-spend" } },
    exclude: [],
    offlineCap: 2_000,
    rules: rules.length > 0 ? rules : [money],
    ...more,
  }).join("; ");

describe("a programme with prepaid money", () => {
  it("is right with its usual values", () => {
    expect(faults({})).toBe("");
    expect(faults({}, { ...money, balanceMax: 15_000, topUpMin: 15_000 })).toBe("");
    expect(faults({ media: ["NTAG213", "MF0UL21"] })).toBe("");
  });

  it.each([
    [{ balanceMax: 0 }, /balanceMax must be 1 to 16777215 cents/],
    [{ balanceMax: 16_777_216 }, /balanceMax must be/],
    [{ topUpMax: 1.5 }, /topUpMax must be 1 to 16777215 cents/],
    [{ topUpMin: 0 }, /topUpMin must be 1 cent/],
    [{ topUpMin: 501, topUpMax: 500 }, /topUpMin must be 1 cent to balanceMax and topUpMax/],
    [{ topUpMin: 501, balanceMax: 500 }, /no top-up is ever taken/],
    [{ bonuses: 5 }, /there is no field "bonuses"/],
    [{ funder: "bank" }, /funder is "bank"/],
    [{ purse: 8 }, /purse must be 0 to 7/],
  ])("is refused with %o", (wrong, fault) => {
    expect(faults({}, { ...money, ...wrong })).toMatch(fault);
  });

  it("has one account only", () => {
    const second: Rule = { ...money, id: "q", purse: 1 };
    expect(faults({}, money, second)).toMatch(/only one rule may be prepaid/);
  });

  it.each([
    [{ offlineCap: 0 }, /offlineCap must be 1 to 90000000 cents/],
    [{ offlineCap: 10.5 }, /offlineCap must be/],
    [{ offlineCap: "20" }, /offlineCap must be/],
    [{ media: [] }, /media must be a list of chips/],
    [{ media: "NTAG213" }, /media must be a list of chips/],
    [{ media: ["NTAG212"] }, /media must be of NTAG213, NTAG215, NTAG216, MF0UL21, MF0UL11/],
    [{ media: ["NTAG213", "NTAG213"] }, /media: a chip stands twice/],
  ])("is refused with %o", (wrong, fault) => {
    expect(faults(wrong)).toMatch(fault);
  });
});
