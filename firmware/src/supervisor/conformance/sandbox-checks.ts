import { toHex } from "@cachet/card-layout";
import {
  APP_LIMITS,
  fromCrossing,
  type Sandbox,
  SandboxFault,
  type SandboxFaultKind,
  toCrossing,
} from "../../hal/index.ts";
import { utf8Encode } from "../../wire/index.ts";
import { sha256 } from "../crypto.ts";
import { type Check, must, mustBe, type TriedPorts } from "./check.ts";

/** What an app does when it starts, and with every answer. */
const app = (start: string, answer = ""): string =>
  `globalThis.cachet = { start() { ${start} }, answer(id, text) { ${answer} } };`;
const ASK = 'cachetCall(1, "now", "[]");';

/** Everything that an app finds in the language, by name, called out sorted. */
const LISTING = app(`
  const namesOf = Object.getOwnPropertyNames;
  const all = namesOf(globalThis).filter((name) => name !== "cachet");
  const members = (name) => [globalThis[name], globalThis[name]?.prototype].flatMap((one, i) =>
    one instanceof Object && one !== globalThis ? namesOf(one).map((member) => name + (i === 0 ? "." : "#") + member) : []);
  cachetCall(1, "told", JSON.stringify([...all, ...all.flatMap(members)].sort().join()));`);
/** SHA-256 of that in the reference, the simulator. */
const LISTING_HASH = "7b7bb2448a0223d4828823e36980235a4651b98430ff3a2580ffa01a7446935f";

/** Where engines that are built in another way differ: strings, sorting, numbers. */
const LANGUAGE = app(`
  const pairs = Array.from({ length: 600 }, (_, i) => [i % 7, i]).sort((a, b) => a[0] - b[0]);
  cachetCall(1, "told", JSON.stringify([
    pairs.every(([key, i], at) => at === 0 || pairs[at - 1][0] < key || pairs[at - 1][1] < i),
    "\\u0130".toLowerCase().length, "stra\\u00dfe".toUpperCase(),
    (-7) % 3, (2n ** 64n - 1n).toString(16), 2 ** 53 - 1, Math.trunc(-1.5), (123456789 * 1000) % 97,
    "a1b22".replace(/\\d+/g, (digits) => "<" + digits + ">"), /^\\p{L}+$/u.test("\\u00e9t\\u00e9"),
    [10, 9, 1].sort().join(), typeof Date, typeof setTimeout, typeof Math.random,
  ]));`);
const LANGUAGE_TOLD = [
  ...[true, 2, "STRASSE", -1, "ffffffffffffffff", 9_007_199_254_740_991, -1, 6, "a<1>b<22>", true],
  ...["1,10,9", "undefined", "undefined", "undefined"],
];

const MEBIBYTE = 1_048_576;

/** Uses a sandbox and frees it. */
function inSandbox<T>({ newSandbox }: TriedPorts, use: (sandbox: Sandbox) => T): T {
  const sandbox = newSandbox();
  try {
    return use(sandbox);
  } finally {
    sandbox.stop();
  }
}

/** Why an app is stopped, by itself or by what it uses; null where it goes on. */
function stopOf(ports: TriedPorts, payload: string, answers = 0): SandboxFaultKind | null {
  return inSandbox(ports, (sandbox) => {
    try {
      sandbox.start(payload, () => {});
      for (let id = 1; id <= answers; id += 1) sandbox.answer(id, "null");
      return sandbox.usedBytes() > APP_LIMITS.memoryBytes ? "memory" : null;
    } catch (error) {
      if (error instanceof SandboxFault) return error.kind;
      throw error;
    }
  });
}

/** What an app calls out as it starts. */
function toldBy(ports: TriedPorts, payload: string): string {
  return inSandbox(ports, (sandbox) => {
    let told = "";
    sandbox.start(payload, (_id, method, args) => {
      if (method === "told") told = args;
    });
    return told;
  });
}

function mustStop(ports: TriedPorts, kind: SandboxFaultKind, what: string, payload: string, answers = 0): void {
  const stopped = stopOf(ports, payload, answers);
  must(
    stopped === kind,
    `an app that ${what} ${stopped === null ? "goes on" : `is stopped for ${stopped}`}, not for ${kind}`,
  );
}

