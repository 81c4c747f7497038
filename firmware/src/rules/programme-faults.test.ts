import { describe, expect, it } from "vitest";
import {
  cagnotte,
  challenge,
  club,
  discount,
  points,
  prepaid,
  programme,
  programmeFaults,
  pursesOf,
  type Rule,
  referral,
} from "./plain.ts";

const HEAD = {
  ...({ number: 1, version: 1, name: "Two", scope: "town" } as const),
  merchants: { 1: { name: "A", role: "earn-and-spend" }, 2: { name: "B", role: "earn-and-spend" } },
} as const;

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

describe("what others are owed", () => {
  const media = { media: ["MF0UL21"] };
  const saving = cagnotte({ id: "c", rate: 500 });
  const brought = referral({ id: "r", of: "c", godchild: 500, godparent: 400 });
  const catalogue = (to: unknown, value = 240) => ({
    ...points({ id: "p", earn: { per: "visit", points: 1 } }),
    gifts: [{ id: "don", label: "Don", points: 300, value, ...(to === undefined ? {} : { to }) }],
  });

  it("is right with its usual values", () => {
    expect(faults(media, saving, brought)).toBe("");
    expect(faults(media, catalogue({ name: "P", rounding: "floor" }))).toBe("");
    expect(faults(media, catalogue(undefined, 0))).toBe("");
  });

  it.each([
    [[brought], /rule "r": of names "c", which is no rule that saves/],
    [
      [saving, brought, { ...brought, id: "s" }],
      /only one rule may be referral, else one new customer would be counted/,
    ],
    [[saving, { ...brought, godchild: 0, godparent: 0 }], /rule "r": it gives nothing; write godchild, godparent or/],
    [[saving, { ...brought, godchild: 0.5 }], /godchild must be 0 to 1000000/],
    [[saving, { ...brought, minimum: undefined }], /rule "r": minimum is missing/],
    [[catalogue({ name: "P" })], /gifts\[0\].to.rounding is missing, it must be one of floor, half-up, ceil/],
    [[catalogue({ name: "", rounding: "floor" })], /gifts\[0\].to.name must have 1 to 40 characters/],
    [
      [catalogue({ name: "P", rounding: "floor" }, 0)],
      /gift "don": value is what somebody else is owed for it; write 1/,
    ],
  ])("is refused with %j", (rules, fault) => {
    expect(faults(media, ...rules)).toMatch(fault);
  });

  it("is asked for with one list of merchants in each purse", () => {
    const merchants = Object.fromEntries([1, 2].map((one) => [one, { name: "M", role: "earn-and-spend" }]));
    const asking = (id: string, purse: number, named: number[], withinDays: number) =>
      discount({ id, off: { cents: 1 }, when: { also: { merchants: named, withinDays, purse } } });
    const first = asking("a", 0, [1, 2], 7);
    expect(faults({ ...media, merchants }, first, asking("b", 0, [2, 1], 30), asking("d", 1, [1], 7))).toBe("");
    expect(faults({ ...media, merchants }, first, asking("b", 0, [1], 7))).toMatch(
      /rule "b": purse 0 of when.also marks other merchants for rule "a"; give it another/,
    );
    const sizes = (...rules: Rule[]) =>
      pursesOf(programme({ ...HEAD, rules })).filter((kind) => kind === "seen").length;
    expect(sizes(first, asking("b", 0, [1, 2], 30), asking("d", 1, [1], 7))).toBe(2);
  });
});

describe("a name", () => {
  it("is missing where it is left out, and not the word undefined", () => {
    const saving = cagnotte({ id: "c", rate: 500 });
    expect(faults({}, saving, { kind: "cap", id: "d", per: "day", most: 5, purse: 0 })).toMatch(
      /rule "d": of must be lower-case letters/,
    );
    const { id: _id, ...nameless } = saving;
    expect(faults({}, nameless as Rule)).toMatch(/id must be lower-case letters/);
  });
});

