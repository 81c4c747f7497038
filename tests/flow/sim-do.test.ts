import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildImage } from "../../host/src/image/build.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { ROOT } from "../boundaries/sources.ts";
import { expectFailure } from "../fixtures/programme-desk.ts";
import { type SimProcess, simFolder, startSim } from "../fixtures/sim-process.ts";
import { fixtureFile } from "../fixtures/town.ts";

let sim: SimProcess;
const HOME = simFolder();

function does(...words: readonly string[]) {
  const command = [join(ROOT, "host/bin/cachet.mjs"), "sim", "do", ...words, "--dir", sim.dir];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: HOME },
  });
  return { code: status, out: stdout, err: stderr };
}
const says = (line: string) => does(...line.split(" "));
const json = (line: string) => JSON.parse(says(`${line} --json`).out);

/** One after the other on one simulator: a card of each test's own. */
beforeAll(async () => {
  const image = join(simFolder(), "members.img");
  const version = { major: 1, minor: 0, revision: 0, build: 0 };
  const built = await buildImage([fixtureFile("members")], { version, securityCounter: 1, signer: testImageSigner() });
  writeFileSync(image, built.file);
  sim = await startSim(["--terminals", "2", "--image", image], undefined, 2);
  says("clock 2026-06-18T12:00:00+02:00");
  says("clock 2026-06-18T12:00:00+02:00 at 2");
});
afterAll(async () => {
  await sim.stop();
});

describe("cachet sim do, of a visit", () => {
  it("that is refused ends with 1, and says why, what the card holds of it, and what to do", () => {
    says("card anna chip NTAG216");
    const early = says("tap anna sale 10.00 late A-1 2026-06-19T10:00:00+02:00");
    expectFailure(early, 1, "C-SIM-09", "refused: IN_THE_FUTURE", "dated later than the terminal's clock");
    expectFailure(early, 1, "C-SIM-09", "nothing was written on the card", "cachet explain IN_THE_FUTURE");
    expect(early.out).toBe("");
    expectFailure(says("tap anna sale 10.00 late A-2 2026-06-17T10:00:00+02:00"), 1, "C-SIM-09", "refused: TOO_LATE");
    const paid = says("tap anna buy 99.99 36 seances 2");
    expectFailure(paid, 1, "C-SIM-09", "WRONG_AMOUNT", "€99.99 of cash go back to the customer");
  });

  it("that is refused tells programs the error and the report in one document", () => {
    says("card ben chip NTAG216");
    const told = says("tap ben give 36 points 60 --json");
    expect(told).toMatchObject({ code: 1, err: "" });
    expect(JSON.parse(told.out)).toMatchObject({
      error: { code: "C-SIM-09", next: [expect.stringContaining("balance"), expect.stringContaining("INSUFFICIENT")] },
      report: { result: "refused", reason: "INSUFFICIENT" },
      slips: [],
    });
  });

  it("that was cut ends with 4, and one whose card left with 3", () => {
    says("card carla chip NTAG216");
    says("fault tear:after-block-2");
    expectFailure(says("tap carla sale 10.00"), 4, "C-SIM-10", "in-doubt: ticket", '"again"', "may be on the card");
    expect(says("tap carla sale 10.00 again")).toMatchObject({ code: 0, out: expect.stringMatching(/^done: ticket/) });
    says("fault power:before-commit");
    expectFailure(says("tap carla sale 5.00"), 4, "C-SIM-10", "stopped: power cut", "cachet sim do power on");
    says("power on");
    expect(says("tap carla sale 5.00 again").code).toBe(0);
    says("fault tear:before-block-1");
    expect([3, 4]).toContain(says("tap carla sale 5.00").code);
    expect(says("tap carla settle").code).toBe(0);
  });

  it("that asks for the balance prints what is on the card", () => {
    says("card dora chip NTAG216");
    says("tap dora buy 100.00 36 seances 2");
    const { code, out } = says("tap dora balance");
    expect(code).toBe(0);
    expect(out).toMatch(/^done\n {2}.*Studio\n[\s\S]*Membres\n[\s\S]*Solde séances +11\n/);
    // A sale has a ticket: its slip is on paper, and its line stays one line.
    expect(says("tap dora sale 10.00").out).toMatch(/^done: ticket \d+, .*\n$/);
  });

  it("gives programs the lines of the slip, and its code, which another terminal takes", () => {
    says("card emil chip NTAG216");
    const { report, slips, code } = json("tap emil sale 42.00");
    expect(report).toMatchObject({ result: "done" });
    expect(slips).toHaveLength(1);
    expect(slips[0].join("\n")).toMatch(/Ticket T-0001-\d+[\s\S]*Total +42,00 €[\s\S]*\[QR\]/);
    expect(code).toMatch(/^[A-Z2-7]{20,}$/);
    expect(slips[0].join("")).toContain(code);
    expect(says(`tap emil refund ${code} at 2`)).toMatchObject({
      code: 0,
      out: expect.stringContaining("pay out 4200"),
    });
  });

  it("takes a ticket by its name as well as its number, where it is this terminal's", () => {
    says("card flora chip NTAG216");
    says("card gaston chip NTAG216");
    const { ticket } = json("tap flora sale 99.00").report;
    const given = json("tap flora give 36 points 60").report.ticket;
    expectFailure(
      says(`tap gaston receive T-0002-${given}`),
      1,
      "C-SIM-08",
      `receive: "T-0002-${given}" is not a ticket of this terminal, such as 42 or T-0001-42`,
    );
    expectFailure(says(`tap gaston receive T-0001-${given} at 2`), 1, "C-SIM-08", "T-0002-42");
    expectFailure(says("tap gaston receive T-1-7"), 1, "C-SIM-08", '"T-1-7" is not a ticket');
    expect(json(`tap gaston receive T-0001-${given}`).report).toMatchObject({ result: "done" });
    expect(json(`tap flora refund T-0001-${ticket}`).report).toMatchObject({ payOutCents: 9_900 });
  });
});

