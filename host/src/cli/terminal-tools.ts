import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import type { InstallerKey } from "../link/login.ts";
import { type Clock, realClock } from "../ports/clock.ts";
import type { ByteLine, SerialPorts } from "../ports/serial.ts";
import { systemPorts } from "../ports/serial-port.ts";
import type { Console } from "./console.ts";
import { type KeyOptions, keyOptions, keyPath, keyRingFor } from "./key-options.ts";
import { simulatedTerminal } from "./sim.ts";

/** Where an installer's key comes from. Null where there is none: some commands need none, and open terminals ask for none. */
export type InstallerLogin = (console: Console, options: KeyOptions) => Promise<InstallerKey | null>;

/** The installer of the bundle or ring that the options name, opened when a terminal first asks for him. */
const installerOf: InstallerLogin = async (console, options) => {
  if (options.testKeys !== true && options.keys === undefined && !existsSync(keyPath(console, options))) return null;
  const ring = await keyRingFor(console, options);
  return ring.installer;
};

/** What the commands for terminals take from their surroundings; tests bring their own. */
export interface TerminalTools {
  readonly ports: SerialPorts;
  /** Ports to look at that no system list shows. */
  readonly extraPorts: readonly string[];
  readonly clock: Clock;
  /** Milliseconds since 1970-01-01T00:00Z. */
  readonly now: () => number;
  readonly random: (size: number) => Uint8Array;
  /** Who works here, where no certificate says so. */
  readonly user: string;
  /** Asks for a line of text; null where nobody sits at a terminal. */
  readonly ask: ((question: string) => Promise<string>) | null;
  readonly installer: InstallerLogin;
  /** A terminal that lives as long as its line. */
  readonly simulate: () => Promise<ByteLine>;
}

async function askLine(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await lines.question(question);
  } finally {
    lines.close();
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}

export const realTerminalTools = (): TerminalTools => ({
  ports: systemPorts,
  extraPorts: (process.env.CACHET_PORTS ?? "").split(":").filter((path) => path !== ""),
  clock: realClock,
  now: Date.now,
  random: (size) => new Uint8Array(randomBytes(size)),
  user: userName(),
  ask: process.stdin.isTTY === true ? askLine : null,
  installer: installerOf,
  simulate: simulatedTerminal,
});

/** Which terminal, and how fast its line is. */
export interface PortOptions extends KeyOptions {
  readonly port?: string;
  /** Bits in a second; the documented speeds are tried where it is left out. */
  readonly speed?: number;
}

function parseSpeed(text: string): number {
  const speed = Number(text);
  if (!/^\d{3,7}$/.test(text) || speed < 300)
    throw new InvalidArgumentError(`"${text}" is no speed in bits per second`);
  return speed;
}

/** Adds `--port`, `--speed`, and the options that name an installer's key. */
export function portOptions(command: Command): Command {
  return keyOptions(command)
    .option("--port <port>", "device path, stable id below /dev/serial/by-id, or sim")
    .option("--speed <bps>", "speed of the line; else 115200 and then the others are tried", parseSpeed);
}
