import { ArithmeticFault, type Programme, playTrial, type TrialStep, ValueFault } from "@cachet/firmware/rules";

type Fields = Readonly<Record<string, unknown>>;

/** A card, what happens to it, and what its author says that each event comes to. */
export interface Example {
  readonly title: string;
  /** What the card holds at first, by rule id; `{}` is a new card. */
  readonly card: Fields;
  /** Events as `playTrial` takes them. */
  readonly events: readonly unknown[];
  /** One for each event; a word that is left out is not asked about. */
  readonly expect: readonly Fields[];
}

/** One answer that came out otherwise than an example says. */
export interface Difference {
  readonly title: string;
  /** Number of the event, from 1; 0 where the example could not be played at all. */
  readonly event: number;
  readonly word: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** Something in a file of examples that cannot be read; the message names the example and the field. */
export class ExampleFault extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "ExampleFault";
  }
}

type Effect = TrialStep["effects"][number];

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Sums by rule id of the effects of one type, those of nothing left out. */
function byRule({ effects }: TrialStep, type: Effect["type"], of: (effect: Effect) => number = ({ value }) => value) {
  const sums: Record<string, number> = {};
  for (const effect of effects) {
    if (effect.type === type && of(effect) !== 0) sums[effect.rule] = (sums[effect.rule] ?? 0) + of(effect);
  }
  return sums;
}

/**
 * The words of an expectation. Values by rule id are in the rule's own unit: cents, points, stamps, units, entries, minutes; a rule that
 * is not named did nothing. `skipped` and `card` name some rules and say nothing about the others.
 */
const FINDS: Readonly<Record<string, (step: TrialStep) => unknown>> = {
  earned: (step) => byRule(step, "earn"),
  stamps: (step) => byRule(step, "stamp"),
  /** How many times each rule's reward or gift was given. */
  rewards: (step) => byRule(step, "reward", ({ times = 1 }) => times),
  /** Cents off at once, items given free included. */
  discounted: (step) => byRule(step, "discount"),
  redeemed: (step) => byRule(step, "redeem"),
  toppedUp: (step) => byRule(step, "topup"),
  entries: (step) => byRule(step, "entries"),
  /** Minutes of parking. */
  parking: (step) => byRule(step, "parking"),
  expired: (step) => byRule(step, "expire"),
  /** What a refund took back off the card, and what it gave back to it. */
  takenBack: (step) => byRule(step, "clawback"),
  returned: (step) => byRule(step, "return"),
  /** What is lost with an account that is closed. */
  lost: (step) => byRule(step, "forfeit"),
  /** Cents handed to the customer: of a refund, or of an account that is closed. */
  paidOut: (step) =>
    step.effects.reduce((all, { type, value, cents = value }) => (type === "payout" ? all + cents : all), 0),
  /** Last day of a membership that was bought. */
  joined: ({ effects }) => effects.find(({ type }) => type === "join")?.label ?? null,
  /** The level that was reached or lost. */
  level: ({ effects }) => effects.find(({ type }) => type === "tier")?.label ?? null,
  refused: ({ declined }) => Object.fromEntries(declined.map(({ rule, reason }) => [rule, reason])),
  skipped: ({ skipped }) => Object.fromEntries(skipped.map(({ rule, reason }) => [rule, reason])),
  payable: ({ payable }) => payable,
  card: ({ card }) => card,
};
const PARTIAL = ["skipped", "card"];

/** Whether two values that came out of JSON are the same; with `partial`, `found` may have more fields. */
function agree(expected: unknown, found: unknown, partial: boolean): boolean {
  if (Array.isArray(expected)) {
    const others: readonly unknown[] = Array.isArray(found) ? found : [];
    return (
      Array.isArray(found) &&
      others.length === expected.length &&
      expected.every((one: unknown, i) => agree(one, others[i], partial))
    );
  }
  if (!isFields(expected) || !isFields(found)) return expected === found;
  const fields = Object.keys(expected);
  if (!partial && fields.length !== Object.keys(found).length) return false;
  return fields.every((field) => agree(expected[field], found[field], partial));
}

function readOne(given: unknown, place: number): Example {
  if (!isFields(given)) throw new ExampleFault(`example ${place} must be an object`);
  const { title, card = {}, events, expect, ...others } = given;
  if (typeof title !== "string" || title === "") throw new ExampleFault(`example ${place}: title is missing`);
  const refuse = (problem: string) => new ExampleFault(`example "${title}": ${problem}`);
  const [stranger] = Object.keys(others);
  if (stranger !== undefined) throw refuse(`there is no field "${stranger}"`);
  if (!isFields(card)) throw refuse("card must be an object");
  if (!Array.isArray(events) || events.length === 0) throw refuse("events must be a list of at least one");
  if (!Array.isArray(expect) || expect.length !== events.length)
    throw refuse(`expect must have one object for each of the ${events.length} events`);
  const answers = expect.map((answer: unknown, i) => {
    if (!isFields(answer) || Object.keys(answer).length === 0) throw refuse(`expect[${i}] must say something`);
    const unknown = Object.keys(answer).find((word) => FINDS[word] === undefined);
    if (unknown !== undefined) throw refuse(`expect[${i}]: nothing is called "${unknown}"`);
    return answer;
  });
  return { title, card, events, expect: answers };
}

/** Examples as a file of JSON holds them. Throws `ExampleFault` at the first thing that cannot be read. */
export function readExamples(given: unknown): readonly Example[] {
  if (!Array.isArray(given) || given.length === 0) throw new ExampleFault("examples must be a list of at least one");
  return given.map((one: unknown, i) => readOne(one, i + 1));
}

function stepDifferences(title: string, expected: Fields, step: TrialStep, event: number): Difference[] {
  return Object.entries(expected).flatMap(([word, value]) => {
    const found = FINDS[word]!(step);
    return agree(value, found, PARTIAL.includes(word)) ? [] : [{ title, event, word, expected: value, found }];
  });
}

function runExample(programme: Programme, { title, card, events, expect }: Example): Difference[] {
  try {
    const { steps } = playTrial(programme, { card, events });
    return expect.flatMap((expected, i) => stepDifferences(title, expected, steps[i]!, i + 1));
  } catch (error) {
    if (!(error instanceof ValueFault || error instanceof ArithmeticFault)) throw error;
    return [{ title, event: 0, word: "events", expected: "events that can be played", found: error.message }];
  }
}

/** Plays examples in order, each on a card of its own; gives everything that comes out otherwise than they say. */
export function runExamples(programme: Programme, examples: readonly Example[]): readonly Difference[] {
  return examples.flatMap((example) => runExample(programme, example));
}

/** A difference in one line: `title, event 2: earned is {"cagnotte":24}, the example says {"cagnotte":25}`. */
export function differenceText({ title, event, word, expected, found }: Difference): string {
  const place = event === 0 ? title : `${title}, event ${event}`;
  return `${place}: ${word} is ${JSON.stringify(found)}, the example says ${JSON.stringify(expected)}`;
}
