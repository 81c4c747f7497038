import { dayOfCivil } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { type WorldShown, worldPage } from "./world-html.ts";

const written = { money: (cents: number) => `${cents} c`, count: String };
const shown = (days: number, more: Partial<WorldShown> = {}): WorldShown => ({
  ...{ days, terminals: 3, cards: 40, visits: 500, again: "npx cachet sim world --seed 1 <b>" },
  diary: Array.from({ length: days + 1 }, (_, i) => ({
    ...{ day: dayOfCivil(2026, 1, 5) + i, visits: i, earnedCents: 100, spentCents: 40 },
    ...{ liabilityCents: 60 * i, inDoubt: i % 3, alerts: i % 2 },
  })),
  faults: { cutCard: 7, "a fault of tomorrow": 2 },
  attempts: [
    { attack: "clone", on: "NTAG215", day: 3, cents: 495, outcome: "detected", nights: 2 },
    { attack: "edit", on: "NTAG215", day: 4, cents: 0, outcome: "prevented", nights: 0 },
  ],
  broken: [],
  ...more,
});
const drawings = (html: string): number => html.match(/<svg role="img"/g)!.length;

describe("the page of a world", () => {
  it("needs nothing else, and shows words as they are written", () => {
    const html = worldPage(shown(30), "fr", written);
    expect(html).not.toMatch(/https?:|\/\/|<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=|\bon\w+=/i);
    expect(html).toContain("npx cachet sim world --seed 1 &lt;b&gt;");
    expect(html).not.toMatch(/NaN|undefined/);
  });

  it("draws five plots and the attempts, by day, or by week where there are many", () => {
    const [short, long] = [worldPage(shown(30), "fr", written), worldPage(shown(100), "fr", written)];
    expect([drawings(short), drawings(long)]).toEqual([6, 6]);
    expect(short).toContain("Passages, par jour");
    expect(long).toContain("Passages, par semaine");
    expect(drawings(worldPage(shown(30, { attempts: [] }), "en", written))).toBe(5);
  });

  it("names attempts, faults and broken promises, those without words by their names", () => {
    const html = worldPage(shown(30, { broken: [{ day: 4, what: "card 5 <lost>" }] }), "en", written);
    for (const part of [
      "copied card",
      "495 c",
      "visits cut by a card that left",
      "a fault of tomorrow",
      "card 5 &lt;lost&gt;",
    ])
      expect(html).toContain(part);
    expect(html).toContain("1 promises were broken");
    expect(worldPage(shown(30), "en", written)).toContain("every promise was kept");
  });
});
