import { ArithmeticFault, type Programme, playTrial, ValueFault } from "../rules/index.ts";
import { linesOfNote } from "./receipt-notes.ts";

/** Given by the sandbox: hands what became of the trial to whoever asked. */
declare function cachetCall(id: number, method: "given" | "played" | "refused", args: string): void;

function played(programme: Programme, given: unknown): string {
  const { steps, cards } = playTrial(programme, given);
  const written = steps.map(({ notes, ...step }) => ({
    ...step,
    receipt: notes.flatMap((note) => linesOfNote(note)),
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
