import { cardNumber, type Purse } from "@cachet/card-layout";
import type { CardLists } from "@cachet/firmware/hal";
import type { ListContents } from "@cachet/firmware/wire";
import type { SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testOfficeSigner, testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { checkLedger } from "../../host/src/office/check.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { prepareList } from "../../host/src/office/lists/night.ts";
import { beginReplacement, finishReplacement } from "../../host/src/office/lists/replace.ts";
import { creditTicket, NoTransfer } from "../../host/src/office/lists/sources.ts";
import type { Ledger } from "../../host/src/office/schema.ts";
import { signFullList } from "../../host/src/office/sign.ts";
import { endTerminal, enrolTerminal } from "../../host/src/office/terminals.ts";
import { done } from "../fixtures/at-the-till.ts";
import { shown } from "../fixtures/audit.ts";
import { AT, newLedger, rowsOf } from "../fixtures/ledger.ts";
import {
  buy,
  card,
  fixtureFile,
  give,
  ISSUER,
  imageOf,
  receive,
  sale,
  settle,
  terminal,
  topUp,
} from "../fixtures/town.ts";

/** Value that goes from card to card through the office: from a real till into the books, by a list to another till. */
const MEMBERS = 36;
const DAY = 9_670;
const image = await imageOf([fixtureFile("members")]);
const member = (serial: number) => card(serial, { chip: "NTAG216" });

/** What a list of the office says of cards. */
class OfficeList implements CardLists {
  private readonly contents: ListContents;
  constructor(contents: ListContents) {
    this.contents = contents;
  }

  onCard(number: number) {
    const { blocked, credits } = this.contents.sections;
    return {
      blocked: blocked.of({ card: number })[0]?.reason ?? null,
      credits: credits.of({ card: number }),
      revoked: [],
      listDays: 0,
      writeLayout: 2,
    };
  }
}

const studio = (number: number, list: ListContents | null = null) =>
  terminal(number, { programmes: [MEMBERS], image, ...(list === null ? {} : { lists: new OfficeList(list) }) });

async function imported(ledger: Ledger, number: number, shop: SimTerminal): Promise<void> {
  await enrolTerminal(ledger, number, 1, testTerminalSigner(number).publicKey, AT);
  expect(await importBatch(ledger, shop.collect(), AT)).toMatchObject({ status: "accepted" });
}

const nightlyList = (ledger: Ledger) =>
  prepareList(
    ledger,
    {
      ...{ issuer: ISSUER, issued: AT, officeKey: testOfficeSigner().publicKey, writeLayout: 2 },
      ...{ revokedGenerations: [], revokedKeys: [] },
    },
    DAY,
  );

/** What lies on a card, apart from what counts visits. */
const valueOn = async (chip: Type2Chip): Promise<readonly Purse[]> =>
  [...(await shown(chip, MEMBERS)).purses]
    .filter(({ kind }) => kind !== "seen" && kind !== "used")
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));

const sums = (ledger: Ledger, account: string) =>
  rowsOf(
    ledger,
    `select holder, unit, sum(amount) as sum from posting where account = '${account}' group by holder, unit having sum(amount) <> 0 order by holder, unit`,
  );

async function expectWhole(ledger: Ledger): Promise<void> {
  const scratch = await newLedger();
  await checkLedger(ledger, scratch);
  await scratch.destroy();
}

