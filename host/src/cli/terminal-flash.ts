import { join } from "node:path";
import { sameBytes, toHex } from "@cachet/card-layout";
import { imageSetState, imageState, slotImages, terminalHealth } from "@cachet/firmware/wire";
import { PACKED_FORMS, sendImage } from "../link/image-upload.ts";
import { LinkFault } from "../link/link-fault.ts";
import { type Console, progressLine, tell, visible } from "./console.ts";
import { Failure } from "./failure.ts";
import { type CheckedImage, changes, checkAge, checkedImage, checkFit, checkShop } from "./flash-checks.ts";
import { versionText } from "./image.ts";
import { usageFailure } from "./key-file.ts";
import { correctClock } from "./terminal-clock.ts";
import { collectAll, fileText, progressText } from "./terminal-collect.ts";
import { linkFailure, refusal } from "./terminal-error.ts";
import type { SlotImage, SlotImages } from "./terminal-facts.ts";
import { type Done, NOTHING_DONE, reportDocument, reportLines, reportOf, writeReport } from "./terminal-report.ts";
import { confirmRunning, notHealthy, startWith } from "./terminal-restart.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

export interface FlashOptions extends PortOptions {
  readonly key?: string;
  readonly collectTo?: string;
  /** False with `--no-collect`. */
  readonly collect: boolean;
  readonly reason?: string;
  readonly full?: boolean;
  readonly test?: boolean;
  readonly allowDowngrade?: string;
  readonly shop?: string;
  readonly report?: string;
}

const runningIn = (slots: SlotImages): SlotImage | undefined => slots.images.find(({ slot }) => slot === 0);
const runsText = (running: SlotImage | undefined): string =>
  running === undefined ? "the terminal runs no image" : `the terminal still runs ${running.version}`;

/** What is known once an image was looked at, on both sides. */
interface Flash {
  readonly session: TerminalSession;
  readonly checked: CheckedImage;
  readonly slots: SlotImages;
  readonly options: FlashOptions;
}

/** Everything that can be refused without a byte of the image. */
async function checks({ session, checked, slots, options }: Flash): Promise<void> {
  checkFit(checked, session);
  checkAge(checked, slots, options.allowDowngrade);
  await checkShop(checked, slots, session, options.shop);
}

/** The other slot is not to be written while something waits in it, or the running image is on trial. Fails with C-TERM-06. */
async function checkFree({ session, checked }: Flash): Promise<void> {
  const { images } = await session.need(imageState, {}, "tell of its slots");
  const waits = images.find(({ pending, hash }) => pending === true && !sameBytes(hash, checked.image.hash));
  const trial = images.find(({ active, confirmed }) => active === true && confirmed !== true);
  if (waits === undefined && trial === undefined) return;
  const what = trial !== undefined ? `${trial.version} runs on trial` : `${waits!.version} waits for the next start`;
  throw new Failure("C-TERM-06", `${session.name}: ${what}`, "nothing was sent; nothing was changed", [
    "cachet terminal confirm keeps what runs; cachet terminal rollback goes back to the other",
  ]);
}

/** Collects what the journal holds, unless a reason says why not. */
async function collected({ session, options }: Flash): Promise<Pick<Done, "batches" | "notCollected">> {
  if (!options.collect) return { batches: [], notCollected: options.reason ?? "" };
  const folder = options.collectTo ?? join(session.console.home, "batches");
  const files = await collectAll(session, folder);
  for (const file of files) session.console.err(`${fileText(folder, file)}\n`);
  return { batches: files.map(({ name }) => join(folder, name)), notCollected: null };
}

/** Brings the image into the other slot. Fails with C-TERM-07 where the line ends in the middle. */
async function sent({ session, checked, slots, options }: Flash): Promise<void> {
  const { console, tools } = session;
  const version = versionText(checked.image.version);
  const line = progressLine(console, () => tools.clock.now());
  let percent = 0;
  try {
    const told = await sendImage(
      session.client,
      { file: checked.file, hash: checked.image.hash },
      {
        packed: options.full === true ? [] : PACKED_FORMS,
        onProgress: (progress) => {
          percent = Math.floor((100 * progress.bytes) / progress.total);
          line.show(progressText(`${version} (${progress.form})`, progress));
        },
      },
    );
    line.end();
    if (!told.ok) throw refusal(`take ${version}`, told.refusal, told.detail, session.standing);
    const isThere = told.form === "there-already";
    const how = isThere ? "in the other slot already, nothing sent" : `sent: ${told.sentBytes} bytes, ${told.form}`;
    console.err(`${version} ${how}\n`);
  } catch (error) {
    line.end();
    if (!(error instanceof LinkFault)) throw error;
    const { message, next } = linkFailure(session.path, error, null);
    const state = `${runsText(runningIn(slots))}; resume possible at ${percent} %`;
    throw new Failure("C-TERM-07", message, state, next);
  }
}

