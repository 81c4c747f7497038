/**
 * What a programme's file may be written in: the part of JavaScript in which the same facts always give the same value, in every engine,
 * in a number of steps that can be counted.
 */

const CHANCE = "the same facts must always give the same value: there is no chance in a programme";
const CLOCK = "there is no clock in a programme; `facts.time` is the time of the visit";
const LOCALE = "there is no locale in a programme: every terminal must give the same value";
const LATER = "a programme waits for nothing: it decides at once";
const HOST = "a programme knows nothing but its facts, nothing of the machine that it runs on";
const AS_CODE = "a programme does not make code: write it down";

/** Names that many will try, and why they are not there. */
const REFUSED_NAMES: Readonly<Record<string, string>> = {
  Date: CLOCK,
  performance: CLOCK,
  Intl: LOCALE,
  crypto: CHANCE,
  process: HOST,
  globalThis: HOST,
  global: HOST,
  require: HOST,
  console: HOST,
  fetch: HOST,
  XMLHttpRequest: HOST,
  WebSocket: HOST,
  eval: AS_CODE,
  Function: AS_CODE,
  Promise: LATER,
  setTimeout: LATER,
  setInterval: LATER,
  setImmediate: LATER,
  queueMicrotask: LATER,
};

/** Names that are there, each with the members that may be used; `null`: it may only follow `new`. */
const NAMES: Readonly<Record<string, readonly string[] | null>> = {
  undefined: [],
  Math: ["abs", "ceil", "floor", "max", "min", "sign", "trunc"],
  Number: ["MAX_SAFE_INTEGER", "isInteger", "isSafeInteger"],
  Array: ["isArray"],
  Object: ["entries", "keys", "values"],
  Map: null,
  Set: null,
  Error: null,
  RangeError: null,
  TypeError: null,
};

/** Methods that go through a whole list. */
export const WHOLE = new Set([
  ...["every", "filter", "find", "findIndex", "findLast", "findLastIndex", "forEach", "includes", "indexOf"],
  ...["lastIndexOf", "map", "reduce", "shift", "slice", "some", "unshift"],
]);

/** Methods of lists, text, sets and maps. What is left out goes by the locale, compares in an order of its own, or makes much of little. */
const METHODS = new Set([
  ...WHOLE,
  ...["add", "at", "endsWith", "entries", "get", "has", "keys", "pop", "push", "set", "startsWith", "values"],
]);

/** Those that change what they are called on. */
export const CHANGING = new Set(["add", "pop", "push", "set", "shift", "unshift"]);

const REFUSED_METHODS: Readonly<Record<string, string>> = {
  toLocaleString: LOCALE,
  localeCompare: LOCALE,
  toLocaleLowerCase: LOCALE,
  toLocaleUpperCase: LOCALE,
  sort: "engines compare in different orders, with different numbers of steps; look for what you need with a loop",
  toSorted: "engines compare in different orders, with different numbers of steps; look for what you need with a loop",
};

/** Members that lead out of the language. */
const REFUSED_MEMBERS = new Set(["__proto__", "constructor", "prototype"]);

const isListed = <T>(table: Readonly<Record<string, T>>, name: string): boolean => Object.hasOwn(table, name);

/** Why a name that the file does not declare cannot be used; null where it can. `member`: what follows its dot. */
export function nameFault(name: string, use: "new" | "alone" | { readonly member: string }): string | null {
  if (isListed(REFUSED_NAMES, name)) return `${name}: ${REFUSED_NAMES[name]}`;
  if (!isListed(NAMES, name)) return `${name}: there is no such thing in the language of programmes`;
  const members = NAMES[name]!;
  if (name === "undefined") return null;
  if (members === null) return use === "new" ? null : `${name}: write new ${name}(...)`;
  if (typeof use === "object") {
    if (members.includes(use.member)) return null;
    if (name === "Math" && use.member === "random") return `Math.random: ${CHANCE}`;
    return `${name}.${use.member}: only ${members.map((one) => `${name}.${one}`).join(", ")} give whole numbers or the same everywhere`;
  }
  return `${name}: only ${members.map((one) => `${name}.${one}`).join(", ")} can be used`;
}

