// node scripts/zones.mjs [--print] [folder]: writes, or prints, the zone table of the rules from compiled tzdata (TZif, RFC 9636).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, say } from "./runtime.mjs";

const ZONES = [
  "Europe/Paris",
  "Europe/Brussels",
  "Europe/Luxembourg",
  "Europe/Zurich",
  "Europe/Monaco",
  "Europe/Madrid",
  "Europe/Rome",
  "Europe/Berlin",
  "Europe/Lisbon",
  "Europe/London",
  "UTC",
  "Indian/Reunion",
  "Indian/Mayotte",
  "America/Martinique",
  "America/Guadeloupe",
  "America/Cayenne",
  "America/Miquelon",
  "America/St_Barthelemy",
  "America/Marigot",
  "Pacific/Noumea",
  "Pacific/Tahiti",
  "Pacific/Wallis",
  "Pacific/Marquesas",
];
const TARGET = "firmware/src/rules/calendar/zone-table.ts";
const FIRST_YEAR = 2020;
const END_YEAR = 2046;
const HEADER_BYTES = 44;

const utcSeconds = (year, month, dayOfMonth) => Date.UTC(year, month - 1, dayOfMonth) / 1_000;

/** The counts of a TZif header, in the order of RFC 9636, section 3.1. */
function headerAt(bytes, at) {
  if (bytes.toString("latin1", at, at + 4) !== "TZif") throw new Error("not a TZif file");
  const [isUt, isStandard, leaps, changes, types, letters] = [20, 24, 28, 32, 36, 40].map((i) =>
    bytes.readUInt32BE(at + i),
  );
  return { version: bytes.toString("latin1", at + 4, at + 5), isUt, isStandard, leaps, changes, types, letters };
}

const bodyBytes = ({ isUt, isStandard, leaps, changes, types, letters }, timeBytes) =>
  changes * (timeBytes + 1) + types * 6 + letters + leaps * (timeBytes + 4) + isStandard + isUt;

/** The 64-bit part of a TZif file: the first offset, every explicit change as [UTC seconds, offset seconds], the footer. */
function readTzif(bytes) {
  const old = headerAt(bytes, 0);
  if (old.version < "2") throw new Error("a TZif file of version 1, without a footer");
  const start = HEADER_BYTES + bodyBytes(old, 4);
  const header = headerAt(bytes, start);
  if (header.leaps > 0) throw new Error("counts leap seconds");
  const times = start + HEADER_BYTES;
  const kinds = times + header.changes * 8;
  const types = kinds + header.changes;
  const offsetOf = (type) => bytes.readInt32BE(types + type * 6);
  const changes = Array.from({ length: header.changes }, (_, i) => [
    Number(bytes.readBigInt64BE(times + i * 8)),
    offsetOf(bytes[kinds + i]),
  ]);
  const footer = bytes.toString("latin1", times + bodyBytes(header, 8)).trim();
  return { first: offsetOf(0), changes, footer };
}

