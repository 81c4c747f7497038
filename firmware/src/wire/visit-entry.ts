import { AccountVisit } from "./account-visit.ts";
import { type Cbor, decodeCbor } from "./cbor.ts";
import { ACCOUNT_KIND, type Entry, INTENT_KIND } from "./entry.ts";
import { Intent } from "./intent.ts";

/** A visit of the terminal's own journal, as its app needs it. */
export type VisitEntry = Pick<Entry, "number" | "utc" | "offset"> &
  ({ readonly kind: "intent"; readonly body: Intent } | { readonly kind: "account"; readonly body: AccountVisit });

/** Reads an entry that the journal gave; null where it is no visit. Throws a format error where its body does not read. */
export function decodeVisit(stored: Uint8Array): VisitEntry | null {
  const [number, kind, utc, offset, , body] = decodeCbor(stored) as [number, number, number, number, Uint8Array, Cbor];
  const of = { number, utc, offset };
  if (kind === INTENT_KIND) return { ...of, kind: "intent", body: Intent.decode(body, "intent") };
  return kind === ACCOUNT_KIND ? { ...of, kind: "account", body: AccountVisit.decode(body, "account") } : null;
}
