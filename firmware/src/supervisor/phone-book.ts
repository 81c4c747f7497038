import { type CardLists, type Clock, PHONE_SECONDS, PHONE_TRIES } from "../hal/index.ts";
import type { KeyStore } from "./key-store.ts";

/** A number as it is dialled at home begins with 0: this country's is put in its place. */
const COUNTRY = "+33";

/** A keyed phone number with its country's (ITU-T E.164); null for what is none. */
export function phoneNumber(keyed: string): string | null {
  const digits = keyed.replaceAll(/[ .-]/g, "");
  const number = digits.replace(/^00/, "+").replace(/^0(?=[1-9])/, COUNTRY);
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}

/** Who stands behind phone numbers at one merchant, by the list of keyed hashes. Numbers are neither kept nor told on. */
export class PhoneBook {
  private readonly merchant: number;
  private readonly keys: KeyStore;
  private readonly lists: CardLists;
  private readonly clock: Clock;
  /** When numbers were looked up, latest last. */
  private tries: number[] = [];

  constructor(merchant: number, keys: KeyStore, lists: CardLists, clock: Clock) {
    this.merchant = merchant;
    this.keys = keys;
    this.lists = lists;
    this.clock = clock;
  }

  /** As `Phones.phone` says. */
  find(keyed: string): number | null | "wait" | "no-key" {
    const number = phoneNumber(keyed);
    if (number === null) return null;
    const { utc } = this.clock.now();
    this.tries = this.tries.filter((at) => Math.abs(utc - at) < PHONE_SECONDS);
    if (this.tries.length >= PHONE_TRIES) return "wait";
    const hash = this.keys.phoneHash(this.merchant, number);
    if (hash === "no-key") return hash;
    this.tries.push(utc);
    return this.lists.cardOfPhone?.(this.merchant, hash) ?? null;
  }
}
