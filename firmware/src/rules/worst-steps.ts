import { CUSTOM_VALUE_MAX } from "./custom.ts";
import type { CustomFacts } from "./custom-facts.ts";
import type { Skipped } from "./effect.ts";
import { evaluate, SALE_CENTS_MAX } from "./evaluate.ts";
import { FORBIDDEN_SOURCE, forbiddenFact } from "./forbidden-facts.ts";
import type { Programme, Rule } from "./programme.ts";
import { STEPS_MAX } from "./steps.ts";

const LINES = 100;
const UNITS = 99;
const DAYS = 7;
/** A day in 2026, from which a week is tried: near noon, so that each zone has another day of the week each time. Seconds since 2000. */
const NOON = 27 * 365 * 86_400 + 43_200;

const isText = (value: unknown): value is string => typeof value === "string";

/** Categories that a value names anywhere in it. */
function categoriesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]) => {
    if (field === "category" && isText(inner)) return [inner];
    if ((field === "categories" || field === "exclude") && Array.isArray(inner)) return inner.filter(isText);
    return categoriesIn(inner);
  });
}

const isCustom = (rule: Rule): boolean =>
  rule.kind === "bonus" && typeof rule.gives === "object" && "earn" in rule.gives;

/** Whether a programme has functions of its own. */
export const hasCustomRules = ({ rules }: Programme): boolean => rules.some(isCustom);

/** Something that a custom rule did wrong when it was tried, or the rules of a programme together. */
export type TriedFault = (
  | Skipped
  | { readonly rule: string; readonly reason: "UNKNOWN_FACT"; readonly fact: string }
) & {
  /** What the function threw. */
  readonly threw?: string;
  /** It went wrong only where the terminal's clock had been reset. */
  readonly isClockReset?: true;
};

/** Hears what custom rules read that is no fact, and what they throw. */
interface Listener {
  read(rule: string, fact: string): void;
  threw(rule: string, message: string): void;
}

/** An object that tells each field that is read of it and not there. */
function watched<T extends object>(fields: T, tell: (field: string) => void): T {
  return new Proxy(fields, {
    get: (target, field) => {
      if (typeof field === "string" && !Object.hasOwn(target, field)) tell(field);
      return Reflect.get(target, field);
    },
  });
}

function watchedFacts({ lines, time, ...facts }: CustomFacts, tell: (field: string) => void): CustomFacts {
  return watched(
    {
      ...facts,
      lines: lines.map((line) => watched(line, tell)),
      time: time === null ? null : watched(time, tell),
    },
    tell,
  );
}

/** A bonus that always has its say, and whose function is listened to. */
function always(rule: Rule, listener: Listener): Rule {
  if (rule.kind !== "bonus") return rule;
  const { id, kind, of, gives, funder } = rule;
  if (typeof gives === "number" || !("earn" in gives)) return { id, kind, of, gives, funder };
  const earn = (facts: CustomFacts): number => {
    try {
      return gives.earn(watchedFacts(facts, (fact) => listener.read(id, fact)));
    } catch (error) {
      listener.threw(id, error instanceof Error ? error.message : String(error));
      throw error;
    }
  };
  return { id, kind, of, gives: { ...gives, earn }, funder };
}

/** What the largest sales show of a programme. */
export interface WorstSteps {
  readonly steps: number;
  /** What went wrong there, each rule and reason once. */
  readonly faults: readonly TriedFault[];
}

const FACTS =
  "facts have merchant, time, lines, tier, isFirst, balance, earned; a line has amount, earning, quantity, category; " +
  "time has year, month, dayOfMonth, weekday, minute";

/** Why a custom rule cannot ask for what is no fact. */
export function unknownFactText(fact: string): string {
  const asked = forbiddenFact(fact);
  return asked === null
    ? `"${fact}" is no fact: ${FACTS}`
    : `"${fact}" is no fact: no rule may depend on a customer's ${asked} (${FORBIDDEN_SOURCE})`;
}

const ON_THE_LARGEST = `for a sale of ${LINES} lines`;

