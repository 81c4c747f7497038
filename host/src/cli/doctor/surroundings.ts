import { access, constants, statfs } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Ledger } from "../../office/schema.ts";
import { nativePackage } from "../../ports/pcsc/native-package.ts";
import { openReaders } from "../../ports/pcsc/open.ts";
import { PcscdLink } from "../../ports/pcsc/pcscd-link.ts";
import { COMMAND, PROTOCOL_MAJOR, PROTOCOL_MINOR, word, words } from "../../ports/pcsc/pcscd-messages.ts";
import { PCSCD_SOCKET } from "../../ports/pcsc/pcscd-socket.ts";
import type { ReaderService } from "../../ports/pcsc/transport.ts";
import type { Console } from "../console.ts";
import { openLedger } from "../home.ts";
import { ringPath } from "../key-file.ts";

/** Everything that `cachet doctor` looks at; tests bring their own. */
export interface Surroundings {
  /** Version of the running Node, without a v. */
  readonly nodeVersion: string;
  readonly platform: NodeJS.Platform;
  /** Folder that /dev, /etc and /proc lie in, with a slash behind it. */
  readonly root: string;
  /** Folder of configuration, keys and database. */
  readonly home: string;
  /** Path of the sealed keys. */
  readonly keys: string;
  /** UTC seconds since 1970. */
  readonly now: () => number;
  /** Fails as `openLedger` does. */
  readonly ledger: () => Promise<Ledger>;
  /** The readers of this computer. Throws `PcscFault`. */
  readonly readers: () => ReaderService;
  /** Path of pcscd's socket. */
  readonly pcscdSocket: string;
  /** The protocol that pcscd speaks, like 4:4; null where it does not say. */
  readonly pcscdProtocol: (socket: string) => Promise<string | null>;
  readonly packageState: (name: string) => "ready" | "not built" | "not installed";
  /** Serial ports of systems without a folder of devices. */
  readonly listedPorts: () => Promise<readonly string[]>;
  /** Whether this user may read and write a file, by the system's own check. */
  readonly mayUse: (path: string) => Promise<boolean>;
  /** Bytes that this user can still write where a folder lies. */
  readonly freeBytes: (folder: string) => Promise<number>;
}

async function pcscdProtocol(socket: string): Promise<string | null> {
  const link = await PcscdLink.open(socket);
  if (link === null) return null;
  // Asked once more: pcscd fills in its own version whether it likes ours or not.
  const answer = await link.ask(COMMAND.version, words(PROTOCOL_MAJOR, PROTOCOL_MINOR, 0));
  link.close();
  return answer === null ? null : `${word(answer, 0)}:${word(answer, 1)}`;
}

function packageState(name: string): "ready" | "not built" | "not installed" {
  if (nativePackage(name) !== null) return "ready";
  try {
    createRequire(import.meta.url).resolve(name);
    return "not built";
  } catch {
    return "not installed";
  }
}

interface SerialPackage {
  readonly SerialPort: { list(): Promise<readonly { readonly path: string }[]> };
}

async function listedPorts(): Promise<readonly string[]> {
  const serial = nativePackage("serialport") as SerialPackage | null;
  return serial === null ? [] : (await serial.SerialPort.list()).map(({ path }) => path);
}

/** This computer, and the home folder that the console names. */
export function surroundingsOf(console: Console): Surroundings {
  return {
    nodeVersion: process.versions.node,
    platform: process.platform,
    root: "/",
    home: console.home,
    keys: ringPath(console),
    now: () => Math.floor(Date.now() / 1000),
    ledger: () => openLedger(console),
    readers: () => openReaders(),
    pcscdSocket: process.env.PCSCLITE_CSOCK_NAME ?? PCSCD_SOCKET,
    pcscdProtocol,
    packageState,
    listedPorts,
    mayUse: (path) =>
      access(path, constants.R_OK | constants.W_OK).then(
        () => true,
        () => false,
      ),
    freeBytes: async (folder) => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
  };
}
