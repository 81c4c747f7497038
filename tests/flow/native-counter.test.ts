import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { encodeCbor } from "@cachet/firmware/wire";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { encodeFrames } from "../../firmware/src/wire/smp/framing.ts";
import { encodePacket } from "../../firmware/src/wire/smp/packet.ts";
import { builtTerminal, missingForNative, NativeTerminal, provisionedFiles } from "../fixtures/native-terminal.ts";
import { Wire, withoutFiles } from "../fixtures/pty-wire.ts";
import { BAKERY, card, sale, TOWN, townImage } from "../fixtures/town.ts";

const FACTS = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };
const WAIT_MS = 15_000;
const CUT_PAPER = "\x1dVB";
/** DLE EOT 4, and what a printer answers: paper, none. */
const ASK_PAPER = "\x10\x04\x04";
const PAPER = 0x12;
const NO_PAPER = 0x72;

describe.skipIf(missingForNative("x64") !== null)("the native terminal's own counter", () => {
  const home = mkdtempSync(join(tmpdir(), "cachet-own-counter-"));
  const wires: Wire[] = [];
  let files: Readonly<Record<string, Uint8Array>>;
  let shop: NativeTerminal;
  beforeAll(async () => {
    files = await provisionedFiles(FACTS, await townImage());
  });
  afterEach(async () => {
    await shop.close();
    for (const { pty } of wires.splice(0)) pty.close();
  });
  afterAll(() => rmSync(home, { recursive: true }));

  async function wire(onBytes?: (text: string) => void): Promise<Wire> {
    const one = await Wire.open(onBytes);
    wires.push(one);
    return one;
  }

  /** A terminal before somebody; gives its screen and keys. */
  async function counter(...words: readonly string[]): Promise<Wire> {
    const screen = await wire();
    shop = new NativeTerminal(withoutFiles(builtTerminal("x64")), files, ["--counter", screen.pty.path, ...words]);
    shop.isPatient = true;
    await shop.powerOn();
    await screen.until("Prêt");
    return screen;
  }

  const until = async (holds: () => boolean, what: string) => {
    for (const end = performance.now() + WAIT_MS; !holds(); await pause(20)) {
      if (performance.now() > end) throw new Error(`never: ${what}\n${shop.said.join("\n")}`);
    }
  };

  /** Types a sale and holds a card to the reader. */
  async function sell(screen: Wire, serial = 1): Promise<void> {
    screen.say("1250\r");
    await screen.until("Présentez la carte");
    shop.hold(await card(serial));
  }

  it("sells by keys, prints into a file, sounds the buzzer", async () => {
    const [paper, pin] = [join(home, "paper"), join(home, "pin")];
    writeFileSync(paper, "");
    writeFileSync(pin, "");
    const screen = await counter("--printer", paper, "--buzzer", pin, "--display", "4x20");
    await sell(screen);
    await until(() => readFileSync(paper, "latin1").includes(CUT_PAPER), "a receipt");
    expect(readFileSync(paper, "latin1")).toContain("12,50");
    await until(() => /^(1\n0\n)+$/.test(readFileSync(pin, "utf8")), "a beep");
    shop.take();
  });

  it("corrects, cancels and moves with the keys of a keyboard; the red key ends the wait for a card", async () => {
    const screen = await counter();
    screen.say("125\x7f");
    await screen.until("0,12");
    screen.say("\x1b");
    await screen.until("Prêt");
    screen.say("1250\r");
    await screen.until("Présentez la carte");
    screen.say("\x1b");
    await screen.until("Prêt");
    screen.say("m");
    await screen.until("> 1");
    screen.say("\x1b[B");
    await screen.until("> 2");
    screen.say("\x1b[A");
    await screen.until("> 1");
  });

  it("serves the till beside it: requests come from there, the screen is its own", async () => {
    const screen = await counter();
    shop.isPatient = false;
    expect(await shop.visit(sale(1_000), await card(3))).toMatchObject({ result: "done", earnedCents: 50 });
    await screen.until("+");
    expect(shop.till.screens).toEqual([]);
    expect(shop.till.receipts).toEqual([]);
  });

  it("says that a printer is out of paper, gone, or back, and prints the receipt later", async () => {
    let status = NO_PAPER;
    const device = join(home, "printer");
    const answering = async () => {
      const printer: Wire = await wire((text) => {
        if (text.includes(ASK_PAPER)) printer.say(Uint8Array.of(status));
      });
      return printer;
    };
    const printer = await answering();
    symlinkSync(printer.pty.path, device);
    const screen = await counter("--printer", device);
    await sell(screen);
    await screen.until("papier");
    expect(printer.seen).toBe(ASK_PAPER);
    expect(shop.said).toContain(`printer ${device} is out of paper`);
    shop.take();
    status = PAPER;
    screen.say("p");
    await printer.until(CUT_PAPER);
    await until(() => shop.said.includes(`printer ${device} prints`), "that it prints");
    printer.pty.close();
    await pause(300);
    screen.say("p");
    await until(
      () => shop.said.some((line) => line.includes(`printer ${device} is `) && !line.endsWith("paper")),
      "gone",
    );
    rmSync(device);
    const other = await answering();
    symlinkSync(other.pty.path, device);
    await pause(300);
    screen.say("p");
    await other.until(CUT_PAPER);
  });

  it("waits for a printer that takes its bytes slowly", async () => {
    const printer = await wire();
    const screen = await counter("--printer", printer.pty.path);
    printer.pty.pause();
    await sell(screen);
    await pause(1_500);
    expect(printer.seen).not.toContain(CUT_PAPER);
    printer.pty.resume();
    await printer.until(CUT_PAPER);
    expect(shop.said.filter((line) => line.startsWith("printer"))).toEqual([]);
  });

  it("reads stripes and codes: typed as by a keyboard, and on serial lines of their own", async () => {
    const [stripe, scanner] = [await wire(), await wire()];
    const screen = await counter("--stripe", stripe.pty.path, "--scanner", scanner.pty.path);
    const bank = ";4111111111111111=3012101?\r";
    for (const [label, reader] of [
      ["typed", screen],
      ["stripe reader", stripe],
    ] as const) {
      reader.say(bank);
      await screen.until("bancaire");
      // Keys right behind a stripe may be the rest of it.
      await pause(500);
      screen.say("\x1b");
      await screen.until("Prêt").catch((error: Error) => {
        throw new Error(`${label}: ${error.message}`);
      });
    }
    scanner.say("4111111111111111\r\n");
    await screen.until("bancaire");
  });

  it("finds its line and its screen again when they were pulled out", async () => {
    const [lineDevice, screenDevice] = [join(home, "line"), join(home, "screen")];
    let line = await wire();
    let screen = await wire();
    symlinkSync(line.pty.path, lineDevice);
    symlinkSync(screen.pty.path, screenDevice);
    shop = new NativeTerminal(withoutFiles(builtTerminal("x64")), files, [
      "--line",
      lineDevice,
      "--counter",
      screenDevice,
    ]);
    shop.isPatient = true;
    await shop.powerOn();
    await screen.until("Prêt");
    for (const one of [line, screen]) one.pty.close();
    await until(() => shop.said.includes(`line ${lineDevice} is gone`), "the line is gone");
    await until(() => shop.said.includes(`counter ${screenDevice} is gone`), "the screen is gone");
    for (const device of [lineDevice, screenDevice]) rmSync(device);
    await pause(1_200);
    [line, screen] = [await wire(), await wire()];
    symlinkSync(line.pty.path, lineDevice);
    symlinkSync(screen.pty.path, screenDevice);
    await until(() => shop.said.includes(`line ${lineDevice} is back`), "the line is back");
    await screen.until("Prêt");
    await sell(screen);
    await screen.until("+");
    // The line is served as before: an echo comes back.
    const header = { operation: "write", version: 2, group: 0, sequence: 1, command: 0 } as const;
    line.say(encodeFrames(encodePacket(header, encodeCbor(new Map([["d", "hello"]])))));
    await line.until("\x06\t");
  });
});
