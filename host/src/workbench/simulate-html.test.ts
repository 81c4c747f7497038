import { dayOfCivil } from "@cachet/card-layout";
import { cagnotte, type Programme, percent, programme } from "@cachet/firmware/rules";
import { describe, expect, it } from "vitest";
import { compare } from "./compare.ts";
import { simulate } from "./simulate.ts";
import { simulationPage } from "./simulate-html.ts";
import { type Outcome, writingIn } from "./simulate-report.ts";

const money = (cents: number) => `${cents} c`;
const rate = (of: number): Programme =>
  programme({
    ...{ number: 7, version: 1, name: 'L\'<b>Essai</b> & "Co"', scope: "town" },
    merchants: { 1: { name: "<script>", role: "earn-and-spend" } },
    rules: [cagnotte({ id: "euros", rate: percent(of) })],
  });
const purchases = Array.from({ length: 200 }, (_, i) => ({
  ...{ member: `m${i % 23}`, day: dayOfCivil(2026, 1, 1) + i, items: 1 },
  amountCents: (i * 37) % 4_000,
}));
const run = (of: number) => simulate(rate(of), purchases, { redeeming: "max", merchant: 1 });

function outcome(isCompared: boolean): Outcome {
  const [after, before] = [run(8), run(4)];
  return {
    run: { name: "nouveau<img>", simulation: after, cautions: [{ missing: "time", rules: ["euros"] }] },
    other: isCompared ? { name: "ancien", simulation: before, cautions: [] } : null,
    comparison: isCompared ? compare(before, after) : null,
    redeeming: "max",
    merchantName: "Un",
  };
}
const page = (isCompared: boolean, lang: "fr" | "en" = "fr") =>
  simulationPage(outcome(isCompared), lang, writingIn(lang, money));

describe("the page of a simulation", () => {
  it("needs nothing else: no address, no script, no import", () => {
    const html = page(true);
    expect(html).not.toMatch(/https?:|\/\/|<script|<link|<img|<iframe|@import|url\(|\bsrc=|\bhref=|\bon\w+=/i);
    expect(html).toMatch(/^<!doctype html>\n<html lang="fr">/);
  });

  it("has the drawings, each named, and a third one where programmes are compared", () => {
    const drawings = (html: string) => html.match(/<svg role="img" aria-label="[^"]+"/g)?.length;
    expect(drawings(page(false))).toBe(2);
    expect(drawings(page(true))).toBe(3);
    const html = page(true);
    expect(html).toContain("</svg>");
    expect(html).toContain("perd</text>");
    expect(html.match(/<path [^>]*fill="#1f5a94"/g)!.length).toBeGreaterThan(7);
    expect(html).not.toContain("NaN");
    expect(html).not.toContain("undefined");
  });

  it("shows names as they are written, whatever is in them", () => {
    const html = page(true);
    expect(html).toContain("L'&lt;b&gt;Essai&lt;/b&gt; &amp; &quot;Co&quot;");
    expect(html).toContain("&lt;script&gt;");
    expect(html).toContain("nouveau&lt;img&gt;");
  });

  it("speaks both languages and is the same every time", () => {
    expect(page(true, "en")).toContain("Winners and losers");
    expect(page(true, "fr")).toContain("Gagnants et perdants");
    expect(page(true)).toBe(page(true));
  });
});
