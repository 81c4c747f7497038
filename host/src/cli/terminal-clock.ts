import { writeDateTime } from "@cachet/firmware/wire";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { refusal, UNTOUCHED } from "./terminal-error.ts";
import { driftText, healthOf, utcText } from "./terminal-facts.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

/** A difference that the way over the line alone can make, and nobody needs to correct. */
const DRIFT_SECONDS_SMALL = 2;

export interface ClockCorrection {
  /** Seconds that the terminal's clock was ahead. */
  readonly driftSeconds: number;
  readonly corrected: boolean;
}

/** Times that the clock is set whose answer was lost. */
const TRIES = 3;

/** Sets the terminal's clock by this computer's where they differ. Fails with C-TERM-01 or 08, C-LINK-08. */
export async function correctClock(session: TerminalSession): Promise<ClockCorrection> {
  let was: number | null = null;
  for (let time = 1; ; time += 1) {
    const told = await healthOf(session);
    if (told === null) throw refusal("tell the time", "denied", "", session.standing);
    const { driftSeconds, health } = told;
    const isRight = Math.abs(driftSeconds) < DRIFT_SECONDS_SMALL && !health.suspect;
    if (isRight) return { driftSeconds: was ?? driftSeconds, corrected: was !== null };
    was ??= driftSeconds;
    try {
      // Zone and fraction in full, as SMP writes a moment.
      const datetime = new Date(session.tools.now()).toISOString().replace("Z", "000+00:00");
      await session.need(writeDateTime, { datetime }, "set the clock");
      return { driftSeconds: was, corrected: true };
    } catch (error) {
      // The clock itself shows whether it was set.
      if (!(error instanceof Failure) || error.code !== "C-LINK-08" || time === TRIES) throw error;
    }
  }
}

export const correctionText = ({ driftSeconds, corrected }: ClockCorrection): string =>
  corrected
    ? `clock corrected by ${driftText(-driftSeconds)} (journalled)`
    : `clock right: ${driftText(driftSeconds)} from this computer's`;

/** `terminal clock`: shows how far the clock is off, and corrects it. */
export async function clock(
  console: Console,
  options: PortOptions & { readonly show?: boolean },
  tools: TerminalTools,
): Promise<void> {
  await withTerminal(console, options, tools, async (session) => {
    if (options.show === true) {
      const told = await healthOf(session);
      if (told === null) throw refusal("tell the time", "denied", "", { state: UNTOUCHED, next: [] });
      const { health, driftSeconds } = told;
      const line = `${utcText(health.utc)}, ${driftText(driftSeconds)} from this computer's${health.suspect ? "; it was reset" : ""}`;
      tell(console, [line], {
        utc: health.utc,
        drift_seconds: driftSeconds,
        suspect: health.suspect,
        corrected: false,
      });
      return;
    }
    const done = await correctClock(session);
    tell(console, [correctionText(done)], { drift_seconds: done.driftSeconds, corrected: done.corrected });
  });
}
