import { type Codec, looseMap } from "../schema.ts";

/** What SMP itself answers when a request gets no further (Zephyr, mgmt.h `mcumgr_err_t`). Numbers are the standard's. */
export const GENERAL_CODES = {
  unknown: 1,
  "no-memory": 2,
  "invalid-value": 3,
  timeout: 4,
  "no-entry": 5,
  "bad-state": 6,
  "too-large": 7,
  "not-supported": 8,
  corrupt: 9,
  busy: 10,
  denied: 11,
  "version-too-old": 12,
  "version-too-new": 13,
} as const;
export type GeneralRefusal = keyof typeof GENERAL_CODES;

/** A group's own answer to a request that it does not follow: its number in SMP v2, and the general word told to v1 clients. */
export interface RefusalCode {
  readonly rc: number;
  readonly v1: GeneralRefusal;
}

/** One command of SMP: client and server are typed from this, and nothing exists on the line that is not declared so. */
export interface Command<Q, S, R extends string> {
  readonly group: number;
  readonly id: number;
  readonly op: "read" | "write";
  readonly request: Codec<Q>;
  readonly response: Codec<S>;
  readonly refusals: Readonly<Record<R, RefusalCode>>;
  /** Answered without an installer's key. */
  readonly free: boolean;
}

export type AnyCommand = Command<unknown, unknown, string>;
export type RequestOf<C> = C extends Command<infer Q, infer _S, infer _R> ? Q : never;
export type ResponseOf<C> = C extends Command<infer _Q, infer S, infer _R> ? S : never;
export type RefusalOf<C> = C extends Command<infer _Q, infer _S, infer R> ? R : never;

/** A request that was not followed, and a sentence for people. */
export interface Refused<R extends string> {
  readonly refused: R | GeneralRefusal;
  readonly detail: string;
}

export function refused<R extends string>(word: R, detail: string): { readonly refused: R; readonly detail: string } {
  return { refused: word, detail };
}

/** Declares a command. */
export function command<Q, S, R extends string = never>(
  declared: Omit<Command<Q, S, R>, "free" | "refusals"> & {
    readonly refusals?: Readonly<Record<R, RefusalCode>>;
    readonly free?: true;
  },
): Command<Q, S, R> {
  const { refusals = {} as Readonly<Record<R, RefusalCode>>, free = false } = declared;
  return { ...declared, refusals, free };
}

/** A body without any field. */
export const NOTHING: Codec<object> = looseMap({});
