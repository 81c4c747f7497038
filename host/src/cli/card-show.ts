import { ATTACKS, CARD_MAPS, PROTECTION } from "@cachet/card-layout";
import type { Command } from "commander";
import { cardDifference } from "../cards/difference.ts";
import { DumpLink } from "../cards/dumps/dump-link.ts";
import { type KnownKeys, NO_KEYS } from "../cards/known-keys.ts";
import { originality, signedFamily } from "../cards/originality.ts";
import { rangesOf } from "../cards/ranges.ts";
import type { CardInspection } from "../cards/read.ts";
import { differenceDocument, differenceLines } from "./card-difference-text.ts";
import { cardDocument, problemDocument, rangeDocument } from "./card-document.ts";
import { type CardProblem, problemsOf } from "./card-error.ts";
import {
  type CardSource,
  type CardTools,
  dumpIn,
  inspected,
  keysIfAny,
  type OptionalKeys,
  optionalKeyOptions,
  type SourceOptions,
  sourceDocument,
  sourceOptions,
  withCard,
} from "./card-source.ts";
import { infoLines, readLines } from "./card-text.ts";
import { type Console, tell } from "./console.ts";

/** What is wrong with a card that is only shown: said on stderr, and no reason to end otherwise than well. */
function sayProblems(console: Console, problems: readonly CardProblem[]): void {
  if (console.json) return;
  for (const { failure } of problems)
    for (const line of failure.lines()) console.err(`${line.replace(/^error/, "note")}\n`);
}

function protectionDocument({ chip }: CardInspection) {
  const { commit } = CARD_MAPS.find((map) => map.chip === chip)!;
  return Object.fromEntries(ATTACKS.map((attack) => [attack, PROTECTION[commit][attack].stand]));
}

async function info(console: Console, source: CardSource): Promise<void> {
  const card = await inspected(source, NO_KEYS);
  const { chip, uid, signature } = card;
  tell(console, infoLines(card), {
    ...sourceDocument(source),
    ...cardDocument(card),
    originality: signature === null ? null : originality(signedFamily(chip), uid, signature),
    protection: protectionDocument(card),
  });
}

export function infoCommand(group: Command, console: () => Console, { readers }: CardTools): void {
  sourceOptions(group.command("info").description("say what a card is, whose, and what its medium prevents")).action(
    (options: SourceOptions) => withCard(console(), options, readers, (source) => info(console(), source)),
  );
}

interface ReadOptions extends SourceOptions, OptionalKeys {
  readonly diff?: string;
}

async function compare(console: Console, source: CardSource, other: string, keys: KnownKeys): Promise<void> {
  const b: CardSource = { link: new DumpLink(dumpIn(console, other)), name: other, isFile: true, missing: null };
  const difference = cardDifference(await inspected(source, keys), await inspected(b, keys));
  tell(console, differenceLines(difference, { a: source.name, b: other }), {
    a: sourceDocument(source),
    b: sourceDocument(b),
    ...differenceDocument(difference),
  });
}

async function show(console: Console, source: CardSource, keys: KnownKeys): Promise<void> {
  const card = await inspected(source, keys);
  const [ranges, problems] = [rangesOf(card), problemsOf(card)];
  tell(console, readLines(card, ranges), {
    ...sourceDocument(source),
    ...cardDocument(card),
    ranges: ranges.map(rangeDocument),
    problems: problems.map(problemDocument),
  });
  sayProblems(console, problems);
}

async function read(console: Console, options: ReadOptions, tools: CardTools): Promise<void> {
  const { diff } = options;
  const keys = await keysIfAny(console, options, tools.keys);
  try {
    await withCard(console, options, tools.readers, (source) =>
      diff === undefined ? show(console, source, keys) : compare(console, source, diff, keys),
    );
  } finally {
    keys.wipe();
  }
}

export function readCommand(group: Command, console: () => Console, tools: CardTools): void {
  const command = group.command("read").description("name every byte of a card, and what each area holds");
  optionalKeyOptions(sourceOptions(command))
    .option("--diff <file>", "say instead what differs between the card (a) and this dump (b), record by record")
    .action((options: ReadOptions) => read(console(), options, tools));
}
