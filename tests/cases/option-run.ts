import { readdirSync, readFileSync } from "node:fs";
import { ArithmeticFault, type Programme, ValueFault } from "@cachet/firmware/rules";
import { pursesOfRule } from "../../firmware/src/rules/stages.ts";
import { readExamples, runExamples } from "../../host/src/workbench/examples.ts";
import { limitsOf, limitText } from "../../host/src/workbench/limits.ts";
import { rulesSheet } from "../../host/src/workbench/rules-sheet.ts";
import { caseDifferences, documentOf } from "./case-play.ts";
import { programmeOf } from "./case-programme.ts";
import { ROWS, rowDifferences, rowProgramme } from "./feature-rows.ts";
import { everyOption, mutantsOf } from "./option-mutants.ts";
import { playDifferences, playProgramme, readOptionPlays } from "./option-plays.ts";
import { readCases, subjectOf, variantsOf } from "./written-case.ts";

/** A programme with what is known to come out of it. */
export interface Play {
  readonly name: string;
  readonly programme: Programme;
  /** Whether a programme in its place comes out the same. */
  readonly holds: (programme: Programme) => boolean;
}

const TEMPLATES = new URL("../../host/templates/", import.meta.url);

async function templatePlays(): Promise<Play[]> {
  const names = readdirSync(TEMPLATES).sort();
  return Promise.all(
    names.map(async (name) => {
      const loaded: { readonly default: Programme } = await import(new URL(`${name}/programme.ts`, TEMPLATES).href);
      const examples = readExamples(JSON.parse(readFileSync(new URL(`${name}/examples.json`, TEMPLATES), "utf8")));
      const holds = (mutant: Programme) => {
        // An example that cannot be played has no event, and tells nothing.
        return runExamples(mutant, examples).every(({ event }) => event === 0);
      };
      return { name: `template ${name}`, programme: loaded.default, holds };
    }),
  );
}

/** Every play of the tests: the worked cases, the rows of what the product is asked to do, the templates, and those of options. */
export async function allPlays(): Promise<readonly Play[]> {
  const cases = readCases()
    .filter((worked) => subjectOf(worked) === "programme")
    .flatMap((worked) =>
      variantsOf(worked).map(([name, said]): Play => {
        const programme = programmeOf(worked, said);
        const document = documentOf(worked, said, programme);
        const holds = (mutant: Programme) => caseDifferences(worked, name, said, mutant, document).length === 0;
        return { name: `case ${worked.id}`, programme, holds };
      }),
    );
  const rows = ROWS.map(
    (row): Play => ({
      name: `row ${row.row}`,
      programme: rowProgramme(row),
      holds: (mutant) => rowDifferences(row, mutant).length === 0,
    }),
  );
  const own = readOptionPlays().map(
    (play): Play => ({
      name: play.title,
      programme: playProgramme(play),
      holds: (mutant) => playDifferences(play, mutant).length === 0,
    }),
  );
  return [...own, ...rows, ...cases, ...(await templatePlays())];
}

/** Options that no play can tell, and what tells them instead. */
interface Elsewhere {
  /** Of an option and a way: `challenge.number, one more`. */
  readonly which: RegExp;
  readonly by: "the sheet" | "the check of limits" | "the places on the card";
  readonly why: string;
}

export const ELSEWHERE: readonly Elsewhere[] = [
  { which: /^programme\.(number|version|name),/, by: "the sheet", why: "they tell a programme from others" },
  {
    which: /^programme\.scope,/,
    by: "the sheet",
    why: "a shop's programme goes before a town's; a play has one alone",
  },
  { which: /^programme\.merchants(\.name)?,/, by: "the sheet", why: "who takes part, and what they are called" },
  { which: /^programme\.media,/, by: "the sheet", why: "on which cards it may be opened" },
  { which: /^programme\.refundCap,/, by: "the sheet", why: "the terminal holds it, by receipts of other terminals" },
  { which: /^challenge\.number,/, by: "the sheet", why: "it tells a challenge from that of last year's programme" },
  { which: /^bonus\.gives\.says,/, by: "the sheet", why: "what a function of the author's does, in words" },
  {
    which: /^club\.id,|without its club$/,
    by: "the sheet",
    why: "who joins names the club: another one cannot be played",
  },
  {
    which: /without its referral$/,
    by: "the sheet",
    why: "a till that names a card needs a rule of referral to be played",
  },
  { which: /^points\.gifts, = \[\]/, by: "the sheet", why: "a till that names a gift needs a catalogue to be played" },
  { which: /\.reason,/, by: "the check of limits", why: "why the author means what that check minds" },
  { which: /\.purse,/, by: "the places on the card", why: "where a value is kept changes nothing of it" },
];

const TELLS: Readonly<Record<Elsewhere["by"], (programme: Programme) => string>> = {
  "the sheet": (programme) => rulesSheet(programme, { lang: "fr", for: "staff" }),
  "the check of limits": (programme) => limitsOf(programme).map(limitText).join("\n"),
  "the places on the card": (programme) => JSON.stringify(programme.rules.map(pursesOfRule)),
};

/** One option with one other value, and the first that noticed: the name of a play, or what tells it elsewhere. Null: nobody did. */
export interface Outcome {
  readonly option: string;
  readonly way: string;
  readonly caughtBy: string | null;
}

/** Whether a play comes out otherwise. One that cannot be played any more shows nothing about the option. */
function catches({ holds }: Play, mutant: Programme): boolean {
  try {
    return !holds(mutant);
  } catch (error) {
    if (error instanceof ValueFault || error instanceof ArithmeticFault) return false;
    throw error;
  }
}

function toldBy(which: string, programme: Programme, mutant: Programme): Elsewhere["by"] | null {
  const by = ELSEWHERE.find((one) => one.which.test(which))?.by;
  return by !== undefined && TELLS[by](mutant) !== TELLS[by](programme) ? by : null;
}

/** Every option of the language with every other value that it takes, and who noticed that the plays' programmes have it. */
export function optionOutcomes(plays: readonly Play[]): readonly Outcome[] {
  const caught = new Map<string, string>();
  const told = new Map<string, string>();
  const all = new Map<string, Omit<Outcome, "caughtBy">>();
  // Nothing is known to come out of these: they bring options and values that no play has.
  const rest = [...everyOption()].map((programme): Play => ({ name: "", programme, holds: () => true }));
  for (const play of [...plays, ...rest])
    for (const { option, way, programme } of mutantsOf(play.programme)) {
      const which = `${option}, ${way}`;
      const mutant = caught.has(which) ? null : programme();
      if (mutant === null) continue;
      all.set(which, { option, way });
      if (catches(play, mutant)) caught.set(which, play.name);
      const by = told.has(which) ? null : toldBy(which, play.programme, mutant);
      if (by !== null) told.set(which, by);
    }
  return [...all].map(([which, one]) => ({ ...one, caughtBy: caught.get(which) ?? told.get(which) ?? null }));
}
