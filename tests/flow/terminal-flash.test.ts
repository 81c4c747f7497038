import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { signerOfSecret } from "../../host/src/ports/crypto.ts";
import { Desk, type DeskOptions } from "../fixtures/installer-desk.ts";
import { Laptop } from "../fixtures/terminal-bench.ts";
import { imageFile, imageOfSource, type TestImage } from "../fixtures/test-images.ts";
import { card, programmeFile, sale } from "../fixtures/town.ts";

let laptop: Laptop;
let desk: Desk;
afterEach(() => laptop.dispose());

async function set(options: DeskOptions = {}): Promise<void> {
  desk = await Desk.set(options);
  laptop = new Laptop(desk.clock);
  laptop.plug("/dev/ttyUSB0", desk.cable);
}

const flash = (image: TestImage, ...words: readonly string[]) => laptop.run("flash", image.path, ...words);
const runs = (): string => {
  const { reading } = desk.supervisor.slots.running;
  return reading.ok ? String(reading.image.version.major) : "none";
};

/** Requests that would change which image runs, or bring one. */
const changesAsked = (): number =>
  desk.pieces +
  (desk.seen.get("1/write/0") ?? 0) +
  (desk.seen.get("0/write/5") ?? 0) +
  (desk.seen.get("1/write/5") ?? 0);

