import { toHex } from "@cachet/card-layout";
import type { LinkFault } from "../link/link-fault.ts";
import type { PortHolder, SerialFault } from "../ports/serial.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";

/** What state a terminal is in while a command works with it, and what to do if it ends there. */
export interface Standing {
  readonly state: string;
  readonly next: readonly string[];
}

export const UNTOUCHED = "nothing was changed on the terminal";
const RESUMES = "run the same command again";
const DOCTOR = "still silent? run: cachet doctor";

const hexText = (bytes: Uint8Array): string => (toHex(bytes).match(/../g) ?? []).join(" ");

const WORDS = {
  silent: { code: "C-LINK-02", what: "did not answer" },
  gone: { code: "C-LINK-03", what: "was unplugged or switched off" },
  garbled: { code: "C-LINK-04", what: "answers in a way that cannot be read" },
} as const;

/** A line that failed while `standing` was so. */
export function linkFailure(path: string, fault: LinkFault, standing: Standing | null): Failure {
  const { code, what } = WORDS[fault.problem];
  const heard = fault.problem === "garbled" ? `; last bytes: ${hexText(fault.heard)}` : "";
  const usual = {
    silent: ["look whether it is on and the cable sits", RESUMES, DOCTOR],
    gone: ["plug it in again", RESUMES],
    garbled: ["name its speed with --speed, or take a shorter cable", RESUMES],
  }[fault.problem];
  return new Failure(code, `the terminal on ${path} ${what}${heard}`, standing?.state ?? UNTOUCHED, [
    ...(standing?.next ?? []),
    ...usual,
  ]);
}

/** A request that is never sent twice was sent, and nothing came back. */
export function inDoubt(path: string, what: string): Failure {
  return new Failure(
    "C-LINK-08",
    `the terminal on ${path} did not say whether it ${what}`,
    `it may have been done or not: ${what} is never asked for twice`,
    ["cachet terminal info shows what state it is in"],
  );
}

const DENIED = {
  fr: "ajoutez-vous au groupe dialout : sudo usermod -aG dialout $USER, puis reconnectez-vous",
  en: "add yourself to the group dialout: sudo usermod -aG dialout $USER, then log out and in again",
} as const;

/** A port that could not be opened. */
export function portFailure({ lang }: Console, fault: SerialFault, holder: PortHolder | null): Failure {
  const { path, problem, message } = fault;
  const nothing = "nothing was sent";
  switch (problem) {
    case "absent":
      return new Failure("C-LINK-01", `there is no port ${path}`, nothing, [
        "cachet terminal list shows those there are",
      ]);
    case "denied":
      return new Failure("C-LINK-05", `you may not open ${path} (permission denied)`, nothing, [DENIED[lang]]);
    case "busy": {
      const who = holder === null ? "another program" : `${holder.name} (process ${holder.pid})`;
      return new Failure("C-LINK-06", `${who} has ${path} open`, nothing, [
        holder?.name === "ModemManager"
          ? "sudo systemctl stop ModemManager, and run the command again"
          : "end that program and run the command again",
      ]);
    }
    case "not-serial":
    case "failed":
      return new Failure("C-LINK-10", `${path} cannot be opened as a serial port (${message})`, nothing, [
        "cachet terminal list shows the ports there are",
      ]);
  }
}

const detailText = (detail: string): string => (detail === "" ? "" : `: ${detail}`);

/** A request that the terminal did not follow. */
export function refusal(what: string, word: string, detail: string, standing: Standing | null): Failure {
  const state = standing?.state ?? UNTOUCHED;
  if (word === "denied")
    return new Failure("C-TERM-01", `the terminal wants an installer's key to ${what}`, state, [
      "--keys FILE names the bundle that the office made for you; a terminal with test keys takes --test-keys",
    ]);
  const next: Readonly<Record<string, string>> = {
    "not-supported": "the terminal's own program is older than this command: give it a newer one",
    busy: "wait until the visit is over, and run the command again",
    "not-provisioned": "provision the terminal first: cachet terminal provision",
    "write-failed": "its storage is full or worn: collect, and run the command again",
  };
  return new Failure("C-TERM-08", `the terminal refused to ${what}${detailText(detail)} (${word})`, state, [
    ...(standing?.next ?? []),
    next[word] ?? "cachet terminal info shows what state it is in",
  ]);
}
