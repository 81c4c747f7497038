import { type Chip, toHex } from "@cachet/card-layout";
import type { PasswordVerdict } from "../cards/card-password.ts";
import type { AreaInspection, CardInspection } from "../cards/read.ts";
import { contentOf } from "../cards/user-pages.ts";
import { type Code, Failure } from "./failure.ts";

const READ_ONLY = "the card was only read";

/** How messages call a card: by its number where it has one. */
export function cardName({ identity, uid }: Pick<CardInspection, "identity" | "uid">): string {
  const chip = `UID ${toHex(uid)}`;
  return identity.kind === "none" ? `the card with ${chip}` : `card ${identity.identity.card} (${chip})`;
}

/** The card left the field. */
export const cardLeft = (state: string): Failure =>
  new Failure("C-CARD-11", "the card left the reader too early", state, [
    "run the command again and leave the card where it is until the command has ended",
  ]);

/** Not a chip that Cachet knows. */
export const notACardOfOurs = (what: string, why: string, ...next: readonly string[]): Failure =>
  new Failure("C-CARD-01", `${what} is no medium of Cachet: ${why}`, READ_ONLY, [
    ...next,
    "use an NTAG213, NTAG215, NTAG216 or MIFARE Ultralight EV1; docs/media.md says what fits on which",
  ]);

/** A finding about a card. A `soft` one means that something could not be checked, or will mend itself, and makes no card wrong. */
export interface CardProblem {
  readonly failure: Failure;
  readonly soft: boolean;
}

function problem(code: Code, what: string, next: readonly string[], soft = false): CardProblem {
  return { failure: new Failure(code, what, READ_ONLY, next), soft };
}

function noIdentity(card: CardInspection): CardProblem {
  const content = contentOf(card);
  const name = cardName(card);
  if (content === "blank" || content === "new")
    return problem("C-CARD-02", `${name} is blank: it is nobody's card yet`, ["make it one: cachet card personalise"]);
  const what =
    content === "unknown" ? "what is known of it holds no identity record" : "it holds something of another system";
  return problem("C-CARD-03", `${name} is no card of ours: ${what}`, [
    "look whether it is the card that was meant; nothing of another system is ever written over",
  ]);
}

const newerLayout = (card: CardInspection, layout: number, chip: Chip): CardProblem =>
  problem("C-CARD-04", `${cardName(card)} has layout ${layout}, which this cachet does not know on ${chip}`, [
    "use the version of cachet that made the card, or a newer one",
  ]);

function identityProblem(card: CardInspection): CardProblem[] {
  const { identity } = card;
  if (identity.kind !== "record" || identity.seal === "right") return [];
  const { issuer, generation } = identity.identity;
  if (identity.seal === "wrong")
    return [
      problem("C-CARD-05", `the identity of ${cardName(card)} carries a wrong MAC`, [
        "it was altered, or copied from another chip: take the card in and give its holder a new one",
        "are the keys those of its issuer? cachet keys status lists them",
      ]),
    ];
  return [
    problem(
      "C-CARD-12",
      `the identity of ${cardName(card)} is not checkable: no card key of issuer ${issuer}, generation ${generation}`,
      ["name the keys of that issuer with --keys; cachet keys status lists what a file holds"],
    ),
  ];
}

const OFFICE = "the office decides what the card is worth, from its books, and gives its holder a new card";

function unreadable({ slots }: AreaInspection, name: string, card: CardInspection): CardProblem {
  const seals = slots.flatMap(({ kind, seal }) => (kind === "unreadable" ? [seal] : []));
  if (seals.includes("right"))
    return problem("C-CARD-04", `${name} of ${cardName(card)} holds a record of a newer layout`, [
      "use the version of cachet that wrote it, or a newer one",
    ]);
  return problem("C-CARD-06", `${name} of ${cardName(card)} holds no record with a right MAC`, [
    "it was altered, or its writes were cut more than once: terminals refuse it",
    OFFICE,
  ]);
}

function areaProblem(area: AreaInspection, card: CardInspection): CardProblem[] {
  const name = `area ${area.index}`;
  switch (area.reading.kind) {
    case "free":
      return [];
    case "conflict":
      return [
        problem("C-CARD-07", `${name} of ${cardName(card)} holds two records that exclude each other`, [
          "a record that somebody kept was put back; terminals refuse it",
          OFFICE,
        ]),
      ];
    case "behind":
      return [
        problem("C-CARD-08", `no record in ${name} of ${cardName(card)} fits counter ${area.counter?.number}`, [
          "an older state was put back, or somebody counted up; terminals refuse it (COUNTER_ROLLBACK)",
          OFFICE,
        ]),
      ];
    case "damaged":
      return [unreadable(area, name, card)];
    case "unknown":
      return [
        problem(
          "C-CARD-10",
          `${name} of ${cardName(card)} is not checkable: its ${area.reading.what === "slot" ? "slots" : "counter"} could not be read`,
          ["take the dump again; Proxmark3 JSON carries everything: cachet card dump -o FILE.json"],
          true,
        ),
      ];
    case "current":
      return area.trusted
        ? []
        : [
            problem(
              "C-CARD-10",
              `${name} of ${cardName(card)}: MAC not checkable without the area key of programme ${area.reading.state.programme}`,
              ["the office and the terminals of that programme hold it; an installer's bundle never does"],
              true,
            ),
          ];
  }
}

function tornCounter({ counter, index }: AreaInspection, card: CardInspection): CardProblem[] {
  if (counter === null || !counter.torn) return [];
  const what = `an increment of counter ${counter.number} (area ${index}) of ${cardName(card)} was cut`;
  const next = ["tap it at a terminal: it may earn, and the next whole write clears the mark"];
  return [problem("C-CARD-09", what, next, true)];
}

const PASSWORDS = {
  wrong: "does not answer to the password that its issuer's card key gives",
  "no-key": "needs a password, and no key that is held gives it",
  "counts-tries": "counts wrong passwords and closes itself for ever, so none was tried",
  "not-passed": "needs a password, which this reader does not pass",
  "no-chip": "shows whose it is by its password alone, and no dump holds that",
} as const;

/** What a password that was, or was not, tried says of a card; null where it was right. */
export function passwordProblem(card: CardInspection, verdict: PasswordVerdict): CardProblem | null {
  if (verdict === "right") return null;
  const what = `${cardName(card)} ${PASSWORDS[verdict]}`;
  if (verdict === "no-chip") return problem("C-CARD-10", what, ["present the card itself: leave out --file"], true);
  return problem("C-CARD-18", what, [
    "name the keys of its issuer with --keys, or --test-keys for a test card",
    ...(card.identity.kind === "uid" ? [`an ${card.chip} does not say whose it is: name that with --issuer`] : []),
  ]);
}

/** What is wrong with a card, or not checkable, worst first. Nothing for one that is right in all its parts. */
export function problemsOf(card: CardInspection): readonly CardProblem[] {
  if (card.identity.kind === "none") return [noIdentity(card)];
  if (card.map === null) return [newerLayout(card, card.identity.identity.layout, card.chip)];
  const found = [
    ...identityProblem(card),
    ...card.areas.flatMap((area) => [...areaProblem(area, card), ...tornCounter(area, card)]),
  ];
  return [...found.filter(({ soft }) => !soft), ...found.filter(({ soft }) => soft)];
}
