import { type Chip, CounterIdentity, Identity, PAGE_BYTES, type2 } from "@cachet/card-layout";
import type { SaleRequest } from "@cachet/firmware/hal";
import { AirLog, chipInField, newV8Sandbox, SimClock, SimTerminal, Type2Chip } from "@cachet/terminal-sim";
import { simOffice } from "../host/src/cli/sim-office.ts";
import { buildImage } from "../host/src/image/build.ts";
import { testImageSigner } from "../host/src/keys/test-keys.ts";
import { migrate } from "../host/src/office/migrations.ts";
import type { Ledger } from "../host/src/office/schema.ts";
import { openDatabase } from "../host/src/ports/database/index.ts";

const PROGRAMME = "programmes/boulangerie.programme.ts";
const MERCHANT = 1;
const NOON = 1_781_517_600;
const UID = Uint8Array.of(0x04, 1, 2, 3, 4, 5, 6);

/** What a stamp visit takes on air by the model of ISO/IEC 14443, and the least that the bytes which must cross could take. */
export interface AirTime {
  readonly chip: Chip;
  readonly microseconds: number;
  readonly least: number;
}

const stampVisit = (visit: number): SaleRequest => ({
  kind: "sale",
  visit,
  lines: [{ amount: 1_250, quantity: 1 }],
  tip: 0,
});

/** Commands without which a visit could do: asking for the version and for cut increments, and the password. */
const SPARED = new Set([type2.getVersion()[0], type2.checkTearing(2)[0], type2.passwordAuth(UID)[0]]);
const FIRST_PAGE = 4;

/**
 * The same visit with nothing but what must cross: the identity record and the area once, the pages that change, the record read
 * back, and on chips with counters the two counts, the counter before and the counter after.
 */
function least(log: AirLog, chip: Chip): number {
  const spare = new AirLog();
  for (const wake of log.selections) spare.selected(wake);
  const identity = 2 + (chip.startsWith("NTAG") ? Identity.size : CounterIdentity.size);
  for (const { command, answer } of log.exchanges) {
    if (SPARED.has(command[0])) continue;
    const isIdentity = command[0] === 0x3a && command[1] === FIRST_PAGE;
    const pages = Math.ceil(identity / PAGE_BYTES);
    spare.exchanged(command, isIdentity ? new Uint8Array(pages * PAGE_BYTES) : answer);
  }
  return spare.airTimeUs();
}

async function stampVisitOn(chip: Chip): Promise<AirTime> {
  const { file, programmes } = await buildImage([PROGRAMME], {
    version: { major: 1, minor: 0, revision: 0, build: 0 },
    securityCounter: 1,
    signer: testImageSigner(),
  });
  const ledger: Ledger = openDatabase("sqlite::memory:");
  await migrate(ledger);
  const office = simOffice(ledger, programmes, chipInField);
  const terminal = new SimTerminal({
    belonging: await office.enrol(1, MERCHANT, NOON),
    image: file,
    clock: new SimClock(NOON, () => 120),
    newSandbox: newV8Sandbox,
  });
  await terminal.powerOn();
  const card = new Type2Chip(chip, UID);
  await office.personalise(card, 1, 9_600);
  // Both slots hold a record by the third visit: what every later one finds.
  for (let visit = 1; visit <= 3; visit += 1) await terminal.visit(stampVisit(visit), card);
  const log = new AirLog();
  terminal.listen(log);
  const report = await terminal.visit(stampVisit(4), card);
  if (report === "power-cut" || report.result !== "done") throw new Error(`the visit on ${chip} was not done`);
  terminal.powerOff();
  await ledger.destroy();
  return { chip, microseconds: log.airTimeUs(), least: least(log, chip) };
}

/** A stamp visit on the two kinds of chip: without and with a commit counter. */
export async function stampVisits(): Promise<readonly AirTime[]> {
  return [await stampVisitOn("NTAG215"), await stampVisitOn("MF0UL21")];
}
