import { type CardIdentity, counterStart, preventsRollback, SEQUENCE_MAX } from "@cachet/card-layout";
import { type Check, check, fail, keyCheck, type Verdict, verdict, warn } from "./audit-check.ts";
import type { KnownKeys } from "./known-keys.ts";
import type { AreaInspection, CardInspection } from "./read.ts";

function counterVerdict({ counter }: AreaInspection): Verdict | null {
  if (counter === null) return null;
  const { number, value, torn } = counter;
  if (torn)
    return warn(
      `an increment of counter ${number} (${value}) was cut; terminals let it earn only until the next write`,
    );
  return value % 2 === 0
    ? verdict("pass", `counter ${number} is at rest (${value})`)
    : warn(`counter ${number} is odd (${value}): a write was cut; the next tap finishes it`);
}

/** What the slots say about an area of which no record is current. */
function deadVerdict({ slots, reading }: AreaInspection): Verdict {
  if (slots.some(({ kind, seal }) => kind === "unreadable" && seal === "right"))
    return fail("a record of a newer layout: use the version of cachet that wrote it");
  if (slots.some(({ kind, seal }) => kind === "unreadable" && seal === "no-key"))
    return fail("no record that can be read; damaged, or of a newer layout: not checkable without the area key");
  return reading.kind === "behind"
    ? fail("no record fits the counter: put back from a dump, or somebody counted; the office repairs it")
    : fail("something was written here, and no record is whole: altered, or cut more than once; the office repairs it");
}

function areaVerdict(area: AreaInspection): Verdict {
  const { reading, slots, trusted } = area;
  switch (reading.kind) {
    case "free":
      return verdict("pass", "free");
    case "unknown":
      return warn(`the ${reading.what === "slot" ? "slots" : "counter"} of this area could not be read`);
    case "conflict":
      return fail("two records that exclude each other: one was put back; the office decides");
    case "behind":
    case "damaged":
      return deadVerdict(area);
    case "current": {
      const { programme, sequence } = reading.state;
      const said = `programme ${programme}, sequence ${sequence}`;
      if (!trusted) return warn(`${said}; its MAC is not checkable without the area key`);
      const other = slots[reading.slot === 0 ? 1 : 0];
      return other.seal === "wrong"
        ? warn(`${said}; the other slot holds a write that was cut, or was spoilt; the next tap writes over it`)
        : verdict("pass", `${said}, MAC right`);
    }
  }
}

/** Writes that a page is rated for (NTAG213_215_216 and MF0ULX1, limiting values); an area writes its two slots in turn. */
const RATED_WRITES = 2 * 100_000;
const NEARLY = 0.9;

/** Writes that brought an area to its sequence; with a counter, a cut write counts too. */
function writesOf(sequence: number, index: number, identity: CardIdentity, counts: boolean): number {
  return counts ? Math.ceil((sequence - counterStart(identity, index)) / 2) : sequence;
}

function wearVerdict({ reading, index }: AreaInspection, identity: CardIdentity, counts: boolean): Verdict | null {
  if (reading.kind !== "current") return null;
  const { sequence } = reading.state;
  if (sequence > NEARLY * SEQUENCE_MAX)
    return warn(`sequence ${sequence} of ${SEQUENCE_MAX}: replace the card before it stops`);
  const writes = writesOf(sequence, index, identity, counts);
  return writes > NEARLY * RATED_WRITES
    ? warn(`about ${writes} writes, and the chip is rated for ${RATED_WRITES}: replace the card`)
    : verdict("pass", `about ${writes} of ${RATED_WRITES} rated writes`);
}

/** Checks of every area: "area-0", "area-0-counter", "area-0-wear", "area-0-key". */
export function auditAreas({ areas, map, identity }: CardInspection, keys: KnownKeys): Check[] {
  if (identity.kind === "none") return [];
  const counts = map !== null && preventsRollback(map.commit);
  return areas.flatMap((area) => {
    const name = `area-${area.index}`;
    const [counter, wear] = [counterVerdict(area), wearVerdict(area, identity.identity, counts)];
    const { reading } = area;
    const state = reading.kind === "current" && area.trusted ? reading.state : null;
    const key = state === null ? null : keys.areaKey(state.programme, state.generation);
    return [
      check(name, areaVerdict(area)),
      ...(counter === null ? [] : [check(`${name}-counter`, counter)]),
      ...(wear === null ? [] : [check(`${name}-wear`, wear)]),
      ...keyCheck(`${name}-key`, key, "written under the current one at the next tap"),
    ];
  });
}
