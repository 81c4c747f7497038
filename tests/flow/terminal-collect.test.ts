import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sameBytes } from "@cachet/card-layout";
import { afterEach, describe, expect, it } from "vitest";
import { Desk, type DeskOptions } from "../fixtures/installer-desk.ts";
import { noise } from "../fixtures/noise.ts";
import { Laptop } from "../fixtures/terminal-bench.ts";
import { card, sale } from "../fixtures/town.ts";

let laptop: Laptop;
let desk: Desk;
afterEach(() => laptop.dispose());

async function set(visits: number, options: DeskOptions = {}): Promise<void> {
  desk = await Desk.set(options);
  laptop = new Laptop(desk.clock);
  laptop.plug("/dev/ttyUSB0", desk.cable);
  const customer = await card(1);
  for (let visit = 0; visit < visits; visit += 1) await desk.terminal.visit(sale(1_000 + visit), customer);
}

const folder = () => join(laptop.home, "in");
const collect = (...words: readonly string[]) =>
  laptop.run("collect", "-o", folder(), "--port", "/dev/ttyUSB0", ...words);
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder(), name)));
const expectFile = (name: string, file: Uint8Array) => expect(sameBytes(bytesOf(name), file), name).toBe(true);
const whole = () => desk.terminal.collect();

describe("cachet terminal collect", () => {
  it("brings the batch that the terminal seals, and says so to the terminal afterwards", async () => {
    await set(8);
    const { name, file } = whole();
    const { exit, out } = await collect("--json");
    expect(exit).toBe(0);
    expect(readdirSync(folder())).toEqual([name]);
    expectFile(name, file);
    const { batches } = JSON.parse(out);
    expect(batches).toEqual([{ file: join(folder(), name), first: 1, last: 25, entries: 25, resumed_at_byte: 0 }]);
    expect(desk.collected).toBe(25);
    expect((await collect()).out).toBe("nothing to collect: every entry is collected already");
    await desk.terminal.visit(sale(300), await card(2));
    expect((await collect()).out).toMatch(/^3 entries \(26 to 28\), file .*T-0042-26-28\.batch, collected$/);
  });

  it("cut at any moment, goes on at the same byte with the same file", async () => {
    await set(25);
    const total = whole().file.length * (127 / 93);
    expect(total).toBeGreaterThan(12_000);
    laptop.dispose();
    const resumed = new Set<number>();
    for (let point = 0; point <= 9; point += 1) {
      await set(25);
      const { name, file } = whole();
      const cutAt = Math.floor((1.05 * total * point) / 9);
      desk.cable.spoil = (bytes, direction) => {
        const over = desk.cable.sent["to-host"] - cutAt;
        if (direction === "to-terminal" || over < 0) return bytes;
        desk.cable.spoil = (all) => all;
        queueMicrotask(() => desk.cable.pull());
        return bytes.subarray(0, Math.max(0, bytes.length - over));
      };
      const cut = await collect();
      if (cut.exit !== 0) expect([cut.exit, cut.failure?.code]).toEqual([3, "C-LINK-03"]);
      const isThere = existsSync(join(folder(), name));
      const wasBegun = isThere || existsSync(join(folder(), `${name}.part`));
      // Nobody is told that entries are safe before the file is whole under its name.
      if (!isThere) expect(desk.collected).toBe(0);
      // Visits in between do not move the range of what was begun.
      await desk.terminal.visit(sale(700), await card(3));
      const again = await collect("--json");
      expect(again.exit, again.err).toBe(0);
      if (wasBegun) expectFile(name, file);
      expect(desk.collected).toBe(desk.terminal.entryCount);
      for (const one of readdirSync(folder())) {
        const [, first, last] = /^T-0042-(\d+)-(\d+)\.batch$/.exec(one) ?? [];
        expectFile(one, desk.terminal.collect(Number(first), Number(last)).file);
      }
      for (const { resumed_at_byte } of JSON.parse(again.out).batches) resumed.add(resumed_at_byte);
      laptop.dispose();
    }
    expect([...resumed].some((byte) => byte > 0)).toBe(true);
  });

  it("brings it over a bad line", async () => {
    await set(25);
    const { name, file } = whole();
    desk.cable.spoil = noise(5, 3_000);
    const { exit, err } = await collect();
    expect(exit, err).toBe(0);
    expectFile(name, file);
  });

  it("brings anew what an earlier run left of another file, or a damaged one", async () => {
    const lefts: readonly ((file: Uint8Array) => Uint8Array)[] = [
      () => new Uint8Array(100),
      (file) => file.slice(0, 500).map((byte, i) => (i === 300 ? byte ^ 1 : byte)),
      () => new Uint8Array(99_999),
    ];
    for (const left of lefts) {
      await set(8);
      const { name, file } = whole();
      mkdirSync(folder(), { recursive: true });
      writeFileSync(join(folder(), `${name}.part`), left(file));
      expect((await collect()).exit).toBe(0);
      expectFile(name, file);
      laptop.dispose();
    }
  });

  it("takes a batch that is there already as it is, and a damaged one is replaced", async () => {
    await set(8);
    await collect();
    const [name = ""] = readdirSync(folder());
    const downloads = desk.seen.get("8/read/0");
    expect((await collect("--from", "1")).exit).toBe(0);
    expect(desk.seen.get("8/read/0")).toBe(downloads);
    const good = bytesOf(name);
    writeFileSync(join(folder(), name), good.subarray(0, 200));
    expect((await collect("--from", "1")).exit).toBe(0);
    expectFile(name, good);
  });

  it("reads a lost range again, and leaves what is collected as it is", async () => {
    await set(8);
    await collect();
    const { out } = await collect("--from", "10");
    expect(out).toMatch(/^16 entries \(10 to 25\)/);
    expectFile("T-0042-10-25.batch", desk.terminal.collect(10).file);
    expect(desk.collected).toBe(25);
    const { failure } = await collect("--from", "99");
    expect(failure?.code).toBe("C-TERM-08");
  });

  it("refuses what another key sealed, and leaves nothing under the batch's name", async () => {
    await set(8, { identityKey: new Uint8Array(32).fill(7) });
    const { failure, exit } = await collect();
    expect([failure?.code, exit, desk.collected]).toEqual(["C-TERM-11", 1, 0]);
    expect(readdirSync(folder()).filter((name) => !name.endsWith(".part"))).toEqual([]);
  });

  it("says that the disk is what failed", async () => {
    await set(2);
    mkdirSync(laptop.home, { recursive: true });
    writeFileSync(join(laptop.home, "in"), "a file in the way");
    const { failure, exit } = await collect();
    expect([failure?.code, exit, desk.collected]).toEqual(["C-FILE-03", 1, 0]);
  });

  it("is readable by its owner alone", async () => {
    await set(2);
    await collect();
    const [name = ""] = readdirSync(folder());
    expect(statSync(join(folder(), name)).mode & 0o077).toBe(0);
  });
});

