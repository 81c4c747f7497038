import { APP_LIMITS, type OnCall, type Sandbox, SandboxFault } from "../../src/hal/index.ts";
import { type AppOutcome, type NativeApp, native } from "./native.ts";

/** What this engine knows and the simulator's does not, or what no app may see: an image must find the same language everywhere. */
const UNSEEN = [
  ...["Math.random", "globalThis.eval", "globalThis.Atomics"],
  ...["JSON.isRawJSON", "JSON.rawJSON", "Object.isPrimitive", "Object.toPrimitive", "String.cooked"],
  ...["setFromBase64", "setFromHex", "toBase64", "toHex"].map((name) => `Uint8Array.prototype.${name}`),
  ...["Uint8Array.fromBase64", "Uint8Array.fromHex"],
];
const PRELUDE = UNSEEN.map((name) => `delete ${name};`).join("");

/** An app in a runtime of its own, its limits held by the engine. */
class NativeSandbox implements Sandbox {
  readonly runsToWait = true;
  private readonly app: NativeApp = native.newApp(APP_LIMITS);
  private onCall: OnCall = () => {};

  /** Hands over what the app called, and throws where it has to be stopped. */
  private settle([fault, words, calls]: AppOutcome): void {
    for (const [id, method, args] of calls) this.onCall(id, method, args);
    if (fault === "budget") throw new SandboxFault(fault, words || "the app did not come to a wait in time");
    if (fault !== null) throw new SandboxFault(fault, words);
  }

  start(payload: string, onCall: OnCall): void {
    this.onCall = onCall;
    this.settle(this.app.evaluate(PRELUDE, "prelude.js"));
    this.settle(this.app.evaluate(payload, "app.js"));
    this.settle(this.app.start());
  }

  answer(id: number, text: string): void {
    this.settle(this.app.answer(id, text));
  }

  usedBytes(): number {
    return this.app.usedBytes();
  }

  stop(): void {
    this.app.stop();
  }
}

export const newSandbox = (): Sandbox => new NativeSandbox();
