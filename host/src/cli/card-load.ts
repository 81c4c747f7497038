import { type CardMap, type CardPassword, preventsRollback, sameBytes, toHex } from "@cachet/card-layout";
import type { Command } from "commander";
import { passwordsFor, tryPasswords } from "../cards/card-password.ts";
import { type CardDifference, cardDifference } from "../cards/difference.ts";
import type { Type2Dump } from "../cards/dumps/dump.ts";
import { DumpLink } from "../cards/dumps/dump-link.ts";
import type { KnownKeys } from "../cards/known-keys.ts";
import { type Loaded, loadPages, planLoad } from "../cards/load.ts";
import type { CardInspection } from "../cards/read.ts";
import { pagesText } from "../cards/user-pages.ts";
import { issuerOption } from "./card-check.ts";
import { cardDocument } from "./card-document.ts";
import { cardLeft, cardName, passwordProblem } from "./card-error.ts";
import {
  type CardSource,
  type CardTools,
  dumpIn,
  inspected,
  keysIfAny,
  type OptionalKeys,
  optionalKeyOptions,
  withCard,
} from "./card-source.ts";
import { areaText, headed } from "./card-text.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { passesTooLittle } from "./reader-error.ts";
import { type ReaderOptions, readerOptions } from "./reader-option.ts";

interface LoadOptions extends ReaderOptions, OptionalKeys {
  readonly issuer?: number;
  readonly otherCard?: boolean;
}

const NOTHING = "nothing was written";

/** What the file is meant for, and what lies on the reader. */
interface Pair {
  readonly path: string;
  readonly dump: Type2Dump;
  readonly source: CardSource;
  readonly card: CardInspection;
}

function checkCard({ path, dump, card }: Pair, { otherCard }: LoadOptions): void {
  if (dump.chip !== card.chip)
    throw new Failure(
      "C-CARD-16",
      `${path} is of an ${dump.chip}, the card on the reader is an ${card.chip}`,
      NOTHING,
      [`lay an ${dump.chip} on the reader`],
    );
  if (sameBytes(dump.uid, card.uid) || otherCard === true) return;
  const what = `${path} is of the card with UID ${toHex(dump.uid)}, not of the one on the reader (${toHex(card.uid)})`;
  throw new Failure("C-CARD-16", what, NOTHING, [
    "lay the card on the reader that the file was taken from",
    "--other-card writes it all the same; no record will be valid there, because their MACs cover the UID",
  ]);
}

function pagesOf({ path, dump, card }: Pair, map: CardMap | null) {
  const plan = planLoad(card, dump, map);
  switch (plan.result) {
    case "ready":
      return plan;
    case "locked":
      throw new Failure(
        "C-CARD-17",
        `pages ${pagesText(plan.pages)} differ and are locked for ever on ${cardName(card)}`,
        NOTHING,
        ["an identity is never written again: take a card that is blank, or the one that the file was taken from"],
      );
    case "unreadable":
      throw new Failure("C-CARD-16", `pages ${pagesText(plan.pages)} of ${cardName(card)} cannot be read`, NOTHING, [
        "cachet card audit says why; the card is not one that cachet protected",
      ]);
    case "other-chip":
      throw new Failure("C-CARD-16", `${path} does not fit ${cardName(card)}`, NOTHING, [
        "take a card of the same chip",
      ]);
  }
}

/** The password that opens the card. Fails with C-CARD-18 where none does, C-READER-08 where the reader does not pass it. */
async function openingPassword({ source, card }: Pair, keys: KnownKeys, issuer: number | null): Promise<CardPassword> {
  if (source.missing !== null) throw passesTooLittle(source.name, "open a protected card");
  const candidates = passwordsFor(card, keys, issuer);
  for (const password of candidates) {
    const tried = await tryPasswords(source.link, card, [password]);
    if (tried === "gone") throw cardLeft(NOTHING);
    if (tried === "right") return password;
  }
  const verdict = candidates.length === 0 ? "no-key" : card.access!.attempts > 0 ? "counts-tries" : "wrong";
  throw passwordProblem(card, verdict)!.failure;
}