describe("clients that come and go", () => {
  it("one vanishes in the middle of a packet, the next works", async () => {
    await set(8);
    const host = desk.cable.plug("/dev/ttyUSB0");
    await host.write(Uint8Array.of(6, 9, 0x41, 0x48, 0x6f, 0x4b));
    await host.close();
    const { exit, out } = await laptop.run("info");
    expect(exit).toBe(0);
    expect(out).toContain("entries 1 to 25, 25 to collect");
    expect((await collect()).exit).toBe(0);
  });

  it("the clock is corrected, and shown", async () => {
    await set(0);
    desk.terminal.clock.utc += 3_725;
    expect((await laptop.run("clock", "--show")).out).toContain("+1 h 2 min from this computer's");
    expect((await laptop.run("clock")).out).toBe("clock corrected by -1 h 2 min (journalled)");
    expect((await laptop.run("clock")).out).toBe("clock right: 0 s from this computer's");
    desk.terminal.clock.utc = 0;
    desk.terminal.clock.suspect = true;
    expect((await laptop.run("clock")).out).toMatch(/^clock corrected by \+\d+ d/);
    expect(desk.terminal.clock.suspect).toBe(false);
    const before = desk.terminal.clock.utc;
    laptop.utcMs = 86_400_000;
    const { failure, exit } = await laptop.run("clock");
    expect([failure?.code, exit, desk.terminal.clock.utc]).toEqual(["C-TERM-17", 1, before]);
  });
});
