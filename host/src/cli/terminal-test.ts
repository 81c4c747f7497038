import { echo, type ResponseOf, selfTest } from "@cachet/firmware/wire";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { columns } from "./terminal-list.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

type Result = ResponseOf<typeof selfTest> & { readonly part: string };

/** How long the terminal waits for a card, and how much longer its answer may take. */
const CARD_WAIT_MS = 20_000;
const ANSWER_MS = 5_000;
const ECHO = "cachet";

async function echoTest(session: TerminalSession): Promise<Result> {
  const { r } = await session.need(echo, { d: ECHO }, "answer");
  return { part: "line", ok: r === ECHO, said: r === ECHO ? "answers what it was told" : "answers something else" };
}

async function partTest(session: TerminalSession, part: "screen" | "printer" | "card"): Promise<Result> {
  const wait = part === "card" ? CARD_WAIT_MS : 0;
  const request = part === "card" ? { part, wait } : { part };
  const told = await session.need(selfTest, request, `test its ${part}`, { timeoutMs: wait + ANSWER_MS });
  return { part, ...told };
}

/** `terminal test`: tries the parts of a terminal without any value. Gives the exit code. */
export async function test(
  console: Console,
  options: PortOptions & { readonly cardTest?: boolean },
  tools: TerminalTools,
): Promise<number> {
  return withTerminal(console, options, tools, async (session) => {
    session.standing = { state: "the test writes no value and no card", next: [] };
    const results = [await echoTest(session), await partTest(session, "screen"), await partTest(session, "printer")];
    if (options.cardTest === true) {
      console.err(`hold a card against the terminal (${CARD_WAIT_MS / 1_000} s)\n`);
      results.push(await partTest(session, "card"));
    }
    const lines = columns(results.map(({ part, ok, said }) => [ok ? "ok" : "FAIL", part, said]));
    tell(console, lines, { results });
    const failed = results.filter(({ ok }) => !ok);
    if (failed.length === 0) return EXIT.done;
    const what = failed.map(({ part, said }) => `${part}: ${said}`).join("; ");
    const failure = new Failure("C-TERM-13", `${session.name} failed its test: ${what}`, "no value was touched", [
      "mend or replace that part, and run the test again",
    ]);
    for (const line of failure.lines()) console.err(`${line}\n`);
    return failure.exit;
  });
}