/** Told after the first byte was written: what state the card is in now. */
function checkLoaded(told: Loaded, pages: readonly number[], card: CardInspection): void {
  const again = "present the card again and run the same command: it finishes what is left";
  const sure = (written: number) => `${written} of ${pages.length} pages are written; the next one may hold anything`;
  switch (told.result) {
    case "loaded":
      return;
    case "gone":
      throw cardLeft(sure(told.written));
    case "wrong-password":
      throw passwordProblem(card, "wrong")!.failure;
    case "refused":
      throw new Failure("C-CARD-19", `${cardName(card)} refused page ${pagesText([told.page])}`, sure(told.written), [
        again,
      ]);
    case "differs":
      throw new Failure(
        "C-CARD-19",
        `pages ${pagesText(told.pages)} of ${cardName(card)} read back otherwise than they were written`,
        "the other pages are written",
        [again, "the same pages again? the chip is worn out: replace the card"],
      );
  }
}

/** What putting an older state back means. */
function warnings({ programmes }: CardDifference, map: CardMap | null, sameCard: boolean): string[] {
  if (!sameCard) return ["no record is valid on this card: their MACs cover the UID of another one"];
  const older = programmes.flatMap(({ programme, relation, writes }) => {
    if (relation === "b-older")
      return [`programme ${programme} went back by ${writes} ${writes === 1 ? "write" : "writes"}`];
    if (relation === "only-a") return [`programme ${programme} is not in the file: its record is gone from the card`];
    return relation === "forked" ? [`programme ${programme}: the file holds another history than the card did`] : [];
  });
  const found =
    map !== null && preventsRollback(map.commit)
      ? "a card that is put back in time is refused by every terminal (COUNTER_ROLLBACK): its counter cannot be put back"
      : "a card that is put back in time is refused by terminals that saw it later (COUNTER_ROLLBACK), or found at import as a fork";
  return [...older, found];
}

async function load(console: Console, pair: Pair, keys: KnownKeys, options: LoadOptions): Promise<void> {
  const { path, dump, source, card } = pair;
  checkCard(pair, options);
  const wanted = await inspected({ link: new DumpLink(dump), name: path, isFile: true, missing: null }, keys);
  const { pages, unknown, needsPassword } = pagesOf(pair, wanted.map ?? card.map);
  const sameCard = sameBytes(dump.uid, card.uid);
  const said = warnings(cardDifference(card, wanted), wanted.map, sameCard);
  const password = needsPassword ? await openingPassword(pair, keys, options.issuer ?? null) : null;
  checkLoaded(await loadPages(source.link, dump, pages, password), pages, card);
  const after = pages.length === 0 ? card : await inspected(source, keys);
  const lines = [
    pages.length === 0
      ? `nothing to write: the user pages of ${cardName(card)} are those of ${path}`
      : `${pages.length} pages written and read back: ${pagesText(pages)}`,
    ...(unknown.length === 0 ? [] : [`the file does not know pages ${pagesText(unknown)}: they were left as they are`]),
    "UID, lock bits, configuration, password and counters were left as they are",
    ...after.areas.map((area) => headed(`area ${area.index}`, areaText(area))),
    ...(pages.length === 0 ? [] : said),
  ];
  const document = {
    reader: source.name,
    file: path,
    ...cardDocument(after),
    written: pages,
    unknown,
    same_card: sameCard,
  };
  tell(console, lines, { ...document, warnings: pages.length === 0 ? [] : said });
}

export function loadCommand(group: Command, console: () => Console, tools: CardTools): void {
  const command = group
    .command("load")
    .description("write the user pages of a dump back onto a card")
    .argument("<file>", "dump");
  issuerOption(optionalKeyOptions(readerOptions(command)))
    .option("--other-card", "write it although it was taken from another card: no record will be valid there")
    .action(async (path: string, options: LoadOptions) => {
      const dump = dumpIn(console(), path);
      const keys = await keysIfAny(console(), options, tools.keys);
      try {
        await withCard(console(), options, tools.readers, async (source) => {
          const card = await inspected(source, keys);
          await load(console(), { path, dump, source, card }, keys, options);
        });
      } finally {
        keys.wipe();
      }
    });
}
