import { isTicketNumber, ticketNumber } from "@cachet/card-layout";
import { type AccountHistory, type ByAccount, type DeviceFacts, type Hal, OWN_VISITS } from "../hal/index.ts";
import { type AccountArea, decodeVisit, type HeldByTicket, type ReceiptCode } from "../wire/index.ts";
import { CardRefused } from "./card.ts";
import { openReceiptCode } from "./receipt-code.ts";
import type { Terminal } from "./terminal.ts";

/** Whose visit it is, and the receipt that was brought; or why that is none that carries points. */
export async function whoseVisit(
  { hal, facts }: Terminal,
  by: ByAccount,
): Promise<{ readonly account: number; readonly brought: ReceiptCode | null } | string> {
  if ("account" in by) return { account: by.account, brought: null };
  if (by.ticket === "")
    return { account: ticketNumber(facts.terminal, (await hal.newVisit()) - OWN_VISITS), brought: null };
  try {
    const brought = await openReceiptCode(hal, facts.merchant, by.ticket);
    return isTicketNumber(brought.card) ? { account: brought.card, brought } : "BAD_CODE";
  } catch (error) {
    if (error instanceof CardRefused) return error.reason;
    throw error;
  }
}

/** Whether this terminal knows of a later visit than that of a receipt: by its number here, by its time elsewhere. */
export function isOld({ terminal }: DeviceFacts, brought: ReceiptCode | null, last: AccountHistory["last"]): boolean {
  if (brought === null || last === null) return false;
  return brought.terminal === terminal ? brought.ticket !== last.ticket : brought.utc <= last.utc;
}

/** What there was before a visit: by the receipt that was brought, or the last one here. */
export async function holdsBefore(
  hal: Hal,
  brought: ReceiptCode | null,
  { last }: AccountHistory,
): Promise<readonly HeldByTicket[]> {
  if (brought !== null) return brought.holds ?? [];
  const entry = last === null ? null : decodeVisit(await hal.entry(last.ticket));
  return entry?.kind === "account" ? (entry.body.holds ?? []) : [];
}

/** What there is after it. */
export function holdsAfter(before: readonly HeldByTicket[], areas: readonly AccountArea[]): readonly HeldByTicket[] {
  const held = new Map(before.map((one) => [`${one.programme}/${one.purse}`, one]));
  for (const { programme, purses } of areas) {
    for (const { purse, added, taken } of purses) {
      const key = `${programme}/${purse}`;
      held.set(key, { programme, purse, value: Math.max(0, (held.get(key)?.value ?? 0) + added - taken) });
    }
  }
  return [...held.values()];
}
