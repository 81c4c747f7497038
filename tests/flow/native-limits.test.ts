import { ascii, STATE_LAYOUT } from "@cachet/card-layout";
import { SandboxFault, type SandboxFaultKind } from "@cachet/firmware/hal";
import { encodeImage, PRODUCT } from "@cachet/firmware/wire";
import { loadQuickJs } from "@cachet/terminal-sim";
import { afterEach, describe, expect, it } from "vitest";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { builtTerminal, missingForNative, NativeTerminal, provisionedFiles } from "../fixtures/native-terminal.ts";
import {
  BAKERY,
  balance,
  buy,
  card,
  fixtureFile,
  imageOf,
  programmeFile,
  sale,
  TOWN,
  topUp,
} from "../fixtures/town.ts";

const FACTS = {
  version: { major: 1, minor: 0, revision: 0, build: 0 },
  securityCounter: 1,
  product: PRODUCT,
  layouts: { lowest: 1, highest: STATE_LAYOUT },
  programmes: [],
};
/** The programme of `everything`. */
const EVERYTHING = 38;
const SHOP = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };

/** What an app does when it starts, and with every answer. */
const app = (start: string, answer = ""): string =>
  `globalThis.cachet = { start() { ${start} }, answer(id, text) { ${answer} } };`;
const ask = 'cachetCall(1, "now", "[]");';

let shop: NativeTerminal;
afterEach(async () => {
  await shop.close();
});

async function started(payload: string): Promise<NativeTerminal> {
  const image = encodeImage(FACTS, ascii(payload), testImageSigner(), sha256);
  shop = new NativeTerminal(builtTerminal("x64"), await provisionedFiles(SHOP, image));
  await shop.powerOn();
  return shop;
}

/** Why the native terminal stopped an app, and what it said. */
async function stopOf(payload: string): Promise<{ readonly kind: string; readonly words: string }> {
  const { said } = await started(payload);
  for (let waited = 0; waited < 200; waited += 1) {
    const [, kind, words] = /the app was stopped \((\w+)\): (.*)/s.exec(said.join("\n")) ?? [];
    if (kind !== undefined) return { kind, words: words! };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { kind: "still running", words: said.join("\n") };
}

/** Why the simulator's engine stops the same app as it starts. */
async function faultInSimulator(payload: string): Promise<SandboxFault | null> {
  const sandbox = (await loadQuickJs())();
  try {
    sandbox.start(payload, () => {});
    return null;
  } catch (error) {
    if (error instanceof SandboxFault) return error;
    throw error;
  } finally {
    sandbox.stop();
  }
}

describe.skipIf(missingForNative("x64") !== null)("an image that misbehaves on the native terminal", () => {
  it.each<[string, string, SandboxFaultKind]>([
    ["keeps 4 MiB in one buffer", app(`globalThis.keep = new Uint8Array(4 << 20); ${ask}`), "memory"],
    ["keeps them in many", app(`globalThis.keep = []; for (;;) keep.push(new Uint8Array(65536)); ${ask}`), "memory"],
    [
      "keeps more with every answer",
      app(ask, `(globalThis.keep ??= []).push(new Uint8Array(100000)); ${ask}`),
      "memory",
    ],
    ["keeps text", app(`globalThis.keep = []; for (;;) keep.push("y".repeat(1000) + keep.length); ${ask}`), "memory"],
    [
      "catches that there is no more",
      app(`try { globalThis.keep = new Uint8Array(4 << 20); } catch {} ${ask}`),
      "memory",
    ],
    [
      "calls without end",
      app('for (;;) cachetCall(1, "show", "[{\\"says\\":\\"ready\\",\\"of\\":\\"" + "x".repeat(1000) + "\\"}]");'),
      "memory",
    ],
    ["loops as it starts", app("for (;;) {}"), "budget"],
    ["loops after an answer", app(ask, "for (;;) {}"), "budget"],
    ["loops and catches", app("for (;;) try { for (;;) {} } catch {}"), "budget"],
    ["continues without a wait", app("(async () => { for (;;) await null; })();"), "budget"],
    ["goes deeper and deeper", app("(function deeper() { deeper(); })();"), "stack"],
    ["calls what does not exist", app('cachetCall(1, "readKeys", "[]");'), "error"],
    ["shows what is no screen", app(`cachetCall(1, "show", '[{"says":"balance","card":"1"}]');`), "error"],
    ["prints what is no receipt", app(`cachetCall(1, "print", '[[{"line":"row","left":"a"}]]');`), "error"],
    ["throws", app("throw new Error('no');"), "error"],
    ["throws something strange", app("throw { get message() { throw 1; }, get name() { for (;;) {} } };"), "budget"],
    ["is no script", "this is no script", "error"],
    ["has no start", "1;", "error"],
    ["waits for nothing", app(""), "silent"],
  ])("is stopped when it %s", async (_, payload, kind) => {
    expect((await stopOf(payload)).kind).toBe(kind);
  });

  it("sees of the language what it sees in the simulator", async () => {
    const members = `[globalThis[name], globalThis[name]?.prototype].flatMap((one, i) =>
      one instanceof Object && one !== globalThis ? namesOf(one).map((member) => name + (i === 0 ? "." : "#") + member) : [])`;
    const payload = app(`const namesOf = Object.getOwnPropertyNames; const all = namesOf(globalThis);
      const listed = [...all, ...all.flatMap((name) => ${members})].sort();
      throw new Error(listed.join());`);
    const [, here] = /Error: (\S+)/.exec((await stopOf(payload)).words)!;
    const [, there] = /Error: (\S+)/.exec((await faultInSimulator(payload))!.message)!;
    expect(here).toBe(there);
  });

  it("is stopped in a visit, and the supervisor goes on", async () => {
    const bad = await started(app(`cachetCall(1, "nextEvent", '[0,"none"]');`, "for (;;) {}"));
    const report = bad.visit(sale(1_000), await card(1));
    const silence = new Promise((resolve) => setTimeout(() => resolve("no report"), 1_000));
    expect(await Promise.race([report, silence])).toBe("no report");
    report.catch(() => {});
    expect(bad.said.filter((line) => line.startsWith("the app was stopped (budget)")).length).toBeGreaterThan(0);
    expect(await bad.stop()).toBe(0);
  });

  it("has room for every preset beside a town's programme", async () => {
    const image = await imageOf([fixtureFile("everything"), programmeFile("ville")]);
    const facts = { ...SHOP, programmes: [EVERYTHING, TOWN] };
    shop = new NativeTerminal(builtTerminal("x64"), await provisionedFiles(facts, image));
    await shop.powerOn();
    const chip = await card(1, { chip: "NTAG216", areas: 2 });
    for (const request of [topUp(5_000), buy(3_000, EVERYTHING, "club"), sale(4_000), sale(1_000, "max"), balance()])
      expect(await shop.visit(request, chip)).toMatchObject({ result: expect.stringMatching(/done|nothing-to-do/) });
    expect(shop.said.filter((line) => line.startsWith("the app was stopped"))).toEqual([]);
  });
});
