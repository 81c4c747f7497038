import { dayText } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import type { Command } from "commander";
import { cautionsFor } from "../office/correct/cautions.ts";
import { type Correction, correctionOf } from "../office/correct/correction.ts";
import { CorrectedOtherwise, type Posted, postCorrection, type Settled, settledBy } from "../office/correct/post.ts";
import { type Period, programmesIn, Stories } from "../office/correct/story.ts";
import type { Ledger } from "../office/schema.ts";
import { type Console, tell } from "./console.ts";
import { parseDate } from "./dates.ts";
import { EXIT, Failure } from "./failure.ts";
import { withLedger } from "./home.ts";
import { letterText } from "./programme-correct-letter.ts";
import {
  apartLines,
  cautionLines,
  correctionDocument,
  correctionLines,
  hasDifference,
  postedDocument,
  postedLines,
} from "./programme-correct-text.ts";
import { goodProgramme } from "./programme-file.ts";

const STATE = "the ledger was only read";

interface CorrectOptions {
  readonly from: number;
  readonly to: number;
  readonly post?: true;
  readonly takeBack?: true;
  readonly leaveOut?: true;
  readonly letter?: true;
}

const periodText = ({ from, to }: Period): string => `${dayText(from)} to ${dayText(to)}`;

/** Fails with C-CORRECT-01 where two files and a period make no correction. */
function checkPair(wrong: Programme, right: Programme, period: Period): void {
  const fail = (what: string, next: string): never => {
    throw new Failure("C-CORRECT-01", what, STATE, [next]);
  };
  if (wrong.number !== right.number) {
    fail(
      `the files are of programmes ${wrong.number} and ${right.number}`,
      "name two versions of one programme: the wrong one first, then the right one",
    );
  }
  if (wrong.version === right.version) {
    fail(
      `both files say version ${wrong.version} of programme ${wrong.number}`,
      "a rule that changed is a new version: give the right file the next number",
    );
  }
  if (period.from > period.to) fail(`--from ${dayText(period.from)} is after --to ${dayText(period.to)}`, "swap them");
}

/** Fails with C-CORRECT-02 where nothing was sold under the wrong version, C-CORRECT-03 where somebody did who is outside the right one. */
async function checkPeriod(ledger: Ledger, wrong: Programme, right: Programme, period: Period): Promise<void> {
  const stories = new Stories(ledger, wrong.number);
  const days = await stories.days();
  const none = (what: string, next: string) => new Failure("C-CORRECT-02", what, STATE, [next]);
  if (days === null) {
    const known = (await programmesIn(ledger)).join(", ");
    throw none(
      `the ledger has no visit under programme ${wrong.number}`,
      known === ""
        ? "import batches first"
        : `it has programmes ${known}: name their files, or another ledger with --home`,
    );
  }
  const versions = await stories.versionsIn(period);
  const sellers = versions.get(wrong.version);
  if (sellers === undefined) {
    const seen = [...versions.keys()].sort((a, b) => a - b).join(", ");
    throw none(
      `programme ${wrong.number}: no visit under version ${wrong.version} from ${periodText(period)}`,
      seen === ""
        ? `visits under this programme go from ${periodText(days)}: give other days`
        : `visits of these days were under version ${seen}: name that version's file`,
    );
  }
  const outside = [...sellers].filter((merchant) => right.merchants[merchant] === undefined);
  if (outside.length > 0) {
    throw new Failure(
      "C-CORRECT-03",
      `merchant ${outside.join(", ")} sold under version ${wrong.version}, and version ${right.version} does not list them`,
      STATE,
      ["list them in the right file, at least for these days"],
    );
  }
}

/** Fails with C-CORRECT-06 where the wrong file is not what any terminal ran. */
function checkSame(file: string, { wrong, visits, apart }: Correction): void {
  const [first] = apart;
  if (first === undefined || visits.length > 0 || apart.some(({ reason }) => reason !== "differs")) return;
  throw new Failure(
    "C-CORRECT-06",
    `${file} is not version ${wrong.version} as the terminals ran it: no card comes to what they stored, ${first.ticket} first`,
    STATE,
    ["name the file that their image was built from"],
  );
}

