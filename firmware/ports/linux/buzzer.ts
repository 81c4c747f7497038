import type { Signal } from "../../src/counter/index.ts";
import type { Loop } from "./loop.ts";
import { native } from "./native.ts";

const BEEP_MS = 120;
const REST_MS = 100;
/** How often it sounds, by what the screen means. */
const BEEPS: Readonly<Record<Signal, number>> = { idle: 0, asks: 0, working: 0, done: 1, reward: 2, refused: 3 };

/** A buzzer behind a pin of the system: "1" and "0" are written to its file, a line each. */
export class Buzzer {
  private readonly path: string;
  private readonly loop: Loop;
  private level: "0" | "1" = "0";
  private isBroken = false;
  private callOff: () => void = () => {};

  constructor(path: string, loop: Loop) {
    this.path = path;
    this.loop = loop;
  }

  /** Sounds in the place of what sounded before; a signal without a sound leaves that alone. */
  sound(signal: Signal): void {
    if (BEEPS[signal] === 0) return;
    this.callOff();
    if (this.level === "1") this.set("0");
    this.beep(BEEPS[signal]);
  }

  private beep(times: number): void {
    if (times === 0) return;
    this.set("1");
    this.callOff = this.loop.after(BEEP_MS, () => {
      this.set("0");
      this.callOff = this.loop.after(REST_MS, () => this.beep(times - 1));
    });
  }

  private set(level: "0" | "1"): void {
    this.level = level;
    try {
      native.signal(this.path, native.utf8Of(`${level}\n`));
      this.isBroken = false;
    } catch (error) {
      // Nobody stops selling for it.
      if (!this.isBroken) native.say(`buzzer ${(error as Error).message}`);
      this.isBroken = true;
    }
  }
}
