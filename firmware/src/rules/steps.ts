import type { Plan } from "./plan.ts";

/**
 * Steps that one evaluation of a sale may take. One rule that looks at one line takes a step, and so does a custom function for each call
 * and each round of a loop. A sale of 100 lines under 25 rules takes some 2 600.
 */
export const STEPS_MAX = 20_000;

/** The steps of an evaluation are used up: what was worked out so far counts for nothing. */
export class StepsExhausted extends Error {
  /** The rule that used the last of them; empty where all rules together are too many. */
  readonly rule: string;
  readonly steps: number;

  constructor(rule = "", steps = STEPS_MAX + 1) {
    super(`more than ${STEPS_MAX} steps`);
    this.name = "StepsExhausted";
    this.rule = rule;
    this.steps = steps;
  }
}

/** Steps of everything but custom functions: no rule looks at a line, or at a lot of its purse, more often than counted here. */
export function fixedSteps({ inOrder, lots }: Plan, lines: number): number {
  return inOrder.length * (1 + lines) + lots;
}
