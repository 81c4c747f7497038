import { CUSTOM_VALUE_MAX } from "./custom.ts";
import type { Skipped } from "./effect.ts";
import { evaluate, SALE_CENTS_MAX } from "./evaluate.ts";
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

/** A bonus that always has its say. */
function always(rule: Rule): Rule {
  if (rule.kind !== "bonus") return rule;
  const { id, kind, of, gives, funder } = rule;
  return { id, kind, of, gives, funder };
}

/** What the largest sales show of a programme. */
export interface WorstSteps {
  readonly steps: number;
  /** What went wrong there, each rule and reason once. */
  readonly faults: readonly Skipped[];
}

/** What `worstSteps` found wrong, one sentence each. */
export function stepFaults({ steps, faults }: WorstSteps): string[] {
  return faults.map(({ rule, reason }) => {
    if (rule === "")
      return steps > STEPS_MAX
        ? `rules: they take ${steps} steps for a sale of ${LINES} lines, at most ${STEPS_MAX}; take some of them out`
        : `rules: they do more for a sale of ${LINES} lines than a journal entry has room for; take some of them out`;
    const what = {
      STEP_BUDGET: `takes more than the ${STEPS_MAX} steps there are`,
      RULE_THREW: "throws",
      BAD_VALUE: `gives no whole number from 0 to ${CUSTOM_VALUE_MAX}`,
    }[reason as "STEP_BUDGET"];
    return `rule "${rule}": its function ${what} for a sale of ${LINES} lines`;
  });
}

/**
 * The most steps that a programme takes for the largest sale there is: 100 lines, of one category and of all, on each day of a week, with
 * every custom rule asked, and by each merchant. A custom rule may take more for a sale that is smaller; the terminal stops it then.
 */
export function worstSteps(programme: Programme): WorstSteps {
  const asked = { ...programme, rules: programme.rules.map(always) };
  const categories = [...new Set(categoriesIn(programme))];
  const mixes = [[undefined, ...categories], ...categories.map((category) => [category])];
  const merchants = Object.keys(programme.merchants).map(Number);
  const amount = Math.floor(SALE_CENTS_MAX / LINES);
  const found = new Map<string, Skipped>();
  const taken: number[] = [];
  for (const mix of mixes) {
    const lines = Array.from({ length: LINES }, (_, i) => {
      const category = mix[i % mix.length];
      return { amount, quantity: UNITS, ...(category === undefined ? {} : { category }) };
    });
    // Each day of a week, and each merchant.
    for (let i = 0; i < Math.max(DAYS, merchants.length); i += 1) {
      const facts = { merchant: merchants[i % merchants.length]!, at: NOON + i * 86_400, clockSuspect: false };
      const { steps, faults } = evaluate(asked, [], { lines, tip: 0 }, facts);
      taken.push(steps);
      for (const fault of faults) found.set(`${fault.rule}/${fault.reason}`, fault);
    }
  }
  return { steps: Math.max(...taken), faults: [...found.values()] };
}
