import { type Day, dayOf } from "@cachet/card-layout";
import { decodeEntry, type Intent, type IntentArea, ticketName } from "@cachet/firmware/wire";
import type { Database, Row } from "../ports/database.ts";

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

const SECONDS_PER_DAY = 86_400;
const EPOCH_DAYS = 10_957;

function intentOf(database: Database, terminal: number, number: number) {
  const row = database.get("select stored from entry where terminal = ? and number = ?", terminal, number);
  const entry = row === null ? null : decodeEntry(row.stored as Uint8Array);
  return entry?.kind === "intent" ? entry : null;
}

const keyOf = (terminal: number, number: number, programme: number, rule: string) =>
  [terminal, number, programme, rule].join("/");

function toldBy(database: Database, row: Row): Told[] {
  const [terminal, number, programme] = [Number(row.terminal), Number(row.number), Number(row.programme)];
  const entry = intentOf(database, terminal, number);
  if (entry === null) return [];
  const { body, utc, offset } = entry;
  const own = body.areas.find((area) => area.programme === programme);
  return (own?.effects ?? []).flatMap((effect): Told[] => {
    if (effect.unit !== "minutes") return [];
    const { refund } = body;
    const kind = refund === undefined ? "sale" : "refund";
    const [seller, sold] = refund === undefined ? [terminal, number] : [refund.terminal ?? terminal, refund.ticket];
    const sale = refund === undefined ? entry : intentOf(database, seller, sold);
    const key = keyOf(seller, sold, programme, effect.rule);
    const { value, rule, label = "" } = effect;
    return [
      {
        ...{ key, kind, day: dayOf(utc, offset), card: body.card, uid: body.uid },
        ...{ minutes: kind === "sale" ? value : -value, ticket: ticketName(seller, sold) },
        from: sale?.body.late?.paidAt ?? sale?.utc ?? utc,
        offset: sale?.offset ?? offset,
        until: kind === "sale" ? label : untilOf(sale?.body, programme, rule),
      },
    ];
  });
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
export function parkingRows(database: Database, from: Day, to: Day): readonly ParkingRow[] {
  const visits = database.all(
    `select terminal, number, programme from intent_area
     where outcome = 'committed' and kind in ('sale', 'refund') and utc between ? and ? order by utc, terminal, number`,
    (from + EPOCH_DAYS - 1) * SECONDS_PER_DAY,
    (to + EPOCH_DAYS + 2) * SECONDS_PER_DAY,
  );
  const told = visits.flatMap((row) => toldBy(database, row)).filter(({ day }) => day >= from && day <= to);
  const of = (kind: Told["kind"]) => new Set(told.flatMap((one) => (one.kind === kind ? one.key : [])));
  const [given, back] = [of("sale"), of("refund")];
  return told
    .filter(({ kind, key }) => !(kind === "sale" ? back : given).has(key))
    .map(({ key: _key, day: _day, kind: _kind, ...row }) => row);
}
