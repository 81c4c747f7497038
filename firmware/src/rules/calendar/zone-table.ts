// Written by: node scripts/zones.mjs
// tzdata 2025b

import { turns, type ZoneGroup } from "./zone-turns.ts";

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
