import { escposOf, writtenReceipt } from "../../src/counter/index.ts";
import type { Receipt, ShopSettings } from "../../src/hal/index.ts";
import type { Loop } from "./loop.ts";
import { native } from "./native.ts";
import { Stream } from "./stream.ts";

/** DLE EOT 4: a printer on a serial line answers at once how its paper stands. */
const ASK_PAPER = Uint8Array.of(0x10, 0x04, 0x04);
/** Bits of that answer which are always so, and those that say that the paper is out. */
const FIXED_BITS = 0x93;
const FIXED = 0x12;
const PAPER_OUT = 0x60;
/** A printer that does not answer may be one that never does. */
const ANSWER_MS = 300;
/** So long without taking a byte, and it is given up: a slow one takes some all the time. */
const STUCK_MS = 10_000;
const LOOK_MS = 50;

/** A receipt printer that speaks ESC/POS: a device, a serial line, or a file. Opened for each receipt: it may be off in between. */
export class Printer {
  private readonly name: string;
  private readonly loop: Loop;
  private told = "";

  constructor(name: string, loop: Loop) {
    this.name = name;
    this.loop = loop;
  }

  /** Prints a receipt. "no-paper" where it did not come out whole, whatever the reason: the log says which. */
  async print(receipt: Receipt, { language, paper }: ShopSettings): Promise<"printed" | "no-paper"> {
    const fault = await this.send(escposOf(writtenReceipt(receipt, language), paper));
    this.tell(fault ?? "prints");
    return fault === null ? "printed" : "no-paper";
  }

  /** Null, or what is wrong. */
  private async send(bytes: Uint8Array): Promise<string | null> {
    let stream: Stream;
    try {
      stream = new Stream(this.name);
    } catch (error) {
      return `is not there (${(error as Error).message})`;
    }
    this.loop.add(stream);
    try {
      if (native.isTerminal(stream.handle) && (await this.isOut(stream))) return "is out of paper";
      await stream.send(bytes);
      return await this.sent(stream);
    } finally {
      stream.end();
    }
  }

  private async isOut(stream: Stream): Promise<boolean> {
    await stream.send(ASK_PAPER);
    const answer = await Promise.race([stream.receive().catch(() => null), this.pause(ANSWER_MS)]);
    const last = answer?.at(-1) ?? 0;
    return (last & FIXED_BITS) === FIXED && (last & PAPER_OUT) !== 0;
  }

  private async sent(stream: Stream): Promise<string | null> {
    let left = stream.unsentSize;
    let since = native.steady();
    while (stream.isOpen && left > 0) {
      await this.pause(LOOK_MS);
      if (stream.unsentSize < left) since = native.steady();
      else if (native.steady() - since > STUCK_MS) return "takes nothing";
      left = stream.unsentSize;
    }
    return stream.isOpen ? null : "is gone, or out of paper";
  }

  private pause(ms: number): Promise<null> {
    return new Promise((resolve) => this.loop.after(ms, () => resolve(null)));
  }

  private tell(words: string): void {
    if (this.told !== words && !(this.told === "" && words === "prints")) {
      native.say(`printer ${this.name} ${words}`);
    }
    this.told = words;
  }
}
