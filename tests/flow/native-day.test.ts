import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import {
  Chance,
  type Customer,
  loadQuickJs,
  type Mishap,
  Mishaps,
  newV8Sandbox,
  SimClock,
  SimTerminal,
  SimTimer,
  type Type2Chip,
} from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import type { OperationKind } from "../../terminal-sim/src/device/mishap.ts";
import type { SimTill } from "../../terminal-sim/src/device/till.ts";
import { drawSale, recorded } from "../fixtures/drawn-sales.ts";
import {
  builtTerminal,
  installer,
  missingForNative,
  NativeTerminal,
  provisionedFiles,
} from "../fixtures/native-terminal.ts";
import { BAKERY, card, NOON, TOWN, townImage } from "../fixtures/town.ts";

const VISITS = 80;

/** Happens at an operation on a card: files of a real disk are cut elsewhere (native-power.test.ts). */
class AtTheCard extends Mishaps {
  override next(kind: OperationKind): Mishap | null {
    return kind.startsWith("card-") ? super.next(kind) : null;
  }
}

/** A terminal, simulated or native. */
interface Shop {
  readonly till: SimTill;
  mishaps: Mishaps;
  /** The time, seconds since 1970. */
  setTime(utc: number): void;
  visit(request: VisitRequest, chip: Type2Chip, customer: Customer): Promise<VisitReport | "power-cut">;
  powerOn(): Promise<unknown>;
  journal(): Promise<Uint8Array>;
  /** Everything so far as a sealed batch. */
  batch(): Promise<Uint8Array>;
  close(): Promise<unknown>;
}

type NewShop = (files: Readonly<Record<string, Uint8Array>>) => Promise<Shop>;

interface Day {
  readonly commands: readonly string[];
  readonly journals: readonly string[];
  readonly batches: readonly string[];
  readonly receipts: readonly string[];
  readonly reports: readonly unknown[];
}

const simulated =
  (newSandbox: SimTerminal["setup"]["newSandbox"]): NewShop =>
  async (files) => {
    const terminal = new SimTerminal({
      belonging: null,
      hardware: { model: "R2", serial: "NATIVE-1" },
      image: await townImage(),
      clock: new SimClock(NOON, () => 120),
      timer: new SimTimer(),
      newSandbox,
      keepsAllPaper: true,
      files,
    });
    return {
      get till() {
        return terminal.till;
      },
      set mishaps(mishaps: Mishaps) {
        terminal.mishaps = mishaps;
      },
      setTime: (utc) => {
        terminal.clock.utc = utc;
      },
      visit: (request, chip, customer) => terminal.visit(request, chip, customer),
      powerOn: () => terminal.powerOn(),
      journal: () => terminal.journalBytes(),
      batch: async () => terminal.collect().file,
      close: async () => terminal.powerOff(),
    };
  };

const home = mkdtempSync(join(tmpdir(), "cachet-native-day-"));
afterAll(() => rmSync(home, { recursive: true }));

/** What `cachet terminal collect` brings over the terminal's line. */
async function collected(line: string): Promise<Uint8Array> {
  const folder = mkdtempSync(join(home, "in-"));
  const { code, err } = await installer(home, line, "collect", "-o", folder);
  if (code !== 0) throw new Error(`collect ended with ${code}: ${err}`);
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".batch"));
  return new Uint8Array(readFileSync(join(folder, name!)));
}

const native =
  (arch: "x64" | "arm64", words: readonly string[]): NewShop =>
  async (files) => {
    const terminal = new NativeTerminal(builtTerminal(arch, ...words), files, ["--line", "pty"]);
    return {
      get till() {
        return terminal.till;
      },
      set mishaps(mishaps: Mishaps) {
        terminal.mishaps = mishaps;
      },
      setTime: (utc) => {
        terminal.utc = utc;
      },
      visit: (request, chip, customer) => terminal.visit(request, chip, customer),
      powerOn: () => terminal.powerOn(),
      journal: async () => terminal.file("journal"),
      batch: () => collected(terminal.started!.line!),
      close: async () => expect(await terminal.close()).toBe(0),
    };
  };

/** The same day at two shops, with tears and power cuts. */
async function liveDay(newShop: NewShop): Promise<Day> {
  const chance = new Chance(78);
  const commands: string[] = [];
  const cards = [recorded(await card(1), commands), recorded(await card(2), commands)];
  const image = await townImage();
  const facts = [
    { terminal: 41, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true },
    { terminal: 42, merchant: 2, programmes: [TOWN], isOpen: true },
  ];
  const shops = await Promise.all(facts.map(async (one) => newShop(await provisionedFiles(one, image))));
  for (const shop of shops) await shop.powerOn();
  const reports: unknown[] = [];
  const receipts: string[] = [];
  let utc = NOON;
  for (let visit = 1; visit <= VISITS; visit += 1) {
    const shop = shops[chance.below(2)]!;
    const chip = cards[chance.below(2)]!;
    utc += 60 * chance.below(120);
    shop.setTime(utc);
    const mishaps = new AtTheCard();
    shop.mishaps = mishaps;
    if (chance.happens(1, 3)) {
      const what = chance.happens(1, 3) ? "power" : "card";
      mishaps.at(chance.below(22), { what, when: chance.happens(1, 2) ? "before" : "after" });
    }
    const report = await shop.visit(drawSale(chance, visit), chip, () => (chance.happens(1, 2) ? chip : null));
    receipts.push(...shop.till.receipts.splice(0).map((receipt) => receiptText(receipt).join("\n")));
    if (report === "power-cut") {
      shop.mishaps = new AtTheCard();
      await shop.powerOn();
    }
    reports.push(report);
  }
  const journals = (await Promise.all(shops.map((shop) => shop.journal()))).map(toHex);
  const batches: string[] = [];
  for (const shop of shops) batches.push(toHex(await shop.batch()));
  for (const shop of shops) await shop.close();
  return { commands, journals, batches, receipts, reports };
}

describe("the same day on the native terminal", () => {
  const simulatorsDay = liveDay(simulated(newV8Sandbox));

  it("is a day with everything in it", async () => {
    const { commands, receipts, reports } = await simulatorsDay;
    expect(commands.filter((command) => command.startsWith("a2")).length).toBeGreaterThan(300);
    expect(receipts.length).toBeGreaterThan(30);
    const results = reports.map((report) => (typeof report === "string" ? report : (report as VisitReport).result));
    for (const result of ["done", "in-doubt", "power-cut"])
      expect(results.filter((one) => one === result).length, result).toBeGreaterThan(2);
    expect(await liveDay(simulated(await loadQuickJs()))).toEqual(await simulatorsDay);
  });

  for (const [arch, ...words] of [["x64"], ["x64", "--sanitize"], ["arm64"]] as const)
    it.skipIf(missingForNative(arch) !== null)(
      `gives the same cards, journals, batches and receipts on ${[arch, ...words].join(" ")}, byte for byte`,
      async () => {
        expect(await liveDay(native(arch, words))).toEqual(await simulatorsDay);
      },
      400_000,
    );
});
