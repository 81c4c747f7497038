import { APP_LIMITS, type OnCall, type Sandbox, SandboxFault } from "@cachet/firmware/hal";
import {
  newQuickJSWASMModule,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
  RELEASE_SYNC,
} from "quickjs-emscripten";

/** What the app may see of the language. Dates and proxies are left out, `Math.random` is taken away. */
const INTRINSICS = {
  BaseObjects: true,
  Eval: true,
  JSON: true,
  RegExp: true,
  MapSet: true,
  TypedArrays: true,
  Promise: true,
};
const PRELUDE = "delete Math.random; delete globalThis.eval;";

function faultOf(error: unknown): SandboxFault {
  const { name = "Error", message = String(error), stack = "" } = (error ?? {}) as Record<string, string | undefined>;
  if (message.includes("out of memory")) return new SandboxFault("memory", message);
  if (message.includes("stack overflow")) return new SandboxFault("stack", message);
  if (message.includes("interrupted")) return new SandboxFault("budget", "the app did not come to a wait in time");
  return new SandboxFault("error", `${name}: ${message}\n${stack}`);
}

/** Measures computing; nothing depends on what it says. */
export interface Stopwatch {
  /** Milliseconds from any fixed moment. */
  readonly now: () => number;
  /** Computing so far, over all sandboxes. */
  computedMs: number;
}

class QuickJsSandbox implements Sandbox {
  readonly runsToWait = true;
  private readonly runtime: QuickJSRuntime;
  private readonly context: QuickJSContext;
  private app: QuickJSHandle | null = null;
  private answerFunction: QuickJSHandle | null = null;
  private checks = 0;
  private readonly stopwatch: Stopwatch;

  constructor(module: QuickJSWASMModule, stopwatch: Stopwatch) {
    this.stopwatch = stopwatch;
    // Made together: a runtime that has no context of its own makes one more to count memory, and counts that one too.
    this.context = module.newContext({ intrinsics: INTRINSICS });
    this.runtime = this.context.runtime;
    this.runtime.setMemoryLimit(APP_LIMITS.memoryBytes);
    this.runtime.setMaxStackSize(APP_LIMITS.stackBytes);
    this.runtime.setInterruptHandler(() => {
      this.checks += 1;
      return this.checks > APP_LIMITS.interruptChecks;
    });
  }

  private evaluate(code: string, name: string): void {
    const result = this.context.evalCode(code, name);
    if (result.error) throw faultOf(result.error.consume(this.context.dump));
    result.value.dispose();
  }

  private runJobs(): void {
    const result = this.runtime.executePendingJobs(APP_LIMITS.jobs);
    if (result.error) throw faultOf(result.error.consume((handle) => this.context.dump(handle)));
    const { value: jobs } = result;
    result.dispose();
    if (jobs >= APP_LIMITS.jobs) throw new SandboxFault("budget", "the app kept itself busy without coming to a wait");
  }

  private call(fn: QuickJSHandle, ...args: QuickJSHandle[]): void {
    const result = this.context.callFunction(fn, this.app ?? this.context.undefined, ...args);
    for (const arg of args) arg.dispose();
    if (result.error) throw faultOf(result.error.consume(this.context.dump));
    result.value.dispose();
  }

  start(payload: string, onCall: OnCall): void {
    const { context } = this;
    this.checks = 0;
    this.evaluate(PRELUDE, "prelude.js");
    context
      .newFunction("cachetCall", (id, method, args) => {
        onCall(context.getNumber(id), context.getString(method), context.getString(args));
      })
      .consume((handle) => context.setProp(context.global, "cachetCall", handle));
    this.evaluate(payload, "app.js");
    this.app = context.getProp(context.global, "cachet");
    this.answerFunction = context.getProp(this.app, "answer");
    const start = context.getProp(this.app, "start");
    try {
      this.call(start);
    } finally {
      start.dispose();
    }
    this.runJobs();
  }

  answer(id: number, text: string): void {
    if (this.answerFunction === null) throw new Error("the sandbox has not started");
    const began = this.stopwatch.now();
    this.checks = 0;
    this.call(this.answerFunction, this.context.newNumber(id), this.context.newString(text));
    this.runJobs();
    this.stopwatch.computedMs += this.stopwatch.now() - began;
  }

  usedBytes(): number {
    // The engine's own limit does not count buffers in the wasm build; this count does.
    const usage = this.runtime.computeMemoryUsage();
    const used = this.context.getProp(usage, "memory_used_size").consume((handle) => this.context.getNumber(handle));
    usage.dispose();
    return used;
  }

  stop(): void {
    this.answerFunction?.dispose();
    this.app?.dispose();
    this.answerFunction = null;
    this.app = null;
    this.context.dispose();
  }
}

/** Loads QuickJS (WebAssembly) once; gives a maker of sandboxes. Their computing, memory counts included, is added to `stopwatch`. */
export async function loadQuickJs(stopwatch: Stopwatch = { now: () => 0, computedMs: 0 }): Promise<() => Sandbox> {
  const module = await newQuickJSWASMModule(RELEASE_SYNC);
  return () => new QuickJsSandbox(module, stopwatch);
}
