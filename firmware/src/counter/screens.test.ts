import { describe, expect, it } from "vitest";
import { type Choice, KEYS, type Screen, type ScreenName } from "../hal/index.ts";
import { DISPLAYS, onDisplay, onTty } from "./characters.ts";
import { pageOf } from "./page.ts";
import { REFUSALS } from "./refusals.ts";
import { fr } from "./screen-messages-fr.ts";

/** 99 999,99: the most that can be typed. */
const MOST = 9_999_999;
const TYPED = String(MOST);
const CARD = 2_800_010_000_421;
/** The longest that a programme may call a reward on these displays, with accents that take two bytes. */
const LABEL = "Pâtisserie à l'œuvre";
const HELD = [{ cents: MOST }, { stamps: 10, grid: 10 }] as const;

const SETTINGS = { says: "settings", language: "fr", beep: true, paper: 48, collect: true, closing: 1_439 } as const;
const CHANGES = ["language", "beep", "paper", "collect", "closing"] as const;

/** Every screen, each with the most that it may have to show. A name that is missing does not compile. */
const SCREENS: { readonly [Name in ScreenName]: readonly Extract<Screen, { says: Name }>[] } = {
  ready: [{ says: "ready" }, { says: "ready", listDays: 9_999 }, { says: "ready", nearlyFull: true, listDays: 9_999 }],
  test: [{ says: "test" }],
  presentCard: [{ says: "presentCard" }, { says: "presentCard", cents: MOST }],
  presentAgain: [{ says: "presentAgain" }],
  callOff: [{ says: "callOff", choices: ["yes", "no"], marked: 0 }],
  otherCard: [{ says: "otherCard" }],
  keepCard: [{ says: "keepCard" }],
  oneCard: [{ says: "oneCard" }],
  noCard: [{ says: "noCard" }],
  done: [{ says: "done" }],
  alreadyDone: [{ says: "alreadyDone" }],
  nothingToDo: [{ says: "nothingToDo" }],
  inDoubt: [{ says: "inDoubt" }, { says: "inDoubt", choices: ["again", "leave"] }],
  topUpInDoubt: [{ says: "topUpInDoubt" }],
  refused: [{ says: "refused", reason: "BLOCKED" }],
  saleAmount: [
    { says: "saleAmount", typed: "" },
    { says: "saleAmount", typed: "5", fault: "nothing" },
    { says: "saleAmount", typed: TYPED, fault: "too-much" },
  ],
  topUpAmount: [{ says: "topUpAmount", typed: TYPED }],
  lateAmount: [{ says: "lateAmount", typed: TYPED }],
  lateTicket: [{ says: "lateTicket", typed: "999999999999" }],
  refundTicket: [{ says: "refundTicket", typed: "9999999999" }],
  refundLines: [
    {
      says: "refundLines",
      ticket: 9_999_999_999,
      choices: ["whole", { line: 1, cents: MOST }, { line: 99, cents: MOST }],
      marked: 2,
    },
  ],
  phone: [
    { says: "phone", typed: "003361234567890" },
    { says: "phone", typed: "06", fault: "too-short" },
  ],
  phoneCard: [{ says: "phoneCard", card: CARD, choices: ["yes", "no"] }],
  phoneWait: [{ says: "phoneWait" }],
  phoneUnknown: [{ says: "phoneUnknown" }],
  useCagnotte: [
    { says: "useCagnotte", typed: "", most: MOST, balance: MOST },
    { says: "useCagnotte", typed: TYPED, fault: "too-much", most: MOST, balance: MOST },
  ],
  reward: [{ says: "reward", label: LABEL, choices: ["now", "later"] }],
  sameSale: [{ says: "sameSale", minute: 602, choices: ["yes", "no"], marked: 1 }],
  collect: [{ says: "collect", cents: MOST, choices: ["by-card", "cash", "not-paid", "unsure"], marked: 3 }],
  collectAnew: [
    { says: "collectAnew", cents: MOST, taken: MOST, choices: ["by-card", "cash", "not-paid", "unsure"], marked: 0 },
  ],
  paymentUnsure: [{ says: "paymentUnsure", cents: MOST, choices: ["yes", "no"] }],
  notPaid: [
    { says: "notPaid", due: 0 },
    { says: "notPaid", due: MOST },
  ],
  giveBack: [{ says: "giveBack", cents: MOST }],
  saleDone: [
    { says: "saleDone", card: CARD, earned: MOST, spent: MOST, held: HELD },
    { says: "saleDone", card: CARD, earned: 0, spent: 0, held: [], reward: LABEL },
  ],
  topUpDone: [{ says: "topUpDone", card: CARD, cents: MOST, held: HELD }],
  refundDone: [
    { says: "refundDone", cents: MOST, onCard: 0 },
    { says: "refundDone", cents: MOST, onCard: MOST },
  ],
  balance: [
    { says: "balance", card: CARD, held: [] },
    { says: "balance", card: CARD, held: [...HELD, { count: 99_999, of: "points" }] },
  ],
  cancelLast: [{ says: "cancelLast", choices: ["yes", "no"] }],
  noPaper: [{ says: "noPaper" }],
  nothingToPrint: [{ says: "nothingToPrint" }],
  bankCard: [{ says: "bankCard" }],
  unreadable: [{ says: "unreadable" }],
  menu: [
    {
      says: "menu",
      choices: [
        "top-up",
        "refund",
        "no-card",
        "cancel-last",
        "late-sale",
        "print",
        "end-of-day",
        "training",
        "settings",
        "help",
        "history",
      ],
      marked: 10,
    },
  ],
  settings: [
    { ...SETTINGS, choices: CHANGES, marked: 4 },
    { ...SETTINGS, beep: false, collect: false, closing: null, choices: CHANGES, marked: 0 },
  ],
  closing: [
    { says: "closing", typed: "" },
    { says: "closing", typed: "930" },
    { says: "closing", typed: "2575", fault: "no-time" },
  ],
  endOfDay: [
    { says: "endOfDay", visits: 99_999, earned: MOST, spent: MOST, waiting: 50_000, lateDays: 0 },
    { says: "endOfDay", visits: 0, earned: 0, spent: 0, waiting: 1, lateDays: 99 },
  ],
  trainingOn: [{ says: "trainingOn", training: true }],
  trainingOff: [{ says: "trainingOff" }],
  trained: [{ says: "trained", payable: MOST, training: true }],
  help: [0, 1, 2, 3, 4, 5, 6].map((page) => ({ says: "help", page })),
};
const ALL = Object.values(SCREENS).flat() as readonly Screen[];
const LANGUAGES = ["fr", "en"] as const;
const SIZES = Object.keys(DISPLAYS) as (keyof typeof DISPLAYS)[];

