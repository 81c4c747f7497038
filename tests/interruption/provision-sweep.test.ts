import { cardNumber } from "@cachet/card-layout";
import { contentsOf, fileUpload, listApply, listStatus, terminalIdentity } from "@cachet/firmware/wire";
import { type Mishap, Mishaps, type OperationKind, PowerCut, type SimTerminal, SimTimer } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testOfficeSigner } from "../../host/src/keys/test-keys.ts";
import { signFullList } from "../../host/src/office/sign.ts";
import { blankTerminal, logIn, provisionOver } from "../fixtures/blank-terminal.ts";
import { ask, MemoryLine } from "../fixtures/memory-line.ts";
import { card, ISSUER, NOON, sale } from "../fixtures/town.ts";
import { mishapsFor } from "./sweep.ts";

/** A new terminal's first day, with the power cut before, inside and after every file operation. */
const office = testOfficeSigner();
const BLOCKED_SERIAL = 66;
const LIST = signFullList(
  contentsOf(
    { issuer: ISSUER, version: 1, issued: NOON, officeKey: office.publicKey },
    { blocked: [{ card: cardNumber(ISSUER, BLOCKED_SERIAL), reason: "lost" }] },
  ),
  office,
);

interface Day {
  readonly shop: SimTerminal;
  readonly line: MemoryLine;
  readonly timer: SimTimer;
}

async function newDay(mishaps: Mishaps): Promise<Day> {
  const [line, timer] = [new MemoryLine(), new SimTimer()];
  const shop = await blankTerminal(line, { timer });
  // What the maker puts into the flash is there before anything can go wrong.
  await shop.boot();
  shop.powerOff();
  shop.mishaps = mishaps;
  return { shop, line, timer };
}

/** The power goes wherever the terminal is: what it was asked is never answered. */
const asked = <T>(day: Day, what: (stopped: Promise<never>) => Promise<T>): Promise<T> =>
  what(day.shop.supervisor.stopped);

async function provisioned(day: Day): Promise<void> {
  const answer = await asked(day, (stopped) => Promise.race([provisionOver(day.line, {}, stopped), stopped]));
  if (!answer.ok) throw new Error(`provision: ${answer.rc}`);
  day.shop.powerOff();
  await day.shop.boot();
}

async function listed(day: Day): Promise<void> {
  await logIn(day.line);
  const name = "/lists/today";
  await ask(day.line, fileUpload, { off: 0, data: LIST, name, len: LIST.length });
  const answer = await asked(day, (stopped) => ask(day.line, listApply, { name }, stopped));
  if (!answer.ok) throw new Error(`list: ${answer.rc}`);
}

async function sold(day: Day, serial: number): Promise<void> {
  const report = await day.shop.visit(sale(1_000), await card(serial));
  if (report === "power-cut") throw new PowerCut("in a visit");
  expect(report).toMatchObject({ result: "done" });
}

async function firstDay(day: Day): Promise<void> {
  await day.shop.boot();
  await provisioned(day);
  await sold(day, 1);
  await listed(day);
  await sold(day, 2);
}

async function isBlank(line: MemoryLine): Promise<boolean> {
  const who = await ask(line, terminalIdentity, {});
  return who.ok && who.value.terminal === undefined;
}

/** Whatever was cut, the terminal starts, can be given what it lacks, sells, and lost no entry. */
async function expectItGoesOn(day: Day, title: string): Promise<void> {
  const { shop, line } = day;
  shop.mishaps = new Mishaps();
  shop.powerOff();
  line.answers.length = 0;
  await shop.boot();
  const entries = shop.entryCount;
  if (await isBlank(line)) await provisioned(day);
  await sold(day, 3);
  expect(shop.entryCount, title).toBeGreaterThan(entries);
  await logIn(line);
  const held = await ask(line, listStatus, {});
  if (held.ok && held.value.version === 0) await listed(day);
  const report = await shop.visit(sale(1_000), await card(BLOCKED_SERIAL));
  expect(report, title).toMatchObject({ result: "refused", reason: "BLOCKED" });
  shop.powerOff();
}

function mishapsOf(kind: OperationKind): Mishap[] {
  if (kind.startsWith("card")) return [];
  const planned = mishapsFor(kind).filter(({ what }) => what === "power");
  if (kind !== "file-replace" && kind !== "file-truncate") return planned;
  return [...planned, { what: "power", when: "inside", torn: { page: "new", part: 255 } }];
}

describe("the first day of a terminal, with the power cut anywhere", () => {
  it("ends with a terminal that belongs to the office, sells, and knows the list", async () => {
    const whole = new Mishaps();
    const undisturbed = await newDay(whole);
    await firstDay(undisturbed);
    undisturbed.shop.powerOff();
    let cuts = 0;
    for (const [operation, kind] of whole.seen.entries()) {
      for (const mishap of mishapsOf(kind)) {
        const title = `${mishap.when} operation ${operation} (${kind}), ${mishap.torn?.page ?? ""} ${mishap.torn?.part ?? ""}`;
        const day = await newDay(new Mishaps().at(operation, mishap));
        await expect(firstDay(day), title).rejects.toBeInstanceOf(PowerCut);
        await expectItGoesOn(day, title);
        cuts += 1;
      }
    }
    const files = whole.seen.filter((kind) => !kind.startsWith("card")).length;
    console.log(`first day of a terminal: ${files} file operations, ${cuts} cuts`);
    expect(cuts).toBeGreaterThan(40);
  });
});
