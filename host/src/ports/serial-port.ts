import { readdir, readFile, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { SerialPort } from "serialport";
import {
  type ByteLine,
  type PortFacts,
  type PortHolder,
  SerialFault,
  type SerialPorts,
  type SerialProblem,
} from "./serial.ts";

/** What the package says, and what it means. It gives sentences, no codes. */
const PROBLEMS: readonly (readonly [RegExp, SerialProblem])[] = [
  [/permission denied|access denied/i, "denied"],
  [/cannot lock port|resource busy|EBUSY|temporarily unavailable/i, "busy"],
  [/no such file|file not found|no such device|ENOENT|ENXIO/i, "absent"],
  [/inappropriate ioctl|not a typewriter|not a tty/i, "not-serial"],
];

/** What a sentence of the package means. */
export const problemIn = (message: string): SerialProblem =>
  PROBLEMS.find(([pattern]) => pattern.test(message))?.[1] ?? "failed";

function faultOf(path: string, error: Error): SerialFault {
  const { message } = error;
  const problem = problemIn(message);
  return new SerialFault(problem, path, message.replace(/^Error:? /, ""));
}

/** One port of the package `serialport` as a line. */
class SerialPortLine implements ByteLine {
  readonly path: string;
  private readonly port: SerialPort;

  constructor(port: SerialPort) {
    this.path = port.path;
    this.port = port;
    // Told through `close` and through the writes that fail.
    port.on("error", () => {});
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.port.isOpen) return reject(new SerialFault("absent", this.path, "the port is closed"));
      this.port.write(bytes, (error) => (error ? reject(faultOf(this.path, error)) : resolve()));
    });
  }

  onBytes(take: (bytes: Uint8Array) => void): void {
    this.port.on("data", (chunk: Uint8Array) => take(chunk));
  }

  onGone(then: (reason: string) => void): void {
    this.port.on("close", (error: Error | null | undefined) => {
      if (error) then(error.message);
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (!this.port.isOpen) return resolve();
      this.port.close(() => resolve());
    });
  }
}

/** Adapters and modems on USB, where nothing else lists them. */
const USB_DEVICE = /^tty(?:USB|ACM)\d+$/;
const BY_ID = "/dev/serial/by-id";

const namesIn = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Devices by the names that stay the same. */
async function stableIds(): Promise<ReadonlyMap<string, string>> {
  const ids = new Map<string, string>();
  for (const name of await namesIn(BY_ID)) {
    const device = await realpath(join(BY_ID, name)).catch(() => null);
    if (device !== null) ids.set(device, name);
  }
  return ids;
}

const orNull = (text: string | undefined): string | null => (text === undefined || text === "" ? null : text);
const NOTHING_KNOWN = { manufacturer: null, serialNumber: null, vendorId: null, productId: null } as const;

async function listPorts(): Promise<readonly PortFacts[]> {
  const { SerialPort } = await import("serialport");
  const ids = await stableIds();
  const listed = await SerialPort.list().catch(() => []);
  const known = listed.map(
    ({ path, manufacturer, serialNumber, vendorId, productId, pnpId }): PortFacts => ({
      path,
      stableId: ids.get(path) ?? orNull(pnpId),
      manufacturer: orNull(manufacturer),
      serialNumber: orNull(serialNumber),
      vendorId: orNull(vendorId),
      productId: orNull(productId),
    }),
  );
  // Where the package finds no way to ask the system, the folder of devices is still there.
  const devices = (await namesIn("/dev")).filter((name) => USB_DEVICE.test(name)).map((name) => join("/dev", name));
  const further = devices.filter((path) => known.every((port) => port.path !== path));
  return [...known, ...further.map((path) => ({ path, stableId: ids.get(path) ?? null, ...NOTHING_KNOWN }))];
}

async function openPort(path: string, baudRate: number): Promise<ByteLine> {
  const { SerialPort } = await import("serialport");
  // No handshake and no hang-up: DTR resets some devices, and whoever else is on the line keeps what it has.
  const port = new SerialPort({ path, baudRate, autoOpen: false, hupcl: false, lock: true });
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(faultOf(path, error)) : resolve()));
  });
  return new SerialPortLine(port);
}

/** The processes that have a file open, by what proc(5) shows of those that we may look at. */
async function holderOf(path: string): Promise<PortHolder | null> {
  const device = await realpath(path).catch(() => path);
  const pids = (await namesIn("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  for (const pid of pids) {
    const folder = join("/proc", pid, "fd");
    for (const fd of await namesIn(folder)) {
      if ((await readlink(join(folder, fd)).catch(() => "")) !== device) continue;
      const name = await readFile(join("/proc", pid, "comm"), "utf8").catch(() => "");
      return { pid: Number(pid), name: name.trim() };
    }
  }
  return null;
}

/** The serial ports of this computer. */
export const systemPorts: SerialPorts = { list: listPorts, open: openPort, holderOf };
