import { dirname, resolve } from "node:path";
import { type Chip, CONFIG_PAGES } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import type * as Simulator from "@cachet/terminal-sim";
import type { Step } from "@cachet/terminal-sim";
import { readScenarioText, type ScenarioFault, type ScenarioNode } from "./scenario-text.ts";
import { TOWN_PROGRAMMES } from "./sim-image.ts";
import { stepOf, VERBS } from "./sim-steps.ts";
import { durationOf, momentOf } from "./step-reader.ts";

export interface ScenarioTerminal {
  readonly number: number;
  readonly merchant: number;
  /** Where the file says so, for faults that show only once its programmes are read. */
  readonly at: Pick<ScenarioNode, "line" | "path">;
}

export interface ScenarioStep {
  readonly line: number;
  /** The words that it was written with, in one line. */
  readonly words: string;
  /** Seconds since 1970 at which it happens; null for at once. */
  readonly at: number | null;
  readonly step: Step;
}

/** A story that simulated terminals play. */
export interface Scenario {
  readonly title: string;
  readonly start: number;
  /** Paths of the programme files in the image. */
  readonly programmes: readonly string[];
  readonly terminals: readonly ScenarioTerminal[];
  readonly cards: readonly Extract<Step, { verb: "card" }>[];
  readonly steps: readonly ScenarioStep[];
}

/** Faults that a scenario cannot have, and why. */
const ELSEWHERE: Partial<Record<string, string>> = {
  serial: "a scenario has no line: serial faults are for `cachet sim start` and the line throttle",
  bank: "needs the bank terminal, which the simulator does not have yet",
};
const NO_LINE = "a scenario has no line: cables are for `cachet sim start`";

/** Reads the fields of a scenario and gathers everything that is wrong. */
class ScenarioReader {
  readonly faults: ScenarioFault[];
  private readonly sim: typeof Simulator;

  constructor(sim: typeof Simulator, faults: readonly ScenarioFault[]) {
    this.sim = sim;
    this.faults = [...faults];
  }

  fault({ line, path }: Pick<ScenarioNode, "line" | "path">, problem: string): void {
    this.faults.push({ line, field: path, problem });
  }

  fields(node: ScenarioNode, known: readonly string[]): ReadonlyMap<string, ScenarioNode> {
    if (node.kind !== "map") {
      this.fault(node, "not a map of fields");
      return new Map();
    }
    for (const [name, field] of node.fields) {
      if (!known.includes(name)) this.fault(field, `no such field; there are ${known.join(", ")}`);
    }
    return node.fields;
  }

  list(node: ScenarioNode | undefined, above: ScenarioNode, name: string): readonly ScenarioNode[] {
    if (node?.kind === "list" && node.items.length > 0) return node.items;
    this.fault(node ?? { line: above.line, path: name }, "a list with something in it is needed");
    return [];
  }

  word<T>(node: ScenarioNode | undefined, read: (text: string) => T | null, expected: string, otherwise: T): T {
    if (node === undefined) return otherwise;
    const value = node.kind === "word" ? read(node.text) : null;
    if (value === null)
      this.fault(node, `${node.kind === "word" ? `"${node.text}"` : `a ${node.kind}`} is not ${expected}`);
    return value ?? otherwise;
  }

  /** The words of a field of a step: one, or a list of them. */
  words(node: ScenarioNode): readonly string[] {
    if (node.kind === "word") return node.text === "" ? [] : [node.text];
    if (node.kind === "list") return node.items.flatMap((item) => this.words(item));
    this.fault(node, "a map is not read here");
    return [];
  }

  step(node: ScenarioNode, terminals: readonly number[], now: number): ScenarioStep | null {
    if (node.kind !== "map") {
      this.fault(node, `not a step: a map with one of ${Object.keys(VERBS).join(", ")}`);
      return null;
    }
    const when = node.fields.get("at");
    const at = this.word(
      when,
      (text) => momentIn(text, now),
      "a moment, or a length of time from the step before such as +90s",
      now,
    );
    if (at < now) this.fault(when ?? node, "before the step above it: time only goes on");
    const fields = new Map(
      [...node.fields].flatMap(([name, field]) => (name === "at" ? [] : [[name, this.words(field)] as const])),
    );
    const read = stepOf(fields, terminals[0] ?? 1, this.sim);
    if ("problems" in read) {
      for (const { field, problem } of read.problems)
        this.fault((field === null ? null : node.fields.get(field)) ?? node, problem);
      return null;
    }
    const { step } = read;
    if ("terminal" in step && !terminals.includes(step.terminal))
      this.fault(node, `there is no terminal ${step.terminal}`);
    if (step.verb === "cable") this.fault(node, NO_LINE);
    if (step.verb === "fault" && ELSEWHERE[step.fault.what] !== undefined)
      this.fault(node, ELSEWHERE[step.fault.what]!);
    const words = [...fields]
      .map(([name, values]) => [name === "terminal" ? "at" : name, ...values].join(" "))
      .join(" ");
    return { line: node.line, words, at: when === undefined ? null : at, step };
  }
}

