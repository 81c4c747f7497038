import { ascii, STATE_LAYOUT } from "@cachet/card-layout";
import { pageOf, writtenReceipt } from "@cachet/firmware/counter";
import type { Receipt, Screen } from "@cachet/firmware/hal";
import { encodeImage, PRODUCT } from "@cachet/firmware/wire";
import {
  Chance,
  DeskTerminal,
  loadQuickJs,
  Mishaps,
  newV8Sandbox,
  SimClock,
  SimStorage,
  SimTimer,
  type TerminalEvent,
} from "@cachet/terminal-sim";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { receiptFault } from "../../firmware/src/supervisor/receipt-check.ts";
import { screenFault } from "../../firmware/src/supervisor/screen-check.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { NOON, townBelonging } from "../fixtures/town.ts";

const FACTS = {
  version: { major: 1, minor: 0, revision: 0, build: 0 },
  securityCounter: 1,
  product: PRODUCT,
  layouts: { lowest: 1, highest: STATE_LAYOUT },
  programmes: [],
};

/** An app that makes one call, and waits for ever once it is answered. */
const caller = (method: string, ...args: readonly unknown[]): string =>
  `globalThis.cachet = {
    start() { cachetCall(1, ${JSON.stringify(method)}, ${JSON.stringify(JSON.stringify(args))}); },
    answer(id) { if (id === 1) cachetCall(2, "nextEvent", '[0,"none"]'); },
  };`;

/** What a terminal with this app says, until its app waits or stays stopped. */
async function toldBy(payload: string, newSandbox = newV8Sandbox): Promise<readonly TerminalEvent[]> {
  const told: TerminalEvent[] = [];
  const desk = new DeskTerminal({
    belonging: townBelonging(1, {}),
    chance: new Chance(1),
    hardware: { model: "sim", serial: "SIM-1" },
    storage: new SimStorage(() => new Mishaps()),
    clock: new SimClock(NOON, () => 120),
    timer: new SimTimer(),
    newSandbox,
    connect: null,
    tell: (event) => told.push(event),
  });
  await desk.install(encodeImage(FACTS, ascii(payload), testImageSigner(), sha256));
  await desk.powerOn();
  await desk.settled();
  expect(desk.isOn).toBe(true);
  desk.powerOff();
  return told;
}
const reasonsOf = (told: readonly TerminalEvent[]) =>
  told.flatMap((event) => (event.what === "app-stopped" ? [event.reason] : []));

const SCREENS: readonly (readonly [string, unknown, string])[] = [
  ["nothing", null, "says nothing by a name"],
  ["a text", "ready", "says nothing by a name"],
  ["a list", [{ says: "ready" }], "says nothing by a name"],
  ["a name that is none", { says: 5 }, "says nothing by a name"],
  ["a name without end", { says: "x".repeat(41) }, "says nothing by a name"],
  ["a field that is missing", { says: "reward" }, '"label" of "reward"'],
  ["a label that is a number", { says: "reward", label: 5 }, '"label" of "reward"'],
  ["a fraction", { says: "collect", cents: 0.5 }, '"cents" of "collect"'],
  ["held things of no kind", { says: "balance", card: 1, held: [{}] }, '"held" of "balance"'],
  ["what is typed, with letters", { says: "phone", typed: "1e5" }, '"typed" of "phone"'],
  ["a telephone number of no country", { says: "phone", typed: "0".repeat(18) }, '"typed" of "phone"'],
  ["a fault of no kind", { says: "phone", typed: "1", fault: "toString" }, '"fault" of "phone"'],
  ["choices that are none", { says: "menu", choices: "yes" }, '"choices" of "menu"'],
  ["a choice that is none", { says: "menu", choices: [{}] }, '"choices" of "menu"'],
  ["too many choices", { says: "menu", choices: Array(1_001).fill("yes") }, '"choices" of "menu"'],
  ["a mark that is none", { says: "menu", choices: ["yes"], marked: "0" }, '"marked" of "menu"'],
];
const RECEIPTS: readonly (readonly [string, unknown, string])[] = [
  ["no list", { line: "separator" }, "no list"],
  ["a line that is null", [null], "line 1"],
  ["a line of no kind", [{ line: "separator" }, { line: "toString" }], "line 2"],
  ["half a row", [{ line: "row", left: "a" }], "line 1"],
  ["a sentence without its parts", [{ line: "text", text: { say: "money" } }], "line 1"],
  ["a sentence with another part", [{ line: "text", text: { say: "money", of: ["5"] } }], "line 1"],
  ["a sentence with a part too many", [{ line: "text", text: { say: "money", of: [5, 5] } }], "line 1"],
  ["a bad sentence in a sentence", [{ line: "text", text: { say: "more", of: [{ say: "money", of: [] }] } }], "line 1"],
  ["a code with a space", [{ line: "code", text: "A B" }], "line 1"],
];

