import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Entry, readBatch } from "@cachet/firmware/wire";
import { Chance, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { entriesOf, journalledAreas, shown } from "../fixtures/audit.ts";
import { InstallerWire } from "../fixtures/installer-wire.ts";
import {
  builtTerminal,
  installer,
  missingForNative,
  NativeTerminal,
  provisionedFiles,
} from "../fixtures/native-terminal.ts";
import { imageFile } from "../fixtures/test-images.ts";
import { BAKERY, card, TOWN, townImage } from "../fixtures/town.ts";
import { checkArea } from "../interruption/check-area.ts";

const FACTS = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };
const IS_SOAK = process.env.CACHET_SOAK === "1";
const KILLS = IS_SOAK ? 500 : 12;
/** Of these some in visits, some in collections, some in flashes. */
const DAY_KILLS = IS_SOAK ? 500 : 8;
/** As long as the installer's command takes here, and its start is a part of it. */
const COLLECT_MS = 2_500;
const FLASH_MS = 6_000;
/** Longer than most visits take here, so that some are not cut at all. */
const CUT_MS = 80;

const provisioned = async () => provisionedFiles(FACTS, await townImage());
const saleOf = (visit: number, amount: number) => ({
  kind: "sale" as const,
  visit,
  lines: [{ amount, quantity: 1 }],
  tip: 0,
  redeem: "max" as const,
});

/** The entries of a batch file, by number. */
function entriesIn(file: Uint8Array): readonly (readonly [number, Entry])[] {
  // The installer's command has verified the seal; here the chain, the numbers and the totals are.
  const reading = readBatch(
    file,
    sha256,
    () => true,
    () => new Uint8Array(32),
  );
  if (!reading.ok) throw new Error(reading.refusal.detail);
  return reading.batch.entries.map(({ entry }) => [entry.number, entry]);
}

interface Held {
  readonly chip: Type2Chip;
  readonly origins: ReadonlyMap<number, string>;
}

async function held(serial: number): Promise<Held> {
  const chip = await card(serial);
  const origins = new Map<number, string>();
  for (const programme of [BAKERY, TOWN]) origins.set(programme, (await shown(chip, programme)).hash);
  return { chip, origins };
}

/** Cards and journal agree to the cent and the stamp, and the journal has no hole and no duplicate. */
async function check(label: string, cards: readonly Held[], journal: Uint8Array): Promise<void> {
  const numbers = entriesOf(journal).map(({ number }) => number);
  expect(numbers, label).toEqual(numbers.map((_, i) => i + 1));
  const areas = journalledAreas(new Map([[FACTS.terminal, journal]]));
  for (const { chip, origins } of cards) {
    for (const [programme, origin] of origins) {
      const own = areas.filter((area) => area.programme === programme && area.body.uid.at(-1) === chip.uid.at(-1));
      checkArea(`${label}, card ${chip.uid.at(-1)}`, await shown(chip, programme), origin, own, false);
    }
  }
}

