import { bigEndian, type Chip, concat, type Day } from "@cachet/card-layout";
import type * as Simulator from "@cachet/terminal-sim";
import type { StageParts, Type2Chip } from "@cachet/terminal-sim";
import { personalise } from "../cards/personalise.ts";
import { readCard } from "../cards/read.ts";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import { areaText } from "./card-text.ts";
import { SIM_GENERATION, SIM_ISSUER } from "./sim-provision.ts";

/** UID of the `serial`th simulated card: NXP's first byte, then cachet's own. */
export const simulatedUid = (serial: number): Uint8Array =>
  concat(Uint8Array.of(0x04, 0xca, 0xc4, 0xe7), bigEndian(serial, 3));

/** How the host makes cards for a stage, and reads them; `today` is the day that new cards are issued on. */
export function cardWork(sim: typeof Simulator, today: () => Day): Pick<StageParts, "newCard" | "readCard"> {
  return {
    async newCard(kind: Chip, serial: number, areas: number) {
      const card = new sim.Type2Chip(kind, simulatedUid(serial));
      const made = await personalise(sim.chipInField(card), {
        issuer: SIM_ISSUER,
        serial,
        issued: today(),
        master: testCardKey(SIM_ISSUER, SIM_GENERATION),
        generation: SIM_GENERATION,
        areas,
      });
      if (made.result === "personalised") return card;
      throw new Error(`card ${serial} was not personalised: ${made.reason}`);
    },
    async readCard(card: Type2Chip) {
      // Reading moves a counter of some chips: a copy is read.
      const reading = await readCard(sim.chipInField(card.copy()), { card: testCardKey, area: testAreaKey });
      if (reading.result !== "read") return [reading.result];
      return reading.card.areas.map((area) => `area ${area.index}: ${areaText(area)}`);
    },
  };
}
