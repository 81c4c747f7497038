import type { ReceiptLine } from "../hal/index.ts";
import { ArithmeticFault, type Programme, playTrial, ValueFault } from "../rules/index.ts";
import { fr } from "./receipt-messages-fr.ts";
import { linesOfNote } from "./receipt-notes.ts";

/** Given by the sandbox: hands what became of the trial to whoever asked. */
declare function cachetCall(id: number, method: "given" | "played" | "refused", args: string): void;

/** One line of paper, whatever its width. */
function lineText(line: ReceiptLine): string {
  switch (line.line) {
    case "separator":
      return "";
    case "row":
      return line.right === "" ? line.left : `${line.left} ${line.right}`;
    default:
      return line.text;
  }
}

function played(programme: Programme, given: unknown): string {
  const { steps, cards } = playTrial(programme, given);
  const written = steps.map(({ notes, ...step }) => ({
    ...step,
    receipt: notes.flatMap((note) => linesOfNote(fr, note)).map(lineText),
  }));
  const [only, ...others] = Object.values(cards);
  const isNamed = others.length > 0 || (given as { readonly cards?: object }).cards !== undefined;
  return JSON.stringify({ steps: written, ...(isNamed ? { cards } : { card: only }) });
}

/** Where a trial starts: asks for the written card and events, and plays them as the terminal would. */
export function launchTrial(programme: Programme): void {
  (globalThis as unknown as { cachet: object }).cachet = {
    start() {
      cachetCall(1, "given", "");
    },
    answer(_id: number, text: string) {
      try {
        cachetCall(0, "played", played(programme, JSON.parse(text)));
      } catch (error) {
        if (!(error instanceof ValueFault) && !(error instanceof ArithmeticFault)) throw error;
        cachetCall(0, "refused", error.message);
      }
    },
  };
}
