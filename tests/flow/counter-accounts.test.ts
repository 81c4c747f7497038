import { purseHead } from "@cachet/card-layout";
import { scanOf } from "@cachet/firmware/counter";
import type { Swipe } from "@cachet/firmware/hal";
import { encodeCbor } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { testMerchantKey } from "../../host/src/keys/test-keys.ts";
import { phoneHash } from "../../host/src/office/lists/phones.ts";
import { AccountList, type Allowed, account, CAGNOTTE, GRID } from "../fixtures/account-list.ts";
import { entriesOf } from "../fixtures/audit.ts";
import { CounterDesk } from "../fixtures/counter.ts";
import { BAKERY, fixtureFile, imageOf, TOWN } from "../fixtures/town.ts";

const HER = account(77);
const allowed = (programme: number, purse: number, ceiling: number): Allowed => ({
  ...{ account: HER, terminal: 1, programme, purse, balance: ceiling, ceiling },
});
const known = (merchant: number, number: string): readonly [string, number] => [
  `${merchant}/${Buffer.from(phoneHash(testMerchantKey("list", merchant, 1), number)).toString("hex")}`,
  HER,
];
const RICH = [allowed(TOWN, CAGNOTTE, 300), allowed(BAKERY, GRID, 10)];
const MOBILE = "+33612345678";
const open = (lists: AccountList, more = {}) => CounterDesk.open({ lists, ...more });
const swipe = async (desk: CounterDesk) => {
  desk.terminal.counter.swipe({ kind: "account", number: HER });
  await desk.settle();
};
const accountEntries = async (desk: CounterDesk) =>
  entriesOf(await desk.storage.file("journal").read()).flatMap((entry) =>
    entry.kind === "account" ? [entry.body] : [],
  );
const dial = (desk: CounterDesk, digits: string) => desk.press("no-card", ...([...digits] as ("0" | "1")[]), "ok");

describe("an account without a chip at the counter", () => {
  it("pays with what it may spend here, once the rest is collected: four keys beside the digits", async () => {
    const desk = await open(new AccountList([allowed(TOWN, CAGNOTTE, 300)]));
    await swipe(desk);
    await desk.press("ok");
    await desk.type(1_000);
    await desk.press("cagnotte");
    expect(desk.screen).toMatchObject({ says: "useCagnotte", most: 300 });
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "collect", cents: 700 });
    expect(await accountEntries(desk)).toEqual([]);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "saleDone", card: HER, spent: 300, held: [] });
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 300, payable: 700 }]);
    expect(await accountEntries(desk)).toMatchObject([{ account: HER, sale: { redeem: 300, payable: 700 } }]);
  });

  it("spends nothing where the rest is not paid, or staff leave", async () => {
    const desk = await open(new AccountList([allowed(TOWN, CAGNOTTE, 300)]));
    for (const leave of [["cancel"], ["ok", "3"], ["ok", "cancel"]] as const) {
      await swipe(desk);
      await desk.press("ok");
      await desk.type(1_000);
      await desk.press("cagnotte", ...leave);
      expect(desk.isIdle, leave.join()).toBe(true);
    }
    expect(await accountEntries(desk)).toEqual([]);
    expect(new Set(desk.reports.map(({ reason }) => reason))).toEqual(new Set(["CALLED_OFF"]));
  });

  it("is asked about the same sale soon after, and gets a full grid now or later", async () => {
    const desk = await open(new AccountList(RICH));
    const buy = async () => {
      await swipe(desk);
      await desk.press("ok");
      await desk.type(500);
      await desk.press("ok");
    };
    await buy();
    expect(desk.screen).toMatchObject({ says: "reward", label: "Assortiment offert" });
    await desk.press("ok");
    expect(await accountEntries(desk)).toMatchObject([{ areas: [{ purses: [{ purse: GRID, taken: 10 }] }, {}] }]);
    await buy();
    expect(desk.screen).toMatchObject({ says: "sameSale" });
    await desk.press("2");
    expect(await accountEntries(desk)).toHaveLength(1);
  });
});

