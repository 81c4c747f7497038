import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { imageSetState, imageState, inspectImage, resetTerminal, terminalHealth } from "@cachet/firmware/wire";
import { buildImage } from "../host/src/image/build.ts";
import { testImageSigner } from "../host/src/keys/test-keys.ts";
import { capacityOf, type ImageFile, sendImage } from "../host/src/link/image-upload.ts";
import { SmpClient } from "../host/src/link/smp-client.ts";
import { pause, realClock } from "../host/src/ports/clock.ts";
import { sha256 } from "../host/src/ports/crypto.ts";
import { systemPorts } from "../host/src/ports/serial-port.ts";
import { measureThrottle } from "../tests/fixtures/line-throttle.ts";
import { startSim } from "../tests/fixtures/sim-process.ts";

/** Programming a terminal through a cable of 115 200 baud: the simulator and the cable are processes of their own. */
export interface LinkFigures {
  /** Bytes a second that the cable carries, measured in this run. */
  readonly cableBytesPerSecond: number;
  readonly imageBytes: number;
  readonly plainBytesPerSecond: number;
  readonly deflatedBytesPerSecond: number;
  readonly deflatedBytes: number;
  readonly patchBytes: number;
  /** From the first request to the confirmed new image. */
  readonly reflashSeconds: number;
  readonly bufferBytes: number;
  readonly outstanding: number;
}

const BAUD = 115_200;
const PROGRAMMES = ["boulangerie", "ville"].map((name) => join("programmes", `${name}.programme.ts`));

async function imageOf(files: readonly string[], minor: number): Promise<ImageFile> {
  const version = { major: 1, minor, revision: 0, build: 0 };
  const { file } = await buildImage(files, { version, securityCounter: 1, signer: testImageSigner() });
  const reading = inspectImage(file, sha256);
  if (!reading.ok) throw new Error(reading.detail);
  return { file, hash: reading.image.hash };
}

/** The same town with one number of one rule changed. */
async function changedImage(minor: number): Promise<ImageFile> {
  const source = readFileSync(PROGRAMMES[0]!, "utf8");
  const changed = source.replace(/grid: (\d+)/, (_, grid: string) => `grid: ${Number(grid) - 1}`);
  if (changed === source) throw new Error("no rule to change");
  const path = join("programmes", "bench-changed.programme.ts");
  writeFileSync(path, changed);
  try {
    return await imageOf([path, PROGRAMMES[1]!], minor);
  } finally {
    rmSync(path);
  }
}

function startThrottle(target: string): Promise<{ readonly path: string; readonly child: ChildProcess }> {
  const words = [
    "--import",
    "tsx",
    "tests/fixtures/line-throttle-process.ts",
    "--target",
    target,
    "--baud",
    String(BAUD),
  ];
  const child = spawn(process.execPath, words, { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the throttle ended with ${code}`)));
    createInterface({ input: child.stdout! }).once("line", (line) => {
      resolve({ path: (JSON.parse(line) as { readonly serial: string }).serial, child });
    });
  });
}

/** Sends an image and gives the seconds that it took; it has to arrive in the form that is named. */
async function timed(client: SmpClient, image: ImageFile, form: "plain" | "deflate" | "patch") {
  const began = performance.now();
  const packed = form === "plain" ? [] : [form];
  const sent = await sendImage(client, image, { packed, onProgress: () => {} });
  if (!sent.ok || sent.form !== form) throw new Error(`${form}: ${JSON.stringify(sent)}`);
  return { seconds: (performance.now() - began) / 1_000, sentBytes: sent.sentBytes };
}

async function reflash(client: SmpClient, image: ImageFile): Promise<number> {
  const began = performance.now();
  await timed(client, image, "patch");
  const asked = await client.call(imageSetState, { hash: image.hash, confirm: false });
  if (!asked.ok) throw new Error(`test: ${asked.refusal}`);
  await client.call(resetTerminal, {});
  for (;;) {
    const health = await client.call(terminalHealth, {}, { timeoutMs: 150, tries: 1 }).catch(() => null);
    if (health?.ok === true && health.value.trial && health.value.app === "healthy") break;
    await pause(realClock, 20);
  }
  const kept = await client.call(imageSetState, { hash: image.hash, confirm: true });
  if (!kept.ok) throw new Error(`confirm: ${kept.refusal}`);
  const state = await client.call(imageState, {});
  const running = state.ok ? state.value.images.find(({ active }) => active === true) : undefined;
  if (running?.confirmed !== true) throw new Error("the new image was not kept");
  return (performance.now() - began) / 1_000;
}

/** Measures everything in one run: the cable itself first, then uploads through it. */
export async function linkFigures(): Promise<LinkFigures> {
  const { out } = await measureThrottle(BAUD, 3_000);
  const simulator = await startSim(["--open"]);
  const throttle = await startThrottle(simulator.serials[0]!);
  const line = await systemPorts.open(throttle.path, BAUD);
  try {
    const client = new SmpClient(line, realClock, { bytesPerSecond: BAUD / 10 });
    const { bufSize, bufCount } = await capacityOf(client);
    const [second, third, changed] = [
      await imageOf(PROGRAMMES, 1),
      await imageOf(PROGRAMMES, 2),
      await changedImage(3),
    ];
    const plain = await timed(client, second, "plain");
    const deflated = await timed(client, third, "deflate");
    const reflashSeconds = await reflash(client, changed);
    const again = await timed(client, await imageOf(PROGRAMMES, 4), "patch");
    return {
      cableBytesPerSecond: out.bytesPerSecond,
      imageBytes: second.file.length,
      plainBytesPerSecond: second.file.length / plain.seconds,
      deflatedBytesPerSecond: third.file.length / deflated.seconds,
      deflatedBytes: deflated.sentBytes,
      patchBytes: again.sentBytes,
      reflashSeconds,
      bufferBytes: bufSize,
      outstanding: bufCount,
    };
  } finally {
    await line.close();
    throttle.child.removeAllListeners("exit");
    throttle.child.stdin?.end();
    await simulator.stop();
  }
}
