import { escposOf, receiptText } from "@cachet/firmware/counter";
import type { VisitRequest, WrittenReceipt } from "@cachet/firmware/hal";
import { decodeEntry } from "@cachet/firmware/wire";
import { receiptSvg, type SimTerminal, type Type2Chip } from "@cachet/terminal-sim";
import { beforeAll, describe, expect, it } from "vitest";
import { newIntent } from "../../firmware/src/app/doubts.ts";
import { receiptOf } from "../../firmware/src/app/receipt.ts";
import { writtenReceipt } from "../../firmware/src/counter/receipt-words.ts";
import florist from "../fixtures/programmes/florist.programme.ts";
import {
  balance,
  card,
  close,
  fixtureFile,
  imageOf,
  programmeFile,
  refund,
  sale,
  TOWN,
  terminal,
  topUp,
} from "../fixtures/town.ts";

const FLORIST = 39;
const tickets = new Map<string, WrittenReceipt>();
let shop: SimTerminal;
let chip: Type2Chip;

async function visit(request: VisitRequest): Promise<number> {
  const report = await shop.visit(request, chip);
  expect(report, request.kind).toMatchObject({ result: "done" });
  return report === "power-cut" ? 0 : (report.ticket ?? 0);
}

/** A ticket without its seal, which comes from the journal and so from the bytes of the image. */
const unsealed = (receipt: WrittenReceipt): WrittenReceipt =>
  receipt.map((line) =>
    line.line === "row" && /^[0-9a-f]{8}$/.test(line.right) ? { ...line, right: "1a2b3c4d" } : line,
  );

const keep = (name: string) => tickets.set(name, unsealed(shop.till.receipts.at(-1)!));
const basket = (...amounts: readonly number[]) => ({
  ...sale(0),
  prepaid: "none" as const,
  lines: amounts.map((amount) => ({ amount, quantity: 1 })),
});

/** A ticket of somebody who learns: the app says it of a visit that was never stored. */
async function trained(number: number): Promise<WrittenReceipt> {
  const entry = decodeEntry(await shop.supervisor.books!.journal.entry(number));
  if (entry.kind !== "intent") throw new Error(`entry ${number} is no intent`);
  const intent = newIntent(number, entry.utc, entry.body);
  for (const programme of intent.outcomes.keys()) intent.outcomes.set(programme, "committed");
  const moment = { utc: entry.utc, offset: entry.offset, suspect: false };
  const ticket = {
    intent,
    moment,
    due: [],
    waits: false,
    code: null,
    seal: null,
    nothing: [],
    mark: "training",
  } as const;
  const receipt = receiptOf({ hal: null as never, facts: shop.facts, programmes: [florist] }, ticket);
  return writtenReceipt(receipt, "fr");
}

beforeAll(async () => {
  const image = await imageOf([fixtureFile("florist"), programmeFile("ville")]);
  shop = await terminal(1, { programmes: [FLORIST, TOWN], image });
  chip = await card(1, { chip: "NTAG216", areas: 2 });
  const first = await visit(basket(2_890, 460));
  keep("sale");
  tickets.set("training", await trained(first));
  for (let i = 0; i < 7; i += 1) await visit(basket(990 + i));
  await visit(basket(7_150));
  keep("one-before");
  await visit(basket(1_500));
  keep("reward");
  await visit({ ...basket(1_234), redeem: "max" });
  keep("cagnotte-used");
  await visit(topUp(5_000));
  keep("top-up");
  await visit({ ...sale(5_300), lines: [{ amount: 5_300, quantity: 1 }] });
  keep("prepaid-low");
  const sold = await visit(basket(4_000, 1_250, 375));
  await visit(refund(sold, [0, 2]));
  keep("refund-in-part");
  await visit(refund(await visit(basket(2_400))));
  keep("refund");
  await visit({ kind: "reprint", visit: 900_001, ticket: sold });
  keep("duplicate");
  await visit(balance());
  keep("balance");
  await visit(close(FLORIST));
  keep("closing");
  await visit({ kind: "without-card", visit: 900_002, lines: [{ amount: 6_200, quantity: 1 }], tip: 0 });
  keep("without-card");
});

const NAMES = [
  ...["sale", "reward", "one-before", "cagnotte-used", "top-up", "prepaid-low", "refund", "refund-in-part"],
  ...["duplicate", "training", "balance", "closing", "without-card"],
];

describe("tickets", () => {
  it.each(NAMES)("%s, as a picture, on both rolls", async (name) => {
    for (const columns of [32, 48] as const) {
      await expect(receiptSvg(tickets.get(name)!, columns)).toMatchFileSnapshot(`tickets/${name}-${columns}.svg`);
      // Every line of text fits, and bytes come out.
      for (const line of receiptText(tickets.get(name)!, columns)) expect(line.length).toBeLessThanOrEqual(columns);
      expect(escposOf(tickets.get(name)!, columns).length).toBeGreaterThan(100);
    }
  });
});
