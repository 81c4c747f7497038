/** Whether a value is what belongs there. */
export type Check = (value: unknown) => boolean;

/** Longest text of a screen or a receipt. */
const TEXT_MAX = 1_000;
/** Longest name of a screen, a choice or a sentence. */
const NAME_MAX = 40;

export const whole: Check = Number.isSafeInteger;
export const text: Check = (value) => typeof value === "string" && value.length <= TEXT_MAX;
export const flag: Check = (value) => value === true;
export const truth: Check = (value) => typeof value === "boolean";
/** A word of the interface. One that only a newer app knows is shown as it is. */
export const name: Check = (value) => typeof value === "string" && value.length <= NAME_MAX;

export const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

export const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);

export const oneOf =
  (...known: readonly unknown[]): Check =>
  (value) =>
    known.includes(value);

export const listOf =
  (check: Check, most: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= most && value.every(check);

/** Fields of something that crossed; null where it is no object. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;

/** An object with at least these fields. */
export function fields(checks: Readonly<Record<string, Check>>): Check {
  const wanted = Object.entries(checks);
  return (value) => {
    const given = fieldsOf(value);
    return given !== null && wanted.every(([field, check]) => check(given[field]));
  };
}