/** Fails with C-TERM-08 where the terminal says of the image that it got that it may never run. */
async function checkAccepted({ session, checked, slots }: Flash): Promise<void> {
  const held = await session.want(slotImages, {});
  const refused = held?.images.find(({ slot, hash }) => slot === 1 && sameBytes(hash, checked.image.hash));
  if (refused?.refusal === undefined) return;
  const version = versionText(checked.image.version);
  throw new Failure(
    "C-TERM-08",
    `the terminal does not run ${version}: ${refused.detail ?? ""} (${refused.refusal})`,
    `${version} lies in the other slot, unused; ${runsText(runningIn(slots))}`,
    ["give the image back to whoever made it, with these words"],
  );
}

/** Has the new image tried, and keeps it once it works. Fails with C-TERM-08, 09 or 10. */
async function switched({ session, checked, slots, options }: Flash): Promise<void> {
  const { image } = checked;
  const version = versionText(image.version);
  session.standing = {
    state: `${version} is in the other slot; ${runsText(runningIn(slots))}`,
    next: ["run the same command again; nothing is sent twice"],
  };
  await session.need(imageSetState, { hash: image.hash, confirm: false }, `try ${version}`);
  session.console.err("starting anew\n");
  session.standing = { state: `${version} is tried at the next start, and given up if it does not work`, next: [] };
  const told = await startWith(session, image.hash);
  if (told.result !== "healthy") throw notHealthy(version, told);
  if (options.test === true) return;
  await keep(session, version);
}

async function keep(session: TerminalSession, version: string): Promise<void> {
  session.standing = { state: `${version} runs on trial: for a minute, then what ran before comes back`, next: [] };
  const problem = await confirmRunning(session);
  if (problem !== null) throw refusal(`keep ${version}`, problem.refusal, problem.detail, session.standing);
  session.standing = { state: `${version} runs and is confirmed`, next: [] };
}

/** Whether this very image runs: confirmed, on trial from an earlier run, or not at all. */
async function runsAlready(session: TerminalSession, hash: Uint8Array): Promise<"confirmed" | "trial" | null> {
  const { images } = await session.need(imageState, {}, "tell of its slots");
  const active = images.find(({ slot }) => slot === 0);
  if (active === undefined || !sameBytes(active.hash, hash)) return null;
  return active.confirmed === true ? "confirmed" : "trial";
}

/** An earlier run got as far as the trial: keeps it where it works. */
async function finishTrial({ session, checked, options }: Flash): Promise<void> {
  const version = versionText(checked.image.version);
  const health = await session.want(terminalHealth, {});
  if (health?.app !== "healthy") {
    throw notHealthy(version, { result: "not-healthy", why: health?.fault ?? "it has not reported that it works yet" });
  }
  if (options.test !== true) await keep(session, version);
}

async function conclude(flash: Flash, done: Done): Promise<void> {
  const { session, checked, options } = flash;
  const { console } = session;
  const version = versionText(checked.image.version);
  const report = await reportOf(session, done);
  if (options.report !== undefined) writeReport(options.report, report, console.lang);
  const active = `${version} ${options.test === true ? "on trial: cachet terminal confirm keeps it" : "active"}`;
  const document = { flashed: version, hash: toHex(checked.image.hash), ...reportDocument(report) };
  tell(console, [active, "", ...reportLines(report, console.lang)], document);
}

/** `terminal flash`: from the check of the file to the report for the shop. */
export async function flash(
  console: Console,
  path: string,
  options: FlashOptions,
  tools: TerminalTools,
): Promise<void> {
  if (!options.collect && (options.reason ?? "").trim() === "") {
    throw usageFailure("--no-collect needs a reason", '--no-collect --reason "why the entries are not collected"');
  }
  if (options.allowDowngrade?.trim() === "") {
    throw usageFailure("--allow-downgrade needs a reason", '--allow-downgrade "why an older version is sent"');
  }
  const checked = checkedImage(path, options.key);
  await withTerminal(console, options, tools, async (session) => {
    const slots = await session.need(slotImages, {}, "tell of its slots");
    const all: Flash = { session, checked, slots, options };
    const already = await runsAlready(session, checked.image.hash);
    const version = versionText(checked.image.version);
    if (already !== null) {
      if (already === "trial") await finishTrial(all);
      else console.err(`${version} runs already\n`);
      return conclude(all, { ...NOTHING_DONE, clock: await correctClock(session) });
    }
    await checks(all);
    await checkFree(all);
    const taken = await collected(all);
    const running = runningIn(slots);
    console.err(`${running?.version ?? "no image"} -> ${version}\n`);
    for (const change of changes(checked.image, running)) console.err(`  ${visible(change)}\n`);
    await sent(all);
    await checkAccepted(all);
    await switched(all);
    const clock = await correctClock(session);
    const downgrade = options.allowDowngrade ?? null;
    await conclude(all, { before: running?.version ?? null, downgrade, clock, ...taken });
  });
}
