import type { Programme } from "@cachet/firmware/rules";
import type { Association, Type2Chip } from "@cachet/terminal-sim";
import type { ChipLink } from "../cards/chip-link.ts";
import { personalise } from "../cards/personalise.ts";
import { readCard, statesOf } from "../cards/read.ts";
import { testAreaKey, testCardKey } from "../keys/test-keys.ts";
import type { ImportOutcome } from "../office/batch-note.ts";
import { importBatch } from "../office/import.ts";
import type { Ledger } from "../office/schema.ts";
import { enrolTerminal } from "../office/terminals.ts";
import { SIM_GENERATION, SIM_ISSUER, testBelonging } from "./sim-provision.ts";

function said(outcome: ImportOutcome): string {
  return outcome.status === "quarantined" ? `quarantined, ${outcome.reason}: ${outcome.detail}` : outcome.status;
}

/** The real office behind a simulated town: real import into a real ledger, real card records, test keys. */
export function simAssociation(
  ledger: Ledger,
  programmes: readonly Programme[],
  keepBatch: (name: string, file: Uint8Array) => void,
  chipInField: (chip: Type2Chip) => ChipLink,
  now: () => number,
): Association {
  return {
    async enrol(terminal, merchant) {
      const held = programmes.filter(({ merchants }) => merchants[merchant] !== undefined);
      const numbers = held.map(({ number }) => number);
      const belonging = testBelonging({ terminal, merchant, programmes: numbers });
      await enrolTerminal(ledger, terminal, merchant, belonging.signer.publicKey, now());
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
    async receive({ name, file }) {
      keepBatch(name, file);
      const outcome = await importBatch(ledger, { name, file }, now());
      return { accepted: outcome.status === "accepted" && outcome.duplicates === 0, said: said(outcome) };
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
