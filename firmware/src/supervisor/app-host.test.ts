import { describe, expect, it } from "vitest";
import {
  APP_LIMITS,
  FAULT_METHOD,
  type Hal,
  MEMORY_CHECK_CALLS,
  type OnCall,
  type Sandbox,
  SandboxFault,
  toCrossing,
} from "../hal/index.ts";
import { hostApp } from "./app-host.ts";

type Step = (call: OnCall) => void;

/** A sandbox whose app makes one step at its start, and one more with every answer. */
class ScriptedSandbox implements Sandbox {
  runsToWait = false;
  used = 1_000;
  readonly answers: [id: number, text: string][] = [];
  payload = "";
  private onCall: OnCall = () => {};
  private readonly steps: Step[];

  constructor(...steps: Step[]) {
    this.steps = steps;
  }

  start(payload: string, onCall: OnCall): void {
    this.payload = payload;
    this.onCall = onCall;
    this.steps.shift()?.(onCall);
  }

  answer(id: number, text: string): void {
    this.answers.push([id, text]);
    this.steps.shift()?.(this.onCall);
  }

  usedBytes(): number {
    return this.used;
  }

  stop(): void {}
}

/** A till that notes what it is shown; every other call of the HAL is absent. */
class NotingHal {
  readonly shown: unknown[] = [];
  show(line: string): Promise<void> {
    this.shown.push(line);
    return Promise.resolve();
  }
  hash(message: Uint8Array): Promise<Uint8Array> {
    return Promise.resolve(message.slice().reverse());
  }
  now(): Promise<never> {
    return Promise.reject(new PowerCut());
  }
}
class PowerCut extends Error {}

const call =
  (method: string, ...args: unknown[]): Step =>
  (onCall) =>
    onCall(args.length + 1, method, toCrossing(args));
const fault: Step = (onCall) => onCall(0, FAULT_METHOD, toCrossing("TypeError: x is not a function"));
const end: Step = call("an end");

/** Runs the app until it is stopped, and gives what stopped it. */
async function stopOf(sandbox: Sandbox, hal = new NotingHal()): Promise<unknown> {
  return hostApp(sandbox, "payload", hal as unknown as Hal).catch((error: unknown) => error);
}

describe("an app that is hosted", () => {
  it("gets its answers under the ids of its calls", async () => {
    const hal = new NotingHal();
    const sandbox = new ScriptedSandbox(call("show", "Bonjour"), call("hash", Uint8Array.of(1, 2)), end);
    await stopOf(sandbox, hal);
    expect(sandbox.payload).toBe("payload");
    expect(hal.shown).toEqual(["Bonjour"]);
    expect(sandbox.answers).toEqual([
      [2, "null"],
      [2, toCrossing(Uint8Array.of(2, 1))],
    ]);
  });

  it.each(["an end", "constructor", "toString", "__proto__", "", "Show"])(
    "is stopped for calling %j",
    async (method) => {
      const stopped = await stopOf(new ScriptedSandbox(call(method)));
      expect(stopped).toBeInstanceOf(SandboxFault);
      expect(stopped).toMatchObject({ kind: "error", message: `the app called "${method}", which does not exist` });
    },
  );

  it("is stopped with its own words when it says that it failed", async () => {
    const stopped = await stopOf(new ScriptedSandbox(fault));
    expect(stopped).toMatchObject({ name: "SandboxFault", kind: "error", message: "TypeError: x is not a function" });
  });

  it("is stopped when it uses too much memory, with the call that is counted next, which is not made", async () => {
    const hal = new NotingHal();
    const told = Array.from({ length: MEMORY_CHECK_CALLS + 1 }, (_, i) => `${i}`);
    const sandbox = new ScriptedSandbox(
      ...told.map((text) => (onCall: OnCall) => {
        call("show", text)(onCall);
        sandbox.used = APP_LIMITS.memoryBytes + 1;
      }),
    );
    expect(await stopOf(sandbox, hal)).toMatchObject({ name: "SandboxFault", kind: "memory" });
    expect(hal.shown).toEqual(told.slice(0, MEMORY_CHECK_CALLS));
  });

  it("is stopped with its first call when it uses too much memory from the start", async () => {
    const hal = new NotingHal();
    const sandbox = new ScriptedSandbox(call("show", "one"));
    sandbox.used = APP_LIMITS.memoryBytes + 1;
    expect(await stopOf(sandbox, hal)).toMatchObject({ kind: "memory" });
    expect(hal.shown).toEqual([]);
  });

  it("may use all the memory it has", async () => {
    const sandbox = new ScriptedSandbox(call("show", "one"), end);
    sandbox.used = APP_LIMITS.memoryBytes;
    expect(await stopOf(sandbox)).toMatchObject({ kind: "error" });
    expect(sandbox.answers).toHaveLength(1);
  });

  it("is stopped by what a HAL call threw, as it was thrown", async () => {
    const sandbox = new ScriptedSandbox(call("now"));
    expect(await stopOf(sandbox)).toBeInstanceOf(PowerCut);
    expect(sandbox.answers).toEqual([]);
  });

  it.each([[null], [5], [{}]])("is stopped for arguments that a call cannot work with: %j", async (message) => {
    const stopped = await stopOf(new ScriptedSandbox(call("hash", message)));
    expect(stopped).toBeInstanceOf(SandboxFault);
    expect(stopped).toMatchObject({ kind: "error", message: expect.stringContaining('the app called "hash": ') });
  });

  it.each(["memory", "stack", "budget", "error"] as const)("is stopped by a %s fault of its engine", async (kind) => {
    const break_: Step = () => {
      throw new SandboxFault(kind, "engine");
    };
    expect(await stopOf(new ScriptedSandbox(break_))).toMatchObject({ kind, message: "engine" });
    expect(await stopOf(new ScriptedSandbox(call("show", "one"), break_))).toMatchObject({ kind, message: "engine" });
  });

  it("reaches nothing any more once it is stopped", async () => {
    const hal = new NotingHal();
    const sandbox = new ScriptedSandbox((onCall) => {
      fault(onCall);
      call("show", "late")(onCall);
      end(onCall);
    });
    expect(await stopOf(sandbox, hal)).toMatchObject({ message: "TypeError: x is not a function" });
    expect(hal.shown).toEqual([]);
    expect(sandbox.answers).toEqual([]);
  });

  it("gets no answer to a call that was under way when it was stopped", async () => {
    const hal = new NotingHal();
    const sandbox = new ScriptedSandbox((onCall) => {
      call("show", "under way")(onCall);
      fault(onCall);
    });
    await stopOf(sandbox, hal);
    await Promise.resolve();
    expect(hal.shown).toEqual(["under way"]);
    expect(sandbox.answers).toEqual([]);
  });

  it("is dead when it waits for nothing, at its start or after an answer; on engines that cannot tell it is left alone", async () => {
    const quiet: Step = () => {};
    for (const steps of [[quiet], [call("show", "ready"), quiet]]) {
      const sandbox = new ScriptedSandbox(...steps);
      sandbox.runsToWait = true;
      expect(await stopOf(sandbox)).toMatchObject({ name: "SandboxFault", kind: "silent" });
    }
    const untold = new ScriptedSandbox(quiet);
    const still = await Promise.race([stopOf(untold), Promise.resolve("still running")]);
    expect(still).toBe("still running");
  });
});
