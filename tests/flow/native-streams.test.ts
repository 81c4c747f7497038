import { spawnSync } from "node:child_process";
import { mkdtempSync, openSync, rmSync, statSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { VisitReport } from "@cachet/firmware/hal";
import { Chance, type Type2Chip } from "@cachet/terminal-sim";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { journalledAreas, shown } from "../fixtures/audit.ts";
import { damagedLine } from "../fixtures/damaged-lines.ts";
import { recorded } from "../fixtures/drawn-sales.ts";
import {
  builtTerminal,
  installer,
  missingForNative,
  NativeTerminal,
  provisionedFiles,
} from "../fixtures/native-terminal.ts";
import { Wire, withoutFiles } from "../fixtures/pty-wire.ts";
import { imageFile } from "../fixtures/test-images.ts";
import { BAKERY, card, sale, TOWN, townImage } from "../fixtures/town.ts";

const FACTS = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };
const home = mkdtempSync(join(tmpdir(), "cachet-native-streams-"));
afterAll(() => rmSync(home, { recursive: true }));

const provisioned = async () => provisionedFiles(FACTS, await townImage());

/** How long each fuzzer goes on beyond its first round, and lines between two visits: no journal holds visits as close as they are in the suite. */
const [FUZZED_MS, LINES] = process.env.CACHET_SOAK === "1" ? [300_000, 2_000] : [0, 50];
const NEW_LINE = Uint8Array.of(0x0a);

/** Round after round until time is up: two fuzzers are ten minutes of a soak. */
async function forRounds(what: string, round: () => Promise<void>): Promise<void> {
  let rounds = 0;
  for (const end = performance.now() + FUZZED_MS; rounds === 0 || performance.now() < end; rounds += 1) await round();
  if (FUZZED_MS > 0) console.log(`${LINES * rounds} ${what}, ${rounds} visits between them`);
}

/** The program by itself, to its end. */
function terminal(...words: readonly string[]) {
  const [program, ...first] = builtTerminal("x64");
  const { status, stdout, stderr } = spawnSync(program, [...first, ...words], { encoding: "utf8", timeout: 20_000 });
  return { status, out: stdout, err: stderr };
}

