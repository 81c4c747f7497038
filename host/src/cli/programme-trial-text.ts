import { type FactorShare, type TrialStep, ZONE_YEARS } from "@cachet/firmware/rules";
import { money } from "./money.ts";

type Effect = TrialStep["effects"][number];

/** What `programme eval` prints. */
export interface TrialDocument {
  readonly steps: readonly (Omit<TrialStep, "notes"> & { readonly receipt: readonly string[] })[];
}

const amount = (unit: Effect["unit"], value: number): string =>
  unit === "cents" ? money(value, "en") : `${value} ${unit}`;

/** One effect in words: what, how much, who pays, what a limit cut away. */
function effectText({ type, unit, value, funder, reason, wouldBe, label, by, taken, cents }: Effect): string {
  const parts = [
    `${type} ${amount(unit, value)}`,
    ...(cents === undefined ? [] : [`worth ${money(cents, "en")}`]),
    ...(label === undefined ? [] : [`(${label})`]),
    ...(taken === undefined || taken === 0 ? [] : [`takes ${taken}`]),
    ...(by === undefined ? [] : [`multiplied by ${by.join(", ")}`]),
    ...(wouldBe === undefined ? [] : [`instead of ${amount(unit, wouldBe)}`]),
    ...(reason === undefined ? [] : [`because of ${reason}`]),
    ...(type === "decline" ? [] : [`paid by the ${funder}`]),
  ];
  return parts.join(", ").replace(", (", " (");
}

/** What a multiplier or a level did: of whom, from and to. */
const factorText = ({ of, from, to }: FactorShare, unit: Effect["unit"]): string =>
  `multiplied ${of}: from ${amount(unit, from)} to ${amount(unit, to)}`;

const AFTER_ZONES = `the table of time zones ends with ${ZONE_YEARS[1]}: this event is told by winter time all year`;

const held = (value: unknown): string => JSON.stringify(value);

/** Each event: every rule with what it did or why it did nothing, then what the card holds, before and after. */
export function trialLines({ steps }: TrialDocument, rules: readonly string[]): string[] {
  let before: Readonly<Record<string, unknown>> = {};
  return steps.flatMap((step, i) => {
    const { effects, skipped, factors = [], payable, earningBase, card } = step;
    const unitOf = (rule: string) => effects.find((effect) => effect.rule === rule)?.unit ?? "units";
    const own = rules.flatMap((rule) => {
      const did = effects.filter((effect) => effect.rule === rule).map(effectText);
      const not = skipped.filter((skip) => skip.rule === rule).map(({ reason }) => `nothing: ${reason}`);
      const made = factors.filter(({ by }) => by === rule).map((share) => factorText(share, unitOf(share.of)));
      const said = [...did, ...made, ...not];
      return (said.length === 0 ? ["nothing to do"] : said).map((text) => `  ${rule.padEnd(20)} ${text}`);
    });
    const others = [
      ...effects.filter(({ rule }) => rule === "").map(effectText),
      ...skipped.filter(({ rule }) => rule === "").map(({ reason }) => `all rules together: ${reason}`),
    ].map((text) => `  ${"".padEnd(20)} ${text}`);
    const changes = Object.entries(card).map(
      ([rule, now]) => `  ${rule.padEnd(20)} ${i === 0 ? "" : `${held(before[rule])} -> `}${held(now)}`,
    );
    before = card;
    return [
      `event ${i + 1}: earns on ${money(earningBase, "en")}, left to pay ${money(payable, "en")}`,
      ...(step.isAfterZones === true ? [`  ${AFTER_ZONES}`] : []),
      ...own,
      ...others,
      ` card`,
      ...changes,
    ];
  });
}
