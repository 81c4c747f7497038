import { forkCount } from "./forks.ts";
import type { Ledger } from "./schema.ts";

/** Files that are set aside, as they came, each with why. */
export const quarantinedFiles = (ledger: Ledger): Promise<{ readonly name: string; readonly detail: string }[]> =>
  ledger
    .selectFrom("batch")
    .select(["name", "detail"])
    .where("status", "=", "quarantined")
    .orderBy("arrival")
    .execute();

/** How far each terminal is imported, what is set aside, and how many forks are known. */
export async function importStatus(ledger: Ledger) {
  const terminals = await ledger
    .selectFrom("terminal")
    .select(({ selectFrom }) => {
      const batches = (status: string) =>
        selectFrom("batch")
          .select(({ fn }) => fn.countAll<number>().as("n"))
          .whereRef("batch.terminal", "=", "terminal.number")
          .where("status", "=", status);
      return [
        "number",
        "merchant",
        "imported_to",
        batches("accepted").as("accepted"),
        batches("waiting").as("waiting"),
      ];
    })
    .orderBy("number")
    .execute();
  return { terminals, quarantined: await quarantinedFiles(ledger), forks: await forkCount(ledger) };
}
