import { toHex } from "@cachet/card-layout";
import { type Console, tell } from "./console.ts";
import {
  driftText,
  factsDocument,
  factsOf,
  type Health,
  type SlotImage,
  type TerminalFacts,
  utcText,
} from "./terminal-facts.ts";
import { withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

/** Why something is not told: a key would open it, or the terminal's own program is too old for it. */
const untold = ({ identity }: TerminalFacts): string =>
  identity.open || identity.granted ? "not told by this terminal" : "not told without an installer's key";
const fact = (name: string, text: string): string => `${name.padEnd(16)} ${text}`;

export const programmesText = (programmes: SlotImage["programmes"]): string =>
  programmes.map(({ number, version, name }) => `${name} (${number}) v${version}`).join(", ") || "no programme";

function slotLine(image: SlotImage, counter: number): string {
  const { slot, version, programmes, refusal, detail } = image;
  const why = refusal === undefined ? "" : `; may not run: ${detail ?? ""} (${refusal})`;
  const lowest = slot === 0 ? `, terminal takes ${counter} and above` : "";
  return fact(
    slot === 0 ? "runs" : "other slot",
    `${version}, security counter ${image.counter}${lowest}; ${programmesText(programmes)}${why}`,
  );
}

function healthLines({ app, fault, trial, busy, heap, utc, suspect, storageFree }: Health, drift: number): string[] {
  const marks = [trial ? "on trial" : "", busy ? "a visit is under way" : ""].filter((text) => text !== "");
  return [
    fact("app", [app, ...marks, `${heap} bytes of heap`].join(", ")),
    ...(fault === undefined ? [] : [fact("", fault)]),
    fact("clock", `${utcText(utc)}, ${driftText(drift)} from this computer's${suspect ? "; it was reset" : ""}`),
    ...(storageFree === undefined ? [] : [fact("storage", `${storageFree} bytes free`)]),
  ];
}

function journalLines(facts: TerminalFacts): string[] {
  const { journal } = facts;
  if (journal === null) return [fact("journal", untold(facts))];
  const { first, last, collected, capacity, open, nearlyFull, collectedAt } = journal;
  const free = capacity - (last - first + 1);
  const when = collectedAt === undefined ? "never collected" : `last collected ${utcText(collectedAt)}`;
  return [
    fact("journal", `entries ${first} to ${last}, ${last - collected} to collect, room for ${free}; ${when}`),
    ...(open > 0 ? [fact("", `${open} ${open === 1 ? "visit" : "visits"} in doubt`)] : []),
    ...(nearlyFull ? [fact("", "nearly full: collect it")] : []),
  ];
}

function listsLine(facts: TerminalFacts): string {
  const { lists } = facts;
  if (lists === null) return fact("list", untold(facts));
  if (lists.version === 0) return fact("list", "none yet");
  const issued = lists.issued === undefined ? "" : ` of ${utcText(lists.issued)}`;
  return fact("list", `${lists.version}${issued}: ${lists.blocked} cards blocked, ${lists.credits} credits`);
}

/** What was read, for people. */
function lines(facts: TerminalFacts): string[] {
  const { identity, running, slots, health, driftSeconds } = facts;
  const keys = identity.terminal === undefined ? "blank" : identity.production ? "production" : "test keys";
  const marks = [keys, ...(identity.open ? ["open to everybody"] : [])];
  return [
    fact("terminal", `${facts.name}, model ${identity.model}, serial ${identity.serial} (${marks.join(", ")})`),
    ...(identity.merchant === undefined ? [] : [fact("merchant", `${identity.merchant}  ${identity.name ?? ""}`)]),
    fact("own program", facts.supervisor ?? untold(facts)),
    ...(slots !== null
      ? slots.images.map((image) => slotLine(image, slots.counter))
      : [fact("runs", running === null ? "no image" : running.version)]),
    ...(running === null ? [] : [fact("image hash", toHex(running.hash))]),
    ...(health === null || driftSeconds === null ? [fact("app", untold(facts))] : healthLines(health, driftSeconds)),
    ...journalLines(facts),
    listsLine(facts),
  ];
}

/** `terminal info`: everything that can be read. Changes nothing. */
export async function info(console: Console, options: PortOptions, tools: TerminalTools): Promise<void> {
  await withTerminal(console, options, tools, async (session) => {
    const facts = await factsOf(session);
    tell(console, lines(facts), { port: session.path, ...factsDocument(facts) });
  });
}
