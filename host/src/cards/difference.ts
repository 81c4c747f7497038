import {
  type CardState,
  PAGE_BYTES,
  PREDECESSOR_BYTES,
  type Purse,
  preventsRollback,
  sameBytes,
  stateHashMessage,
} from "@cachet/card-layout";
import { sha256 } from "../ports/crypto.ts";
import type { ByteRange } from "./byte-field.ts";
import { rangesOf } from "./ranges.ts";
import type { AreaInspection, CardInspection } from "./read.ts";
import { slotName } from "./slot-fields.ts";

/** One field of a record in both inspections, or one purse; null where only the other one has it. */
export interface Change<T> {
  readonly a: T | null;
  readonly b: T | null;
}

export interface PurseChange extends Change<Purse> {
  readonly kind: Purse["kind"];
  readonly index: number;
}

/**
 * How the records of a programme stand to each other. `same`: byte for byte what counts. `a-older`, `b-older`: by `writes`.
 * `forked`: two different records of one sequence, or a next one that names another predecessor: two histories.
 * `only-a`, `only-b`: the other one has no current record of this programme.
 */
export type Relation = "same" | "a-older" | "b-older" | "forked" | "only-a" | "only-b";

export interface ProgrammeDifference {
  readonly programme: number;
  readonly a: CardState | null;
  readonly b: CardState | null;
  readonly relation: Relation;
  /** Writes between the two; at most so many on chips with a counter, where a cut write counts too. */
  readonly writes: number;
  /** The older record could be the one that the newer one names: they are one write apart. Null where that does not show. */
  readonly follows: boolean | null;
  /** Purses that differ. */
  readonly purses: readonly PurseChange[];
}

export interface CounterDifference extends Change<{ readonly value: number; readonly torn: boolean }> {
  readonly number: number;
}

/** Bytes that differ outside the records that were compared. */
export interface RangeDifference {
  readonly part: string;
  /** Names of the ranges, as either inspection has them. */
  readonly names: readonly string[];
}

/** What differs between two inspections, record by record where both have one, else by the names of bytes. */
export interface CardDifference {
  /** `copy`: the same card number on another chip. */
  readonly card: "same" | "copy" | "other";
  readonly programmes: readonly ProgrammeDifference[];
  readonly counters: readonly CounterDifference[];
  /** Null where the chips are of different kinds, so that nothing lies at the same place. */
  readonly ranges: readonly RangeDifference[] | null;
}

interface Current {
  readonly state: CardState;
  readonly sealed: Uint8Array;
}

const currentOf = ({ reading }: AreaInspection): Current | null => (reading.kind === "current" ? reading : null);

/** The current record of each programme; of a programme that stands twice, the first. */
function recordsOf({ areas }: CardInspection): Map<number, Current> {
  const records = new Map<number, Current>();
  for (const current of areas.map(currentOf))
    if (current !== null && !records.has(current.state.programme)) records.set(current.state.programme, current);
  return records;
}

const sameValues = (a: Purse, b: Purse): boolean => JSON.stringify(a) === JSON.stringify(b);

function purseChanges(a: readonly Purse[], b: readonly Purse[]): PurseChange[] {
  const find = (purses: readonly Purse[], { kind, index }: Purse) =>
    purses.find((purse) => purse.kind === kind && purse.index === index) ?? null;
  const known = [...a, ...b.filter((purse) => find(a, purse) === null)];
  return known.flatMap((purse) => {
    const [before, after] = [find(a, purse), find(b, purse)];
    if (before !== null && after !== null && sameValues(before, after)) return [];
    return [{ kind: purse.kind, index: purse.index, a: before, b: after }];
  });
}

/** Whether `newer` names `older` as the record it replaced. */
function namesAsPredecessor(card: number, older: Current, newer: Current): boolean {
  const hash = sha256(stateHashMessage(card, older.sealed));
  return sameBytes(hash.slice(0, PREDECESSOR_BYTES), newer.state.predecessor);
}

/** What a terminal says of the two records: sequence and generation change when a record is only sealed again. */
const sameState = (a: Current, b: Current): boolean =>
  sameBytes(stateHashMessage(0, a.sealed), stateHashMessage(0, b.sealed));

