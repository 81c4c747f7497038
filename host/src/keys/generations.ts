import type { Content, Lending } from "./content.ts";
import {
  GENERATION_MAX,
  IDENTITY,
  type KeyName,
  type KeyRecord,
  nameOfKey,
  OFFICE,
  SECRET_BYTES,
} from "./key-record.ts";
import type { Origin, Refused } from "./sealed-file.ts";

/** What a key is for, without its generation. */
export interface KeyUse {
  readonly role: string;
  readonly number: number;
}

/** The association's own key. */
export const OFFICE_USE: KeyUse = { role: OFFICE, number: 0 };

export type Added = { readonly ok: true; readonly content: Content } | Refused<"already-there">;
export type Rotated =
  | { readonly ok: true; readonly content: Content; readonly current: KeyRecord; readonly previous: KeyRecord | null }
  | Refused<"no-such-key" | "last-generation">;
export type Revoked = { readonly ok: true; readonly content: Content } | Refused<"no-such-key" | "current-key">;
export type Lent = { readonly ok: true; readonly content: Content } | Refused<"no-such-key">;

const isFor =
  ({ role, number }: KeyUse) =>
  (key: KeyRecord): boolean =>
    key.role === role && key.number === number;

const fresh = ({ role, number }: KeyUse, generation: number, origin: Origin): KeyRecord => ({
  role,
  number,
  generation,
  state: "current",
  madeAt: origin.now(),
  test: false,
  secret: origin.random(SECRET_BYTES),
});

/** Adds a first generation for each use, all or none. */
export function addKeys(content: Content, uses: readonly KeyUse[], origin: Origin): Added {
  const known = uses.find(
    (use, at) =>
      content.keys.some(isFor(use)) ||
      uses.slice(0, at).some((other) => other.role === use.role && other.number === use.number),
  );
  if (known !== undefined) {
    return { ok: false, refusal: "already-there", detail: `${known.role} ${known.number} has a key already` };
  }
  const made = uses.map((use) => fresh(use, 1, origin));
  return { ok: true, content: { ...content, keys: [...content.keys, ...made] } };
}

/** The uses among these that have no key yet. */
export const usesWithoutKey = ({ keys }: Content, uses: readonly KeyUse[]): readonly KeyUse[] =>
  uses.filter((use) => !keys.some(isFor(use)));

/** What becomes of a key when the next generation is made. A revoked one stays revoked. */
function aged(key: KeyRecord): KeyRecord {
  switch (key.state) {
    case "current":
      return { ...key, state: "previous" };
    case "previous":
      return { ...key, state: "retired" };
    default:
      return key;
  }
}

/** Makes the next generation current, the current one previous, the previous one retired. */
export function rotateKey(content: Content, use: KeyUse, origin: Origin): Rotated {
  const mine = content.keys.filter(isFor(use));
  const last = Math.max(0, ...mine.map(({ generation }) => generation));
  if (last === 0) return { ok: false, refusal: "no-such-key", detail: `${use.role} ${use.number} has no key` };
  if (last >= GENERATION_MAX) {
    return { ok: false, refusal: "last-generation", detail: `${use.role} ${use.number} is at generation ${last}` };
  }
  const current = fresh(use, last + 1, origin);
  const keys = [...content.keys.map((key) => (isFor(use)(key) ? aged(key) : key)), current];
  const previous = keys.find((key) => isFor(use)(key) && key.state === "previous") ?? null;
  return { ok: true, content: { ...content, keys }, current, previous };
}

/**
 * Marks one generation as stolen: the lists name it, and terminals neither spend nor rewrite its records. The current one is
 * never revoked: nothing could be sealed any more. Repeating it changes nothing.
 */
export function revokeKey(content: Content, name: KeyName): Revoked {
  const isNamed = (key: KeyRecord) => isFor(name)(key) && key.generation === name.generation;
  const found = content.keys.find(isNamed);
  if (found === undefined) return { ok: false, refusal: "no-such-key", detail: `there is no key ${nameOfKey(name)}` };
  if (found.state === "current")
    return { ok: false, refusal: "current-key", detail: `${nameOfKey(name)} is the current key` };
  const keys = content.keys.map((key) => (isNamed(key) ? { ...key, state: "revoked" as const } : key));
  return { ok: true, content: { ...content, keys } };
}

/** What an installer needs: the card keys of an issuer that new and older cards carry. Never an area key. */
export function lend(content: Content, issuer: number, lending: Lending): Lent {
  const keys = content.keys.filter(
    (key) => isFor({ role: IDENTITY, number: issuer })(key) && (key.state === "current" || key.state === "previous"),
  );
  if (keys.length === 0) return { ok: false, refusal: "no-such-key", detail: `issuer ${issuer} has no card key` };
  return { ok: true, content: { keys, lending } };
}
