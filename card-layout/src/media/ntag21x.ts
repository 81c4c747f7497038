import { type CardMap, placeAreas } from "./card-map.ts";

/**
 * NTAG213 / 215 / 216 (NXP data sheet NTAG213_215_216).
 *
 *   page(s)     213, two areas   213, NDEF      215            216
 *   04–09       identity in its TLV (lockable page by page with the static lock bits)
 *   NDEF        –                0A–17          0A–17          0A–17
 *   area 0      0A–19  2 x 8     18–27  2 x 8   18–27  2 x 8   18–27  2 x 8     (7 bytes of purses)
 *   area 1      1A–27  2 x 7     –              28–37  2 x 8   28–37  2 x 8     (7; 3 on the 213)
 *   area 2      –                –              38–57  2 x 16  38–57  2 x 16    (39)
 *   area 3      –                –              58–77  2 x 16  58–77  2 x 16    (39)
 *   areas 4, 5  –                –              –              78–A7, A8–D7  2 x 24 (71)
 *
 * New chips come with an empty NDEF message at page 04 (behind a lock control TLV on the 213): `FACTORY_CONTENT`.
 *
 * Prevents: editing a record (MAC), moving one to another chip (UID in the MAC), losing value to a tear (two slots).
 * Detects only, at the terminal that saw the card and at import: a restored dump of the same chip, a clone on a chip with a writable UID.
 */
/** What page 4 and those behind it hold on a new chip, as delivered; zeros follow. */
export const FACTORY_CONTENT: readonly (readonly number[])[] = [
  [0x01, 0x03, 0xa0, 0x0c, 0x34, 0x03, 0x00, 0xfe],
  [0x03, 0x00, 0xfe, 0x00],
];

const identity = { firstPage: 0x04, pages: 6 } as const;
const ndef = { firstPage: 0x0a, pages: 14 } as const;
const common = { commit: "highest-sequence", header: "full", identity } as const;

export const NTAG21X_MAPS: readonly CardMap[] = [
  {
    ...common,
    layout: 1,
    chip: "NTAG213",
    user: { first: 0x04, last: 0x27 },
    ndef: null,
    areas: placeAreas(0x0a, [8, 7]),
  },
  { ...common, layout: 2, chip: "NTAG213", user: { first: 0x04, last: 0x27 }, ndef, areas: placeAreas(0x18, [8]) },
  {
    ...common,
    layout: 3,
    chip: "NTAG215",
    user: { first: 0x04, last: 0x81 },
    ndef,
    areas: placeAreas(0x18, [8, 8, 16, 16]),
  },
  {
    ...common,
    layout: 4,
    chip: "NTAG216",
    user: { first: 0x04, last: 0xe1 },
    ndef,
    areas: placeAreas(0x18, [8, 8, 16, 16, 24, 24]),
  },
];
