import { describe, expect, it } from "vitest";
import { type DoubtDecision, decideDoubt, type ShownState } from "./doubt.ts";

const hash = (seed: number) => Uint8Array.from({ length: 32 }, (_, i) => (seed + i) & 0xff);
const first4 = (bytes: Uint8Array) => bytes.slice(0, 4);
const OLD = hash(10);
const NEW = hash(100);
const OTHER = hash(200);
const EARLIER = hash(60);

interface Case extends ShownState {
  readonly name: string;
  readonly decision: DoubtDecision;
}

const CASES: readonly Case[] = [
  { name: "the new state", hash: NEW, predecessor: first4(OLD), decision: "committed" },
  { name: "the new state, whatever it names as predecessor", hash: NEW, predecessor: null, decision: "committed" },
  { name: "a state right after the new one", hash: OTHER, predecessor: first4(NEW), decision: "committed" },
  { name: "the old state", hash: OLD, predecessor: first4(EARLIER), decision: "abort-after-write" },
  {
    name: "the old state where nothing was ever committed",
    hash: OLD,
    predecessor: null,
    decision: "abort-after-write",
  },
  { name: "the old state again, right after the new one", hash: OLD, predecessor: first4(NEW), decision: "committed" },
  { name: "another state right after the old one", hash: OTHER, predecessor: first4(OLD), decision: "aborted" },
  { name: "neither, and after neither", hash: OTHER, predecessor: first4(EARLIER), decision: "open" },
  { name: "another state that has no predecessor", hash: OTHER, predecessor: null, decision: "open" },
];

describe("an intent in doubt", () => {
  it.each(CASES)("is $decision when the card shows $name", ({ decision, ...shown }) => {
    expect(decideDoubt({ oldHash: OLD, newHash: NEW }, shown, "highest-sequence")).toBe(decision);
  });

  it.each(CASES)("on a chip with a commit counter waits for a write on top when the card shows $name", (found) => {
    const { decision, ...shown } = found;
    const waits: Partial<Record<DoubtDecision, DoubtDecision>> = {
      committed: "commit-after-write",
      aborted: "abort-after-write",
    };
    expect(decideDoubt({ oldHash: OLD, newHash: NEW }, shown, "odd-even-counter")).toBe(waits[decision] ?? decision);
  });

  it("compares state hashes in full, predecessors in all their four bytes", () => {
    const almost = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 1);
    for (let at = 0; at < 32; at += 1) {
      const shown = { hash: almost(NEW, at), predecessor: null };
      expect(decideDoubt({ oldHash: OLD, newHash: NEW }, shown, "highest-sequence"), `byte ${at}`).toBe("open");
    }
    for (let at = 0; at < 4; at += 1) {
      for (const named of [OLD, NEW]) {
        const shown = { hash: OTHER, predecessor: almost(first4(named), at) };
        expect(decideDoubt({ oldHash: OLD, newHash: NEW }, shown, "highest-sequence"), `byte ${at}`).toBe("open");
      }
    }
  });
});
