import { describe, expect, it } from "vitest";
import { CARD_EPOCH_SECONDS, civilOf, dayOf, dayOfCivil } from "./day.ts";

const SECONDS_PER_DAY = 86_400;

describe("day", () => {
  it("agrees with the calendar of the host on every day from 2000 to 2179", () => {
    const days = (Date.UTC(2180, 0, 1) - Date.UTC(2000, 0, 1)) / 86_400_000;
    for (let day = 0; day < days; day += 1) {
      const date = new Date(Date.UTC(2000, 0, 1 + day));
      const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
      const civil = civilOf(day);
      if (civil.year !== year || civil.month !== month || civil.dayOfMonth !== dayOfMonth) {
        expect.fail(`day ${day} is ${date.toISOString()}, not ${JSON.stringify(civil)}`);
      }
      if (dayOfCivil(year, month, dayOfMonth) !== day) expect.fail(`${date.toISOString()} is not day ${day}`);
    }
  });

  it("begins on 2000-01-01 and ends, in two bytes, on 2179-06-06", () => {
    expect(civilOf(0)).toEqual({ year: 2000, month: 1, dayOfMonth: 1 });
    expect(civilOf(65_535)).toEqual({ year: 2179, month: 6, dayOfMonth: 6 });
    expect(CARD_EPOCH_SECONDS).toBe(Date.UTC(2000, 0, 1) / 1_000);
  });

  it.each([
    { zone: "Paris in winter", offset: 60 },
    { zone: "Paris in summer", offset: 120 },
    { zone: "Reunion", offset: 240 },
    { zone: "Martinique", offset: -240 },
    { zone: "UTC", offset: 0 },
    { zone: "a zone of half hours", offset: -210 },
  ])("changes at midnight of $zone, not before", ({ offset }) => {
    const day = dayOfCivil(2026, 3, 1);
    const midnight = CARD_EPOCH_SECONDS + day * SECONDS_PER_DAY - offset * 60;
    expect(dayOf(midnight - 1, offset)).toBe(day - 1);
    expect(dayOf(midnight, offset)).toBe(day);
    expect(dayOf(midnight + SECONDS_PER_DAY - 1, offset)).toBe(day);
    expect(dayOf(midnight + SECONDS_PER_DAY, offset)).toBe(day + 1);
  });

  it("knows the leap days", () => {
    expect(dayOfCivil(2024, 3, 1) - dayOfCivil(2024, 2, 28)).toBe(2);
    expect(dayOfCivil(2100, 3, 1) - dayOfCivil(2100, 2, 28)).toBe(1);
  });
});
