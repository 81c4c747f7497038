/**
 * The words that a programme is written in, as its author sees them: a number or date with a unit is made by the function of
 * that unit, `cents(250)`, `localDate("2027-12-31")`, and nothing else compiles there. What they do is in `draft.ts`.
 */
import * as draft from "./draft.ts";
import type { Programme } from "./programme.ts";
import type { Written } from "./quantity.ts";

type Preset<F> = F extends (given: infer D) => infer R ? (draft: Written<D>) => Written<R> : never;
const preset = <F>(plain: F) => plain as unknown as Preset<F>;

/** Fills in usual values and checks a programme. Throws `ProgrammeFault` with every fault found. */
export const programme = (written: Written<draft.ProgrammeDraft>): Programme => draft.programme(written);

/** Preset *grille*: a reward after so many visits or items. */
export const stamps = preset(draft.stamps);

/** Preset *cagnotte*: a rate of every purchase is saved up and spent like money. */
export const cagnotte = preset(draft.cagnotte);

/** Preset *points et boutique*: points for purchases, for money off or for gifts of a catalogue. */
export const points = preset(draft.points);

/** Preset *prépayé*: money paid in at the counter, which pays by itself at every sale. */
export const prepaid = preset(draft.prepaid);

/** Preset *abonnement*: sessions, rentals, photos or copies paid for beforehand. */
export const units = preset(draft.units);

/** Preset *remise immédiate*: money off at once. */
export const discount = preset(draft.discount);

/** Modifier: more of what a rule earns. Happy hour, double points, a new product. */
export const multiplier = preset(draft.multiplier);

/** Modifier: a fixed number on top. Welcome, wake-up, birthday. */
export const bonus = preset(draft.bonus);

/** Modifier: the most that a rule may earn. */
export const cap = preset(draft.cap);

/** Preset *statuts*: levels reached by what was spent. */
export const tiers = preset(draft.tiers);

/** Preset *club*: a yearly fee, advantages while it lasts. */
export const club = preset(draft.club);

/** Preset *défi*: a bonus for visits to so many different merchants. */
export const challenge = preset(draft.challenge);

/** Preset *tombola*: one entry of a draw for every so many cents. */
export const draw = preset(draft.draw);

/** Preset *parrainage*: something for a customer who brings another one, and for the one who is brought. */
export const referral = preset(draft.referral);

/** Preset *stationnement*: minutes of parking with a purchase. */
export const parking = preset(draft.parking);
