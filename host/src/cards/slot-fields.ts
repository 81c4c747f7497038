import {
  type CardMap,
  dayText,
  HEADER_BYTES,
  type Lot,
  MAC_BYTES,
  NEVER,
  PAGE_BYTES,
  type Purse,
  purseParts,
  purseSize,
  StateHeader,
  toHex,
} from "@cachet/card-layout";
import {
  always,
  asPadding,
  type ByteField,
  cents,
  fieldOf,
  filling,
  number,
  type RangeValue,
  text,
} from "./byte-field.ts";
import type { AreaInspection, SealVerdict, SlotReading } from "./read.ts";

/** What can be said of a MAC; `key` names the key that it takes. */
export const sealText = (seal: SealVerdict | null, key: "card" | "area"): string =>
  seal === "no-key" ? `not checkable without the ${key} key` : (seal ?? "not checked");

/** Added to the layout's number in a record with the short header (record/state.ts). */
const SHORT_FORM = 0x80;
/** Where a record with the short header leaves out what the full one has. */
const NOT_IN_SHORT: readonly string[] = ["day", "credit"];

type State = NonNullable<SlotReading["state"]>;

function headerValue(name: string, state: State): RangeValue {
  switch (name) {
    case "layout":
      return state.layout < SHORT_FORM ? number(state.layout) : text(`${state.layout - SHORT_FORM}, short header`);
    case "predecessor":
      return text(toHex(state.predecessor));
    case "day":
      return { is: "day", day: state.day };
    default:
      return number(state[name as "generation" | "programme" | "sequence" | "terminal" | "credit"]);
  }
}

function headerFields(part: string, state: State, isShort: boolean): ByteField[] {
  return StateHeader.fields
    .filter(({ name }) => !(isShort && NOT_IN_SHORT.includes(name)))
    .map(({ name, size }) => fieldOf(part)(size, name, always(headerValue(name, state))));
}

/** How a purse is called: its kind, and its index where it is not the first of its kind. */
export const purseName = ({ kind, index }: Pick<Purse, "kind" | "index">): string =>
  index === 0 ? kind : `${kind} ${index}`;

/** One purse, head byte and first value together; a second value by itself. */
function purseFields(part: string, purse: Purse): ByteField[] {
  const [field, name, size] = [fieldOf(part), purseName(purse), purseSize(purse.kind)];
  switch (purse.kind) {
    case "stamps":
      return [field(size, name, always(number(purse.count)))];
    case "dated-stamps":
      return purse.days.map((of, i) =>
        i === 0
          ? field(size - 2 * (purse.days.length - 1), name, always({ is: "day", day: of }))
          : field(2, `${name}, stamp ${i + 1}`, always({ is: "day", day: of })),
      );
    case "timed-stamps":
      return [
        field(size - 4, name, always(number(purse.count))),
        field(4, `${name}, last stamp`, always({ is: "instant", seconds: purse.last })),
      ];
    case "carrying-cagnotte":
      return [
        field(size - 2, name, always(cents(purse.cents))),
        field(2, `${name}, remainder`, always(number(purse.remainder))),
      ];
    case "cagnotte":
    case "prepaid":
      return [field(size, name, always(cents(purse.cents)))];
    default: {
      // The head byte goes with the first field.
      const values = purse as unknown as Readonly<Record<string, unknown>>;
      return purseParts(purse.kind).map(({ name: part, size: width }, i) =>
        field(i === 0 ? width + 1 : width, `${name}, ${part}`, always(partValue(part, values[part]))),
      );
    }
  }
}

/** Fields of purses that are local days. */
const DAYS: readonly string[] = ["since", "until", "from", "reviewed"];

function partValue(part: string, value: unknown): RangeValue {
  if (typeof value === "number") return DAYS.includes(part) ? { is: "day", day: value } : number(value);
  if (part === "lots") return text(lotsText(value as readonly Lot[]));
  return text((value as readonly number[]).join(" "));
}

const lotsText = (lots: readonly Lot[]): string =>
  lots.length === 0
    ? "none"
    : lots
        .map(({ value, expires }) => `${value} ${expires === NEVER ? "for ever" : `through ${dayText(expires)}`}`)
        .join(", ");

function recordFields(part: string, slot: SlotReading, length: number): ByteField[] {
  const state = slot.state!;
  const isShort = state.layout >= SHORT_FORM;
  const known = [...headerFields(part, state, isShort), ...state.purses.flatMap((purse) => purseFields(part, purse))];
  const room = length - HEADER_BYTES[isShort ? "short" : "full"];
  const purses = state.purses.reduce((sum, { kind }) => sum + purseSize(kind), 0);
  return room === purses ? known : [...known, fieldOf(part)(room - purses, "padding", asPadding)];
}

/** One slot, byte by byte. What is no record of ours is not taken apart; a MAC's own bytes are in no value. */
function slotFields(part: string, slot: SlotReading, length: number): ByteField[] {
  const field = fieldOf(part);
  if (slot.kind === "blank") return [field(length, "record", always(text("blank")))];
  const mac = field(MAC_BYTES, "MAC", always(text(sealText(slot.seal, "area"))));
  if (slot.kind === "record") return [...recordFields(part, slot, length - MAC_BYTES), mac];
  const newer = slot.seal === "right" ? "a record of a newer layout" : "no record that this version knows";
  return [field(length - MAC_BYTES, "record", always(text(newer))), mac];
}

export const slotName = (area: number, slot: 0 | 1): string => `area ${area} slot ${slot === 0 ? "A" : "B"}`;

/** Both slots of an area. */
export function areaFields(map: CardMap, index: number, area: AreaInspection): ByteField[] {
  const length = map.areas[index]!.slotPages * PAGE_BYTES;
  return ([0, 1] as const).flatMap((slot) => {
    const part = slotName(index, slot);
    return filling(slotFields(part, area.slots[slot], length), length, part, "record");
  });
}
