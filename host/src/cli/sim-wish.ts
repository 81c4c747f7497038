import { readTicketName, ticketName } from "@cachet/firmware/wire";
import type { Wish } from "@cachet/terminal-sim";
import { amountOf, MOMENT, momentOf, type StepReader } from "./step-reader.ts";

const KINDS = ["sale", "top-up", "buy", "refund", "give", "receive", "close", "stamps", "balance", "settle"] as const;
/** What a sale may have beside its lines. */
const OF_SALE = ["redeem", "use", "gift", "gift-points", "referred-by", "prepaid", "later", "late"] as const;
/** Fields of a tap that say what is wanted. */
export const WISH_FIELDS: readonly string[] = [...KINDS, ...OF_SALE, "lines", "history"];

const AMOUNT = "an amount such as 12.50";
const whole = (text: string): number | null => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : null);

const cardOf = (text: string): number | null => (/^\d{13,15}$/.test(text) ? Number(text) : null);
/** A ticket of this terminal, by its number or its name. */
const ticketOf =
  (terminal: number) =>
  (text: string): number | null => {
    const named = readTicketName(text);
    return named === null ? whole(text) : named.terminal === terminal ? named.number : null;
  };
const aTicket = (terminal: number): string => `a ticket of this terminal, such as 42 or ${ticketName(terminal, 42)}`;

/** `4.80`, or `4.80:tobacco` with its category. */
function saleLine(text: string) {
  const [amount = "", category, ...rest] = text.split(":");
  const cents = amountOf(amount);
  if (cents === null || rest.length > 0 || category === "") return null;
  return { amount: cents, quantity: 1, ...(category === undefined ? {} : { category }) };
}

/** Words of a field that has several, each as `read` takes it; all of them at fault, and null, where one is not. */
function several<T>(reader: StepReader, field: string, expected: string, read: (words: readonly string[]) => T | null) {
  const words = reader.words(field);
  const value = read(words);
  if (value === null) reader.fault(field, `"${words.join(" ")}" is not ${expected}`);
  return value;
}

function lateOf(reader: StepReader): Extract<Wish, { kind: "sale" }>["late"] {
  const late = several(reader, "late", `a till's ticket and ${MOMENT}`, ([ticket, moment, ...rest]) => {
    const paidAt = momentOf(moment ?? "");
    return ticket === undefined || paidAt === null || rest.length > 0 ? null : { ticket, paidAt };
  });
  return late ?? undefined;
}

/** The lines of a sale; a fault where one is none, or where there are none and some are needed. */
function linesOf(reader: StepReader, field: string, isNeeded: boolean) {
  const lines = reader.words(field).map(saleLine);
  if ((isNeeded && lines.length === 0) || lines.includes(null)) {
    const expected = `${AMOUNT}, or several, each perhaps with its category: 4.80:tobacco`;
    reader.fault(field, `"${reader.words(field).join(" ")}" is not ${expected}`);
  }
  return lines.flatMap((line) => line ?? []);
}

/** A ticket that is printed once more. */
export function reprintOf(reader: StepReader, terminal: number): Extract<Wish, { kind: "reprint" }> {
  const read = (text: string) => (text === "last" ? text : ticketOf(terminal)(text));
  const ticket = reader.word<number | "last">("reprint", read, `last, or ${aTicket(terminal)}`, "last");
  return { kind: "reprint", ticket };
}

/** A sale of a customer who has no card. */
export function withoutCardOf(reader: StepReader): Extract<Wish, { kind: "without-card" }> {
  return { kind: "without-card", lines: linesOf(reader, "without-card", true), tip: 0 };
}

function saleOf(reader: StepReader): Wish {
  const lines = linesOf(reader, "sale", !reader.has("use"));
  const redeem = (text: string) => (text === "max" ? text : amountOf(text));
  const prepaid = (text: string) => (text === "none" ? text : amountOf(text));
  const named = (text: string) => (text === "" ? null : text);
  const late = reader.has("late") ? lateOf(reader) : undefined;
  return {
    kind: "sale",
    lines,
    tip: 0,
    ...(reader.has("redeem")
      ? { redeem: reader.word<number | "max">("redeem", redeem, `max or ${AMOUNT}`, "max") }
      : {}),
    ...(reader.has("prepaid")
      ? { prepaid: reader.word<number | "none">("prepaid", prepaid, `none or ${AMOUNT}`, "none") }
      : {}),
    ...(reader.has("use") ? { use: reader.word("use", whole, "how many units", 1) } : {}),
    ...(reader.has("gift") ? { gift: reader.word("gift", named, "the id of a gift", "") } : {}),
    ...(reader.has("gift-points") ? { giftPoints: reader.word("gift-points", whole, "how many points", 1) } : {}),
    ...(reader.has("referred-by") ? { referredBy: reader.word("referred-by", cardOf, "a card's number", 1) } : {}),
    ...(reader.mark("later") ? { rewards: "later" as const } : {}),
    ...(late === undefined ? {} : { late }),
  };
}

