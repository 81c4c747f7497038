// Written by: node scripts/zones.mjs
// tzdata 2025b

/** Zones that share their offsets, in minutes ahead of UTC: the first, then from each instant (seconds since 1970 UTC) on. */
export interface ZoneGroup {
  readonly zones: readonly string[];
  readonly first: number;
  /** An instant, the offset from then on, and so on: one flat list, since a list of lists fills a small device. */
  readonly changes: readonly number[];
}

/**
 * Summer and winter time in turns. weeks: from each change to the next, base 36. shift: so many seconds earlier than whole weeks the
 * clocks go back, where they do so by the hour of the place.
 */
function turns(first: number, summer: number, winter: number, shift: number, weeks: string): number[] {
  const changes = [first, summer];
  let at = first;
  for (let i = 0; i < weeks.length; i += 1) {
    const back = i % 2 === 0;
    at += Number.parseInt(weeks[i]!, 36) * 604_800 - (back ? shift : -shift);
    changes.push(at, back ? winter : summer);
  }
  return changes;
}

/** Offsets from 2020-01-01 up to 2046-01-01, local. Source: the IANA time zone database. */
export const ZONE_GROUPS: readonly ZoneGroup[] = [
  {
    zones: [
      "Europe/Paris",
      "Europe/Brussels",
      "Europe/Luxembourg",
      "Europe/Zurich",
      "Europe/Monaco",
      "Europe/Madrid",
      "Europe/Rome",
      "Europe/Berlin",
    ],
    first: 60,
    changes: turns(1585443600, 120, 60, 0, "umvlvlvmumumumvlvlvmumumvlvlvlvmumumvlvlvmumumumvlv"),
  },
  {
    zones: ["Europe/Lisbon", "Europe/London"],
    first: 0,
    changes: turns(1585443600, 60, 0, 0, "umvlvlvmumumumvlvlvmumumvlvlvlvmumumvlvlvmumumumvlv"),
  },
  { zones: ["UTC"], first: 0, changes: [] },
  { zones: ["Indian/Reunion"], first: 240, changes: [] },
  { zones: ["Indian/Mayotte"], first: 180, changes: [] },
  {
    zones: ["America/Martinique", "America/Guadeloupe", "America/St_Barthelemy", "America/Marigot"],
    first: -240,
    changes: [],
  },
  { zones: ["America/Cayenne"], first: -180, changes: [] },
  {
    zones: ["America/Miquelon"],
    first: -180,
    changes: turns(1583643600, -120, -180, 3600, "yjyiyiyiyiyiyjyiyiyiyiyjyiyiyiyiyiyjyiyiyiyiyiyjyiy"),
  },
  { zones: ["Pacific/Noumea"], first: 660, changes: [] },
  { zones: ["Pacific/Tahiti"], first: -600, changes: [] },
  { zones: ["Pacific/Wallis"], first: 720, changes: [] },
  { zones: ["Pacific/Marquesas"], first: -570, changes: [] },
];
