import type { BlockReason } from "@cachet/firmware/wire";
import { type Command, Option } from "commander";
import { CardReplaced, setBlock } from "../office/lists/blocked.ts";
import { parseAccount } from "./card-number.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { withLedger } from "./home.ts";

const REASONS = ["lost", "stolen", "cloned", "other"] as const;

interface BlockOptions {
  readonly reason: BlockReason;
  readonly lift?: true;
}

async function block(console: Console, card: number, { reason, lift }: BlockOptions): Promise<void> {
  const set = lift === true ? null : reason;
  await withLedger(console, async (ledger) => {
    const changed = await ledger
      .transaction()
      .execute((transaction) => setBlock(transaction, card, set, console.now()))
      .catch((error: unknown) => {
        if (!(error instanceof CardReplaced)) throw error;
        throw new Failure("C-CREDIT-03", error.message, "nothing was changed", [
          "a card that was found again is of no more use: hand out the new one",
        ]);
      });
    const is = set === null ? "not blocked" : `blocked (${set})`;
    const lines = [
      changed ? `card ${card} is ${is} from the next list on` : `card ${card} was ${is} already: nothing changed`,
      ...(changed ? ["terminals know it once they have it: cachet office lists, then cachet terminal push"] : []),
    ];
    tell(console, lines, { card, blocked: set !== null, reason: set, changed });
  });
}

/** Registers `card block`. */
export function blockCommand(card: Command, console: () => Console): void {
  card
    .command("block")
    .description("have terminals refuse a card from the next list on, or take it again")
    .argument("<card>", "card number", parseAccount)
    .addOption(new Option("--reason <reason>", "why").choices(REASONS).default("lost"))
    .option("--lift", "take the card off the block list")
    .action((number: number, options: BlockOptions) => block(console(), number, options));
}
