import type { Programme } from "@cachet/firmware/rules";
import type { Association, Type2Chip } from "@cachet/terminal-sim";
import type { ChipLink } from "../cards/chip-link.ts";
import { personalise } from "../cards/personalise.ts";
import { readCard, statesOf } from "../cards/read.ts";
import { testAreaKey, testCardKey, testImageSigner, testOfficeSigner, testTerminalSigner } from "../keys/test-keys.ts";
import { enrolTerminal, type ImportOutcome, importBatch } from "../office/import.ts";
import type { Database } from "../ports/database.ts";

const ISSUER = 1;
const GENERATION = 1;

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
      const signer = testTerminalSigner(terminal);
      enrolTerminal(database, terminal, merchant, signer.publicKey);
      return {
        signer,
        trustedImageKeys: [{ publicKey: testImageSigner().publicKey, test: true }],
        officeKey: testOfficeSigner().publicKey,
        merchantName: programmes.find(({ merchants }) => merchants[merchant])?.merchants[merchant]?.name ?? "",
        isOpen: false,
        facts: {
          terminal,
          merchant,
          production: false,
          issuer: ISSUER,
          cardGeneration: GENERATION,
          programmes: held.map(({ number }) => ({ programme: number, generation: GENERATION })),
        },
        keys: [
          {
            key: { role: "identity", issuer: ISSUER, generation: GENERATION },
            master: testCardKey(ISSUER, GENERATION),
            test: true,
          },
          ...held.map(({ number }) => ({
            key: { role: "area" as const, programme: number, generation: GENERATION },
            master: testAreaKey(number, GENERATION),
            test: true,
          })),
        ],
      };
    },
    async personalise(chip, serial, day) {
      const made = await personalise(chipInField(chip), {
        issuer: ISSUER,
        serial,
        issued: day,
        master: testCardKey(ISSUER, GENERATION),
        generation: GENERATION,
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
