import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toHex } from "@cachet/card-layout";
import { receiptText } from "@cachet/firmware/counter";
import type { VisitReport, VisitRequest } from "@cachet/firmware/hal";
import { newV8Sandbox, SimClock, SimTerminal, SimTimer, type Type2Chip } from "@cachet/terminal-sim";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { SimTill } from "../../terminal-sim/src/device/till.ts";
import { entriesOf } from "../fixtures/audit.ts";
import { recorded } from "../fixtures/drawn-sales.ts";
import {
  builtTerminal,
  installer,
  missingForNative,
  type NativeCommand,
  NativeTerminal,
  provisionedFiles,
} from "../fixtures/native-terminal.ts";
import { BAKERY, card, NOON, refund, sale, TOWN, townImage } from "../fixtures/town.ts";

const FACTS = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };
/** Some minutes after a computer without a battery began, in 1970. */
const BEGUN = 900;
const HARDWARE = { model: "R2", serial: "NATIVE-1" };
const NOT_SET = /^the clock is not set: .*cachet terminal clock/;

const home = mkdtempSync(join(tmpdir(), "cachet-native-host-"));
afterAll(() => rmSync(home, { recursive: true }));

const provisioned = async () => provisionedFiles(FACTS, await townImage());

/** In a view of the file system of its own, where a folder may be mounted anew. */
const PRIVATE = ["unshare", "--user", "--map-root-user", "--mount"] as const;
const mountsAnew = spawnSync(PRIVATE[0], [...PRIVATE.slice(1), "true"]).status === 0;

/** Mounts the terminal's folder on itself, then starts it. */
function mounted(options: string): NativeCommand {
  const [binary] = builtTerminal("x64");
  const script = `mount --bind "$2" "$2" && mount -o "remount,bind,${options}" "$2" && exec "$0" "$@"`;
  const [program, ...words] = PRIVATE;
  return [program, ...words, "sh", "-c", script, binary];
}

/** Mounts the folder of a terminal that runs for reading only. */
function protect(shop: NativeTerminal): void {
  const inside = ["-t", String(shop.pid), "--user", "--mount", "--preserve-credentials"];
  const { status, stderr } = spawnSync("nsenter", [...inside, "mount", "-o", "remount,bind,ro", shop.folder]);
  if (status !== 0) throw new Error(String(stderr));
}

const contents = (folder: string) =>
  Object.fromEntries(
    readdirSync(folder).map((name) => [name, toHex(new Uint8Array(readFileSync(join(folder, name))))]),
  );

let shop: NativeTerminal;
afterEach(() => shop?.close());

describe.skipIf(missingForNative("x64") !== null || !mountsAnew)("a disk that takes no writes", () => {
  const told = [
    "  State: what was stored before stands, and no visit goes through",
    expect.stringMatching(/^ {2}Next: {2}look into the system's log why the disk takes no writes/),
  ];

  it("from the start: the terminal says so, ends with 1 and changes nothing", async () => {
    const files = await provisioned();
    shop = new NativeTerminal(mounted("ro"), files);
    await expect(shop.powerOn()).rejects.toThrow(/^it ended with 1:/);
    expect(shop.said).toEqual([expect.stringMatching(/^cachet-terminal: opening .*: Read-only file system$/), ...told]);
    expect(contents(shop.folder)).toEqual(
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, toHex(bytes)])),
    );
  });

  it("from some moment on: it ends before it touches the card, and nothing of before is lost", async () => {
    shop = new NativeTerminal(mounted("rw"), await provisioned());
    await shop.powerOn();
    const commands: string[] = [];
    const chip = recorded(await card(1), commands);
    const before = await shop.visit(sale(1_000), chip);
    expect(before).toMatchObject({ result: "done", earnedCents: 50 });
    const journal = shop.file("journal");
    protect(shop);
    commands.length = 0;
    await expect(shop.visit(sale(2_000), chip)).rejects.toThrow(/^it ended with 1 in a visit/);
    expect(shop.said.slice(-4)).toEqual([
      "cachet-terminal: adding to: journal: Read-only file system",
      ...told,
      "stopped: adding to: journal: Read-only file system",
    ]);
    // Pages were read, none was written.
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.filter((command) => command.startsWith("a2"))).toEqual([]);
    expect(toHex(shop.file("journal"))).toBe(toHex(journal));
    // Where the disk takes writes again, the card and its visits are as they were.
    await shop.powerOn();
    expect(await shop.visit(sale(2_000), chip)).toMatchObject({ result: "done", earnedCents: 100 });
    expect(entriesOf(shop.file("journal")).length).toBeGreaterThan(entriesOf(journal).length);
  });
});