/** Why a method cannot be called; null where it can. */
export function methodFault(name: string): string | null {
  if (METHODS.has(name)) return null;
  if (isListed(REFUSED_METHODS, name)) return `.${name}(): ${REFUSED_METHODS[name]}`;
  return `.${name}(): no such method in the language of programmes; there are ${[...METHODS].sort().join(", ")}`;
}

export const memberFault = (name: string): string | null => (REFUSED_MEMBERS.has(name) ? `.${name}: ${AS_CODE}` : null);

/** Parts of JavaScript that are not in the language, by the name of the syntax tree, and what to write instead. */
const REFUSED_SYNTAX: Readonly<Record<string, string>> = {
  ForInStatement: "for ... in: the order is the engine's; write for ... of",
  AwaitExpression: `await: ${LATER}`,
  YieldExpression: `yield: ${LATER}`,
  ImportExpression: `import(): ${LATER}`,
  ClassDeclaration: "class: a programme is made of functions",
  ClassExpression: "class: a programme is made of functions",
  ThisExpression: "this: a function sees its facts and nothing else",
  Super: "super: a programme is made of functions",
  MetaProperty: `import.meta: ${HOST}`,
  TaggedTemplateExpression: "text before a template: write a plain string",
  WithStatement: "with: name what you mean",
  DebuggerStatement: "debugger: take it out",
};

const ALLOWED_SYNTAX = new Set([
  ...["ArrayExpression", "ArrayPattern", "ArrowFunctionExpression", "AssignmentExpression", "AssignmentPattern"],
  ...["BinaryExpression", "BlockStatement", "BreakStatement", "CallExpression", "CatchClause", "ChainExpression"],
  ...["ConditionalExpression", "ContinueStatement", "DoWhileStatement", "EmptyStatement", "ExportDefaultDeclaration"],
  ...["ExportNamedDeclaration", "ExportSpecifier", "ExpressionStatement", "ForOfStatement", "ForStatement"],
  ...["FunctionDeclaration", "FunctionExpression", "Identifier", "IfStatement", "ImportDeclaration", "ImportSpecifier"],
  ...["ImportDefaultSpecifier", "ImportNamespaceSpecifier", "LabeledStatement", "Literal", "LogicalExpression"],
  ...["MemberExpression", "NewExpression", "ObjectExpression", "ObjectPattern", "ParenthesizedExpression", "Program"],
  ...["Property", "RestElement", "ReturnStatement", "SequenceExpression", "SpreadElement", "SwitchCase"],
  ...["SwitchStatement", "TemplateElement", "TemplateLiteral", "ThrowStatement", "TryStatement", "UnaryExpression"],
  ...["UpdateExpression", "VariableDeclaration", "VariableDeclarator", "WhileStatement"],
]);

/** Why a part of the syntax cannot be used; null where it can. */
export function syntaxFault(type: string): string | null {
  if (ALLOWED_SYNTAX.has(type)) return null;
  return REFUSED_SYNTAX[type] ?? `${type}: not in the language of programmes`;
}

const DIVIDE = "it leaves fractions; write wholeDiv(a, b)";
const OPERATORS: Readonly<Record<string, string>> = {
  "/": DIVIDE,
  "/=": DIVIDE,
  "**": "its result is not always whole; multiply",
  "**=": "its result is not always whole; multiply",
  in: "write a Map, and its has()",
  instanceof: "there are no classes in a programme",
};

export const operatorFault = (operator: string): string | null =>
  isListed(OPERATORS, operator) ? `${operator}: ${OPERATORS[operator]}` : null;

/** The module that programmes are written with. */
export const LANGUAGE = "@cachet/firmware/rules";
