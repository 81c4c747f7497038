import { type Chip, toHex } from "@cachet/card-layout";
import type { CardLog } from "./card-log.ts";
import type { ChipLink } from "./chip-link.ts";
import type { CardOrder } from "./new-card.ts";
import type { Originality } from "./originality.ts";
import { type PersonaliseRefusal, personalise } from "./personalise.ts";

/** What became of one card of a run. */
export interface RunRow {
  /** `written`: new, read back. `already`: it was this issuer's card before. `interrupted`: it left; present it again. */
  readonly result: "written" | "already" | "interrupted" | "rejected";
  readonly card: number | null;
  readonly uid: string;
  readonly chip: Chip | null;
  readonly originality: Originality | null;
  readonly reason: PersonaliseRefusal | null;
  readonly milliseconds: number;
}

/** What a run takes from its surroundings. */
export interface RunPorts {
  /** The next card; a word where there will be none. */
  next(): Promise<ChipLink | string>;
  /** Waits until the card is taken away; a word where that cannot be seen any more. */
  removed(): Promise<string | null>;
  readonly log: CardLog;
  /** Milliseconds; for the time of a card, and the log. */
  now(): number;
  /** Told after each card. */
  told(row: RunRow): void;
}

export interface RunOrder extends Omit<CardOrder, "serial"> {
  /** New cards wanted. */
  readonly count: number;
  /** The lowest serial to use. */
  readonly first: number;
  /** Chips whose originality signature does not verify are put aside. */
  readonly genuineOnly: boolean;
}

export interface RunResult {
  readonly rows: readonly RunRow[];
  /** Why the run ended: all were written, the numbers are used up, or the word that `next` gave. */
  readonly ended: "complete" | "no-number-left" | (string & {});
}

async function personaliseOne(link: ChipLink, order: RunOrder, serial: number, ports: RunPorts): Promise<RunRow> {
  const { log, now } = ports;
  const began = now();
  const uid = toHex(link.uid);
  const at = () => Math.floor(now() / 1_000);
  let begun: number | null = null;
  const made = await personalise(
    link,
    { ...order, serial },
    log.begunOn(uid),
    (card, map) => {
      begun = card;
      log.add({
        event: "begun",
        at: at(),
        issuer: order.issuer,
        serial: map.identity === null ? null : serial,
        card,
        uid,
      });
    },
    order.genuineOnly,
  );
  const milliseconds = now() - began;
  if (made.result === "personalised") {
    const { card, map, originality, before } = made;
    log.add({ event: "written", at: at(), card, uid });
    return {
      result: before ? "already" : "written",
      card,
      uid,
      chip: map.chip,
      originality,
      reason: null,
      milliseconds,
    };
  }
  const { reason, originality } = made;
  const result = reason === "gone" ? "interrupted" : "rejected";
  if (result === "rejected") log.add({ event: "rejected", at: at(), card: begun, uid, reason });
  return { result, card: begun, uid, chip: null, originality, reason, milliseconds };
}

/** Personalises cards one after the other, as they are presented, until `count` new ones are written or no card comes any more. */
export async function personaliseRun(order: RunOrder, ports: RunPorts): Promise<RunResult> {
  const rows: RunRow[] = [];
  let written = 0;
  while (written < order.count) {
    const serial = ports.log.nextSerial(order.issuer, order.first);
    if (serial === null) return { rows, ended: "no-number-left" };
    const link = await ports.next();
    if (typeof link === "string") return { rows, ended: link };
    const row = await personaliseOne(link, order, serial, ports);
    rows.push(row);
    if (row.result === "written") written += 1;
    ports.told(row);
    const lost = written < order.count ? await ports.removed() : null;
    if (lost !== null) return { rows, ended: lost };
  }
  return { rows, ended: "complete" };
}
