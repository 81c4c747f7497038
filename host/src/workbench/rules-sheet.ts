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

/** One heading of a sheet. */
export interface Section {
  /** What it is about, the same in every version of a programme: a rule by kind and id, or a part of the sheet. */
  readonly about: string;
  readonly title: string;
  readonly lines: readonly string[];
}

/** Kinds whose rules go by their id. */
type Several = ReadonlySet<Rule["kind"]>;

const WORDS: Readonly<Record<SheetOptions["lang"], SheetWords>> = { fr, en };

const MEMORYLESS: readonly Rule["kind"][] = ["discount", "draw", "parking", "multiplier", "bonus", "cap"];

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
  return { about: "where", title: where.title, lines: [...places, where.zone(zone), ...chips] };
}

function countsSection({ counts, list, quoted }: SheetWords, { rules, exclude, nonEarning }: Programme): Section {
  const isCounted = rules.some((rule) => isSaving(rule) || rule.kind === "tiers");
  const without = nonEarning.map(counts.tender);
  return {
    about: "counts",
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
  return {
    about: "refund",
    title: refund.title,
    lines: [refund.where, refund.elsewhere(refundCap), refund.reverse, ...spent],
  };
}

function limitsSection({ limits }: SheetWords, programme: Programme, isStaff: boolean): Section {
  const { offlineCap } = programme;
  return {
    about: "limits",
    title: limits.title,
    lines: [
      ...(offlineCap === undefined ? [] : [limits.offline(offlineCap)]),
      ...(isStaff && asksForClock(programme) ? [limits.clock] : []),
      ...(isStaff ? [limits.torn] : []),
    ],
  };
}

/** Kinds of which a programme has several rules. */
export function severalOf({ rules }: Programme): Several {
  const kinds = rules.map(({ kind }) => kind);
  return new Set(kinds.filter((kind, i) => kinds.indexOf(kind) !== i));
}

/** A rule's name for people: what it is, and its id where that alone does not say which. */
const nameOf = ({ kinds, quoted }: SheetWords, several: Several, { kind, id }: Rule): string =>
  several.has(kind) ? `${kinds[kind]} ${quoted(id)}` : kinds[kind];

function ruleSection(words: SheetWords, programme: Programme, rule: Rule, isStaff: boolean, several: Several): Section {
  const named = (id: string): string => {
    const found = programme.rules.find((other) => other.id === id);
    return found === undefined ? words.quoted(id) : nameOf(words, several, found);
  };
  const owner = "funder" in rule ? words.funders[rule.funder] : null;
  return {
    about: `${rule.kind} ${rule.id}`,
    title: nameOf(words, several, rule),
    lines: [
      ...ruleLines({ words, programme, isStaff, named }, rule),
      ...(isStaff ? [words.staffLine(rule.id, owner)] : []),
    ],
  };
}

/** Fees of clubs, as the head of a sheet tells them. */
const feeLines = ({ head }: SheetWords, { rules }: Programme): string[] =>
  rules.flatMap((rule) => (rule.kind === "club" && rule.fee > 0 ? [head.fee(rule.fee, rule.months)] : []));

function headLines(words: SheetWords, programme: Programme, isStaff: boolean): string[] {
  const { head } = words;
  const { name, number, version, scope } = programme;
  return [
    `# ${isStaff ? head.staff(name) : head.customers(name)}`,
    "",
    [
      head.version(number, version),
      head.scope[scope],
      ...(isStaff ? [head.order[scope]] : []),
      ...feeLines(words, programme),
    ].join(" "),
  ];
}

/** The headings of a sheet. `several`: kinds whose rules go by their id. */
function sectionsOf(words: SheetWords, programme: Programme, isStaff: boolean, several: Several): readonly Section[] {
  return [
    whereSection(words, programme, isStaff),
    countsSection(words, programme),
    ...programme.rules
      .filter((rule) => !isModifier(rule))
      .map((rule) => ruleSection(words, programme, rule, isStaff, several)),
    refundSection(words, programme),
    limitsSection(words, programme, isStaff),
  ];
}

/** All that customers are told but the version, its head as the first section. `several` as those of both versions that are compared. */
export function customerSections(
  programme: Programme,
  lang: SheetOptions["lang"],
  several: Several,
): readonly Section[] {
  const words = WORDS[lang];
  const { title, customers, scope } = words.head;
  const head = [customers(programme.name), scope[programme.scope], ...feeLines(words, programme)];
  return [{ about: "head", title, lines: head }, ...sectionsOf(words, programme, false, several)];
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
  const sections = sectionsOf(words, programme, isStaff, severalOf(programme));
  return `${[...headLines(words, programme, isStaff), ...sections.flatMap(sectionLines)].join("\n")}\n`;
}

const FREE = /gratuit|gracieu|\boffert(?:e|s|es)?\b|\bgratis\b|\bfree\b/i;

/** The author's own words that customers read. */
function textsOf({ name, rules }: Programme): string[] {
  return [
    name,
    ...rules.flatMap((rule): string[] => {
      if (rule.kind === "stamps")
        return "text" in rule.reward ? [rule.reward.label, rule.reward.text] : [rule.reward.label];
      if (rule.kind === "points") return rule.gifts.flatMap(({ label, text }) => [label, text ?? []].flat());
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
