import type { Language, RuleFacts } from "../hal/index.ts";
import { amountText } from "./amount.ts";
import { pluralOf } from "./receipt-messages-fr.ts";

/** What is said of each kind of rule, in one language: one line each. */
interface RuleWords {
  readonly visits: (count: number, label: string) => string;
  readonly items: (count: number, category: string, label: string) => string;
  readonly cagnotte: (rate: string) => string;
  readonly pointsPer: (points: string, what: string) => string;
  readonly visit: string;
  readonly item: (category: string) => string;
  readonly worth: (points: string, amount: string) => string;
  readonly prepaid: string;
  readonly band: (from: string, rate: string) => string;
  readonly discount: (off: string) => string;
  readonly times: (factor: string) => string;
  readonly level: (name: string, from: string) => string;
  readonly club: (fee: string, months: number) => string;
  readonly challenge: (merchants: number) => string;
  readonly draw: (cents: string) => string;
  readonly parking: (minutes: number) => string;
  readonly bonus: string;
  readonly referral: string;
  readonly sometimes: string;
  readonly from: (amount: string) => string;
  readonly counted: (count: number, unit: string) => string;
}

const WORDS: Readonly<Record<Language, RuleWords>> = {
  fr: {
    visits: (count, label) => `${count} passages : ${label}`,
    items: (count, category, label) => `${count} articles ${category} : ${label}`,
    cagnotte: (rate) => `Cagnotte : ${rate} de l'achat`,
    pointsPer: (points, what) => `${points} par ${what}`,
    visit: "passage",
    item: (category) => `article ${category}`,
    worth: (points, amount) => `${points} = ${amount}`,
    prepaid: "Compte prépayé : RECHARGE, puis il paie tout seul",
    band: (from, rate) => `Recharge dès ${from} : ${rate} offerts`,
    discount: (off) => `Remise ${off}`,
    times: (factor) => `Gains x${factor}`,
    level: (name, from) => `Statut ${name} dès ${from}`,
    club: (fee, months) => `Adhésion ${fee} pour ${months} mois`,
    challenge: (merchants) => `Défi : ${merchants} commerces visités`,
    draw: (cents) => `Tirage : une participation par ${cents}`,
    parking: (minutes) => `Stationnement : ${minutes} min offertes`,
    bonus: "Bonus",
    referral: "Parrainage d'un nouveau client",
    sometimes: "sous conditions",
    from: (amount) => `dès ${amount}`,
    counted: (count, unit) => `${count} ${count > 1 ? pluralOf(unit) : unit === "points" ? "point" : unit}`,
  },
  en: {
    visits: (count, label) => `${count} visits: ${label}`,
    items: (count, category, label) => `${count} items ${category}: ${label}`,
    cagnotte: (rate) => `Balance: ${rate} of the purchase`,
    pointsPer: (points, what) => `${points} per ${what}`,
    visit: "visit",
    item: (category) => `item ${category}`,
    worth: (points, amount) => `${points} = ${amount}`,
    prepaid: "Prepaid account: TOP-UP, then it pays by itself",
    band: (from, rate) => `Top-up from ${from}: ${rate} on top`,
    discount: (off) => `Discount ${off}`,
    times: (factor) => `Earnings x${factor}`,
    level: (name, from) => `Status ${name} from ${from}`,
    club: (fee, months) => `Membership ${fee} for ${months} months`,
    challenge: (merchants) => `Challenge: ${merchants} shops visited`,
    draw: (cents) => `Draw: one entry per ${cents}`,
    parking: (minutes) => `Parking: ${minutes} min free`,
    bonus: "Bonus",
    referral: "A new customer is recommended",
    sometimes: "on conditions",
    from: (amount) => `from ${amount}`,
    counted: (count, unit) => `${count} ${count === 1 && unit === "points" ? "point" : unit}`,
  },
};

/** Things of one rule that a sheet names, at most: it stays one page. */
const NAMED_MAX = 12;

