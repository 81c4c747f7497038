import { type CardLists, type Clock, PHONE_SECONDS, PHONE_TRIES } from "../hal/index.ts";
import { type Country, phoneNumber } from "../wire/index.ts";
import type { KeyStore } from "./key-store.ts";

/** Who stands behind phone numbers at one merchant, by the list of keyed hashes. Numbers are neither kept nor told on. */
export class PhoneBook {
  private readonly merchant: number;
  private readonly keys: KeyStore;
  private readonly lists: CardLists;
  private readonly clock: Clock;
  private readonly country: () => Country;
  /** When numbers were looked up, latest last. */
  private tries: number[] = [];

  constructor(merchant: number, keys: KeyStore, lists: CardLists, clock: Clock, country: () => Country) {
    this.merchant = merchant;
    this.keys = keys;
    this.lists = lists;
    this.clock = clock;
    this.country = country;
  }

  /** As `Phones.phone` says. */
  find(keyed: string): number | null | "wait" | "no-key" {
    const number = phoneNumber(keyed, this.country());
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
