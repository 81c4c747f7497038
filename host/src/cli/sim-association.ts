import type { Programme } from "@cachet/firmware/rules";
import type { Association, Type2Chip } from "@cachet/terminal-sim";
import type { ChipLink } from "../cards/chip-link.ts";
import { personalise } from "../cards/personalise.ts";
import { readCard, statesOf } from "../cards/read.ts";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import { enrolTerminal, type ImportOutcome, importBatch } from "../office/import.ts";
import type { Database } from "../ports/database.ts";
import { SIM_GENERATION, SIM_ISSUER, testBelonging } from "./sim-provision.ts";

function said(outcome: ImportOutcome): string {
  return outcome.status === "quarantined" ? `quarantined, ${outcome.reason}: ${outcome.detail}` : outcome.status;
}

/** The real office behind a simulated town: real import into a real ledger, real card records, test keys. */
export function simAssociation(
  database: Database,
  programmes: readonly Programme[],
  keepBatch: (name: string, file: Uint8Array) => void,
  chipInField: (chip: Type2Chip) => ChipLink,
): Association {
  return {
    enrol(terminal, merchant) {
      const held = programmes.filter(({ merchants }) => merchants[merchant] !== undefined);
      const numbers = held.map(({ number }) => number);
      const belonging = testBelonging({ terminal, merchant, programmes: numbers });
      enrolTerminal(database, terminal, merchant, belonging.signer.publicKey);
      return belonging;
    },
    async personalise(chip, serial, day) {
      const made = await personalise(chipInField(chip), {
        issuer: SIM_ISSUER,
        serial,
        issued: day,
        master: testCardKey(SIM_ISSUER, SIM_GENERATION),
        generation: SIM_GENERATION,
      });
      if (made.result !== "personalised") throw new Error(`card ${serial} was not personalised: ${made.reason}`);
      return made.card;
    },
    receive({ name, file }) {
      keepBatch(name, file);
      const outcome = importBatch(database, name, file);
      return Promise.resolve({
        accepted: outcome.status === "accepted" && outcome.duplicates === 0,
        said: said(outcome),
      });
    },
    async balance(chip) {
      const reading = await readCard(chipInField(chip), { card: testCardKey, area: testAreaKey });
      if (reading.result !== "read") throw new Error(`a card reads as ${reading.result}`);
      const purses = statesOf(reading.card).flatMap((state) => state.purses);
      return {
        cents: purses.reduce((sum, purse) => ("cents" in purse ? sum + purse.cents : sum), 0),
        stamps: purses.reduce((sum, purse) => ("count" in purse ? sum + purse.count : sum), 0),
      };
    },
  };
}
