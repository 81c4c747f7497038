import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dayOfCivil } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArithmeticFault } from "../arithmetic.ts";
import { isAfterZones, isZone, localTime, offsetAt, ZONE_YEARS, ZONES } from "./zone.ts";
import { ZONE_GROUPS } from "./zone-table.ts";

const seconds = (text: string): number => Date.parse(text) / 1_000;
const START = seconds("2020-01-01T12:00Z"); // in the table everywhere: no offset passes 12 hours
const END = seconds("2045-12-31T12:00Z");
const ZONEINFO = "/usr/share/zoneinfo";

const CLOCKS = new Map(
  ZONES.map((zone) => [
    zone,
    new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    }),
  ]),
);

/** Seconds since 1970 that the host's clock on the wall shows in a zone, read as if it were UTC. */
function wallClock(zone: string, utc: number): number {
  const shown = new Map(
    CLOCKS.get(zone)!
      .formatToParts(utc * 1_000)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year, month, day, hour, minute, second] = ["year", "month", "day", "hour", "minute", "second"].map(
    (part) => shown.get(part as Intl.DateTimeFormatPartTypes)!,
  );
  return Date.UTC(year!, month! - 1, day!, hour!, minute!, second!) / 1_000;
}

function expectSameAsHost(zone: string, utc: number): void {
  const local = wallClock(zone, utc);
  const date = new Date(local * 1_000);
  const want = {
    offset: (local - utc) / 60,
    day: (Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()) - Date.UTC(2000, 0, 1)) / 86_400_000,
    minute: date.getUTCHours() * 60 + date.getUTCMinutes(),
    weekday: date.getUTCDay() === 0 ? 7 : date.getUTCDay(),
  };
  expect({ offset: offsetAt(zone, utc), ...localTime(zone, utc) }, `${zone} at ${utc}`).toEqual(want);
}

