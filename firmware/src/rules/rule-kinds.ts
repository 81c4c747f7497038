import type { Purse, PurseKind } from "@cachet/card-layout";
import { cagnottePurse, earnCagnotte, noteCagnotte, redeemCagnotte } from "./cagnotte.ts";
import { notePrepaid, payPrepaid, prepaidPurse } from "./prepaid.ts";
import type { Programme, Rule } from "./programme.ts";
import { noteStamps, offerFreeItems, stampsPurse, stampVisit } from "./stamps.ts";
import type { Effect, Note, Working } from "./working.ts";

/**
 * The fixed order of an evaluation. A rule has its say in the stages that concern it and in no others, so that the
 * result does not depend on the order of the rules in the file.
 */
const STAGES = ["discounts", "redemption", "prepaid", "earning", "stamps"] as const;
type Stage = (typeof STAGES)[number];

type RuleOf<K extends Rule["kind"]> = Extract<Rule, { kind: K }>;
interface RuleKind<R> {
  /** The purse that a rule of this kind keeps on the card. */
  purse(rule: R): PurseKind;
  note(rule: R, purses: readonly Purse[], effects: readonly Effect[]): Note[];
  readonly stages: { readonly [S in Stage]?: (work: Working, rule: R) => void };
}

const KINDS: { readonly [K in Rule["kind"]]: RuleKind<RuleOf<K>> } = {
  stamps: { purse: stampsPurse, note: noteStamps, stages: { discounts: offerFreeItems, stamps: stampVisit } },
  cagnotte: {
    purse: cagnottePurse,
    note: noteCagnotte,
    stages: { redemption: redeemCagnotte, earning: earnCagnotte },
  },
  prepaid: { purse: prepaidPurse, note: notePrepaid, stages: { prepaid: payPrepaid } },
};

const kindOf = (rule: Rule) => KINDS[rule.kind] as RuleKind<Rule>;

/** Rules in the order in which they speak within a stage, whatever their order in the file. */
function inOrder({ rules }: Programme): Rule[] {
  return [...rules].sort((a, b) => a.purse - b.purse || (a.id < b.id ? -1 : 1));
}

/** Lets every rule have its say, stage by stage. */
export function runStages(work: Working): void {
  const rules = inOrder(work.programme);
  for (const stage of STAGES) {
    for (const rule of rules) kindOf(rule).stages[stage]?.(work, rule);
  }
}

/** What a receipt says of a visit, from the effects of a programme and the purses after them. */
export function notesOf(programme: Programme, purses: readonly Purse[], effects: readonly Effect[]): Note[] {
  return inOrder(programme).flatMap((rule) => kindOf(rule).note(rule, purses, effects));
}

/** The kind of purse that a rule keeps on a card. */
export function purseOf(rule: Rule): PurseKind {
  return kindOf(rule).purse(rule);
}

/** The purses a programme keeps on a card. */
export function pursesOf(programme: Programme): PurseKind[] {
  return programme.rules.map(purseOf);
}