function momentIn(text: string, now: number): number | null {
  if (!text.startsWith("+")) return momentOf(text);
  const length = durationOf(text.slice(1));
  return length === null ? null : now + length;
}

const whole =
  (min: number, max: number) =>
  (text: string): number | null =>
    /^\d{1,5}$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null;
const CHIPS = Object.keys(CONFIG_PAGES) as readonly Chip[];
const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;
const MOMENT = "a moment such as 2026-06-18T17:59:58+02:00";

function terminalsOf(reader: ScenarioReader, nodes: readonly ScenarioNode[]): ScenarioTerminal[] {
  const terminals = nodes.map((node, i) => {
    const fields = reader.fields(node, ["number", "merchant"]);
    const { line, path } = fields.get("merchant") ?? node;
    return {
      at: { line, path },
      number: reader.word(fields.get("number"), whole(1, 9_999), "a terminal's number, 1 to 9999", i + 1),
      merchant: reader.word(fields.get("merchant"), whole(1, 65_535), "a merchant's number", 1),
    };
  });
  for (const [i, { number }] of terminals.entries()) {
    if (terminals.findIndex((other) => other.number === number) !== i)
      reader.fault(nodes[i]!, `there is a terminal ${number} already`);
  }
  return terminals;
}

function cardsOf(reader: ScenarioReader, nodes: readonly ScenarioNode[]): Extract<Step, { verb: "card" }>[] {
  const cards = nodes.map((node) => {
    const fields = reader.fields(node, ["name", "chip", "areas"]);
    if (!fields.has("name")) reader.fault(node, "a card has a name");
    const chip = (text: string) => CHIPS.find((known) => known === text) ?? null;
    return {
      verb: "card" as const,
      name: reader.word(
        fields.get("name"),
        (text) => (NAME.test(text) ? text : null),
        "a name: small letters, digits and hyphens",
        "",
      ),
      chip: reader.word<Chip>(fields.get("chip"), chip, CHIPS.join(" or "), "NTAG215"),
      areas: reader.word(fields.get("areas"), whole(1, 3), "1 to 3", 1),
    };
  });
  for (const [i, { name }] of cards.entries()) {
    if (cards.findIndex((other) => other.name === name) !== i)
      reader.fault(nodes[i]!, `there is a card ${name} already`);
  }
  return cards;
}

/** Terminals of merchants whom no programme lists: nothing could happen there. */
export function merchantFaults(
  { terminals }: Scenario,
  programmes: readonly Pick<Programme, "merchants">[],
): readonly ScenarioFault[] {
  const listed = new Map(
    programmes.flatMap(({ merchants }) =>
      Object.entries(merchants).map(([number, { name }]): [number, string] => [Number(number), name]),
    ),
  );
  const known = [...listed].sort(([a], [b]) => a - b).map(([number, name]) => `${number} (${name})`);
  return terminals.flatMap(({ merchant, at: { line, path } }) =>
    listed.has(merchant)
      ? []
      : [{ line, field: path, problem: `no programme lists merchant ${merchant}; there are ${known.join(", ")}` }],
  );
}

/** The scenario in a file's text, or everything that is wrong with it. `file`: programmes are named from its folder. */
export function readScenario(
  text: string,
  file: string,
  sim: typeof Simulator,
): { readonly scenario: Scenario } | { readonly faults: readonly ScenarioFault[] } {
  const { root, faults } = readScenarioText(text);
  const reader = new ScenarioReader(sim, faults);
  // Whatever else would be said of a file that is not read whole may be wrong.
  if (faults.length > 0) return { faults };
  const fields = reader.fields(root, ["title", "start", "programmes", "terminals", "cards", "steps"]);
  if (!fields.has("start")) reader.fault({ line: root.line, path: "start" }, `${MOMENT} is needed`);
  const start = reader.word(fields.get("start"), momentOf, MOMENT, 0);
  const programmes = fields.has("programmes")
    ? reader
        .list(fields.get("programmes"), root, "programmes")
        .map((node) => reader.word(node, (path) => resolve(dirname(file), path), "a path", ""))
    : TOWN_PROGRAMMES;
  const terminals = terminalsOf(reader, reader.list(fields.get("terminals"), root, "terminals"));
  const cards = fields.has("cards") ? cardsOf(reader, reader.list(fields.get("cards"), root, "cards")) : [];
  const steps: ScenarioStep[] = [];
  let now = start;
  for (const node of reader.list(fields.get("steps"), root, "steps")) {
    const step = reader.step(
      node,
      terminals.map(({ number }) => number),
      now,
    );
    if (step === null) continue;
    now = step.at ?? now;
    steps.push(step);
  }
  const title = reader.word(fields.get("title"), (words) => words, "text", "");
  if (reader.faults.length > 0) return { faults: reader.faults };
  return { scenario: { title, start, programmes, terminals, cards, steps } };
}
