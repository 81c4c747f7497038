import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

/** Stories that need nothing of the machine but processors: commands that run and end, and whole days in one process. */
const SIDE_BY_SIDE = [
  ...[
    "bad-cards",
    "card-vectors",
    "cli",
    "credits",
    "engines",
    "forks",
    "forks-command",
    "image-size",
    "import",
    "import-speeds",
    "office-alerts",
  ],
  ...[
    "keys",
    "keys-provision",
    "office-report",
    "prepaid",
    "programme-check",
    "programme-eval",
    "programme-init",
    "programme-simulate",
  ],
  ...[
    "accounts",
    "corrected-visits",
    "card-accounts",
    "card-office",
    "card-replacement",
    "conformance",
    "counter",
    "custom-rules",
    "dated-stamps",
    "batch-import",
    "import-crash",
    "import-kinds",
    "kinds-of-visit",
    "layout-migration",
    "limits",
    "native-day",
    "native-limits",
    "office-accounts",
    "office-export",
    "office-lists",
    "office-wrong-input",
    "office-keeping",
    "owed-to-others",
    "parking",
    "payment",
    "reasons",
    "receipts",
    "stocks",
    "terminal-town",
    "tickets",
    "programme-correct",
    "provisioning",
    "refund-visit",
    "scenarios",
    "sim-days",
    "slots",
    "visit-stories",
    "world-mutants",
  ],
].map((name) => `tests/flow/${name}.test.ts`);

/** What is said of the ledger holds on both engines: these files run on SQLite as they are, and once more on PostgreSQL. */
const ON_BOTH_ENGINES = [
  "host/src/office/**/*.test.ts",
  ...["import", "import-kinds", "import-speeds", "forks", "credits", "card-replacement", "corrected-visits"].map(
    (name) => `tests/flow/${name}.test.ts`,
  ),
];

/** Files that take a minute and more, longest first: begun last, one would run alone while the other processors wait. */
const LONGEST = [
  ...[
    "thief-model",
    "visit-sweep",
    "kinds-sweep",
    "credit-sweep",
    "counter-sweep",
    "credit-stories",
    "flash-sweep",
    "credit-thief",
  ],
  ...["programme-init", "cli", "random", "programme-check", "scenarios", "programme-simulate"],
].map((name) => `/${name}.test.ts`);

/** As vitest orders the files, but the longest ones first among those that run side by side. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return 1_000 * project.config.sequence.groupOrder + (place < 0 ? LONGEST.length : place);
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        // Daemons, ports, pseudo terminals and time: they share one machine, so one file at a time.
        test: {
          ...timeouts,
          name: "flow",
          include: ["tests/flow/**/*.test.ts"],
          exclude: SIDE_BY_SIDE,
          maxWorkers: 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Nothing but computing: as many files at once as there are processors.
        test: {
          ...timeouts,
          name: "unit",
          include: [
            "{card-layout,firmware,host,terminal-sim}/src/**/*.test.ts",
            "tests/{boundaries,cases}/**/*.test.ts",
            ...SIDE_BY_SIDE,
          ],
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...timeouts,
          name: "postgres",
          include: ON_BOTH_ENGINES,
          env: { LEDGER_ENGINE: "postgres" },
          globalSetup: ["tests/fixtures/postgres-server.ts"],
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Computing as well: stories that are cut everywhere. They start so many terminals that what is the same is worked out once.
        test: {
          ...timeouts,
          name: "sweeps",
          include: ["tests/interruption/**/*.test.ts"],
          setupFiles: ["tests/fixtures/remembered-crypto.ts"],
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
