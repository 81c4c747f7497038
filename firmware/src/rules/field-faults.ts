import { FORBIDDEN_SOURCE, forbiddenFact } from "./forbidden-facts.ts";

/** A given object before it is known to be what it claims. */
export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a value that stands under a name, one sentence each; none where nothing is. */
export type Check = (value: unknown, name: string) => readonly string[];

export const inRange = (value: unknown, min: number, max: number): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;
export const isText = (value: unknown, max: number): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= max;
export const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;

/** The sentences of the checks that do not hold. */
export function broken(checks: readonly (readonly [holds: boolean, sentence: string])[]): string[] {
  return checks.flatMap(([holds, sentence]) => (holds ? [] : [sentence]));
}

/** A whole number. `unit` ends the sentence: cents, basis points. */
export function count(min: number, max: number, unit = ""): Check {
  return (value, name) =>
    inRange(value, min, max) ? [] : [`${name} must be ${min} to ${max}${unit === "" ? "" : ` ${unit}`}`];
}

export function words(max: number): Check {
  return (value, name) => (isText(value, max) ? [] : [`${name} must have 1 to ${max} characters`]);
}

/** One word of a closed list: a misspelt one would quietly mean something else. */
export function oneOf(known: readonly string[]): Check {
  return (value, name) =>
    (known as readonly unknown[]).includes(value)
      ? []
      : [`${name} is ${JSON.stringify(value) ?? "missing"}, it must be one of ${known.join(", ")}`];
}

/** One of two words that an author must choose between, each with what it means. */
export function choice(meanings: Readonly<Record<string, string>>): Check {
  const told = Object.entries(meanings).map(([word, meaning]) => `"${word}" (${meaning})`);
  return (value, name) =>
    Object.keys(meanings).includes(value as string)
      ? []
      : [`${name} is ${JSON.stringify(value) ?? "missing"}, it must be ${told.join(" or ")}`];
}

export const truth: Check = (value, name) => (typeof value === "boolean" ? [] : [`${name} must be true or false`]);

export const fits =
  (holds: (value: unknown) => boolean, sentence: string): Check =>
  (value, name) =>
    holds(value) ? [] : [`${name} ${sentence}`];

export const optional =
  (check: Check): Check =>
  (value, name) =>
    value === undefined ? [] : check(value, name);

export const orNull =
  (check: Check): Check =>
  (value, name) =>
    value === null ? [] : check(value, name);

export function listOf(check: Check, min: number, max: number): Check {
  return (value, name) => {
    if (!Array.isArray(value) || value.length < min || value.length > max)
      return [`${name} must be a list of ${min} to ${max}`];
    return value.flatMap((one: unknown, i) => check(one, `${name}[${i}]`));
  };
}

function stranger(place: string, field: string): string {
  const fact = forbiddenFact(field);
  if (fact === null) return `there is no field "${place}"`;
  return `there is no field "${place}": no rule may depend on a customer's ${fact} (${FORBIDDEN_SOURCE})`;
}

/** An object with these fields and no others; `name` is put before each of them, and left out where it is empty. */
export function shape(fields: Readonly<Record<string, Check>>): Check {
  return (value, name) => {
    if (!isObject(value)) return [value === undefined ? `${name} is missing` : `${name} must be an object`];
    const under = (field: string) => (name === "" ? field : `${name}.${field}`);
    return [
      ...Object.keys(value).flatMap((field) => (field in fields ? [] : [stranger(under(field), field)])),
      ...Object.entries(fields).flatMap(([field, check]) => check(value[field], under(field))),
    ];
  };
}

/** One of several shapes, told apart by a word in a field. */
export function variants(field: string, shapes: Readonly<Record<string, Check>>): Check {
  return (value, name) => {
    if (!isObject(value)) return [value === undefined ? `${name} is missing` : `${name} must be an object`];
    const word = oneOf(Object.keys(shapes))(value[field], name === "" ? field : `${name}.${field}`);
    return word.length > 0 ? word : shapes[String(value[field])]!(value, name);
  };
}