describe("what an app shows and prints, where it crosses to the port", () => {
  it.each(SCREENS)("stops an app that shows %s, and says so", async (_, screen, words) => {
    const reasons = reasonsOf(await toldBy(caller("show", screen)));
    expect(reasons).toHaveLength(3);
    expect(reasons[0]).toContain(`the app shows a screen that is none: `);
    expect(reasons[0]).toContain(words);
  });

  it.each(RECEIPTS)("stops an app that prints %s, and says so", async (_, receipt, words) => {
    const reasons = reasonsOf(await toldBy(caller("print", receipt)));
    expect(reasons).toHaveLength(3);
    expect(reasons[0]).toContain(`the app prints a receipt that is none: `);
    expect(reasons[0]).toContain(words);
  });

  it("stops it in the other engine too", async () => {
    expect(reasonsOf(await toldBy(caller("show", { says: "reward" }), await loadQuickJs()))).toHaveLength(3);
  });

  it("lets the longest telephone number of another country be typed", () => {
    expect(screenFault({ says: "phone", typed: `00${"9".repeat(15)}` })).toBeNull();
  });

  it("shows and prints what only a newer app knows by its name", async () => {
    const screen = { says: "constructor", choices: ["toString", "yes"], marked: 0 };
    const shown = await toldBy(caller("show", screen));
    expect(reasonsOf(shown)).toEqual([]);
    expect(shown).toContainEqual({ what: "screen", line: "constructor" });
    expect(pageOf(screen as unknown as Screen, "en").choices).toEqual(["toString", "Yes"]);
    const printed = await toldBy(caller("print", [{ line: "text", text: { say: "valueOf", of: [1] } }]));
    expect(printed).toContainEqual({ what: "receipt", lines: ["valueOf"] });
  });

  it("lets nothing through that the words cannot say, whatever an app sends", () => {
    const anything = fc.anything({ maxDepth: 3, withNullPrototype: false });
    const says = fc.constantFrom("ready", "balance", "reward", "menu", "saleDone", "phone", "useCagnotte", "help");
    const loose = fc.record({
      says,
      typed: anything,
      held: anything,
      label: anything,
      choices: anything,
      marked: fc.oneof(anything, fc.nat(3)),
      page: fc.oneof(anything, fc.integer()),
      card: fc.oneof(anything, fc.nat()),
      earned: fc.nat(),
      spent: fc.nat(),
      most: fc.nat(),
      balance: fc.nat(),
    });
    fc.assert(
      fc.property(loose, (screen) => {
        if (screenFault(screen) === null) pageOf(screen as unknown as Screen, "fr");
      }),
      { numRuns: 2_000 },
    );
    const sentence = fc.record({ say: fc.constantFrom("money", "more", "change", "and", "x"), of: anything });
    const receipt = fc.array(
      fc.record({
        line: fc.constantFrom("text", "row", "title", "code"),
        text: fc.oneof(sentence, anything),
        left: sentence,
        right: fc.string(),
      }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(receipt, (lines) => {
        if (receiptFault(lines) === null) writtenReceipt(lines as unknown as Receipt, "en");
      }),
      { numRuns: 2_000 },
    );
  });
});