/** Answers the question for the time with what a file says. */
const CLOCK_C = `
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
time_t time(time_t *to)
{
    char text[32] = {0};
    int file = open(getenv("WALL_CLOCK"), O_RDONLY);
    time_t now = file < 0 || read(file, text, sizeof text - 1) < 1 ? 0 : (time_t)strtoll(text, NULL, 10);
    if (file >= 0) close(file);
    if (to != NULL) *to = now;
    return now;
}
`;

/** A clock of the computer that a test sets, and what starts a program under it. */
function wallClock(): { readonly command: NativeCommand; set(utc: number): void } {
  const [source, library, wall] = ["clock.c", "clock.so", "wall"].map((name) => join(home, name));
  writeFileSync(source!, CLOCK_C);
  const { status, stderr } = spawnSync("gcc", ["-shared", "-fPIC", "-o", library!, source!], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  const env = [`LD_PRELOAD=${library}`, `WALL_CLOCK=${wall}`, "ASAN_OPTIONS=verify_asan_link_order=0"];
  return { command: ["env", ...env, ...builtTerminal("x64")], set: (utc) => writeFileSync(wall!, String(utc)) };
}

/** What a terminal does with these visits: the same on every port. */
async function lived(
  terminal: {
    readonly till: SimTill;
    visit(request: VisitRequest, chip: Type2Chip): Promise<VisitReport | "power-cut">;
  },
  requests: readonly VisitRequest[],
) {
  const commands: string[] = [];
  const chip = recorded(await card(1), commands);
  const reports: unknown[] = [];
  for (const request of requests) reports.push(await terminal.visit(request, chip));
  const receipts = terminal.till.receipts.map((receipt) => receiptText(receipt).join("\n"));
  return { commands, reports, receipts };
}

describe.skipIf(missingForNative("x64") !== null)("a computer's clock that nobody set", () => {
  it("is not believed: visits are those of the simulator with such a clock, byte for byte", async () => {
    const files = await provisioned();
    const requests = [sale(1_000), sale(2_500, "max"), refund("last")];
    const clock = new SimClock(BEGUN, () => 0);
    clock.suspect = true;
    const simulated = new SimTerminal({
      belonging: null,
      hardware: HARDWARE,
      image: await townImage(),
      clock,
      timer: new SimTimer(),
      newSandbox: newV8Sandbox,
      keepsAllPaper: true,
      files,
    });
    await simulated.powerOn();
    const expected = await lived(simulated, requests);
    expect(expected.reports).toMatchObject([{ result: "done" }, { result: "done" }, { result: "done" }]);

    const { command, set } = wallClock();
    set(BEGUN);
    shop = new NativeTerminal(command, files, ["--clock", "system"]);
    await shop.powerOn();
    expect(await lived(shop, requests)).toEqual(expected);
    const journal = shop.file("journal");
    expect(toHex(journal)).toBe(toHex(await simulated.journalBytes()));
    const bodies = entriesOf(journal).flatMap(({ kind, body }) =>
      kind === "intent" || kind === "power-up" ? [body] : [],
    );
    expect(bodies.length).toBeGreaterThan(2);
    for (const body of bodies) expect(body).toMatchObject({ clockSuspect: true });
    await shop.close();
    expect(shop.said).toContainEqual(expect.stringMatching(NOT_SET));
  });

  it("is set by an installer for as long as it runs on; once it begins anew, or is set itself, it counts alone", async () => {
    const { command, set } = wallClock();
    set(BEGUN);
    shop = new NativeTerminal(command, await provisioned(), ["--clock", "system", "--line", "pty"]);
    const restarted = async (utc: number) => {
      await shop.stop();
      set(utc);
      await shop.powerOn();
      const start = entriesOf(shop.file("journal")).findLast(({ kind }) => kind === "power-up")!;
      return { utc: start.utc, isSet: !("clockSuspect" in start.body) };
    };
    await shop.powerOn();
    const { code, err } = await installer(home, shop.started!.line!, "clock");
    expect(code, err).toBe(0);
    const corrected = entriesOf(shop.file("journal")).at(-1)!;
    expect(corrected).toMatchObject({ kind: "clock-change", body: { before: BEGUN, wasSuspect: true } });
    // It ran on over a start of the program.
    expect(await restarted(BEGUN + 60)).toEqual({ isSet: true, utc: corrected.utc + 60 });
    // The power was gone.
    expect(await restarted(5)).toEqual({ isSet: false, utc: 5 });
    // The network told it.
    expect(await restarted(NOON)).toEqual({ isSet: true, utc: NOON });
  });
});