/** Seconds of "[+-]hh[:mm[:ss]]". */
function secondsOf(text) {
  const [hours, minutes = 0, seconds = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * (hours * 3_600 + minutes * 60 + seconds);
}

/** Local seconds of "Mm.w.d/time" in a year: week 5 is the last of the month, day 0 is Sunday. */
function ruleIn(year, rule) {
  const [, month, week, weekday, time = "2"] = /^M(\d+)\.(\d)\.(\d)(?:\/([-+\d:]+))?$/.exec(rule) ?? [];
  if (month === undefined) throw new Error(`a footer with the rule ${rule}`);
  const firstWeekday = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let dayOfMonth = 1 + ((Number(weekday) - firstWeekday + 7) % 7) + (week - 1) * 7;
  if (dayOfMonth > days) dayOfMonth -= 7;
  return utcSeconds(year, Number(month), dayOfMonth) + secondsOf(time);
}

/** The changes that a footer (a POSIX TZ string) makes from the year before the table to its end. */
function expand(footer) {
  const [zone, start, end] = footer.split(",");
  const name = "(?:[A-Za-z]{3,}|<[-+A-Za-z0-9]+>)";
  const [, west, summerWest] = new RegExp(`^${name}([-+]?[\\d:]+)(?:${name}([-+]?[\\d:]+)?)?$`).exec(zone) ?? [];
  if (west === undefined) throw new Error(`the footer "${footer}"`);
  if (start === undefined) return [];
  const standard = -secondsOf(west);
  const summer = summerWest === undefined ? standard + 3_600 : -secondsOf(summerWest);
  const changes = [];
  for (let year = FIRST_YEAR - 1; year < END_YEAR; year += 1) {
    changes.push([ruleIn(year, start) - standard, summer], [ruleIn(year, end) - summer, standard]);
  }
  return changes.sort(([a], [b]) => a - b);
}

/** The offset in minutes at the start of the table, and the changes of it before the table ends, both local. */
function offsetsOf({ first, changes, footer }) {
  const last = changes.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
  const offsets = { first, changes: [] };
  let current = first;
  for (const [at, offset] of [...changes, ...expand(footer).filter(([at]) => at > last)]) {
    if (at + offset >= utcSeconds(END_YEAR, 1, 1)) break;
    if (at + offset < utcSeconds(FIRST_YEAR, 1, 1)) offsets.first = offset;
    else if (offset !== current) offsets.changes.push([at, inMinutes(offset)]);
    current = offset;
  }
  return { first: inMinutes(offsets.first), changes: offsets.changes.flat() };
}

function inMinutes(seconds) {
  if (seconds % 60 !== 0) throw new Error(`an offset of ${seconds} seconds`);
  return seconds / 60;
}

/** The version that the folder states, or null. */
function versionOf(folder) {
  const file = join(folder, "tzdata.zi");
  return existsSync(file) ? (/^# version (\S+)/.exec(readFileSync(file, "utf8"))?.[1] ?? null) : null;
}

/** Zones with the same offsets, together, in the order of the first of them. */
function groupsOf(folder) {
  const groups = new Map();
  for (const zone of ZONES) {
    const offsets = offsetsOf(readTzif(readFileSync(join(folder, ...zone.split("/")))));
    const key = JSON.stringify(offsets);
    if (!groups.has(key)) groups.set(key, { zones: [], ...offsets });
    groups.get(key).zones.push(zone);
  }
  return [...groups.values()];
}

const WEEK = 7 * 86_400;

/** Changes to and fro by whole weeks, as a call of `turns`: each letter is a count of weeks, base 36. Throws where they are otherwise. */
function callOf(changes) {
  if (changes.length === 0) return "[]";
  const [first, summer, , winter] = changes;
  const gaps = changes.flatMap((at, i) => (i % 2 === 0 && i > 0 ? [at - changes[i - 2]] : []));
  const shift = Math.round(gaps[0] / WEEK) * WEEK - gaps[0];
  const weeks = gaps.map((gap, i) => (gap + (i % 2 === 0 ? shift : -shift)) / WEEK);
  const isRegular = changes.every((value, i) => i % 2 === 0 || value === (i % 4 === 1 ? summer : winter));
  if (!isRegular || !weeks.every((count) => Number.isInteger(count) && count > 0 && count < 36)) {
    throw new Error("summer time does not come and go by whole weeks: write its changes out");
  }
  return `turns(${first}, ${summer}, ${winter}, ${shift}, "${weeks.map((count) => count.toString(36)).join("")}")`;
}

const groupOf = ({ zones, first, changes }) =>
  `{ zones: ${JSON.stringify(zones)}, first: ${first}, changes: ${callOf(changes)} }`;

const sourceOf = (groups, version) => `// Written by: node scripts/zones.mjs
// tzdata ${version ?? "of unknown version"}

import { turns, type ZoneGroup } from "./zone-turns.ts";

/** Offsets from ${FIRST_YEAR}-01-01 up to ${END_YEAR}-01-01, local. Source: the IANA time zone database. */
export const ZONE_GROUPS: readonly ZoneGroup[] = [
${groups.map(groupOf).join(",\n")},
];
`;

function format(source) {
  const biome = join(ROOT, "node_modules", "@biomejs", "biome", "bin", "biome");
  const command = [biome, "format", `--stdin-file-path=${TARGET}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: ROOT,
    input: source,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`biome cannot format the table: ${stderr}`);
  return stdout;
}

const { values, positionals } = parseArgs({ options: { print: { type: "boolean" } }, allowPositionals: true });
const folder = positionals[0] ?? "/usr/share/zoneinfo";
if (!existsSync(join(folder, "Europe", "Paris"))) {
  say(`no compiled time zones in ${folder}; on Debian: sudo apt-get install tzdata`);
  process.exit(1);
}
const source = format(sourceOf(groupsOf(folder), versionOf(folder)));
if (values.print) process.stdout.write(source);
else writeFileSync(join(ROOT, TARGET), source);
