import type { Choice, CounterEvent, Key, Screen, ScreenTexts, TypingFault } from "../../hal/index.ts";
import type { Terminal } from "../terminal.ts";

/** Somebody left a flow in the middle, or nobody came back to it. Nothing of it counts. */
export class Left extends Error {}

/** How long a question waits for an answer, seconds. */
const PATIENCE = 60;
/** Digits of the largest amount, 99 999,99. */
export const AMOUNT_DIGITS = 7;

/** Screens on which something is typed. */
type TypingScreen = {
  [Name in keyof ScreenTexts]: ScreenTexts[Name] extends { readonly typed: string } ? Name : never;
}[keyof ScreenTexts];

export interface Typing {
  /** Keys that end it, beside the green one. */
  readonly ends?: readonly Key[];
  readonly most: number;
  readonly least?: number;
  /** Key that began it. */
  readonly first?: Key;
  /** Whether a code may be scanned in the place of it. */
  readonly scans?: true;
  /** Digits of an hour. */
  readonly hour?: true;
  /** Of an amount that is proposed, its most; green alone takes it. */
  readonly proposed?: number;
}

/** A sale that was done, for as long as the same one at once would be a slip. */
interface LastSale {
  readonly card: number;
  readonly cents: number;
  readonly utc: number;
}

/** What happened since the terminal was switched on. */
interface Tally {
  visits: number;
  earned: number;
  spent: number;
}

/** Screen, keys and paper of the counter, and what is remembered between two visits. */
export class Desk {
  /** What is to be looked at before anything new. */
  readonly waiting: CounterEvent[] = [];
  tally: Tally = { visits: 0, earned: 0, spent: 0 };
  training = false;
  /** Money was taken: no till comes between before it is settled. */
  holdsMoney = false;
  lastSale: LastSale | null = null;
  /** What the till's own visits need. */
  readonly plain: Terminal;
  private readonly shown: Terminal;

  constructor(terminal: Terminal) {
    this.plain = terminal;
    this.shown = { ...terminal, hal: { ...terminal.hal, show: (screen) => this.show(screen) } };
  }

  /** What a keyed visit needs: its screens say where somebody learns. */
  get terminal(): Terminal {
    return { ...this.shown, training: this.training };
  }

  show(screen: Screen): Promise<void> {
    return this.plain.hal.show(this.training ? { ...screen, training: true } : screen);
  }

  async ready(): Promise<void> {
    const { nearlyFull, listDays } = await this.plain.hal.state();
    const isStale = listDays !== null && listDays > LIST_DAYS;
    await this.show({ says: "ready", ...(nearlyFull && { nearlyFull }), ...(isStale && { listDays }) });
  }

  /** Shows a screen and waits. Throws `Left` on the red key, where nothing comes, and for the till, whose turn is next. */
  async ask(screen: Screen, card: "any" | "new" | "none" = "none", seconds = PATIENCE): Promise<CounterEvent> {
    await this.show(screen);
    for (;;) {
      const event = await this.plain.hal.nextEvent(seconds, card);
      if (event.kind === "request") this.waiting.push(event);
      else if (event.kind === "time" || (event.kind === "key" && event.key === "cancel")) throw new Left();
      else return event;
      if (!this.holdsMoney) throw new Left();
    }
  }

  /** Throws `Left` as `ask`. A card, where one may come, takes the last choice. */
  async choose<Some extends Choice>(
    screen: Screen,
    choices: readonly Some[],
    card: "new" | "none" = "none",
  ): Promise<Some> {
    for (let marked = 0; ; ) {
      const event = await this.ask({ ...screen, choices, marked }, card);
      if (event.kind === "card" && card === "new") return choices.at(-1)!;
      if (event.kind !== "key") continue;
      const { key } = event;
      const chosen = key === "ok" ? choices[marked] : choices[Number(key) - 1];
      if (chosen !== undefined) return chosen;
      if (key === "up") marked = (marked || choices.length) - 1;
      if (key === "down") marked = (marked + 1) % choices.length;
    }
  }

  /** `yes`, the green key; everything else is no. */
  async confirm(screen: Screen): Promise<boolean> {
    try {
      return (await this.choose(screen, ["yes", "no"])) === "yes";
    } catch (error) {
      if (error instanceof Left) return false;
      throw error;
    }
  }

  /** Digits that are typed, without zeros before them, and what ended it. Throws `Left` as `ask`. */
  async type(
    screen: { readonly says: TypingScreen } & object,
    typing: Typing,
  ): Promise<{ readonly typed: string; readonly end: Key | "scan" }> {
    const { ends = [], most, least = 1, first, scans, proposed, hour } = typing;
    let typed = "";
    let fault: TypingFault | undefined;
    let event: CounterEvent | null = first === undefined ? null : { kind: "key", key: first };
    for (;;) {
      event ??= await this.ask({ ...screen, typed, ...(fault === undefined ? {} : { fault }) } as Screen);
      fault = undefined;
      if (event.kind === "scan" && scans) return { typed: event.text, end: "scan" };
      const key = event.kind === "key" ? event.key : "menu";
      event = null;
      if (/^\d/.test(key)) {
        const longer = screen.says === "phone" ? typed + key : (typed + key).replace(/^0+/, "");
        if (longer.length > most || Number(longer) > (proposed ?? Number(longer))) fault = "too-much";
        else typed = longer;
      } else if (key === "correct") typed = typed.slice(0, -1);
      else if (key === "ok" || ends.includes(key)) {
        if (hour && (Number(typed) > 2_359 || Number(typed) % 100 > 59)) fault = "no-time";
        else if (typed.length >= least || (typed === "" && proposed !== undefined)) return { typed, end: key };
        else fault = typed === "" ? "nothing" : "too-short";
      }
    }
  }

  /** Waits for the card of a visit. */
  async card(cents?: number): Promise<void> {
    for (;;) {
      const event = await this.ask({ says: "presentCard", ...(cents === undefined ? {} : { cents }) }, "any");
      if (event.kind === "card") return;
      // Before the tap nothing is done: what was typed wrongly is typed anew.
      if (event.kind === "key" && event.key === "correct") throw new Left();
    }
  }
}

/** Days after which a list should have been followed by another. */
const LIST_DAYS = 30;
