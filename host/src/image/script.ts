import { type AnyNode, type Expression, type Function as FunctionNode, type Node, type Program, parse } from "acorn";
import { Edits } from "./edits.ts";
import {
  CHANGING,
  LANGUAGE,
  memberFault,
  methodFault,
  nameFault,
  operatorFault,
  syntaxFault,
  WHOLE,
} from "./language.ts";
import { changeFault, importFault, literalFault, placeFault, wordFault } from "./node-faults.ts";
import { bare, childrenOf, isOptional, type Member, rootOf } from "./nodes.ts";
import { declaredBy, namesIn, Scope } from "./scope.ts";

/** A place of a script that is not in the language of programmes; line from 1, column from 0. */
export interface ScriptFault {
  readonly line: number;
  readonly column: number;
  readonly problem: string;
}

export type ScriptReading =
  | { readonly ok: true; readonly code: string }
  | { readonly ok: false; readonly faults: readonly ScriptFault[] };

/** What the compiler calls the meter in a programme: a name that none may declare. */
const METER = "cachet$";

/** One script: what of it is outside the language, and the calls of the meter that go into it. */
class Script {
  readonly faults: ScriptFault[] = [];
  readonly edits = new Edits();
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  private fault({ loc }: Node, problem: string | null): void {
    if (problem === null || loc == null) return;
    const { line, column } = loc.start;
    const isTold = this.faults.some((one) => one.line === line && one.column === column && one.problem === problem);
    if (!isTold) this.faults.push({ line, column, problem });
  }

  program(program: Program): void {
    const scope = this.declaring(new Scope(null, null), program.body);
    for (const statement of program.body) this.read(statement, scope);
    const kept = declaredBy(program.body.filter(({ type }) => type !== "ImportDeclaration"));
    this.edits.put(0, `import { customSteps as ${METER} } from "${LANGUAGE}"; `);
    this.edits.put(program.end, `\n${METER}.keep(${kept.join(", ")});\n`);
  }

  private declaring(scope: Scope, statements: readonly AnyNode[]): Scope {
    for (const name of declaredBy(statements)) scope.declare(name);
    return scope;
  }

  private readAll(nodes: readonly AnyNode[], scope: Scope): void {
    for (const node of nodes) this.read(node, scope);
  }

