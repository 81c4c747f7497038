import { AirLog, loadQuickJs } from "@cachet/terminal-sim";
import { card, sale, terminal } from "../tests/fixtures/town.ts";

/**
 * What a reader and its cable add to each command, assumed from what users report of writing a page, less the chip's own 4 ms: 6.7 ms with
 * a good USB reader, 20 ms with an ACR122U (whose host may add as much again; a terminal's own software does not).
 */
export const READER_MS = { good: 3, slow: 16 } as const;
const VISITS = 60;
const CHIPS = ["NTAG215", "MF0UL21"] as const;

/** From tap to ticket, ms: a sale in two programmes, the ninety-fifth of a hundred. */
export interface TapToTicket {
  readonly chip: string;
  readonly air: number;
  readonly commands: number;
  readonly computing: number;
  readonly good: number;
  readonly slow: number;
}

const ninetyFifth = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(0.95 * (values.length - 1))]!;

/** Computing is measured, the app in QuickJS and the simulated chip among it; time on air is modelled, the reader's is assumed. */
export async function tapToTicket(): Promise<readonly TapToTicket[]> {
  const newSandbox = await loadQuickJs();
  const told: TapToTicket[] = [];
  for (const chip of CHIPS) {
    const shop = await terminal(1, { newSandbox });
    const held = await card(1, { chip, areas: 2 });
    const visits: { readonly air: number; readonly commands: number; readonly computing: number }[] = [];
    for (let visit = 0; visit < VISITS; visit += 1) {
      const log = new AirLog();
      shop.listen(log);
      const began = performance.now();
      const report = await shop.visit(sale(1_250 + visit), held);
      const computing = performance.now() - began;
      if (report === "power-cut" || report.result !== "done") throw new Error(`a visit on ${chip} was not done`);
      // The first ones open the areas.
      if (visit >= 3) visits.push({ air: log.airTimeUs() / 1_000, commands: log.exchanges.length, computing });
    }
    shop.powerOff();
    const p95 = (of: (visit: (typeof visits)[number]) => number) => ninetyFifth(visits.map(of));
    const whole = (reader: number) => p95(({ air, commands, computing }) => air + computing + commands * reader);
    told.push({
      chip,
      air: p95(({ air }) => air),
      commands: p95(({ commands }) => commands),
      computing: p95(({ computing }) => computing),
      good: whole(READER_MS.good),
      slow: whole(READER_MS.slow),
    });
  }
  return told;
}