describe("value that goes through the office", () => {
  it("500 of 700 points go to a card at another terminal, with their days", async () => {
    const [ledger, shop, from, to] = [await newLedger(), await studio(1), await member(7), await member(8)];
    await done(shop, sale(70_000), from);
    const { ticket } = await done(shop, give(MEMBERS, "points", 500), from);
    await imported(ledger, 1, shop);
    const credit = () =>
      ledger
        .transaction()
        .execute((one) => creditTicket(one, { terminal: 1, number: ticket!, card: cardNumber(ISSUER, 8) }, DAY, AT));
    await credit();
    await expect(credit()).rejects.toThrow(/was credited before/);
    const other = await studio(2, (await nightlyList(ledger)).contents);
    other.clock.utc += 40 * 86_400;
    expect(await other.visit(settle(), to)).toMatchObject({ result: "done" });
    const [kept] = (await valueOn(from)).flatMap((purse) => ("lots" in purse ? purse.lots : []));
    const [came] = (await valueOn(to)).flatMap((purse) => ("lots" in purse ? purse.lots : []));
    expect([kept!.value, came]).toEqual([200, { ...kept, value: 500 }]);
    await imported(ledger, 2, other);
    expect((await nightlyList(ledger)).contents.sections.credits.count).toBe(0);
    expect(await sums(ledger, "credits")).toEqual([]);
    expect((await sums(ledger, "card")).filter(({ unit }) => unit === "points").map(({ sum }) => Number(sum))).toEqual([
      200, 500,
    ]);
    await expectWhole(ledger);
    await ledger.destroy();
  });

  it("of a card that was lost goes to a new one, though a stolen terminal never reports", async () => {
    const [ledger, shop, stolen, old] = [await newLedger(), await studio(1), await studio(2), await member(7)];
    await done(shop, sale(70_000), old);
    await done(stolen, sale(1_000), old);
    await imported(ledger, 1, shop);
    await imported(ledger, 2, stolen);
    const [from, to] = [cardNumber(ISSUER, 7), cardNumber(ISSUER, 8)];
    await ledger.transaction().execute((one) => beginReplacement(one, from, to, DAY, AT));
    const { contents } = await nightlyList(ledger);
    expect(await shop.supervisor.takeList(signFullList(contents, testOfficeSigner()))).toMatchObject({ applied: true });
    await imported(ledger, 1, shop);
    // The other one may still take the old card: nothing moves before it is known to be out of the way, and imported as far as it counts.
    expect((await nightlyList(ledger)).credits).toEqual([]);
    const { imported_to: ends } = await ledger
      .selectFrom("terminal")
      .select("imported_to")
      .where("number", "=", 2)
      .executeTakeFirstOrThrow();
    await endTerminal(ledger, 2, { state: "revoked", ends, replacedBy: null }, AT);
    expect((await nightlyList(ledger)).credits).toMatchObject([{ card: to, why: "replacement" }]);
    await ledger.destroy();
  });

  it("does not go by a ticket that its terminal put on a card, nor by one of no value", async () => {
    const [ledger, shop, from, to] = [await newLedger(), await studio(1), await member(7), await member(8)];
    const sold = await done(shop, sale(70_000), from);
    const { ticket } = await done(shop, give(MEMBERS, "points", 500), from);
    await done(shop, receive(ticket!), to);
    await imported(ledger, 1, shop);
    for (const [number, words] of [
      [ticket!, /went to a card with/],
      [sold.ticket!, /no value left a card/],
      [9_999, /no imported ticket/],
    ] as const) {
      const credit = ledger
        .transaction()
        .execute((one) => creditTicket(one, { terminal: 1, number, card: 5 }, DAY, AT));
      await expect(credit).rejects.toThrow(words);
      await expect(credit).rejects.toThrow(NoTransfer);
    }
    await ledger.destroy();
  });

  it("a new card holds what the lost one did: money, what was given on top, units, stamps, points with their days", async () => {
    const [ledger, shop, lost, next] = [await newLedger(), await studio(1), await member(7), await member(8)];
    await done(shop, topUp(10_000), lost);
    await done(shop, buy(10_000, MEMBERS, "seances", 2), lost);
    await done(shop, { ...sale(3_000), prepaid: "none" }, lost);
    shop.clock.utc += 40 * 86_400;
    await done(shop, { ...sale(4_500), prepaid: "none" }, lost);
    await imported(ledger, 1, shop);
    const held = await valueOn(lost);
    expect(held.map(({ kind }) => kind)).toEqual(["cagnotte", "points-lots-4", "prepaid", "stamps", "units"]);
    const [old, fresh] = [7, 8].map((serial) => cardNumber(ISSUER, serial)) as [number, number];
    await ledger.transaction().execute(async (one) => {
      const row = await beginReplacement(one, old, fresh, DAY, AT);
      await finishReplacement(one, row, DAY, AT);
    });
    const { contents } = await nightlyList(ledger);
    const other = await studio(2, contents);
    expect(await other.visit(settle(), lost)).toMatchObject({ result: "refused", reason: "BLOCKED" });
    expect(await other.visit(settle(), next)).toMatchObject({ result: "done" });
    expect(await valueOn(next)).toEqual(held);
    await imported(ledger, 2, other);
    await nightlyList(ledger);
    expect(await sums(ledger, "credits")).toEqual([]);
    expect((await sums(ledger, "card")).filter(({ holder }) => holder === old)).toEqual([]);
    await expectWhole(ledger);
    await ledger.destroy();
  });
});
