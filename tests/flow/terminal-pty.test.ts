import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sameBytes } from "@cachet/card-layout";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { realClock } from "../../host/src/ports/clock.ts";
import { systemPorts } from "../../host/src/ports/serial-port.ts";
import { ROOT } from "../boundaries/sources.ts";
import { Desk, type DeskOptions } from "../fixtures/installer-desk.ts";
import { PtyLine } from "../fixtures/pty-line.ts";
import { imageFile } from "../fixtures/test-images.ts";
import { card, sale } from "../fixtures/town.ts";

const home = mkdtempSync(join(tmpdir(), "cachet-pty-"));
afterAll(() => rmSync(home, { recursive: true }));

let desk: Desk;
let line: PtyLine;
async function set(options: DeskOptions = {}): Promise<void> {
  desk = await Desk.set({ timer: realClock, ...options });
  line = new PtyLine(desk.cable);
}
afterEach(() => {
  line.end();
  desk.terminal.powerOff();
});

/** Closes what this process has open before the command starts: with the terminal's end in its hands it would never see the cable go. */
const ALONE =
  'for fd in /proc/self/fd/*; do fd=$(basename $fd); [ "$fd" -gt 2 ] && eval "exec $fd>&-"; done; exec "$@"';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The real command, in a process of its own, on a port of the system. */
function cachet(...words: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: home, CACHET_PORTS: line.path };
    const command = [process.execPath, join(ROOT, "host/bin/cachet.mjs"), "terminal", ...words];
    const child = spawn("bash", ["-c", ALONE, "cachet", ...command], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const told = { out: "", err: "" };
    child.stdout.on("data", (text: Buffer) => {
      told.out += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      told.err += text.toString();
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...told }));
  });
}

describe.skipIf(process.platform !== "linux")("over a serial port of the system", () => {
  it("lists, looks, collects", async () => {
    await set();
    await desk.terminal.visit(sale(1_250), await card(1));
    const listed = await cachet("list", "--json");
    const own = JSON.parse(listed.out).ports.find(({ port }: { port: string }) => port === line.path);
    expect(own, `${listed.out}${listed.err} ${[...desk.seen]} ${JSON.stringify(desk.cable.sent)}`).toMatchObject({
      ours: true,
      terminal: "T-0042",
      model: "R2",
    });
    const looked = await cachet("info", "--port", line.path);
    expect(looked.code, looked.err).toBe(0);
    expect(looked.out).toContain("entries 1 to 4, 4 to collect");
    const folder = join(home, "in");
    const collected = await cachet("collect", "-o", folder, "--port", line.path);
    expect(collected.code, collected.err).toBe(0);
    const [name = ""] = readdirSync(folder);
    expect(sameBytes(new Uint8Array(readFileSync(join(folder, name))), desk.terminal.collect(1, 4).file)).toBe(true);
  });

  it("the cable is pulled in the middle of flash; plugged in again, it goes on", async () => {
    await set();
    const { path, file } = await imageFile(2);
    desk.cable.spoil = (bytes) => {
      if (desk.pieces >= 8) queueMicrotask(() => line.end());
      return bytes;
    };
    const cut = await cachet("flash", path, "--full", "--port", line.path);
    expect(cut.code, cut.err).toBe(3);
    expect(cut.err).toMatch(
      /error C-TERM-07: .* was unplugged or switched off\n {2}State: the terminal still runs 1\.0\.0; resume possible at \d+ %/,
    );
    const sentBefore = desk.cable.sent["to-terminal"];
    desk.cable.spoil = (bytes) => bytes;
    line = new PtyLine(desk.cable);
    const again = await cachet("flash", path, "--full", "--port", line.path, "--json");
    expect(again.code, again.err).toBe(0);
    expect(JSON.parse(again.out)).toMatchObject({ flashed: "2.0.0", terminal: "T-0042", trial: false });
    // The packets that had come through are not sent again; 127 bytes of a line carry 93 of the file.
    const least = 4 * 4_096;
    expect(desk.cable.sent["to-terminal"] - sentBefore).toBeLessThan(((file.length - least) * 127) / 93);
    const { reading } = desk.supervisor.slots.running;
    expect([reading.ok && reading.image.version.major, desk.supervisor.slots.onTrial]).toEqual([2, false]);
  });

  it("names who has the port, and does not take it away", async () => {
    await set();
    const held = await systemPorts.open(line.path, 115_200);
    const { code, err } = await cachet("info", "--port", line.path);
    await held.close();
    expect(code).toBe(1);
    expect(err).toMatch(new RegExp(`error C-LINK-06: .*\\(process ${process.pid}\\) has ${line.path} open`));
    expect((await cachet("info", "--port", line.path)).code).toBe(0);
  });

  it("says what it is told of ports that are none", async () => {
    await set();
    const absent = await cachet("info", "--port", "/dev/ttyNONE7");
    expect([absent.code, absent.err]).toEqual([
      3,
      expect.stringContaining("error C-LINK-01: there is no port /dev/ttyNONE7"),
    ]);
    const strange = await cachet("info", "--port", "/dev/null");
    expect([strange.code, strange.err]).toEqual([
      1,
      expect.stringContaining("error C-LINK-10: /dev/null cannot be opened"),
    ]);
  });
});
