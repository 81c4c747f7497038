import type { MasterKeys } from "./read.ts";

/** A master key as far as judging a card needs it. */
export interface KnownKey {
  /** 32 bytes; never printed. */
  readonly master: Uint8Array;
  readonly generation: number;
  readonly state: "current" | "previous" | "retired" | "revoked";
  /** Published with the project: worth nothing. */
  readonly test: boolean;
}

/** The keys that somebody holds; null always means: not this one. A key ring is one. */
export interface KnownKeys {
  /** Issuers whose card keys are held; null where any issuer has one. */
  readonly issuers: readonly number[] | null;
  cardKey(issuer: number, generation: number): KnownKey | null;
  currentCardKey(issuer: number): KnownKey | null;
  areaKey(programme: number, generation: number): KnownKey | null;
  currentAreaKey(programme: number): KnownKey | null;
}

/** Nobody's keys: everything on a card can be read, no MAC checked. */
export const NO_KEYS: KnownKeys = {
  issuers: [],
  cardKey: () => null,
  currentCardKey: () => null,
  areaKey: () => null,
  currentAreaKey: () => null,
};

/** The same keys as `readCard` asks for them. */
export function masterKeysOf(keys: KnownKeys): MasterKeys {
  return {
    card: (issuer, generation) => keys.cardKey(issuer, generation)?.master ?? null,
    area: (programme, generation) => keys.areaKey(programme, generation)?.master ?? null,
  };
}
