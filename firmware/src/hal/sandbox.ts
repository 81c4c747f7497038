/** Why the app was stopped. */
export type SandboxFaultKind = "memory" | "stack" | "budget" | "error" | "silent";

/** The app broke a limit or threw. The supervisor stops it; cards and journal are as the last HAL call left them. */
export class SandboxFault extends Error {
  readonly kind: SandboxFaultKind;
  constructor(kind: SandboxFaultKind, message: string) {
    super(message);
    this.name = "SandboxFault";
    this.kind = kind;
  }
}

/** Called for every HAL call of the app: the answer goes back under the same id. */
export type OnCall = (id: number, method: string, args: string) => void;

/**
 * One engine with one app in it. The payload is a script that sets `globalThis.cachet = { start(), answer(id, text) }`
 * and calls the host's `cachetCall(id, method, args)`; nothing else crosses.
 */
export interface Sandbox {
  /** Whether `start` and `answer` return only once the app waits: then an app that waits for nothing is known to be dead. */
  readonly runsToWait: boolean;
  /** Loads the payload and runs it to its first wait. Throws `SandboxFault`. */
  start(payload: string, onCall: OnCall): void;
  /** Gives the answer of a call and runs the app to its next wait. Throws `SandboxFault`. */
  answer(id: number, text: string): void;
  /** Bytes the app uses, buffers included. */
  usedBytes(): number;
  /** Frees the engine. Nothing may be called after it. */
  stop(): void;
}
