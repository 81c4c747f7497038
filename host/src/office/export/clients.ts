import { sql } from "kysely";
import { type Client, clientOf } from "../report/clients.ts";
import { EVER, eachLife } from "../report/steps.ts";
import type { Ledger, LedgerTables } from "../schema.ts";
import type { Field } from "./fields.ts";
import { type ExportTable, fieldOf, rowsByKey } from "./tables.ts";

/** Of a visit, what concerns the merchant and the card; no hash, and nothing of other merchants. */
const VISIT = [
  "card",
  "programme",
  "terminal",
  "number",
  "day",
  "utc",
  "utc_offset",
  "kind",
  "sale_cents",
  "earned_cents",
  "spent_cents",
  "paid_cents",
  "topped_up_cents",
  "stamps",
  "rewards",
  "rewards_cents",
  "discount_cents",
] as const satisfies readonly (keyof LedgerTables["intent_area"])[];

/** A visit has one area in each programme. */
const BY = ["card", "programme", "terminal", "number"] as const;

const CLIENT: readonly Field[] = [
  { name: "card", kind: "int", orNull: false, says: "Number of the card" },
  { name: "since", kind: "day", orNull: false, says: "Local day of its first use, which was here" },
  { name: "last_bought", kind: "day", orNull: true, says: "Local day of its last purchase here" },
  { name: "visits", kind: "int", orNull: false, says: "How often it bought here" },
  { name: "sold_cents", kind: "int", orNull: false, says: "What it bought here, tips left out" },
];

/**
 * What a merchant who leaves takes along: cards that were used at his shop before anywhere else, and what they did there. Nothing of what
 * they did elsewhere, and nothing of cards that belong to others.
 */
export async function clientTables(ledger: Ledger, merchant: number): Promise<readonly ExportTable[]> {
  const own: Client[] = [];
  await eachLife(ledger, EVER.to, (card, life) => {
    const client = clientOf(card, life, merchant, EVER);
    if (client !== null) own.push(client);
  });
  const cards = new Set(own.map(({ card }) => card));
  return [
    {
      name: "client",
      says: `Cards that were used at merchant ${merchant} before anywhere else`,
      fields: CLIENT,
      key: ["card"],
      rows: async function* () {
        yield own.map(({ card, since, last, visits, soldCents }) => [card, since, last, visits, soldCents]);
      },
    },
    {
      name: "visit",
      says: `What these cards did at merchant ${merchant}: one row for each visit and programme`,
      fields: VISIT.map((name) => fieldOf("intent_area", name)),
      key: BY,
      rows: async function* () {
        const where = sql<boolean>`merchant = ${merchant} and outcome = 'committed'`;
        for await (const rows of rowsByKey(ledger, "intent_area", VISIT, { where, by: BY })) {
          const theirs = rows.filter(([card]) => cards.has(card as number));
          if (theirs.length > 0) yield theirs;
        }
      },
    },
  ];
}
