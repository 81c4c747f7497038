import { type Command, InvalidArgumentError } from "commander";
import { auditCard } from "../cards/audit.ts";
import type { Check } from "../cards/audit-check.ts";
import { type PasswordVerdict, passwordsFor, tryPasswords } from "../cards/card-password.ts";
import type { KnownKeys } from "../cards/known-keys.ts";
import type { CardInspection } from "../cards/read.ts";
import { cardDocument, problemDocument } from "./card-document.ts";
import { type CardProblem, cardLeft, cardName, passwordProblem, problemsOf } from "./card-error.ts";
import {
  type CardSource,
  type CardTools,
  inspected,
  keysIfAny,
  type OptionalKeys,
  optionalKeyOptions,
  type SourceOptions,
  sourceDocument,
  sourceOptions,
  withCard,
} from "./card-source.ts";
import { areaText, headed, identityLines } from "./card-text.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { type KeyOptions, keyOptions, keyRingFor } from "./key-options.ts";

const ISSUER_MAX = 9_999;

function parseIssuer(text: string): number {
  const issuer = Number(text);
  if (!/^\d{1,4}$/.test(text) || issuer > ISSUER_MAX)
    throw new InvalidArgumentError(`"${text}" is no issuer: a whole number from 0 to ${ISSUER_MAX}`);
  return issuer;
}

/** Adds `--issuer`: whose a card is to be that has no room to say it. */
export function issuerOption(command: Command): Command {
  return command.option("--issuer <n>", "whose the card is to be, for an MF0UL11, which does not say", parseIssuer);
}

interface IssuerOption {
  readonly issuer?: number;
}

/** Tries the card's password where there is a chip to try it on. */
export async function triedPassword(
  source: CardSource,
  card: CardInspection,
  keys: KnownKeys,
  issuer: number | undefined,
): Promise<PasswordVerdict> {
  if (source.isFile) return "no-chip";
  if (source.missing !== null) return "not-passed";
  const tried = await tryPasswords(source.link, card, passwordsFor(card, keys, issuer ?? null));
  if (tried === "gone") throw cardLeft("nothing was written");
  return tried;
}

interface VerifyOptions extends SourceOptions, KeyOptions, IssuerOption {
  readonly strict?: boolean;
}

/** What is wrong in all: of a card that goes by its UID, the password is the only sign whose it is. */
async function allProblems(source: CardSource, card: CardInspection, keys: KnownKeys, issuer: number | undefined) {
  const found = problemsOf(card);
  if (card.identity.kind !== "uid") return found;
  const told = passwordProblem(card, await triedPassword(source, card, keys, issuer));
  return told === null ? found : [told, ...found];
}

/** Prints a result, then what is wrong for people; programs find the first of it under "error". */
function conclude(console: Console, lines: readonly string[], document: object, failures: readonly Failure[]): number {
  const [first] = failures;
  tell(console, lines, first === undefined ? document : { ...document, error: first.document() });
  if (!console.json) for (const failure of failures) for (const line of failure.lines()) console.err(`${line}\n`);
  return first?.exit ?? EXIT.done;
}

function verifyLines(card: CardInspection, problems: readonly CardProblem[], isRight: boolean): string[] {
  const open = problems.filter(({ soft }) => soft).map(({ failure }) => `note: ${failure.message}`);
  const rest = open.length === 0 ? "" : ", as far as it could be checked";
  return [
    ...identityLines(card),
    ...card.areas.map((area) => headed(`area ${area.index}`, areaText(area))),
    ...open,
    isRight ? `${cardName(card)} is right${rest}` : `${cardName(card)} is NOT right`,
  ];
}

async function verify(console: Console, source: CardSource, keys: KnownKeys, options: VerifyOptions): Promise<number> {
  const card = await inspected(source, keys);
  const problems = await allProblems(source, card, keys, options.issuer);
  const wrong = problems.filter(({ soft }) => options.strict === true || !soft);
  const isRight = wrong.length === 0;
  const document = {
    ...sourceDocument(source),
    ...cardDocument(card),
    right: isRight,
    problems: problems.map(problemDocument),
  };
  return conclude(
    console,
    verifyLines(card, problems, isRight),
    document,
    wrong.map(({ failure }) => failure),
  );
}

export function verifyCommand(
  group: Command,
  console: () => Console,
  exit: (code: number) => void,
  tools: CardTools,
): void {
  const command = group.command("verify").description("check the MACs of a card: its identity and every record");
  issuerOption(keyOptions(sourceOptions(command)))
    .option("--strict", "what cannot be checked counts as wrong")
    .action(async (options: VerifyOptions) => {
      const keys = await keyRingFor(console(), options, tools.keys);
      try {
        exit(await withCard(console(), options, tools.readers, (source) => verify(console(), source, keys, options)));
      } finally {
        keys.wipe();
      }
    });
}

interface AuditOptions extends SourceOptions, OptionalKeys, IssuerOption {
  readonly url?: string;
}

const countOf = (checks: readonly Check[], wanted: Check["result"]): number =>
  checks.filter(({ result }) => result === wanted).length;

function auditFailure(card: CardInspection, checks: readonly Check[]): Failure[] {
  const failed = checks.filter(({ result }) => result === "fail");
  if (failed.length === 0) return [];
  const what = `${failed.length} of ${checks.length} checks of ${cardName(card)} failed: ${failed.map(({ name }) => name).join(", ")}`;
  const next = [
    "the lines that begin with fail say what each of them means",
    "docs/cards.md says what to do about them",
  ];
  return [new Failure("C-CARD-13", what, "the card was only read", next)];
}

async function audit(console: Console, source: CardSource, keys: KnownKeys, options: AuditOptions): Promise<number> {
  const card = await inspected(source, keys);
  const password = await triedPassword(source, card, keys, options.issuer);
  const checks = auditCard(card, { keys, password, url: options.url ?? null });
  const [passed, warned, failed] = (["pass", "warn", "fail"] as const).map((result) => countOf(checks, result));
  const lines = [
    ...identityLines(card),
    "",
    ...checks.map(({ name, result, sentence }) => `${result}  ${name.padEnd(20)} ${sentence}`),
    `${passed} passed, ${warned} to look at, ${failed} failed`,
  ];
  const document = { ...sourceDocument(source), ...cardDocument(card), passed, warned, failed, checks };
  return conclude(console, lines, document, auditFailure(card, checks));
}

export function auditCommand(
  group: Command,
  console: () => Console,
  exit: (code: number) => void,
  tools: CardTools,
): void {
  const command = group
    .command("audit")
    .description("check everything about a card: chip, locks, password, records, wear");
  issuerOption(optionalKeyOptions(sourceOptions(command)))
    .option("--url <template>", "the web address that must be on it; {card} stands for the card number")
    .action(async (options: AuditOptions) => {
      const keys = await keysIfAny(console(), options, tools.keys);
      try {
        exit(await withCard(console(), options, tools.readers, (source) => audit(console(), source, keys, options)));
      } finally {
        keys.wipe();
      }
    });
}
