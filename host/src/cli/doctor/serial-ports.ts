import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail, ok, type Probe, warn } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

/** USB serial adapters on Linux. */
const DEVICE = /^tty(?:USB|ACM)\d+$/;
const USUAL_GROUP = "dialout";

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch {
    return [];
  }
}

/** A device, and the name that stays the same wherever it is plugged in; null where it has none. */
interface Port {
  readonly device: string;
  readonly id: string | null;
}

async function portsOf(root: string): Promise<readonly Port[]> {
  const folder = join(root, "dev/serial/by-id");
  const ids = new Map<string, string>();
  for (const id of await namesIn(folder)) {
    const device = await realpath(join(folder, id)).catch(() => null);
    if (device !== null) ids.set(device, id);
  }
  const dev = await realpath(join(root, "dev")).catch(() => join(root, "dev"));
  const devices = (await namesIn(dev)).filter((name) => DEVICE.test(name)).map((name) => join(dev, name));
  return [...new Set([...devices, ...ids.keys()])].map((device) => ({ device, id: ids.get(device) ?? null }));
}

/** The name of the group that a device belongs to; null where it is the administrator's own, or has no name. */
async function groupOf(root: string, device: string): Promise<string | null> {
  const { gid } = await stat(device);
  const groups = await readFile(join(root, "etc/group"), "utf8").catch(() => "");
  const row = groups.split("\n").find((line) => line.split(":")[2] === String(gid));
  return gid === 0 ? null : (row?.split(":")[0] ?? null);
}

const portText = ({ device, id }: Port): string => (id === null ? device : `${device} (${id})`);

async function barred(root: string, port: Port) {
  const group = await groupOf(root, port.device);
  const finding = `you may not use ${portText(port)}`;
  if (group === null) {
    const give = `sudo chgrp ${USUAL_GROUP} ${port.device} && sudo chmod g+rw ${port.device}`;
    return fail(`${finding}: it belongs to no group`, `${give}, then: sudo usermod -aG ${USUAL_GROUP} $USER`);
  }
  return fail(
    `${finding}: it belongs to the group ${group}`,
    `sudo usermod -aG ${group} $USER, then log out and in again`,
  );
}

const NONE = warn("no serial port", "plug the terminal's cable in; `dmesg` says whether the computer sees it");

/** Serial ports and the right to use them. */
export function serialProbe({ platform, root, listedPorts, mayUse }: Surroundings): Probe {
  return {
    name: "serial",
    look: async () => {
      if (platform !== "linux") {
        const listed = await listedPorts();
        return listed.length === 0 ? NONE : ok(listed.join(", "));
      }
      const ports = await portsOf(root);
      for (const port of ports) if (!(await mayUse(port.device))) return barred(root, port);
      return ports.length === 0 ? NONE : ok(ports.map(portText).join(", "));
    },
  };
}
