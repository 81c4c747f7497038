import { type CardMap, type Chip, purseRoom } from "@cachet/card-layout";
import {
  exposure,
  mediaReport,
  type Place,
  type Programme,
  protectionOf,
  type Rule,
  type Stock,
  stocksOf,
  worstSteps,
} from "@cachet/firmware/rules";

/** What is assumed about terminals and batches; `terminals` null: one for each merchant that the programme lists. */
export interface Assumed {
  readonly terminals: number | null;
  readonly days: number;
}

/** The most that copies of one card take before the office sees it. Cents. */
export interface Exposure {
  readonly terminals: number;
  readonly days: number;
  /** What one terminal lets one card spend in a day; null where the programme sets no limit. */
  readonly capCents: number | null;
  /** What one card can hold. */
  readonly balanceMaxCents: number;
  /** Terminals × cap × days; null without a cap: then every copy takes up to `balanceMaxCents`. */
  readonly cents: number | null;
}

/** Something that each terminal gives so often; terminals do not know of each other's pieces. */
export interface StockReport extends Stock {
  readonly terminals: number;
}

/** A programme on one medium: where its purses lie, or why it is not opened there. */
export type Fit = { readonly map: CardMap; readonly rollBack: "prevented" | "found at import" } & (
  | { readonly fits: true; readonly place: Place }
  | { readonly fits: false; readonly whyNot: string }
);

/** All programmes on one card of a medium. */
export interface Together {
  readonly map: CardMap;
  /** In the order of the programmes; null where one finds no area, or does not name the medium. */
  readonly places: readonly (Place | null)[];
  readonly fits: boolean;
}

export interface ProgrammeReport {
  readonly programme: Programme;
  /** Bytes of its purses. */
  readonly bytes: number;
  /** Steps for a sale of 100 lines, of those that an evaluation has. */
  readonly steps: number;
  readonly media: readonly Fit[];
  /** Null where no money leaves the card: stamps alone. */
  readonly exposure: Exposure | null;
  /** What runs out. */
  readonly stocks: readonly StockReport[];
  /** What is allowed and unwise, one sentence each. */
  readonly warnings: readonly string[];
}

export interface CheckReport {
  readonly programmes: readonly ProgrammeReport[];
  readonly together: readonly Together[];
}

/** Most cents that a card can hold by a rule, where what it holds pays like money; null where it does not. */
function centsMax(rule: Rule): number | null {
  switch (rule.kind) {
    case "cagnotte":
      return rule.balanceMax;
    case "prepaid":
      // What is given on top comes to at most its highest rate of what is paid in.
      return rule.balanceMax + Math.ceil((rule.balanceMax * highestRate(rule)) / 10_000);
    case "points":
      return rule.redeem === null ? null : Math.floor(rule.balanceMax / rule.redeem.points) * rule.redeem.cents;
    default:
      return null;
  }
}

const terminalsOf = ({ merchants }: Programme, assumed: Assumed): number =>
  assumed.terminals ?? Object.keys(merchants).length;

const highestRate = ({ bonus }: Extract<Rule, { kind: "prepaid" }>): number =>
  Math.max(0, ...(bonus?.bands ?? []).map(({ rate }) => rate));

function exposureOf(programme: Programme, assumed: Assumed): Exposure | null {
  const { rules, offlineCap } = programme;
  const money = rules.flatMap((rule) => centsMax(rule) ?? []);
  if (money.length === 0) return null;
  const terminals = terminalsOf(programme, assumed);
  const { days } = assumed;
  return {
    terminals,
    days,
    capCents: offlineCap ?? null,
    balanceMaxCents: money.reduce((sum, cents) => sum + cents, 0),
    cents: offlineCap === undefined ? null : exposure({ terminals, capCents: offlineCap, days }),
  };
}

function warningsOf({ rules, offlineCap }: Programme, media: readonly Fit[]): string[] {
  const exposed = new Set<Chip>(
    media.flatMap(({ fits, map, rollBack }) => (fits && rollBack === "found at import" ? [map.chip] : [])),
  );
  return rules.flatMap((rule) => {
    if (rule.kind !== "cagnotte") return [];
    if (offlineCap !== undefined || exposed.size === 0) return [];
    return [
      `rule "${rule.id}": nothing limits what copies of a card spend on ${[...exposed].join(", ")}, ` +
        "where an old state put back is only found at import; set offlineCap",
    ];
  });
}

const names = ({ media }: Programme, { chip }: CardMap): boolean => media?.includes(chip) ?? true;

const largestRoom = (map: CardMap): number => Math.max(...map.areas.map((area) => purseRoom(map, area)));

function fitOf(programme: Programme, bytes: number, map: CardMap, place: Place | null): Fit {
  const rollBack = protectionOf(map) === "prevents roll-back" ? "prevented" : "found at import";
  if (place === null)
    return { map, rollBack, fits: false, whyNot: `its largest area has ${largestRoom(map)} of ${bytes} bytes` };
  if (!names(programme, map)) return { map, rollBack, fits: false, whyNot: "the programme does not name it" };
  return { map, rollBack, fits: true, place };
}

/** What each medium can do for programmes that share a card, what copies of a card can take, and what is unwise. */
export function programmeReport(programmes: readonly Programme[], assumed: Assumed): CheckReport {
  const { media, programmes: sizes } = mediaReport(programmes);
  return {
    programmes: programmes.map((programme, i) => {
      const { bytes } = sizes[i]!;
      const fits = media.map(({ map, alone }) => fitOf(programme, bytes, map, alone[i] ?? null));
      return {
        programme,
        bytes,
        steps: worstSteps(programme).steps,
        media: fits,
        exposure: exposureOf(programme, assumed),
        stocks: stocksOf(programme).map((stock) => ({ ...stock, terminals: terminalsOf(programme, assumed) })),
        warnings: warningsOf(programme, fits),
      };
    }),
    together: media.map(({ map, together }) => {
      const places = together.map((place, i) => (names(programmes[i]!, map) ? place : null));
      return { map, places, fits: places.every((place) => place !== null) };
    }),
  };
}