  private read(node: AnyNode, scope: Scope): void {
    const problem = syntaxFault(node.type);
    if (problem !== null) {
      this.fault(node, problem);
      return;
    }
    switch (node.type) {
      case "ImportDeclaration":
        this.fault(node.source, importFault(node.source));
        if (node.source.value === LANGUAGE) for (const one of node.specifiers) this.fault(one, wordFault(one));
        return;
      case "ExportNamedDeclaration":
        if (node.source != null) this.fault(node.source, importFault(node.source));
        else if (node.declaration != null) this.read(node.declaration, scope);
        else for (const { local } of node.specifiers) this.read(local, scope);
        return;
      case "VariableDeclaration":
        if (node.kind !== "const" && node.kind !== "let")
          this.fault(node, `${node.kind}: write const or let; instead of an enum, a list of strings`);
        for (const { id, init } of node.declarations) {
          this.pattern(id, scope);
          if (init != null) this.read(init, scope);
        }
        return;
      case "FunctionDeclaration":
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.function(node, scope, false);
        return;
      case "BlockStatement": {
        const inner = this.declaring(new Scope(scope, scope.fn), node.body);
        this.readAll(node.body, inner);
        return;
      }
      case "SwitchStatement": {
        const inner = new Scope(scope, scope.fn);
        for (const { consequent } of node.cases) this.declaring(inner, consequent);
        this.read(node.discriminant, scope);
        this.readAll(node.cases, inner);
        return;
      }
      case "ForStatement":
      case "ForOfStatement":
      case "WhileStatement":
      case "DoWhileStatement":
        this.loop(node, scope);
        return;
      case "CatchClause": {
        const inner = new Scope(scope, scope.fn);
        if (node.param != null) this.parameter(node.param, inner);
        this.read(node.body, inner);
        return;
      }
      case "Identifier":
        this.name(node, node.name, scope, "alone");
        return;
      case "Literal":
        this.fault(node, literalFault(node));
        return;
      case "TemplateLiteral":
        if (scope.fn !== null && node.expressions.length > 0)
          this.fault(node, "a function puts no text together; compare with === or startsWith()");
        this.readAll(node.expressions, scope);
        return;
      case "MemberExpression":
        this.member(node, scope);
        return;
      case "CallExpression":
        this.call(node, scope);
        return;
      case "NewExpression":
        if (scope.find(rootOf(node.callee) ?? "") !== undefined)
          this.fault(node, "new: only Map, Set, Error, RangeError and TypeError");
        else if (node.callee.type === "Identifier") this.name(node.callee, node.callee.name, scope, "new");
        else this.read(node.callee, scope);
        // What a Map or Set is made from is gone through.
        for (const one of node.arguments)
          if (one.type !== "SpreadElement" && ["Map", "Set"].includes(rootOf(node.callee) ?? ""))
            this.metered("each", one, scope);
          else this.read(one, scope);
        return;
      case "Property":
        if (node.kind !== "init") this.fault(node, `${node.kind}: write a plain field`);
        if (node.computed) this.read(node.key, scope);
        this.read(node.value, scope);
        return;
      case "SpreadElement":
        this.metered("each", node.argument, scope);
        return;
      case "ObjectExpression":
        for (const part of node.properties)
          if (part.type === "SpreadElement") this.metered("fields", part.argument, scope);
          else this.read(part, scope);
        return;
      case "BinaryExpression":
        this.binary(node, scope);
        return;
      case "UnaryExpression":
        if (node.operator === "delete" || node.operator === "+")
          this.fault(node, `${node.operator}: not in the language of programmes`);
        this.read(node.argument, scope);
        return;
      case "AssignmentExpression":
        this.assignment(node, scope);
        return;
      case "UpdateExpression":
        this.fault(node, placeFault(node.argument));
        this.fault(node, changeFault(node.argument, scope));
        this.read(node.argument, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "LabeledStatement":
        this.read(node.body, scope);
        return;
      default:
        this.readAll(childrenOf(node), scope);
    }
  }

  /** Declares what a pattern names, in the scope of a function or a `catch`, and reads its usual values. */
  private parameter(node: AnyNode, scope: Scope): void {
    for (const name of namesIn(node as Parameters<typeof namesIn>[0])) scope.declare(name);
    this.pattern(node.type === "RestElement" ? node.argument : node, scope);
  }

  /** Reads a pattern that declares names: nothing but its usual values and computed fields are expressions. */
  private pattern(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case "Identifier":
        if (node.name.startsWith(METER)) this.fault(node, `${node.name}: names that begin with ${METER} are taken`);
        return;
      case "ArrayPattern":
        for (const element of node.elements) if (element !== null) this.pattern(element, scope);
        return;
      case "ObjectPattern":
        for (const part of node.properties) {
          if (part.type === "Property" && part.computed) this.read(part.key, scope);
          this.pattern(part.type === "Property" ? part.value : part, scope);
        }
        return;
      case "AssignmentPattern":
        this.pattern(node.left, scope);
        // Usual values are worked out before a function begins, where no step is counted.
        if (node.right.type !== "Literal" && node.right.type !== "Identifier")
          this.fault(node.right, "a usual value is a plain number, text or name");
        this.read(node.right, scope);
        return;
      case "RestElement":
        this.fault(node, "...: what is left is not taken apart; write slice(), or name the fields");
        return;
      default:
        this.read(node, scope);
    }
  }

  private function(node: FunctionNode, scope: Scope, isArgument: boolean): void {
    if (node.async) this.fault(node, "async: a programme waits for nothing: it decides at once");
    if (node.generator) this.fault(node, "function*: a programme waits for nothing: it decides at once");
    const inner = new Scope(scope, { outer: scope.fn, isArgument });
    if (node.type === "FunctionExpression" && node.id != null) inner.declare(node.id.name);
    for (const parameter of node.params) this.parameter(parameter, inner);
    const { body } = node;
    if (body.type === "BlockStatement") {
      this.edits.put(body.start + 1, ` ${METER}.enter(); try {`);
      this.read(body, inner);
      this.edits.put(body.end - 1, `} finally { ${METER}.leave(); }`);
    } else {
      this.edits.put(body.start, `{ ${METER}.enter(); try { return (`);
      this.read(body, inner);
      this.edits.put(body.end, `); } finally { ${METER}.leave(); } }`);
    }
  }

  private loop(
    node: Extract<AnyNode, { type: "ForStatement" | "ForOfStatement" | "WhileStatement" | "DoWhileStatement" }>,
    outer: Scope,
  ): void {
    const scope = new Scope(outer, outer.fn);
    if (node.type === "ForStatement") {
      if (node.init != null) this.declaring(scope, [node.init]);
      for (const part of [node.init, node.test, node.update]) if (part != null) this.read(part, scope);
    } else if (node.type === "ForOfStatement") {
      if (node.await) this.fault(node, "for await: a programme waits for nothing: it decides at once");
      this.declaring(scope, [node.left]);
      if (node.left.type === "VariableDeclaration") this.read(node.left, scope);
      else this.fault(node.left, "for ... of: declare the name in the loop, with const");
      this.read(node.right, scope);
    } else if (node.type === "WhileStatement") this.read(node.test, scope);
    const { body } = node;
    this.edits.put(body.start, `{ ${METER}.step(); `);
    this.read(body, scope);
    this.edits.put(body.end, " }");
    if (node.type === "DoWhileStatement") this.read(node.test, scope);
  }

