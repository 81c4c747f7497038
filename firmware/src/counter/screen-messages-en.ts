import { amountText, cardText, hourText, minuteText } from "./amount.ts";
import { refusalText } from "./refusals.ts";
import { dotted, heldTexts, type ScreenMessages } from "./screen-words.ts";

const euros = (cents: number): string => amountText(cents, "en");
const typedEuros = (typed: string): string => euros(Number(typed || "0"));
const plain = (line: string, title = "") => ({ title, line });

/** Words of the screens, in English. */
export const en: ScreenMessages = {
  screens: {
    ready: ({ listDays, nearlyFull }) => ({
      title: nearlyFull ? "Memory: collect now" : listDays === undefined ? "" : `List: ${listDays} days old`,
      line: "Ready",
    }),
    test: () => plain("TEST"),
    presentCard: ({ cents }) => plain("Present the card", cents === undefined ? "" : euros(cents)),
    presentAgain: () => plain("Present the same card again"),
    callOff: () => plain("Cancel?", "Nothing was debited"),
    otherCard: () => plain("Not the same card"),
    keepCard: () => plain("Keep the card in place"),
    oneCard: () => plain("One card only, please"),
    noCard: () => plain("No card"),
    done: () => plain("Done"),
    alreadyDone: () => plain("Already done"),
    nothingToDo: () => plain("Nothing to write"),
    inDoubt: () => plain("Card left too early: present it again"),
    topUpInDoubt: () => plain("Top-up in doubt: keep the money, present the card"),
    refused: ({ reason }) => plain(refusalText(reason, "en")),
    saleAmount: ({ typed }) => plain(typedEuros(typed), "Sale"),
    topUpAmount: ({ typed }) => plain(typedEuros(typed), "Top-up"),
    lateAmount: ({ typed }) => plain(typedEuros(typed), "Add a past sale"),
    lateTicket: ({ typed }) => plain(`No. ${typed}`, "Till's ticket"),
    refundTicket: ({ typed }) => plain(`No. ${typed}`, "Refund a ticket"),
    refundLines: ({ ticket }) => plain("Refund what?", `Ticket ${ticket}`),
    phone: ({ typed }) => plain(typed, "No card: phone"),
    phoneCard: ({ card }) => plain(`${cardText(card)}?`, "Loyalty card"),
    phoneWait: () => plain("Too many tries: wait 10 min", "No card"),
    phoneUnknown: () => plain("Number not known here", "No card"),
    useCagnotte: ({ typed, most, balance }) =>
      plain(`${euros(Number(typed || most))} of ${euros(balance)}`, "Use balance"),
    reward: ({ label }) => plain("Give it now?", label.toUpperCase()),
    sameSale: ({ minute }) => plain("Do it again?", `Done at ${minuteText(minute)}`),
    collect: ({ cents }) => plain(`Collect ${euros(cents)}`),
    collectAnew: ({ cents, taken }) => plain(`Collect ${euros(cents)}`, `Taken ${euros(taken)}`),
    paymentUnsure: () => plain("Look at the bank's slip. Paid?", "Payment not sure"),
    notPaid: ({ due }) => plain("Nothing was debited", due === 0 ? "" : `Due ${euros(due)}`),
    giveBack: ({ cents }) => plain(`Give back: ${euros(cents)}`),
    saleDone: ({ card, earned, spent, held, reward }) => {
      const [first = "", second = ""] = heldTexts(held, euros);
      const parts = [first, spent === 0 ? second : `-${euros(spent)}`, earned === 0 ? "" : `+${euros(earned)}`];
      return plain(dotted(parts) || "Done", reward === undefined ? `Card ${cardText(card)}` : reward.toUpperCase());
    },
    topUpDone: ({ card, cents, held }) =>
      plain([euros(cents), ...heldTexts(held, euros).slice(0, 1)].join(" -> "), `Card ${cardText(card)}`),
    refundDone: ({ cents, onCard }) =>
      plain(onCard === 0 ? `Give ${euros(cents)}` : `Give ${euros(cents)} + ${euros(onCard)} on card`, "Refund"),
    balance: ({ card, held }) => plain(dotted(heldTexts(held, euros)) || "Empty card", `Balance ${cardText(card)}`),
    cancelLast: () => plain("Cancel the last one?", "Same card"),
    noPaper: () => plain("Out of paper: ticket kept"),
    nothingToPrint: () => plain("Nothing to print"),
    bankCard: () => plain("Bank card: not read"),
    unreadable: () => plain("Not readable: again"),
    menu: () => plain("", "Menu"),
    settings: ({ beep, paper, collect, closing }) =>
      plain(
        dotted([
          `sound ${beep ? "on" : "off"}`,
          `${paper} col.`,
          collect ? "collects" : "",
          closing === null ? "" : minuteText(closing),
        ]),
        "Settings",
      ),
    closing: ({ typed }) => plain(typed === "" ? "Never" : hourText(typed), "Closing, as 1930"),
    endOfDay: ({ visits, earned, spent, waiting, lateDays }) =>
      plain(
        `${visits} visits · +${euros(earned)} · -${euros(spent)}`,
        lateDays > 0 ? `Collection late ${lateDays} d` : `To collect: ${waiting}`,
      ),
    trainingOn: () => plain("No card is written"),
    trainingOff: () => plain("Training is over"),
    trained: ({ payable }) => plain(`To pay ${euros(payable)}`),
    help: ({ page }) => plain(HELP[page % HELP.length]!, `Help ${(page % HELP.length) + 1}/${HELP.length}`),
  },
  choices: {
    yes: "Yes",
    no: "No",
    now: "Yes",
    later: "Later",
    again: "Again",
    leave: "Leave it",
    "by-card": "Paid by card",
    cash: "Paid in cash",
    "not-paid": "Not paid",
    unsure: "Not sure",
    whole: "Whole ticket",
    these: "These lines",
    collect: "Collect here",
    closing: "Closing time",
    "top-up": "Top-up",
    refund: "Refund",
    "no-card": "No card",
    "cancel-last": "Cancel last",
    print: "Print",
    "late-sale": "Add a past sale",
    "end-of-day": "End of day",
    training: "Training",
    settings: "Settings",
    language: "Language: English",
    beep: "Sound",
    paper: "Paper 80/58 mm",
    history: "Last visits",
    help: "Help",
  },
  line: (place, cents, isChosen) => `${place}. ${euros(cents)}${isChosen ? " YES" : ""}`,
  faults: {
    nothing: "Type an amount",
    "too-much": "Too large",
    "too-short": "Number too short",
    "no-time": "No such hour",
  },
  training: "TRAINING",
  ok: "OK",
  cancel: "Cancel",
};

/** What the keys do, a line each. */
export const HELP: readonly string[] = [
  "Sale: amount, green, then the card",
  "BALANCE after the amount: it pays",
  "TOP-UP: amount, payment, the card",
  "REFUND: ticket number or QR, card",
  "NO CARD: phone; green: on the receipt",
  "A card alone: what it holds",
  "PRINT: the last ticket, or number then PRINT",
];
