import { type Day, maskedCard } from "@cachet/card-layout";
import type { ReceiptLine } from "../hal/index.ts";
import type { Note } from "../rules/index.ts";
import type { ReceiptMessages } from "./receipt-messages-fr.ts";
import { dateText, row, strong, text } from "./receipt-words.ts";

/** Value that ends within so many days is said as a warning. */
const NEAR_DAYS = 14;
/** A grid of so many stamps and fewer is drawn. */
const DRAWN_MAX = 16;

/** `15/06/2026 23:59` of `2026-06-15 23:59`. */
const localText = (said: string): string =>
  `${said.slice(8, 10)}/${said.slice(5, 7)}/${said.slice(0, 4)}${said.slice(10)}`;

/** `50 €`, `7,50 €`: an amount in a sentence. */
const short = (words: ReceiptMessages, cents: number): string => words.money(cents).replace(/[,.]00/, "");

/** Cents, or so many of what a rule counts. */
const worth = (words: ReceiptMessages, unitName: string | null, value: number): string =>
  unitName === null ? words.money(value) : words.counted(value, unitName);

/** The receipt lines of one note. `today`: null where it is not known. */
export function linesOfNote(words: ReceiptMessages, note: Note, today: Day | null = null): ReceiptLine[] {
  const { money } = words;
  switch (note.note) {
    case "reward":
      return [strong(words.rewardReached(note.label)), row(words.gift(note.label), money(note.value))];
    case "donation":
      return [row(words.gift(note.label), money(note.value))];
    case "stamps": {
      const { count, grid, label } = note;
      const left = Math.max(0, grid - count);
      const drawn = grid > DRAWN_MAX ? "" : "■".repeat(grid - left) + "·".repeat(left);
      return [text(words.stampsLeft(count, grid, left)), row(drawn, label)];
    }
    case "cagnotte":
      return [
        ...(note.earned > 0 ? [row(words.earned, `+${money(note.earned)}`)] : []),
        row(words.balance, money(note.balance)),
      ];
    case "points":
      return [
        ...(note.earned > 0 ? [row(words.pointsEarned(note.unitName), `+${note.earned}`)] : []),
        ...(note.taken > 0 ? [row(words.pointsTaken(note.unitName), `-${note.taken}`)] : []),
        row(words.pointsBalance(note.unitName), `${note.balance}`),
      ];
    case "reach": {
      const what = note.label ?? words.off(short(words, note.value));
      return note.missing === 0
        ? [text(words.available(what))]
        : [row(what, words.missing(words.counted(note.missing, note.unitName)))];
    }
    case "prepaid":
      return [
        row(words.prepaidBalance, money(note.balance)),
        ...(note.bonus > 0 ? [row(words.bonusIncluded, money(note.bonus))] : []),
      ];
    case "recharge":
      return [
        text(note.cents === 0 ? words.recharge : words.rechargeFor(short(words, note.cents), short(words, note.bonus))),
      ];
    case "units":
      return note.used > 0
        ? [row(words.counted(note.used, note.unitName), words.unitsLeft(note.left))]
        : [row(words.unitsBalance(note.unitName), `${note.left}`)];
    case "expiry": {
      const what = worth(words, note.unitName, note.value);
      const date = dateText(note.day);
      const isNear = today !== null && note.day - today <= NEAR_DAYS;
      return [
        isNear
          ? strong(words.ends(what, note.value >= (note.unitName === null ? 200 : 2), date))
          : row(words.lastsUntil(date), what),
      ];
    }
    case "tier":
      return [
        row(words.tier, note.level),
        ...(note.next === null ? [] : [row(words.toNextTier(note.next), money(note.toNext))]),
      ];
    case "at-risk":
      return [strong(words.tierAtRisk(note.level, dateText(note.through)))];
    case "club":
      return [row(words.club, note.isOver ? words.clubOver : words.until(dateText(note.until)))];
    case "offer":
      return [
        ...(note.isNew ? [strong(words.rewardReached(note.label))] : []),
        row(note.isNew ? words.offer : note.label, words.until(dateText(note.until))),
      ];
    case "referral": {
      const { unitName } = note;
      return [
        ...(note.value > 0 ? [row(words.referral, `+${worth(words, unitName, note.value)}`)] : []),
        ...(note.godparent > 0
          ? [row(words.referrer(maskedCard(note.card)), `+${worth(words, unitName, note.godparent)}`)]
          : []),
      ];
    }
    case "experience":
      return [
        strong(words.rewardReached(note.label)),
        text(note.text),
        ...(note.value > 0 ? [row(words.gift(note.label), money(note.value))] : []),
      ];
    case "badge":
      return [strong(words.rewardReached(note.label))];
    case "challenge":
      return [row(words.challenge, `${note.visited}/${note.of}`)];
    case "parking":
      return [row(words.parking, words.minutes(note.minutes)), text(words.parkingUntil(localText(note.until)))];
    case "entries":
      return [text(words.entries(note.value))];
  }
}
