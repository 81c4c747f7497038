import { type Programme, playTrial, type TrialStep } from "@cachet/firmware/rules";
import { differences } from "./case-answers.ts";
import { CARD, cardsOf, cardValues, openingEvents } from "./case-cards.ts";
import { eventOf } from "./case-events.ts";
import { answerOf, type Case, type Json } from "./written-case.ts";

export interface Document {
  readonly cards: Readonly<Record<string, Json>>;
  readonly events: readonly Json[];
}

/** What `programme eval` is given for a case: its cards and all of its events. */
export function documentOf(worked: Case, said: Json, programme: Programme): Document {
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

/** What a programme makes of a case otherwise than the case says. */
export function caseDifferences(
  worked: Case,
  name: string | null,
  said: Json,
  programme: Programme,
  document: Document,
): readonly string[] {
  const steps = play(worked, programme, document);
  const opening = steps.length - worked.when.length;
  const before: Record<string, Json> = { ...document.cards };
  return steps.flatMap((step, i) => {
    const card = String(document.events[i]!.card ?? CARD);
    const event = worked.when[i - opening];
    const asked = { worked, said, card, event: event ?? {}, step, before: before[card] ?? {} };
    before[card] = step.card;
    if (event === undefined) return [];
    const final = i === steps.length - 1 ? differences(answerOf(worked.final, name), asked) : [];
    return [...differences(answerOf(worked.then[i - opening]!, name), asked), ...final];
  });
}
