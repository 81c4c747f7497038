/** By name, so that two copies of the language in one process understand each other. */
const SAID = Symbol.for("@cachet/firmware/said");

/** Notes which fields an author wrote, beside a rule or programme whose usual values are filled in. It is no part of its data. */
export function noteSaid<T extends object>(complete: T, written: object): T {
  return Object.defineProperty(complete, SAID, { value: Object.keys(written) });
}

/** Whether an author wrote this field, rather than taking its usual value. Of plain data, whose fields are all written, true. */
export function isSaid(part: object, field: string): boolean {
  const said: unknown = Reflect.get(part, SAID);
  return !Array.isArray(said) || said.includes(field);
}