const isFacts = (value: unknown): value is RuleFacts => typeof value === "object" && value !== null;
/** What an app of another version does not say, or says otherwise, is left out: a sheet is never a reason to stop. */
const facts = (value: unknown): RuleFacts => (isFacts(value) ? value : {});
const number = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : 0);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const list = (value: unknown): readonly RuleFacts[] =>
  Array.isArray(value) ? value.filter(isFacts).slice(0, NAMED_MAX) : [];

/** Whole, or with as many places as it needs. */
const shortest = (value: number, places: number, point: string): string => {
  const unit = 10 ** places;
  const rest = String(value % unit)
    .padStart(places, "0")
    .replace(/0+$/, "");
  return `${Math.floor(value / unit)}${rest === "" ? "" : point + rest}`;
};

/** Wordings of one rule in a language. */
class RuleText {
  private readonly rule: RuleFacts;
  private readonly words: RuleWords;
  private readonly language: Language;

  constructor(rule: RuleFacts, language: Language) {
    this.rule = rule;
    this.language = language;
    this.words = WORDS[language];
  }

  private money(cents: unknown): string {
    return amountText(number(cents), this.language);
  }

  private percent(rate: unknown): string {
    const said = shortest(number(rate), 2, this.language === "fr" ? "," : ".");
    return this.language === "fr" ? `${said} %` : `${said}%`;
  }

  private unit(count: unknown): string {
    return this.words.counted(number(count), text(this.rule.unitName));
  }

  private stamps(): string {
    const { words, rule } = this;
    const { grid, count, reward } = rule;
    const label = text(facts(reward).label);
    const { per, category } = facts(count);
    return per === "item" ? words.items(number(grid), text(category), label) : words.visits(number(grid), label);
  }

  private points(): string[] {
    const { words, rule } = this;
    const { per, cents, points, category } = facts(rule.earn);
    const what = per === "amount" ? this.money(cents) : per === "item" ? words.item(text(category)) : words.visit;
    const redeem = isFacts(rule.redeem)
      ? [words.worth(this.unit(rule.redeem.points), this.money(rule.redeem.cents))]
      : [];
    const gifts = list(rule.gifts).map((gift) => words.worth(this.unit(gift.points), text(gift.label)));
    return [words.pointsPer(this.unit(points), what), ...redeem, ...gifts];
  }

  private known(): string[] {
    const { words, rule } = this;
    switch (rule.kind) {
      case "stamps":
        return [this.stamps()];
      case "cagnotte":
        return [words.cagnotte(this.percent(rule.rate))];
      case "points":
        return this.points();
      case "prepaid": {
        const bands = list(facts(rule.bonus).bands).map(({ from, rate }) =>
          words.band(this.money(from), this.percent(rate)),
        );
        return [words.prepaid, ...bands];
      }
      case "units":
        return list(rule.packs).map(({ units, price }) => words.worth(this.unit(units), this.money(price)));
      case "discount": {
        const { rate, cents } = facts(rule.off);
        return [words.discount(rate === undefined ? this.money(cents) : this.percent(rate))];
      }
      case "multiplier":
        return [words.times(shortest(number(rule.permille), 3, this.language === "fr" ? "," : "."))];
      case "tiers":
        return list(rule.levels).map(({ name, from }) => words.level(text(name), this.money(from)));
      case "club":
        return [words.club(this.money(rule.fee), number(rule.months))];
      case "challenge":
        return [words.challenge(number(rule.distinct))];
      case "draw":
        return [words.draw(this.money(rule.cents))];
      case "parking":
        return [words.parking(number(rule.minutes))];
      case "bonus":
        return [words.bonus];
      case "referral":
        return [words.referral];
      default:
        return [];
    }
  }

  lines(): string[] {
    const { words, rule } = this;
    const [first, ...others] = this.known();
    if (first === undefined) return [];
    const least = number(facts(rule.minimum).amount);
    const limits = [
      ...(least > 0 ? [words.from(this.money(least))] : []),
      ...(isFacts(rule.when) ? [words.sometimes] : []),
    ];
    return [limits.length === 0 ? first : `${first} (${limits.join(", ")})`, ...others];
  }
}

/** A rule of a programme in few words for the sheet of the shop's staff, one line or several; nothing where there is nothing to say of its kind. */
export const ruleLines = (rule: RuleFacts, language: Language): string[] => new RuleText(rule, language).lines();
