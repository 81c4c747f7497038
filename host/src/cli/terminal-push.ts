import { readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { provisionRequest } from "@cachet/firmware/wire";
import { LinkFault } from "../link/link-fault.ts";
import { kindOf, listVersionOf, type Pushed, type PushKind, push, pushProvision } from "../link/push.ts";
import { type Console, tell } from "./console.ts";
import { EXIT, Failure } from "./failure.ts";
import { readFile, writeFile } from "./files.ts";
import { inDoubt, refusal } from "./terminal-error.ts";
import { waitUntilBack } from "./terminal-restart.ts";
import { type TerminalSession, withTerminal } from "./terminal-session.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

interface Offered {
  readonly path: string;
  readonly kind: PushKind;
  readonly file: Uint8Array;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Provisions first, then receipts, then lists; by name within each: a delta follows the list it belongs to. */
const ORDER: readonly PushKind[] = ["provision", "receipt", "list"];

/** The files that are named, and those of the folders that are: there, what is nothing for a terminal is left out. */
function offered(paths: readonly string[]): readonly Offered[] {
  const all = paths.flatMap((path) =>
    isFolder(path)
      ? readdirSync(path)
          .sort()
          .map((name) => ({ path: join(path, name), isNamed: false }))
          .filter((one) => statSync(one.path).isFile())
      : [{ path, isNamed: true }],
  );
  const found = all.flatMap(({ path, isNamed }): Offered[] => {
    const file = readFile(path);
    const kind = kindOf(file);
    if (kind !== "batch" && kind !== "unknown") return [{ path, kind, file }];
    if (!isNamed) return [];
    throw new Failure(
      "C-TERM-12",
      `${path} is ${kind === "batch" ? "a batch" : "no list, receipt or provision"}`,
      "nothing was sent",
      [kind === "batch" ? "batches go to the office: cachet batch import" : "give the files that the office made"],
    );
  });
  return found.sort((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
}

/** Refusals of things in a folder that are no fault: the folder serves many terminals. */
const NOT_FOR_THIS_ONE: ReadonlySet<string> = new Set(["other-terminal", "older", "already", "missing-delta"]);

const said = (pushed: Pushed): string =>
  pushed.ok ? pushed.said : `refused${pushed.detail === "" ? "" : `: ${pushed.detail}`} (${pushed.refusal})`;

async function pushOne(session: TerminalSession, { kind, path, file }: Offered): Promise<Pushed> {
  try {
    const told = await push(session.client, kind, basename(path), file);
    // A provisioned terminal starts anew, and whoever was logged in is not any more.
    if (told.ok && kind === "provision") await waitUntilBack(session, false);
    return told;
  } catch (error) {
    if (error instanceof LinkFault && kind === "provision") throw inDoubt(session.path, "took the provision");
    throw error;
  }
}

/** `terminal push`: lists, receipts and provisions, by what they are. Gives the exit code. */
export async function pushFiles(
  console: Console,
  paths: readonly string[],
  options: PortOptions,
  tools: TerminalTools,
): Promise<number> {
  const files = offered(paths);
  const named = new Set(paths);
  if (files.length === 0) {
    throw new Failure("C-TERM-12", `${paths.join(", ")}: nothing in it is for a terminal`, "nothing was sent", [
      "give lists, receipts or provisions that the office made",
    ]);
  }
  return withTerminal(console, options, tools, async (session) => {
    const done: { path: string; pushed: Pushed }[] = [];
    let held = 0;
    for (const one of files) {
      const version = listVersionOf(one.file);
      // A delta led there: the full list beside it is for others.
      if (version > 0 && version <= held && !named.has(one.path)) continue;
      const names = done.filter(({ pushed }) => pushed.ok).map(({ path }) => path);
      const taken = names.length === 0 ? "the terminal took nothing yet" : `the terminal took ${names.join(", ")}`;
      session.standing = { state: `${taken}; each file is taken whole or not at all`, next: [] };
      const pushed = await pushOne(session, one);
      if (!pushed.ok && pushed.refusal === "denied") {
        throw refusal(`take ${one.path}`, pushed.refusal, pushed.detail, session.standing);
      }
      if (pushed.ok) held = Math.max(held, version);
      done.push({ path: one.path, pushed });
    }
    tell(
      console,
      done.map(({ path, pushed }) => `${path}: ${said(pushed)}`),
      {
        files: done.map(({ path, pushed }) => ({
          file: path,
          kind: pushed.kind,
          taken: pushed.ok,
          refusal: pushed.ok ? null : pushed.refusal,
          said: said(pushed),
        })),
      },
    );
    const isFault = ({ path, pushed }: (typeof done)[number]) =>
      !pushed.ok && (named.has(path) || !NOT_FOR_THIS_ONE.has(pushed.refusal));
    return done.some(isFault) ? EXIT.refused : EXIT.done;
  });
}

/** `terminal provision --request`: what the office needs to provision this terminal. */
export async function writeRequest(
  console: Console,
  path: string,
  options: PortOptions,
  tools: TerminalTools,
): Promise<void> {
  await withTerminal(console, options, tools, async (session) => {
    const { request } = await session.need(provisionRequest, {}, "ask to be provisioned");
    writeFile(path, request);
    const line = `${path} written: give it to the office, and bring back what it makes of it`;
    tell(console, [line], { file: path, serial: session.identity.serial, bytes: request.length });
  });
}

/** `terminal provision FILE`. Fails with C-TERM-12 where the file is no provision, C-LINK-08 where no answer comes. */
export async function provision(
  console: Console,
  path: string,
  options: PortOptions,
  tools: TerminalTools,
): Promise<void> {
  const file = readFile(path);
  if (kindOf(file) !== "provision") {
    throw new Failure("C-TERM-12", `${path} is no provision`, "nothing was sent", [
      "give the file that the office made for this terminal",
    ]);
  }
  await withTerminal(console, options, tools, async (session) => {
    try {
      const told = await pushProvision(session.client, file);
      if (!told.ok) throw refusal("take the provision", told.refusal, told.detail, null);
    } catch (error) {
      if (error instanceof LinkFault) throw inDoubt(session.path, "took the provision");
      throw error;
    }
    await waitUntilBack(session, false);
    const { identity, name } = session;
    const line = `${identity.serial} is ${name}, merchant ${identity.merchant ?? "?"} ${identity.name ?? ""}`.trimEnd();
    tell(console, [line], {
      terminal: name,
      serial: identity.serial,
      merchant: identity.merchant ?? null,
      name: identity.name ?? null,
    });
  });
}
