import { describe, expect, it } from "vitest";
import type { Statement } from "../office/statement.ts";
import { statementLines } from "./statement-text.ts";

const books = (toppedUpCents: number): Statement => ({
  visits: 3,
  earnedCents: 150,
  spentCents: 1_250,
  toppedUpCents,
  outstandingCents: 900,
  outstandingStamps: 4,
  inDoubt: 0,
  owed: [],
  merchants: [
    { merchant: 1, visits: 3, earnedCents: 150, spentCents: 1_250, toppedUpCents, rewards: 2, rewardCents: 0 },
  ],
});

describe("a statement as a table", () => {
  it("has no column for top-ups where there are none", () => {
    expect(statementLines(books(0), new Map([[1, "Café"]]), "en")).toEqual([
      "merchant                     visits         earned          spent   rewards",
      "Café                              3          €1.50         €12.50         2",
      "total                             3          €1.50         €12.50         2",
      "",
      "outstanding on cards, by the books: €9.00, 4 stamps; in doubt: 0",
    ]);
  });

  it("has one where there are", () => {
    expect(statementLines(books(2_000), new Map(), "fr").slice(0, 3)).toEqual([
      "commerçant                  visites          gagné        utilisé   cadeaux       rechargé",
      "1                                 3         1,50 €        12,50 €         2        20,00 €",
      "total                             3         1,50 €        12,50 €         2        20,00 €",
    ]);
  });
});
