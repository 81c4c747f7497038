import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cardNumber, toHex } from "@cachet/card-layout";
import { entryHash } from "@cachet/firmware/wire";
import { afterAll, describe, expect, it } from "vitest";
import { importBatch } from "../../host/src/office/import.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { cachetIn } from "../fixtures/cachet.ts";
import { earned, freshCard, HandJournal } from "../fixtures/hand-journal.ts";
import { AT, inLedgerOf } from "../fixtures/ledger.ts";
import { expectFailure } from "../fixtures/programme-desk.ts";

const home = mkdtempSync(join(tmpdir(), "cachet-card-office-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const [CARD, NEXT] = [1, 2].map((serial) => String(cardNumber(1, serial))) as [string, string];
/** With a wrong digit at its end. */
const NONE = String(Number(CARD) + 1);

const cachet = (...words: readonly string[]) => cachetIn(home, ...words);
const told = (...words: readonly string[]) => {
  const { code, out, err } = cachet(...words, "--json");
  expect(code, err).toBe(0);
  return JSON.parse(out);
};

/** A terminal that sold to the card: 7.00 on it. */
async function sold(): Promise<void> {
  const journal = new HandJournal(1);
  journal.visit(freshCard(Number(CARD), 20), earned(700));
  await inLedgerOf(home, async (ledger) => {
    await enrolTerminal(ledger, 1, 1, journal.signer.publicKey, AT);
    await importBatch(ledger, { name: "a", file: journal.batch() }, AT);
  });
}

describe("what the counter of the association does to cards", () => {
  it("tells what became of a card, ticket by ticket, with the seal that its paper has", async () => {
    expectFailure(cachet("card", "history", CARD), 1, "C-HOME-02");
    await sold();
    const { visits } = told("card", "history", CARD);
    expect(visits).toMatchObject([
      { ticket: "T-0001-1", kind: "sale", outcome: "committed", earned_cents: 700, holds_cents: 700 },
    ]);
    const [{ seal, at }] = visits;
    await inLedgerOf(home, async (ledger) => {
      const { stored } = await ledger
        .selectFrom("entry")
        .select("stored")
        .where("number", "=", 1)
        .executeTakeFirstOrThrow();
      expect(seal).toBe(toHex(entryHash(sha256, stored)));
    });
    const said = cachet("card", "history", CARD);
    expect(said.out).toContain(`${at}  T-0001-1  ${seal.slice(0, 8)}  sale`);
    expect(said.out).toContain("€7.00");
    expect(cachet("card", "history", CARD, "--to", "2001-01-01").out).toContain("the books know no visit of it");
    expect(cachet("card", "history", NONE).err).toContain("is no card number");
  });

  it("blocks one, says so again, and lets it go on", async () => {
    expect(told("card", "block", CARD, "--reason", "stolen")).toMatchObject({ blocked: true, changed: true });
    expect(cachet("card", "block", CARD, "--reason", "stolen").out).toContain("was blocked (stolen) already");
    expect(told("card", "block", CARD, "--lift")).toMatchObject({ blocked: false, changed: true });
    expect(cachet("card", "block", NONE).err).toContain("is no card number");
    expect(cachet("card", "block", CARD, "--reason", "angry").code).toBe(2);
  });

  it("repairs one at one terminal, where the books know a record", () => {
    const words = ["--programme", "20", "--terminal", "1"];
    expect(told("card", "repair", CARD, ...words, "--counter", "8").credits).toMatchObject([{ why: "restore" }]);
    expectFailure(cachet("card", "repair", NEXT, ...words), 1, "C-CREDIT-03", "the books know no record");
    expectFailure(
      cachet("card", "repair", CARD, ...words, "--counter", "8"),
      1,
      "C-CREDIT-03",
      "credit 1 repairs card",
    );
    const elsewhere = ["--programme", "20", "--terminal", "99"];
    expectFailure(cachet("card", "repair", CARD, ...elsewhere), 1, "C-CREDIT-03", "T-0099 is no terminal in use");
  });

  it("credits a thing once, and says what is missing", () => {
    const order = ["--programme", "20", "--cagnotte", "12.50", "--source", "order 7"];
    expect(told("office", "credit", CARD, ...order).credits).toMatchObject([{ number: 2, why: "gift" }]);
    expectFailure(cachet("office", "credit", CARD, ...order), 1, "C-CREDIT-01", "order 7 was credited before");
    expectFailure(cachet("office", "credit", CARD, ...order.slice(0, 4), "--source", " "), 2, "C-USAGE-01", "--source");
    expectFailure(cachet("office", "credit", CARD, "--ticket", "T-0001-1"), 1, "C-CREDIT-02", "no value left a card");
    expectFailure(cachet("office", "credit", CARD, ...order.slice(0, 4)), 2, "C-USAGE-01", "--source");
    expectFailure(cachet("office", "credit", CARD, ...order.slice(2)), 2, "C-USAGE-01", "--programme");
    expectFailure(cachet("office", "credit", CARD, "--programme", "20"), 2, "C-USAGE-01", "--prepaid");
    expect(cachet("office", "credit", CARD, ...order, "--points", "1.5").err).toContain("is no count");
  });

  it("replaces one at once where somebody asks for it, and says what that costs", () => {
    expectFailure(cachet("card", "replace", CARD, "12x"), 2, "C-USAGE-01");
    expectFailure(cachet("card", "replace", CARD, CARD), 1, "C-CREDIT-03", "cannot take its own place");
    const begun = told("card", "replace", CARD, "2");
    expect(begun).toMatchObject({ new: Number(NEXT), moved: false, awaited: ["T-0001"], held_cents: 700 });
    expectFailure(cachet("card", "replace", CARD, "3"), 1, "C-CREDIT-03", `is being replaced by card ${NEXT}`);
    const { out } = cachet("card", "replace", CARD, "2", "--now");
    expect(out).toMatch(/^EXPOSURE {2}€7\.00, .* at T-0001$/m);
    expect(out).toContain("credit 2, programme 20: €12.50");
    expectFailure(cachet("card", "replace", CARD, "2"), 1, "C-CREDIT-03", "has moved already");
    // It could be spent twice then.
    const gift = ["--programme", "20", "--cagnotte", "1", "--source", "late"];
    expectFailure(cachet("office", "credit", CARD, ...gift), 1, "C-CREDIT-04", "is blocked (replaced)");
    expectFailure(cachet("office", "credit", NEXT, ...gift, "--until", "2020-01-01"), 2, "C-USAGE-01", "is over");
    expectFailure(cachet("card", "block", CARD, "--lift"), 1, "C-CREDIT-03", `card ${NEXT} takes the place`);
    expectFailure(cachet("card", "repair", CARD, "--programme", "20", "--terminal", "1"), 1, "C-CREDIT-03", "blocked");
    expectFailure(cachet("card", "replace", NEXT, CARD), 1, "C-CREDIT-03", "is in use");
  });

  it("is signed into a list by the office's key, and by no other", () => {
    const out = join(home, "out");
    expectFailure(cachet("office", "lists", "-o", out, "--test-keys", "--terminal", "99"), 1, "C-OFFICE-01", "T-0099");
    expect(told("office", "lists", "-o", out, "--test-keys")).toMatchObject({ version: 1, blocked: 1, credits: 2 });
    expect(readdirSync(out)).toEqual(["T-0001.receipt", "list-00000001.list"]);
    expectFailure(cachet("office", "lists", "-o", out), 1, "C-KEY-02");
    const pass = join(home, "pass");
    writeFileSync(pass, "correct horse battery\n");
    const sealed = ["--passphrase-file", pass];
    expect(cachet("keys", "init", "--issuer", "1", "--programme", "20", ...sealed).code).toBe(0);
    expect(told("office", "lists", "-o", out, ...sealed)).toMatchObject({ version: 2 });
    writeFileSync(pass, "another horse battery\n");
    expectFailure(cachet("office", "lists", "-o", out, ...sealed), 1, "C-KEY-06");
    const bundle = join(home, "b.bundle");
    writeFileSync(pass, "correct horse battery\n");
    const own = join(home, "own");
    writeFileSync(own, "staple of another bundle\n");
    const lent = ["--for", "Luc", "--days", "3", "--bundle-passphrase-file", own];
    expect(cachet("keys", "bundle", "-o", bundle, ...lent, ...sealed).code).toBe(0);
    expectFailure(cachet("office", "lists", "-o", out, "--keys", bundle, "--passphrase-file", own), 1, "C-KEY-14");
  });
});
