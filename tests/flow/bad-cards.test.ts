import { CONFIG_PAGES, cardKey, concat, mapOf, STATE_LAYOUT, seal, type2, unwrapIdentity } from "@cachet/card-layout";
import { refusalText } from "@cachet/firmware/counter";
import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { Mishaps, type SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { passwordFor } from "../../host/src/cards/new-card.ts";
import { testAreaKey, testCardKey } from "../../host/src/keys/test-keys.ts";
import { hmacSha256 } from "../../host/src/ports/crypto.ts";
import { centsOf, entriesOf, shown } from "../fixtures/audit.ts";
import { card, fixtureFile, imageOf, sale, terminal, topUp } from "../fixtures/town.ts";

/** Cards that no counter wants to see: each is refused with its own word, and left as it was. */
const PURSE = 33;
const image = await imageOf([fixtureFile("purse")]);
const shopOf = (number = 1) => terminal(number, { programmes: [PURSE], image });
const UID = Uint8Array.of(4, 0xa1, 0xb2, 0xc3, 0xd4, 0, 7);

function whereOn(chip: Type2Chip) {
  const identity = unwrapIdentity(chip.dump().subarray(16, 44));
  if (!identity.ok) throw new Error("no identity");
  const { layout, card: number } = identity.value;
  return { map: mapOf(layout, chip.chip)!, bearer: { uid: chip.uid, card: number } };
}

/** Commands to a chip that was just selected, its password first. */
async function asOwner(chip: Type2Chip, ...commands: readonly Uint8Array[]): Promise<void> {
  chip.select();
  const { password } = passwordFor(testCardKey(1, 1), chip.uid, whereOn(chip).bearer.card);
  for (const command of [type2.passwordAuth(password), ...commands]) expect(chip.execute(command)).not.toBe("nak");
}

/** A record of a layout to come, sealed as it should be, where the current one would stand. */
async function withRecord(chip: Type2Chip): Promise<Type2Chip> {
  const { map, bearer } = whereOn(chip);
  const area = map.areas[0]!;
  const counts = map.commit === "odd-even-counter";
  const sealed = new Uint8Array(area.slotPages * 4 - 8);
  sealed.set([STATE_LAYOUT + 1, 1, PURSE >> 8, PURSE & 0xff, 0, 0, 2]);
  const key = cardKey(hmacSha256, testAreaKey(PURSE, 1), "area", bearer);
  const record = concat(sealed, seal(hmacSha256, key, bearer, sealed));
  const pages = Array.from({ length: area.slotPages }, (_, i) =>
    type2.write(area.firstPage + i, record.subarray(4 * i, 4 * i + 4)),
  );
  await asOwner(chip, ...pages, ...(counts ? [type2.incrementCounter(2, 2)] : []));
  return chip;
}

const reasons = async (shop: SimTerminal) =>
  entriesOf(await shop.journalBytes()).flatMap((entry) => (entry.kind === "refusal" ? [entry.body.reason] : []));

/** A visit that must be refused for a reason, with nothing written on the card. */
async function refused(shop: SimTerminal, chip: Type2Chip, reason: string, request: VisitRequest = sale(1_000)) {
  const before = chip.dump();
  const counters = [chip.counter(1), chip.counter(2)];
  const report = (await shop.visit(request, chip)) as VisitReport;
  expect(report).toMatchObject({ result: "refused", reason, committed: [], spentCents: 0 });
  expect(chip.dump()).toEqual(before);
  expect([chip.counter(1), chip.counter(2)]).toEqual(counters);
  expect(shop.till.screens.at(-1)).toBe(refusalText(reason, "fr"));
  return report;
}

describe("a card that is not ours", () => {
  it("is a chip of another kind, or somebody else's content: nothing is journalled of it", async () => {
    const shop = await shopOf();
    await refused(
      shop,
      new Type2Chip("NTAG215", UID, { version: Uint8Array.of(0, 4, 3, 1, 4, 0, 0x0f, 3) }),
      "NOT_OURS",
    );
    const link = new Type2Chip("NTAG215", UID);
    link.execute(type2.write(4, Uint8Array.of(3, 0x10, 0xd1, 1)));
    await refused(shop, link, "NOT_OURS");
    expect(await reasons(shop)).toEqual([]);
  });

  it.each(["NTAG213", "NTAG215", "MF0UL21", "MF0UL11"] as const)(
    "is a new %s that nobody personalised",
    async (kind) => {
      await refused(await shopOf(), new Type2Chip(kind, UID), "NOT_PERSONALISED");
    },
  );

  it("answers nonsense: refused, and the terminal serves the next card", async () => {
    const shop = await shopOf();
    for (const answer of [[], [1], [0xfd], [0xfd, 0x16, 1], new Array(28).fill(0xff), new Array(300).fill(0xfd)]) {
      const chip = new Type2Chip("NTAG215", UID);
      const execute = chip.execute.bind(chip);
      chip.execute = (command) => (command[0] === 0x3a ? Uint8Array.from(answer) : execute(command));
      expect(await shop.visit(sale(1_000), chip), `${answer.length} bytes`).toMatchObject({ result: "refused" });
    }
    expect(await shop.visit(sale(1_000), await card(7))).toMatchObject({ result: "done" });
  });

  it("is of another issuer, or sealed with a key that this terminal does not have", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    const strange = new Type2Chip("NTAG215", UID);
    strange.restore(chip.dump());
    strange.select();
    strange.execute(type2.write(4, Uint8Array.of(0xfd, 0x16, 3, 9)));
    await refused(shop, strange, "KEY_NOT_HELD");
  });

  it("carries an identity that was changed, or one of another chip", async () => {
    const shop = await shopOf();
    const copy = new Type2Chip("NTAG215", UID.with(6, 99));
    copy.restore((await card(7)).dump());
    await refused(shop, copy, "BAD_SIGNATURE");
    expect(await reasons(shop)).toEqual(["BAD_SIGNATURE"]);
  });
});

