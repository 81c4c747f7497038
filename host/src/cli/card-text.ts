import {
  ATTACKS,
  CARD_EPOCH_SECONDS,
  CARD_MAPS,
  type CardState,
  type Chip,
  dayText,
  type Lot,
  NEVER,
  PROTECTION,
  type Purse,
  purseRoom,
  toHex,
} from "@cachet/card-layout";
import { terminalName } from "@cachet/firmware/wire";
import type { ByteRange, RangeValue } from "../cards/byte-field.ts";
import { originality, signedFamily } from "../cards/originality.ts";
import type { AreaInspection, CardInspection } from "../cards/read.ts";
import { purseName, sealText } from "../cards/slot-fields.ts";
import { contentOf, pageText } from "../cards/user-pages.ts";
import { localText } from "./dates.ts";
import { money } from "./money.ts";

/** A line with its heading, as all card commands print them. */
export const headed = (heading: string, text: string): string => `${heading.padEnd(16)} ${text}`;

/** An instant in seconds since 2000: 2026-06-15 10:00 UTC. */
export const instantText = (seconds: number): string => `${localText(CARD_EPOCH_SECONDS + seconds, 0)} UTC`;

/** Lots in the order in which they are spent, with their last days. */
function lotsText(lots: readonly Lot[], amount: (value: number) => string): string {
  const texts = lots.map(
    ({ value, expires }) => `${amount(value)}${expires === NEVER ? "" : ` through ${dayText(expires)}`}`,
  );
  return texts.length === 0 ? amount(0) : texts.join(" + ");
}

/** What a purse holds: euros, a number of stamps or points, a day. */
export function amountText(purse: Purse): string {
  switch (purse.kind) {
    case "stamps":
    case "timed-stamps":
    case "points":
    case "carrying-points":
      return `${purse.count}`;
    case "dated-stamps":
      return `${
        purse.days
          .filter((day) => day > 0)
          .map(dayText)
          .join(", ") || "none"
      }`;
    case "cagnotte":
    case "carrying-cagnotte":
    case "prepaid":
      return money(purse.cents, "en");
    case "units":
      return `${purse.paid} paid, ${purse.bonus} on top`;
    case "cagnotte-lots-2":
    case "cagnotte-lots-4":
    case "cagnotte-lots-8":
      return lotsText(purse.lots, (value) => money(value, "en"));
    case "points-lots-2":
    case "points-lots-4":
    case "points-lots-8":
      return lotsText(purse.lots, String);
    case "owed-cents":
      return money(purse.value, "en");
    case "owed-points":
    case "used":
      return `${purse.value}`;
    case "year-tier":
    case "rolling-tier":
      return `level ${purse.level + 1}`;
    case "club":
      return `until ${dayText(purse.until)}`;
    case "visited":
      return `${purse.won} won`;
    case "seen":
      return dayText(purse.day);
    case "offer":
      return `number ${purse.offer}, ${dayText(purse.from)} to ${dayText(purse.until)}`;
  }
}

export const purseText = (purse: Purse): string => `${purseName(purse)} ${amountText(purse)}`;

/** What a record says, in one line. A short header has no day, and no terminal wrote the record that opens an area. */
export function stateText({ programme, sequence, terminal, day, purses }: CardState): string {
  const parts = [
    `programme ${programme}`,
    `sequence ${sequence}`,
    ...(terminal === 0 ? [] : [terminalName(terminal)]),
    ...(day === 0 ? [] : [dayText(day)]),
  ];
  return `${parts.join(", ")}: ${purses.length === 0 ? "no purse" : purses.map(purseText).join(", ")}`;
}

const DEAD = {
  conflict: "two records that exclude each other",
  behind: "no record fits the counter",
  damaged: "no whole record",
} as const;

/** What an area holds, in one line. */
export function areaText({ reading, slots, counter }: AreaInspection): string {
  const counted =
    counter === null ? "" : `; counter ${counter.number} at ${counter.value}${counter.torn ? ", torn" : ""}`;
  switch (reading.kind) {
    case "free":
      return `free${counted}`;
    case "unknown":
      return `not known: its ${reading.what === "slot" ? "slots" : "counter"} could not be read`;
    case "current": {
      const slot = reading.slot === 0 ? "A" : "B";
      return `${stateText(reading.state)} (slot ${slot}, MAC ${sealText(slots[reading.slot].seal, "area")}${counted})`;
    }
    default:
      return `${DEAD[reading.kind]}${counted}`;
  }
}

