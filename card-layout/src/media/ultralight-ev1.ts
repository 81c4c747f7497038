import { type CardMap, placeAreas } from "./card-map.ts";

/**
 * MIFARE Ultralight EV1 (NXP data sheet MF0ULX1): MF0UL11 with 12 user pages, MF0UL21 with 32.
 *
 *   page(s)   UL21, one area    UL21, two short areas   UL11
 *   04–0A     identity in its TLV, with the starting value of the two commit counters   –   (the UID is the card number)
 *   area 0    0B–22  2 x 12     0B–16  2 x 6            04–0F  2 x 6
 *   area 1    –                 17–22  2 x 6            –
 *
 * Commits by the chip's one-way counter, odd and even (protocol P2, record/counter-area.ts); area i uses counter 2 - i.
 * The MF0UL11 has no room for an identity record: its UID is its card number, its counter starts at 0, and the password it
 * answers to shows that it is the issuer's.
 *
 * Prevents: editing and moving records (MAC over the UID), losing value to a tear (two slots), a restored dump of the same chip
 * (counter). Detects only, at import: a clone on a chip that imitates UID and counter, a counter moved back in a laboratory
 * (CVE-2021-33881). Anybody can count up, and so void a card: the office issues it again from its books.
 */
const user21 = { first: 0x04, last: 0x23 } as const;
const identity = { firstPage: 0x04, pages: 7 } as const;
const common = { commit: "odd-even-counter", ndef: null } as const;

export const ULTRALIGHT_EV1_MAPS: readonly CardMap[] = [
  { ...common, layout: 5, chip: "MF0UL21", header: "full", user: user21, identity, areas: placeAreas(0x0b, [12]) },
  { ...common, layout: 6, chip: "MF0UL21", header: "short", user: user21, identity, areas: placeAreas(0x0b, [6, 6]) },
  {
    ...common,
    layout: 7,
    chip: "MF0UL11",
    header: "short",
    user: { first: 0x04, last: 0x0f },
    identity: null,
    areas: placeAreas(0x04, [6]),
  },
];
