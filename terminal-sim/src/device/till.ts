import { lineOf, writtenReceipt } from "@cachet/firmware/counter";
import type {
  CounterEvent,
  CounterPort,
  Key,
  Receipt,
  Screen,
  ShopSettings,
  Swipe,
  Timer,
  VisitReport,
  VisitRequest,
  WrittenReceipt,
} from "@cachet/firmware/hal";
import { SimTimer } from "./timer.ts";

/** Which cards end a wait. */
type Wanted = "any" | "new" | "none";

/** The counter of a simulated terminal: requests and keys in, screens, paper and reports out. */
export class SimTill implements CounterPort {
  /** Receipts printed since power-on, oldest first. */
  readonly receipts: WrittenReceipt[] = [];
  /** What screens said, their line alone. */
  readonly screens: string[] = [];
  /** Whether to keep every screen and receipt. A long run keeps only the last of each. */
  readonly keepsAll: boolean;
  /** What stands on the screen. */
  screen: Screen = { says: "ready" };
  settings: ShopSettings = { language: "fr", beep: true, paper: 48, collect: false, closing: null };
  hasPaper = true;
  /** The app waits for nothing in particular. */
  isIdle = false;
  /** Ends a wait for a card; false where nobody waits for one. */
  callOff: () => boolean = () => false;
  private readonly timer: Timer;
  private readonly events: CounterEvent[] = [];
  private hasCard = false;
  private waiting: { readonly wanted: Wanted; readonly answer: (event: CounterEvent) => void } | null = null;
  private listener: (report: VisitReport) => void = () => {};

  constructor(keepsAll: boolean, timer: Timer = new SimTimer()) {
    this.keepsAll = keepsAll;
    this.timer = timer;
  }

  /** Asks the terminal for a visit; resolves with its report. */
  ask(request: VisitRequest): Promise<VisitReport> {
    return new Promise((resolve) => {
      this.listener = resolve;
      this.happen({ kind: "request", request });
    });
  }

  private happen(event: CounterEvent): void {
    this.events.push(event);
    this.look();
  }

  press(key: Key): void {
    if (key !== "cancel" || !this.callOff()) this.happen({ kind: "key", key });
  }

  scan(text: string): void {
    this.happen({ kind: "scan", text });
  }

  swipe(swipe: Swipe): void {
    this.happen({ kind: "swipe", swipe });
  }

  /** A card came into the field. */
  cardCame(): void {
    this.hasCard = true;
    if (this.waiting !== null && this.waiting.wanted !== "none") this.waiting.answer({ kind: "card" });
  }

  cardLeft(): void {
    this.hasCard = false;
  }

  /** Whether something that was pressed or asked for waits for the app. */
  get hasEvents(): boolean {
    return this.events.length > 0;
  }

  /** Whether the app waits for an event. */
  get isAsking(): boolean {
    return this.waiting !== null;
  }

  private look(): void {
    if (this.waiting === null) return;
    const { wanted, answer } = this.waiting;
    const isThere = wanted === "any" && this.hasCard;
    const event = this.events.shift() ?? (isThere ? ({ kind: "card" } as const) : null);
    if (event !== null) answer(event);
  }

  nextEvent(seconds: number, wanted: Wanted): Promise<CounterEvent> {
    return new Promise((resolve) => {
      const answer = (event: CounterEvent) => {
        this.waiting = null;
        this.isIdle = false;
        callOff();
        resolve(event);
      };
      const callOff = seconds === 0 ? () => {} : this.timer.after(seconds * 1_000, () => answer({ kind: "time" }));
      this.waiting = { wanted, answer };
      this.isIdle = seconds === 0;
      this.look();
    });
  }

  /** Somebody holds the service key down. */
  pressService: () => void = () => {};

  serviceKey(): Promise<void> {
    return new Promise((resolve) => {
      this.pressService = resolve;
    });
  }

  async show(screen: Screen, settings: ShopSettings): Promise<void> {
    // Nobody answers a question before he has read it.
    if (screen.choices !== undefined && screen.says !== this.screen.says) {
      const others = this.events.filter(({ kind }) => kind !== "key");
      this.events.splice(0, this.events.length, ...others);
    }
    this.screen = screen;
    this.settings = settings;
    if (!this.keepsAll) this.screens.length = 0;
    this.screens.push(lineOf(screen, settings.language));
  }

  async print(receipt: Receipt, { language }: ShopSettings): Promise<"printed" | "no-paper"> {
    if (!this.hasPaper) return "no-paper";
    if (!this.keepsAll) this.receipts.length = 0;
    this.receipts.push(writtenReceipt(receipt, language));
    return "printed";
  }

  async report(report: VisitReport): Promise<void> {
    this.listener(report);
  }
}
