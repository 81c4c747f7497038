import { CARD_MAPS, type Chip, purseRoom } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ArithmeticFault,
  cagnotte,
  exposure,
  mediaReport,
  type Programme,
  percent,
  prepaid,
  programmeFaults,
  type Rule,
  stamps,
} from "./plain.ts";
import { PROGRAMME_DEFAULTS } from "./programme.ts";

const gift = { kind: "gift", label: "Café", value: 150 } as const;
const grid = (purse: number, cooldownMinutes = 0) =>
  stamps({ id: `s${purse}`, purse, grid: 10, cooldownMinutes, reward: gift });
const money = prepaid({ id: "compte" });
const of = (rules: readonly Rule[], more: Partial<Programme> = {}): Programme => ({
  number: 12,
  version: 1,
  name: "Café",
  scope: "shop",
  ...PROGRAMME_DEFAULTS,
  merchants: { 1: { name: "M", role: "earn-and-spend" } },
  rules,
  ...more,
});
const one = (programme: Programme) => mediaReport([programme]).programmes[0]!;

describe("media a programme fits on", () => {
  it("are those with an area that has room for its purses", () => {
    expect(one(of([grid(0)]))).toMatchObject({ bytes: 2, faults: [] });
    expect(one(of([grid(0)])).usable).toEqual(["NTAG213", "NTAG215", "NTAG216", "MF0UL21", "MF0UL11"]);
    expect(one(of([money, grid(0)], { offlineCap: 1 }))).toMatchObject({ bytes: 6 });
    expect(one(of([money, grid(0)], { offlineCap: 1 })).usable).toEqual(["NTAG213", "NTAG215", "NTAG216", "MF0UL21"]);
    expect(one(of([grid(0, 5), grid(1, 5)])).usable).toEqual(["NTAG215", "NTAG216", "MF0UL21"]);
    expect(one(of([grid(0)], { media: ["MF0UL11"] })).usable).toEqual(["MF0UL11"]);
  });

  it("are shown map by map, alone and beside each other, with the room that stays free", () => {
    const { media } = mediaReport([of([grid(0)]), of([money, grid(0)], { number: 13 })]);
    expect(media.map(({ map }) => map)).toEqual(CARD_MAPS);
    for (const { map, protection, alone, together } of media) {
      const rooms = map.areas.map((area) => purseRoom(map, area));
      for (const [i, bytes] of [2, 6].entries()) {
        const fits = rooms.some((room) => room >= bytes);
        expect(alone[i] !== null, `${map.chip}, layout ${map.layout}`).toBe(fits);
        if (alone[i]) expect(alone[i]).toMatchObject({ room: rooms[alone[i].area], free: alone[i].room - bytes });
      }
      const used = together.flatMap((place) => (place ? [place.area] : []));
      expect(new Set(used).size).toBe(used.length);
      expect(protection === "prevents roll-back").toBe(map.chip.startsWith("MF0UL"));
    }
    const oneArea = media.find(({ map }) => map.layout === 2)!;
    expect(oneArea.alone).toEqual([
      { area: 0, room: 7, free: 5 },
      { area: 0, room: 7, free: 1 },
    ]);
    expect(oneArea.together).toEqual([null, { area: 0, room: 7, free: 1 }]);
  });
});

describe("what a programme says of media", () => {
  it("must be what it fits on: bytes, the largest area, and where it fits", () => {
    const wrong = of([money, grid(0)], { offlineCap: 1, media: ["NTAG213", "MF0UL11"] });
    expect(one(wrong).faults).toEqual([
      "media: the purses take 6 bytes (prepaid 4, stamps 2); the largest area of MF0UL11 has 3; they fit on NTAG213, NTAG215, NTAG216, MF0UL21",
    ]);
    const large = of(
      Array.from({ length: 8 }, (_, i) => [grid(i, 5), { ...grid(i), id: `t${i}` }, cagnotteOf(i)]).flat(),
    );
    expect(one(large).faults.join()).toMatch(/^media: the purses take 112 bytes .*; the largest area of any has 71$/);
  });

  it("must bound prepaid money where a card can be put back, and names both ways out", () => {
    const [fault, ...others] = one(of([money])).faults;
    expect(others).toEqual([]);
    expect(fault).toMatch(
      /^rule "compte": .*NTAG213, NTAG215, NTAG216.*set offlineCap.*or name.*media: \["MF0UL21"\]$/,
    );
    expect(fault).not.toMatch(/lie on [^;]*MF0UL21/);
    expect(one(of([money], { offlineCap: 2_000 })).faults).toEqual([]);
    expect(one(of([money], { media: ["MF0UL21"] })).faults).toEqual([]);
    expect(one(of([money], { media: ["MF0UL21", "NTAG216"] })).faults.join()).toContain("lie on NTAG216,");
    expect(one(of([cagnotteOf(0), grid(0)])).faults).toEqual([]);
  });

  it("says where no medium that prevents it has room", () => {
    const large = of([money, ...[0, 1, 2, 3].map((i) => grid(i, 5))]);
    expect(one(large).faults.join()).toContain("no medium that prevents it has room for this programme");
  });

  it("is checked with everything else that is wrong with a programme", () => {
    for (const programme of [of([money]), of([money], { media: ["MF0UL11"], offlineCap: 1 })]) {
      expect(programmeFaults(programme)).toEqual(one(programme).faults);
      expect(programmeFaults(programme)).toHaveLength(1);
    }
    expect(programmeFaults(of([money], { offlineCap: 2_000 }))).toEqual([]);
  });

  it("never lets prepaid money lie unbounded where a state can be put back", () => {
    const chips = fc.subarray([...new Set(CARD_MAPS.map(({ chip }) => chip))] as Chip[], { minLength: 1 });
    const rules = fc.subarray<Rule>([money, grid(0), grid(1, 5), cagnotteOf(0)], { minLength: 1 });
    const spec = fc.record({ media: chips, offlineCap: fc.constantFrom(1, 2_000) }, { requiredKeys: [] });
    fc.assert(
      fc.property(rules, spec, (given, more) => {
        const programme = of(given, more);
        const { usable, faults } = one(programme);
        const exposed = usable.some((chip) => chip.startsWith("NTAG"));
        const unbounded = given.includes(money) && programme.offlineCap === undefined && exposed;
        expect(faults.some((fault) => fault.startsWith('rule "compte"'))).toBe(unbounded);
        const unfit = (programme.media ?? []).filter((chip) => !usable.includes(chip));
        expect(faults.filter((fault) => fault.startsWith("media:"))).toHaveLength(unfit.length);
      }),
    );
  });
});

function cagnotteOf(purse: number): Rule {
  return cagnotte({ id: `c${purse}`, purse, rate: percent(5), rounding: "carry" });
}

describe("exposure", () => {
  it("is terminals times cap times days, to the cent", () => {
    expect(exposure({ terminals: 3, capCents: 1_500, days: 1 })).toBe(4_500);
    expect(exposure({ terminals: 120, capCents: 2_001, days: 7 })).toBe(1_680_840);
    expect(exposure({ terminals: 0, capCents: 2_000, days: 7 })).toBe(0);
  });

  it("is never a guess", () => {
    for (const wrong of [{ terminals: -1 }, { days: 0.5 }, { capCents: 2 ** 52 }, { days: Number.NaN }]) {
      expect(() => exposure({ terminals: 3, capCents: 1_500, days: 1, ...wrong })).toThrow(ArithmeticFault);
    }
  });
});
