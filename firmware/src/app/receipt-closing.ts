import type { ReceiptLine } from "../hal/index.ts";
import type { Programme } from "../rules/index.ts";
import { centsOf, type StoredEffect } from "../wire/index.ts";
import { euros } from "./money.ts";
import { fr } from "./receipt-messages-fr.ts";

/** What an effect of a closing was about; with its amount where that is money. */
function toldOf(
  { rules }: Programme,
  { rule: id, type, unit, value }: StoredEffect,
): readonly [what: string, right: string] {
  const rule = rules.find((one) => one.id === id);
  if (rule?.kind === "units") return [fr.counted(value, rule.unitName), ""];
  if (rule?.kind === "points") return [fr.counted(value, rule.unitName), ""];
  const money = unit === "cents" ? euros(value) : `${value}`;
  if (rule?.kind === "prepaid") return [type === "forfeit" ? fr.ofBonus : fr.ofPrepaid, money];
  return [fr.ofCagnotte, money];
}

/** What a closed account pays out, what is lost with it, and that a membership ends. */
export function linesOfClosing(programme: Programme, effects: readonly StoredEffect[]): ReceiptLine[] {
  return effects.flatMap((effect): ReceiptLine[] => {
    const { type, rule: id } = effect;
    const [what, right] = toldOf(programme, effect);
    if (type === "payout") return [{ line: "row", left: fr.paidOut(what), right: euros(centsOf(effect)) }];
    if (type !== "forfeit") return [];
    const isClub = programme.rules.some((rule) => rule.id === id && rule.kind === "club");
    if (isClub) return [{ line: "text", text: fr.membershipEnds }];
    return [right === "" ? { line: "text", text: fr.lost(what) } : { line: "row", left: fr.lost(what), right }];
  });
}
