import { CARD_CHECKS } from "./card-checks.ts";
import { type Check, must } from "./check.ts";
import { CRYPTO_CHECKS } from "./crypto-checks.ts";
import { SANDBOX_CHECKS } from "./sandbox-checks.ts";
import { STORAGE_CHECKS } from "./storage-checks.ts";
import { TIME_CHECKS } from "./time-checks.ts";

export { outcomeOf, type TriedPorts } from "./check.ts";

const counterCheck: Check = {
  name: "counter",
  needs: "nothing",
  async run({ counter, clock }) {
    const before = clock.now().utc;
    const { kind } = await counter.nextEvent(2, "none");
    must(kind === "time", `where nobody does anything the counter says ${kind}`);
    const seconds = clock.now().utc - before;
    must(seconds >= 1 && seconds <= 5, `a wait of 2 s took ${seconds} s`);
    const settings = { language: "fr", beep: false, paper: 32, collect: false, closing: null } as const;
    await counter.show({ says: "test" }, settings);
    const printed: string = await counter.print([{ line: "title", text: "TEST" }], settings);
    must(printed === "printed" || printed === "no-paper", `of a receipt the counter says ${printed}`);
  },
};

/** What a port has to keep, in the order in which it is tried (docs/porting.md). */
export const CHECKS: readonly Check[] = [
  ...STORAGE_CHECKS,
  ...TIME_CHECKS,
  ...CRYPTO_CHECKS,
  ...SANDBOX_CHECKS,
  counterCheck,
  ...CARD_CHECKS,
];
