import type { Programme } from "@cachet/firmware/rules";
import { merchantNames } from "./case-programme.ts";
import { type Case, type Json, Words } from "./written-case.ts";

const DEFAULT_AT = "2027-01-12T10:00:00+01:00";
export const CARD = "card";

/** A bucket as a case writes it, with its name. */
interface Bucket {
  readonly id: string;
  readonly amount: number;
  readonly issued_at?: string;
  readonly expires_on?: string | null;
}

const dayOf = (text: string): string => text.slice(0, 10);

/** Buckets by name, with the two days that tell them apart. */
export function bucketsOf({ given }: Case): readonly (Bucket & { readonly issued: string })[] {
  const { buckets = [] } = (given.card ?? {}) as { readonly buckets?: readonly Bucket[] };
  return buckets.map((bucket, i) => ({ ...bucket, issued: dayOf(bucket.issued_at ?? `2026-01-0${i + 1}`) }));
}

const lotOf = ({ amount, issued, expires_on = null }: Bucket & { readonly issued: string }) => ({
  value: amount,
  issued,
  expires: expires_on,
});

/** What a card of a case holds, by rule id. */
export function cardValues(worked: Case, written: Json, programme: Programme): Json {
  const given = new Words(`${worked.id} card`, written);
  const values: Record<string, unknown> = {};
  const has = (id: string) => programme.rules.some((rule) => rule.id === id);
  const at = dayOf(String(worked.when[0]?.at ?? DEFAULT_AT));
  if (given.has("remainder_per_10000")) {
    const [value, remainder] = [given.take("cagnotte", 0), given.take("remainder_per_10000", 0)];
    const carries = programme.rules.some((rule) => rule.kind === "cagnotte" && rule.rounding === "carry");
    values.earn = carries ? { value, remainder } : value;
  }
  if (given.has("cagnotte")) values.earn = given.take("cagnotte", 0);
  if (given.has("points") && has("earn")) values.earn = given.take("points", 0);
  given.take("points", 0);
  if (given.has("buckets") && has("earn")) {
    given.take("buckets", []);
    values.earn = { lots: bucketsOf(worked).map(lotOf) };
  }
  given.take("buckets", []);
  const last = given.take("last_stamp_at", null);
  if (given.has("stamps")) {
    const count = given.take("stamps", 0);
    values.stamps = last === null ? count : { count, last };
  }
  if (given.has("earned_today")) values["cap-0"] = { used: given.take("earned_today", 0), since: at };
  const [paid, bonus] = [given.take("prepaid_paid", given.take("prepaid", 0)), given.take("prepaid_bonus", 0)];
  if (has("prepaid")) values.prepaid = { paid, bonus };
  const sessions = { paid: given.take("sessions_paid", 0), bonus: given.take("sessions_bonus", 0) };
  if (has("units")) values.units = sessions;
  if (given.has("tier")) values.tiers = { level: given.take("tier", ""), spent: given.take("spend_12m", 0) };
  given.end();
  return values;
}

interface WrittenLine {
  readonly id?: string;
  readonly amount?: number;
  readonly qty?: number;
  readonly unit?: number;
  readonly cat?: string;
}

const lineOf = ({ id, amount, qty = 1, unit = 0, cat }: WrittenLine) => ({
  ...(id === undefined ? {} : { id }),
  amount: amount ?? qty * unit,
  quantity: qty,
  ...(cat === undefined ? {} : { category: cat }),
});

function saleOf(given: Words): Json {
  const tenders = given.take<{ kind: string; amount: number }[]>("tenders", []);
  const prepaid = tenders.filter(({ kind }) => kind === "prepaid").reduce((all, { amount }) => all + amount, 0);
  const redeem = given.take<number | "max" | null>("redeem_request", null);
  return {
    type: "sale",
    lines: given.take<WrittenLine[]>("lines", []).map(lineOf),
    tip: given.take("tip", 0),
    ...(redeem === null ? {} : { redeem }),
    ...(tenders.length === 0 ? {} : { prepaid, tenders: tenders.filter(({ kind }) => kind !== "prepaid") }),
  };
}

/** The events of the product that one event of a case is; the last of them is the one that its answer is about. */
export function eventsOf(worked: Case, step: number): readonly Json[] {
  const names = merchantNames(worked);
  const given = new Words(`${worked.id} event ${step + 1}`, worked.when[step]!);
  const type = given.take<string>("type", "purchase");
  const merchant = given.take<string>("merchant", "?");
  const common = {
    id: given.take("id", `E${step + 1}`),
    at: given.take("at", DEFAULT_AT),
    merchant: names.indexOf(merchant) + 1,
    card: given.take("card", CARD),
    ...(given.has("clock_suspect") ? { clockSuspect: given.take("clock_suspect", false) } : {}),
    ...(given.has("birthday") ? { birthday: given.take("birthday", "").slice(-5) } : {}),
  };
  const event = (): Json => {
    switch (type) {
      case "purchase":
        return saleOf(given);
      case "refund": {
        const { id: of } = { id: given.take("of", "") };
        return { type, of, lines: given.take<"all" | string[]>("lines", "all") };
      }
      case "recharge":
        return given.has("pack")
          ? { type: "pack", rule: "units", pack: given.take("pack", 1) }
          : { type: "top-up", amount: given.take("amount", 0) };
      case "use":
        return { type: "sale", use: given.take("sessions", given.take("units", 0)) };
      case "redeem": {
        const amount = given.take("amount", 0);
        return { type: "sale", lines: [{ amount }], redeem: amount };
      }
      case "close_account":
        return { type: "close" };
      case "tick":
      case "read_expiry":
      case "spendable":
        return { type: "look" };
      default:
        throw new Error(`${worked.id}: the adapter does not know events of type ${type}`);
    }
  };
  const made = { ...common, ...event() };
  given.take("independent", false);
  given.end();
  return [made];
}

/** Buckets of a recharge that a case gives without the day on which they end: the engine makes them, by a top-up of that day. */
export function openingEvents(worked: Case): readonly Json[] {
  const cards = (worked.given.cards ?? {}) as Record<string, { readonly buckets?: readonly Bucket[] }>;
  return Object.entries(cards).flatMap(([card, { buckets = [] }]) =>
    buckets.map(({ amount, issued_at }) => ({ type: "top-up", card, at: issued_at ?? DEFAULT_AT, amount })),
  );
}
