import type { Sandbox } from "@cachet/firmware/hal";
import { type Programme, playTrial, type TrialStep } from "@cachet/firmware/rules";
import { loadQuickJs, newV8Sandbox } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { trialScript } from "../../host/src/image/build.ts";
import { check } from "./case-answers.ts";
import { CARD, cardsOf, cardValues, openingEvents } from "./case-cards.ts";
import { eventOf } from "./case-events.ts";
import { programmeOf } from "./case-programme.ts";
import { answerOf, type Case, type Json, readCases, subjectOf, variantsOf } from "./written-case.ts";

interface Document {
  readonly cards: Readonly<Record<string, Json>>;
  readonly events: readonly Json[];
}

/** What `programme eval` is given for a case: its cards and all of its events. */
function documentOf(worked: Case, said: Json, programme: Programme): Document {
  const cards = Object.keys(cardsOf(worked)).map((name) => [name, cardValues(worked, name, programme, said)]);
  return {
    cards: Object.fromEntries(cards),
    events: [...openingEvents(worked), ...worked.when.map((_, step) => eventOf(worked, step, said))],
  };
}

const isIndependent = (event: Json): boolean => event.independent === true;

function play(worked: Case, programme: Programme, { cards, events }: Document): readonly TrialStep[] {
  if (!worked.when.some(isIndependent)) return playTrial(programme, { cards, events }).steps;
  if (!worked.when.every(isIndependent)) throw new Error("some steps are independent, others are not");
  return events.map((event) => playTrial(programme, { cards, events: [event] }).steps[0]!);
}

/** Holds every step of a case against what it says. */
function checkAll(worked: Case, name: string | null, said: Json): void {
  expect(worked.then).toHaveLength(worked.when.length);
  const programme = programmeOf(worked, said);
  const document = documentOf(worked, said, programme);
  const steps = play(worked, programme, document);
  const opening = steps.length - worked.when.length;
  const before: Record<string, Json> = { ...document.cards };
  for (const [i, step] of steps.entries()) {
    const card = String(document.events[i]!.card ?? CARD);
    const event = worked.when[i - opening];
    if (event !== undefined) {
      const asked = { worked, said, card, event, step, before: before[card] ?? {} };
      check(answerOf(worked.then[i - opening]!, name), asked);
      if (i === steps.length - 1) check(answerOf(worked.final, name), asked);
    }
    before[card] = step.card;
  }
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

describe("worked cases", () => {
  const all = readCases().filter((worked) => subjectOf(worked) === "programme");

  it("of the repository are all here, each under a name of its own", () => {
    const ids = all.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  for (const worked of all) {
    for (const [name, said] of variantsOf(worked)) {
      it(`${worked.id}${name === null ? "" : ` ${name}`}: ${worked.title}`, () => checkAll(worked, name, said));

      it(`${worked.id}${name === null ? "" : ` ${name}`}: the same bytes in QuickJS as on V8`, async () => {
        const programme = programmeOf(worked, said);
        const script = await trialScript(programme);
        const given = JSON.stringify(documentOf(worked, said, programme));
        const onV8 = printed(newV8Sandbox(), script, given);
        expect(onV8).toMatch(/^played \{"steps":\[\{/);
        expect(printed((await loadQuickJs())(), script, given)).toBe(onV8);
      });
    }
  }
});