describe("a card of ours in trouble", () => {
  it("shows a purse or a layout that this image does not know", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    // A record sealed as it should be, of a state layout to come.
    await refused(shop, await withRecord(chip), "NEWER_LAYOUT");
    const twin = await card(8, { chip: "MF0UL21" });
    await refused(shop, await withRecord(twin), "NEWER_LAYOUT");
  });

  it("was counted up by somebody: the office repairs it, nothing is written", async () => {
    const shop = await shopOf();
    const chip = await card(7, { chip: "MF0UL21" });
    await shop.visit(topUp(5_000), chip);
    chip.select();
    chip.execute(type2.incrementCounter(2, 2));
    await refused(shop, chip, "COUNTER_ROLLBACK");
    const blank = await card(8, { chip: "MF0UL21" });
    blank.select();
    blank.execute(type2.incrementCounter(2, 2));
    await refused(shop, blank, "COUNTER_ROLLBACK");
  });

  it("was counted up by one: it goes on, by the very record it shows", async () => {
    const shop = await shopOf();
    const chip = await card(7, { chip: "MF0UL21" });
    await shop.visit(topUp(5_000), chip);
    chip.select();
    chip.execute(type2.incrementCounter(2, 1));
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
    expect(centsOf(await shown(chip, PURSE))).toBe(4_000);
  });

  it("had an increment cut: it earns, spends nothing until the next commit, and that is journalled", async () => {
    const shop = await shopOf();
    const chip = await card(7, { chip: "MF0UL21" });
    await shop.visit(topUp(5_000), chip);
    const dry = await shopOf(9);
    dry.mishaps = new Mishaps();
    await dry.visit(sale(1_000), chip.copy());
    const count = dry.mishaps.seen.indexOf("card-count");
    shop.mishaps = new Mishaps().at(count, { what: "card", when: "inside", torn: { page: "new", part: 0 } });
    await shop.visit(sale(1_000), chip);
    shop.mishaps = new Mishaps();
    expect(chip.wasTorn(2)).toBe(true);
    const other = await shopOf(2);
    expect(await other.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 0, payable: 1_000 });
    expect(await reasons(other)).toEqual(["COUNTER_TORN"]);
    expect(await other.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
  });

  it("has a counter that reads differently each time after a cut count: refused, nothing is written", async () => {
    const shop = await shopOf();
    const chip = await card(7, { chip: "MF0UL21" });
    await shop.visit(topUp(5_000), chip);
    const execute = chip.execute.bind(chip);
    let readings = 0;
    chip.execute = (command) => {
      if (command[0] === 0x3e) return Uint8Array.of(0);
      const answer = execute(command);
      if (command[0] !== 0x39 || typeof answer === "string") return answer;
      readings += 1;
      return readings % 2 === 0 ? answer.with(0, answer[0]! ^ 1) : answer;
    };
    await refused(shop, chip, "COUNTER_UNSTEADY");
  });

  it("says that it counted and did not: no goods, whatever it answers", async () => {
    const shop = await shopOf();
    const chip = await card(7, { chip: "MF0UL21" });
    await shop.visit(topUp(5_000), chip);
    const execute = chip.execute.bind(chip);
    let counts = 0;
    chip.execute = (command) => {
      if (command[0] !== 0xa5) return execute(command);
      counts += 1;
      return counts >= 2 ? Uint8Array.of(type2.ACK) : execute(command);
    };
    const report = (await shop.visit(sale(1_000), chip)) as VisitReport;
    expect(report).toMatchObject({ result: "in-doubt", committed: [], spentCents: 0 });
    expect(centsOf(await shown(chip, PURSE))).toBe(5_000);
  });

  it("cannot be locked by anybody: every lock bit was frozen at personalisation", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    await asOwner(chip, type2.write(CONFIG_PAGES.NTAG215.dynamicLock!, Uint8Array.of(0xff, 0, 0, 0)));
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
  });

  it("has a page that takes no writes all the same: the visit stays in doubt, the old state stands", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    await shop.visit(topUp(5_000), chip);
    const execute = chip.execute.bind(chip);
    const worn = chip.dump();
    chip.execute = (command) => {
      const answer = execute(command);
      if (command[0] !== 0xa2 || command[1] !== 0x49 || typeof answer === "string") return answer;
      execute(type2.write(0x49, worn.slice(0x49 * 4, 0x4a * 4)));
      chip.select();
      return "nak";
    };
    const report = await shop.visit(sale(1_000), chip);
    expect(report).toMatchObject({ result: "in-doubt", reason: "NOT_WRITABLE", committed: [], spentCents: 0 });
    expect(centsOf(await shown(chip, PURSE))).toBe(5_000);
    chip.execute = execute;
    expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
  });

  it("answers to its password as no card of ours does: refused, nothing is in doubt", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    const execute = chip.execute.bind(chip);
    chip.execute = (command) => (command[0] === 0x1b ? Uint8Array.of(0, 0) : execute(command));
    const report = await refused(shop, chip, "WRONG_PASSWORD", topUp(2_000));
    expect(report.giveBackCents).toBe(2_000);
  });

  it("takes another password: nothing is written, and the visit stays in doubt for nobody", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    await asOwner(chip, type2.write(CONFIG_PAGES.NTAG215.password, Uint8Array.of(1, 2, 3, 4)));
    const before = chip.dump();
    const report = (await shop.visit(topUp(2_000), chip)) as VisitReport;
    expect(report).toMatchObject({ result: "refused", reason: "WRONG_PASSWORD", committed: [], giveBackCents: 2_000 });
    expect(chip.dump()).toEqual(before);
    expect(await reasons(shop)).toEqual(["WRONG_PASSWORD"]);
  });
});

