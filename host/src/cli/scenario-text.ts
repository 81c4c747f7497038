import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";

/** What is wrong with a scenario, where. */
export interface ScenarioFault {
  readonly line: number;
  /** The field, as a path: `steps[2].sale`; empty for the file as a whole. */
  readonly field: string;
  readonly problem: string;
}

/** One value of a scenario with its place. Words are kept as they were written: 4.80 stays `4.80`. */
export type ScenarioNode = { readonly line: number; readonly path: string } & (
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly ScenarioNode[] }
  | { readonly kind: "map"; readonly fields: ReadonlyMap<string, ScenarioNode> }
);

const TEXT_MAX = 1_000_000;

class Reader {
  readonly faults: ScenarioFault[] = [];
  private readonly lines: LineCounter;

  constructor(lines: LineCounter) {
    this.lines = lines;
  }

  lineOf(node: Node | null): number {
    return node?.range ? this.lines.linePos(node.range[0]).line : 1;
  }

  fault(line: number, field: string, problem: string): void {
    this.faults.push({ line, field, problem });
  }

  read(node: Node | null, path: string, above: number): ScenarioNode {
    const line = node?.range ? this.lineOf(node) : above;
    if (isSeq<Node>(node)) {
      return {
        kind: "list",
        line,
        path,
        items: node.items.map((item, i) => this.read(item, `${path}[${i + 1}]`, line)),
      };
    }
    if (isMap<Node, Node | null>(node)) {
      const fields = new Map<string, ScenarioNode>();
      for (const { key, value } of node.items) {
        const at = this.lineOf(key);
        if (!isScalar(key)) this.fault(at, path, "the name of a field is one word");
        else
          fields.set(String(key.value), this.read(value, path === "" ? String(key.value) : `${path}.${key.value}`, at));
      }
      return { kind: "map", line, path, fields };
    }
    if (isAlias(node)) this.fault(line, path, "aliases are not read");
    return { kind: "word", line, path, text: isScalar(node) ? String(node.value ?? "") : "" };
  }
}

/** Reads YAML (or JSON, which is YAML too) in which every value is a word, a list or a map. */
export function readScenarioText(text: string): {
  readonly root: ScenarioNode;
  readonly faults: readonly ScenarioFault[];
} {
  const lines = new LineCounter();
  const nothing: ScenarioNode = { kind: "word", line: 1, path: "", text: "" };
  if (text.length > TEXT_MAX) {
    return { root: nothing, faults: [{ line: 1, field: "", problem: `more than ${TEXT_MAX} characters` }] };
  }
  // Of the failsafe schema: no number loses its zeros, and nothing is made of what a file says.
  const document = parseDocument(text, { schema: "failsafe", lineCounter: lines, prettyErrors: false });
  const reader = new Reader(lines);
  for (const { message, pos } of document.errors) reader.fault(lines.linePos(pos[0]).line, "", message);
  const root = reader.read(document.contents as Node | null, "", 1);
  return { root, faults: reader.faults };
}
