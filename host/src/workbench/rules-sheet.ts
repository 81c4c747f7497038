import { type Programme, REFUND_CAP, type Rule } from "@cachet/firmware/rules";
import { en } from "./sheet-en.ts";
import { fr, type SheetWords } from "./sheet-fr.ts";
import { ruleLines } from "./sheet-rules.ts";
import { isModifier, isSaving } from "./sheet-saving.ts";
import { asksForClock } from "./sheet-when.ts";

export interface SheetOptions {
  readonly lang: "fr" | "en";
  /** Staff also read who pays, the names of rules, codes for the till, and what a terminal does when something is wrong. */
  readonly for: "customers" | "staff";
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

const WORDS: Readonly<Record<SheetOptions["lang"], SheetWords>> = { fr, en };

const MEMORYLESS: readonly Rule["kind"][] = ["discount", "draw", "multiplier", "bonus", "cap"];

function whereSection({ where, list }: SheetWords, programme: Programme, isStaff: boolean): Section {
  const { merchants, rules, zone, media } = programme;
  const namesOf = (role: string) =>
    Object.values(merchants).flatMap((merchant) => (merchant.role === role ? [merchant.name] : []));
  const [spending, earning] = [namesOf("earn-and-spend"), namesOf("earn-only")];
  const keeps = rules.some(({ kind }) => !MEMORYLESS.includes(kind));
  const places = keeps
    ? [
        ...(spending.length > 0 ? [where.spend(list(spending))] : []),
        ...(earning.length > 0 ? [where.earnOnly(list(earning))] : []),
      ]
    : [where.at(list([...spending, ...earning]))];
  const chips = isStaff && media !== undefined ? [where.media(list(media))] : [];
  return { title: where.title, lines: [...places, where.zone(zone), ...chips] };
}

function countsSection({ counts, list, quoted }: SheetWords, { rules, exclude, nonEarning }: Programme): Section {
  const isCounted = rules.some((rule) => isSaving(rule) || rule.kind === "tiers");
  const without = nonEarning.map(counts.tender);
  return {
    title: counts.title,
    lines: [
      ...(isCounted ? [counts.base] : []),
      ...(isCounted && without.length > 0 ? [counts.nonEarning(list(without))] : []),
      ...(exclude.length > 0 ? [counts.excluded(list(exclude.map(quoted)))] : []),
      counts.tip,
    ],
  };
}

/** Whether what was spent can be kept from money that goes back: points that only buy gifts are worth no cents. */
const isWorthMoney = (rule: Rule): boolean =>
  rule.kind === "cagnotte" || (rule.kind === "points" && rule.redeem !== null);

function refundSection({ refund }: SheetWords, { rules, spentPolicy, refundCap = REFUND_CAP }: Programme): Section {
  const policy = spentPolicy === "deduct-from-refund" && !rules.some(isWorthMoney) ? "clamp-to-zero" : spentPolicy;
  const spent = rules.some(isSaving) ? [refund.spent[policy]] : [];
  return { title: refund.title, lines: [refund.where, refund.elsewhere(refundCap), refund.reverse, ...spent] };
}

function limitsSection({ limits }: SheetWords, programme: Programme, isStaff: boolean): Section {
  const { offlineCap } = programme;
  return {
    title: limits.title,
    lines: [
      ...(offlineCap === undefined ? [] : [limits.offline(offlineCap)]),
      ...(isStaff && asksForClock(programme) ? [limits.clock] : []),
      ...(isStaff ? [limits.torn] : []),
    ],
  };
}

/** A rule's name for people: what it is, and its id where the programme has several of the kind. */
function nameOf({ kinds, quoted }: SheetWords, { rules }: Programme, { kind, id }: Rule): string {
  const isAlone = rules.filter((other) => other.kind === kind).length === 1;
  return isAlone ? kinds[kind] : `${kinds[kind]} ${quoted(id)}`;
}

function ruleSection(words: SheetWords, programme: Programme, rule: Rule, isStaff: boolean): Section {
  const named = (id: string): string => {
    const found = programme.rules.find((other) => other.id === id);
    return found === undefined ? words.quoted(id) : nameOf(words, programme, found);
  };
  const owner = "funder" in rule ? words.funders[rule.funder] : null;
  return {
    title: nameOf(words, programme, rule),
    lines: [
      ...ruleLines({ words, programme, isStaff, named }, rule),
      ...(isStaff ? [words.staffLine(rule.id, owner)] : []),
    ],
  };
}

function headLines(
  { head }: SheetWords,
  { name, number, version, scope, rules }: Programme,
  isStaff: boolean,
): string[] {
  const fees = rules.flatMap((rule) => (rule.kind === "club" && rule.fee > 0 ? [rule] : []));
  return [
    `# ${isStaff ? head.staff(name) : head.customers(name)}`,
    "",
    [
      head.version(number, version),
      head.scope[scope],
      ...(isStaff ? [head.order[scope]] : []),
      ...fees.map(({ fee, months }) => head.fee(fee, months)),
    ].join(" "),
  ];
}

const sectionLines = ({ title, lines }: Section): string[] =>
  lines.length === 0 ? [] : ["", `## ${title}`, "", ...lines.map((line) => `- ${line}`)];

/**
 * The rules of a programme in plain sentences, as Markdown that ends with a new line: what customers may rely on, or what staff
 * must know. Every number is the programme's own. The programme has no faults.
 */
export function rulesSheet(programme: Programme, { lang, for: reader }: SheetOptions): string {
  const words = WORDS[lang];
  const isStaff = reader === "staff";
  const sections = [
    whereSection(words, programme, isStaff),
    countsSection(words, programme),
    ...programme.rules.filter((rule) => !isModifier(rule)).map((rule) => ruleSection(words, programme, rule, isStaff)),
    refundSection(words, programme),
    limitsSection(words, programme, isStaff),
  ];
  return `${[...headLines(words, programme, isStaff), ...sections.flatMap(sectionLines)].join("\n")}\n`;
}

const FREE = /gratuit|gracieu|\boffert(?:e|s|es)?\b|\bgratis\b|\bfree\b/i;

/** The author's own words that customers read. */
function textsOf({ name, rules }: Programme): string[] {
  return [
    name,
    ...rules.flatMap((rule): string[] => {
      if (rule.kind === "stamps") return [rule.reward.label];
      if (rule.kind === "points") return rule.gifts.map(({ label }) => label);
      if (rule.kind === "bonus") return typeof rule.gives === "object" && "says" in rule.gives ? [rule.gives.says] : [];
      if (rule.kind === "challenge") return rule.label === undefined ? [] : [rule.label];
      return rule.kind === "tiers" ? rule.levels.map((level) => level.name) : [];
    }),
  ];
}

/** Texts of a programme that promise something free although it asks its members a fee. */
export function falsePromises(programme: Programme): readonly string[] {
  const asksFee = programme.rules.some((rule) => rule.kind === "club" && rule.fee > 0);
  return asksFee ? textsOf(programme).filter((text) => FREE.test(text)) : [];
}
