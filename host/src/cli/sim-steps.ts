import { type Chip, CONFIG_PAGES } from "@cachet/card-layout";
import { KEYS, type Key } from "@cachet/firmware/counter";
import type * as Simulator from "@cachet/terminal-sim";
import type { Step } from "@cachet/terminal-sim";
import { reprintOf, WISH_FIELDS, wishOf, withoutCardOf } from "./sim-wish.ts";
import { type Fields, MOMENT, momentOf, type StepProblem, StepReader } from "./step-reader.ts";

const AT_TERMINAL = ["terminal"];
/** Every verb with the fields that it may have. `lift`, `service` and `collect` are followed by a terminal, or by nothing. */
export const VERBS: Readonly<Record<Step["verb"], readonly string[]>> = {
  card: ["chip", "areas"],
  tap: [...WISH_FIELDS, "returns", "again", ...AT_TERMINAL],
  reprint: AT_TERMINAL,
  "without-card": AT_TERMINAL,
  language: AT_TERMINAL,
  account: [...WISH_FIELDS, "again", ...AT_TERMINAL],
  swipe: [...WISH_FIELDS, "again", ...AT_TERMINAL],
  ticket: [...WISH_FIELDS, "again", ...AT_TERMINAL],
  lay: AT_TERMINAL,
  lift: [],
  keys: AT_TERMINAL,
  hold: AT_TERMINAL,
  take: [],
  scan: AT_TERMINAL,
  power: AT_TERMINAL,
  cable: AT_TERMINAL,
  paper: AT_TERMINAL,
  service: [],
  clock: AT_TERMINAL,
  fault: AT_TERMINAL,
  collect: [],
  show: [],
  status: [],
};
export const isVerb = (word: string): word is Step["verb"] => Object.hasOwn(VERBS, word);

/** The words of a running simulator, for people. */
export const WORDS = [
  "card NAME [chip NTAG215] [areas 1]",
  "tap NAME sale 4.80 1.20:tobacco [redeem max] [returns] [again]",
  "  and of a sale: use 2, gift mug, gift-points 300, referred-by CARD, prepaid none, later, late TICKET 2026-06-18T10:00:00+02:00",
  "tap NAME top-up 50.00 | buy 100.00 PROGRAMME RULE [PACK] | balance [history] | settle",
  "tap NAME refund last|TICKET|CODE [lines 1 3] | close PROGRAMME",
  "tap NAME give PROGRAMME RULE 60 | receive TICKET (42, or its name T-0001-42) | stamps 6 PROGRAMME RULE",
  "reprint last|TICKET | without-card 12.50 (what a card would have brought)",
  "language fr | en (of screens and receipts)",
  "account NUMBER sale 4.80 [redeem max] [again] | refund TICKET|CODE | balance (no card: an account without a chip, or one that was forgotten)",
  "swipe ';280001000042130?' sale 4.80 | refund TICKET|CODE | balance (the text of a stripe)",
  "ticket new sale 12.30 | ticket CODE sale 10.00 [redeem max] [again] | refund TICKET|CODE (a receipt that carries points)",
  "lay NAME | lift | show NAME",
  "keys 1250 ok (digits, ok, correct, cancel, up, down, menu, cagnotte, top-up, refund, no-card, cancel-last, print, history, help)",
  "hold NAME | take | scan CODE",
  "power on | off | cycle",
  "cable in | out | gone",
  "paper in | out",
  "service",
  "clock 2026-06-18T17:59:58+02:00",
  "fault tear:after-block-2 (docs/simulator.md has all of them)",
  "status | stop",
] as const;

const CHIPS = Object.keys(CONFIG_PAGES) as readonly Chip[];

/** Keys by name; digits may stand together. */
function keysOf(reader: StepReader): Key[] {
  const words = reader.words("keys").flatMap((word) => word.split(/\s+/));
  return words.flatMap((word): Key[] => {
    if (/^\d+$/.test(word)) return [...word] as Key[];
    const key = KEYS.find((known) => known === word);
    if (key === undefined) reader.fault("keys", `"${word}" is no key; there are digits, ${KEYS.slice(11).join(", ")}`);
    return key === undefined ? [] : [key];
  });
}

