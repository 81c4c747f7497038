import type { LeapBirthday, Weekday } from "./calendar/period.ts";
import type { DateText, In } from "./quantity.ts";

/** Minutes of the local day, from one to the other, the second not included. `to` may be before `from`: over midnight. */
export interface Hours {
  /** 0 to 1440: 17:30 is 1050. */
  readonly from: number;
  /** 0 to 1440, not included. */
  readonly to: number;
}

/** A basket that counts: `reaches` includes the amount, `exceeds` does not. */
export interface Minimum {
  /** Whether the amount itself is enough. */
  readonly kind: "reaches" | "exceeds";
  /** Cents, exclusions left out. */
  readonly amount: In<"cents">;
  /** `initial`: as it was rung up. `running` or left out: with the discounts so far off. */
  readonly of?: "initial" | "running";
}

/** Other merchants of the programme at which the card was used lately. */
export interface Also {
  /** At one of these, by number. At these merchants themselves the condition does not hold. */
  readonly merchants: readonly number[];
  /** How many days count, today among them: 1 is today alone, 7 today and the six days before. */
  readonly withinDays: number;
  /** Purse index where the card keeps the last day, 0 to 7. Conditions with the same merchants may share one. */
  readonly purse: number;
}

/** When a rule has its say: every part that is given must hold. */
export interface When {
  /** 1 Monday to 7 Sunday, local. */
  readonly weekdays?: readonly Weekday[];
  /** At these minutes of the local day. */
  readonly hours?: Hours;
  /** From this local date on. */
  readonly from?: DateText;
  /** Before this local date: it is the first day that no longer counts. */
  readonly until?: DateText;
  /** With a basket like this. */
  readonly basket?: Minimum;
  /** At these merchants of the programme, by number. */
  readonly merchants?: readonly number[];
  /** One of the means of payment is of this kind. */
  readonly tender?: string;
  /** One of these levels of the programme's tiers, held when the card was read. */
  readonly tiers?: readonly string[];
  /** So many days before and after the birthday, which itself always counts. */
  readonly birthday?: { readonly before: number; readonly after: number; readonly leap: LeapBirthday };
  /** The first visit of this card in this programme. */
  readonly first?: true;
  /** The last visit is at least so many days ago. */
  readonly awayDays?: number;
  /** Member of the club of this rule, today. */
  readonly memberOf?: string;
  /** An offer to this card alone, by number, open today. */
  readonly offer?: number;
  /** The card was also used at a partner, lately. */
  readonly also?: Also;
}

/** The other merchants that a rule asks for; undefined where it asks for none. */
export const alsoOf = (rule: object): Also | undefined =>
  "when" in rule ? (rule.when as When | undefined)?.also : undefined;

/** The hour `17:30` as minutes of the day; null for anything else. `24:00` is the end of the day. */
export function parseHour(text: string): number | null {
  const found = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  const minutes = found === null ? null : Number(found[1]) * 60 + Number(found[2]);
  return minutes === null || minutes > 1_440 ? null : minutes;
}
