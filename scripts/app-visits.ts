import { pathToFileURL } from "node:url";
import { fromCrossing, HAL_METHODS, type Hal } from "@cachet/firmware/hal";
import { newV8Sandbox } from "@cachet/terminal-sim";
import { runTerminal } from "../firmware/src/app/main.ts";
import bakery from "../programmes/boulangerie.programme.ts";
import town from "../programmes/ville.programme.ts";
import { card, sale, terminal } from "../tests/fixtures/town.ts";

/** Sales that are written down, and how often they are gone through; the first rounds warm the engine up. */
const SALES = 50;
const ROUNDS = { warm: 100, measured: 400 };

interface Heard {
  readonly method: string;
  readonly answer: unknown;
}

/** What a supervisor answers to the app: at its start, and in sales of several cards. */
async function writtenDown(): Promise<{ readonly start: readonly Heard[]; readonly sales: readonly Heard[] }> {
  const calls: { readonly method: string; answer: unknown }[] = [];
  const shop = await terminal(1, {
    newSandbox: () => {
      const [sandbox, called] = [newV8Sandbox(), new Map<number, { answer: unknown }>()];
      return {
        runsToWait: sandbox.runsToWait,
        usedBytes: () => sandbox.usedBytes(),
        stop: () => sandbox.stop(),
        start: (payload, onCall) =>
          sandbox.start(payload, (id, method, args) => {
            const call = { method, answer: undefined };
            called.set(id, call);
            calls.push(call);
            onCall(id, method, args);
          }),
        answer: (id, text) => {
          called.get(id)!.answer = fromCrossing(text);
          sandbox.answer(id, text);
        },
      };
    },
  });
  const chips = await Promise.all([2, 3, 4, 5, 6].map((serial) => card(serial)));
  for (let visit = 0; visit < SALES; visit += 1) {
    const report = await shop.visit(sale(500 + 37 * visit), chips[visit % chips.length]!);
    if (typeof report === "string" || report.result !== "done")
      throw new Error(`a visit ended: ${JSON.stringify(report)}`);
  }
  shop.powerOff();
  // A sale is from the wait for it to its report.
  const first = calls.findIndex(({ method }) => method === "nextEvent");
  const last = calls.findLastIndex(({ method }) => method === "report");
  return { start: calls.slice(0, first), sales: calls.slice(first, last + 1) };
}

/** Sales in a second that the app alone serves on V8: a supervisor that answers at once what it answered before, and nothing crosses as text. */
export async function appVisitsPerSecond(): Promise<number> {
  const { start, sales } = await writtenDown();
  let [at, rounds, began] = [0, 0, 0];
  let answers: readonly Heard[] = start;
  return new Promise((resolve, reject) => {
    const answer = (method: string): Promise<unknown> => {
      if (at === answers.length) {
        if (answers === sales) rounds += 1;
        [answers, at] = [sales, 0];
        if (rounds === ROUNDS.warm) began = performance.now();
        if (rounds === ROUNDS.warm + ROUNDS.measured) {
          resolve((SALES * ROUNDS.measured * 1_000) / (performance.now() - began));
          return new Promise(() => {});
        }
      }
      const heard = answers[at]!;
      at += 1;
      if (heard.method !== method) throw new Error(`the app called ${method}, not ${heard.method}`);
      return Promise.resolve(heard.answer);
    };
    const hal = Object.fromEntries(HAL_METHODS.map((method) => [method, () => answer(method)])) as unknown as Hal;
    runTerminal(hal, [bakery, town]).catch(reject);
  });
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) console.log(JSON.stringify(await appVisitsPerSecond()));
