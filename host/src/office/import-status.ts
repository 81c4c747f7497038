import { filesAside } from "./files-aside.ts";
import { forkCount } from "./forks.ts";
import type { Ledger } from "./schema.ts";

/** How far each terminal is imported, what is set aside and what of that is made good, and how many forks are known. */
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
  const aside = await filesAside(ledger);
  const ofThem = (isMadeGood: boolean) =>
    aside.filter((file) => file.isMadeGood === isMadeGood).map(({ name, detail }) => ({ name, detail }));
  return { terminals, quarantined: ofThem(false), madeGood: ofThem(true), forks: await forkCount(ledger) };
}
