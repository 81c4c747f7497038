import { expect } from "vitest";
import {
  centsOf,
  history,
  type JournalledArea,
  pointsOf,
  type ShownArea,
  stampsOf,
  unitsOf,
} from "../fixtures/audit.ts";

/**
 * The sum of what really happened, by the chain of states on the card; every happened intent must not be aborted, and the
 * reverse. Gives the cents of top-ups among it.
 */
export function checkArea(
  label: string,
  area: ShownArea,
  origin: string,
  intents: readonly JournalledArea[],
  settledFully: boolean,
  lastCredit?: number,
): number {
  expect(["current", "free"], `${label}: area is ${area.reading.kind}`).toContain(area.reading.kind);
  const happened = history(area, origin, intents);
  expect(happened, `${label}: the card shows a state that no intent names`).not.toBeNull();
  let [cents, stamps, points, units, toppedUp] = [0, 0, 0, 0, 0];
  for (const intent of intents) {
    const did = happened!.has(intent);
    if (intent.outcome === "committed")
      expect(did, `${label}: intent ${intent.intent} committed, not on card`).toBe(true);
    if (intent.outcome === "aborted") expect(did, `${label}: intent ${intent.intent} aborted, but on card`).toBe(false);
    if (settledFully) expect(intent.outcome, `${label}: intent ${intent.intent} left open`).not.toBe("open");
    if (!did) continue;
    cents += intent.centsMoved;
    stamps += intent.stampsMoved;
    points += intent.pointsMoved;
    units += intent.unitsMoved;
    toppedUp += intent.body.topUp ?? 0;
  }
  const applied = checkCredits(label, area, [...happened!].reverse());
  if (lastCredit !== undefined) expect(applied, `${label}: credits applied`).toBe(lastCredit);
  expect(centsOf(area), `${label}: cents on the card`).toBe(cents);
  expect(pointsOf(area), `${label}: points on the card`).toBe(points);
  expect(unitsOf(area), `${label}: units on the card`).toBe(units);
  expect(stampsOf(area), `${label}: stamps on the card`).toBe(stamps);
  return toppedUp;
}

/** Along the card's states each credit was applied once, in the order of their numbers; a restored record leaps. Gives the last. */
function checkCredits(label: string, { reading }: ShownArea, chain: readonly JournalledArea[]): number {
  let last = 0;
  for (const { credits, body, programme } of chain) {
    const effects = body.areas.find((area) => area.programme === programme)!.effects;
    if (effects.some(({ type }) => type === "restore")) last = credits[0]! - 1;
    for (const number of credits) {
      expect(number, `${label}: credits of the card's chain`).toBe(last + 1);
      last = number;
    }
  }
  if (reading.kind === "current") expect(reading.state.credit, `${label}: last credit on the card`).toBe(last);
  return last;
}
