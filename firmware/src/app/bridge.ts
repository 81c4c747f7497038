import { FAULT_METHOD, fromCrossing, HAL_METHODS, type Hal, sayBytesInJson } from "../hal/index.ts";

/** Given by the sandbox: hands a call to the supervisor, which answers under the same id. */
declare function cachetCall(id: number, method: string, args: string): void;

/** The HAL as the app sees it: every method is a call that crosses to the supervisor and waits for its answer. */
export function connect(main: (hal: Hal) => Promise<never>): void {
  sayBytesInJson();
  const waiting = new Map<number, (answer: unknown) => void>();
  let calls = 0;
  const method =
    (name: string) =>
    (...args: readonly unknown[]) =>
      new Promise<unknown>((resolve) => {
        calls += 1;
        waiting.set(calls, resolve);
        cachetCall(calls, name, JSON.stringify(args));
      });
  const hal = Object.fromEntries(HAL_METHODS.map((name) => [name, method(name)])) as unknown as Hal;
  (globalThis as unknown as { cachet: object }).cachet = {
    start() {
      main(hal).catch((error: unknown) => {
        const said = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ""}` : String(error);
        cachetCall(0, FAULT_METHOD, JSON.stringify(said));
      });
    },
    answer(id: number, text: string) {
      const resolve = waiting.get(id);
      waiting.delete(id);
      resolve?.(fromCrossing(text));
    },
  };
}
