import { type Day, dayOf } from "@cachet/card-layout";
import { type Intent, type IntentArea, ticketName } from "@cachet/firmware/wire";
import { intentAt } from "./entries.ts";
import type { Ledger, LedgerTables } from "./schema.ts";

/** Minutes of parking that a purchase gave, or that a refund took back. */
export interface ParkingRow {
  readonly card: number;
  readonly uid: Uint8Array;
  /** Less than nothing where they are taken back: they were told on the day of the purchase. */
  readonly minutes: number;
  /** The purchase, seconds since 1970, and the offset of its local time in minutes. */
  readonly from: number;
  readonly offset: number;
  /** The last local minute that counts, `2027-06-15 23:59`. */
  readonly until: string;
  /** The ticket of the purchase. */
  readonly ticket: string;
}

/** One visit that gave minutes or took some back. */
interface Told extends ParkingRow {
  readonly key: string;
  readonly day: Day;
  readonly kind: "sale" | "refund";
}

const keyOf = (terminal: number, number: number, programme: number, rule: string) =>
  [terminal, number, programme, rule].join("/");

type VisitRow = Pick<LedgerTables["intent_area"], "terminal" | "number" | "programme">;

async function toldBy(ledger: Ledger, { terminal, number, programme }: VisitRow): Promise<Told[]> {
  const entry = await intentAt(ledger, terminal, number);
  if (entry === null) return [];
  const { body, utc, offset } = entry;
  const effects = body.areas.find((area) => area.programme === programme)?.effects ?? [];
  const granted = effects.filter(({ unit }) => unit === "minutes");
  if (granted.length === 0) return [];
  const { refund } = body;
  const kind = refund === undefined ? "sale" : "refund";
  const [seller, sold] = refund === undefined ? [terminal, number] : [refund.terminal ?? terminal, refund.ticket];
  const sale = refund === undefined ? entry : await intentAt(ledger, seller, sold);
  return granted.map(({ value, rule, label = "" }) => ({
    ...{ key: keyOf(seller, sold, programme, rule), kind, day: dayOf(utc, offset), card: body.card, uid: body.uid },
    ...{ minutes: kind === "sale" ? value : -value, ticket: ticketName(seller, sold) },
    from: sale?.body.late?.paidAt ?? sale?.utc ?? utc,
    offset: sale?.offset ?? offset,
    until: kind === "sale" ? label : untilOf(sale?.body, programme, rule),
  }));
}

/** Until when the minutes of a sale counted. */
function untilOf(sale: Intent | undefined, programme: number, rule: string): string {
  const isIt = (effect: IntentArea["effects"][number]) => effect.type === "parking" && effect.rule === rule;
  return sale?.areas.find((area) => area.programme === programme)?.effects.find(isIt)?.label ?? "";
}

/**
 * What the visits of some local days say about parking, both days included, by what is imported: minutes given, and minutes that a
 * refund took back of purchases before those days, as less than nothing. What was given and taken back within the days is left out. So the
 * days one after the other say, together, what all of them at once say.
 */
export async function parkingRows(ledger: Ledger, from: Day, to: Day): Promise<readonly ParkingRow[]> {
  const visits = await ledger
    .selectFrom("intent_area")
    .select(["terminal", "number", "programme"])
    .where("outcome", "=", "committed")
    .where("kind", "in", ["sale", "refund"])
    .where("day", ">=", from)
    .where("day", "<=", to)
    .orderBy("utc")
    .orderBy("terminal")
    .orderBy("number")
    .execute();
  const told: Told[] = [];
  for (const row of visits) told.push(...(await toldBy(ledger, row)));
  const of = (kind: Told["kind"]) => new Set(told.flatMap((one) => (one.kind === kind ? one.key : [])));
  const [given, back] = [of("sale"), of("refund")];
  return told
    .filter(({ kind, key }) => !(kind === "sale" ? back : given).has(key))
    .map(({ key: _key, day: _day, kind: _kind, ...row }) => row);
}