describe.skipIf(missingForNative("x64") !== null)("the streams of the native terminal", () => {
  it("an installer looks, flashes another image, and it runs", async () => {
    const shop = new NativeTerminal(builtTerminal("x64"), await provisioned(), ["--line", "pty"]);
    const { line } = await shop.powerOn();
    const looked = await installer(home, line!, "info");
    expect(looked.code, looked.err).toBe(0);
    expect(looked.out).toMatch(/T-0042/);
    const { path } = await imageFile(2);
    const flashed = await installer(home, line!, "flash", path, "--json");
    expect(flashed.code, flashed.err).toBe(0);
    expect(JSON.parse(flashed.out)).toMatchObject({ flashed: "2.0.0", terminal: "T-0042", trial: false });
    expect(shop.said.filter((one) => one === "stopped: reset").length).toBeGreaterThan(0);
    expect(await shop.visit(sale(1_000), await card(1))).toMatchObject({ result: "done" });
    expect(await shop.close()).toBe(0);
  });

  it("takes its first image from a file, and stays blank until it is provisioned", async () => {
    const image = join(home, "first.img");
    writeFileSync(image, await townImage());
    const shop = new NativeTerminal(builtTerminal("x64"), {}, ["--line", "pty", "--image", image]);
    expect(await shop.powerOn()).toMatchObject({ terminal: null });
    const looked = await installer(home, shop.started!.line!, "info");
    expect(looked.code, looked.err).toBe(0);
    expect(statSync(shop.folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(shop.folder, "identity")).mode & 0o777).toBe(0o600);
    expect(await shop.close()).toBe(0);
  });

  it("says what is wrong with a line of a till, and goes on", async () => {
    const shop = new NativeTerminal(builtTerminal("x64"), await provisioned());
    await shop.powerOn();
    const nested = (levels: number) => `[999,${"[".repeat(levels)}{"~":"a"}${"]".repeat(levels)}]`;
    const bytes = ['[999,{"~":"é€\u{1f600}"}]', '[{"~":"a"},{"~":{"~":""}}]', nested(50), nested(20_000)];
    const strange = [
      ...bytes,
      "no JSON",
      "{}",
      "[1]",
      "[1,2,3]",
      '["sale",1]',
      '[999,"x"]',
      "[null,1]",
      '["clock",{"utc":"x"}]',
    ];
    shop.sayRaw(`${strange.join("\n")}\n\n${"x".repeat(200_000)}\n`);
    shop.sayRaw(Uint8Array.of(0x5b, 0xff, 0x0a));
    shop.sayRaw('["clock",{"utc":1,"offset":0}]\n');
    expect(await shop.visit(sale(1_000), await card(1))).toMatchObject({ result: "done" });
    expect(shop.refused.length).toBe(strange.length + 3);
    expect(shop.refused.every((words) => words.endsWith('lines are [id, answer] or ["word", value]'))).toBe(true);
    expect(shop.refused).toContainEqual(expect.stringMatching(/^a line of more than 65536 bytes;/));
    expect(await shop.close()).toBe(0);
  });

  it(
    "noise on the installer's line disturbs nobody",
    async () => {
      const shop = new NativeTerminal(builtTerminal("x64"), await provisioned(), ["--line", "pty"]);
      const { line } = await shop.powerOn();
      const port = openSync(line!, "r+");
      const chance = new Chance(5);
      const chip = await card(1);
      await forRounds("bursts of noise", async () => {
        for (let bursts = 0; bursts < LINES; bursts += 1) {
          // Frames of the console begin so: some of the noise is read as one.
          const start = chance.happens(1, 2) ? Uint8Array.of(6, 9) : Uint8Array.of(4, 20);
          writeSync(port, start);
          writeSync(port, chance.bytes(1 + chance.below(200)));
          writeSync(port, "\n");
        }
        expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
      });
      const looked = await installer(home, line!, "info");
      expect(looked.code, looked.err).toBe(0);
      expect(await shop.close()).toBe(0);
    },
    2 * FUZZED_MS + 60_000,
  );

  it(
    "lines of a till in any shape, whole and damaged, disturb nobody",
    async () => {
      const shop = new NativeTerminal(builtTerminal("x64"), await provisioned());
      await shop.powerOn();
      const chance = new Chance(6);
      const chip = await card(1);
      await forRounds("lines of a till", async () => {
        for (let lines = 0; lines < LINES; lines += 1) shop.sayRaw(Buffer.concat([damagedLine(chance), NEW_LINE]));
        expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
      });
      expect(shop.refused.length).toBeGreaterThanOrEqual(50);
      expect(shop.said.filter((line) => line.startsWith("stopped"))).toEqual([]);
      expect(await shop.close()).toBe(0);
    },
    2 * FUZZED_MS + 60_000,
  );

  describe("a till and a reader that go away", () => {
    let shop: NativeTerminal;
    const started = async (...words: readonly string[]) => {
      shop = new NativeTerminal(withoutFiles(builtTerminal("x64")), await provisioned(), words);
      await shop.powerOn();
      return shop.pid;
    };
    const until = async (holds: () => boolean) => {
      for (const end = performance.now() + 15_000; !holds(); await pause(20))
        if (performance.now() > end) throw new Error(`never came:\n${shop.said.join("\n")}`);
    };
    const saw = (words: RegExp) => until(() => shop.said.some((line) => words.test(line)));
    afterEach(async () => {
      expect(await shop.close()).toBe(0);
    });

    it("are found again: the terminal runs on, and tells a new till how it stands and what it shows", async () => {
      const pid = await started();
      const chip = await card(1);
      expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
      const { screen } = shop.till;
      shop.sayRaw('[1,"half of a li');
      await shop.unplug();
      await saw(/^till .*\.desk is gone$/);
      expect(await shop.plug()).toMatchObject({ terminal: 42, image: null });
      await saw(/^till .*\.desk is back$/);
      await until(() => shop.till.screens.length > 0);
      expect(shop.till.screen).toEqual(screen);
      expect(await shop.visit(sale(1_000), chip)).toMatchObject({ result: "done" });
      expect([shop.pid, shop.refused]).toEqual([pid, []]);
    });

    /** Asks for a sale with a card, in which they go away; gives the report that is told once they are back. */
    const cutVisit = async (chip: Type2Chip, goAway: (unplug: () => void) => void, meanwhile = () => {}) => {
      let gone: Promise<void> | null = null;
      goAway(() => {
        gone ??= shop.unplug();
      });
      const request = sale(1_000);
      shop.visit(request, chip).catch(() => {});
      await until(() => gone !== null);
      await gone;
      meanwhile();
      const reported = new Promise<VisitReport>((resolve) => {
        shop.onReport = resolve;
      });
      await shop.plug();
      const report = await reported;
      expect(report.visit).toBe(request.visit);
      const areas = journalledAreas(new Map([[42, shop.file("journal")]]));
      expect(areas.filter(({ outcome }) => outcome === "open")).toEqual([]);
      return report;
    };

    it("between two writes of a card: the visit goes on when they are back", async () => {
      await started();
      const chip = await card(1);
      const execute = chip.execute.bind(chip);
      let writes = 0;
      const report = await cutVisit(chip, (unplug) => {
        chip.execute = (command) => {
          if (command[0] === 0xa2) writes += 1;
          if (writes === 3) unplug();
          return execute(command);
        };
      });
      expect(report).toMatchObject({ result: "done", earnedCents: 50 });
      expect(writes).toBeGreaterThan(3);
      expect((await shown(chip, BAKERY)).purses).toEqual([{ kind: "stamps", index: 0, count: 1 }]);
    });

    it("between two writes, with another card in its place: nothing of the visit goes to that one", async () => {
      await started();
      const [chip, commands] = [await card(1), [] as string[]];
      const other = recorded(await card(2), commands);
      const execute = chip.execute.bind(chip);
      let writes = 0;
      shop.isPatient = true;
      const cutAtWrite = (unplug: () => void) => {
        chip.execute = (command) => {
          if (command[0] === 0xa2) writes += 1;
          if (writes === 3) unplug();
          return execute(command);
        };
      };
      const back = async () => {
        await until(() => shop.till.screen.says === "otherCard");
        shop.hold(chip);
      };
      const report = await cutVisit(chip, cutAtWrite, () => {
        shop.hold(other);
        void back();
      });
      expect(report).toMatchObject({ result: "done", earnedCents: 50 });
      expect(commands.filter((command) => command.startsWith("a2"))).toEqual([]);
    });

    it("while the receipt is printed: the visit stands, and the report comes when they are back", async () => {
      await started();
      const report = await cutVisit(await card(1), (unplug) => {
        shop.till.print = () => {
          unplug();
          return new Promise(() => {});
        };
      });
      expect(report).toMatchObject({ result: "done", earnedCents: 50 });
      // Nobody knows what became of the first one: the next is asked for.
      expect(shop.till.receipts).toEqual([]);
      shop.till.press("print");
      await until(() => shop.till.receipts.length === 1);
    });

    it("a reader alone, on a line that is pulled out, is asked again for the card that was waited for", async () => {
      const device = join(home, "reader");
      let reader = await Wire.open();
      symlinkSync(reader.pty.path, device);
      await started("--reader", device);
      shop.till.ask(sale(1_000));
      await reader.until('"waitCard"');
      reader.pty.close();
      await saw(/^reader .* is gone$/);
      rmSync(device);
      reader = await Wire.open();
      symlinkSync(reader.pty.path, device);
      await saw(/^reader .* is back$/);
      await reader.until('"waitCard"');
      expect(shop.till.screen.says).toBe("presentCard");
      reader.pty.close();
    });
  });

  it("ends where its own input is at its end: nobody can come back there", async () => {
    const state = join(home, "piped");
    const { status, err } = terminal("--state", state, "--serial", "A", "--till", "-");
    expect([status, err]).toEqual([1, expect.stringContaining("cachet-terminal: - is gone")]);
  });

  it("one folder serves one terminal at a time", async () => {
    const shop = new NativeTerminal(builtTerminal("x64"), await provisioned());
    await shop.powerOn();
    const { status, err } = terminal("--state", shop.folder, "--serial", "B");
    expect([status, err]).toEqual([1, expect.stringContaining("another terminal is running in it")]);
    await shop.close();
  });

  it.each<[string, readonly string[], string]>([
    ["no folder", ["--serial", "A"], "--state is missing"],
    ["no serial", ["--state", "x"], "--serial is missing"],
    ["a strange option", ["--stat", "x"], '"--stat" is no option'],
    ["a word", ["x", "y"], '"x" is no option'],
    ["no value", ["--state"], "--state needs a value"],
    ["one twice", ["--state", "x", "--state", "y"], "--state is given twice"],
    ["a long serial", ["--state", "x", "--serial", "x".repeat(41)], "at most 40 characters"],
    ["a strange clock", ["--state", "x", "--serial", "A", "--clock", "moon"], "--clock is system or till"],
    ["a clock without a till", ["--state", "x", "--serial", "A", "--clock", "till"], "--clock till needs --till"],
  ])("refuses a command line with %s", (_, words, problem) => {
    const { status, err } = terminal(...words);
    expect([status, err]).toEqual([2, expect.stringContaining(problem)]);
    expect(err).toContain("  Next:  ");
  });

  it("tells its options on standard output", () => {
    const { status, out } = terminal("--help");
    expect([status, out]).toEqual([0, expect.stringMatching(/^Usage: cachet-terminal --state FOLDER/)]);
  });

  it("refuses a port that is not there, an image that is not there, a folder that cannot be made", () => {
    const state = join(home, "state");
    const own = ["--state", state, "--serial", "A"];
    expect(terminal(...own, "--line", "/dev/ttyNONE7")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--line: /dev/ttyNONE7: No such file"),
    });
    expect(terminal(...own, "--image", "/nowhere.img")).toMatchObject({
      status: 2,
      err: expect.stringContaining("--image: there is no file /nowhere.img"),
    });
    expect(terminal("--state", "/proc/nowhere/state", "--serial", "A")).toMatchObject({
      status: 1,
      err: expect.stringMatching(/opening \/proc\/nowhere\/state: /),
    });
  });
});
