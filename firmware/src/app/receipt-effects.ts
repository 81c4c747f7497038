import type { ReceiptLine, Said } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { centsOf, type StoredEffect } from "../wire/index.ts";
import { dateText, row, say, text } from "./receipt-lines.ts";

type Lot = NonNullable<StoredEffect["lots"]>[number];

/** So much of a unit, with its sign. */
export const signed = (sign: "+" | "-", { unit, value }: StoredEffect): Said =>
  unit === "cents" ? say(sign === "+" ? "gain" : "loss", value) : say("change", sign, unit, value);

/** What an effect was about, by its rule. */
export function nameOf({ rules }: Programme, id: string): Said {
  const rule = rules.find((one) => one.id === id);
  if (rule?.kind === "prepaid") return say("ofPrepaid");
  if (rule?.kind === "cagnotte") return say("ofCagnotte");
  return rule?.kind === "points" || rule?.kind === "units" ? rule.unitName : "";
}

/** Value of one day that is over. */
function expired({ rules }: Programme, { rule: id, unit }: StoredEffect, { value, expires }: Lot): Said {
  const rule = rules.find((one) => one.id === id);
  const what =
    unit === "cents"
      ? say("money", value)
      : rule?.kind === "points"
        ? say("counted", value, rule.unitName)
        : say("passages", value);
  return say("expiredOn", what, value > (unit === "cents" ? 199 : 1), dateText(expires));
}

/** What an effect says that no note does: credits of the office, what was declined, what a refund moves on the card. */
export function linesOfEffect(programme: Programme, effect: StoredEffect): ReceiptLine[] {
  const { type, value, label, reason } = effect;
  switch (type) {
    case "restore":
      return [text(say("restored"))];
    case "credit":
      if (reason !== undefined) return [row(label ?? "", say("expired"))];
      return value === 0 ? [] : [row(label ?? "", signed("+", effect))];
    case "decline": {
      const what = label ?? nameOf(programme, effect.rule);
      return reason === undefined ? [] : [row(what === "" ? say("discount") : what, say("why", reason))];
    }
    case "expire":
      return (effect.lots ?? []).map((lot) => text(expired(programme, effect, lot)));
    case "clawback":
      return value === 0 ? [] : [row(say("takenBack"), signed("-", effect))];
    case "return":
      return value === 0 ? [] : [row(say("putBack"), signed("+", effect))];
    default:
      return [];
  }
}

/** What an effect of a closing was about; with its amount where that is money. */
function toldOf(
  { rules }: Programme,
  { rule: id, type, unit, value }: StoredEffect,
): readonly [what: Said, right: Said] {
  const rule = rules.find((one) => one.id === id);
  if (rule?.kind === "units" || rule?.kind === "points") return [say("counted", value, rule.unitName), ""];
  const money = unit === "cents" ? say("money", value) : `${value}`;
  if (rule?.kind === "prepaid") return [type === "forfeit" ? say("ofBonus") : say("ofPrepaid"), money];
  return [say("ofCagnotte"), money];
}

/** What a closed account pays out, what is lost with it, and that a membership ends. */
export function linesOfClosing(programme: Programme, effects: readonly StoredEffect[]): ReceiptLine[] {
  return effects.flatMap((effect): ReceiptLine[] => {
    const { type, rule: id } = effect;
    const [what, right] = toldOf(programme, effect);
    if (type === "payout") return [row(say("paidOut", what), say("money", centsOf(effect)))];
    if (type !== "forfeit") return [];
    if (programme.rules.some((rule) => rule.id === id && rule.kind === "club")) return [text(say("membershipEnds"))];
    return [row(say("lost", what), right)];
  });
}
