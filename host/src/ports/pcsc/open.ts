import { existsSync } from "node:fs";
import { PCSCD_SOCKET, PcscdReaders } from "./pcscd-socket.ts";
import { PcscliteReaders } from "./pcsclite-binding.ts";
import { loadPcsclite } from "./pcsclite-session.ts";
import { loadSmartcard, SmartcardReaders } from "./smartcard-binding.ts";
import { PcscFault, type ReaderService } from "./transport.ts";

export const BACKENDS = ["pcscd", "smartcard", "pcsclite"] as const;
export type Backend = (typeof BACKENDS)[number];

/** What decides the choice, besides the preference. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  /** Path of pcscd's socket. */
  readonly socket: string;
  readonly exists: (path: string) => boolean;
  readonly smartcard: () => ReaderService | null;
  readonly pcsclite: () => ReaderService | null;
}

const HERE: Surroundings = {
  platform: process.platform,
  get socket() {
    return process.env.PCSCLITE_CSOCK_NAME ?? PCSCD_SOCKET;
  },
  exists: existsSync,
  smartcard: () => {
    const loaded = loadSmartcard();
    return loaded === null ? null : new SmartcardReaders(loaded);
  },
  pcsclite: () => {
    const loaded = loadPcsclite();
    return loaded === null ? null : new PcscliteReaders(loaded);
  },
};

/**
 * The readers of this computer. `auto`: on Linux pcscd's socket when it is there, else the package smartcard, else pcsclite, else on
 * Linux the socket all the same: it answers "service-absent" until the service runs. Throws `PcscFault` "no-backend", naming what to
 * install, where the choice cannot be had. Asks nothing of the service yet.
 */
export function openReaders(preference: Backend | "auto" = "auto", here: Surroundings = HERE): ReaderService {
  const isLinux = here.platform === "linux";
  const opened = preference === "auto" ? automatic(here) : preference === "pcscd" ? socketOf(here) : here[preference]();
  if (opened !== null) return opened;
  throw new PcscFault("no-backend", preference === "auto" ? NOTHING_INSTALLED : missing(preference, isLinux));
}

const socketOf = (here: Surroundings): ReaderService | null =>
  here.platform === "linux" ? new PcscdReaders(here.socket) : null;

function automatic(here: Surroundings): ReaderService | null {
  if (here.platform === "linux" && here.exists(here.socket)) return socketOf(here);
  return here.smartcard() ?? here.pcsclite() ?? socketOf(here);
}

const NOTHING_INSTALLED =
  "no way to a card reader: install the npm package smartcard (npm rebuild smartcard --ignore-scripts=false) and a C++ compiler";

const missing = (backend: Backend, isLinux: boolean): string =>
  backend === "pcscd"
    ? "the backend pcscd is for Linux; use smartcard here"
    : `the npm package ${backend} is not installed or not compiled: npm rebuild ${backend} --ignore-scripts=false${
        isLinux ? ", after installing libpcsclite-dev and g++" : ""
      }`;
