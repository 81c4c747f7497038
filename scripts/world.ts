import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chipInField, drawnCustomers, newV8Sandbox, runWorld } from "@cachet/terminal-sim";
import { TOWN_BY_HAND, testImage, WORLD_PROGRAMMES } from "../host/src/cli/sim-image.ts";
import { simOffice } from "../host/src/cli/sim-office.ts";
import { worldStreet } from "../host/src/cli/sim-street.ts";
import { parisOffset } from "../host/src/cli/sim-zone.ts";
import { attacksNamed, faultsNamed } from "../host/src/cli/world-names.ts";
import { migrate } from "../host/src/office/migrations.ts";
import type { Ledger } from "../host/src/office/schema.ts";
import { doNotWaitForDisk, openDatabase } from "../host/src/ports/database/index.ts";

/** A world that is measured: how many there are of each, and how many customers come on a day. */
export interface MeasuredWorld {
  readonly terminals: number;
  readonly cards: number;
  readonly days: number;
  readonly visitsPerDay: number;
}

/** What a world took. Microseconds are of the processor, all threads, for one visit. */
export interface WorldTaken {
  readonly visits: number;
  /** The whole loop by the clock on the wall: town made, days, evenings, nights, promises, the last round. */
  readonly perSecond: number;
  readonly whole: number;
  /** The days and their nights, without the making of the town and the last round, in which every card comes. */
  readonly ofDays: number;
  readonly broken: number;
}

/** Microseconds of the processor so far. */
function processor(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** Lives through the days of a world on V8 with every fault and attack, as `cachet sim world --days` does, and keeps time. */
export async function worldTaken(world: MeasuredWorld, seed = 1): Promise<WorldTaken> {
  const image = await testImage(WORLD_PROGRAMMES, "nothing was measured");
  const folder = mkdtempSync(join(tmpdir(), "cachet-bench-"));
  const ledger: Ledger = openDatabase(`sqlite:${join(folder, "ledger.sqlite")}`);
  await migrate(ledger);
  await doNotWaitForDisk(ledger);
  const { days, terminals, cards, visitsPerDay } = world;
  let [done, first, last] = [0, 0, 0];
  const [began, at] = [performance.now(), processor()];
  const run = await runWorld({
    ...{ days, terminals, seed, byHand: TOWN_BY_HAND },
    customers: drawnCustomers(cards, visitsPerDay),
    troubles: new Set(faultsNamed()),
    attacks: new Set(attacksNamed()),
    ...worldStreet(image.programmes),
    image: image.file,
    newSandbox: newV8Sandbox,
    offsetAt: parisOffset(),
    office: simOffice(ledger, image.programmes, chipInField, { codes: true }),
    progress: () => {
      done += 1;
      if (done === visitsPerDay) first = processor();
      if (done === visitsPerDay * days) last = processor();
    },
  });
  const [seconds, took] = [(performance.now() - began) / 1_000, processor() - at];
  await ledger.destroy();
  rmSync(folder, { recursive: true });
  return {
    visits: run.visits,
    perSecond: run.visits / seconds,
    whole: took / run.visits,
    ofDays: (last - first) / (visitsPerDay * (days - 1)),
    broken: run.broken.length,
  };
}

/** The world whose visits in a second are measured. */
const LOOP: MeasuredWorld = { terminals: 20, cards: 1_000, days: 20, visitsPerDay: 200 };

// Called with a seed: how many visits of it are lived through in a second.
if (import.meta.url === pathToFileURL(process.argv[1]!).href)
  console.log((await worldTaken(LOOP, Number(process.argv[2]))).perSecond);
