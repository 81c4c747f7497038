import { deflateRawSync } from "node:zlib";
import { toHex } from "@cachet/card-layout";
import { imageSetState, imageState, imageUpload, packedUpload } from "@cachet/firmware/wire";
import { type Mishap, Mishaps, type OperationKind, PowerCut, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { buildImage } from "../../host/src/image/build.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { ask, MemoryLine } from "../fixtures/memory-line.ts";
import { card, programmeFile, sale, terminal, townImage } from "../fixtures/town.ts";
import { mishapsFor } from "./sweep.ts";

/** Flashing a terminal, cut before, inside and after every file operation: it always starts again, sells, and has every entry. */
const FILES = ["boulangerie", "ville"].map(programmeFile);
const older = await townImage();
const { file: newer } = await buildImage(FILES, {
  version: { major: 1, minor: 1, revision: 0, build: 0 },
  securityCounter: 2,
  signer: testImageSigner(),
});
const PIECE = 4_000;

type Step = (shop: SimTerminal, line: MemoryLine) => Promise<void>;

const hashOf = (file: Uint8Array): Uint8Array => sha256(file.subarray(0, regionEnd(file)));
/** Where header, payload and protected area end (MCUboot): what the image's hash covers. */
function regionEnd(file: Uint8Array): number {
  const le = (at: number, size: number) => file.subarray(at, at + size).reduceRight((sum, byte) => sum * 256 + byte, 0);
  return 32 + le(12, 4) + le(10, 2);
}

/** Asks, and fails with the cut where the power goes. */
const call: typeof ask = (line, command, request, stopped) => ask(line, command, request, stopped);

/** Where the next piece begins. An answer that does not get on would go round for ever. */
function onwards(from: number, to: number): number {
  if (to <= from) throw new Error(`the upload stays at ${to}`);
  return to;
}

const uploadPlain: Step = async (shop, line) => {
  for (let off = 0; off < newer.length; ) {
    const data = newer.subarray(off, off + PIECE);
    const first = off === 0 ? { len: newer.length, sha: sha256(newer) } : {};
    const answer = await call(line, imageUpload, { off, data, ...first }, shop.supervisor.stopped);
    if (!answer.ok) throw new Error(`upload at ${off}: ${answer.rc}`);
    off = onwards(off, answer.value.off);
  }
};
const uploadDeflated: Step = async (shop, line) => {
  const packed = new Uint8Array(deflateRawSync(newer, { level: 9 }));
  for (let off = 0; off < packed.length; ) {
    const data = packed.subarray(off, off + PIECE);
    const first = { len: packed.length, size: newer.length, sha: sha256(newer), form: "deflate" as const };
    const request = off === 0 ? { off, data, ...first } : { off, data };
    const answer = await call(line, packedUpload, request, shop.supervisor.stopped);
    if (!answer.ok) throw new Error(`upload at ${off}: ${answer.rc}`);
    off = onwards(off, answer.value.off);
  }
};
const request =
  (confirm: boolean): Step =>
  async (shop, line) => {
    const answer = await call(line, imageSetState, { hash: hashOf(newer), confirm }, shop.supervisor.stopped);
    if (!answer.ok) throw new Error(`set state: ${answer.rc}`);
  };
/** A visit; whatever the app began at its start is done by its end. */
const sell: Step = async (shop) => {
  if ((await shop.visit(sale(700), await card(9))) === "power-cut") throw new PowerCut("in the visit");
};
const restart: Step = async (shop) => {
  shop.powerOff();
  await shop.powerOn();
};

/** What an installer does, step by step, and which image sells at the end when nothing goes wrong. */
const STORIES: readonly { readonly name: string; readonly steps: readonly Step[]; readonly ends: "older" | "newer" }[] =
  [
    {
      name: "upload, test, start, confirm",
      steps: [uploadPlain, request(false), restart, request(true)],
      ends: "newer",
    },
    { name: "deflated upload, permanent, start", steps: [uploadDeflated, request(true), restart, sell], ends: "newer" },
    {
      name: "test without a confirm, start again",
      steps: [uploadPlain, request(false), restart, restart],
      ends: "older",
    },
  ];

async function begin(): Promise<{ shop: SimTerminal; line: MemoryLine }> {
  const line = new MemoryLine();
  const shop = await terminal(1, { line, isOpen: true });
  return { shop, line };
}

/** Runs a story; a planned cut ends it. Gives the operations that it took. */
async function tell(
  steps: readonly Step[],
  mishaps: Mishaps,
): Promise<{ shop: SimTerminal; line: MemoryLine; cut: boolean }> {
  const { shop, line } = await begin();
  const chip = await card(1);
  await shop.visit(sale(1_000), chip);
  shop.mishaps = mishaps;
  try {
    for (const step of steps) await step(shop, line);
    return { shop, line, cut: false };
  } catch (error) {
    if (!(error instanceof PowerCut)) throw error;
    shop.powerOff();
    return { shop, line, cut: true };
  }
}

const versionsThatRun = (shop: SimTerminal) => toHex(shop.supervisor.image.hash);

/** The terminal starts, runs the old or the new image, sells, and has what it had before. */
async function expectItSells(shop: SimTerminal, entriesBefore: number, name: string): Promise<void> {
  shop.mishaps = new Mishaps();
  await shop.powerOn();
  expect([toHex(hashOf(older)), toHex(hashOf(newer))], name).toContain(versionsThatRun(shop));
  expect(shop.entryCount, name).toBeGreaterThan(entriesBefore);
  const report = await shop.visit(sale(500), await card(2));
  expect(report, name).toMatchObject({ result: "done" });
  // Whatever was cut, a further start changes nothing but to end a trial.
  shop.powerOff();
  await shop.powerOn();
  expect(await shop.visit(sale(500), await card(3)), name).toMatchObject({ result: "done" });
}

describe("flashing, with the power cut anywhere", () => {
  it.each(STORIES)("$name", async ({ steps, ends, name }) => {
    const whole = new Mishaps();
    const undisturbed = await tell(steps, whole);
    expect(undisturbed.cut).toBe(false);
    expect(versionsThatRun(undisturbed.shop)).toBe(toHex(hashOf(ends === "newer" ? newer : older)));
    const operations: readonly OperationKind[] = [...whole.seen];
    undisturbed.shop.powerOff();
    let cuts = 0;
    let finished = 0;
    for (const [operation, kind] of operations.entries()) {
      // Cards in the field have sweeps of their own.
      for (const mishap of kind.startsWith("card") ? [] : mishapsOf(kind)) {
        const title = `${name}: ${mishap.when} operation ${operation} (${kind}), ${mishap.torn?.page ?? ""} ${mishap.torn?.part ?? ""}`;
        const { shop, line, cut } = await tell(steps, new Mishaps().at(operation, mishap));
        expect(cut, title).toBe(true);
        // The sale before the story left a start, an intent and two commits.
        await expectItSells(shop, 4, title);
        if (await finishes(shop, line)) finished += 1;
        shop.powerOff();
        cuts += 1;
      }
    }
    console.log(`${name}: ${operations.length} file operations, ${cuts} cuts, ${finished} flashed afterwards`);
    expect(finished).toBe(cuts);
    expect(cuts).toBeGreaterThan(40);
  });
});

/** The same flashing, once more and undisturbed, ends with the new image. */
async function finishes(shop: SimTerminal, line: MemoryLine): Promise<boolean> {
  line.answers.length = 0;
  if (versionsThatRun(shop) !== toHex(hashOf(newer))) {
    const state = await call(line, imageState, {});
    const waits = state.ok && state.value.images.some(({ pending }) => pending);
    if (!waits) {
      await uploadPlain(shop, line);
      await request(false)(shop, line);
    }
    await restart(shop, line);
  }
  await request(true)(shop, line);
  await restart(shop, line);
  return versionsThatRun(shop) === toHex(hashOf(newer)) && !shop.supervisor.slots.onTrial;
}

/** Files are cut; a swap happens as a whole, seen from before or from after. */
function mishapsOf(kind: OperationKind): Mishap[] {
  const planned = mishapsFor(kind).filter(({ what }) => what === "power");
  if (kind !== "file-replace" && kind !== "file-truncate") return planned;
  return [...planned, { what: "power", when: "inside", torn: { page: "new", part: 255 } }];
}