function purchaseOf(reader: StepReader): Wish | null {
  return several(reader, "buy", "an amount, a programme's number, a rule and perhaps a pack", (words) => {
    const [paid = "", number = "", rule, nth, ...rest] = words;
    const [amount, programme, pack] = [amountOf(paid), whole(number), nth === undefined ? undefined : whole(nth)];
    if (amount === null || programme === null || rule === undefined || pack === null || rest.length > 0) return null;
    return { kind: "top-up", amount, purchase: { programme, rule, ...(pack === undefined ? {} : { pack }) } };
  });
}

function refundOf(reader: StepReader, terminal: number): Wish {
  const read = (text: string) => {
    if (text === "last") return text;
    const number = ticketOf(terminal)(text);
    return number ?? (/^[A-Z2-7]{20,}$/.test(text) ? { code: text } : null);
  };
  const ticket = reader.word<number | "last" | { readonly code: string }>(
    "refund",
    read,
    `last, ${aTicket(terminal)}, or the code of a receipt`,
    "last",
  );
  const lines = reader.has("lines")
    ? several(reader, "lines", "lines by their place, from 1", (words) => {
        const places = words.map(whole);
        return places.length === 0 || places.includes(null) ? null : places.map((place) => place! - 1);
      })
    : null;
  return { kind: "refund", ticket, lines: lines ?? "all" };
}

function giftOf(reader: StepReader): Wish | null {
  return several(
    reader,
    "give",
    "a programme's number, a rule and a whole number",
    ([number = "", rule, of = "", ...rest]) => {
      const [programme, value] = [whole(number), whole(of)];
      if (programme === null || rule === undefined || value === null || rest.length > 0) return null;
      return { kind: "give", programme, rule, value };
    },
  );
}

function paperOf(reader: StepReader): Wish | null {
  const expected = "how many stamps, a programme's number and a rule";
  return several(reader, "stamps", expected, ([count = "", number = "", rule, ...rest]) => {
    const [stamps, programme] = [whole(count), whole(number)];
    if (stamps === null || programme === null || rule === undefined || rest.length > 0) return null;
    return { kind: "paper", programme, rule, stamps };
  });
}

/** What a tap at this terminal asks for; faults are with the reader. */
export function wishOf(reader: StepReader, terminal: number): Wish {
  const kinds = KINDS.filter((kind) => reader.has(kind));
  const [kind = "settle"] = kinds;
  if (kinds.length !== 1) reader.fault(null, `a tap has one of ${KINDS.join(", ")}`);
  for (const field of OF_SALE) if (kind !== "sale" && reader.has(field)) reader.fault(field, "belongs to a sale");
  if (kind !== "refund" && reader.has("lines")) reader.fault("lines", "belongs to a refund");
  if (kind !== "balance" && reader.has("history")) reader.fault("history", "belongs to a balance");
  const nothing: Wish = { kind: "settle" };
  switch (kind) {
    case "sale":
      return saleOf(reader);
    case "top-up":
      return { kind, amount: reader.word(kind, amountOf, AMOUNT, 0) };
    case "buy":
      return purchaseOf(reader) ?? nothing;
    case "refund":
      return refundOf(reader, terminal);
    case "give":
      return giftOf(reader) ?? nothing;
    case "receive":
      return { kind, ticket: reader.word(kind, ticketOf(terminal), aTicket(terminal), 1) };
    case "close":
      return { kind, programme: reader.word(kind, whole, "a programme's number", 1) };
    case "stamps":
      return paperOf(reader) ?? nothing;
    case "balance":
      reader.mark(kind);
      return { kind, ...(reader.mark("history") ? { history: true as const } : {}) };
    case "settle":
      reader.mark(kind);
      return { kind };
  }
}
