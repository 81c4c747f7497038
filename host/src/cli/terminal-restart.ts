import { sameBytes } from "@cachet/card-layout";
import { imageSetState, imageState, resetTerminal, slotImages, terminalHealth } from "@cachet/firmware/wire";
import { pause } from "../ports/clock.ts";
import { Failure } from "./failure.ts";
import type { Standing } from "./terminal-error.ts";
import type { TerminalSession } from "./terminal-session.ts";

/** How often a terminal that starts anew is asked whether it is back. */
const POLL_MS = 500;
/** A start takes a second or two; a terminal with a full journal some more. */
const BACK_MS = 30_000;
/** A terminal ends the trial of an image that says nothing for a minute (firmware/hal/limits.ts); then it starts once more. */
const HEALTHY_MS = 75_000;
/** How long a visit that is under way may take. */
const VISIT_MS = 60_000;

/** What came of starting a terminal anew with another image. */
export type Restarted =
  | { readonly result: "healthy" }
  /** Another image runs: the terminal refused the new one, or gave it up. */
  | { readonly result: "went-back"; readonly why: string }
  /** It is there, and the new image says nothing. */
  | { readonly result: "not-healthy"; readonly why: string };

/** Starts the terminal anew once no visit is under way. Fails with C-TERM-16 where one does not end. */
export async function reset(session: TerminalSession): Promise<void> {
  const { clock } = session.tools;
  for (const end = clock.now() + VISIT_MS; ; ) {
    const answer = await session.ask(resetTerminal, {}, "started anew");
    if (answer.ok) return;
    if (answer.refusal !== "busy" || clock.now() >= end) {
      const state = session.standing?.state ?? "nothing was changed on the terminal";
      throw new Failure("C-TERM-16", `${session.name} is not started anew: a visit is under way`, state, [
        "end the visit, and run the command again",
      ]);
    }
    session.console.err("a visit is under way; waiting for its end\n");
    await pause(clock, POLL_MS * 4);
  }
}

const isInDoubt = (error: unknown): boolean => error instanceof Failure && error.code === "C-LINK-08";
/** Times that a start is asked for whose answer was lost. */
const RESETS_MAX = 3;

/**
 * Starts the terminal anew for an image that waits for it. An answer that was lost is no doubt here: the image waits as long as
 * nothing was started.
 */
async function resetInto(session: TerminalSession, hash: Uint8Array): Promise<void> {
  for (let time = 1; ; time += 1) {
    try {
      await reset(session);
      return;
    } catch (error) {
      if (!isInDoubt(error) || time === RESETS_MAX) throw error;
      await waitUntilBack(session);
      const { images } = await session.need(imageState, {}, "tell of its slots");
      if (images.every((image) => image.pending !== true || !sameBytes(image.hash, hash))) return;
    }
  }
}

/** Waits until the terminal answers again, and logs in where more is to be asked. Fails with C-TERM-10 where it does not. */
export async function waitUntilBack(session: TerminalSession, logsIn = true): Promise<void> {
  const { clock } = session.tools;
  for (const end = clock.now() + BACK_MS; clock.now() < end; ) {
    await pause(clock, POLL_MS);
    if (await session.comeBack()) return logsIn ? session.logIn() : undefined;
  }
  throw new Failure(
    "C-TERM-10",
    `${session.name} was started anew and does not answer`,
    "it may still be starting; an image that does not work is given up after a minute and the one before runs",
    ["wait a minute, then: cachet terminal info", "still silent? switch it off and on"],
  );
}

async function runningHash(session: TerminalSession): Promise<Uint8Array | null> {
  const state = await session.want(imageState, {});
  return state?.images.find(({ slot }) => slot === 0)?.hash ?? null;
}

/** Why the terminal does not run an image, as it says itself. */
async function whyNot(session: TerminalSession, hash: Uint8Array): Promise<string> {
  const slots = await session.want(slotImages, {});
  const image = slots?.images.find((one) => sameBytes(one.hash, hash));
  if (image?.refusal !== undefined) return `${image.detail ?? ""} (${image.refusal})`;
  const health = await session.want(terminalHealth, {});
  return health?.fault ?? "it did not report that it works";
}

/**
 * Starts the terminal anew and waits until the image with this hash says that it works. Fails with C-TERM-10 or 16; the image is still
 * on trial when this comes back with "healthy".
 */
export async function startWith(session: TerminalSession, hash: Uint8Array): Promise<Restarted> {
  const { clock } = session.tools;
  await resetInto(session, hash);
  await waitUntilBack(session);
  for (const end = clock.now() + HEALTHY_MS; clock.now() < end; ) {
    const running = await runningHash(session);
    if (running === null || !sameBytes(running, hash)) return { result: "went-back", why: await whyNot(session, hash) };
    const health = await session.want(terminalHealth, {});
    if (health?.app === "healthy") return { result: "healthy" };
    await pause(clock, POLL_MS);
    if (!(await session.comeBack())) await waitUntilBack(session);
  }
  return { result: "not-healthy", why: await whyNot(session, hash) };
}

/** Keeps the running image. The word of the refusal where the terminal does not. */
export async function confirmRunning(session: TerminalSession): Promise<{ refusal: string; detail: string } | null> {
  const answer = await session.ask(imageSetState, { confirm: true }, "confirmed");
  return answer.ok ? null : answer;
}

/** The failure of an image that does not run for good. */
export function notHealthy(what: string, { result, why }: Exclude<Restarted, { result: "healthy" }>): Failure {
  const state =
    result === "went-back"
      ? "the terminal runs the image it ran before"
      : "the terminal goes back to the image it ran before, within a minute and by itself";
  return new Failure("C-TERM-09", `${what} does not run: ${why}`, state, [
    "cachet terminal info says what runs now",
    "give the image back to whoever made it, with these words",
  ]);
}

/** Runs a step of a command during which the terminal's state is another one. */
export async function whileStanding<T>(
  session: TerminalSession,
  standing: Standing,
  step: () => Promise<T>,
): Promise<T> {
  const before = session.standing;
  session.standing = standing;
  const done = await step();
  session.standing = before;
  return done;
}
