import { dayText } from "@cachet/card-layout";
import { terminalName } from "@cachet/firmware/wire";
import type { CardDifference, ProgrammeDifference, PurseChange } from "../cards/difference.ts";
import { purseName } from "../cards/slot-fields.ts";
import { purseDocument, stateDocument } from "./card-document.ts";
import { amountText, headed, stateText } from "./card-text.ts";

const arrow = (a: string, b: string): string => (a === b ? a : `${a} -> ${b}`);

function purseLine(change: PurseChange): string {
  const amount = (purse: PurseChange["a"]) => (purse === null ? "none" : amountText(purse));
  return `${purseName(change)} ${arrow(amount(change.a), amount(change.b))}`;
}

function relationText({ relation, writes, follows, a, b }: ProgrammeDifference): string {
  const count = `${writes} ${writes === 1 ? "write" : "writes"}`;
  switch (relation) {
    case "same":
      return "the same";
    case "b-older":
      return `b is older than a by ${count}: a restored dump would look like this`;
    case "a-older":
      return `b is newer than a by ${count}${follows === true ? ", and names it as its predecessor" : ""}`;
    case "forked":
      return follows === false
        ? "one write apart, and the newer one names another predecessor: two histories of one card"
        : "two different records of one sequence: two histories of one card";
    case "only-a":
      return `only in a: ${stateText(a!)}`;
    case "only-b":
      return `only in b: ${stateText(b!)}`;
  }
}

function programmeLines(difference: ProgrammeDifference): string[] {
  const { programme, a, b, purses, relation } = difference;
  const heading = `programme ${programme}`;
  if (a === null || b === null || relation === "same") return [headed(heading, relationText(difference))];
  const fields = [
    `sequence ${arrow(`${a.sequence}`, `${b.sequence}`)}`,
    `terminal ${arrow(terminalName(a.terminal), terminalName(b.terminal))}`,
    ...(a.day === 0 && b.day === 0 ? [] : [`day ${arrow(dayText(a.day), dayText(b.day))}`]),
    ...(a.credit === b.credit ? [] : [`last credit ${arrow(`${a.credit}`, `${b.credit}`)}`]),
    ...(a.generation === b.generation ? [] : [`key generation ${arrow(`${a.generation}`, `${b.generation}`)}`]),
  ];
  return [
    headed(heading, fields.join(", ")),
    ...purses.map((purse) => headed("", purseLine(purse))),
    headed("", relationText(difference)),
  ];
}

const WHICH = {
  same: "the same card",
  copy: "one card number on two chips: a copy",
  other: "two different cards",
} as const;

/** What differs between two cards, for people. */
export function differenceLines(
  difference: CardDifference,
  names: { readonly a: string; readonly b: string },
): string[] {
  const { card, programmes, counters, ranges } = difference;
  const counted = counters.map(({ number, a, b }) => {
    const value = (counter: typeof a) =>
      counter === null ? "not known" : `${counter.value}${counter.torn ? " torn" : ""}`;
    return headed(`counter ${number}`, arrow(value(a), value(b)));
  });
  const bytes =
    ranges === null
      ? ["the bytes cannot be compared: two kinds of chip"]
      : ranges.map(({ part, names: found }) => headed("differs", `${part}: ${found.join(", ")}`));
  return [
    headed("a", names.a),
    headed("b", names.b),
    headed("", WHICH[card]),
    ...programmes.flatMap(programmeLines),
    ...counted,
    ...bytes,
  ];
}

/** The same for programs. */
export function differenceDocument({ card, programmes, counters, ranges }: CardDifference) {
  return {
    card,
    programmes: programmes.map(({ programme, relation, writes, follows, a, b, purses }) => ({
      programme,
      relation,
      writes,
      follows,
      a: a && stateDocument(a),
      b: b && stateDocument(b),
      purses: purses.map(({ kind, index, a: before, b: after }) => ({
        kind,
        index,
        a: before && purseDocument(before),
        b: after && purseDocument(after),
      })),
    })),
    counters,
    ranges,
  };
}
