import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { buildImage } from "../../host/src/image/build.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { ROOT } from "../boundaries/sources.ts";
import { type SimProcess, simFolder, startSim } from "../fixtures/sim-process.ts";
import { GO, PYTHON, StockClient } from "../fixtures/stock-client.ts";
import { fixtureFile } from "../fixtures/town.ts";

const running: SimProcess[] = [];
afterEach(async () => {
  for (const sim of running.splice(0)) await sim.stop();
});

async function start(words: readonly string[], dir?: string, terminals?: number): Promise<SimProcess> {
  const sim = await startSim(words, dir, terminals);
  running.push(sim);
  return sim;
}

const NO_HOME = simFolder();

function cachet(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, "host/bin/cachet.mjs"), ...words], {
    cwd: ROOT,
    encoding: "utf8",
    timeout: 30_000,
    // No keys of whoever runs the tests.
    env: { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: NO_HOME },
  });
  return { code: status, out: stdout, err: stderr };
}

/** Tells a simulator something, as `sim do` does; gives what it answers. */
function tell(sim: SimProcess, line: string): Promise<Readonly<Record<string, unknown>>> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(sim.dir, "control"));
    socket.setEncoding("utf8");
    let text = "";
    socket.on("error", reject);
    socket.on("data", (part: string) => {
      text += part;
      if (!text.includes("\n")) return;
      socket.end();
      resolve(JSON.parse(text));
    });
    socket.write(`${line}\n`);
  });
}

