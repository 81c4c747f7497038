import { describe, expect, it } from "vitest";
import { bestArea, budgetOf, CARD_MAPS, mapOf, pursesSize } from "./budget.ts";
import { type CardMap, PAGE_BYTES, placeAreas, purseRoom, slotPage } from "./card-map.ts";

const rooms = (map: CardMap) => map.areas.map((area) => purseRoom(map, area));
const ntag213 = mapOf(1, "NTAG213")!;
const ntag216 = mapOf(4, "NTAG216")!;

/** Every stretch of pages a map speaks for. */
function stretches(map: CardMap): { readonly name: string; readonly first: number; readonly last: number }[] {
  const one = (name: string, part: { readonly firstPage: number; readonly pages: number } | null) =>
    part === null ? [] : [{ name, first: part.firstPage, last: part.firstPage + part.pages - 1 }];
  const slots = map.areas.flatMap((area, index) =>
    ([0, 1] as const).map((slot) => {
      const first = slotPage(area, slot);
      return { name: `area ${index} slot ${"AB"[slot]}`, first, last: first + area.slotPages - 1 };
    }),
  );
  return [...one("identity", map.identity), ...one("ndef", map.ndef), ...slots];
}

describe.each(CARD_MAPS)("map $layout of the $chip", (map) => {
  it("stays inside the chip's user pages", () => {
    for (const { name, first, last } of stretches(map)) {
      expect(first, name).toBeGreaterThanOrEqual(map.user.first);
      expect(last, name).toBeLessThanOrEqual(map.user.last);
      expect(last, name).toBeGreaterThanOrEqual(first);
    }
  });

  it("gives no page to two owners", () => {
    const owner = new Map<number, string>();
    for (const { name, first, last } of stretches(map)) {
      for (let page = first; page <= last; page += 1) {
        expect(owner.get(page), `page ${page}, wanted by ${name}`).toBeUndefined();
        owner.set(page, name);
      }
    }
    expect(budgetOf(map, []).freeBytes).toBe((map.user.last - map.user.first + 1 - owner.size) * PAGE_BYTES);
  });

  it("starts slots on page borders and leaves room for at least one stamp purse in each", () => {
    for (const area of map.areas) {
      expect(Number.isInteger(area.firstPage) && Number.isInteger(area.slotPages)).toBe(true);
      expect(purseRoom(map, area)).toBeGreaterThanOrEqual(pursesSize(["stamps"]));
    }
  });

  it("has room for the identity record in its TLV, or none at all", () => {
    if (map.identity !== null) expect(map.identity.pages * PAGE_BYTES).toBeGreaterThanOrEqual(24);
    else expect(map.chip).toBe("MF0UL11");
  });

  it("is found by its layout on its own chip only", () => {
    expect(mapOf(map.layout, map.chip)).toBe(map);
    expect(mapOf(map.layout, map.chip === "NTAG216" ? "NTAG213" : "NTAG216")).toBeNull();
  });
});

describe("card maps", () => {
  it("have a layout number each", () => {
    expect(new Set(CARD_MAPS.map(({ layout }) => layout)).size).toBe(CARD_MAPS.length);
    expect(mapOf(0, "NTAG213")).toBeNull();
    expect(mapOf(99, "NTAG213")).toBeNull();
  });

  it("use the user pages that the chips have", () => {
    const pages = { NTAG213: 36, NTAG215: 126, NTAG216: 222, MF0UL11: 12, MF0UL21: 32 };
    for (const map of CARD_MAPS) expect(budgetOf(map, []).userBytes / PAGE_BYTES, map.chip).toBe(pages[map.chip]);
  });

  it("fill the 36 user pages of the NTAG213 with two areas of 7 and 3 bytes of purses", () => {
    expect(rooms(ntag213)).toEqual([7, 3]);
    expect(ntag213.ndef).toBeNull();
    expect(budgetOf(ntag213, [])).toMatchObject({ userBytes: 144, identityBytes: 24, ndefBytes: 0, freeBytes: 0 });
  });

  it("leave the rooms that the format promises", () => {
    const byLayout = Object.fromEntries(CARD_MAPS.map((map) => [map.layout, rooms(map)]));
    expect(byLayout).toEqual({
      1: [7, 3],
      2: [7],
      3: [7, 7, 39, 39],
      4: [7, 7, 39, 39, 71, 71],
      5: [23],
      6: [3, 3],
      7: [3],
    });
  });

  it("place areas one behind the other", () => {
    expect(placeAreas(10, [8, 7])).toEqual([
      { firstPage: 10, slotPages: 8 },
      { firstPage: 26, slotPages: 7 },
    ]);
    expect(slotPage({ firstPage: 10, slotPages: 8 }, 1)).toBe(18);
  });
});

describe("best area", () => {
  it("is the smallest that holds the purses", () => {
    const [seven, three] = ntag213.areas;
    expect(bestArea(ntag213, ntag213.areas, 3)).toBe(three);
    expect(bestArea(ntag213, ntag213.areas, 4)).toBe(seven);
    expect(bestArea(ntag213, ntag213.areas, 7)).toBe(seven);
    expect(bestArea(ntag213, ntag213.areas, 8)).toBeNull();
    expect(bestArea(ntag213, [], 0)).toBeNull();
  });

  it("is the earlier of two of one size", () => {
    expect(bestArea(ntag216, ntag216.areas, 7)).toBe(ntag216.areas[0]);
    expect(bestArea(ntag216, ntag216.areas.slice(1), 7)).toBe(ntag216.areas[1]);
    expect(bestArea(ntag216, ntag216.areas, 8)).toBe(ntag216.areas[2]);
  });
});

describe("budget", () => {
  it("places the largest programme first, whatever the order", () => {
    const stamps = pursesSize(["stamps"]);
    const shop = pursesSize(["stamps", "cagnotte"]);
    expect(budgetOf(ntag213, [stamps, shop]).placed).toEqual([
      { area: 1, room: 3 },
      { area: 0, room: 7 },
    ]);
    expect(budgetOf(ntag213, [shop, stamps]).placed).toEqual([
      { area: 0, room: 7 },
      { area: 1, room: 3 },
    ]);
  });

  it("says which programme finds no area", () => {
    expect(budgetOf(ntag213, [2, 8]).placed).toEqual([{ area: 1, room: 3 }, null]);
    expect(budgetOf(ntag213, [6, 6]).placed).toEqual([{ area: 0, room: 7 }, null]);
    expect(budgetOf(ntag213, [2, 2, 2]).placed).toEqual([{ area: 1, room: 3 }, { area: 0, room: 7 }, null]);
  });

  it("counts the bytes of identity, NDEF and what is left", () => {
    expect(budgetOf(mapOf(3, "NTAG215")!, [])).toMatchObject({
      userBytes: 504,
      identityBytes: 24,
      ndefBytes: 56,
      freeBytes: 504 - 24 - 56 - 2 * (32 + 32 + 64 + 64),
    });
  });

  it("sums purses with their heads", () => {
    expect(pursesSize([])).toBe(0);
    expect(pursesSize(["stamps", "timed-stamps", "cagnotte", "carrying-cagnotte"])).toBe(18);
  });
});