describe.each(LANGUAGES)("screens in %s", (language) => {
  it.each(SIZES)("fit %s, each as it was seen and approved", (size) => {
    const drawn = ALL.map((screen) => {
      const page = pageOf(screen, language);
      const { rows, fits } = onDisplay(page, size);
      expect(fits, `${screen.says}: ${page.title} / ${page.line}`).toBe(true);
      expect(rows).toHaveLength(DISPLAYS[size].rows);
      for (const row of rows) expect([...row]).toHaveLength(DISPLAYS[size].columns);
      return [`${screen.says} [${page.signal}]`, ...rows.map((row) => `  |${row}|`)].join("\n");
    });
    expect(drawn.join("\n")).toMatchSnapshot();
  });

  it("fit a tty", () => {
    const drawn = ALL.map((screen) => onTty(pageOf(screen, language)).join("\n"));
    expect(drawn.join("\n")).toMatchSnapshot();
  });

  it("show the marked choice, wherever it stands, and name every key that does something", () => {
    const choices = Object.keys(fr.choices) as Extract<Choice, string>[];
    for (const [place, choice] of choices.entries()) {
      // As many as the longest menu has.
      const marked = place % 10;
      const page = pageOf(
        { says: "menu", choices: choices.slice(place - marked, place - marked + 10), marked },
        language,
      );
      for (const size of SIZES) {
        const { rows, fits } = onDisplay(page, size);
        expect(fits, choice).toBe(true);
        expect(
          rows.some((row) => row.includes(`>${marked + 1} ${page.choices[marked]}`)),
          choice,
        ).toBe(true);
      }
    }
    for (const screen of ALL) for (const key of pageOf(screen, language).keys) expect(KEYS).toContain(key);
  });
});

describe("refusals", () => {
  it("take four words at most and a code of their own, and fit every display", () => {
    const codes = Object.values(REFUSALS).map(([code]) => code);
    expect(new Set(codes).size).toBe(codes.length);
    for (const [reason, [code, ...texts]] of Object.entries(REFUSALS)) {
      expect(code).toMatch(/^[A-Z]\d{1,2}$/);
      // Articles and prepositions are no words that anybody reads.
      for (const text of texts)
        expect(text.split(/[ ']/).filter((word) => word.length > 2).length, text).toBeLessThanOrEqual(4);
      for (const language of LANGUAGES)
        for (const size of SIZES)
          expect(onDisplay(pageOf({ says: "refused", reason }, language), size).fits, reason).toBe(true);
    }
  });

  it("of a reason or a screen that this version does not know show its name", () => {
    expect(pageOf({ says: "refused", reason: "SOMETHING_NEW" }, "fr").line).toBe("Refusée · SOMETHING_NEW");
    expect(pageOf({ says: "refused", reason: "constructor" }, "en").line).toBe("Refused · constructor");
    expect(pageOf({ says: "somethingNew" } as unknown as Screen, "fr").line).toBe("somethingNew");
  });
});
