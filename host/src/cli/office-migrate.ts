import { join } from "node:path";
import type { Command } from "commander";
import { MIGRATIONS, migrateInUse, pendingMigrations } from "../office/migrations.ts";
import { Busy } from "../ports/database/index.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { ledgerAgain, withLedger } from "./home.ts";
import { writeBackup } from "./office-backup.ts";

interface MigrateOptions {
  readonly dryRun?: boolean;
  readonly output?: string;
}

/** Adds `office migrate`. */
export function migrateCommand(office: Command, console: () => Console): void {
  office
    .command("migrate")
    .description("bring a ledger that an older cachet made to this one, a backup first; all of it or nothing")
    .option("--dry-run", "only say what would be done")
    .option("-o, --output <file>", "where the backup goes; default a new file in the home folder")
    .action((options: MigrateOptions) => migrateLedger(console(), options));
}

const stamp = (utc: number): string => new Date(1_000 * utc).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");

/** `migrations` are the changes that this cachet knows; tests know more. */
export async function migrateLedger(
  console: Console,
  { dryRun = false, output }: MigrateOptions,
  migrations = MIGRATIONS,
): Promise<void> {
  const open = async (ledger: Parameters<Parameters<typeof withLedger>[1]>[0]) => {
    const pending = await pendingMigrations(ledger, migrations);
    const lines = pending.map(({ name, says }) => `${name}  ${says}`);
    if (pending.length === 0 || dryRun) {
      const first = pending.length === 0 ? "the ledger is as this cachet knows it: nothing to do" : "would be done:";
      return tell(console, [first, ...lines], { pending, done: [] });
    }
    const file = output ?? join(console.home, `before-${pending[0]!.name}-${stamp(console.now())}.backup`);
    try {
      const backUp = () => ledgerAgain(console, async (reader) => void (await writeBackup(console, reader, file)));
      await migrateInUse(ledger, backUp, migrations);
    } catch (error) {
      if (!(error instanceof Busy)) throw error;
      throw new Failure("C-LEDGER-03", "an import, or another command, is writing to the ledger", "it is as it was", [
        "wait for it to end, and run the command again",
      ]);
    }
    tell(console, ["done:", ...lines, `backup           ${file}`], { pending: [], done: pending, backup: file });
  };
  await withLedger(console, open, ["current", "older"], migrations);
}
