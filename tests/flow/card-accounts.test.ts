import { existsSync, readFileSync } from "node:fs";
import { Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { done } from "../fixtures/at-the-till.ts";
import { centsOf, shown } from "../fixtures/audit.ts";
import { Desk, READER } from "../fixtures/card-desk.ts";
import { ProgrammeDesk } from "../fixtures/programme-desk.ts";
import { fixtureFile, imageOf, programmeFile, terminal, topUp } from "../fixtures/town.ts";

const MEMBERS = 36;
const members = fixtureFile("members");
const files = new ProgrammeDesk("accounts");
afterAll(() => files.remove());
const chipOf = (kind: Type2Chip["chip"]) => new Type2Chip(kind, Uint8Array.of(4, 0xa1, 0xb2, 0xc3, 0xd4, 0, 9));
/** The card is taken away when the command says so, and then nobody brings another. */
function lay(chip: Type2Chip): Desk {
  const desk = new Desk().lay(chip);
  desk.onErr = (text) => {
    if (!text.includes("take the card away")) return;
    desk.field.remove(READER);
    desk.interrupt();
  };
  return desk;
}
const issue = (desk: Desk, file: string, ...more: readonly string[]) =>
  desk.run("personalise", "--count", "1", "--test-keys", "--prepaid", file, "-o", desk.at("cards.csv"), ...more);

const SMALL = `import { cents, prepaid, programme } from "@cachet/firmware/rules";
export default programme({
  number: 62, version: 1, name: "Petit compte", scope: "shop", offlineCap: cents(1000),
  merchants: { 1: { name: "Un", role: "earn-and-spend" } },
  rules: [prepaid({ id: "compte" })],
});`;

describe("cachet card personalise --prepaid", () => {
  it("hands out an account: a ticket with number, check digit and nothing on it, and a card that takes money", async () => {
    const chip = chipOf("NTAG216");
    const desk = lay(chip);
    const { exit, out } = await issue(desk, members);
    expect(exit).toBe(0);
    const lines = out.split("\n");
    expect(lines.slice(0, 5)).toEqual([
      "PREPAID ACCOUNT",
      "Membres",
      "Card               2800010000018",
      "Check digit                    8",
      "Balance                    €0.00",
    ]);
    expect(lines.slice(0, 5).every((line) => line.length <= 32)).toBe(true);
    expect(lines.at(-2)).toBe("1 of 1 written, 1 read back, 0 put aside");
    const shop = await terminal(1, { programmes: [MEMBERS], image: await imageOf([members]) });
    expect(await done(shop, topUp(4_000), chip)).toMatchObject({ card: 2_800_010_000_018, toppedUpCents: 4_000 });
    expect(centsOf(await shown(chip, MEMBERS))).toBe(4_400);
  });

  it("prints no ticket for a card that was handed out before: there may be money on it", async () => {
    const desk = lay(chipOf("NTAG216"));
    await issue(desk, members);
    const again = await desk.run(
      ...["personalise", "--count", "1", "--test-keys", "--prepaid", members, "-o", desk.at("again.csv")],
    );
    expect(again.err).toContain("was this issuer's card already");
    expect(again.out).not.toContain("PREPAID ACCOUNT");
  });

  it.each([
    ["a chip that the programme does not name", "NTAG215", members],
    ["a chip without room for what it keeps", "NTAG213", "big"],
  ] as const)("puts %s aside, untouched", async (_, kind, file) => {
    const big = files.write(
      "big.programme.ts",
      `import { cents, percent, prepaid, programme } from "@cachet/firmware/rules";
export default programme({
  number: 61, version: 1, name: "Compte", scope: "shop", offlineCap: cents(1000),
  merchants: { 1: { name: "Un", role: "earn-and-spend" } },
  rules: [prepaid({ id: "compte", bonus: { bands: [{ from: cents(1000), rate: percent(5) }], validity: { months: 12 }, lots: 8 } })],
});
`,
    );
    const chip = chipOf(kind);
    const blank = chip.dump();
    const desk = lay(chip);
    const { err, out } = await issue(desk, file === "big" ? big : file);
    expect(err).toMatch(/PUT ASIDE: no chip that has room for this order/);
    expect(out).not.toContain("PREPAID");
    expect(chip.dump()).toEqual(blank);
  });

  it("tells programs the same", async () => {
    const desk = new Desk();
    const told = await issue(desk, programmeFile("cafe"), "--reader", "sim", "--json");
    const [row] = told.out.split("\n").map((line) => JSON.parse(line));
    expect(row).toMatchObject({ result: "written", programme: 12, balanceCents: 0 });
    expect(readFileSync(desk.at("cards.csv"), "utf8")).toContain(",written,");
  });

  it("finds no room for money on a chip that goes by its UID: every account has a number with a check digit", async () => {
    const { err } = await issue(lay(chipOf("MF0UL11")), files.write("small.programme.ts", SMALL));
    expect(err).toContain("PUT ASIDE: no chip that has room for this order");
    expect((await issue(lay(chipOf("MF0UL21")), files.at("small.programme.ts"))).out).toContain("Petit compte");
  });

  it("is refused for a programme that keeps no prepaid money, or none at all, before any card is touched", async () => {
    const chip = chipOf("NTAG215");
    const blank = chip.dump();
    const desk = lay(chip);
    expect(await issue(desk, programmeFile("boulangerie"))).toMatchObject({ exit: 1, code: "C-PERSO-06" });
    expect(await issue(desk, desk.at("absent.programme.ts"))).toMatchObject({ exit: 1, code: "C-FILE-01" });
    expect(existsSync(desk.at("cards.csv"))).toBe(false);
    expect(chip.dump()).toEqual(blank);
  });

  it("prints what docs/cards.md shows", async () => {
    const page = readFileSync(`${ROOT}/docs/cards.md`, "utf8");
    const [, ticket = ""] = /--prepaid programmes\/cafe.programme.ts\n([\s\S]*?)```/.exec(page) ?? [];
    expect(ticket.split("\n").slice(0, 5)).toEqual([
      "COMPTE PRÉPAYÉ",
      "Café de la Gare",
      "Carte              2800010000424",
      "Clé de contrôle                4",
      "Solde                     0,00 €",
    ]);
  });
});
