import type { Provisioned } from "@cachet/terminal-sim";
import { testAreaKey, testCardKey, testImageSigner, testTerminalSigner } from "../keys/test-keys.ts";

/** The issuer of simulated cards, and the generation of every test key. */
export const SIM_ISSUER = 1;
export const SIM_GENERATION = 1;

/** What a simulated terminal is. */
export interface SimTerminalFacts {
  readonly terminal: number;
  readonly merchant: number;
  /** Programmes whose area key it holds. */
  readonly programmes: readonly number[];
  /** Whoever is on its line may do everything. */
  readonly isOpen: boolean;
}

/** Makes a terminal one of the simulated association's: test keys throughout, so that nothing of it is worth anything. */
export function testProvision({ terminal, merchant, programmes, isOpen }: SimTerminalFacts): Provisioned {
  return {
    facts: {
      terminal,
      merchant,
      production: false,
      issuer: SIM_ISSUER,
      cardGeneration: SIM_GENERATION,
      programmes: programmes.map((programme) => ({ programme, generation: SIM_GENERATION })),
    },
    keys: [
      {
        key: { role: "identity", issuer: SIM_ISSUER, generation: SIM_GENERATION },
        master: testCardKey(SIM_ISSUER, SIM_GENERATION),
        test: true,
      },
      ...programmes.map((programme) => ({
        key: { role: "area" as const, programme, generation: SIM_GENERATION },
        master: testAreaKey(programme, SIM_GENERATION),
        test: true,
      })),
    ],
    signer: testTerminalSigner(terminal),
    trustedImageKeys: [{ publicKey: testImageSigner().publicKey, test: true }],
    isOpen,
  };
}