  private name(node: Node, name: string, scope: Scope, use: Parameters<typeof nameFault>[1]): void {
    if (scope.find(name) === undefined) this.fault(node, nameFault(name, use));
  }

  private member(node: Member, scope: Scope): void {
    const { object, property, computed } = node;
    if (computed) this.read(property, scope);
    else if (property.type === "Identifier") this.fault(property, memberFault(property.name));
    const member = !computed && property.type === "Identifier" ? property.name : "";
    if (object.type === "Identifier") this.name(object, object.name, scope, computed ? "alone" : { member });
    else this.read(object, scope);
  }

  private call(node: Extract<AnyNode, { type: "CallExpression" }>, scope: Scope): void {
    const callee = bare(node.callee);
    const isOfNames = callee.type === "MemberExpression" && this.isGlobal(callee.object, scope);
    if (callee.type === "MemberExpression" && !isOfNames) this.method(callee, scope);
    else this.read(node.callee, scope);
    const lists = isOfNames && rootOf(callee) === "Object";
    for (const argument of node.arguments)
      if (lists && argument.type !== "SpreadElement") this.metered("fields", argument, scope);
      else this.argument(argument, scope);
  }

  private isGlobal(node: AnyNode, scope: Scope): boolean {
    return node.type === "Identifier" && scope.find(node.name) === undefined;
  }

  /** Fractions outside functions are refused by what they are given to, in words of its own: `percent(2.5)`. */
  private argument(node: Expression | Extract<AnyNode, { type: "SpreadElement" }>, scope: Scope): void {
    if (node.type === "ArrowFunctionExpression" || node.type === "FunctionExpression") this.function(node, scope, true);
    else if (scope.fn !== null || node.type !== "Literal" || typeof node.value !== "number") this.read(node, scope);
  }

  private method(callee: Member, scope: Scope): void {
    const { object, property, computed, optional } = callee;
    if (computed || property.type !== "Identifier") {
      this.fault(callee, "a method goes by its name: .map(), not [name]()");
      return;
    }
    this.fault(property, methodFault(property.name));
    if (CHANGING.has(property.name)) this.fault(callee, changeFault(object, scope));
    if (!WHOLE.has(property.name)) {
      this.read(callee, scope);
      return;
    }
    this.metered("sized", object, scope);
    // What stood in one chain with the method still ends it: a?.b.map(f).
    if (optional || !isOptional(object)) return;
    const dot = this.source.indexOf(".", object.end);
    this.edits.put(dot, "?");
  }

  /** A value that goes through the meter first. */
  private metered(by: "each" | "fields" | "sized", value: AnyNode, scope: Scope): void {
    this.edits.put(value.start, `${METER}.${by}(`);
    this.read(value, scope);
    this.edits.put(value.end, ")");
  }

  private binary(node: Extract<AnyNode, { type: "BinaryExpression" }>, scope: Scope): void {
    this.fault(node, operatorFault(node.operator));
    const adds = node.operator === "+" && scope.fn !== null;
    if (adds) this.edits.put(node.start, `${METER}.plus(`);
    this.read(node.left, scope);
    if (adds) {
      const at = this.source.indexOf("+", node.left.end);
      this.edits.replace(at, at + 1, ",");
    }
    this.read(node.right, scope);
    if (adds) this.edits.put(node.end, ")");
  }

  private assignment(node: Extract<AnyNode, { type: "AssignmentExpression" }>, scope: Scope): void {
    const { left, right, operator } = node;
    this.fault(node, operatorFault(operator));
    if (left.type !== "Identifier" && left.type !== "MemberExpression") {
      this.fault(left, "several values at once: assign one after the other");
      return;
    }
    this.fault(left, placeFault(left));
    this.fault(node, changeFault(left, scope));
    this.read(left, scope);
    if (operator !== "+=" || scope.fn === null) {
      this.read(right, scope);
      return;
    }
    if (left.type === "MemberExpression" && bare(left.object).type !== "Identifier")
      this.fault(node, "+=: write out what it is added to, a = a + b");
    const at = this.source.indexOf("+=", left.end);
    const leftText = this.source.slice(left.start, left.end);
    this.edits.replace(at, at + 2, "=");
    this.edits.put(right.start, `${METER}.plus(${leftText}, `);
    this.read(right, scope);
    this.edits.put(right.end, ")");
  }
}

/**
 * Reads a script that is plain JavaScript: everything in it that could give another value elsewhere or later, or the script with
 * its steps counted (firmware/src/rules/custom-steps.ts). Throws `SyntaxError` where it is none. Lines stay where they are.
 */
export function readScript(source: string): ScriptReading {
  const program = parse(source, {
    ecmaVersion: 2023,
    sourceType: "module",
    locations: true,
    preserveParens: true,
    allowAwaitOutsideFunction: true,
  });
  const script = new Script(source);
  script.program(program);
  if (script.faults.length > 0) return { ok: false, faults: script.faults };
  return { ok: true, code: script.edits.applied(source) };
}
