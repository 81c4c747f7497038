import {
  programme as completed,
  type Programme,
  ProgrammeFault,
  programmeFaults,
  type Rule,
} from "../../firmware/src/rules/plain.ts";
import { asking, BASE, PROGRAMME_FIELDS, WHEN_VALUES } from "../fixtures/programme-options.ts";
import { around, KINDS, type Others } from "../fixtures/rule-options.ts";

/** A programme in which one option says something else. */
export interface Mutant {
  /** The kind of rule, or `when` or `programme`, and the way to the field: `points.earn.cents`. */
  readonly option: string;
  /** What was done to it: `one more`, `= "ceil"`, `left out`. */
  readonly way: string;
  /** Null where the language refuses it. */
  readonly programme: () => Programme | null;
}

type Path = readonly (string | number)[];
type Node = Readonly<Record<string | number, unknown>>;

/** Parts within a field that may be left out: what may be put in, by the name of the field. */
const PARTS: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  earn: {
    beyond: [
      { amount: 500, counts: "all" },
      { amount: 500, counts: "above" },
    ],
  },
  bonus: { counts: ["part"] },
  bands: { reason: ["essai"] },
  validity: { round: ["month", "year"], reason: ["essai"] },
  minimum: { of: ["initial", "running"] },
  basket: { of: ["initial", "running"] },
};

/** Where any text may stand. */
const ANOTHER = "autre-chose";

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;
const isDate = (text: string) => /^(\d{4}-)?\d\d-\d\d$/.test(text);

/** A copy in which another value stands at a place; `undefined` takes the field or the element away. */
function withValue(from: unknown, [step, ...rest]: Path, value: unknown): unknown {
  if (step === undefined) return value;
  const inner = rest.length === 0 ? value : withValue((from as Node | undefined)?.[step], rest, value);
  if (Array.isArray(from))
    return inner === undefined ? from.filter((_, i) => i !== step) : from.map((one, i) => (i === step ? inner : one));
  const { [step]: _old, ...others } = (from ?? {}) as Node;
  return inner === undefined ? others : { ...others, [step]: inner };
}

function dayAway(text: string, days: number): string {
  const whole = text.length === 5 ? `2027-${text}` : text;
  return new Date(Date.parse(whole) + days * 86_400_000).toISOString().slice(10 - text.length, 10);
}

