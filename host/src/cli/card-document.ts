import { type CardState, dayText, type Purse, toHex } from "@cachet/card-layout";
import type { ByteRange, RangeValue } from "../cards/byte-field.ts";
import type { AreaInspection, CardInspection } from "../cards/read.ts";
import { contentOf } from "../cards/user-pages.ts";
import type { CardProblem } from "./card-error.ts";
import { instantText } from "./card-text.ts";

export function purseDocument(purse: Purse) {
  return { ...purse };
}

/** A record for programs. Its MAC is nowhere in it. */
export function stateDocument({
  layout,
  generation,
  programme,
  sequence,
  terminal,
  day,
  predecessor,
  credit,
  purses,
}: CardState) {
  return {
    layout,
    generation,
    programme,
    sequence,
    terminal,
    day: day === 0 ? null : dayText(day),
    predecessor: toHex(predecessor),
    credit,
    purses: purses.map(purseDocument),
  };
}

function areaDocument({ index, reading, counter, slots, trusted }: AreaInspection) {
  const isCurrent = reading.kind === "current";
  return {
    index,
    holds: reading.kind,
    slot: isCurrent ? reading.slot : null,
    mac: isCurrent ? slots[reading.slot].seal : null,
    trusted: isCurrent && trusted,
    record: isCurrent ? stateDocument(reading.state) : null,
    counter,
    slots: slots.map(({ kind, seal }) => ({ holds: kind, mac: seal })),
  };
}

/** A card for programs: who it is, and what each area holds. */
export function cardDocument(card: CardInspection) {
  const { identity, uid, chip, url, areas, access, locked, locksFrozen } = card;
  const isNone = identity.kind === "none";
  const known = isNone ? null : identity.identity;
  return {
    uid: toHex(uid),
    chip,
    card: known?.card ?? null,
    issuer: identity.kind === "record" ? identity.identity.issuer : null,
    issued: identity.kind === "record" ? dayText(identity.identity.issued) : null,
    layout: known?.layout ?? null,
    layout_known: card.map !== null,
    identity: identity.kind,
    identity_mac: identity.kind === "record" ? identity.seal : null,
    identity_generation: identity.kind === "record" ? identity.identity.generation : null,
    content: isNone ? contentOf(card) : "card",
    url,
    areas: areas.map(areaDocument),
    free_areas: areas.filter(({ reading }) => reading.kind === "free").length,
    access: access && {
      first_protected: access.firstProtected,
      read_needs_password: access.readNeedsPassword,
      config_locked: access.configLocked,
      attempts: access.attempts,
    },
    locked_pages: locked,
    locks_frozen: locksFrozen,
  };
}

/** Numbers stay numbers, dates and instants are text, bytes are hexadecimal, what is not known is null. */
function valueDocument(value: RangeValue): number | string | null {
  switch (value.is) {
    case "text":
      return value.text;
    case "number":
      return value.number;
    case "cents":
      return value.cents;
    case "day":
      return dayText(value.day);
    case "instant":
      return instantText(value.seconds);
    case "bytes":
      return toHex(value.bytes);
    case "unknown":
      return null;
  }
}

export function rangeDocument({ firstByte, length, page, part, name, value }: ByteRange) {
  const unit = value.is === "cents" ? { unit: "cents" } : {};
  return { first_byte: firstByte, length, page, part, name, value: valueDocument(value), ...unit };
}

export const problemDocument = ({ failure, soft }: CardProblem) => ({ ...failure.document(), wrong: !soft });
