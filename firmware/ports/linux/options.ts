import { DRAWINGS, type Drawing } from "../../src/counter/index.ts";

/** What the command line says. */
export interface Options {
  readonly state: string;
  readonly serial: string;
  readonly model: string;
  readonly image: string | null;
  readonly line: string | null;
  readonly till: string | null;
  readonly reader: string | null;
  readonly clock: "system" | "till";
  readonly counter: string | null;
  readonly drawing: Drawing;
  readonly printer: string | null;
  readonly stripe: string | null;
  readonly scanner: string | null;
  readonly buzzer: string | null;
}

export const USAGE = `Usage: cachet-terminal --state FOLDER --serial NAME [options]

A payment terminal's loyalty program: runs the signed image of its folder, serves a till, a card reader and the installer's line.

  --state FOLDER   the terminal's own files; made where it is missing
  --serial NAME    the serial number of this hardware, at most 40 characters
  --model NAME     as images name it (default: linux)
  --image FILE     the first image of a new terminal; later ones come over the line
  --line STREAM    the installer's line
  --till STREAM    the till, one line of JSON for each call
  --reader STREAM  the card reader, one line of JSON for each call; pcsc for one of the
                   system's PC/SC service, pcsc:NAME for the one whose name begins so
  --clock till     the till tells the time (default: system)
  --counter TTY    screen and keys of its own, and stripe readers and scanners that type as
                   a keyboard does; the till beside it only asks for visits
  --display NAME   how that screen is drawn: 4x20, 8x21 or tty (default: tty)
  --printer FILE   a receipt printer that speaks ESC/POS: a device, or a file
  --stripe STREAM  a stripe reader on a serial line
  --scanner STREAM  a scanner on a serial line
  --buzzer FILE    "1" and "0" are written to it, as to a pin of the system
  --help           this text

A STREAM is a serial device, a socket, pty for a new pseudo terminal, or - for standard input and output.`;

/** The command line is wrong; the message says what to do. */
export class UsageFault extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "UsageFault";
  }
}

const NAMES = [
  ...(["state", "serial", "model", "image", "line", "till", "reader", "clock"] as const),
  ...(["counter", "display", "printer", "stripe", "scanner", "buzzer"] as const),
] as const;
/** Of a terminal with a screen of its own. */
const OF_COUNTER = ["display", "printer", "stripe", "scanner", "buzzer"] as const;
type Name = (typeof NAMES)[number];
const isName = (name: string): name is Name => (NAMES as readonly string[]).includes(name);

function valuesOf(args: readonly string[]): ReadonlyMap<Name, string> {
  const values = new Map<Name, string>();
  for (let i = 0; i < args.length; i += 2) {
    const [word, value] = [args[i]!, args[i + 1]];
    const name = word.startsWith("--") ? word.slice(2) : "";
    if (!isName(name)) throw new UsageFault(`"${word}" is no option`);
    if (value === undefined || value === "") throw new UsageFault(`${word} needs a value`);
    if (values.has(name)) throw new UsageFault(`${word} is given twice`);
    values.set(name, value);
  }
  return values;
}

/** Reads the command line; "help" where it asks for it. Throws `UsageFault`. */
export function readOptions(args: readonly string[]): Options | "help" {
  if (args.includes("--help")) return "help";
  const values = valuesOf(args);
  const given = (name: Name) => values.get(name) ?? null;
  const [state, serial, clock] = [given("state"), given("serial"), given("clock") ?? "system"];
  if (state === null) throw new UsageFault("--state is missing: it names the terminal's folder");
  if (serial === null) throw new UsageFault("--serial is missing: offices know the hardware by it");
  if (!/^[\x20-\x7e]{1,40}$/.test(serial)) throw new UsageFault("--serial takes at most 40 characters of ASCII");
  const model = given("model") ?? "linux";
  if (!/^[\x21-\x7e]{1,32}$/.test(model)) throw new UsageFault("--model takes at most 32 characters of ASCII");
  if (clock !== "system" && clock !== "till") throw new UsageFault("--clock is system or till");
  if (clock === "till" && given("till") === null) throw new UsageFault("--clock till needs --till");
  const counter = given("counter");
  const lone = counter === null && OF_COUNTER.find((name) => given(name) !== null);
  if (lone) throw new UsageFault(`--${lone} needs --counter`);
  const display = given("display") ?? "tty";
  const drawing = DRAWINGS.find((one) => one === display);
  if (drawing === undefined) throw new UsageFault(`--display is one of ${DRAWINGS.join(", ")}`);
  return {
    state,
    serial,
    model,
    image: given("image"),
    line: given("line"),
    till: given("till"),
    reader: given("reader"),
    clock,
    counter,
    drawing,
    printer: given("printer"),
    stripe: given("stripe"),
    scanner: given("scanner"),
    buzzer: given("buzzer"),
  };
}
