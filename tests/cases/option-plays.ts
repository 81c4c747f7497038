import { readFileSync } from "node:fs";
import { type Programme, playTrial, programmeOfJson } from "@cachet/firmware/rules";
import type { Json } from "./written-case.ts";

/** A play that shows what an option does, as `option-plays.json` has it: a programme, events on a card, what each comes to. */
export interface OptionPlay {
  readonly title: string;
  /** What differs from the programme of three shops, its rules above all, as JSON programmes are written. */
  readonly programme: Json;
  /** What the card holds at first, by rule id. Left out: a new card. */
  readonly card?: Json;
  /** Events as `playTrial` takes them. */
  readonly events: readonly Json[];
  /** Parts of each step as `playTrial` gives it. Lists are whole; of an object, what is named. */
  readonly expect: readonly Json[];
}

const HEAD = {
  ...{ number: 1, version: 1, name: "Essai", scope: "town", offlineCap: 90_000_000 },
  merchants: {
    1: { name: "A", role: "earn-and-spend" },
    2: { name: "B", role: "earn-and-spend" },
    3: { name: "C", role: "earn-and-spend" },
  },
};

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Whether `found` is what was expected; it may have more fields, not more elements of a list. */
export function agrees(expected: unknown, found: unknown): boolean {
  if (!isObject(expected) || !isObject(found)) return expected === found;
  if (Array.isArray(expected) && (!Array.isArray(found) || found.length !== expected.length)) return false;
  return Object.entries(expected).every(([field, value]) => agrees(value, found[field]));
}

export const readOptionPlays = (): readonly OptionPlay[] =>
  JSON.parse(readFileSync(new URL("./option-plays.json", import.meta.url), "utf8"));

/** The programme that a play is about. */
export const playProgramme = ({ programme }: OptionPlay): Programme => programmeOfJson({ ...HEAD, ...programme });

/** What a programme makes of a play otherwise than it says. */
export function playDifferences({ card = {}, events, expect }: OptionPlay, programme: Programme): readonly string[] {
  const { steps } = playTrial(programme, { card, events });
  return expect.flatMap((part, i) =>
    Object.entries(part).flatMap(([word, value]) => {
      const found = (steps[i] as unknown as Json)[word];
      return agrees(value, found)
        ? []
        : [`event ${i + 1}: ${word} is ${JSON.stringify(found)}, the play says ${JSON.stringify(value)}`];
    }),
  );
}
