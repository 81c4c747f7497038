import { birthdayOf, CARD, DEFAULT_AT } from "./case-cards.ts";
import { merchantNames, unitNameOf } from "./case-programme.ts";
import { type Case, type Json, Words } from "./written-case.ts";

function lineOf(of: Words): Json {
  const [id, category] = [of.take<string | null>("id", null), of.take<string | null>("cat", null)];
  const quantity = of.take("qty", 1);
  if (of.has("amount") === of.has("unit")) throw new Error("a line has an amount, or a price of each");
  const amount = of.has("amount") ? of.take("amount", 0) : quantity * of.take("unit", 0);
  of.end();
  return { ...(id === null ? {} : { id }), amount, quantity, ...(category === null ? {} : { category }) };
}

function saleOf(given: Words): Json {
  const tenders = given.list("tenders").map((of) => {
    const tender = { kind: of.take("kind", ""), amount: of.take("amount", 0) };
    of.end();
    return tender;
  });
  const prepaid = tenders.filter(({ kind }) => kind === "prepaid").reduce((all, { amount }) => all + amount, 0);
  const redeem = given.take<number | "max" | null>("redeem_request", null);
  const asked = [
    ["gift", "gift"],
    ["gift_points", "giftPoints"],
    ["referred_by", "referredBy"],
  ].flatMap(([word, field]) => (given.has(word!) ? [[field, given.take<unknown>(word!, null)] as const] : []));
  return {
    type: "sale",
    lines: given.list("lines").map(lineOf),
    tip: given.take("tip", 0),
    ...(redeem === null ? {} : { redeem }),
    ...Object.fromEntries(asked),
    ...(tenders.length === 0 ? {} : { prepaid, tenders: tenders.filter(({ kind }) => kind !== "prepaid") }),
  };
}

function rechargeOf(given: Words): Json {
  if (!given.has("pack")) return { type: "top-up", amount: given.take("amount", 0) };
  given.always("pack", 1);
  return { type: "pack", rule: "units", pack: 1 };
}

/** The event of the product that an event of a case is. */
export function eventOf(worked: Case, step: number, said: Json): Json {
  const names = merchantNames(worked);
  const given = new Words(`${worked.id} event ${step + 1}`, worked.when[step]!);
  const type = given.take<string>("type", "purchase");
  const card = given.take("card", CARD);
  const common = {
    id: given.take("id", `E${step + 1}`),
    at: given.take("at", DEFAULT_AT),
    merchant: names.indexOf(given.take<string>("merchant", "?")) + 1,
    card,
    ...(given.has("clock_suspect") ? { clockSuspect: given.take("clock_suspect", false) } : {}),
    ...(given.has("card_number") ? { cardNumber: given.take("card_number", 0) } : {}),
    ...birthdayOf(worked, card),
  };
  given.take("independent", false);
  const event = (): Json => {
    switch (type) {
      case "purchase":
        return saleOf(given);
      case "refund":
        return { type, of: given.take("of", ""), lines: given.take<"all" | string[]>("lines", "all") };
      case "recharge":
        return rechargeOf(given);
      case "use":
        return { type: "sale", use: given.take(unitNameOf(said) ?? "units", 0) };
      case "redeem": {
        const amount = given.take("amount", 0);
        return { type: "sale", lines: [{ amount }], redeem: amount };
      }
      case "import_stamps":
        return { type: "paper", rule: "stamps", stamps: given.take("stamps", 0) };
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
  given.end();
  return made;
}
