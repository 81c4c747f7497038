import { isSaid, type Programme, type Rule, type When } from "@cachet/firmware/rules";

/** Something that people read in two ways and that an author did not settle: how it is taken, and the field that settles it. */
export interface Reading {
  /** The rule by id; null where the whole programme is meant. */
  readonly rule: string | null;
  readonly field: string;
  /** What happens as the programme stands. */
  readonly now: string;
  /** What may stand in the field. */
  readonly choices: readonly string[];
}

type Doubt = Omit<Reading, "rule">;

/** What a part of a programme leaves open: fields that nobody wrote, as far as they matter there. */
const open = (part: object, matters: boolean, doubt: Doubt): Doubt[] =>
  matters && !isSaid(part, doubt.field) ? [doubt] : [];

const pays = (rule: Rule): boolean =>
  rule.kind === "cagnotte" || rule.kind === "prepaid" || (rule.kind === "points" && rule.redeem !== null);
const saves = ({ kind }: Rule): boolean => kind === "cagnotte" || kind === "points";
const lowers = (rule: Rule): boolean =>
  rule.kind === "discount" || (rule.kind === "stamps" && rule.reward.kind !== "gift");

const BASKET: Omit<Doubt, "field"> = {
  now: "a basket is measured with discounts and free items off",
  choices: ["initial", "running"],
};

/** A basket that is measured where something lowers it. */
function basketDoubts(rule: Rule, { rules }: Programme): Doubt[] {
  if (!rules.some((other) => other.id !== rule.id && lowers(other))) return [];
  const when: When = "when" in rule ? (rule.when ?? {}) : {};
  const hasMinimum = rule.kind === "stamps" || rule.kind === "referral";
  const minimum = hasMinimum && rule.minimum.amount > 0 ? rule.minimum : undefined;
  return [
    ...(minimum !== undefined && minimum.of === undefined ? [{ field: "minimum.of", ...BASKET }] : []),
    ...(when.basket !== undefined && when.basket.of === undefined ? [{ field: "when.basket.of", ...BASKET }] : []),
  ];
}

function stampsDoubts(rule: Extract<Rule, { kind: "stamps" }>, { rules }: Programme): Doubt[] {
  const overshoots = rule.reward.kind !== "free-item" && (rule.count.per === "item" || rule.count.stamps > 1);
  return [
    ...open(rule, overshoots, {
      field: "excess",
      now: "stamps beyond a full grid are kept for the next one",
      choices: ["carry", "lose"],
    }),
    ...open(rule, rules.some(pays), {
      field: "onZeroPayable",
      now: "a visit where nothing is left to pay is stamped too",
      choices: ["true", "false"],
    }),
  ];
}

function savingDoubts(rule: Extract<Rule, { kind: "cagnotte" | "points" }>): Doubt[] {
  const isMeasured = rule.kind === "cagnotte" || rule.earn.per === "amount";
  return [
    ...open(rule, isMeasured, {
      field: "rounding",
      now: "what is less than a whole one is lost at every visit",
      choices: ["floor", "half-up", "ceil", "carry"],
    }),
    ...open(rule, isMeasured && pays(rule), {
      field: "basis",
      now: "what the card pays of a purchase earns nothing",
      choices: ["net", "before-redemption", "gross"],
    }),
    ...open(rule, pays(rule), {
      field: "pays",
      now: "it pays like a means of payment: the VAT of the sale stays as it is; as a discount it would lower it",
      choices: ["tender", "discount"],
    }),
  ];
}

function prepaidDoubts(rule: Extract<Rule, { kind: "prepaid" }>): Doubt[] {
  const { bonus } = rule;
  const bands: Doubt = {
    field: "bonus.counts",
    now: "the rate of the band reached counts for the whole top-up, not for the part in the band",
    choices: ["whole", "part"],
  };
  return [...(bonus !== null && bonus.counts === undefined ? [bands] : []), ...open(rule, bonus !== null, SPEND_FIRST)];
}

const SPEND_FIRST: Doubt = {
  field: "spendFirst",
  now: "the bonus is spent before what was paid for",
  choices: ["bonus", "paid"],
};

function tiersDoubts(rule: Extract<Rule, { kind: "tiers" }>): Doubt[] {
  const doubts: readonly Doubt[] = [
    {
      field: "crossing",
      now: "a purchase that reaches a level earns as a whole by the level before it",
      choices: ["before", "marginal"],
    },
    {
      field: "window",
      now: "what was spent this month and in the eleven before it counts",
      choices: ["year", "rolling-12-months"],
    },
    { field: "review", now: "nobody ever goes down", choices: ["null", '{ on: "12-31", graceDays, down }'] },
  ];
  return doubts.flatMap((doubt) => open(rule, true, doubt));
}

function ownDoubts(rule: Rule, programme: Programme): Doubt[] {
  switch (rule.kind) {
    case "stamps":
      return stampsDoubts(rule, programme);
    case "cagnotte":
    case "points":
      return savingDoubts(rule);
    case "prepaid":
      return prepaidDoubts(rule);
    case "units":
      return open(rule, rule.bonusRate > 0, SPEND_FIRST);
    case "discount":
      return open(rule, programme.rules.filter(({ kind }) => kind === "discount").length > 1, {
        field: "basis",
        now: "a rate is taken of what the discounts before it left",
        choices: ["initial", "running"],
      });
    case "tiers":
      return tiersDoubts(rule);
    default:
      return [];
  }
}

/** The first rule whose earnings several multipliers change, with their ids. */
function multiplied({ rules }: Programme): { readonly of: string; readonly by: readonly string[] } | undefined {
  return rules
    .map(({ id }) => ({
      of: id,
      by: rules.flatMap((one) => (one.kind === "multiplier" && one.of === id ? one.id : [])),
    }))
    .find(({ by }) => by.length > 1);
}

function programmeDoubts(programme: Programme): Doubt[] {
  const { rules } = programme;
  const several = multiplied(programme);
  return [
    ...open(programme, several !== undefined, {
      field: "stacking",
      now: `where ${several?.by.join(" and ")} meet on "${several?.of}", only the best of them counts`,
      choices: ["best-of", "additive", "multiplicative"],
    }),
    ...open(
      programme,
      rules.some(({ kind }) => kind === "multiplier"),
      {
        field: "roundingStage",
        now: "what is multiplied is rounded once, at the end",
        choices: ["end", "each"],
      },
    ),
    ...open(programme, rules.some(saves), {
      field: "spentPolicy",
      now: "what a refund takes back and was spent since comes off the money that goes back",
      choices: ["deduct-from-refund", "allow-negative", "clamp-to-zero"],
    }),
  ];
}

/** What a programme without faults leaves open, the programme's own first, then rule by rule in the order of the file. */
export function readingsOf(programme: Programme): readonly Reading[] {
  return [
    ...programmeDoubts(programme).map((doubt) => ({ rule: null, ...doubt })),
    ...programme.rules.flatMap((rule) =>
      [...ownDoubts(rule, programme), ...basketDoubts(rule, programme)].map((doubt) => ({ rule: rule.id, ...doubt })),
    ),
  ];
}

/** A reading in one line: `rule "a": what happens; settle it with field: one | two`. */
export function readingText({ rule, field, now, choices }: Reading): string {
  return `${rule === null ? "" : `rule "${rule}": `}${now}; settle it with ${field}: ${choices.join(" | ")}`;
}