const areaLines = ({ areas }: CardInspection): string[] =>
  areas.map((area) => headed(`area ${area.index}`, areaText(area)));

const CONTENT = {
  blank: "none: the card is blank",
  new: "none: the card is as its maker delivers it",
  other: "none: the card holds something of another system",
  unknown: "none in what is known of the card",
} as const;

/** Who a card is. The number is shown in full: these commands are for people with the card in their hand. */
export function identityLines(card: CardInspection): string[] {
  const { identity, map, chip, uid } = card;
  const head = [headed("chip", `${chip}, UID ${toHex(uid)}`)];
  if (identity.kind === "none") return [...head, headed("card number", CONTENT[contentOf(card)])];
  const { card: number, issuer, issued, layout, generation } = identity.identity;
  const known = map === null ? "  NOT KNOWN to this version of cachet" : "";
  if (identity.kind === "uid")
    return [
      ...head,
      headed("card number", `${number}, from the UID: this chip has no room for another`),
      headed("layout", `${layout}`),
    ];
  return [
    ...head,
    headed("card number", `${number}`),
    headed("issuer", `${issuer}, issued ${dayText(issued)}`),
    headed("identity", `MAC ${sealText(identity.seal, "card")}, key generation ${generation}`),
    headed("layout", `${layout}${known}`),
  ];
}

const ORIGINALITY = {
  genuine: "NXP signed this UID",
  "not-genuine": "does NOT fit the UID",
  "no-signature": "none: not a genuine NXP chip, or a simulated one",
} as const;

export function originalityText({ chip, uid, signature }: CardInspection): string {
  return signature === null ? "not known" : ORIGINALITY[originality(signedFamily(chip), uid, signature)];
}

/** What the medium prevents, and what can only be found afterwards. */
function protectionLines(chip: Chip): string[] {
  const commit = CARD_MAPS.find((map) => map.chip === chip)!.commit;
  return ATTACKS.map((attack) => {
    const { stand, how } = PROTECTION[commit][attack];
    return headed(attack, `${stand}: ${how}`);
  });
}

/** What `card info` prints. */
export function infoLines(card: CardInspection): string[] {
  const { map, areas, url, access, chip } = card;
  const free = areas.filter(({ reading }) => reading.kind === "free").length;
  const rooms = map?.areas.map((area) => purseRoom(map, area)).join(", ");
  return [
    ...identityLines(card),
    headed("signature", originalityText(card)),
    headed("phones open", url ?? "nothing"),
    headed("password", access === null ? "not known" : passwordText(card)),
    ...(map === null
      ? []
      : [headed("areas", `${free} of ${areas.length} free; bytes of purses: ${rooms}`), ...areaLines(card)]),
    "",
    `What an ${chip} prevents, and what it only lets be found:`,
    ...protectionLines(chip),
  ];
}

function passwordText({ access, pages }: CardInspection): string {
  const first = access!.firstProtected;
  return first < pages.length
    ? `needed for writing from page ${pageText(first)}`
    : "not set: anybody can write on this card";
}

/** What bytes mean, for people. */
export function valueText(value: RangeValue): string {
  switch (value.is) {
    case "text":
      return value.text;
    case "number":
      return `${value.number}`;
    case "cents":
      return money(value.cents, "en");
    case "day":
      return dayText(value.day);
    case "instant":
      return instantText(value.seconds);
    case "bytes":
      return toHex(value.bytes);
    case "unknown":
      return "not known";
  }
}

/** Every byte by name: page and byte in it, how many bytes, name, value. */
export function rangeLines(ranges: readonly ByteRange[]): string[] {
  return ranges.map(({ firstByte, length, page, part, name, value }) => {
    const place = `${pageText(page)}.${firstByte % 4}`;
    return `${place}  ${String(length).padStart(4)}  ${`${part}: ${name}`.padEnd(44)} ${valueText(value)}`;
  });
}

/** What `card read` prints. */
export function readLines(card: CardInspection, ranges: readonly ByteRange[]): string[] {
  const url = headed("phones open", card.url ?? "nothing");
  return [...identityLines(card), url, ...areaLines(card), "", "page  bytes name", ...rangeLines(ranges)];
}
