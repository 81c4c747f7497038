import type { ScreenMessages } from "./screen-messages-fr.ts";

/** Refusals that have words of their own. */
const REFUSALS: Readonly<Record<string, string>> = { KEY_REVOKED: "Update at the counter · V3" };

/** Words of screens, in English. */
export const en: ScreenMessages = {
  ready: "Ready",
  presentCard: "Present the card",
  presentAgain: "Present the same card again",
  otherCard: "Not the same card",
  keepCard: "Keep the card in place",
  done: "Done",
  alreadyDone: "Already done",
  nothingToDo: "Nothing to write",
  inDoubt: "Card left too early: present it again",
  topUpInDoubt: "Top-up in doubt: keep the money, present the card",
  oneCard: "One card only, please",
  noCard: "No card",
  refused: (reason: string): string => REFUSALS[reason] ?? `Refused · ${reason}`,
};
