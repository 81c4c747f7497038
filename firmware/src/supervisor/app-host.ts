import {
  APP_LIMITS,
  FAULT_METHOD,
  fromCrossing,
  HAL_METHODS,
  type Hal,
  type HalMethod,
  MEMORY_CHECK_CALLS,
  type Sandbox,
  SandboxFault,
  toCrossing,
} from "../hal/index.ts";
import { isFormatError } from "../wire/index.ts";

/**
 * Runs an app in its sandbox and serves its HAL calls until something stops it. Never resolves: an app has no end.
 * Rejects with `SandboxFault` when the app breaks a limit or fails, or with whatever a HAL call threw (a power cut, say).
 */
export function hostApp(sandbox: Sandbox, payload: string, hal: Hal): Promise<never> {
  return new Promise<never>((_, reject) => {
    let stopped = false;
    // Calls without an answer so far: an app that waits for nothing will never do anything again.
    let waiting = 0;
    const stop = (error: unknown) => {
      if (stopped) return;
      stopped = true;
      reject(error);
    };
    let calls = 0;
    const checkMemory = () => {
      calls += 1;
      if (calls % MEMORY_CHECK_CALLS !== 1) return;
      const used = sandbox.usedBytes();
      if (used > APP_LIMITS.memoryBytes) throw new SandboxFault("memory", `the app uses ${used} bytes`);
    };
    const argumentsOf = (method: string, args: string): readonly unknown[] => {
      try {
        const given = fromCrossing(args);
        if (Array.isArray(given)) return given;
      } catch {
        // Told below: what the app sent is no list.
      }
      throw new SandboxFault("error", `the app called "${method}" without a list of arguments`);
    };
    const checkAwake = () => {
      if (sandbox.runsToWait && waiting === 0)
        throw new SandboxFault("silent", "the app waits for nothing and does nothing");
    };
    const serve = async (id: number, method: HalMethod, args: string) => {
      waiting += 1;
      try {
        checkMemory();
        const call = hal[method] as (...given: unknown[]) => Promise<unknown>;
        const answer = await call.apply(hal, [...argumentsOf(method, args)]);
        waiting -= 1;
        if (stopped) return;
        sandbox.answer(id, toCrossing(answer));
        checkAwake();
      } catch (error) {
        stop(isOfArguments(error) ? new SandboxFault("error", `the app called "${method}": ${error.message}`) : error);
      }
    };
    const onCall = (id: number, method: string, args: string) => {
      if (stopped) return;
      if (method === FAULT_METHOD) stop(new SandboxFault("error", wordsOf(args)));
      else if (!(HAL_METHODS as readonly string[]).includes(method)) {
        stop(new SandboxFault("error", `the app called "${method}", which does not exist`));
      } else void serve(id, method as HalMethod, args);
    };
    try {
      sandbox.start(payload, onCall);
      if (!stopped) checkAwake();
    } catch (error) {
      stop(error);
    }
  });
}

/** Whether a call failed for what it was given; the power and the storage have errors of their own. */
const isOfArguments = (error: unknown): error is Error =>
  error instanceof TypeError || error instanceof RangeError || isFormatError(error);

/** What an app says of its own failure; as it stands where it cannot be read. */
function wordsOf(args: string): string {
  try {
    return String(fromCrossing(args));
  } catch {
    return args;
  }
}
