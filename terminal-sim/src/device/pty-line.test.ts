import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LineNoise } from "./line-noise.ts";
import { type LineEnd, PtyLine } from "./pty-line.ts";

/** Another program at the port: plain system calls, no flush when it comes. */
class Program {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  }

  read(): Uint8Array {
    const store = new Uint8Array(65_536);
    try {
      return store.slice(0, readSync(this.file, store));
    } catch (error) {
      if ((error as { readonly code?: string }).code === "EAGAIN") return new Uint8Array();
      throw error;
    }
  }

  /** As many bytes as asked for, or those that came within a second. */
  async take(count: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    const end = performance.now() + 1_000;
    for (let got = 0; got < count && performance.now() < end; ) {
      const part = this.read();
      got += part.length;
      if (part.length > 0) parts.push(part);
      else await pause(1);
    }
    return Buffer.concat(parts);
  }

  async give(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      try {
        at += writeSync(this.file, bytes, at);
      } catch (error) {
        if ((error as { readonly code?: string }).code !== "EAGAIN") throw error;
        await pause(1);
      }
    }
  }

  leave(): void {
    closeSync(this.file);
  }
}

/** Every byte value, in an order that no line discipline keeps its hands off. */
const bytes = (size: number): Uint8Array => Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

let line: PtyLine;
let end: LineEnd;
beforeEach(async () => {
  line = await PtyLine.open();
  end = line.connect();
});
afterEach(() => line.close());

async function received(count: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let got = 0; got < count; ) {
    const part = await end.receive();
    got += part.length;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

describe("a virtual serial port", () => {
  it("is raw before anybody opens it: no echo, no signals, every byte as it is", async () => {
    const settings = spawnSync("stty", ["-F", line.path!, "-a"], { encoding: "utf8" }).stdout;
    for (const off of ["-icanon", "-echo", "-isig", "-opost", "-ixon", "-icrnl"]) expect(settings).toContain(off);
    const program = new Program(line.path!);
    await program.give(bytes(512));
    expect(Buffer.compare(await received(512), bytes(512))).toBe(0);
    await end.send(bytes(512));
    expect(Buffer.compare(await program.take(512), bytes(512))).toBe(0);
    expect(program.read()).toHaveLength(0);
    program.leave();
  });

  it("carries much more than 115 200 baud, both ways at once, without losing a byte", async () => {
    const size = 2_000_000;
    const all = bytes(size);
    const program = new Program(line.path!);
    const began = performance.now();
    const parts: Uint8Array[] = [];
    const reading = (async () => {
      for (let got = 0; got < size; ) {
        const part = program.read();
        got += part.length;
        if (part.length > 0) parts.push(part);
        await new Promise(setImmediate);
      }
    })();
    const sending = (async () => {
      for (let at = 0; at < size; at += 50_000) {
        await end.send(all.subarray(at, at + 50_000));
        // A terminal waits for the next request; here, until most of it is read.
        while (parts.reduce((sum, part) => sum + part.length, 0) < at - 100_000) await pause(1);
      }
    })();
    const [got] = await Promise.all([received(size), program.give(all), reading, sending]);
    const seconds = (performance.now() - began) / 1_000;
    expect(Buffer.compare(got, all)).toBe(0);
    expect(Buffer.compare(Buffer.concat(parts), all)).toBe(0);
    expect(line.droppedBytes).toBe(0);
    expect(size / seconds).toBeGreaterThan(10 * 11_520);
    program.leave();
  });

  it("keeps answers for a slow client, and drops the oldest when nobody reads for long", async () => {
    const program = new Program(line.path!);
    const answer = (number: number) => new Uint8Array(1_000).fill(number);
    for (let number = 0; number < 200; number += 1) await end.send(answer(number));
    await pause(100);
    const first = await program.take(200_000);
    expect(first).toHaveLength(200_000);
    expect(line.droppedBytes).toBe(0);
    for (let number = 0; number < 400; number += 1) await end.send(answer(number & 0xff));
    const kept = await program.take(400_000);
    expect(line.droppedBytes).toBeGreaterThan(100_000);
    expect(kept.length + line.droppedBytes).toBe(400_000);
    // What is left is whole, and its end is the newest.
    expect(kept.at(-1)).toBe(399 & 0xff);
    expect(kept.length % 1_000).toBe(0);
    program.leave();
  });

  it("outlives its clients, and tells none what was for another", async () => {
    const first = new Program(line.path!);
    await first.give(Uint8Array.of(1));
    expect(await end.receive()).toEqual(Uint8Array.of(1));
    await end.send(Uint8Array.of(0xaa));
    first.leave();
    await pause(1_200);
    const second = new Program(line.path!);
    await second.give(Uint8Array.of(2));
    expect(await end.receive()).toEqual(Uint8Array.of(2));
    await end.send(Uint8Array.of(0xbb));
    expect(Uint8Array.from(await second.take(1))).toEqual(Uint8Array.of(0xbb));
    await pause(20);
    expect(second.read()).toHaveLength(0);
    second.leave();
  });

  it("gives a terminal that starts anew nothing of what was for the one before, and loses nothing for it", async () => {
    const program = new Program(line.path!);
    const waiting = end.receive();
    const gone = expect(waiting).rejects.toThrow("left the line");
    end.close();
    await gone;
    await program.give(Uint8Array.of(1, 2, 3));
    await pause(20);
    end = line.connect();
    await program.give(Uint8Array.of(4));
    expect(await end.receive()).toEqual(Uint8Array.of(4));
    program.leave();
  });

  it("carries nothing with its cable out, and goes on with it in", async () => {
    const program = new Program(line.path!);
    line.isPlugged = false;
    await program.give(Uint8Array.of(1));
    await end.send(Uint8Array.of(2));
    await pause(20);
    line.isPlugged = true;
    await program.give(Uint8Array.of(3));
    expect(await end.receive()).toEqual(Uint8Array.of(3));
    await end.send(Uint8Array.of(4));
    expect(Uint8Array.from(await program.take(1))).toEqual(Uint8Array.of(4));
    expect(program.read()).toHaveLength(0);
    program.leave();
  });

  it("disappears and comes back while the terminal waits", async () => {
    const program = new Program(line.path!);
    const waiting = end.receive();
    line.disappear();
    expect(line.path).toBeNull();
    await pause(20);
    await expect(program.give(Uint8Array.of(1))).rejects.toThrow(/EIO/);
    program.leave();
    await line.appear();
    const again = new Program(line.path!);
    await again.give(Uint8Array.of(9));
    expect(await waiting).toEqual(Uint8Array.of(9));
    again.leave();
  });

  it("loses, changes and adds bytes where it is told to", async () => {
    const program = new Program(line.path!);
    const [into, out] = [new LineNoise({ drop: 50_000, flip: 50_000, insert: 50_000 }, 1), new LineNoise({}, 2)];
    line.disturbance = { in: into, out };
    const sent = bytes(20_000);
    await program.give(sent);
    await pause(100);
    const { dropped, flipped, inserted } = into.counts;
    const got = await received(sent.length - dropped + inserted);
    expect(got).toHaveLength(sent.length - dropped + inserted);
    for (const count of [dropped, flipped, inserted]) {
      expect(count).toBeGreaterThan(800);
      expect(count).toBeLessThan(1_200);
    }
    expect(Buffer.from(got)).toEqual(Buffer.from(new LineNoise(into.rates, 1).pass(sent)));
    program.leave();
  });
});
