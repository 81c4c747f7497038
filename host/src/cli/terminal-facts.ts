import { toHex } from "@cachet/card-layout";
import {
  imageState,
  journalStatus,
  listStatus,
  osInfo,
  type ResponseOf,
  slotImages,
  terminalHealth,
} from "@cachet/firmware/wire";
import type { TerminalSession } from "./terminal-session.ts";

export type SlotImages = ResponseOf<typeof slotImages>;
export type SlotImage = SlotImages["images"][number];
export type Health = ResponseOf<typeof terminalHealth>;
type Lists = ResponseOf<typeof listStatus>;
type Journal = ResponseOf<typeof journalStatus>;

/** Everything that can be read of a terminal. Null: it does not tell, or wants a key for it. */
export interface TerminalFacts {
  readonly identity: TerminalSession["identity"];
  readonly name: string;
  /** Version of the terminal's own program. */
  readonly supervisor: string | null;
  /** Hash and version of the image in slot 0, where slots are not told. */
  readonly running: { readonly version: string; readonly hash: Uint8Array; readonly confirmed: boolean } | null;
  readonly slots: SlotImages | null;
  readonly health: Health | null;
  /** Seconds that its clock is ahead of this computer's. */
  readonly driftSeconds: number | null;
  readonly journal: Journal | null;
  readonly lists: Lists | null;
}

/** Seconds that a terminal's clock is ahead, asked in the middle of an exchange that took from `before` to `after` (milliseconds). */
const driftOf = (utc: number, before: number, after: number): number => utc - Math.floor((before + after) / 2_000);

/** How the app is and how far the clock is off; null where the terminal does not tell. */
export async function healthOf(
  session: TerminalSession,
): Promise<{ readonly health: Health; readonly driftSeconds: number } | null> {
  const before = session.tools.now();
  const health = await session.want(terminalHealth, {});
  return health === null ? null : { health, driftSeconds: driftOf(health.utc, before, session.tools.now()) };
}

/** Reads, and changes nothing. */
export async function factsOf(session: TerminalSession): Promise<TerminalFacts> {
  const state = await session.want(imageState, {});
  const active = state?.images.find(({ slot }) => slot === 0) ?? null;
  const told = await healthOf(session);
  const info = await session.want(osInfo, { format: "r" });
  return {
    identity: session.identity,
    name: session.name,
    supervisor: info?.output ?? null,
    running: active === null ? null : { ...active, confirmed: active.confirmed ?? false },
    slots: await session.want(slotImages, {}),
    health: told?.health ?? null,
    driftSeconds: told?.driftSeconds ?? null,
    journal: await session.want(journalStatus, {}),
    lists: await session.want(listStatus, {}),
  };
}

/** `-3 min 12 s`; `0 s` where there is nothing to say. */
export function driftText(seconds: number, lang: "fr" | "en" = "en"): string {
  const [sign, all] = [seconds < 0 ? "-" : "+", Math.abs(seconds)];
  if (all === 0) return "0 s";
  const units = [
    [Math.floor(all / 86_400), lang === "fr" ? "j" : "d"],
    [Math.floor(all / 3_600) % 24, "h"],
    [Math.floor(all / 60) % 60, "min"],
    [all % 60, "s"],
  ] as const;
  const said = units.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return `${sign}${said.slice(0, 2).join(" ")}`;
}

/** `2026-06-15 10:00:00 UTC`. */
export const utcText = (utc: number): string =>
  `${new Date(utc * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;

export const slotDocument = ({ slot, version, hash, counter, layouts, programmes, refusal, detail }: SlotImage) => ({
  slot,
  version,
  hash: toHex(hash),
  counter,
  layouts,
  programmes,
  refusal: refusal ?? null,
  detail: detail ?? null,
});

/** Everything that was read, for programs. */
export function factsDocument(facts: TerminalFacts) {
  const { identity, name, health, journal, lists, slots, running } = facts;
  return {
    terminal: identity.terminal === undefined ? null : name,
    model: identity.model,
    serial: identity.serial,
    merchant: identity.merchant ?? null,
    name: identity.name ?? null,
    production: identity.production,
    open: identity.open,
    key: toHex(identity.key),
    supervisor: facts.supervisor,
    running:
      running === null ? null : { version: running.version, hash: toHex(running.hash), confirmed: running.confirmed },
    security_counter: slots?.counter ?? null,
    slots: slots?.images.map(slotDocument) ?? null,
    app: health?.app ?? null,
    fault: health?.fault ?? null,
    trial: health?.trial ?? null,
    busy: health?.busy ?? null,
    heap_bytes: health?.heap ?? null,
    utc: health?.utc ?? null,
    clock_suspect: health?.suspect ?? null,
    drift_seconds: facts.driftSeconds,
    storage_free_bytes: health?.storageFree ?? null,
    journal:
      journal === null
        ? null
        : {
            first: journal.first,
            last: journal.last,
            collected: journal.collected,
            released: journal.released,
            waiting: journal.last - journal.collected,
            capacity: journal.capacity,
            open_intents: journal.open,
            nearly_full: journal.nearlyFull,
            head: toHex(journal.head),
            collected_at: journal.collectedAt ?? null,
          },
    lists:
      lists === null
        ? null
        : {
            version: lists.version,
            issued: lists.issued ?? null,
            blocked: lists.blocked,
            credits: lists.credits,
            write_layout: lists.writeLayout,
          },
  };
}
