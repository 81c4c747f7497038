import { describe, expect, it } from "vitest";
import type { Finding } from "../office/detect/finding.ts";
import type { Ledger } from "../office/schema.ts";
import { alertLines } from "./alert-text.ts";

/** Findings without forks are told without a look into the ledger. */
const NO_LEDGER = null as unknown as Ledger;
const gap = (number: number): Finding => ({ kind: "gap", terminal: 1, number, what: `record ${number}` });

describe("alerts as lines", () => {
  it("are so many of each kind at most, and say how many more there are", async () => {
    const found = [gap(1), gap(2), gap(3), { kind: "silent", terminal: 2, what: "nothing" } as const];
    const whats = async (most?: number) =>
      (await alertLines(NO_LEDGER, found, most)).filter((line) => !line.startsWith("  T-"));
    expect(await whats(2)).toEqual([
      "GAP  terminals that have still to tell of a record. Next: collect the terminal that is named.",
      "    record 1",
      "    record 2",
      "  and 1 more: cachet office alerts",
      "SILENT  silent terminals. Next: call the shop.",
      "    nothing",
    ]);
    expect((await whats(1)).at(-1)).toBe("    nothing");
    expect(await whats()).toHaveLength(6);
    expect((await whats()).join("\n")).not.toContain("more");
  });
});
