import { type Purse, stateHash, toHex } from "@cachet/card-layout";
import type { Programme } from "@cachet/firmware/rules";
import type { Amounts, AreaShown, Held, Type2Chip, WorldOffice } from "@cachet/terminal-sim";
import type { ChipLink } from "../cards/chip-link.ts";
import { personalise } from "../cards/personalise.ts";
import { type CardInspection, readCard } from "../cards/read.ts";
import { testAreaKey, testCardKey, testOfficeSigner } from "../keys/test-keys.ts";
import type { ImportOutcome } from "../office/batch-note.ts";
import { findings, suspicious } from "../office/detect/findings.ts";
import { identityFault } from "../office/identities.ts";
import { importBatch } from "../office/import.ts";
import { blockOf, setBlock } from "../office/lists/blocked.ts";
import { amountsOf } from "../office/lists/last-state.ts";
import { prepareList } from "../office/lists/night.ts";
import { beginReplacement } from "../office/lists/replace.ts";
import { endNight } from "../office/night.ts";
import type { Ledger } from "../office/schema.ts";
import { signFullList } from "../office/sign.ts";
import { endTerminal, enrolTerminal } from "../office/terminals.ts";
import { sha256 } from "../ports/crypto.ts";
import { officeDay } from "./office-day.ts";
import { SIM_GENERATION, SIM_ISSUER, testBelonging, testReceiptKey } from "./sim-provision.ts";

function said(outcome: ImportOutcome): string {
  return outcome.status === "quarantined" ? `quarantined, ${outcome.reason}: ${outcome.detail}` : outcome.status;
}

const UNIT_OF = { cagnotte: "cents", prepaid: "cents", stamps: "stamps", points: "points", units: "units" } as const;

const NOTHING: Amounts = { cents: 0, stamps: 0, points: 0, units: 0 };
const isKept = (unit: string): unit is keyof Amounts => Object.hasOwn(NOTHING, unit);

function heldIn(purses: readonly Purse[]): Amounts {
  const held: Record<keyof Amounts, number> = { ...NOTHING };
  for (const { purse, value } of amountsOf(purses).amounts) held[UNIT_OF[purse]] += value;
  return held;
}

/** What areas of a card show, by programme; null where one of them cannot be read. */
async function areasShown({ identity, areas }: CardInspection): Promise<ReadonlyMap<number, AreaShown> | null> {
  if (identity.kind === "none") return null;
  const { card } = identity.identity;
  const shown = new Map<number, AreaShown>();
  for (const { reading } of areas) {
    if (reading.kind === "free") continue;
    if (reading.kind !== "current") return null;
    const { programme, terminal, purses } = reading.state;
    const hash = toHex(await stateHash(async (bytes) => sha256(bytes), card, reading.sealed));
    shown.set(programme, {
      // A blank record that no visit led to.
      hash: terminal === 0 ? null : hash,
      ...heldIn(purses),
    });
  }
  return shown;
}

/** What a simulated office has beyond what every town has. */
interface OfficeOptions {
  /** Terminals print codes on their receipts. */
  readonly codes?: true;
}

/** The real office behind a simulated world: real import into a real ledger, real card records, test keys. */
export function simOffice(
  ledger: Ledger,
  programmes: readonly Programme[],
  chipInField: (chip: Type2Chip) => ChipLink,
  { codes }: OfficeOptions = {},
): WorldOffice {
  return {
    async enrol(terminal, merchant, at) {
      const held = programmes.filter(({ merchants }) => merchants[merchant] !== undefined);
      const plain = testBelonging({ terminal, merchant, programmes: held.map(({ number }) => number) });
      const belonging = codes === true ? { ...plain, keys: [...plain.keys, testReceiptKey(merchant)] } : plain;
      await enrolTerminal(ledger, terminal, merchant, belonging.signer.publicKey, at);
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
    async revoke(terminal, at) {
      const known = await ledger
        .selectFrom("terminal")
        .select("imported_to")
        .where("number", "=", terminal)
        .executeTakeFirstOrThrow();
      await endTerminal(ledger, terminal, { state: "revoked", ends: known.imported_to, replacedBy: null }, at);
    },
    async receive({ name, file }, at) {
      const outcome = await importBatch(ledger, { name, file }, at);
      return { status: outcome.status, said: said(outcome) };
    },
    async importedTo() {
      const rows = await ledger.selectFrom("terminal").select(["number", "imported_to"]).execute();
      return new Map(rows.map(({ number, imported_to }) => [number, imported_to]));
    },
    async endNight(at) {
      await endNight(ledger, "merchant", at);
    },
    async makeList(at) {
      const signer = testOfficeSigner();
      await ledger.transaction().execute(async (transaction) => {
        for (const { card } of await suspicious(transaction, at))
          if ((await blockOf(transaction, card)) === null) await setBlock(transaction, card, "cloned", at);
      });
      const head = { issuer: SIM_ISSUER, issued: at, officeKey: signer.publicKey, writeLayout: 2 };
      const nothing = { revokedGenerations: [], revokedKeys: [] };
      const { contents } = await prepareList(ledger, { ...head, ...nothing }, officeDay(at));
      const { blocked } = contents.sections;
      const cards = Array.from({ length: blocked.count }, (_, i) => blocked.at(i).card);
      return { file: signFullList(contents, signer), blocked: new Set(cards) };
    },
    async replace(lost, card, at) {
      const day = officeDay(at);
      await ledger.transaction().execute((transaction) => beginReplacement(transaction, lost, card, day, at));
    },
    findings: (at) => findings(ledger, at),
    identityFault: () => identityFault(ledger),
    async held() {
      const rows = await ledger
        .selectFrom("posting")
        .select(({ fn }) => ["holder as card", "programme", "unit", fn.sum<number>("amount").as("amount")])
        .where("account", "=", "card")
        .groupBy(["holder", "programme", "unit"])
        .execute();
      const all = new Map<string, Held & Record<keyof Amounts, number>>();
      for (const { card, programme, unit, amount } of rows) {
        const name = `${card}/${programme}`;
        const held = all.get(name) ?? { card, programme, ...NOTHING };
        if (isKept(unit)) held[unit] += amount;
        all.set(name, held);
      }
      return [...all.values()];
    },
    async owedTo() {
      const rows = await ledger
        .selectFrom("posting")
        .select(({ fn }) => ["holder", fn.sum<number>("amount").as("cents")])
        .where("account", "=", "merchant")
        .where("unit", "=", "cents")
        // Of what the office did itself, only what it decided of visits.
        .where((eb) =>
          eb.or([eb("terminal", ">", 0), eb("number", "in", eb.selectFrom("decision").select("decision.number"))]),
        )
        .groupBy("holder")
        .execute();
      return new Map(rows.map(({ holder, cents }) => [holder, Number(cents)]));
    },
    async decided() {
      const rows = await ledger
        .selectFrom("intent_area")
        .select(["terminal", "number", "programme"])
        .where("decided", "=", 1)
        .where("outcome", "=", "committed")
        .execute();
      return new Set(rows.map(({ terminal, number, programme }) => `${terminal}/${number}/${programme}`));
    },
    async look(chip) {
      const reading = await readCard(chipInField(chip), { card: testCardKey, area: testAreaKey });
      return reading.result === "read" ? areasShown(reading.card) : null;
    },
  };
}