const check = (name: string, run: (ports: TriedPorts) => void): Check => ({
  name,
  needs: "nothing",
  async run(ports) {
    run(ports);
  },
});

export const SANDBOX_CHECKS: readonly Check[] = [
  check("sandbox-calls", (ports) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const given = toCrossing([bytes, "~é\u2028😀\u0000"]);
    inSandbox(ports, (sandbox) => {
      const calls: [number, string, string][] = [];
      const onCall = (...call: [number, string, string]) => void calls.push(call);
      sandbox.start(app(ASK, 'cachetCall(id + 1, "told", text);'), onCall);
      must(JSON.stringify(calls) === '[[1,"now","[]"]]', `an app that calls once gave ${JSON.stringify(calls)}`);
      sandbox.answer(1, given);
      const [, [id, method, args] = [0, "nothing", ""]] = calls;
      must(id === 2 && method === "told" && args === given, "what an app is answered does not come back as it went");
      mustBe("bytes through an app", (fromCrossing(args) as [Uint8Array])[0], bytes);
    });
  }),
  check("sandbox-apart", (ports) => {
    inSandbox(ports, (one) => {
      one.start(`globalThis.left = 1; ${app(ASK)}`, () => {});
      const told = toldBy(ports, app('cachetCall(1, "told", String(globalThis.left));'));
      must(told === "undefined", "an app finds what another has left");
    });
  }),
  check("sandbox-memory", (ports) => {
    mustStop(ports, "memory", "keeps 4 MiB", app(`globalThis.keep = new Uint8Array(${4 * MEBIBYTE}); ${ASK}`));
    const bits = "globalThis.keep = []; for (;;) keep.push(new Uint8Array(65536));";
    mustStop(ports, "memory", "keeps more and more", app(bits + ASK));
    mustStop(
      ports,
      "memory",
      "keeps more with every answer",
      app(ASK, `(globalThis.keep ??= []).push(new Uint8Array(100000)); ${ASK}`),
      40,
    );
    const room = app(`globalThis.keep = new Uint8Array(${MEBIBYTE}); ${ASK}`);
    must(stopOf(ports, room) === null, "an app that keeps 1 MiB is stopped");
    const used = inSandbox(ports, (sandbox) => {
      sandbox.start(room, () => {});
      return sandbox.usedBytes();
    });
    must(used > MEBIBYTE && used < APP_LIMITS.memoryBytes, `an app that keeps 1 MiB is said to use ${used} bytes`);
  }),
  check("sandbox-stack", (ports) => {
    mustStop(ports, "stack", "goes deeper and deeper", app("(function deeper() { deeper(); })();"));
    const deep = "(function deeper(left) { return left === 0 ? 0 : 1 + deeper(left - 1); })(100);";
    must(stopOf(ports, app(deep + ASK)) === null, "an app that goes a hundred calls deep is stopped");
  }),
  check("sandbox-budget", (ports) => {
    mustStop(ports, "budget", "never comes to its end", app("for (;;) {}"));
    mustStop(ports, "budget", "never comes to its end after an answer", app(ASK, "for (;;) {}"), 1);
    mustStop(ports, "budget", "catches that it is stopped", app("for (;;) try { for (;;) {} } catch {}"));
    mustStop(ports, "budget", "continues without a wait", app("(async () => { for (;;) await null; })();"));
    const long = app(`let sum = 0; for (let i = 0; i < 1000000; i += 1) sum += i; ${ASK}`);
    must(stopOf(ports, long) === null, "an app that counts to a million is stopped");
  }),
  check("sandbox-error", (ports) => {
    mustStop(ports, "error", "throws", app('throw new Error("no");'));
    mustStop(ports, "error", "is no script", "this is no script");
    mustStop(ports, "error", "has no start", "1;");
    mustStop(ports, "error", "throws after an answer", app(ASK, "null.x;"), 1);
  }),
  check("sandbox-language", (ports) => {
    const told = toldBy(ports, LANGUAGE);
    const wanted = JSON.stringify(LANGUAGE_TOLD);
    must(told === wanted, `an app finds another language: ${told} instead of ${wanted}`);
    const listing = toldBy(ports, LISTING);
    const hash = toHex(sha256(utf8Encode(listing)));
    must(
      hash === LISTING_HASH,
      `an app finds ${listing.split(",").length} names, others than in the simulator (${hash})`,
    );
  }),
];
