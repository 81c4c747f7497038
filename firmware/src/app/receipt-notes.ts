import { type Day, maskedCard } from "@cachet/card-layout";
import type { ReceiptLine, Said } from "../hal/index.ts";
import type { Note } from "../rules/index.ts";
import { dateText, row, say, strong, text } from "./receipt-lines.ts";

/** Value that ends within so many days is said as a warning. */
const NEAR_DAYS = 14;
/** A grid of so many stamps and fewer is drawn. */
const DRAWN_MAX = 16;

/** `15/06/2026 23:59` of `2026-06-15 23:59`. */
const localText = (said: string): string =>
  `${said.slice(8, 10)}/${said.slice(5, 7)}/${said.slice(0, 4)}${said.slice(10)}`;

/** Cents, or so many of what a rule counts. */
const worth = (unitName: string | null, value: number): Said =>
  unitName === null ? say("money", value) : say("counted", value, unitName);

/** The receipt lines of one note. `today`: null where it is not known. */
export function linesOfNote(note: Note, today: Day | null = null): ReceiptLine[] {
  switch (note.note) {
    case "reward":
      return [strong(say("rewardReached", note.label)), row(note.label, say("money", note.value))];
    case "donation":
      return [row(note.label, say("money", note.value))];
    case "stamps": {
      const { count, grid, label } = note;
      const left = Math.max(0, grid - count);
      const drawn = grid > DRAWN_MAX ? "" : "■".repeat(grid - left) + "·".repeat(left);
      return [text(say("stampsLeft", count, grid, left)), row(drawn, label)];
    }
    case "cagnotte":
      return [
        ...(note.earned > 0 ? [row(say("earned"), say("gain", note.earned))] : []),
        row(say("balance"), say("money", note.balance)),
      ];
    case "points":
      return [
        ...(note.earned > 0 ? [row(say("pointsEarned", note.unitName), `+${note.earned}`)] : []),
        ...(note.taken > 0 ? [row(say("pointsTaken", note.unitName), `-${note.taken}`)] : []),
        row(say("pointsBalance", note.unitName), `${note.balance}`),
      ];
    case "reach": {
      const what = note.label ?? say("off", say("short", note.value));
      return note.missing === 0
        ? [text(say("available", what))]
        : [row(what, say("missing", say("counted", note.missing, note.unitName)))];
    }
    case "prepaid":
      return [
        row(say("prepaidBalance"), say("money", note.balance)),
        ...(note.bonus > 0 ? [row(say("bonusIncluded"), say("money", note.bonus))] : []),
      ];
    case "recharge":
      return [
        text(
          note.cents === 0 ? say("recharge") : say("rechargeFor", say("short", note.cents), say("short", note.bonus)),
        ),
      ];
    case "units":
      return note.used > 0
        ? [row(say("counted", note.used, note.unitName), say("unitsLeft", note.left))]
        : [row(say("unitsBalance", note.unitName), `${note.left}`)];
    case "expiry": {
      const what = worth(note.unitName, note.value);
      const date = dateText(note.day);
      const isNear = today !== null && note.day - today <= NEAR_DAYS;
      return [
        isNear
          ? strong(say("ends", what, note.value >= (note.unitName === null ? 200 : 2), date))
          : row(say("lastsUntil", date), what),
      ];
    }
    case "tier":
      return [
        row(say("tier"), note.level),
        ...(note.next === null ? [] : [row(say("toNextTier", note.next), say("money", note.toNext))]),
      ];
    case "at-risk":
      return [strong(say("tierAtRisk", note.level, dateText(note.through)))];
    case "club":
      return [row(say("club"), note.isOver ? say("clubOver") : say("until", dateText(note.until)))];
    case "offer":
      return [
        ...(note.isNew ? [strong(say("rewardReached", note.label))] : []),
        row(note.isNew ? say("offer") : note.label, say("until", dateText(note.until))),
      ];
    case "referral": {
      const { unitName } = note;
      return [
        ...(note.value > 0 ? [row(say("referral"), say("more", worth(unitName, note.value)))] : []),
        ...(note.godparent > 0
          ? [row(say("referrer", maskedCard(note.card)), say("more", worth(unitName, note.godparent)))]
          : []),
      ];
    }
    case "experience":
      return [
        strong(say("rewardReached", note.label)),
        text(note.text),
        ...(note.value > 0 ? [row(note.label, say("money", note.value))] : []),
      ];
    case "badge":
      return [strong(say("rewardReached", note.label))];
    case "challenge":
      return [row(say("challenge"), `${note.visited}/${note.of}`)];
    case "parking":
      return [row(say("parking"), say("minutes", note.minutes)), text(say("parkingUntil", localText(note.until)))];
    case "entries":
      return [text(say("entries", note.value))];
  }
}
