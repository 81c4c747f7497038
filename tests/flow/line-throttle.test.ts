import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { LineThrottle, measureThrottle, type ThrottleOptions } from "../fixtures/line-throttle.ts";
import { type SimProcess, startSim } from "../fixtures/sim-process.ts";
import { GO, PYTHON, StockClient } from "../fixtures/stock-client.ts";

let sim: SimProcess;
beforeAll(async () => {
  sim = await startSim(["--open"]);
});
afterAll(async () => {
  expect(await sim.stop()).toBe(0);
});

const opened: { close(): void | Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function throttled(options: Omit<ThrottleOptions, "target">): Promise<LineThrottle> {
  const throttle = await LineThrottle.open({ target: sim.serials[0]!, ...options });
  opened.push(throttle);
  return throttle;
}

async function client(path: string, habits = PYTHON): Promise<StockClient> {
  const made = await StockClient.open(path, habits);
  opened.push(made);
  return made;
}

describe("the line throttle", () => {
  it.each([9_600, 115_200, 921_600])("carries %i baud within 1 %, both ways at once", async (baud) => {
    const { out, back } = await measureThrottle(baud, 1_500);
    for (const { bytesPerSecond, nominal } of [out, back]) {
      expect(nominal).toBe(baud / 10);
      expect(Math.abs(bytesPerSecond / nominal - 1)).toBeLessThan(0.01);
    }
  });

  it("lets requests through at its speed, and measures what it carried", async () => {
    const throttle = await throttled({ baud: 115_200 });
    const stock = await client(throttle.path);
    const d = "x".repeat(2_800);
    await stock.ask(0, "write", 0, { d });
    const before = throttle.measured;
    const began = performance.now();
    const rounds = 3;
    for (let round = 0; round < rounds; round += 1) expect(await stock.ask(0, "write", 0, { d })).toEqual({ r: d });
    const seconds = (performance.now() - began) / 1_000;
    const { out, back } = throttle.measured;
    const wire = out.bytes - before.out.bytes + back.bytes - before.back.bytes;
    // 2 800 bytes are 3 760 characters in one long line, and 3 860 in lines of 127.
    expect(wire).toBeGreaterThan(rounds * 7_500);
    // One way after the other: no byte of an answer is there before its request is.
    expect(wire / seconds).toBeLessThan(11_520);
    expect(wire / seconds).toBeGreaterThan(11_520 * 0.9);
    expect((out.bytes / out.busyMs) * 1_000).toBeCloseTo(11_520, 0);
  });

  it("makes the same noise from the same seed, and a client gets through by asking again", async () => {
    const asked = async (seed: number) => {
      const throttle = await throttled({ baud: 921_600, noise: { drop: 2_000, flip: 2_000, insert: 2_000 }, seed });
      const stock = await client(throttle.path, GO);
      const answered: boolean[] = [];
      for (let round = 0; round < 24; round += 1) {
        const request = stock.request(0, "write", 0, { d: `${round}`.padEnd(60, ".") });
        await stock.send(request);
        answered.push((await stock.packet(150)) !== null);
      }
      return answered;
    };
    const first = await asked(7);
    expect(first).toContain(true);
    expect(first).toContain(false);
    expect(await asked(7)).toEqual(first);
    expect(await asked(8)).not.toEqual(first);
  });

  it("is cut and mended, at once or after so many bytes", async () => {
    const throttle = await throttled({ baud: 921_600 });
    const stock = await client(throttle.path);
    expect(await stock.ask(0, "write", 0, { d: "before" })).toEqual({ r: "before" });
    throttle.cut();
    await stock.send(stock.request(0, "write", 0, { d: "lost" }));
    expect(await stock.packet(200)).toBeNull();
    throttle.mend();
    expect(await stock.ask(0, "write", 0, { d: "after" })).toEqual({ r: "after" });
    throttle.cutAfter("out", throttle.measured.out.bytes + 20);
    await stock.send(stock.request(0, "write", 0, { d: "half of it arrives" }));
    expect(await stock.packet(200)).toBeNull();
    throttle.mend();
    await stock.write(Buffer.from("\n"));
    expect(await stock.ask(0, "write", 0, { d: "again" })).toEqual({ r: "again" });
  });

  it("runs as a process of its own", async () => {
    const child = spawn(
      process.execPath,
      ["--import", "tsx", join(ROOT, "tests/fixtures/line-throttle-process.ts"), "--target", sim.serials[0]!],
      { cwd: ROOT, stdio: ["pipe", "pipe", "inherit"] },
    );
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const said = async () => JSON.parse((await lines.next()).value as string);
    const { serial } = await said();
    const stock = await client(serial);
    expect(await stock.ask(0, "write", 0, { d: "there" })).toEqual({ r: "there" });
    child.stdin.write("measure\n");
    expect((await said()).out.bytes).toBeGreaterThan(20);
    child.stdin.end();
    expect(await new Promise((resolve) => child.once("exit", resolve))).toBe(0);
    await pause(10);
  });
});
