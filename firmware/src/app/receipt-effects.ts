import type { ReceiptLine } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { centsOf, type StoredEffect } from "../wire/index.ts";
import type { ReceiptMessages } from "./receipt-messages-fr.ts";
import { row, text } from "./receipt-words.ts";

/** So much of a unit, with its sign. */
const signed = (words: ReceiptMessages, sign: "+" | "-", { unit, value }: StoredEffect): string =>
  unit === "cents" ? `${sign}${words.money(value)}` : words.added(unit, value).replace("+", sign);

/** What an effect was about, by its rule. */
function nameOf(words: ReceiptMessages, { rules }: Programme, id: string): string {
  const rule = rules.find((one) => one.id === id);
  if (rule?.kind === "prepaid") return words.ofPrepaid;
  if (rule?.kind === "cagnotte") return words.ofCagnotte;
  return rule?.kind === "points" || rule?.kind === "units" ? rule.unitName : "";
}

/** What an effect says that no note does: credits of the office, what was declined, what a refund moves on the card. */
export function linesOfEffect(words: ReceiptMessages, programme: Programme, effect: StoredEffect): ReceiptLine[] {
  const { type, value, label, reason } = effect;
  switch (type) {
    case "restore":
      return [text(words.restored)];
    case "credit":
      if (reason !== undefined) return [row(label ?? "", words.expired)];
      return value === 0 ? [] : [row(label ?? "", signed(words, "+", effect))];
    case "decline": {
      const what = label ?? nameOf(words, programme, effect.rule);
      return reason === undefined ? [] : [row(what === "" ? words.discount : what, words.why(reason))];
    }
    case "clawback":
      return value === 0 ? [] : [row(words.takenBack, signed(words, "-", effect))];
    case "return":
      return value === 0 ? [] : [row(words.putBack, signed(words, "+", effect))];
    default:
      return [];
  }
}

/** What an effect of a closing was about; with its amount where that is money. */
function toldOf(
  words: ReceiptMessages,
  { rules }: Programme,
  { rule: id, type, unit, value }: StoredEffect,
): readonly [what: string, right: string] {
  const rule = rules.find((one) => one.id === id);
  if (rule?.kind === "units" || rule?.kind === "points") return [words.counted(value, rule.unitName), ""];
  const money = unit === "cents" ? words.money(value) : `${value}`;
  if (rule?.kind === "prepaid") return [type === "forfeit" ? words.ofBonus : words.ofPrepaid, money];
  return [words.ofCagnotte, money];
}

/** What a closed account pays out, what is lost with it, and that a membership ends. */
export function linesOfClosing(
  words: ReceiptMessages,
  programme: Programme,
  effects: readonly StoredEffect[],
): ReceiptLine[] {
  return effects.flatMap((effect): ReceiptLine[] => {
    const { type, rule: id } = effect;
    const [what, right] = toldOf(words, programme, effect);
    if (type === "payout") return [row(words.paidOut(what), words.money(centsOf(effect)))];
    if (type !== "forfeit") return [];
    if (programme.rules.some((rule) => rule.id === id && rule.kind === "club")) return [text(words.membershipEnds)];
    return [row(words.lost(what), right)];
  });
}