describe("a telephone that is presented at the till", () => {
  const SCANNED = 39;
  const PREPAID = purseHead({ kind: "prepaid", index: 0 });
  const POINTS = purseHead({ kind: "points", index: 0 });
  const openScanned = async (ceiling: number, lists = new AccountList([allowed(SCANNED, PREPAID, ceiling)])) =>
    open(lists, { image: await imageOf([fixtureFile("scan")]), programmes: [SCANNED] });
  const scan = async (desk: CounterDesk) => {
    const read = scanOf(new TextEncoder().encode(String(HER)));
    expect(read).toEqual({ kind: "account", number: HER });
    desk.terminal.counter.swipe(read as Swipe);
    await desk.settle();
    await desk.press("ok");
    await desk.type(1_000);
    await desk.press("ok");
  };

  it("collects points and pays with the prepaid account by one scan, and both go back with one refund", async () => {
    const desk = await openScanned(1_500);
    await scan(desk);
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 1_000, payable: 0 }]);
    const moved = (sign: 1 | -1) => [
      {
        programme: SCANNED,
        purses: [
          { purse: POINTS, added: sign * 100 },
          { purse: PREPAID, taken: sign * 1_000 },
        ],
      },
    ];
    expect(await accountEntries(desk)).toMatchObject([{ account: HER, areas: moved(1) }]);
    await desk.press("refund");
    await desk.type(desk.reports[0]!.ticket!);
    await desk.press("ok");
    expect(desk.screen).toMatchObject({ says: "refundDone", cents: 0, onCard: 1_000 });
    expect((await accountEntries(desk)).at(-1)).toMatchObject({ areas: moved(-1) });
  });

  it("pays what the account may still spend, and the rest is collected", async () => {
    const desk = await openScanned(400);
    await scan(desk);
    expect(desk.screen).toMatchObject({ says: "collect", cents: 600 });
    await desk.press("ok");
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 400, payable: 600 }]);
  });

  it("pays nothing for somebody who only says a number", async () => {
    const lists = new AccountList([allowed(SCANNED, PREPAID, 1_500)], [], new Map([known(1, MOBILE)]));
    const desk = await openScanned(0, lists);
    await dial(desk, "0612345678");
    await desk.press("ok");
    await desk.type(1_000);
    await desk.press("ok");
    expect(desk.reports).toMatchObject([{ result: "done", spentCents: 0, payable: 1_000 }]);
  });
});

describe("a customer who forgot the card and says a telephone number", () => {
  it("is found where she bought before, and at no other shop", async () => {
    const lists = new AccountList([], [], new Map([known(1, MOBILE)]));
    const [here, elsewhere] = [await open(lists), await open(lists, { merchant: 2 })];
    for (const desk of [here, elsewhere]) await dial(desk, "0612345678");
    expect(here.screen).toMatchObject({ says: "phoneCard", card: HER });
    expect(elsewhere.screen).toEqual({ says: "phoneUnknown" });
    // The other shop's list names her too, by its own key: nobody finds one by the other.
    const both = new AccountList([], [], new Map([known(1, MOBILE), known(2, "+33699999999")]));
    const other = await open(both, { merchant: 2 });
    await dial(other, "0612345678");
    expect(other.screen).toEqual({ says: "phoneUnknown" });
  });

  it("earns, and spends nothing: neither her cagnotte nor a full grid, whoever knows her number", async () => {
    const desk = await open(new AccountList(RICH, [], new Map([known(1, MOBILE)])));
    await dial(desk, "0033612345678");
    await desk.press("ok");
    await desk.type(1_000);
    await desk.press("cagnotte");
    expect(desk.screen).toMatchObject({ says: "saleAmount", typed: "1000" });
    await desk.press("ok");
    expect(desk.reports).toMatchObject([{ result: "done", earnedCents: 50, spentCents: 0, payable: 1_000 }]);
    expect(await accountEntries(desk)).toMatchObject([
      {
        areas: [
          { programme: BAKERY, purses: [{ purse: GRID, added: 1, taken: 0 }] },
          { programme: TOWN, purses: [{ purse: CAGNOTTE, added: 50, taken: 0 }] },
        ],
      },
    ]);
  });

  it("is found by her number as it is dialled in the country where the shop is", async () => {
    const lists = new AccountList([], [], new Map([known(1, "+32470123456")]));
    const settings = encodeCbor(
      new Map([
        [
          1,
          [
            new Map<number, string | Uint8Array>([
              [1, "shop/country"],
              [2, new TextEncoder().encode("BE")],
            ]),
          ],
        ],
      ]),
    );
    const [belgian, french] = [await open(lists, { files: { settings } }), await open(lists)];
    for (const desk of [belgian, french]) await dial(desk, "0470123456");
    expect(belgian.screen).toMatchObject({ says: "phoneCard", card: HER });
    expect(french.screen).toEqual({ says: "phoneUnknown" });
  });
});