describe("cachet sim do, of paper", () => {
  const at = (name: string) => join(HOME, name);

  it("keeps what is printed as text, as a picture and as bytes for a printer", () => {
    says("card hugo chip NTAG216");
    expect(says(`tap hugo sale 12.50 --paper ${at("a.txt")}`)).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(at("a.txt"), "utf8")).toMatch(/Total {20}12,50 €\n/);
    says(`reprint last --paper ${at("a.svg")} --columns 48`);
    expect(readFileSync(at("a.svg"), "utf8")).toMatch(/^<svg [\s\S]*DUPLICATA[\s\S]*<path /);
    says(`reprint last --paper ${at("a.bin")} --columns 48`);
    expect([...readFileSync(at("a.bin")).subarray(0, 4)]).toEqual([0x1b, 0x40, 0x1c, 0x2e]);
    expect(says("tap hugo balance --paper a.pdf").err).toContain('"a.pdf" ends with none of .txt, .svg');
    expect(says("tap hugo balance --columns 40").err).toContain('"40" is neither 32 (58 mm) nor 48 (80 mm)');
  });

  it("prints a ticket once more, from the journal, over a power cut and in another language", () => {
    says("card ida chip NTAG216");
    const first = json("tap ida sale 20.00");
    says("power cycle");
    const again = json(`reprint T-0001-${first.report.ticket}`);
    expect(again.report).toMatchObject({ result: "done", ticket: first.report.ticket, card: first.report.card });
    expect(again.slips[0].filter((line: string) => line.trim() !== "DUPLICATA")).toEqual(first.slips[0]);
    expect(again.code).toBe(first.code);
    says("language en");
    expect(json("reprint last").slips[0].join("\n")).toMatch(/DUPLICATE[\s\S]*Total +€20\.00/);
    says("language fr");
    expectFailure(says("reprint 999999"), 1, "C-SIM-09", "refused: TICKET_UNKNOWN");
    expectFailure(says("reprint T-0002-3"), 1, "C-SIM-08", "last, or a ticket of this terminal");
  });

  it("loses nothing without paper: the visit stands, the code is told, and the ticket comes out later", () => {
    says("card jean chip NTAG216");
    says("paper out");
    const visit = json("tap jean sale 30.00");
    expect(visit.report).toMatchObject({
      result: "done",
      unprinted: { code: expect.stringMatching(/^[A-Z2-7]{20,}$/) },
    });
    expect(visit.slips).toEqual([]);
    expect(json("reprint last").report).toMatchObject({ unprinted: { code: visit.report.unprinted.code } });
    says("paper in");
    const later = json("reprint last");
    expect(later).toMatchObject({ code: visit.report.unprinted.code, report: { ticket: visit.report.ticket } });
    expect(later.report.unprinted).toBeUndefined();
  });

  it("tells a customer without a card what it would have brought", () => {
    const { report, slips } = json("without-card 62.00");
    expect(report).toMatchObject({ result: "done", payable: 6_200 });
    expect(slips[0].join(" ").replaceAll(/\s+/g, " ")).toMatch(/Avec la carte : .*62 points.* sur ce ticket/);
    expectFailure(says("without-card"), 1, "C-SIM-08", "is not an amount such as 12.50");
  });
});

