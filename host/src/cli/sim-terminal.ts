import type * as Simulator from "@cachet/terminal-sim";
import { realClock } from "../ports/clock.ts";
import type { ByteLine } from "../ports/serial.ts";
import { testBelonging } from "./sim-provision.ts";

const TERMINAL = 9_999;
const MERCHANT = 1;

/** The laptop's end of a line that is nothing but memory, and the terminal's. */
class MemoryLine implements ByteLine {
  readonly path = "sim";
  private take: (bytes: Uint8Array) => void = () => {};
  private receiver: ((bytes: Uint8Array) => void) | null = null;
  private readonly arrived: Uint8Array[] = [];
  terminal: Simulator.SimTerminal | null = null;

  /** The terminal's end. Whoever asks last receives: a terminal that started anew has a new service. */
  readonly device = {
    receive: () =>
      new Promise<Uint8Array>((resolve) => {
        this.receiver = resolve;
        this.hand();
      }),
    send: async (bytes: Uint8Array) => {
      setImmediate(() => this.take(bytes));
    },
  };

  private hand(): void {
    if (this.receiver === null) return;
    const bytes = this.arrived.shift();
    if (bytes === undefined) return;
    const receive = this.receiver;
    this.receiver = null;
    receive(bytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.arrived.push(bytes);
    this.hand();
  }

  onBytes(take: (bytes: Uint8Array) => void): void {
    this.take = take;
  }

  onGone(): void {}

  async close(): Promise<void> {
    this.take = () => {};
    this.terminal?.powerOff();
  }
}

/** An open terminal with test keys that runs this image; it is switched off when its line is closed. */
export async function simTerminalLine(
  { SimTerminal, SimClock, newV8Sandbox }: typeof Simulator,
  image: Uint8Array,
  programmes: readonly number[],
  offsetAt: (utc: number) => number,
): Promise<ByteLine> {
  const line = new MemoryLine();
  const belonging = testBelonging({ terminal: TERMINAL, merchant: MERCHANT, programmes });
  const terminal = new SimTerminal({
    belonging: { ...belonging, isOpen: true },
    line: line.device,
    timer: realClock,
    image,
    clock: new SimClock(Math.floor(Date.now() / 1_000), offsetAt),
    newSandbox: newV8Sandbox,
  });
  line.terminal = terminal;
  await terminal.boot();
  return line;
}
