import { toHex } from "@cachet/card-layout";
import { imageSetState, imageState, slotImages } from "@cachet/firmware/wire";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { refusal } from "./terminal-error.ts";
import { confirmRunning, notHealthy, reset, startWith, waitUntilBack } from "./terminal-restart.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

async function stateOf(session: TerminalSession) {
  const { images } = await session.need(imageState, {}, "tell of its slots");
  return { running: images.find(({ slot }) => slot === 0), other: images.find(({ slot }) => slot === 1) };
}

const activeText = (version: string | undefined): string =>
  version === undefined ? "no image runs" : `${version} active`;

/** `terminal confirm`: keeps an image that is on trial. */
export async function confirm(console: Console, options: PortOptions, tools: TerminalTools): Promise<void> {
  await withTerminal(console, options, tools, async (session) => {
    const { running } = await stateOf(session);
    if (running === undefined) {
      throw new Failure("C-TERM-14", `${session.name} runs no image`, "nothing was changed", [
        "bring one: cachet terminal flash X.img",
      ]);
    }
    const document = { version: running.version, hash: toHex(running.hash), confirmed: true };
    if (running.confirmed === true) {
      tell(console, [`${running.version} is confirmed already`], { ...document, changed: false });
      return;
    }
    const problem = await confirmRunning(session);
    if (problem?.refusal === "confirm-denied") {
      throw notHealthy(running.version, { result: "not-healthy", why: "it has not reported that it works" });
    }
    if (problem !== null) throw refusal(`keep ${running.version}`, problem.refusal, problem.detail, null);
    tell(console, [`${running.version} confirmed`], { ...document, changed: true });
  });
}

/** An image on trial goes when the terminal starts anew. */
async function giveUpTrial(session: TerminalSession): Promise<void> {
  await reset(session);
  await waitUntilBack(session);
}

/** The other slot's image is tried and kept, as any new one. Fails with C-TERM-04, 09, 10 or 14. */
async function goBack(session: TerminalSession): Promise<void> {
  const { counter, images } = await session.need(slotImages, {}, "tell of its slots");
  const other = images.find(({ slot }) => slot === 1);
  const unchanged = "nothing was changed; the terminal runs what it ran before";
  if (other === undefined) {
    throw new Failure("C-TERM-14", `the other slot of ${session.name} holds no image`, unchanged, [
      "bring the image that is to run: cachet terminal flash X.img",
    ]);
  }
  if (other.counter < counter) {
    throw new Failure(
      "C-TERM-04",
      `${other.version} has security counter ${other.counter}, terminal at ${counter}`,
      unchanged,
      ["counters never go back: have that version built again with a higher one"],
    );
  }
  if (other.refusal !== undefined) {
    throw new Failure("C-TERM-14", `${other.version} may not run: ${other.detail} (${other.refusal})`, unchanged, [
      "bring the image that is to run: cachet terminal flash X.img",
    ]);
  }
  await session.need(imageSetState, { hash: other.hash, confirm: false }, `go back to ${other.version}`);
  session.standing = { state: `${other.version} is tried at the next start`, next: [] };
  const told = await startWith(session, other.hash);
  if (told.result !== "healthy") throw notHealthy(other.version, told);
  const problem = await confirmRunning(session);
  if (problem !== null) throw refusal(`keep ${other.version}`, problem.refusal, problem.detail, session.standing);
}

/** `terminal rollback`: what ran before runs again. */
export async function rollback(console: Console, options: PortOptions, tools: TerminalTools): Promise<void> {
  await withTerminal(console, options, tools, async (session) => {
    const before = (await stateOf(session)).running;
    if (before !== undefined && before.confirmed !== true) await giveUpTrial(session);
    else await goBack(session);
    const { running } = await stateOf(session);
    const went = before === undefined ? "" : ` (was ${before.version})`;
    tell(console, [`${activeText(running?.version)}${went}`], {
      version: running?.version ?? null,
      hash: running === undefined ? null : toHex(running.hash),
      before: before?.version ?? null,
    });
  });
}
