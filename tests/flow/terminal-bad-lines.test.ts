import { afterEach, describe, expect, it } from "vitest";
import { Desk } from "../fixtures/installer-desk.ts";
import { noise } from "../fixtures/noise.ts";
import { Laptop } from "../fixtures/terminal-bench.ts";
import { imageFile, type TestImage } from "../fixtures/test-images.ts";

let laptop: Laptop;
let desk: Desk;
afterEach(() => laptop.dispose());

async function set(): Promise<void> {
  desk = await Desk.set();
  laptop = new Laptop(desk.clock);
  laptop.plug("/dev/ttyUSB0", desk.cable);
}

const flash = (image: TestImage, ...words: readonly string[]) =>
  laptop.run("flash", image.path, "--port", "/dev/ttyUSB0", ...words);
const running = () => {
  const { reading } = desk.supervisor.slots.running;
  return { major: reading.ok ? reading.image.version.major : null, onTrial: desk.supervisor.slots.onTrial };
};

describe("a line that loses, changes and adds bytes", () => {
  it.each([
    [1, 3_000, []],
    [2, 3_000, ["--full"]],
    [3, 1_000, ["--full"]],
    [4, 400, []],
  ])("seed %i, one byte in %i, flash %j", async (seed, every, words) => {
    await set();
    const image = await imageFile(2);
    desk.cable.spoil = noise(seed, every);
    for (let run = 1; ; run += 1) {
      const { exit, err } = await flash(image, ...words);
      if (exit === 0) break;
      // A request that is never sent twice may be what was lost: the same command again goes on.
      expect([3, 4], err).toContain(exit);
      expect(run, err).toBeLessThan(4);
    }
    expect(running()).toEqual({ major: 2, onTrial: false });
  });

  it("sends little more than the image where little is lost", async () => {
    await set();
    const image = await imageFile(2);
    desk.cable.spoil = noise(7, 20_000);
    const { exit } = await flash(image, "--full");
    expect(exit).toBe(0);
    expect(desk.cable.sent["to-terminal"]).toBeLessThan((1.5 * image.file.length * 127) / 93);
  });
});

describe("the cable is pulled", () => {
  /** Bytes that each direction carries when nothing happens. */
  async function whole(image: TestImage, ...words: readonly string[]): Promise<number> {
    await set();
    expect((await flash(image, ...words)).exit).toBe(0);
    laptop.dispose();
    return desk.cable.sent["to-terminal"];
  }

  it.each([["--full"], []])(
    "at any moment of flash %s: the terminal runs one of the two, and the next run finishes",
    async (...words) => {
      const image = await imageFile(2);
      const total = await whole(image, ...words);
      const [points, states] = [19, new Set<string>()];
      for (let point = 0; point <= points; point += 1) {
        await set();
        const cutAt = Math.floor((total * point) / points);
        desk.cable.spoil = (bytes, direction) => {
          const over = desk.cable.sent["to-terminal"] - cutAt;
          if (direction === "to-host" || over < 0) return bytes;
          desk.cable.spoil = (all) => all;
          queueMicrotask(() => desk.cable.pull());
          return bytes.subarray(0, Math.max(0, bytes.length - over));
        };
        const cut = await flash(image, ...words);
        expect([0, 3, 4], `cut at ${cutAt}: ${cut.err}`).toContain(cut.exit);
        if (cut.failure !== null) {
          states.add(cut.failure.code);
          if (cut.failure.code === "C-TERM-07") {
            expect(cut.failure.state).toMatch(/^the terminal still runs 1\.0\.0; resume possible at \d+ %$/);
            expect(running()).toEqual({ major: 1, onTrial: false });
          }
        }
        const sentBefore = desk.cable.sent["to-terminal"];
        const again = await flash(image, ...words);
        expect(again.exit, `cut at ${cutAt}: ${again.err}`).toBe(0);
        expect(running()).toEqual({ major: 2, onTrial: false });
        // What had arrived is not sent again, but for what was on the way when the cable went.
        const window = 5 * 6_000;
        expect(desk.cable.sent["to-terminal"], `cut at ${cutAt}`).toBeLessThan(total + window);
        expect(sentBefore).toBeGreaterThan(0);
        laptop.dispose();
      }
      expect(states).toContain("C-TERM-07");
    },
  );

  it("a terminal that goes off in the middle of an upload goes on with it when it is back", async () => {
    await set();
    const image = await imageFile(2);
    desk.cable.spoil = (bytes) => {
      if (desk.pieces < 8) return bytes;
      desk.cable.spoil = (all) => all;
      queueMicrotask(() => {
        desk.terminal.powerOff();
        desk.terminal.boot().catch(() => {});
      });
      return new Uint8Array();
    };
    const { exit, err } = await flash(image, "--full");
    expect(exit, err).toBe(0);
    expect(running()).toEqual({ major: 2, onTrial: false });
    expect(desk.cable.sent["to-terminal"]).toBeLessThan((1.5 * image.file.length * 127) / 93);
  });
});
