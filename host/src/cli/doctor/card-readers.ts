import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PcscFault, type Reader } from "../../ports/pcsc/transport.ts";
import { type Finding, fail, ok, type Probe, warn } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

const READERS = "readers";

function howToStart(platform: NodeJS.Platform): string {
  if (platform === "linux") return "sudo apt-get install pcscd, then: sudo systemctl enable --now pcscd.socket";
  return platform === "win32" ? "start the service Smart Card (SCardSvr)" : "unplug the reader and plug it in again";
}

function absent({ platform, pcscdSocket }: Surroundings): Omit<Finding, "name"> {
  // A socket with nobody behind it is what a crash leaves.
  if (platform === "linux" && existsSync(pcscdSocket)) {
    return fail(`${pcscdSocket} is there and nobody answers`, "sudo systemctl restart pcscd.socket pcscd");
  }
  return warn("no PC/SC service is running; card readers need one", howToStart(platform));
}

function readersFinding(readers: readonly Reader[]): Omit<Finding, "name"> {
  if (readers.length === 0) return warn("no card reader", "plug one in; `lsusb` shows whether the computer sees it");
  return ok(readers.map(({ name, card }) => `${name}${card ? " (a card is on it)" : ""}`).join(", "));
}

/** The PC/SC service and the readers behind it. */
export function pcscProbe(surroundings: Surroundings): Probe {
  const name = "pc/sc";
  return {
    name,
    look: async () => {
      try {
        const service = surroundings.readers();
        try {
          const readers = await service.readers();
          if (readers === "service-absent") return absent(surroundings);
          const { pcscdSocket, pcscdProtocol } = surroundings;
          const protocol = service.backend === "pcscd" ? await pcscdProtocol(pcscdSocket) : null;
          const version = protocol === null ? "" : `, protocol ${protocol}`;
          return [
            { name, ...ok(`answers through ${service.backend}${version}`) },
            { name: READERS, ...readersFinding(readers) },
          ];
        } finally {
          await service.close();
        }
      } catch (error) {
        if (!(error instanceof PcscFault)) throw error;
        return fail(
          error.message,
          error.problem === "no-backend"
            ? "install what it names and run this again"
            : "install pcsc-lite 1.8.24 or later",
        );
      }
    },
  };
}

/** Ways to readers besides pcscd's socket. Linux needs neither. */
export function packagesProbe({ packageState }: Surroundings): Probe {
  return {
    name: "packages",
    look: async () => ok(["smartcard", "pcsclite"].map((name) => `${name} ${packageState(name)}`).join(", ")),
  };
}

/** Modules of the Linux kernel that take a PN53x reader (an ACR122U, say) for themselves as soon as it is plugged in. */
const GRABBING = ["pn533_usb", "pn533"];
const NEIGHBOUR = "nfc";

export function modulesProbe({ root }: Surroundings): Probe {
  return {
    name: "modules",
    look: async () => {
      let listed: string;
      try {
        listed = await readFile(join(root, "proc/modules"), "utf8");
      } catch {
        return ok("this system lists no kernel modules");
      }
      const loaded = new Set(listed.split("\n").map((line) => line.split(" ")[0]));
      const grabbing = GRABBING.filter((module) => loaded.has(module));
      const all = [...GRABBING, NEIGHBOUR].filter((module) => loaded.has(module)).join(" ");
      const unload = `sudo modprobe -r ${all}; for good: a line "blacklist ${all.split(" ")[0]}" in /etc/modprobe.d/cachet.conf`;
      if (grabbing.length > 0) return fail(`${grabbing.join(", ")} takes card readers away from PC/SC`, unload);
      return all === "" ? ok("none that takes card readers away") : warn(`${all} is loaded`, unload);
    },
  };
}
