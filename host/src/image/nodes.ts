import type { AnyNode } from "acorn";

const isNode = (value: unknown): value is AnyNode =>
  typeof value === "object" && value !== null && typeof (value as { readonly type?: unknown }).type === "string";

/** The nodes directly below one. */
export function childrenOf(node: AnyNode): AnyNode[] {
  return Object.values(node).flatMap((value: unknown): AnyNode[] =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

export type Member = Extract<AnyNode, { type: "MemberExpression" }>;

/** Whether a chain has `?.` in it. */
export function isOptional(node: AnyNode): boolean {
  if (node.type === "MemberExpression") return node.optional || isOptional(node.object);
  return node.type === "CallExpression" && (node.optional || isOptional(node.callee));
}

/** A node without the brackets around it. */
export const bare = (node: AnyNode): AnyNode =>
  node.type === "ParenthesizedExpression" ? bare(node.expression) : node;

/** The name at the beginning of `name.a.b[c]`; null where it begins with something else. */
export function rootOf(node: AnyNode): string | null {
  const inner = bare(node);
  if (inner.type === "Identifier") return inner.name;
  if (inner.type === "ChainExpression") return rootOf(inner.expression);
  return inner.type === "MemberExpression" ? rootOf(inner.object) : null;
}
