import { APP_STARTS_MAX, type CounterEvent, type Hal, type Sandbox, SandboxFault } from "../hal/index.ts";
import { hostApp } from "./app-host.ts";
import type { ClosingTime } from "./closing.ts";

/** The day ends. */
const CLOSING: CounterEvent = { kind: "time" };

export type AppState = "none" | "starting" | "healthy" | "stopped";

/** What the owner of an app is told. */
export interface AppEvents {
  /** The app said for the first time since its start that it works. */
  readonly healthy: () => void;
  /** The app was stopped. Whether it is started anew is the runner's to decide. */
  readonly fault: (fault: SandboxFault) => void;
  /** Something that no app can cause: the power went, or the storage. */
  readonly broken: (error: unknown) => void;
}

/**
 * Starts the app in a sandbox, and starts it anew when it breaks a limit or fails. An app that fails again and again without a
 * visit in between stays stopped: the supervisor goes on, and can be given another image.
 */
export class AppRunner {
  private readonly newSandbox: () => Sandbox;
  private readonly payload: () => string;
  private readonly hal: Hal;
  private readonly closing: Pick<ClosingTime, "wait">;
  private readonly events: AppEvents;
  private callOff: () => void = () => {};
  private sandbox: Sandbox | null = null;
  private starts = 0;
  private ended = false;
  /** An event that nobody has taken yet: one that an app waited for when it was stopped goes to the next. */
  private event: Promise<CounterEvent> | null = null;
  state: AppState = "none";
  /** Why it stopped the last time. */
  fault: SandboxFault | null = null;
  /** A visit is under way. */
  busy = false;
  /** Stops since power-on. */
  faults = 0;
  /** Visits since power-on. */
  visits = 0;

  /** `payload`: the image's text, asked for at each start: it is large, and nobody else needs it. */
  constructor(
    newSandbox: () => Sandbox,
    payload: () => string,
    hal: Hal,
    closing: Pick<ClosingTime, "wait">,
    events: AppEvents,
  ) {
    this.closing = closing;
    this.newSandbox = newSandbox;
    this.payload = payload;
    this.hal = hal;
    this.events = events;
  }

  /** The HAL for one life of the app, with an eye on what it does with it. */
  private watched(): Hal {
    const { hal } = this;
    const sandbox = this.sandbox;
    return {
      ...hal,
      healthy: async () => {
        if (this.state !== "starting") return;
        this.state = "healthy";
        this.events.healthy();
      },
      nextEvent: async (seconds, card) => {
        // Only an app that waits for ever waits for something new: the others ask somebody in the middle of something.
        if (seconds === 0) this.busy = false;
        this.event ??= hal.nextEvent(seconds, card);
        const event = await (seconds === 0 ? this.eventOrClosing(this.event) : this.event);
        // An app that was stopped meanwhile has no business with it.
        if (this.sandbox !== sandbox) return new Promise<never>(() => {});
        if (event !== CLOSING) this.event = null;
        this.busy = true;
        return event;
      },
      report: async (report) => {
        this.busy = false;
        this.visits += 1;
        this.starts = 0;
        await hal.report(report);
      },
    };
  }

  /** What happens first. An event that nobody waited for any longer is the next one's. */
  private eventOrClosing(event: Promise<CounterEvent>): Promise<CounterEvent> {
    this.callOff();
    return new Promise((resolve, reject) => {
      this.callOff = this.closing.wait(() => resolve(CLOSING));
      event.then(resolve, reject).finally(() => this.callOff());
    });
  }

  start(): void {
    this.starts += 1;
    this.state = "starting";
    this.sandbox = this.newSandbox();
    hostApp(this.sandbox, this.payload(), this.watched()).catch((error: unknown) => this.onStop(error));
  }

  private onStop(error: unknown): void {
    if (this.ended) return;
    this.busy = false;
    if (!(error instanceof SandboxFault)) {
      this.ended = true;
      this.events.broken(error);
      return;
    }
    this.fault = error;
    this.faults += 1;
    this.state = "stopped";
    this.sandbox?.stop();
    this.sandbox = null;
    this.events.fault(error);
    if (!this.ended && this.starts < APP_STARTS_MAX) this.start();
  }

  /** Bytes the app uses now. */
  usedBytes(): number {
    return this.sandbox?.usedBytes() ?? 0;
  }

  /** Stops the app for good and frees the engine. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.callOff();
    this.sandbox?.stop();
    this.sandbox = null;
    this.state = "stopped";
  }
}
