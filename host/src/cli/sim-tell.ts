import { existsSync } from "node:fs";
import type { WrittenReceipt } from "@cachet/firmware/hal";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { controlPath, tellControl } from "./sim-control.ts";
import { usualFolders } from "./sim-folder.ts";
import { type SimAnswer, visitFailure } from "./sim-visit.ts";

const STATE = "nothing was done";

/** Folders in which a simulator answers: the named one, or the usual ones. */
async function runningIn(home: string, dir: string | undefined): Promise<readonly string[]> {
  const folders = dir === undefined ? [true, false].flatMap((isOpen) => usualFolders(home, isOpen)) : [dir];
  const found: string[] = [];
  for (const folder of folders) {
    if (existsSync(controlPath(folder)) && (await tellControl(folder, "status")) !== null) found.push(folder);
  }
  return found;
}

/** A request that only asked has no ticket: what there is to say is on its slip. */
function linesOf({ lines, said, report, slips }: SimAnswer): readonly string[] {
  const own = lines ?? [String(said)];
  if (report === undefined || report.ticket !== undefined) return own;
  return [...own, ...(slips ?? []).flatMap((slip) => slip.map((line) => `  ${line}`.trimEnd()))];
}

/** Tells the running simulator what to do, hands what came out of the printer to `print`, and says what it answers. Fails with C-SIM-07 or C-SIM-08. */
export async function tellSimulator(
  console: Console,
  words: readonly string[],
  { dir }: { readonly dir?: string },
  print: (receipts: readonly WrittenReceipt[]) => Promise<void> = async () => {},
): Promise<number> {
  const [folder, ...others] = await runningIn(console.home, dir);
  if (folder === undefined) {
    const where = dir ?? console.home;
    throw new Failure("C-SIM-07", `no simulator runs in ${where}`, STATE, ["start one: cachet sim start"]);
  }
  if (others.length > 0) {
    const list = [folder, ...others].join(", ");
    throw new Failure("C-SIM-07", `several simulators run: ${list}`, STATE, ["name one with --dir"]);
  }
  const answer: SimAnswer | null = await tellControl(folder, words.join(" "));
  if (answer === null) {
    throw new Failure("C-SIM-07", `the simulator in ${folder} ended without an answer`, STATE, ["start it again"]);
  }
  if (answer.ok !== true) {
    const { refused = "it does not start" } = answer;
    throw new Failure("C-SIM-08", refused, "nothing was changed", ["cachet sim do --help tells the words"]);
  }
  await print(answer.receipts ?? []);
  const failure = visitFailure(answer);
  if (failure !== null) throw failure;
  tell(console, linesOf(answer), answer);
  return EXIT.done;
}