function compareRecords(card: number, a: Current, b: Current, counts: boolean): Omit<ProgrammeDifference, "programme"> {
  const purses = purseChanges(a.state.purses, b.state.purses);
  const both = { a: a.state, b: b.state, purses };
  const steps = a.state.sequence - b.state.sequence;
  if (sameState(a, b)) return { ...both, relation: "same", writes: 0, follows: null };
  if (steps === 0) return { ...both, relation: "forked", writes: 0, follows: null };
  const writes = Math.ceil(Math.abs(steps) / (counts ? 2 : 1));
  const follows = writes > 1 ? null : steps > 0 ? namesAsPredecessor(card, b, a) : namesAsPredecessor(card, a, b);
  const relation = follows === false ? "forked" : steps > 0 ? "b-older" : "a-older";
  return { ...both, relation, writes, follows };
}

function programmeDifferences(a: CardInspection, b: CardInspection): ProgrammeDifference[] {
  const [before, after] = [recordsOf(a), recordsOf(b)];
  const counts = a.map !== null && preventsRollback(a.map.commit);
  const card = cardOf(a) ?? 0;
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort((one, other) => one - other)
    .map((programme) => {
      const [x, y] = [before.get(programme), after.get(programme)];
      if (x !== undefined && y !== undefined) return { programme, ...compareRecords(card, x, y, counts) };
      const purses = purseChanges(x?.state.purses ?? [], y?.state.purses ?? []);
      const relation = x === undefined ? "only-b" : "only-a";
      return { programme, a: x?.state ?? null, b: y?.state ?? null, relation, writes: 0, follows: null, purses };
    });
}

const cardOf = ({ identity }: CardInspection): number | null =>
  identity.kind === "none" ? null : identity.identity.card;

function whichCard(a: CardInspection, b: CardInspection): CardDifference["card"] {
  const sameNumber = cardOf(a) === cardOf(b);
  if (sameBytes(a.uid, b.uid)) return sameNumber ? "same" : "other";
  return sameNumber && cardOf(a) !== null ? "copy" : "other";
}

function counterDifferences(a: CardInspection, b: CardInspection): CounterDifference[] {
  const numbers = new Set([...a.areas, ...b.areas].flatMap(({ counter }) => counter?.number ?? []));
  const find = ({ areas }: CardInspection, number: number) => {
    const counter = areas.find((area) => area.counter?.number === number)?.counter;
    return counter == null ? null : { value: counter.value, torn: counter.torn };
  };
  return [...numbers]
    .map((number) => ({ number, a: find(a, number), b: find(b, number) }))
    .filter((change) => change.a?.value !== change.b?.value || change.a?.torn !== change.b?.torn);
}

/** The slots of areas whose records were compared: their bytes are told by the records. */
function toldParts(card: CardInspection, told: ReadonlySet<number>): string[] {
  return card.areas.flatMap((area) => {
    const current = currentOf(area);
    const isTold = current !== null && told.has(current.state.programme);
    return isTold ? [slotName(area.index, 0), slotName(area.index, 1)] : [];
  });
}

/** Whether any byte of a range differs; one that only one inspection knows counts as different. */
function differs({ firstByte, length }: ByteRange, a: CardInspection, b: CardInspection): boolean {
  for (let at = firstByte; at < firstByte + length; at += 1) {
    const [x, y] = [a, b].map(({ pages }) => pages[Math.floor(at / PAGE_BYTES)]?.[at % PAGE_BYTES]);
    if (x !== y) return true;
  }
  return false;
}

function rangeDifferences(a: CardInspection, b: CardInspection, told: ReadonlySet<number>): RangeDifference[] | null {
  if (a.chip !== b.chip) return null;
  const hidden = new Set([...toldParts(a, told), ...toldParts(b, told)]);
  const names = new Map<string, Set<string>>();
  const all = [...rangesOf(a), ...rangesOf(b)].sort((one, other) => one.firstByte - other.firstByte);
  for (const range of all) {
    if (hidden.has(range.part) || !differs(range, a, b)) continue;
    names.set(range.part, (names.get(range.part) ?? new Set()).add(range.name));
  }
  return [...names].map(([part, found]) => ({ part, names: [...found] }));
}

/** Compares two inspections, `a` with `b`. Records count as what they claim to be; whether their MACs are right, the inspections say. */
export function cardDifference(a: CardInspection, b: CardInspection): CardDifference {
  const programmes = programmeDifferences(a, b);
  const told = new Set(programmes.flatMap((one) => (one.a !== null && one.b !== null ? [one.programme] : [])));
  return {
    card: whichCard(a, b),
    programmes,
    counters: counterDifferences(a, b),
    ranges: rangeDifferences(a, b, told),
  };
}
