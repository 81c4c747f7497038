import { spawnSync } from "node:child_process";
import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import type { ReadStream } from "node:tty";

/** What `open` of node-pty gives; its types leave it out. */
interface OpenPty {
  readonly fd: number;
  readonly master: ReadStream;
  readonly slave: ReadStream;
  readonly ptsName: string;
}

/** A pseudo terminal could not be made or set up. */
export class PtyFault extends Error {
  constructor(problem: string) {
    super(problem);
    this.name = "PtyFault";
  }
}

/** Loaded only where one is opened: systems without its binary can do everything else. */
async function openPty(): Promise<OpenPty> {
  try {
    const nodePty = (await import("@lydell/node-pty")) as unknown as { open(options: { encoding: null }): OpenPty };
    return nodePty.open({ encoding: null });
  } catch (error) {
    throw new PtyFault(`no pseudo terminal: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The system has no room, or no bytes, right now. */
const isFull = (error: unknown): boolean => (error as { readonly code?: string }).code === "EAGAIN";

const DRAIN_BYTES = 64 * 1024;

/**
 * A pseudo terminal, seen from its master side. Its slave side is what other programs open: raw, without echo, before anybody
 * sees it, and kept open here, so that a program that leaves does not end it.
 */
export class Pty {
  /** What other programs open. */
  readonly path: string;
  private readonly master: ReadStream;
  private readonly fd: number;
  private readonly slave: number;
  private closed = false;

  private constructor({ ptsName, master, fd }: OpenPty, slave: number, onBytes: (bytes: Uint8Array) => void) {
    this.path = ptsName;
    this.master = master;
    this.fd = fd;
    this.slave = slave;
    master.on("data", (bytes: Buffer) => onBytes(Uint8Array.from(bytes)));
    // One that the system takes away is as good as closed.
    master.on("error", () => this.close());
  }

  /** Throws `PtyFault` where the system gives none. */
  static async open(onBytes: (bytes: Uint8Array) => void): Promise<Pty> {
    const pty = await openPty();
    // node-pty reads the slave's side too, which would take the other program's bytes.
    const slave = openSync(pty.ptsName, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    pty.slave.on("error", () => {});
    pty.slave.destroy();
    const file = process.platform === "darwin" ? "-f" : "-F";
    const set = spawnSync("stty", [file, pty.ptsName, "raw", "-echo", "115200"], { encoding: "utf8" });
    if (set.status === 0) return new Pty(pty, slave, onBytes);
    closeSync(slave);
    pty.master.destroy();
    throw new PtyFault(`stty: ${set.error?.message ?? set.stderr.trim()}`);
  }

  /** Takes no more bytes for now: the other program has to wait. */
  pause(): void {
    if (!this.closed) this.master.pause();
  }

  resume(): void {
    if (!this.closed && this.master.isPaused()) this.master.resume();
  }

  /** Hands over as much as the system takes, and says how much that was. */
  write(bytes: Uint8Array): number {
    return this.reach(() => writeSync(this.fd, bytes));
  }

  /** Takes away what was written and that nobody has read; says how much that was. */
  drain(): number {
    const store = new Uint8Array(DRAIN_BYTES);
    let drained = 0;
    for (;;) {
      const read = this.reach(() => readSync(this.slave, store));
      if (read === 0) return drained;
      drained += read;
    }
  }

  private reach(work: () => number): number {
    if (this.closed) return 0;
    try {
      return work();
    } catch (error) {
      if (!isFull(error)) this.close();
      return 0;
    }
  }

  get isOpen(): boolean {
    return !this.closed;
  }

  /** Ends it for good: other programs find the device gone. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.master.destroy();
    closeSync(this.slave);
  }
}
