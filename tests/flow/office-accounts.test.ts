import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cardNumber, ticketNumber } from "@cachet/card-layout";
import { afterAll, describe, expect, it } from "vitest";
import { testMerchantKey, testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { contentsAt } from "../../host/src/office/lists/build.ts";
import { phoneHash } from "../../host/src/office/lists/phones.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { AT, faultOf, inLedgerOf, newLedgerFile } from "../fixtures/ledger.ts";
import { expectFailure } from "../fixtures/programme-desk.ts";

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
});