describe("time zones", () => {
  it("are those of the places where Cachet is used", () => {
    expect([...ZONES].sort()).toEqual([
      "America/Cayenne",
      "America/Guadeloupe",
      "America/Marigot",
      "America/Martinique",
      "America/Miquelon",
      "America/St_Barthelemy",
      "Europe/Berlin",
      "Europe/Brussels",
      "Europe/Lisbon",
      "Europe/London",
      "Europe/Luxembourg",
      "Europe/Madrid",
      "Europe/Monaco",
      "Europe/Paris",
      "Europe/Rome",
      "Europe/Zurich",
      "Indian/Mayotte",
      "Indian/Reunion",
      "Pacific/Marquesas",
      "Pacific/Noumea",
      "Pacific/Tahiti",
      "Pacific/Wallis",
      "UTC",
    ]);
  });

  it("agree with the host one second before every change, at it and one second after", () => {
    const changes = ZONE_GROUPS.flatMap(({ zones, changes }) =>
      zones.flatMap((zone) => changes.flatMap((at, i) => (i % 2 === 0 ? { zone, at } : []))),
    );
    expect(changes.length).toBe(11 * 52); // eleven zones with summer time, 26 years
    for (const { zone, at } of changes) for (const utc of [at - 1, at, at + 1]) expectSameAsHost(zone, utc);
  });

  it("agree with the host at any instant from 2020 to 2045", () => {
    const instant = fc.integer({ min: START, max: END });
    fc.assert(fc.property(fc.constantFrom(...ZONES), instant, expectSameAsHost), { seed: 2_020, numRuns: 12_000 });
  });

  it("agree with the host at local midnight on both edges of the table", () => {
    for (const zone of ZONES) {
      const first = seconds("2020-01-01T00:00Z") - offsetAt(zone, START) * 60;
      const last = seconds("2046-01-01T00:00Z") - offsetAt(zone, END) * 60 - 1;
      for (const utc of [first, last]) expectSameAsHost(zone, utc);
      expect([localTime(zone, first).day, localTime(zone, last).day]).toEqual([
        dayOfCivil(2020, 1, 1),
        dayOfCivil(2045, 12, 31),
      ]);
    }
  });

  it("keep the first offset before the table and the last one after it", () => {
    expect(offsetAt("Europe/Paris", seconds("2019-07-01T00:00Z"))).toBe(60);
    expect(offsetAt("Europe/Paris", seconds("2046-07-01T00:00Z"))).toBe(60);
    expect(ZONE_YEARS).toEqual([2020, 2045]);
    expect([dayOfCivil(2045, 12, 31), dayOfCivil(2046, 1, 1)].map(isAfterZones)).toEqual([false, true]);
    expect(offsetAt("America/Miquelon", seconds("2046-07-01T00:00Z"))).toBe(-180);
    expect(offsetAt("Pacific/Marquesas", seconds("1999-07-01T00:00Z"))).toBe(-570);
  });

  it("give 28 March 2027 in Paris 23 hours", () => {
    const day = dayOfCivil(2027, 3, 28);
    const begin = seconds("2027-03-27T23:00:00Z");
    const end = seconds("2027-03-28T22:00:00Z");
    expect(localTime("Europe/Paris", begin - 1)).toEqual({ day: day - 1, minute: 1_439, weekday: 6 });
    expect(localTime("Europe/Paris", begin)).toEqual({ day, minute: 0, weekday: 7 });
    expect(localTime("Europe/Paris", seconds("2027-03-28T00:59:59Z"))).toEqual({ day, minute: 119, weekday: 7 });
    expect(localTime("Europe/Paris", seconds("2027-03-28T01:00:00Z"))).toEqual({ day, minute: 180, weekday: 7 });
    expect(localTime("Europe/Paris", end - 1)).toEqual({ day, minute: 1_439, weekday: 7 });
    expect(localTime("Europe/Paris", end)).toEqual({ day: day + 1, minute: 0, weekday: 1 });
  });

  it("give 31 October 2027 in Paris 25 hours: the hour from 2 to 3 comes twice", () => {
    const day = dayOfCivil(2027, 10, 31);
    for (const text of ["2027-10-31T00:30Z", "2027-10-31T01:30Z"])
      expect(localTime("Europe/Paris", seconds(text))).toEqual({ day, minute: 150, weekday: 7 });
    expect(seconds("2027-10-31T23:00Z") - seconds("2027-10-30T22:00Z")).toBe(25 * 3_600);
    expect(localTime("Europe/Paris", seconds("2027-10-30T22:00Z")).day).toBe(day);
    expect(localTime("Europe/Paris", seconds("2027-10-31T22:59:59Z"))).toEqual({ day, minute: 1_439, weekday: 7 });
    expect(localTime("Europe/Paris", seconds("2027-10-31T23:00Z")).day).toBe(day + 1);
  });

  it.each(["", "Paris", "europe/paris", "Europe/Paris ", "America/New_York", "constructor", "__proto__"])(
    'refuse the name "%s"',
    (name) => {
      expect(isZone(name)).toBe(false);
      expect(() => offsetAt(name, START)).toThrow(ArithmeticFault);
      expect(() => localTime(name, START)).toThrow(ArithmeticFault);
    },
  );

  it("are known by their names, each once", () => {
    expect(ZONES.every(isZone)).toBe(true);
    expect(ZONE_GROUPS.flatMap(({ zones }) => zones).length).toBe(ZONES.length);
  });

  it("refuse an instant that is no whole number", () => {
    for (const utc of [START + 0.5, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => offsetAt("UTC", utc), `${utc}`).toThrow(ArithmeticFault);
  });
});

describe.skipIf(!existsSync(`${ZONEINFO}/Europe/Paris`))("the zone table", () => {
  it("is what the script writes from the system's zones, whatever their version", () => {
    const script = fileURLToPath(new URL("../../../../scripts/zones.mjs", import.meta.url));
    const { status, stdout, stderr } = spawnSync(process.execPath, [script, "--print", ZONEINFO], { encoding: "utf8" });
    expect(status, stderr).toBe(0);
    const committed = readFileSync(new URL("./zone-table.ts", import.meta.url), "utf8");
    const version = /^\/\/ tzdata .*$/m;
    expect(stdout.replace(version, "")).toBe(committed.replace(version, ""));
  });
});
