/**
 * Whether every option of the rules' language changes some test's result: each option of each rule in the programmes of the tests
 * gets every other value that the language takes, and some play of the tests must come out otherwise.
 *
 *   npm run option-mutants
 *
 * A survivor is an option that nobody would miss: add a play that shows what it does to tests/cases/option-plays.json. The
 * same run is a test, tests/cases/option-mutants.test.ts. Mutants of the engine's own source are in scripts/rule-mutants.ts.
 */
import { allPlays, optionOutcomes } from "../tests/cases/option-run.ts";

const plays = await allPlays();
const failing = plays.filter(({ holds, programme }) => !holds(programme));
for (const { name } of failing) console.log(`fails as it is, and shows nothing: ${name}`);

const outcomes = optionOutcomes(plays.filter((play) => !failing.includes(play)));
const survivors = outcomes.filter(({ caughtBy }) => caughtBy === null);
const kinds = new Set(outcomes.map(({ option }) => option.split(".")[0]!));
for (const kind of [...kinds].sort()) {
  const own = outcomes.filter(({ option }) => option.startsWith(`${kind}.`));
  const options = new Set(own.map(({ option }) => option)).size;
  const survived = own.filter(({ caughtBy }) => caughtBy === null).length;
  console.log(`${kind}: ${options} options, ${own.length} other values, ${survived} survived`);
}
for (const { option, way } of survivors) console.log(`survived: ${option}, ${way}`);
console.log(`${outcomes.length} other values in ${plays.length} plays, ${survivors.length} survived`);
process.exit(survivors.length + failing.length > 0 ? 1 : 0);
