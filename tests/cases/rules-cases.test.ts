import type { Sandbox } from "@cachet/firmware/hal";
import { playTrial, type TrialStep } from "@cachet/firmware/rules";
import { loadQuickJs, newV8Sandbox } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { trialScript } from "../../host/src/image/build.ts";
import { check } from "./case-answers.ts";
import { CARD, cardValues, eventsOf, openingEvents } from "./case-events.ts";
import { programmeOf } from "./case-programme.ts";
import { answerOf, type Case, hasCases, type Json, readCases, variantsOf } from "./written-case.ts";

/** Cases of other parts: imports, settlement and its letters. */
const ELSEWHERE = ["C35", "C39", "C41"];
/** Cases that are no programme's: a terminal's memory of cards, and an account that several cards share. */
const OWN_TESTS = ["C37", "C43"];

interface Document {
  readonly cards: Readonly<Record<string, Json>>;
  readonly events: readonly Json[];
}

/** What `programme eval` is given for a case: its cards and all of its events. */
function documentOf(worked: Case, variant: Json): Document {
  const programme = programmeOf(worked, variant);
  const { card, cards } = worked.given as { readonly card?: Json; readonly cards?: Readonly<Record<string, Json>> };
  const named = cards === undefined ? { [CARD]: card ?? {} } : cards;
  const opened = cards === undefined ? named : Object.fromEntries(Object.keys(cards).map((name) => [name, {}]));
  return {
    cards: Object.fromEntries(
      Object.entries(opened).map(([name, given]) => [name, cardValues(worked, given, programme)]),
    ),
    events: [...openingEvents(worked), ...worked.when.flatMap((_, step) => eventsOf(worked, step))],
  };
}

const isIndependent = (event: Json): boolean => event.independent === true;

function play(worked: Case, variant: Json): readonly TrialStep[] {
  const programme = programmeOf(worked, variant);
  const { cards, events } = documentOf(worked, variant);
  if (!worked.when.some(isIndependent)) return playTrial(programme, { cards, events }).steps;
  return events.map((event) => playTrial(programme, { cards, events: [event] }).steps[0]!);
}

/** What the sandbox prints of a trial. */
function printed(sandbox: Sandbox, script: string, given: string): string {
  let text = "";
  sandbox.start(script, (_id, method, args) => {
    if (method !== "given") text = `${method} ${args}`;
  });
  sandbox.answer(1, given);
  sandbox.stop();
  return text;
}

describe.skipIf(!hasCases)("worked cases", () => {
  const all = readCases().filter(({ id }) => !ELSEWHERE.includes(id) && !OWN_TESTS.includes(id));

  for (const worked of all) {
    for (const [name, variant] of variantsOf(worked)) {
      it(`${worked.id}${name === null ? "" : ` ${name}`}: ${worked.title}`, () => {
        const steps = play(worked, variant);
        const opening = steps.length - worked.when.length;
        for (const [i, event] of worked.when.entries()) {
          const step = steps[opening + i]!;
          const before =
            i === 0
              ? cardValues(worked, (worked.given.card ?? {}) as Json, programmeOf(worked, variant))
              : steps[opening + i - 1]!.card;
          const asked = { worked, event, step, before };
          check(answerOf(worked.then[i]!, name), asked);
          if (i === worked.when.length - 1) check(answerOf(worked.final, name), asked);
        }
        expect(steps.length).toBeGreaterThanOrEqual(worked.when.length);
      });

      it(`${worked.id}${name === null ? "" : ` ${name}`}: the same bytes in QuickJS as on V8`, async () => {
        const script = await trialScript(programmeOf(worked, variant));
        const given = JSON.stringify(documentOf(worked, variant));
        const onV8 = printed(newV8Sandbox(), script, given);
        expect(onV8).toMatch(/^played \{"steps":\[\{/);
        expect(printed((await loadQuickJs())(), script, given)).toBe(onV8);
      });
    }
  }
});
