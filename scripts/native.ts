import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadQuickJs } from "@cachet/terminal-sim";
import { longJournal } from "../tests/fixtures/long-journal.ts";
import {
  builtTerminal,
  type NativeCommand,
  NativeTerminal,
  provisionedFiles,
} from "../tests/fixtures/native-terminal.ts";
import { BAKERY, card, NOON, sale, TOWN, terminal, townImage } from "../tests/fixtures/town.ts";

const STARTS = 15;
const VISITS = 400;
/** A day of visits is gone through so often, each time by a terminal that begins anew: what a visit takes is the least of them, the rest is what others on this computer do. */
const DAYS = 7;
/** A month of a shop. */
const MONTH = { entries: 9_000, cards: 1_000, programmes: [BAKERY, TOWN], utc: NOON };

/** What the native terminal takes of a computer. Times are of the processor, of this process alone: what waits is not counted. */
export interface NativeFigures {
  readonly binaryBytes: number;
  readonly imageBytes: number;
  /** From the start of the program to the app that waits for a sale; the middle of several, and by the clock on the wall. */
  readonly startMs: number;
  readonly startWallMs: number;
  /** The same with a month of entries in its journal and their checkpoint beside it, and what it holds then. */
  readonly monthStartMs: number;
  readonly monthBytes: number;
  readonly visitP50Ms: number;
  /** Of what each visit took in the quickest of several equal days. */
  readonly visitP99Ms: number;
  /** Of all visits of all days, with whatever went on beside them. */
  readonly noisyVisitP99Ms: number;
  /** A visit in the simulator's engine, supervisor on V8, in the same run. */
  readonly simulatedVisitMs: number;
  readonly residentBytes: number;
}

const processorMs = (pid: number): number => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
const residentBytes = (pid: number): number =>
  1_024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
const inOrder = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);
const at = (values: readonly number[], permille: number): number =>
  inOrder(values)[Math.min(values.length - 1, Math.floor((permille * values.length) / 1_000))]!;

async function simulatedVisit(): Promise<number> {
  const shop = await terminal(1, { newSandbox: await loadQuickJs() });
  const chip = await card(2);
  for (let visit = 0; visit < 100; visit += 1) await shop.visit(sale(1_000 + visit), chip);
  const { user: before } = process.cpuUsage();
  for (let visit = 0; visit < VISITS; visit += 1) await shop.visit(sale(1_000 + visit), chip);
  const { user } = process.cpuUsage();
  shop.powerOff();
  return (user - before) / 1_000 / VISITS;
}

interface DayOfVisits {
  readonly ms: readonly number[];
  /** What the terminal holds in the end. */
  readonly bytes: number;
}

async function dayOfVisits(command: NativeCommand, files: Readonly<Record<string, Uint8Array>>): Promise<DayOfVisits> {
  const shop = new NativeTerminal(command, files);
  await shop.powerOn();
  const chip = await card(1);
  const ms: number[] = [];
  for (let visit = 0; visit < VISITS; visit += 1) {
    const before = processorMs(shop.pid);
    const report = await shop.visit(sale(1_000 + visit), chip);
    if (typeof report === "string" || report.result !== "done")
      throw new Error(`a visit ended: ${JSON.stringify(report)}`);
    ms.push(processorMs(shop.pid) - before);
  }
  const bytes = residentBytes(shop.pid);
  await shop.close();
  return { ms, bytes };
}

/** Builds the native terminal for this computer, starts it again and again, and lets it serve sales. */
export async function nativeFigures(): Promise<NativeFigures> {
  const image = await townImage();
  const command = builtTerminal("x64");
  const facts = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };
  const shop = new NativeTerminal(command, await provisionedFiles(facts, image));
  const walls: number[] = [];
  const start = async () => {
    const began = performance.now();
    await shop.powerOn();
    walls.push(performance.now() - began);
    const [ms, bytes] = [processorMs(shop.pid), residentBytes(shop.pid)];
    await shop.stop();
    return { ms, bytes };
  };
  const starts: number[] = [];
  for (let time = 0; time < STARTS; time += 1) starts.push((await start()).ms);
  for (const [name, bytes] of Object.entries(await longJournal(shop.file("journal"), MONTH)))
    writeFileSync(join(shop.folder, name), bytes);
  const month: { readonly ms: number; readonly bytes: number }[] = [];
  for (let time = 0; time < STARTS; time += 1) month.push(await start());
  await shop.close();
  const days: DayOfVisits[] = [];
  for (let day = 0; day < DAYS; day += 1) days.push(await dayOfVisits(command, await provisionedFiles(facts, image)));
  const visits = days[0]!.ms.map((_, visit) => Math.min(...days.map(({ ms }) => ms[visit]!)));
  const figures = {
    binaryBytes: statSync(command[0]).size,
    imageBytes: image.length,
    startMs: at(starts, 500),
    startWallMs: at(walls.slice(0, STARTS), 500),
    monthStartMs: at(
      month.map(({ ms }) => ms),
      500,
    ),
    monthBytes: at(
      month.map(({ bytes }) => bytes),
      500,
    ),
    visitP50Ms: at(visits, 500),
    visitP99Ms: at(visits, 990),
    noisyVisitP99Ms: at(
      days.flatMap(({ ms }) => ms),
      990,
    ),
    residentBytes: Math.max(...days.map(({ bytes }) => bytes)),
  };
  return { ...figures, simulatedVisitMs: await simulatedVisit() };
}
