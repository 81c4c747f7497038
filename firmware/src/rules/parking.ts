import { CARD_EPOCH_SECONDS, dayText } from "@cachet/card-layout";
import { type Bar, barOf, basketBarOf, firstOf, lets } from "./bar.ts";
import { localTime } from "./calendar/zone.ts";
import type { Effect, Note } from "./effect.ts";
import type { ParkingRule } from "./modifier-rules.ts";
import type { Step, Working } from "./working.ts";

const SECONDS_PER_HOUR = 3_600;
const LAST_MINUTE = 1_439;
const two = (value: number) => String(value).padStart(2, "0");

/** The last local minute that counts: `2027-06-15 23:59`. */
function untilText({ now, facts, programme }: Working, { withinHours }: ParkingRule): string {
  const end = withinHours === undefined ? null : facts.at + withinHours * SECONDS_PER_HOUR + CARD_EPOCH_SECONDS;
  const { day, minute } = end === null ? { day: now.day, minute: LAST_MINUTE } : localTime(programme.zone, end);
  return `${dayText(day)} ${two((minute - (minute % 60)) / 60)}:${two(minute % 60)}`;
}

/** A clock that was reset knows no day that minutes could end on. */
const dated: Bar = ({ facts }) => (facts.clockSuspect ? "CLOCK_SUSPECT" : null);

/** Minutes of parking for a purchase. */
export function grantParking(rule: ParkingRule): Step {
  const bars = [barOf(rule.when), basketBarOf(rule.minimum)].filter((bar) => bar !== null);
  const own = { rule, bar: firstOf([...bars, dated]) };
  return (work) => {
    if (work.sale.lines.length > 0 && lets(work, own)) grant(work, rule);
  };
}

function grant(work: Working, rule: ParkingRule): void {
  const { id, funder, minutes } = rule;
  work.effects.push({
    type: "parking",
    rule: id,
    unit: "minutes",
    value: minutes,
    funder,
    label: untilText(work, rule),
  });
}

export function noteParking({ id }: ParkingRule, effects: readonly Effect[]): Note[] {
  return effects.flatMap(({ type, rule, value, label = "" }): Note[] =>
    type === "parking" && rule === id ? [{ note: "parking", rule: id, minutes: value, until: label }] : [],
  );
}