function stepFault(steps: number, fault: TriedFault): string {
  const { rule, reason } = fault;
  if (reason === "UNKNOWN_FACT")
    return `rule "${rule}": its function reads what is not there: ${unknownFactText(fault.fact)}`;
  if (rule === "")
    return steps > STEPS_MAX
      ? `rules: they take ${steps} steps ${ON_THE_LARGEST}, at most ${STEPS_MAX}; take some of them out`
      : `rules: they do more ${ON_THE_LARGEST} than a journal entry has room for; take some of them out`;
  const what = {
    STEP_BUDGET: `takes more than the ${STEPS_MAX} steps there are`,
    RULE_THREW: "throws",
    BAD_VALUE: `gives no whole number from 0 to ${CUSTOM_VALUE_MAX}`,
  }[reason as "STEP_BUDGET"];
  const clock = fault.isClockReset ? " at a terminal whose clock was reset: time is null there" : "";
  return `rule "${rule}": its function ${what} ${ON_THE_LARGEST}${clock}${fault.threw === undefined ? "" : `: ${fault.threw}`}`;
}

/** What `worstSteps` found wrong, one sentence each. */
export const stepFaults = ({ steps, faults }: WorstSteps): string[] => faults.map((fault) => stepFault(steps, fault));

/** Faults by rule and reason. What a function makes of a field that is not there says nothing more. */
class Faults implements Listener {
  private readonly found = new Map<string, TriedFault>();
  private readonly strangers = new Set<string>();
  private readonly messages = new Map<string, string>();

  read(rule: string, fact: string): void {
    this.strangers.add(rule);
    this.found.set(`${rule}/${fact}`, { rule, reason: "UNKNOWN_FACT", fact });
  }

  threw(rule: string, message: string): void {
    this.messages.set(rule, message);
  }

  add(fault: Skipped, isClockReset: boolean): void {
    const key = `${fault.rule}/${fault.reason}`;
    if (this.found.has(key)) return;
    const threw = fault.reason === "RULE_THREW" ? { threw: this.messages.get(fault.rule) ?? "" } : {};
    this.found.set(key, { ...fault, ...threw, ...(isClockReset ? { isClockReset } : {}) });
  }

  get all(): readonly TriedFault[] {
    return [...this.found.values()].filter(
      ({ rule, reason }) => reason === "UNKNOWN_FACT" || !this.strangers.has(rule),
    );
  }
}

/**
 * The most steps that a programme takes for the largest sale there is: 100 lines, of one category and of all, on each day of a week, with
 * every custom rule asked, by each merchant, and with a clock that was reset. A custom rule may take more for a sale that is smaller; the terminal stops it then.
 */
export function worstSteps(programme: Programme): WorstSteps {
  const faults = new Faults();
  const asked = { ...programme, rules: programme.rules.map((rule) => always(rule, faults)) };
  const categories = [...new Set(categoriesIn(programme))];
  const mixes = [[undefined, ...categories], ...categories.map((category) => [category])];
  const merchants = Object.keys(programme.merchants).map(Number);
  // Each day of a week, and each merchant; then, where there is a function that may ask for the time, each merchant without one.
  const dated = Math.max(DAYS, merchants.length);
  const visits = dated + (hasCustomRules(programme) ? merchants.length : 0);
  const amount = Math.floor(SALE_CENTS_MAX / LINES);
  const taken: number[] = [];
  for (const mix of mixes) {
    const lines = Array.from({ length: LINES }, (_, i) => {
      const category = mix[i % mix.length];
      return { amount, quantity: UNITS, ...(category === undefined ? {} : { category }) };
    });
    for (let i = 0; i < visits; i += 1) {
      const clockSuspect = i >= dated;
      const facts = { merchant: merchants[i % merchants.length]!, at: NOON + i * 86_400, clockSuspect };
      const evaluation = evaluate(asked, [], { lines, tip: 0 }, facts);
      taken.push(evaluation.steps);
      for (const fault of evaluation.faults) faults.add(fault, clockSuspect);
    }
  }
  return { steps: Math.max(...taken), faults: faults.all };
}