describe("a condition", () => {
  const saving = cagnotte({ id: "c", rate: 500 });
  const media = { media: ["MF0UL21"] };

  it.each([
    [{ merchants: [1, 5] }, /rule "c": when.merchants names 5, who is not in the programme/],
    [{ from: "2027-12-25", until: "2027-12-25" }, /rule "c": when.until must be after when.from/],
    [{ from: "2027-12-25", until: "2027-12-01" }, /when.until must be after when.from/],
    [{ basket: { kind: "above", amount: 1 } }, /when.basket.kind is "above", it must be "reaches" \(the amount itself/],
    [{ also: { merchants: [5], withinDays: 7, purse: 0 } }, /rule "c": when.also names merchant 5, who is not in the/],
    [{ also: { merchants: [], withinDays: 7, purse: 0 } }, /when.also.merchants must be a list of 1 to 500/],
    [{ also: { merchants: [1], withinDays: 0, purse: 0 } }, /when.also.withinDays must be 1 to 3650 days/],
    [{ also: { merchants: [1], withinDays: 7 } }, /when.also.purse must be 0 to 7/],
    [{ sex: "f" }, /rule "c": there is no field "when.sex": no rule may depend on a customer's sex \(articles 225-1/],
    [{ countryOfOrigin: "x" }, /no rule may depend on a customer's origin/],
    [{ code_postal: "33000" }, /no rule may depend on a customer's place of residence/],
    [{ sexton: 1 }, /there is no field "when.sexton"$/],
  ])("is refused with %o", (when, fault) => {
    expect(faults(media, { ...saving, when })).toMatch(fault);
  });

  it("may name its own merchants and last one day", () => {
    expect(faults(media, { ...saving, when: { merchants: [1], from: "2027-12-24", until: "2027-12-25" } })).toBe("");
  });
});

describe("choices that an author must make", () => {
  const earn = { per: "amount", cents: 100, points: 1, groups: "exact" };
  const faultsOf = (changed: object) =>
    faults({}, { ...points({ id: "p", earn: { per: "visit", points: 1 } }), earn: changed });

  it("are asked for with what each word means", () => {
    expect(faultsOf(earn)).toBe("");
    expect(faultsOf({ ...earn, groups: undefined })).toContain(
      'earn.groups is missing, it must be "exact" (half of the amount counts half) or "whole" (it does not count)',
    );
    expect(faultsOf({ ...earn, beyond: { amount: 500 } })).toContain(
      'earn.beyond.counts is missing, it must be "all" (a basket above the amount earns as a whole) or "above" (only',
    );
  });
});

describe("gifts of several catalogues", () => {
  const shop = (id: string, purse: number, gift: string) =>
    points({
      ...{ id, purse, earn: { per: "visit", points: 1 } },
      gifts: [{ id: gift, label: "Sac", points: 10, value: 100 }],
    });

  it("have ids of their own: a till names one", () => {
    expect(faults({}, shop("a", 0, "sac"), shop("b", 1, "lampe"))).toBe("");
    expect(faults({}, shop("a", 0, "sac"), shop("b", 1, "sac"))).toMatch(
      /^rule "b": gift "sac" is in another catalogue/,
    );
  });
});

describe("rules beside each other", () => {
  const shops = Object.fromEntries([1, 2].map((one) => [one, { name: `M${one}`, role: "earn-and-spend" }]));
  const media = { media: ["MF0UL21"], merchants: shops };
  const saving = cagnotte({ id: "c", rate: 500 });

  it("find the clubs that they name", () => {
    const member = { ...saving, when: { memberOf: "k" } };
    expect(faults(media, member)).toBe('rule "c": there is no club "k"');
    expect(faults(media, member, club({ id: "k", fee: 100 }))).toBe("");
    expect(faults(media, { ...saving, when: { memberOf: "c" } })).toBe('rule "c": there is no club "c"');
  });

  it("ask for as many merchants as there are, no more", () => {
    const asking = (distinct: number) => faults(media, saving, challenge({ id: "d", of: "c", gives: 100, distinct }));
    expect(asking(2)).toBe("");
    expect(asking(3)).toMatch(/distinct is 3, the programme has 2 merchants/);
  });

  it("keep one kind of value in purses of their own, however it is kept", () => {
    const lasting = cagnotte({ id: "d", rate: 500, validity: { months: 12 }, lots: 2 });
    expect(faults({}, saving, lasting)).toMatch(/purse 0 of kind cagnotte-lots-2 is taken/);
    expect(faults({}, saving, points({ id: "p", earn: { per: "visit", points: 1 } }))).toBe("");
  });
});
