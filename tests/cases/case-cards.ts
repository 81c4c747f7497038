import { CARD_EPOCH_SECONDS, dayText } from "@cachet/card-layout";
import { localTime, type Programme, parseMoment } from "@cachet/firmware/rules";
import { unitNameOf } from "./case-programme.ts";
import { type Case, type Json, Words } from "./written-case.ts";

export const DEFAULT_AT = "2027-01-12T10:00:00+01:00";
export const CARD = "card";

/** A bucket as a case writes it, with the two days by which a card tells it from others. */
export interface Bucket {
  readonly id: string;
  readonly amount: number;
  readonly issued: string;
  /** `undefined`: the case leaves it to the programme. */
  readonly expires: string | null | undefined;
}

/** The local day of a date, or of a moment with its zone. */
export function dayOf(text: string): string {
  const at = parseMoment(text);
  return at === null ? text : dayText(localTime("Europe/Paris", at + CARD_EPOCH_SECONDS).day);
}

/** The cards of a case by name, as it writes them; one that has no name is `card`. */
export function cardsOf({ id, given }: Case): Readonly<Record<string, Json>> {
  const all = new Words(`${id} given`, given);
  all.always("all_conditions_true", undefined, true);
  const cards = all.take<Readonly<Record<string, Json>> | null>("cards", null);
  const card = all.take<Json>("card", {});
  all.end();
  return cards ?? { [CARD]: card };
}

/** The buckets of one card, in the order in which they are spent where their days are the same. */
export function bucketsOf(worked: Case, card: string): readonly Bucket[] {
  const written = new Words(`${worked.id} card ${card}`, cardsOf(worked)[card] ?? {}).list("buckets");
  return written.map((of, i) => {
    const bucket = {
      id: of.take("id", ""),
      amount: of.take("amount", 0),
      issued: dayOf(of.take("issued_at", `2026-01-${String(i + 1).padStart(2, "0")}`)),
      expires: of.take<string | null | undefined>("expires_on", undefined),
    };
    of.end();
    return bucket;
  });
}

/** Buckets that the programme gives their last day: each of them is made by a top-up. */
function areMade(worked: Case, card: string): boolean {
  const buckets = bucketsOf(worked, card);
  const open = buckets.filter(({ expires }) => expires === undefined);
  const { recharge } = worked.programme as { readonly recharge?: Json };
  if (recharge === undefined || open.length === 0) return false;
  if (open.length < buckets.length || "bonus_table" in recharge)
    throw new Error(`${worked.id}: buckets of which the programme gives some only their last day`);
  return true;
}

const lotOf = ({ amount, issued, expires = null }: Bucket) => ({ value: amount, issued, expires });

/** What a card of a case holds, by rule id. */
export function cardValues(worked: Case, name: string, programme: Programme, said: Json): Json {
  const given = new Words(`${worked.id} card ${name}`, cardsOf(worked)[name]!);
  const values: Record<string, unknown> = {};
  const has = (id: string) => programme.rules.some((rule) => rule.id === id);
  const put = (id: string, value: unknown, isEmpty: boolean) => {
    if (has(id)) values[id] = value;
    else if (!isEmpty) throw new Error(`${worked.id} card ${name}: no rule of the programme keeps this (${id})`);
  };
  const at = dayOf(String(worked.when[0]?.at ?? DEFAULT_AT));
  const count = given.take("cagnotte", given.take("points", 0));
  const remainder = given.take("remainder_per_10000", 0);
  const carries = programme.rules.some((rule) => rule.kind === "cagnotte" && rule.rounding === "carry");
  if (remainder > 0 && !carries) throw new Error(`${worked.id} card ${name}: a remainder that nobody carries`);
  put("earn", carries ? { value: count, remainder } : count, count === 0);
  const buckets = bucketsOf(worked, name);
  given.take("buckets", []);
  const lots = areMade(worked, name) ? [] : buckets.map(lotOf);
  if (lots.length > 0 && has("earn")) values.earn = { lots };
  const last = given.take("last_stamp_at", null);
  const stamps = given.take("stamps", 0);
  put("stamps", last === null ? stamps : { count: stamps, last }, stamps === 0 && last === null);
  const used = given.take("earned_today", 0);
  if (used > 0) put("cap-0", { used, since: at }, false);
  const paid = given.take("prepaid_paid", given.take("prepaid", 0));
  const bonus = given.take("prepaid_bonus", 0);
  const isMoney = lots.length > 0 && !has("earn");
  put("prepaid", isMoney ? { paid, lots } : { paid, bonus }, paid + bonus === 0 && !isMoney);
  const unit = unitNameOf(said) ?? "sessions";
  const units = { paid: given.take(`${unit}_paid`, 0), bonus: given.take(`${unit}_bonus`, 0) };
  put("units", units, units.paid + units.bonus === 0);
  const level = given.take("tier", "");
  const spent = given.take("spend_12m", 0);
  const tiers = { level: level === "" ? levelOf(programme) : level, spent, ...reviewedBefore(said) };
  put("tiers", tiers, level === "" && spent === 0);
  given.take("birthday", "");
  given.end();
  return values;
}

/** The review before the one of which the case tells: that one was held, and gave the level. */
function reviewedBefore({ review }: Json): { readonly reviewed?: string } {
  if (review === undefined) return {};
  const { on } = review as { readonly on: string };
  return { reviewed: `${Number(on.slice(0, 4)) - 1}${on.slice(4)}` };
}

/** The lowest level: where everybody begins. */
function levelOf({ rules }: Programme): string {
  const tiers = rules.find((rule) => rule.kind === "tiers");
  return tiers?.kind === "tiers" ? tiers.levels[0]!.name : "";
}

/** The birthday of a card's holder, as an event says it. */
export function birthdayOf(worked: Case, card: string): { readonly birthday?: string } {
  const { birthday } = (cardsOf(worked)[card] ?? {}) as { readonly birthday?: string };
  return birthday === undefined ? {} : { birthday: birthday.slice(-5) };
}

/** Top-ups that make the buckets of a recharge which a case gives without the day on which they end. */
export const openingEvents = (worked: Case): readonly Json[] =>
  Object.keys(cardsOf(worked)).flatMap((card) =>
    areMade(worked, card)
      ? bucketsOf(worked, card).map(({ amount, issued }) => ({
          type: "top-up",
          card,
          at: `${issued}T12:00:00Z`,
          amount,
        }))
      : [],
  );
