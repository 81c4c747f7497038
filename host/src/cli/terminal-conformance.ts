import { sameBytes } from "@cachet/card-layout";
import { conformanceCheck, conformanceChecks, echo, type ResponseOf } from "@cachet/firmware/wire";
import { LinkFault } from "../link/link-fault.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { columns } from "./terminal-list.ts";
import { waitUntilBack } from "./terminal-restart.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

type Check = ResponseOf<typeof conformanceChecks>["checks"][number];

interface Result {
  readonly check: string;
  /** Null where it was not tried. */
  readonly ok: boolean | null;
  readonly said: string;
}

/** The longest that one check takes where nothing is wrong is a card's 20 seconds. */
const ANSWER_MS = 60_000;
/** Texts that fill a packet nearly, and what lies around the borders of a frame of 127 characters. */
const ECHOES = [0, 1, 23, 24, 80, 90, 91, 92, 93, 94, 95, 255, 256, 1_000, 3_000];

const DOES = {
  card: "hold an NTAG or an Ultralight EV1 against the reader, and leave it there",
  away: "take every card away from the reader",
} as const;

/** Long and short texts over the line, one after the other. */
async function lineCheck(session: TerminalSession): Promise<Result> {
  for (const length of ECHOES) {
    const text = Array.from({ length }, (_, i) => String.fromCharCode(0x21 + ((i * 7) % 0x5d))).join("");
    const { r } = await session.need(echo, { d: text }, "answer");
    if (r !== text)
      return { check: "line", ok: false, said: `a text of ${length} characters came back as ${r.length}` };
  }
  return { check: "line", ok: true, said: "" };
}

/** One half of a check. A terminal that hangs in it has failed it. */
async function half(session: TerminalSession, name: string, again: boolean): Promise<Result> {
  try {
    const request = again ? { name, again } : { name };
    const { ok, said } = await session.need(conformanceCheck, request, `try ${name}`, {
      timeoutMs: ANSWER_MS,
      tries: 1,
    });
    return { check: name, ok, said };
  } catch (error) {
    if (!(error instanceof LinkFault) || error.problem !== "silent") throw error;
    return { check: name, ok: false, said: `no answer within ${ANSWER_MS / 1_000} s` };
  }
}

async function tried(session: TerminalSession, checks: readonly Check[], hasPerson: boolean): Promise<Result[]> {
  const results: Result[] = [await lineCheck(session)];
  const isHere = (one: string): boolean => one === "nothing" || one === "restart";
  for (const { name, needs } of checks) {
    if (!isHere(needs) && !hasPerson) {
      results.push({ check: name, ok: null, said: "not tried: --card-test, with a card at hand" });
      continue;
    }
    if (needs === "card" || needs === "away") session.console.err(`${DOES[needs]}\n`);
    results.push(await half(session, name, false));
  }
  const kept = checks.filter(({ needs }) => needs === "restart");
  if (kept.length === 0) return results;
  const { key } = session.identity;
  await session.need(conformanceCheck, { name: "", restart: true }, "start anew");
  await waitUntilBack(session, false);
  const isSame = sameBytes(key, session.identity.key);
  results.push({ check: "identity-kept", ok: isSame, said: isSame ? "" : "after a restart it has another key" });
  for (const { name } of kept) {
    const at = results.findIndex(({ check }) => check === name);
    if (results[at]!.ok === true) results[at] = await half(session, name, true);
  }
  return results;
}

const WORDS = { true: "ok", false: "FAIL", null: "-" } as const;

/** `terminal test --conformance`: tries what the maker of a terminal supplies (docs/porting.md). Gives the exit code. Fails with C-TERM-18. */
export async function conformance(
  console: Console,
  options: PortOptions & { readonly cardTest?: boolean },
  tools: TerminalTools,
): Promise<number> {
  return withTerminal(console, options, tools, async (session) => {
    if (session.identity.terminal !== undefined) {
      throw new Failure("C-TERM-18", `${session.name} is a shop's: it is not blank`, "nothing was tried or changed", [
        "take a terminal that was never provisioned; of a native one, give it a new folder with --state",
      ]);
    }
    session.standing = {
      state: "a blank terminal is blank after it; its clock may be an hour off",
      next: ["switch it off and on, and run it again"],
    };
    const { checks } = await session.need(conformanceChecks, {}, "say what it can be tried for");
    const results = await tried(session, checks, options.cardTest === true);
    const lines = columns(results.map(({ check, ok, said }) => [WORDS[`${ok}`], check, said]));
    tell(console, lines, { results });
    const failed = results.filter(({ ok }) => ok === false);
    if (failed.length === 0) return EXIT.done;
    const what = `${failed.length} of ${results.length} checks: ${failed.map(({ check }) => check).join(", ")}`;
    const failure = new Failure(
      "C-TERM-13",
      `${session.name} does not keep what a port promises in ${what}`,
      "no value was touched",
      ["docs/porting.md says of each what is promised"],
    );
    for (const line of failure.lines()) console.err(`${line}\n`);
    return failure.exit;
  });
}