describe("cachet sim do, without a card", () => {
  it("serves an account by its number or by its stripe, and tells the till's number again", () => {
    expect(json("account 2800010000421 sale 10.00")).toMatchObject({
      report: { result: "done", card: 2_800_010_000_421, payable: 1_000 },
      slips: [expect.arrayContaining([expect.stringContaining("0421")])],
    });
    expect(json("account 2800010000421 sale 10.00 again")).toMatchObject({ report: { result: "already-done" } });
    expect(json("swipe ;280001000042130? sale 12.00")).toMatchObject({
      report: { result: "done", card: 2_800_010_000_421 },
    });
    expect(json("account 2800010000421 balance")).toMatchObject({ report: { result: "done" } });
  });

  it("takes a visit without a card back by its ticket, once", () => {
    const { report } = json("account 2800010000421 sale 20.00");
    expect(json(`account 2800010000421 refund ${report.ticket}`)).toMatchObject({
      report: { result: "done", card: 2_800_010_000_421, payOutCents: 2_000 },
    });
    expectFailure(says(`account 2800010000421 refund ${report.ticket}`), 1, "C-SIM-09", "ALREADY_USED");
  });

  it("moves points from one receipt to the next, and takes no old one", () => {
    const points = (slips: readonly (readonly string[])[]) => /Solde points? +(\d+)/i.exec(slips[0]!.join("\n"))?.[1];
    const first = json("ticket new sale 123.00");
    const { code } = first;
    const second = json(`ticket ${code} sale 100.00`);
    expect([points(first.slips), points(second.slips)]).toEqual(["123", "223"]);
    expectFailure(says(`ticket ${code} sale 100.00`), 1, "C-SIM-09", "ALREADY_USED");
    expectFailure(says("ticket NONSENSE sale 100.00"), 1, "C-SIM-09", "BAD_CODE");
  });

  it("drops a bank card, and says of an unreadable stripe what to do", () => {
    const bank = says("swipe ;4111111111111111=25121011234500000000? sale 10.00");
    expect(bank.code).toBe(1);
    expect(bank.err + bank.out).toContain("bank card");
    expect(bank.err + bank.out).not.toMatch(/4111|1111/);
    expect(says("swipe ;28000100 sale 10.00").err).toContain("unreadable (cut): swipe it again");
    expect(says("account 42 sale 10.00").err).toContain("an account's number: 13 digits");
    expect(says("account 2800010000421 top-up 50.00").err).toContain("needs a card");
    expectFailure(says("account 2800010000421 sale 10.00 use 1"), 1, "C-SIM-09", "CARD_NEEDED", "tap the card");
  });
});
