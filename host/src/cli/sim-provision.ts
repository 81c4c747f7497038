import { readRequest } from "@cachet/firmware/wire";
import type { Belonging } from "@cachet/terminal-sim";
import { testKeyRing } from "../keys/key-ring.ts";
import { makeProvision } from "../keys/provision.ts";
import type { Origin } from "../keys/sealed-file.ts";
import {
  testAreaKey,
  testCardKey,
  testImageSigner,
  testMerchantKey,
  testOfficeSigner,
  testTerminalSigner,
} from "../keys/test-keys.ts";
import { verifyEd25519 } from "../ports/crypto.ts";

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
  readonly isOpen?: boolean;
  /** It was made as nobody's: what it is, a provision over its line says. */
  readonly isBlank?: boolean;
  readonly merchantName?: string;
}

/** The key of a merchant's receipts: its terminals print codes, and take back what another one of them sold. */
export const testReceiptKey = (merchant: number): Belonging["keys"][number] => ({
  key: { role: "receipt", merchant, generation: SIM_GENERATION },
  master: testMerchantKey("receipt", merchant, SIM_GENERATION),
  test: true,
});

/** Makes a terminal one of the simulated association's: test keys throughout, so that nothing of it is worth anything. */
export function testBelonging({ terminal, merchant, programmes, merchantName = "" }: SimTerminalFacts): Belonging {
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
    officeKey: testOfficeSigner().publicKey,
    merchantName,
    isOpen: false,
  };
}

/** What the simulated association seals for a terminal, by the published test keys. `origin`: chance and time. */
export function testProvision(facts: SimTerminalFacts, request: Uint8Array, origin: Origin): Uint8Array {
  const reading = readRequest(request, verifyEd25519);
  if (!reading.ok) throw new Error(`a simulated terminal's request does not read: ${reading.detail}`);
  const { terminal, merchant, programmes, isOpen = false, merchantName = "" } = facts;
  const made = makeProvision(
    testKeyRing(),
    reading.request,
    {
      terminal,
      merchant,
      merchantName: merchantName === "" ? `Merchant ${merchant}` : merchantName,
      zone: "Europe/Paris",
      use: isOpen ? "open" : "trial",
      issuer: SIM_ISSUER,
      programmes,
      imageKeys: [{ publicKey: testImageSigner().publicKey, test: true }],
    },
    origin,
  );
  if (!made.ok) throw new Error(`no provision for a simulated terminal: ${made.detail}`);
  return made.file;
}