function readStep(verb: Step["verb"], reader: StepReader, sim: typeof Simulator): Step {
  switch (verb) {
    case "card":
      return {
        verb,
        name: reader.name(verb),
        chip: reader.has("chip") ? reader.one("chip", CHIPS) : "NTAG215",
        areas: reader.count("areas", 1, 3, 1),
      };
    case "tap": {
      const [returns, again] = [reader.mark("returns"), reader.mark("again")];
      const [card, terminal] = [reader.name(verb), reader.terminal()];
      return { verb, card, terminal, wish: wishOf(reader, terminal), returns, again };
    }
    case "reprint": {
      const terminal = reader.terminal();
      return { verb, terminal, wish: reprintOf(reader, terminal) };
    }
    case "without-card":
      return { verb, terminal: reader.terminal(), wish: withoutCardOf(reader) };
    case "language":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["fr", "en"]) };
    case "account":
    case "swipe":
    case "ticket": {
      const again = reader.mark("again");
      const terminal = reader.terminal();
      const isNumber = (text: string) => (/^\d{13,15}$/.test(text) ? text : null);
      const text =
        verb === "account"
          ? reader.word(verb, isNumber, "an account's number: 13 digits", "")
          : reader.words(verb).join(" ");
      const wish = wishOf(reader, terminal);
      if (wish.kind === "sale" || wish.kind === "balance" || wish.kind === "refund")
        return { verb, text, terminal, wish, again };
      reader.fault(wish.kind, "needs a card; without one there is sale, refund or balance");
      return { verb, text, terminal, wish: { kind: "balance" }, again };
    }
    case "lay":
      return { verb, card: reader.name(verb), terminal: reader.terminal() };
    case "show":
      return { verb, card: reader.name(verb) };
    case "keys":
      return { verb, terminal: reader.terminal(), keys: keysOf(reader) };
    case "hold":
      return { verb, card: reader.name(verb), terminal: reader.terminal() };
    case "scan":
      return { verb, terminal: reader.terminal(), text: reader.words(verb).join(" ") };
    case "power":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["on", "off", "cycle"]) };
    case "cable":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["in", "out", "gone"]) };
    case "paper":
      return { verb, terminal: reader.terminal(), to: reader.one(verb, ["in", "out"]) };
    case "clock":
      return { verb, terminal: reader.terminal(), utc: reader.word(verb, momentOf, MOMENT, 0) };
    case "fault": {
      const fault = reader.word(verb, sim.parseFault, `a fault: ${sim.FAULTS.map(({ name }) => name).join(", ")}`, {
        what: "clock",
      });
      return { verb, terminal: reader.terminal(), fault, name: reader.words(verb).join(" ") };
    }
    case "take":
    case "lift":
    case "service":
    case "collect":
      return { verb, terminal: reader.terminal(verb) };
    case "status":
      return { verb };
  }
}

/** The step that some fields name, or everything that is wrong with them. `firstTerminal`: the one meant where none is named. */
export function stepOf(
  fields: Fields,
  firstTerminal: number,
  sim: typeof Simulator,
): { readonly step: Step } | { readonly problems: readonly StepProblem[] } {
  const verbs = [...fields.keys()].filter(isVerb);
  const [verb] = verbs;
  if (verb === undefined || verbs.length > 1) {
    const problem =
      verb === undefined ? `no verb; one of ${Object.keys(VERBS).join(", ")}` : `several verbs: ${verbs.join(", ")}`;
    return { problems: [{ field: null, problem }] };
  }
  const reader = new StepReader(fields, firstTerminal);
  const strange = [...fields.keys()].filter((field) => field !== verb && !VERBS[verb].includes(field));
  for (const field of strange) reader.fault(field, `not a field of ${verb}`);
  const step = readStep(verb, reader, sim);
  return reader.problems.length > 0 ? { problems: reader.problems } : { step };
}

const AT = "at";

/**
 * The fields of a step in one line: the verb, what it is about, then fields with their words. `at N` names the terminal:
 * `tap anna sale 4.80 1.20 redeem max at 2`.
 */
export function fieldsOfLine(line: string): Fields {
  const [verb = "", ...words] = line.trim().split(/\s+/);
  const known = isVerb(verb) ? VERBS[verb] : [];
  const fields = new Map<string, string[]>([[verb, []]]);
  let field = verb;
  for (const word of words) {
    const name = word === AT ? "terminal" : word;
    if (word === AT && !known.includes(name)) continue;
    if (known.includes(name)) {
      field = name;
      fields.set(field, []);
    } else fields.get(field)!.push(word);
  }
  return fields;
}
