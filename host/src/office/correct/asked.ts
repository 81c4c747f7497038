import { CARD_EPOCH_SECONDS } from "@cachet/card-layout";
import type { Effect, Sale, Visit } from "@cachet/firmware/rules";
import {
  type Intent,
  type IntentArea,
  type StoredEffect,
  type StoredSale,
  ticketName,
  visitKind,
  withMergedLines,
} from "@cachet/firmware/wire";
import { intentAt } from "../entries.ts";
import type { Ledger } from "../schema.ts";
import { Apart, type StoredVisit } from "./story.ts";

/** What a refund or a cancelled top-up undoes, as the ledger has it. */
export interface Sold {
  readonly ticket: string;
  /** Seconds since 1970. */
  readonly utc: number;
  readonly kind: "sale" | "top-up" | "paper";
  readonly sale: StoredSale;
  readonly areas: readonly Pick<IntentArea, "programme" | "effects">[];
  /** Lines that were taken back before. */
  readonly before: readonly number[];
}

/** The effects that the rules had, without those of credits. */
export const ruleEffects = (effects: readonly StoredEffect[]): readonly Effect[] =>
  effects.filter(({ credit }) => credit === undefined) as readonly Effect[];

/** Lines of a ticket that refunds of the same terminal took back before this one. */
async function linesBefore(ledger: Ledger, { terminal, number, intent }: StoredVisit): Promise<readonly number[]> {
  const { ticket, terminal: seller } = intent.refund!;
  const rows = await ledger
    .selectFrom("intent_area")
    .select("number")
    .distinct()
    .where("terminal", "=", terminal)
    .where("card", "=", intent.card)
    .where("kind", "=", "refund")
    .where("number", "<", number)
    .where("outcome", "<>", "aborted")
    .orderBy("number")
    .execute();
  const lines: number[] = [];
  for (const row of rows) {
    const refund = (await intentAt(ledger, terminal, row.number))?.body.refund;
    if (refund?.ticket === ticket && refund.terminal === seller) lines.push(...refund.lines);
  }
  return lines;
}

/**
 * What a visit may have undone: the ticket as it is, and with its lines merged where the receipt's code had to be short. None for a
 * visit that undoes nothing. Throws `Apart` where the ticket is not imported.
 */
export async function soldTo(ledger: Ledger, visit: StoredVisit): Promise<readonly Sold[]> {
  const { refund, card } = visit.intent;
  if (refund === undefined) return [];
  const terminal = refund.terminal ?? visit.terminal;
  const ticket = ticketName(terminal, refund.ticket);
  const stored = await intentAt(ledger, terminal, refund.ticket);
  if (stored === null) throw new Apart("gap", `${ticket}, which it takes back, is not imported`);
  const { body: intent, utc } = stored;
  const { sale, areas } = intent;
  const kind = visitKind(intent);
  const undone: Sold["kind"] = kind === "top-up" || kind === "paper" ? kind : "sale";
  const shared = { ticket, utc, kind: undone, before: await linesBefore(ledger, visit) };
  const plain = { ...shared, sale, areas };
  if (refund.terminal === undefined) return [plain];
  const merged = withMergedLines({ terminal, ticket: refund.ticket, card, utc, sale, areas: [...areas] });
  return [plain, { ...shared, sale: merged.sale, areas: merged.areas }];
}

/** A sale as the rules are asked: one that was paid without the card only earns. */
export const saleOf = ({ sale, late }: Intent): Sale =>
  late === undefined ? sale : { ...sale, prepaid: "none", rewards: "later" };

function topUpOf({ topUp: amount, purchase }: Intent & { readonly topUp: number }): Visit {
  if (purchase === undefined) return { kind: "top-up", amount };
  const { rule, pack } = purchase;
  return pack === undefined ? { kind: "join", rule } : { kind: "pack", rule, pack };
}

function undoing({ intent }: StoredVisit, { sale, utc, kind, before }: Sold, effects: readonly Effect[]): Visit {
  if (kind !== "sale") return { kind: `cancel-${kind}`, effects };
  const { merchant, refund } = intent;
  const soldAt = Math.max(0, utc - CARD_EPOCH_SECONDS);
  return { kind: "refund", sale, effects, soldAt, merchant, lines: refund!.lines, before };
}

/**
 * What the rules of a programme were asked at a visit; null where it asked nothing of this programme: its record was written
 * again. `undone` are the effects that a refund reverses.
 */
export function askedAt(visit: StoredVisit, sale: Sale, sold: Sold | null, undone: readonly Effect[]): Visit | null {
  const { area, intent } = visit;
  const { topUp, transfer, closing, paper } = intent;
  const own = ruleEffects(area.effects);
  switch (visitKind(intent)) {
    case "null":
      return null;
    case "sale":
      return { kind: "sale", ...sale };
    case "top-up":
      return own.length === 0 ? null : topUpOf({ ...intent, topUp: topUp! });
    case "refund": {
      const hadPart = sold?.areas.some(({ programme }) => programme === area.programme);
      return hadPart === true ? undoing(visit, sold!, undone) : null;
    }
    case "transfer": {
      if (transfer!.programme !== area.programme) return null;
      const { rule, value, from } = transfer!;
      const lots = own.find(({ type }) => type === "receive")?.lots ?? [];
      return from === undefined ? { kind: "give", rule, value } : { kind: "receive", rule, lots };
    }
    case "paper":
      return paper!.programme === area.programme ? { kind: "paper", rule: paper!.rule, stamps: paper!.stamps } : null;
    case "closing":
      return closing!.programme === area.programme ? { kind: "close" } : null;
  }
}
