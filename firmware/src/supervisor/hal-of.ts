import { type CardPort, type Clock, type CounterPort, type DeviceFacts, type Hal, SandboxFault } from "../hal/index.ts";
import { sha256 } from "./crypto.ts";
import type { JournalKeeper } from "./journal-keeper.ts";
import type { KeyStore } from "./key-store.ts";
import type { PhoneBook } from "./phone-book.ts";
import { receiptFault } from "./receipt-check.ts";
import { screenFault } from "./screen-check.ts";
import type { Settings } from "./settings.ts";

/** What the app's HAL is made of. */
export interface HalParts {
  readonly facts: DeviceFacts;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly card: CardPort;
  readonly counter: CounterPort;
  readonly keys: KeyStore;
  readonly journal: JournalKeeper;
  readonly phones: PhoneBook;
  /** The newest state layout that an image may write now. */
  readonly newestLayout: () => number;
}

/** Ports word and lay out what they are given: what is no screen or no receipt never reaches them. Throws `SandboxFault`. */
function check(what: string, fault: string | null): void {
  if (fault !== null) throw new SandboxFault("error", `the app ${what} that is none: ${fault}`);
}

/** The HAL that the app gets: every call ends at the hardware, the keys or the journal. */
export function halOf({ facts, settings, clock, card, counter, keys, journal, phones, newestLayout }: HalParts): Hal {
  return {
    facts: () => Promise.resolve(facts),
    settings: () => Promise.resolve(settings.ofShop),
    keepSettings: (wanted) => settings.keepShop(wanted),
    state: () => Promise.resolve(journal.state()),
    now: () => Promise.resolve(clock.now()),
    healthy: () => Promise.resolve(),
    waitCard: (timeoutMs, uid) => card.waitCard(timeoutMs, uid),
    exchange: (commands) => card.exchange(commands),
    hash: (message) => Promise.resolve(sha256(message)),
    seal: (key, uid, number, sealed) => Promise.resolve(keys.seal(key, { uid, card: number }, sealed)),
    open: (key, uid, number, sealed, mac) => Promise.resolve(keys.open(key, { uid, card: number }, sealed, mac)),
    sealCode: (message) => Promise.resolve(keys.sealCode(facts.merchant, message)),
    openCode: (generation, message, mac) => Promise.resolve(keys.openCode(facts.merchant, generation, message, mac)),
    password: (issuer, generation, uid, number) =>
      Promise.resolve(keys.password(issuer, generation, { uid, card: number })),
    lookup: async (number, visit) => {
      const history = await journal.lookup(number, visit);
      return { ...history, writeLayout: Math.min(history.writeLayout, newestLayout()) };
    },
    newVisit: () => journal.newVisit(),
    ticket: (number, visit) => journal.ticket(number, visit),
    lastTicket: () => journal.lastTicket(),
    lastVisit: (number) => journal.lastVisit(number),
    visits: (number) => journal.visits(number),
    refundedHere: (terminal, ticket, visit) => journal.refundedHere(terminal, ticket, visit),
    isAdded: (tillTicket, visit) => journal.isAdded(tillTicket, visit),
    given: (programme) => journal.given(programme),
    entry: (number) => journal.entry(number),
    entryHash: (number) => journal.entryHash(number),
    intend: (body) => journal.intend(body),
    settle: (intent, programme, outcome) => journal.settle(intent, programme, outcome),
    giveBack: (intent) => journal.giveBack(intent),
    account: (account, visit) => journal.account(account, visit),
    enter: (body) => journal.enter(body),
    phone: (keyed) => Promise.resolve(phones.find(keyed)),
    refuse: (body) => journal.refuse(body),
    nextEvent: (seconds, wanted) => counter.nextEvent(seconds, wanted),
    show: async (screen) => {
      check("shows a screen", screenFault(screen));
      await counter.show(screen, settings.ofShop);
    },
    print: async (receipt) => {
      check("prints a receipt", receiptFault(receipt));
      return counter.print(receipt, settings.ofShop);
    },
    report: (report) => counter.report(report),
  };
}