function otherwiseFailure(error: CorrectedOtherwise): Failure {
  return new Failure("C-CORRECT-05", error.message, "nothing was posted", [
    "give the days that were not corrected yet; a posted correction is never taken back",
  ]);
}

async function post(
  ledger: Ledger,
  correction: Correction,
  { takeBack, leaveOut }: CorrectOptions,
  at: number,
): Promise<Posted | Failure> {
  const { apart } = correction;
  if (apart.length > 0 && leaveOut !== true) {
    const cards = `${apart.length} ${apart.length === 1 ? "card is" : "cards are"}`;
    return new Failure(
      "C-CORRECT-04",
      `${cards} set aside: what they are owed cannot be worked out`,
      "nothing was posted",
      [
        "import what is missing and look at the tickets that are named",
        "or post all others with --leave-out; these can be posted later, by the same command",
      ],
    );
  }
  try {
    return await postCorrection(ledger, correction, takeBack === true, at);
  } catch (error) {
    if (error instanceof CorrectedOtherwise) return otherwiseFailure(error);
    throw error;
  }
}

/** Letters for the cards that have a difference, each in both languages. */
function lettersOf(correction: Correction, settled: readonly Settled[]) {
  return correction.members.filter(hasDifference).map(({ card }) => ({
    card,
    fr: letterText(correction, settled, card, "fr"),
    en: letterText(correction, settled, card, "en"),
  }));
}

const RULE = "-".repeat(72);

async function correct(
  console: Console,
  wrongFile: string,
  rightFile: string,
  options: CorrectOptions,
): Promise<number> {
  const [wrong, right] = [await goodProgramme(wrongFile), await goodProgramme(rightFile)];
  const period = { from: options.from, to: options.to };
  checkPair(wrong, right, period);
  const { lang } = console;
  return withLedger(console, async (ledger) => {
    await checkPeriod(ledger, wrong, right, period);
    const correction = await correctionOf(ledger, wrong, right, period);
    checkSame(wrongFile, correction);
    const cautions = await cautionsFor(ledger, wrong, period);
    const settled = settledBy(correction, correction.visits, options.takeBack === true);
    const done = options.post === true ? await post(ledger, correction, options, console.now()) : null;
    const failure = done instanceof Failure ? done : null;
    const posted = done instanceof Failure ? null : done;
    const letters = options.letter === true ? lettersOf(correction, settled) : null;
    if (!console.json)
      for (const line of [...cautionLines(cautions), ...apartLines(correction)]) console.err(`${line}\n`);
    const lines = [
      ...correctionLines(correction, settled, lang),
      ...(failure === null ? postedLines(posted, lang) : []),
      ...(letters ?? []).flatMap((letter) => [RULE, ...letter[lang].split("\n")]),
    ];
    tell(console, lines, {
      ...correctionDocument(correction, settled, cautions),
      posted: postedDocument(posted),
      ...(letters === null ? {} : { letters }),
      ...(failure === null ? {} : { error: failure.document() }),
    });
    if (failure === null) return EXIT.done;
    if (!console.json) for (const line of failure.lines()) console.err(`${line}\n`);
    return failure.exit;
  });
}

/** Registers `programme correct`. */
export function correctCommand(programme: Command, console: () => Console, exit: (code: number) => void): void {
  programme
    .command("correct")
    .description("replay days that were under a wrong version with the right one: the difference per card and merchant")
    .argument("<wrong>", "the programme file that the terminals had, TypeScript or JSON")
    .argument("<right>", "its right version, under another version number")
    .requiredOption("--from <date>", "first local day, 2026-01-31", parseDate)
    .requiredOption("--to <date>", "last local day", parseDate)
    .option("--post", "write compensating rows into the ledger, each visit once; customers keep what they got too much")
    .option("--take-back", "what was given too much is claimed from customers instead")
    .option("--leave-out", "post although cards are set aside; they can be posted later")
    .option("--letter", "print a letter for each card that has a difference (--json: in French and English)")
    .action(async (wrong: string, right: string, options: CorrectOptions) =>
      exit(await correct(console(), wrong, right, options)),
    );
}
