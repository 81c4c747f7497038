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
  /** Seconds that the terminal's clock was ahead of this computer's. */
  readonly driftSeconds: number;
  /** `untrusted`: this computer's own clock cannot be right, so that nothing was corrected by it. */
  readonly result: "right" | "corrected" | "untrusted";
}

/** Nobody sets a terminal by a computer whose clock stands before this: its battery is empty. */
const EARLIEST_MS = Date.UTC(2026, 0, 1);

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
    if (isRight) return { driftSeconds: was ?? driftSeconds, result: was === null ? "right" : "corrected" };
    if (session.tools.now() < EARLIEST_MS) return { driftSeconds, result: "untrusted" };
    was ??= driftSeconds;
    try {
      // Zone and fraction in full, as SMP writes a moment.
      const datetime = new Date(session.tools.now()).toISOString().replace("Z", "000+00:00");
      await session.need(writeDateTime, { datetime }, "set the clock");
      return { driftSeconds: was, result: "corrected" };
    } catch (error) {
      // The clock itself shows whether it was set.
      if (!(error instanceof Failure) || error.code !== "C-LINK-08" || time === TRIES) throw error;
    }
  }
}

const WORDS = {
  fr: {
    right: (drift: string) => `heure juste : ${drift} d'écart avec cet ordinateur`,
    corrected: (drift: string) => `heure corrigée de ${drift} (journalisé)`,
    untrusted: () => "heure non corrigée : l'horloge de cet ordinateur est fausse",
  },
  en: {
    right: (drift: string) => `clock right: ${drift} from this computer's`,
    corrected: (drift: string) => `clock corrected by ${drift} (journalled)`,
    untrusted: () => "clock not corrected: this computer's own clock is wrong",
  },
} as const;

export function correctionText({ driftSeconds, result }: ClockCorrection, lang: "fr" | "en"): string {
  const seconds = result === "corrected" && driftSeconds !== 0 ? -driftSeconds : driftSeconds;
  return WORDS[lang][result](driftText(seconds, lang));
}

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
    if (done.result === "untrusted") {
      throw new Failure("C-TERM-17", "this computer's clock stands before 2026", UNTOUCHED, [
        "set this computer's clock: timedatectl set-ntp true",
      ]);
    }
    const corrected = done.result === "corrected";
    tell(console, [correctionText(done, "en")], { drift_seconds: done.driftSeconds, corrected });
  });
}