describe.skipIf(missingForNative("x64") !== null)("the native terminal on a real disk", () => {
  it(`is killed ${KILLS} times in the middle of visits: it always boots, and no entry and no cent is lost`, async () => {
    const chance = new Chance(9);
    const terminal = new NativeTerminal(builtTerminal("x64"), await provisioned());
    const cards = [await held(1), await held(2), await held(3)];
    let [visit, kills] = [0, 0];
    let kept: readonly unknown[] = [];
    await terminal.powerOn();
    while (kills < KILLS) {
      visit += 1;
      terminal.utc += 30 + chance.below(600);
      terminal.cutAfter = chance.happens(4, 5) ? chance.below(CUT_MS) : null;
      const { chip } = cards[chance.below(cards.length)]!;
      const report = await terminal.visit(saleOf(visit, chance.below(6_000)), chip);
      if (report === "power-cut") {
        kills += 1;
        await terminal.powerOn();
      }
      const journal = terminal.file("journal");
      await check(`visit ${visit}`, cards, journal);
      const entries = entriesOf(journal);
      if (kills % 10 === 0 || kills === KILLS) {
        expect(entries.slice(0, kept.length), `visit ${visit}: entries that were there`).toEqual(kept);
        kept = entries;
      }
    }
    // Calm again, every card is taken, and nothing is left in doubt.
    terminal.cutAfter = null;
    for (const { chip } of cards) {
      visit += 1;
      expect(await terminal.visit(saleOf(visit, 1_000), chip)).toMatchObject({ result: "done" });
    }
    const journal = terminal.file("journal");
    await check("at last", cards, journal);
    expect(journalledAreas(new Map([[FACTS.terminal, journal]])).filter(({ outcome }) => outcome === "open")).toEqual(
      [],
    );
    expect(await terminal.close()).toBe(0);
    console.log(`${kills} kills in ${visit} visits, ${entriesOf(journal).length} entries`);
  }, 3_600_000);

  it(`is killed ${DAY_KILLS} times in a day of visits, collections and flashes: what the office gets is what the journal has`, async () => {
    const chance = new Chance(11);
    const home = mkdtempSync(join(tmpdir(), "cachet-native-day-"));
    const batches = join(home, "batches");
    const wire = await InstallerWire.open();
    const terminal = new NativeTerminal(builtTerminal("x64"), await provisioned(), ["--line", wire.terminal]);
    const cards = [await held(1), await held(2), await held(3)];
    const told = { visits: 0, collected: 0, flashed: 0, kills: { visit: 0, collect: 0, flash: 0 } };
    let { path } = await imageFile(2);
    const killed = (kind: keyof typeof told.kills) => {
      told.kills[kind] += 1;
      return terminal.powerOn();
    };
    const kills = () => Object.values(told.kills).reduce((sum, one) => sum + one);
    /** The installer's command; the power goes some time after it began, or not at all. False where it went. */
    const atTheLine = async (kind: "collect" | "flash", words: readonly string[], isCut: boolean) => {
      const command = installer(home, wire.installer, kind, ...words);
      const cut = isCut ? chance.below(kind === "flash" ? FLASH_MS : COLLECT_MS) : null;
      const ended = await Promise.race([command, ...(cut === null ? [] : [pause(cut)])]);
      if (ended === undefined) await terminal.kill();
      const { code, err } = await command;
      if (ended === undefined) await killed(kind);
      else expect(code, `${kind}: ${err}`).toBe(0);
      return code === 0;
    };
    const flash = async (isCut: boolean) => {
      if (!(await atTheLine("flash", [path, "--collect-to", batches], isCut))) return;
      told.flashed += 1;
      ({ path } = await imageFile(2 + told.flashed));
    };
    const collect = async (isCut: boolean) => {
      if (await atTheLine("collect", ["-o", batches], isCut)) told.collected += 1;
    };
    await terminal.powerOn();
    while (kills() < DAY_KILLS) {
      const isCut = chance.happens(4, 5);
      const what = chance.below(6);
      if (what === 0) await flash(isCut);
      else if (what <= 2) await collect(isCut);
      else {
        told.visits += 1;
        terminal.utc += 30 + chance.below(600);
        terminal.cutAfter = isCut ? chance.below(CUT_MS) : null;
        const { chip } = cards[chance.below(cards.length)]!;
        if ((await terminal.visit(saleOf(told.visits, chance.below(6_000)), chip)) === "power-cut")
          await killed("visit");
      }
      await check(JSON.stringify(told), cards, terminal.file("journal"));
    }
    terminal.cutAfter = null;
    await flash(false);
    await collect(false);
    for (const { chip } of cards) {
      told.visits += 1;
      expect(await terminal.visit(saleOf(told.visits, 1_000), chip)).toMatchObject({ result: "done" });
    }
    await collect(false);
    const journal = terminal.file("journal");
    await check("at last", cards, journal);
    const entries = entriesOf(journal);
    const names = readdirSync(batches).filter((name) => name.endsWith(".batch"));
    const collected = new Map(names.flatMap((name) => entriesIn(new Uint8Array(readFileSync(join(batches, name))))));
    for (const entry of entries) expect(collected.get(entry.number), `entry ${entry.number}`).toEqual(entry);
    expect(collected.size).toBe(entries.length);
    expect(await terminal.close()).toBe(0);
    wire.close();
    rmSync(home, { recursive: true });
    console.log(`${JSON.stringify(told)}, ${entries.length} entries in ${names.length} batches`);
  }, 7_200_000);

  it("starts, or says what is wrong and ends, whatever its files hold", async () => {
    const files = await provisioned();
    const whole = new NativeTerminal(builtTerminal("x64"), files);
    await whole.powerOn();
    const chip = await card(1);
    for (let visit = 1; visit <= 3; visit += 1) await whole.visit(saleOf(visit, 1_000), chip);
    await whole.close();
    const contents = Object.fromEntries(
      readdirSync(whole.folder).map((name) => [name, new Uint8Array(readFileSync(join(whole.folder, name)))]),
    );
    const names = Object.keys(contents);
    expect(names.length).toBeGreaterThan(4);

    const chance = new Chance(10);
    const outcomes = new Map<string, number>();
    const shop = new NativeTerminal(builtTerminal("x64"), contents);
    for (let tries = 0; tries < (IS_SOAK ? 600 : 40); tries += 1) {
      for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(shop.folder, name), bytes);
      const name = names[tries % names.length]!;
      const bytes = contents[name]!.slice();
      const at = chance.below(Math.max(1, bytes.length));
      const cut = chance.happens(1, 2);
      if (!cut && bytes.length > 0) bytes[at] = bytes[at]! ^ (1 << chance.below(8));
      writeFileSync(join(shop.folder, name), cut ? bytes.subarray(0, at) : bytes);
      const label = `${name} ${cut ? "cut" : "flipped"} at ${at}`;
      shop.said.length = 0;
      const outcome = await shop.powerOn().then(
        () => "started",
        (error: Error) => error.message,
      );
      if (outcome === "started") expect(await shop.stop(), label).toBe(0);
      else {
        expect(outcome, label).toMatch(/^it ended with 1:\n/);
        expect(shop.said[0], label).toMatch(/^cachet-terminal: \S/);
      }
      const kind = outcome === "started" ? "started" : shop.said[0]!;
      outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1);
    }
    console.log([...outcomes]);
    expect(outcomes.get("started")).toBeGreaterThan(0);
  }, 3_600_000);

  it("ends where its storage takes no more, and loses nothing that it said", async () => {
    const files = await provisioned();
    const [binary] = builtTerminal("x64");
    const largest = Math.max(...Object.values(files).map(({ length }) => length));
    const shop = new NativeTerminal(
      ["sh", "-c", `ulimit -f ${Math.ceil(largest / 512) + 8}; exec "$0" "$@"`, binary],
      files,
    );
    await shop.powerOn();
    const cards = [await held(1)];
    const done: number[] = [];
    const { chip } = cards[0]!;
    for (let visit = 1; visit <= 1_500; visit += 1) {
      const report = await shop.visit(saleOf(visit, 500), chip).catch((error: Error) => error.message);
      if (typeof report === "string") {
        expect(report).toMatch(/^it ended with 1 in a visit/);
        break;
      }
      expect(report.result).toBe("done");
      done.push(report.ticket!);
    }
    expect(done.length).toBeGreaterThan(5);
    expect(shop.said.join("\n")).toMatch(/cachet-terminal: adding to: journal: File too large/);
    const journal = shop.file("journal");
    const entries = entriesOf(journal);
    for (const ticket of done) expect(entries[ticket - 1]).toMatchObject({ number: ticket, kind: "intent" });
    await check("full", cards, journal);
  });
});