async function asked<T>(path: string, work: (client: StockClient) => Promise<T>, habits = PYTHON): Promise<T> {
  const client = await StockClient.open(path, habits);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

describe("a simulator that is started", () => {
  it("keeps terminals and cards over a stop, for their owner alone, and leaves nothing else behind", async () => {
    const first = await start([]);
    expect(await tell(first, "card anna")).toMatchObject({ ok: true });
    expect(await tell(first, "tap anna sale 10.00")).toMatchObject({
      ok: true,
      report: { result: "done", earnedCents: 50 },
    });
    expect(await first.stop()).toBe(0);
    expect(readdirSync(first.dir).sort()).toEqual(["T-0001", "cards", "terminals.json"]);
    expect(statSync(join(first.dir, "cards/anna.card")).mode & 0o777).toBe(0o600);
    expect(statSync(join(first.dir, "T-0001")).mode & 0o777).toBe(0o700);

    const second = await start([], first.dir);
    expect(await tell(second, "tap anna sale 10.00")).toMatchObject({
      ok: true,
      report: { result: "done", ticket: 7 },
    });
    expect(await tell(second, "show anna")).toMatchObject({
      lines: expect.arrayContaining([expect.stringMatching(/programme 20, sequence 2.*€1\.00/)]),
    });
  });

  it("says where its ports are: one line for each terminal, and a name that stays", async () => {
    const sim = await start(["--terminals", "2"], undefined, 2);
    expect(new Set(sim.serials).size).toBe(2);
    for (const [i, serial] of sim.serials.entries()) {
      expect(readlinkSync(join(sim.dir, `T-000${i + 1}.tty`))).toBe(serial);
      const images = await asked(serial, (client) => client.ask(1, "read", 0));
      expect(images).toMatchObject({ images: [{ slot: 0, active: true }] });
    }
    // Two terminals of two merchants know the same card.
    await tell(sim, "card anna");
    expect(await tell(sim, "tap anna sale 10.00 at 1")).toMatchObject({ report: { committed: [11, 20] } });
    expect(await tell(sim, "tap anna sale 10.00 at 2")).toMatchObject({ report: { committed: [20] } });
    await sim.stop();
    running.pop();
    // The folder knows how many there are.
    expect((await start([], sim.dir, 2)).serials).toHaveLength(2);
  });

  it("takes words from its stdin, a socket and `sim do`, and refuses what it does not know", async () => {
    const sim = await start([]);
    sim.type("card ben NTAG213");
    sim.type("card ben chip NTAG213");
    await pause(300);
    expect(sim.said.some((line) => line.includes('card: \\"ben NTAG213\\" is not a card\'s name'))).toBe(true);
    const done = cachet("sim", "do", "tap", "ben", "sale", "4.00", "--dir", sim.dir);
    expect(done.out).toMatch(/^done: ticket 3, committed 11 20, earned 20, to pay 400\n$/);
    expect(cachet("sim", "do", "status", "--json", "--dir", sim.dir).out).toContain('"cards":["ben"]');
    const refused = cachet("sim", "do", "tap", "zoe", "sale", "4.00", "--dir", sim.dir);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("C-SIM-08: there is no card zoe") });
    const strange = cachet("sim", "do", "jump", "--dir", sim.dir);
    expect(strange.err).toContain("no verb; one of card, tap");
    expect(await tell(sim, "x".repeat(5_000))).toMatchObject({ ok: false });
    expect(await tell(sim, "collect")).toMatchObject({ ok: false, refused: expect.stringContaining("over the line") });
    expect(cachet("sim", "stop", "--dir", sim.dir)).toMatchObject({ code: 0, out: "stopping\n" });
    running.pop();
    expect(await sim.stop()).toBe(0);
    expect(cachet("sim", "do", "status", "--dir", sim.dir)).toMatchObject({
      code: 1,
      err: expect.stringContaining("C-SIM-07"),
    });
  });

  it("lets one process at a time have a folder, and takes over after one that was killed", async () => {
    const sim = await start([]);
    const second = cachet("sim", "start", "--headless", "--dir", sim.dir);
    expect(second).toMatchObject({ code: 1, err: expect.stringContaining("C-SIM-03") });
    await sim.stop("SIGKILL");
    running.pop();
    expect(existsSync(join(sim.dir, "control"))).toBe(true);
    const again = await start([], sim.dir);
    expect(await tell(again, "status")).toMatchObject({ ok: true });
  });

  it("keeps open and closed apart, and the first image where it is", async () => {
    const sim = await start(["--open"]);
    await sim.stop();
    running.pop();
    const closed = cachet("sim", "start", "--headless", "--dir", sim.dir);
    expect(closed).toMatchObject({
      code: 1,
      err: expect.stringContaining("are open: that was fixed when they were made"),
    });
    const image = join(simFolder(), "other.img");
    const version = { major: 7, minor: 0, revision: 0, build: 0 };
    const built = await buildImage([fixtureFile("purse")], { version, securityCounter: 1, signer: testImageSigner() });
    writeFileSync(image, built.file);
    const second = cachet("sim", "start", "--headless", "--open", "--dir", sim.dir, "--image", image);
    expect(second).toMatchObject({ code: 1, err: expect.stringContaining("--image is for new ones") });
    expect(readdirSync(sim.dir)).not.toContain("lock");

    const other = await start(["--open", "--image", image]);
    const listed = await asked(other.serials[0]!, (client) => client.ask(1, "read", 0));
    expect(listed).toMatchObject({ images: [{ version: "7.0.0" }] });
    await tell(other, "card anna");
    expect(await tell(other, "tap anna top-up 50.00")).toMatchObject({
      report: { result: "done", toppedUpCents: 5_000 },
    });
    writeFileSync(image, "no image");
    expect(cachet("sim", "start", "--headless", "--dir", simFolder(), "--image", image)).toMatchObject({
      code: 1,
      err: expect.stringContaining("C-IMAGE-02"),
    });
  });

  it("has faults by name: torn cards, power, paper, flash, clock", async () => {
    const sim = await start(["--open"]);
    const [serial] = sim.serials as [string];
    await tell(sim, "card anna");
    await tell(sim, "tap anna sale 10.00");
    await tell(sim, "fault tear:after-block-1");
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ report: { result: "in-doubt" } });
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ report: { result: "done" } });
    await tell(sim, "fault power:before-commit");
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({
      stopped: expect.stringContaining("power cut before"),
    });
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ ok: false, refused: "T-0001 is off" });
    // A terminal that is off says nothing on its line.
    await asked(serial, async (client) => {
      await client.send(client.request(0, "write", 0, { d: "off?" }));
      expect(await client.packet(300)).toBeNull();
    });
    expect(await tell(sim, "power on")).toMatchObject({ ok: true });
    await tell(sim, "fault printer:no-paper");
    const before = sim.said.filter((line) => line.includes('"receipt"')).length;
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ report: { result: "done" } });
    await tell(sim, "paper in");
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ report: { result: "done" } });
    await pause(50);
    expect(sim.said.filter((line) => line.includes('"receipt"')).length).toBe(before + 1);
    await tell(sim, "fault clock:1970");
    expect(await asked(serial, (client) => client.ask(0, "read", 4))).toMatchObject({
      datetime: expect.stringMatching(/^1970-01-01T01:00/),
    });
    await tell(sim, "clock 2026-06-18T17:59:58+02:00");
    expect(await asked(serial, (client) => client.ask(0, "read", 4))).toMatchObject({
      datetime: expect.stringMatching(/^2026-06-18T17:59:5/),
    });
    await tell(sim, "fault card:rollback");
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ report: { result: "refused" } });
    await tell(sim, "fault flash:full");
    const upload = { off: 0, len: 2_000, data: Buffer.from([0x3d, 0xb8, 0xf3, 0x96, ...Buffer.alloc(100)]) };
    expect(await asked(serial, (client) => client.ask(1, "write", 1, upload))).toEqual({ err: { group: 1, rc: 12 } });
    expect(await tell(sim, "fault bank:no-answer")).toMatchObject({
      ok: false,
      refused: "the simulator has no bank terminal yet",
    });
    expect(await tell(sim, "fault batch:reorder")).toMatchObject({ ok: false });
  });

  it("has a cable that is out, comes in again, or is pulled with its adapter", async () => {
    const sim = await start([]);
    const [serial] = sim.serials as [string];
    const echo = (path: string, d: string) => asked(path, (client) => client.ask(0, "write", 0, { d }), GO);
    expect(await echo(serial, "in")).toEqual({ r: "in" });
    await tell(sim, "cable out");
    await asked(serial, async (client) => {
      await client.send(client.request(0, "write", 0, { d: "out" }));
      expect(await client.packet(300)).toBeNull();
    });
    await tell(sim, "cable in");
    expect(await echo(serial, "in again")).toEqual({ r: "in again" });
    await tell(sim, "cable gone");
    expect(existsSync(join(sim.dir, "T-0001.tty"))).toBe(false);
    await tell(sim, "cable in");
    const port = readlinkSync(join(sim.dir, "T-0001.tty"));
    expect(await echo(port, "back")).toEqual({ r: "back" });
    await tell(sim, "fault serial:drop=100%");
    await asked(port, async (client) => {
      await client.send(client.request(0, "write", 0, { d: "lost" }));
      expect(await client.packet(300)).toBeNull();
    });
    await tell(sim, "fault serial:drop=0%");
    expect(await echo(port, "quiet")).toEqual({ r: "quiet" });
  });

  it("keeps an image on trial by its service key", async () => {
    const sim = await start(["--open"]);
    const version = { major: 2, minor: 0, revision: 0, build: 0 };
    const files = ["boulangerie", "ville"].map((name) => join(ROOT, "programmes", `${name}.programme.ts`));
    const { file } = await buildImage(files, { version, securityCounter: 1, signer: testImageSigner() });
    await asked(sim.serials[0]!, async (client) => {
      await client.upload(file, { piece: 3_900 });
      const { images } = (await client.ask(1, "read", 0)) as {
        readonly images: readonly { readonly hash: Uint8Array }[];
      };
      await client.ask(1, "write", 0, { hash: images[1]!.hash });
      await client.reset();
      expect(await client.ask(1, "read", 0)).toMatchObject({ images: [{ version: "2.0.0", confirmed: false }, {}] });
      expect(sim.said.some((line) => line.includes('"trial":true'))).toBe(true);
      await tell(sim, "service");
      await pause(200);
      expect(await client.ask(1, "read", 0)).toMatchObject({ images: [{ version: "2.0.0", confirmed: true }, {}] });
    });
  });

  it("has blank terminals, which stay so until somebody provisions them over the line", async () => {
    const sim = await start(["--blank"]);
    const [serial] = sim.serials as [string];
    await tell(sim, "card anna");
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ stopped: expect.stringContaining("is blank") });
    const request = join(sim.dir, "request");
    const made = join(sim.dir, "made.provision");
    const test = cachet("terminal", "test", "--port", serial);
    expect(test).toMatchObject({ code: 1, err: expect.stringContaining("C-TERM-15: the terminal SIM-1 is blank") });
    expect(cachet("terminal", "provision", "--request", request, "--port", serial)).toMatchObject({ code: 0 });
    const facts = ["--terminal", "7", "--merchant", "1", "--programme", "11", "--programme", "20", "--issuer", "1"];
    expect(cachet("keys", "provision", request, "--test-keys", ...facts, "-o", made)).toMatchObject({ code: 0 });
    expect(cachet("terminal", "provision", made, "--port", serial)).toMatchObject({
      code: 0,
      out: expect.stringContaining("SIM-1 is T-0007, merchant 1"),
    });
    expect(await tell(sim, "tap anna sale 10.00")).toMatchObject({ report: { result: "done" } });
    const again = cachet("terminal", "collect", "-o", join(sim.dir, "in"), "--port", serial, "--test-keys");
    expect(again).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+ entries/) });
    expect(await tell(sim, "status")).toMatchObject({ lines: [expect.stringMatching(/^T-0001 on/), "cards: anna"] });
  });

  it("waits for a card that somebody lays down when the line asks for one", async () => {
    const sim = await start(["--open"]);
    await tell(sim, "card anna");
    await asked(sim.serials[0]!, async (client) => {
      await client.send(client.request(66, "write", 13, { part: 3, wait: 5_000 }));
      await pause(100);
      await tell(sim, "lay anna");
      expect((await client.packet())?.toString("latin1")).toContain("04cac4e7000001");
    });
  });

  it("says what is wrong with a folder of its own", async () => {
    const dir = simFolder();
    writeFileSync(join(dir, "terminals.json"), "{}");
    const { code, err } = cachet("sim", "start", "--headless", "--dir", dir);
    expect(code).toBe(1);
    expect(err).toContain("C-SIM-04");
    expect(readFileSync(join(dir, "terminals.json"), "utf8")).toBe("{}");
  });
});