describe("a field with more than one card, or another card", () => {
  it("asks for one card only, and goes on with the one that stays", async () => {
    const shop = await shopOf();
    const chip = await card(7);
    const beside = await card(8);
    const before = beside.dump();
    const report = await shop.visitBeside(sale(1_000), chip, beside, () => chip);
    expect(report).toMatchObject({ result: "done", card: 2800010000070 });
    expect(shop.till.screens.some((line) => line.startsWith("Une seule carte"))).toBe(true);
    expect(beside.dump()).toEqual(before);
  });

  it("sends another card away in the middle of a visit", async () => {
    const shop = await shopOf();
    const [chip, other] = [await card(7), await card(8)];
    const before = other.dump();
    shop.mishaps = new Mishaps().at(6, { what: "card", when: "before" });
    let asked = 0;
    const report = await shop.visit(sale(1_000), chip, () => {
      asked += 1;
      return asked === 1 ? other : chip;
    });
    expect(report).toMatchObject({ result: "done", card: 2800010000070 });
    expect(shop.till.screens).toContain("Ce n'est pas la même carte");
    expect(other.dump()).toEqual(before);
  });
});

describe("cards of the key generation before", () => {
  const generationOf = (chip: Type2Chip, page: number) => chip.dump()[4 * page + 1];

  it.each(["NTAG215", "MF0UL21"] as const)("are taken, and written under the new one on touch: %s", async (kind) => {
    const chip = await card(7, { chip: kind });
    await (await shopOf(1)).visit(topUp(5_000), chip);
    const next = await terminal(2, { programmes: [PURSE], image, generation: 2 });
    expect(await next.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
    const slots = kind === "NTAG215" ? [0x38, 0x48] : [0x0b, 0x17];
    expect(slots.map((page) => generationOf(chip, page)).sort()).toEqual([1, 2]);
    expect(await next.visit(sale(1_000), chip)).toMatchObject({ result: "done", spentCents: 1_000 });
    expect(slots.map((page) => generationOf(chip, page))).toEqual([2, 2]);
    // A terminal that was not given the new key does not fall back behind what it cannot read.
    const behind = await shopOf(4);
    expect(await behind.visit(sale(100), chip)).toMatchObject({ result: "refused", reason: "KEY_NOT_HELD" });
    // Two generations on, a card that was not touched is not taken any more.
    const untouched = await card(8, { chip: kind });
    await (await shopOf(1)).visit(topUp(5_000), untouched);
    const later = await terminal(3, { programmes: [PURSE], image, generation: 3 });
    expect(await later.visit(sale(1_000), untouched)).toMatchObject({ result: "refused", reason: "KEY_NOT_HELD" });
  });

  it("that go by their UID are known by the password of either generation", async () => {
    const stamps = await imageOf([fixtureFile("stamps-shop")]);
    const chip = await card(7, { chip: "MF0UL11" });
    const next = await terminal(2, { programmes: [31], image: stamps, generation: 2 });
    expect(await next.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
    const later = await terminal(3, { programmes: [31], image: stamps, generation: 3 });
    expect(await later.visit(sale(1_000), chip)).toMatchObject({ result: "refused", reason: "NOT_OURS" });
  });
});
