import type { AnyNode, Pattern } from "acorn";

/** A function under way in the syntax tree. Null stands for the file itself. */
export interface Fn {
  readonly outer: Fn | null;
  /** It stands as an argument of a call: `lines.forEach((line) => ...)`. */
  readonly isArgument: boolean;
}

/** Names that are declared in one place, each with the function whose call makes it anew; null: it is made once, with the file. */
export class Scope {
  readonly fn: Fn | null;
  private readonly outer: Scope | null;
  private readonly names = new Set<string>();

  constructor(outer: Scope | null, fn: Fn | null) {
    this.outer = outer;
    this.fn = fn;
  }

  declare(name: string): void {
    this.names.add(name);
  }

  /** The scope that declares a name; undefined where none does. */
  find(name: string): Scope | undefined {
    return this.names.has(name) ? this : this.outer?.find(name);
  }
}

/** Every name that a pattern declares. */
export function namesIn(pattern: Pattern): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "ArrayPattern":
      return pattern.elements.flatMap((element) => (element === null ? [] : namesIn(element)));
    case "ObjectPattern":
      return pattern.properties.flatMap((part) => namesIn(part.type === "RestElement" ? part : part.value));
    case "AssignmentPattern":
      return namesIn(pattern.left);
    case "RestElement":
      return namesIn(pattern.argument);
    default:
      return [];
  }
}

/** Names that statements declare in the block that they stand in. */
export function declaredBy(statements: readonly AnyNode[]): string[] {
  return statements.flatMap((statement): string[] => {
    switch (statement.type) {
      case "VariableDeclaration":
        return statement.declarations.flatMap(({ id }) => namesIn(id));
      case "FunctionDeclaration":
        return statement.id === null ? [] : [statement.id.name];
      case "ImportDeclaration":
        return statement.specifiers.map(({ local }) => local.name);
      case "ExportNamedDeclaration":
        return statement.declaration == null ? [] : declaredBy([statement.declaration]);
      case "ExportDefaultDeclaration":
        return statement.declaration.type === "FunctionDeclaration" ? declaredBy([statement.declaration]) : [];
      default:
        return [];
    }
  });
}
