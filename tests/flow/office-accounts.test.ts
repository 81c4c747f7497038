import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cardNumber, ticketNumber } from "@cachet/card-layout";
import { afterAll, describe, expect, it } from "vitest";
import { testMerchantKey, testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { contentsAt } from "../../host/src/office/lists/build.ts";
import { phoneHash } from "../../host/src/office/lists/phones.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { saleBy } from "../fixtures/account-list.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { AT, faultOf, inLedgerOf, newLedgerFile } from "../fixtures/ledger.ts";
import { expectFailure } from "../fixtures/programme-desk.ts";
import remembering from "../fixtures/programmes/remembering.programme.ts";
import { fixtureFile, imageOf, programmeFile, terminal } from "../fixtures/town.ts";

const home = mkdtempSync(join(tmpdir(), "cachet-accounts-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const office = (...words: readonly string[]) => cachetIn(home, "office", ...words);
const HER = String(cardNumber(1, 77));
const TOWN = ["--programme", "20"];

describe("cachet office account and phone", () => {
  it("open an account, put value in and take it out, and name it by a phone number, all on the next list", async () => {
    const ledger = await newLedgerFile(join(home, "ledger.sqlite"));
    await enrolTerminal(ledger, 1, 1, testTerminalSigner(1).publicKey, AT);
    await ledger.destroy();
    expectFailure(office("account", "show", HER), 1, "C-ACCOUNT-02", "is no account without a chip", "account put");
    expect(office("account", "put", HER, ...TOWN, "--cagnotte", "0").out).toContain("cagnotte €0.00");
    expect(office("account", "put", HER, ...TOWN, "--cagnotte", "12.50").out).toContain("cagnotte €12.50");
    expect(office("account", "take", HER, ...TOWN, "--cagnotte", "2.50").out).toContain("cagnotte €10.00");
    expect(office("account", "put", HER, ...TOWN, "--prepaid", "20", "--merchant", "1").out).toContain(
      "prepaid €20.00",
    );
    const phone = ["--merchant", "1", "--number", "06 12 34 56 78", "--test-keys"];
    expect(office("phone", "put", HER, ...phone).out).toContain("only a keyed hash is kept");
    const made = JSON.parse(office("lists", "--test-keys", "--issuer", "1", "-o", join(home, "out"), "--json").out);
    await inLedgerOf(home, async (of) => {
      const { sections } = (await contentsAt(of, made.version))!;
      expect(sections.balances.at(0)).toMatchObject({ account: Number(HER), programme: 20, balance: 1_000 });
      expect(sections.ceilings.at(0)).toMatchObject({ terminal: 1, ceiling: 1_000 });
      const hash = phoneHash(testMerchantKey("list", 1, 1), "+33612345678");
      expect(sections.phones.at(0)).toEqual({ merchant: 1, hash, card: Number(HER) });
      expect(await faultOf(of)).toBeNull();
    });
    const receipt = String(ticketNumber(1, 12));
    expect(office("account", "put", receipt, ...TOWN, "--points", "5").out).toContain("points 5");
    expectFailure(office("account", "show", "12345678901234567"), 2, "C-USAGE-01", "no card number");
    const shown = office("account", "show", HER);
    expect(shown.out).toContain("T-0001  spent cagnotte €0.00, may still spend cagnotte €10.00");
    const more = office("account", "take", HER, ...TOWN, "--cagnotte", "0.01");
    expectFailure(
      more,
      1,
      "C-ACCOUNT-01",
      "terminals may still let cagnotte €10.00 of it go",
      "nothing was changed",
      "take less",
    );
    expect(office("phone", "remove", ...phone).out).toContain("on no list of merchant 1");
  });

  it("refuse what names no purse, two of them, no number and no account", () => {
    expectFailure(office("account", "put", HER, ...TOWN), 2, "C-USAGE-01", "one purse");
    expectFailure(
      office("account", "put", HER, ...TOWN, "--cagnotte", "1", "--points", "1"),
      2,
      "C-USAGE-01",
      "one purse",
    );
    expectFailure(office("account", "put", "42", ...TOWN, "--points", "1"), 2, "C-USAGE-01", "no card number");
    expectFailure(office("account", "put", HER, ...TOWN, "--cagnotte", "1.5"), 2, "C-USAGE-01", "no amount");
    const phone = ["phone", "put", HER, "--merchant", "1", "--test-keys", "--number"];
    expectFailure(office(...phone, "12"), 2, "C-USAGE-01", "no phone number as people write it in FR");
  });

  it("count for accounts what terminals do not: levels and more, under every version that ran", async () => {
    const town = mkdtempSync(join(tmpdir(), "cachet-counting-"));
    const counting = (...words: readonly string[]) => cachetIn(town, "office", "account", "count", ...words);
    const [file, other] = [fixtureFile("remembering"), programmeFile("boulangerie")];
    try {
      const shop = await terminal(1, { programmes: [20], image: await imageOf([file]) });
      await shop.serve(saleBy(Number(HER), 10_000));
      await shop.serve(saleBy(Number(HER), 2_000));
      const ledger = await newLedgerFile(join(town, "ledger.sqlite"));
      await enrolTerminal(ledger, 1, 1, testTerminalSigner(1).publicKey, AT);
      expect(await importBatch(ledger, shop.collect(), AT)).toMatchObject({ status: "accepted" });
      await ledger.destroy();
      expect(counting(file).out).toContain("no account of this programme has a visit");
      cachetIn(town, "office", "account", "put", HER, ...TOWN, "--cagnotte", "0");
      expect(counting(file).out).toMatch(/…0773 {4}argent {7}2 {13}- {4}€1\.50\n\nnothing is written; --post gives it/);
      expect(counting(file, "--post").out).toContain("promised to them: the next list brings it");
      const again = JSON.parse(counting(file, "--post", "--json").out);
      expect(again).toMatchObject({ accounts: [{ given: { cents: 150 }, toGive: {} }], apart: [] });
      expectFailure(counting(file, other), 1, "C-ACCOUNT-03", "programmes 20 and 11", "one programme at a time");
      expectFailure(counting(file, file), 1, "C-ACCOUNT-03", "two files say version 1", "each version once");
      const strange = join(town, "second.programme.json");
      writeFileSync(strange, JSON.stringify({ ...remembering, version: 2 }));
      const apart = counting(strange);
      expect(apart.code).toBe(1);
      expect(apart.err).toContain("T-0001-2: it was under version 1, whose file was not named");
    } finally {
      rmSync(town, { recursive: true, force: true });
    }
  });
});
