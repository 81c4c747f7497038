import type { KnownKey } from "./known-keys.ts";

/** `warn`: somebody should look, or it could not be checked. */
export type CheckResult = "pass" | "warn" | "fail";

export interface Verdict {
  readonly result: CheckResult;
  /** One sentence for a person. */
  readonly sentence: string;
}

/** One check of a card. Names are stable: "originality", "area-0", … */
export interface Check extends Verdict {
  readonly name: string;
}

export const verdict = (result: CheckResult, sentence: string): Verdict => ({ result, sentence });
export const warn = (sentence: string): Verdict => verdict("warn", sentence);
export const fail = (sentence: string): Verdict => verdict("fail", sentence);
export const check = (name: string, { result, sentence }: Verdict): Check => ({ name, result, sentence });

function generationVerdict({ generation, state }: KnownKey, next: string): Verdict {
  switch (state) {
    case "current":
      return verdict("pass", `sealed with the current key, generation ${generation}`);
    case "previous":
      return warn(`sealed with the previous key, generation ${generation}; ${next}`);
    case "retired":
      return fail(`sealed with generation ${generation}, which terminals do not accept any more`);
    case "revoked":
      return fail(`sealed with generation ${generation}, which was revoked: only the office can adopt it`);
  }
}

/**
 * Whether the key that a record is sealed with is the current one, and no test key. `next`: what becomes of a record of the
 * previous generation. Nothing where the key is not held.
 */
export function keyCheck(name: string, key: KnownKey | null, next: string): Check[] {
  if (key === null) return [];
  const generation = check(name, generationVerdict(key, next));
  if (!key.test) return [generation];
  return [generation, check(`${name}-test`, warn("sealed with a published test key: production terminals refuse it"))];
}
