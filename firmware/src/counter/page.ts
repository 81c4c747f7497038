import type { Key, Language, Screen, ScreenName } from "../hal/index.ts";
import { en } from "./screen-messages-en.ts";
import { fr } from "./screen-messages-fr.ts";
import type { ScreenMessages, Words } from "./screen-words.ts";

/** Light and beep by meaning: `asks` wants an answer, `reward` beeps twice, `refused` three times. */
export type Signal = "idle" | "asks" | "working" | "done" | "reward" | "refused";

/** A screen in words, before it is laid out for a display. */
export interface Page extends Words {
  readonly signal: Signal;
  readonly choices: readonly string[];
  /** Place of the marked choice. */
  readonly marked: number;
  /** Keys that do something. */
  readonly keys: readonly Key[];
}

const MESSAGES: Readonly<Record<Language, ScreenMessages>> = { fr, en };

const SIGNALS: Readonly<Partial<Record<ScreenName, Signal>>> = {
  ready: "idle",
  test: "idle",
  menu: "idle",
  keepCard: "working",
  done: "done",
  nothingToDo: "done",
  trainingOn: "done",
  trainingOff: "done",
  endOfDay: "done",
  nothingToPrint: "refused",
  alreadyDone: "done",
  saleDone: "done",
  topUpDone: "done",
  refundDone: "done",
  balance: "done",
  trained: "done",
  reward: "reward",
  refused: "refused",
  otherCard: "refused",
  oneCard: "refused",
  noCard: "refused",
  notPaid: "refused",
  bankCard: "refused",
  unreadable: "refused",
  phoneUnknown: "refused",
  phoneWait: "refused",
  noPaper: "refused",
  inDoubt: "refused",
  topUpInDoubt: "refused",
};

const DIGITS: readonly Key[] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "00"];
const OWN_KEYS: readonly Key[] = [
  "menu",
  "cagnotte",
  "top-up",
  "refund",
  "no-card",
  "cancel-last",
  "print",
  "history",
  "help",
] as const;
/** Screens on which function keys work: where nothing is under way, how something ended stays until the next key. */
const RESTS: readonly Signal[] = ["idle", "done", "refused"];

function keysOf(screen: Screen, signal: Signal): readonly Key[] {
  if (signal === "working") return [];
  if (screen.choices !== undefined)
    return [...DIGITS.slice(1, 1 + screen.choices.length), "up", "down", "ok", "cancel"];
  if ("typed" in screen)
    return [
      ...DIGITS,
      "ok",
      "correct",
      "cancel",
      ...(screen.says === "saleAmount" ? (["cagnotte", "print"] as const) : []),
    ];
  if (RESTS.includes(signal)) return [...DIGITS, "cancel", ...OWN_KEYS];
  return ["correct", "cancel"];
}

/** A screen in words of a language. One that this version does not know, of a newer app, shows its name. */
export function pageOf(screen: Screen, language: Language): Page {
  const messages = MESSAGES[language];
  const isKnown = Object.hasOwn(messages.screens, screen.says);
  const words = messages.screens[screen.says] as (texts: Screen) => Words;
  const { title, line } = isKnown ? words(screen) : { title: "", line: screen.says };
  const fault = "fault" in screen && screen.fault !== undefined ? messages.faults[screen.fault] : null;
  const isReward = screen.says === "saleDone" && screen.reward !== undefined;
  const signal = fault !== null ? "refused" : isReward ? "reward" : (isKnown && SIGNALS[screen.says]) || "asks";
  const choices = (screen.choices ?? []).map((choice) =>
    typeof choice !== "string"
      ? messages.line(choice.line, choice.cents, choice.chosen === true)
      : Object.hasOwn(messages.choices, choice)
        ? messages.choices[choice]
        : choice,
  );
  return {
    title: screen.training === true ? messages.training : (fault ?? title),
    line,
    signal,
    choices,
    marked: screen.marked ?? 0,
    keys: keysOf(screen, signal),
  };
}

/** The line of a screen alone, as the app shows it where no layout is needed. */
export const lineOf = (screen: Screen, language: Language): string => pageOf(screen, language).line;