/** Words that the language knows at a place, by its own fault; none where any text may stand. */
function wordsAt(programme: Programme, path: Path): readonly unknown[] {
  const faults = programmeFaults(withValue(programme, path, "?")).join("\n");
  const one = /must be one of ([\w, -]+)$/m.exec(faults)?.[1]?.split(", ");
  const other = /must be "([\w-]+)" \(.*\) or "([\w-]+)" \(/.exec(faults)?.slice(1);
  const number = /must be (\d), (\d), (\d) or (\d)$/m.exec(faults)?.slice(1).map(Number);
  return one ?? other ?? number ?? [];
}

/** A mutant of a programme, with usual values where something was left out. */
function mutantWith(programme: Programme, at: Path, other: unknown): Programme | null {
  try {
    return completed(withValue(programme, at, other) as Programme);
  } catch (error) {
    if (error instanceof ProgrammeFault) return null;
    throw error;
  }
}

type Ways = readonly (readonly [way: string, value: unknown])[];
const valueWays = (values: readonly unknown[], but: unknown): Ways =>
  values
    .filter((value) => JSON.stringify(value) !== JSON.stringify(but))
    .map((value) => [
      `= ${JSON.stringify(value, (_key, part) => (typeof part === "function" ? "a function" : part))}`,
      value,
    ]);

function waysOfText(programme: Programme, option: string, text: string): Ways {
  if (isDate(text))
    return [
      ["a day later", dayAway(text, 1)],
      ["a day earlier", dayAway(text, -1)],
    ];
  // Whether there is a reason matters to the check of limits; its words are for whoever reads the programme.
  if (option.endsWith(".reason")) return [];
  if (!/\.(of|memberOf)$/.test(option)) return [["another text", ANOTHER]];
  return programme.rules.filter(({ id }) => id !== text).map(({ id }) => ["another rule", id]);
}

/** What else may stand where a number or a text does. */
function waysOfLeaf(programme: Programme, option: string, value: unknown, words: readonly unknown[]): Ways {
  if (words.length > 0) return valueWays(words, value);
  if (typeof value === "boolean") return [["the other", !value]];
  if (typeof value === "string") return waysOfText(programme, option, value);
  if (typeof value !== "number") return [];
  const double: Ways = value === 0 ? [] : [["twice", value * 2]];
  return [["one more", value + 1], ["one less", value - 1], ...double];
}

const known = new Map<string, readonly unknown[]>();

/** Every mutant of what stands at a place and below it. `option` names the place without numbers. */
function* mutantsAt(programme: Programme, path: Path, option: string, value: unknown): Generator<Mutant> {
  const put = (at: Path, of: string, way: string, other: unknown): Mutant => ({
    option: of,
    way,
    programme: () => mutantWith(programme, at, other),
  });
  if (!isNode(value)) {
    const words = known.get(option) ?? wordsAt(programme, path);
    known.set(option, words);
    for (const [way, other] of waysOfLeaf(programme, option, value, words)) yield put(path, option, way, other);
    return;
  }
  // Merchants stand by number, as in a list.
  const isNumbered = Array.isArray(value) || (path.length === 1 && path[0] === "merchants");
  const name = option.split(".").at(-1)!;
  for (const [part, values] of Object.entries((isNumbered ? undefined : PARTS[name]) ?? {}))
    for (const [way, other] of valueWays(values, value[part]))
      yield put([...path, part], `${option}.${part}`, way, other);
  for (const [field, inner] of Object.entries(value)) {
    const step = Array.isArray(value) ? Number(field) : field;
    const at = [...path, step];
    const of = isNumbered ? option : `${option}.${field}`;
    yield put(at, of, isNumbered ? "without one" : "left out", undefined);
    yield* mutantsAt(programme, at, of, inner);
  }
}

function* fieldMutants(programme: Programme, path: Path, option: string, value: unknown, others: readonly unknown[]) {
  // Numbers get others below.
  const values = typeof value === "number" ? [] : others;
  for (const [way, other] of valueWays(values, value)) {
    yield { option, way, programme: () => mutantWith(programme, path, other) };
  }
  if (value === undefined) return;
  yield { option, way: "left out", programme: () => mutantWith(programme, path, undefined) };
  yield* mutantsAt(programme, path, option, value);
}

function* whenMutants(programme: Programme, path: Path, when: Node): Generator<Mutant> {
  for (const [part, values] of Object.entries(WHEN_VALUES))
    yield* fieldMutants(programme, [...path, part], `when.${part}`, when[part], values);
}

function* ruleMutants(programme: Programme, rule: Rule, place: number): Generator<Mutant> {
  const path = ["rules", place] as const;
  const { fields } = KINDS[rule.kind];
  // Items are given free of the category that is counted, and of no other.
  if (rule.kind === "stamps" && rule.count.per === "item") {
    const reward = { kind: "free-item", label: rule.reward.label, category: rule.count.category };
    const free = () => mutantWith(programme, [...path, "reward"], reward);
    if (rule.reward.kind === "gift") yield { option: "stamps.reward", way: "= a free item", programme: free };
  }
  for (const [field, { values }] of Object.entries<Others<unknown>>(fields)) {
    const value = (rule as unknown as Node)[field];
    const option = `${rule.kind}.${field}`;
    if (field !== "when") {
      yield* fieldMutants(programme, [...path, field], option, value, values);
      continue;
    }
    // Its parts are the same in rules of every kind.
    for (const one of fieldMutants(programme, [...path, field], option, value, values))
      if (one.option === option) yield one;
    yield* whenMutants(programme, [...path, field], (value ?? {}) as Node);
  }
}

/** Every mutant of a programme: each option of each of its rules and of its head, each other value. */
export function* mutantsOf(programme: Programme): Generator<Mutant> {
  for (const [field, { values }] of Object.entries<Others<unknown>>(PROGRAMME_FIELDS))
    if (field !== "rules")
      yield* fieldMutants(programme, [field], `programme.${field}`, (programme as unknown as Node)[field], values);
  for (const [place, rule] of programme.rules.entries()) {
    const without = () => mutantWith(programme, ["rules", place], undefined);
    yield { option: "programme.rules", way: `without its ${rule.kind}`, programme: without };
    yield* ruleMutants(programme, rule, place);
  }
}

/** Programmes that together have every option of the language, with each of its values in turn. */
export function* everyOption(): Generator<Programme> {
  for (const { rule, beside, fields } of Object.values(KINDS))
    for (const [field, { values }] of Object.entries<Others<unknown>>(fields)) {
      yield around(rule, ...beside);
      for (const value of values) yield around({ ...rule, [field]: value } as Rule, ...beside);
    }
  for (const [field, { values }] of Object.entries<Others<unknown>>(PROGRAMME_FIELDS))
    for (const value of values) yield { ...BASE, [field]: value };
  for (const [part, values] of Object.entries(WHEN_VALUES)) for (const value of values) yield asking({ [part]: value });
}
