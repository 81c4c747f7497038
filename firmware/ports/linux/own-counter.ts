import { type Drawing, drawn, type Page, pageOf, TYPED_LEGEND } from "../../src/counter/index.ts";
import type {
  CardPort,
  CounterEvent,
  CounterPort,
  Receipt,
  Screen,
  SerialLine,
  ShopSettings,
  VisitReport,
} from "../../src/hal/index.ts";
import type { Buzzer } from "./buzzer.ts";
import { type Desk, reportTo } from "./desk.ts";
import type { Loop } from "./loop.ts";
import { native } from "./native.ts";
import type { Printer } from "./printer.ts";

type Wanted = "any" | "new" | "none";

/** How often somebody looks whether a card lies on the reader while the app waits for anything. */
const LOOK_MS = 100;
const CLEAR = "\x1b[H\x1b[2J";

/** What a counter of one's own is made of; null for what is not there. */
export interface CounterParts {
  readonly screen: SerialLine | null;
  readonly drawing: Drawing;
  readonly printer: Printer | null;
  readonly buzzer: Buzzer | null;
  readonly reader: CardPort;
  /** Asks for visits and is told how they ended. */
  readonly till: Desk | null;
}

/** The screen and keys of the terminal itself, its printer and its buzzer, and the till beside it. */
export class OwnCounter implements CounterPort {
  private readonly parts: CounterParts;
  private readonly loop: Loop;
  private events: CounterEvent[] = [];
  private waiting: { readonly wanted: Wanted; readonly answer: (event: CounterEvent) => void } | null = null;
  private shown: { readonly screen: Screen; readonly page: Page } | null = null;
  private onService: () => void = () => {};
  /** Ends the app's wait for a card; null where it waits for none. */
  private callOffCard: (() => void) | null = null;
  private starts = 0;

  constructor(parts: CounterParts, loop: Loop) {
    this.parts = parts;
    this.loop = loop;
  }

  /** The terminal starts: nothing of before waits any more. */
  begin(): void {
    this.events = [];
    this.waiting = null;
    this.callOffCard = null;
    this.starts += 1;
    const { till } = this.parts;
    if (till !== null) void this.ask(till, this.starts);
  }

  /** What the till asks for is one of the things that happen. */
  private async ask(till: Desk, start: number): Promise<void> {
    while (start === this.starts) {
      const event = (await till.call("nextEvent", [0, "none"])) as CounterEvent;
      if (start === this.starts) this.happen(event);
    }
  }

  happen(event: CounterEvent | "service"): void {
    if (event === "service") this.onService();
    else if (event.kind === "key" && event.key === "cancel" && this.callOffCard !== null) this.callOffCard();
    else {
      this.events.push(event);
      this.look();
    }
  }

  private look(): void {
    if (this.waiting === null) return;
    const event = this.events.shift();
    if (event !== undefined) this.waiting.answer(event);
  }

  nextEvent(seconds: number, wanted: Wanted): Promise<CounterEvent> {
    return new Promise((resolve) => {
      const callOff =
        seconds === 0 ? () => {} : this.loop.after(seconds * 1_000, () => waiting.answer({ kind: "time" }));
      const waiting = {
        wanted,
        answer: (event: CounterEvent) => {
          if (this.waiting !== waiting) return;
          this.waiting = null;
          callOff();
          resolve(event);
        },
      };
      this.waiting = waiting;
      this.look();
      if (wanted !== "none") void this.watchCard(waiting);
    });
  }

  /** Looks for a card as long as somebody waits for one. One that lay there before is no new one. */
  private async watchCard(waiting: NonNullable<OwnCounter["waiting"]>): Promise<void> {
    let wasThere = waiting.wanted === "new";
    while (this.waiting === waiting) {
      const next = native.steady() + LOOK_MS;
      const isThere = (await this.parts.reader.waitCard(LOOK_MS, null)) !== "none";
      if (isThere && !wasThere) return waiting.answer({ kind: "card" });
      wasThere = isThere;
      const left = next - native.steady();
      if (left > 0) await new Promise<void>((resolve) => this.loop.after(left, resolve));
    }
  }

  /** The reader as the app has it: the red key ends a wait for a card. */
  readonly card: CardPort = {
    waitCard: (ms, uid) => {
      const calledOff = new Promise<"none">((resolve) => {
        this.callOffCard = () => resolve("none");
      });
      return Promise.race([this.parts.reader.waitCard(ms, uid), calledOff]).finally(() => {
        this.callOffCard = null;
      });
    },
    exchange: (commands) => this.parts.reader.exchange(commands),
  };

  async show(screen: Screen, { language, beep }: ShopSettings): Promise<void> {
    // Nobody answers a question before he has read it.
    if (screen.choices !== undefined && screen.says !== this.shown?.screen.says) {
      this.events = this.events.filter(({ kind }) => kind !== "key");
    }
    const page = pageOf(screen, language);
    this.shown = { screen, page };
    this.draw();
    if (beep) this.parts.buzzer?.sound(page.signal);
  }

  /** Draws what is shown, once more where the screen was gone. */
  draw(): void {
    if (this.shown === null) return;
    const rows = [...drawn(this.shown.page, this.parts.drawing), "", ...TYPED_LEGEND];
    void this.parts.screen?.send(native.utf8Of(`${CLEAR}${rows.join("\r\n")}\r\n`));
  }

  async print(receipt: Receipt, settings: ShopSettings): Promise<"printed" | "no-paper"> {
    return (await this.parts.printer?.print(receipt, settings)) ?? "no-paper";
  }

  async report(report: VisitReport): Promise<void> {
    if (this.parts.till !== null) await reportTo(this.parts.till, report);
  }

  serviceKey(): Promise<void> {
    const { till } = this.parts;
    const own = new Promise<void>((resolve) => {
      this.onService = resolve;
    });
    return till === null ? own : Promise.race([own, till.call("serviceKey", []) as Promise<void>]);
  }
}