describe("cachet terminal flash", () => {
  it("checks, collects, sends what changed, tries it, keeps it, corrects the clock and reports", async () => {
    await set();
    await desk.terminal.visit(sale(1_250), await card(1));
    desk.terminal.clock.utc -= 192;
    const image = await imageFile(2, { securityCounter: 3 });
    const report = join(laptop.home, "report.txt");
    laptop.lang = "fr";
    const { exit, out, err } = await flash(image, "--report", report);
    expect(exit, err).toBe(0);
    expect(runs()).toBe("2");
    const { slots } = desk.supervisor;
    expect([slots.onTrial, slots.securityCounter]).toEqual([false, 3]);
    expect(err).toContain("1.0.0 -> 2.0.0");
    expect(err).toMatch(/2\.0\.0 sent: \d{1,4} bytes, patch/);
    expect(err).toMatch(/\(11\) v1, as before/);
    const [batch] = readdirSync(join(laptop.home, "batches"));
    expect(batch).toBe("T-0042-1-4.batch");
    expect(desk.collected).toBe(4);
    expect(out).toContain("2.0.0 active");
    expect(out).toMatch(/horloge +heure corrigée de \+3 min 1\d s \(journalisé\)/);
    expect(Math.abs(desk.terminal.clock.utc - laptop.utcMs / 1_000)).toBeLessThan(60);
    const page = readFileSync(report, "utf8");
    expect(page).toMatch(/^RAPPORT D'INSTALLATION\n/);
    expect(page).toMatch(/par +installer\n/);
    expect(page).toMatch(/commerce +BOULANGERIE MARTIN \(1\)\n/);
    expect(page).toMatch(/auparavant +1\.0\.0\n/);
    const again = await flash(image);
    expect([again.exit, again.err]).toEqual([0, expect.stringContaining("2.0.0 runs already")]);
  });

  it.each(["deflate", "plain"] as const)("falls back to %s where the terminal takes nothing shorter", async (form) => {
    await set();
    desk.unknown.add("66/read/11");
    if (form === "plain") desk.unknown.add("66/write/12");
    const { exit, err } = await flash(await imageFile(2));
    expect(exit, err).toBe(0);
    expect(err).toMatch(new RegExp(`sent: \\d+ bytes, ${form}`));
    expect(runs()).toBe("2");
  });

  it("sends the whole image where it is told to", async () => {
    await set();
    const image = await imageFile(2);
    const { err } = await flash(image, "--full");
    expect(err).toContain(`2.0.0 sent: ${image.file.length} bytes, plain`);
    expect(runs()).toBe("2");
  });

  it("draws its progress only on a terminal", async () => {
    await set();
    laptop.draws = true;
    const { err } = await flash(await imageFile(2), "--full");
    expect(err).toMatch(/2\.0\.0 \(plain\) {2}\d+ %/);
    await set();
    expect((await flash(await imageFile(2), "--full")).err).not.toMatch(/\d+ %/);
  });
});

describe("refused before the first byte", () => {
  const files = { cafe: [programmeFile("cafe")] };
  it.each([
    ["another model", () => imageFile(2, { model: "R1" }), {}, "C-TERM-03", "image for R1, terminal R2"],
    [
      "another merchant",
      () => imageFile(2),
      { merchant: 999 },
      "C-TERM-03",
      /image for merchant 1.*T-0042 is of merchant 999/,
    ],
    ["another shop's", () => imageFile(2, { programmes: files.cafe }), {}, "C-TERM-03", /image for merchant/],
    [
      "a lower counter",
      () => imageFile(2),
      { securityCounter: 4 },
      "C-TERM-04",
      "image with security counter 1, terminal at 4",
    ],
    ["an older version", () => imageFile(0), {}, "C-TERM-04", "image 0.0.0, terminal runs 1.0.0"],
  ] as const)("%s", async (_, make, options, code, words) => {
    const image = await make();
    await set({
      ...options,
      ...("securityCounter" in options ? { image: (await imageFile(1, { securityCounter: 4 })).file } : {}),
    });
    const { failure, exit, err } = await flash(image);
    expect([failure?.code, exit]).toEqual([code, 1]);
    expect(err).toMatch(words);
    expect(err).toContain("nothing was sent");
    expect(changesAsked()).toBe(0);
  });

  it("a file that is damaged, or signed by another where a key is named, before the terminal is even asked", async () => {
    await set();
    const damaged = await imageFile(2);
    const bytes = damaged.file.slice();
    bytes[500] = bytes[500]! ^ 1;
    const { writeFileSync } = await import("node:fs");
    writeFileSync(damaged.path, bytes);
    const { failure } = await flash(damaged);
    expect(failure?.code).toBe("C-IMAGE-02");
    expect(desk.seen.size).toBe(0);
  });

  it("an older version goes with a reason, which stands in the report", async () => {
    await set();
    const empty = await flash(await imageFile(0), "--allow-downgrade", " ");
    expect([empty.failure?.code, empty.exit, desk.seen.size]).toEqual(["C-USAGE-01", 2, 0]);
    const { exit, out } = await flash(await imageFile(0), "--allow-downgrade", "v1 prints no ticket");
    expect(exit).toBe(0);
    expect(out).toMatch(/downgrade +v1 prints no ticket/);
    expect(runs()).toBe("0");
  });

  it("an image without the shop's programme asks for the shop's name", async () => {
    const image = await imageFile(2, { programmes: [programmeFile("ville")] });
    for (const [typed, word] of [
      [null, "nobody typed"],
      ["Boucherie Durand", '"Boucherie Durand" is not'],
    ] as const) {
      await set();
      laptop.typed = typed;
      const { failure, exit, err } = await flash(image);
      expect([failure?.code, exit]).toEqual(["C-TERM-05", 1]);
      expect(err).toContain(word);
      expect(changesAsked()).toBe(0);
    }
    await set();
    laptop.typed = "boulangerie martin";
    expect((await flash(image)).exit).toBe(0);
    expect(runs()).toBe("2");
  });

  it("without a key, on a terminal that asks for one", async () => {
    await set({ isOpen: false });
    const { failure, exit, err } = await flash(await imageFile(2));
    expect([failure?.code, exit]).toEqual(["C-TERM-01", 1]);
    expect(err).toContain("wants an installer's key");
    expect(changesAsked()).toBe(0);
  });

  it("without a reason for not collecting; with one, the entries stay and the report says why", async () => {
    await set();
    const image = await imageFile(2);
    const refused = await flash(image, "--no-collect");
    expect([refused.failure?.code, refused.exit, desk.seen.size]).toEqual(["C-USAGE-01", 2, 0]);
    const { exit, out } = await flash(image, "--no-collect", "--reason", "USB stick is full");
    expect([exit, desk.collected]).toEqual([0, 0]);
    expect(out).toMatch(/not collected +USB stick is full/);
  });

  it("while another image is on trial", async () => {
    await set();
    expect((await flash(await imageFile(2), "--test")).exit).toBe(0);
    const pieces = desk.pieces;
    const { failure } = await flash(await imageFile(3));
    expect([failure?.code, desk.pieces]).toEqual(["C-TERM-06", pieces]);
  });
});

describe("an image signed by a key that the terminal does not trust", () => {
  it("is named as such, and never tried, the second time as well", async () => {
    await set();
    const image = await imageFile(2, { signer: signerOfSecret(new Uint8Array(32).fill(9)) });
    for (let time = 1; time <= 2; time += 1) {
      const { failure, exit, err } = await flash(image);
      expect([failure?.code, exit]).toEqual(["C-TERM-08", 1]);
      expect(err).toContain("signed by a key that is not trusted here (unknown-key)");
      expect(err).toContain("the terminal still runs 1.0.0");
      expect([desk.seen.get("1/write/0") ?? 0, runs()]).toEqual([0, "1"]);
    }
  });
});

describe("an image that does not work", () => {
  it.each([
    ["says nothing", "globalThis.nothing = 1;"],
    ["throws", "throw new Error('no');"],
  ])("%s: the one before runs again", async (_, source) => {
    await set();
    const { failure, exit, err } = await flash(imageOfSource(2, source));
    expect([failure?.code, exit]).toEqual(["C-TERM-09", 1]);
    expect(err).toContain("2.0.0 does not run");
    expect(runs()).toBe("1");
    expect(desk.supervisor.slots.onTrial).toBe(false);
  });
});

describe("confirm and rollback", () => {
  it("a trial is kept by confirm, or given up by rollback", async () => {
    await set();
    const image = await imageFile(2);
    const { out } = await flash(image, "--test");
    expect(out).toContain("2.0.0 on trial");
    expect(desk.supervisor.slots.onTrial).toBe(true);
    expect((await laptop.run("confirm")).out).toBe("2.0.0 confirmed");
    expect(desk.supervisor.slots.onTrial).toBe(false);
    expect((await laptop.run("confirm")).out).toBe("2.0.0 is confirmed already");
    await set();
    await flash(image, "--test");
    expect((await laptop.run("rollback")).out).toBe("1.0.0 active (was 2.0.0)");
    expect(runs()).toBe("1");
  });

  it("the same command again keeps what an earlier run left on trial", async () => {
    await set();
    const image = await imageFile(2);
    await flash(image, "--test");
    const pieces = desk.pieces;
    const { exit, out } = await flash(image);
    expect([exit, desk.pieces]).toEqual([0, pieces]);
    expect(out).toContain("2.0.0 active");
    expect(desk.supervisor.slots.onTrial).toBe(false);
  });

  it("rollback brings back what ran before, but never a lower counter", async () => {
    await set();
    await flash(await imageFile(2));
    expect((await laptop.run("rollback")).out).toBe("1.0.0 active (was 2.0.0)");
    expect([runs(), desk.supervisor.slots.onTrial]).toEqual(["1", false]);
    await set();
    await flash(await imageFile(2, { securityCounter: 5 }));
    const { failure, exit } = await laptop.run("rollback");
    expect([failure?.code, exit, runs()]).toEqual(["C-TERM-04", 1, "2"]);
  });

  it("there may be nothing to go back to", async () => {
    await set();
    const { failure } = await laptop.run("rollback");
    expect(failure?.code).toBe("C-TERM-14");
  });
});
