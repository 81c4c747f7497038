import { reprint } from "../reprint.ts";
import { sheetOf } from "../sheet.ts";
import type { Desk } from "./desk.ts";
import { keyedVisit } from "./visit.ts";

/** What happened since the day began, or the terminal was switched on, and what waits for a collection. */
export async function endOfDay(desk: Desk): Promise<void> {
  const { waiting, lateDays } = await desk.terminal.hal.state();
  await desk.show({ says: "endOfDay", ...desk.tally, waiting, lateDays });
}

/** The day ends by itself: what it was stays on the screen, and another one begins. */
export async function closeDay(desk: Desk): Promise<void> {
  await endOfDay(desk);
  desk.tally = { visits: 0, earned: 0, spent: 0 };
}

/** From now on no card is written, or they are again. */
export async function training(desk: Desk): Promise<void> {
  desk.training = !desk.training;
  await desk.show({ says: desk.training ? "trainingOn" : "trainingOff" });
}

/** An hour as it is typed, 1930; none where nothing is. */
async function closingTime(desk: Desk): Promise<number | null> {
  const { typed } = await desk.type({ says: "closing" }, { most: 4, least: 0, hour: true });
  return typed === "" ? null : Math.floor(Number(typed) / 100) * 60 + (Number(typed) % 100);
}

/** Each choice changes at once; the red key leaves. */
export async function settings(desk: Desk): Promise<void> {
  const { hal } = desk.terminal;
  for (;;) {
    const now = await hal.settings();
    const other = {
      language: now.language === "fr" ? "en" : "fr",
      beep: !now.beep,
      paper: now.paper === 48 ? 32 : 48,
      collect: !now.collect,
      closing: now.closing,
    } as const;
    const chosen = await desk.choose({ says: "settings", ...now }, Object.keys(other) as (keyof typeof other)[]);
    await hal.keepSettings({ [chosen]: chosen === "closing" ? await closingTime(desk) : other[chosen] });
  }
}

/** The last visits of a card, on paper. */
export async function history(desk: Desk): Promise<void> {
  await keyedVisit(desk, { kind: "balance", history: true });
}

/** The sheet of the programmes on paper, and the keys on the screen: any key goes on, the red one leaves. */
export async function help(desk: Desk): Promise<void> {
  const { terminal } = desk;
  await terminal.hal.print(sheetOf(terminal, await terminal.hal.now()));
  for (let page = 0; ; page += 1) await desk.ask({ says: "help", page });
}

/** A ticket once more, from the journal. */
export async function print(desk: Desk, ticket: number | "last" = "last"): Promise<void> {
  const { result, unprinted } = await reprint(desk.terminal, { kind: "reprint", visit: 0, ticket });
  if (unprinted !== undefined) return desk.show({ says: "noPaper", ...unprinted });
  await desk.show({ says: result === "done" ? "done" : "nothingToPrint" });
}
