import {
  type CardIdentity,
  type CardMap,
  CONFIG_PAGES,
  CounterIdentity,
  EMPTY_NDEF,
  Identity,
  isBlank,
  PAGE_BYTES,
  slotPage,
  uidCheckBytes,
  unpackUrl,
} from "@cachet/card-layout";
import {
  always,
  asBytes,
  asPadding,
  type ByteField,
  type ByteRange,
  fieldOf,
  filling,
  number,
  placed,
  type RangeValue,
  text,
} from "./byte-field.ts";
import type { CardInspection, IdentityReading } from "./read.ts";
import { areaFields, sealText } from "./slot-fields.ts";
import { contentOf, pagesText, pageText, userPages } from "./user-pages.ts";

const chipField = fieldOf("chip");
const configField = fieldOf("configuration");
const identityField = fieldOf("identity");
const memoryField = fieldOf("memory");

/** Pages 0 to 3. */
function headFields({ chip, uid, locked, locksFrozen }: CardInspection): ByteField[] {
  const check = (name: string, wanted: number) =>
    chipField(1, name, ([byte]) => text(byte === wanted ? "right" : "wrong"));
  const { bcc0, bcc1 } = uidCheckBytes(uid);
  const pages = locked.length === 0 ? "no page locked" : `pages ${pagesText(locked)} locked for ever`;
  const locks = `${pages}, lock bits ${locksFrozen ? "frozen" : "not frozen"}`;
  return [
    chipField(3, "UID", asBytes),
    check("check byte 0", bcc0),
    chipField(4, "UID, second part", asBytes),
    check("check byte 1", bcc1),
    chipField(1, "internal", asBytes),
    chipField(2, "lock bits", always(text(locks))),
    chipField(4, chip.startsWith("NTAG") ? "capability container" : "one-time bits", asBytes),
  ];
}

function identityValue(name: string, identity: CardIdentity): RangeValue {
  if (name === "issued") return { is: "day", day: identity.issued };
  if (name === "reserved") return text("zero");
  return number((identity as unknown as Readonly<Record<string, number>>)[name]!);
}

const IDENTITY_NAMES: Readonly<Record<string, string>> = {
  card: "card number",
  start2: "counter 2 at personalisation",
  start1: "counter 1 at personalisation",
};

/** The identity record in its frame. */
function identityFields({ identity, seal }: IdentityReading & { readonly kind: "record" }): ByteField[] {
  const table = "start2" in identity ? CounterIdentity : Identity;
  return [
    identityField(2, "frame", always(text("proprietary TLV, so that phones step over it"))),
    ...table.fields.map(({ name, size }) =>
      name === "mac"
        ? identityField(size, "MAC", always(text(sealText(seal, "card"))))
        : identityField(size, IDENTITY_NAMES[name] ?? name, always(identityValue(name, identity))),
    ),
  ];
}

function ndefValue(bytes: Uint8Array): RangeValue {
  const url = unpackUrl(bytes);
  if (url !== null) return text(url);
  const isEmpty = EMPTY_NDEF.every((byte, i) => bytes[i] === byte) && isBlank(bytes.subarray(EMPTY_NDEF.length));
  return text(isEmpty ? "empty" : isBlank(bytes) ? "blank" : "something else than one web address");
}

interface Block {
  readonly page: number;
  readonly pages: number;
  readonly fields: readonly ByteField[];
}

/** Identity, web address and areas of a map, in the order of their pages. */
function blocksOf(card: CardInspection, map: CardMap): Block[] {
  const { identity, areas } = card;
  const blocks: Block[] = areas.map((area) => ({
    page: slotPage(area.map, 0),
    pages: 2 * area.map.slotPages,
    fields: areaFields(map, area.index, area),
  }));
  if (map.identity !== null && identity.kind === "record") {
    const { firstPage: page, pages } = map.identity;
    blocks.push({ page, pages, fields: filling(identityFields(identity), pages * PAGE_BYTES, "identity", "rest") });
  }
  if (map.ndef !== null) {
    const { firstPage: page, pages } = map.ndef;
    blocks.push({ page, pages, fields: [fieldOf("NDEF")(pages * PAGE_BYTES, "web address", ndefValue)] });
  }
  return blocks.sort((a, b) => a.page - b.page);
}

/** The user pages where a map says what lies where: what lies between the blocks is free. */
function mappedFields(card: CardInspection, map: CardMap): ByteField[] {
  const fields: ByteField[] = [];
  const { first, last } = userPages(card.chip);
  let next = first;
  const freeUntil = (page: number) => {
    if (page > next) fields.push(memoryField((page - next) * PAGE_BYTES, "free", asPadding));
  };
  for (const { page, pages, fields: inside } of blocksOf(card, map)) {
    freeUntil(page);
    fields.push(...inside);
    next = page + pages;
  }
  freeUntil(last + 1);
  return fields;
}

const CONTENT = {
  blank: "blank",
  new: "as the maker delivers it",
  other: "nothing of ours",
  unknown: "not known whole",
} as const;

/** The user pages of a card without a map: nobody's, or of a layout that this version does not know. */
function unmappedFields(card: CardInspection): ByteField[] {
  const { first, last } = userPages(card.chip);
  const length = (last - first + 1) * PAGE_BYTES;
  if (card.identity.kind !== "record") return [memoryField(length, "content", always(text(CONTENT[contentOf(card)])))];
  const fields = identityFields(card.identity);
  const size = fields.reduce((sum, field) => sum + field.length, 0);
  const layout = `layout ${card.identity.identity.layout}, which this version does not know on ${card.chip}`;
  return [...fields, memoryField(length - size, "content", always(text(layout)))];
}

function accessText({ access }: CardInspection): string {
  if (access === null) return "not known";
  const { readNeedsPassword, configLocked, attempts } = access;
  return [
    readNeedsPassword ? "reading needs the password" : "reading is free",
    configLocked ? "configuration locked for ever" : "configuration open",
    attempts === 0 ? "any number of wrong passwords" : `closes for ever after ${attempts} wrong passwords`,
  ].join(", ");
}

/** Dynamic lock bits and configuration. */
function configFields(card: CardInspection): ByteField[] {
  const { pages, dynamicLock } = CONFIG_PAGES[card.chip];
  const from = ([first]: Uint8Array) =>
    text(first! < pages ? `password needed from page ${pageText(first!)}` : "no page needs the password");
  const secret = always(text("not readable"));
  return [
    ...(dynamicLock === null ? [] : [configField(PAGE_BYTES, "dynamic lock bits", asBytes)]),
    configField(3, "options", asBytes),
    configField(1, "AUTH0", from),
    configField(1, "ACCESS", always(text(accessText(card)))),
    configField(3, "reserved", asBytes),
    configField(PAGE_BYTES, "password", secret),
    configField(PAGE_BYTES, "PACK", secret),
  ];
}

/**
 * Every byte of a card by name, in the order of its memory: together they are the whole memory, each byte once. Bytes in pages
 * that could not be read are `unknown`; no value holds bytes of a MAC, and nothing knows the password.
 */
export function rangesOf(card: CardInspection): readonly ByteRange[] {
  const user = card.map === null ? unmappedFields(card) : mappedFields(card, card.map);
  return placed([...headFields(card), ...user, ...configFields(card)], card.pages);
}
