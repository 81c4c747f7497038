import type { AnyNode, Literal } from "acorn";
import { LANGUAGE } from "./language.ts";
import { bare, rootOf } from "./nodes.ts";
import type { Fn, Scope } from "./scope.ts";

type Imported = Extract<AnyNode, { type: "ImportDeclaration" }>["specifiers"][number];

/** Why a module cannot be imported; null where it can. */
export function importFault({ value }: Literal): string | null {
  if (value === LANGUAGE || /^\.\.?\//.test(String(value))) return null;
  return `"${value}": a programme imports ${LANGUAGE} and files of its own, nothing else`;
}

/** Words of the language that begin an evaluation, or count its steps, are not for programmes. */
export function wordFault(node: Imported): string | null {
  const word = node.type === "ImportSpecifier" && node.imported.type === "Identifier" ? node.imported.name : "*";
  return ["*", "Factors", "customSteps", "evaluate", "playTrial"].includes(word)
    ? `${word}: a programme imports the words that it is written with, by their names`
    : null;
}

/** Why a constant cannot stand in a programme; null where it can. */
export function literalFault({ regex, value, raw }: Literal): string | null {
  if (regex != null) return "a pattern of text takes any number of steps; compare with === or startsWith()";
  if (typeof value === "bigint") return `${raw}: write a plain whole number`;
  if (typeof value !== "number" || Number.isSafeInteger(value)) return null;
  return `${value}: no whole number; amounts are cents, rates basis points`;
}

/** Why something cannot be assigned to, whoever it belongs to: a list that is set at a far index is as long as that. */
export function placeFault(target: AnyNode): string | null {
  const inner = bare(target);
  if (inner.type !== "MemberExpression") return null;
  if (inner.computed) return "a place in a list or object is not set by its index: use a Map, and set()";
  const isLength = inner.property.type === "Identifier" && inner.property.name === "length";
  return isLength ? "the length of a list is not set" : null;
}

/** Why something cannot be changed here: it must be of this very call, or of the one that a function is an argument in. */
export function changeFault(target: AnyNode, scope: Scope): string | null {
  const root = rootOf(target);
  const owner = root === null ? undefined : scope.find(root);
  if (owner === undefined || (scope.fn === null && owner.fn === null)) return null;
  if (owner.fn === null)
    return `${root} would be remembered from one visit to the next: declare it inside the function`;
  for (let fn: Fn | null = scope.fn; fn !== null && fn !== owner.fn; fn = fn.outer) {
    if (!fn.isArgument) return `${root} belongs to another function, and could be remembered: return a value instead`;
  }
  return null;
}
