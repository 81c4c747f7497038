/** What the system says of a serial port before anybody opens it. Null where it says nothing. */
export interface PortFacts {
  /** Device path: `/dev/ttyUSB0`, `COM3`. */
  readonly path: string;
  /** The name that stays the same wherever it is plugged in: below `/dev/serial/by-id` on Linux. */
  readonly stableId: string | null;
  readonly manufacturer: string | null;
  readonly serialNumber: string | null;
  /** USB vendor and product, four hex digits each. */
  readonly vendorId: string | null;
  readonly productId: string | null;
}

/** An open line: bytes in both directions, which may be lost, changed or added on their way. */
export interface ByteLine {
  readonly path: string;
  /** Hands bytes to the system, in order. Resolves once it took them all, which is not yet their arrival; rejects once the line is gone. */
  write(bytes: Uint8Array): Promise<void>;
  /** Calls `take` with bytes as they come. One listener; what comes before there is one is dropped. */
  onBytes(take: (bytes: Uint8Array) => void): void;
  /** Calls `then` once when the device is gone, with what the system says; not after `close`. */
  onGone(then: (reason: string) => void): void;
  /** Lets the port go. Never rejects. */
  close(): Promise<void>;
}

/** Why a port could not be opened: `absent` · `denied` (no rights) · `busy` (somebody has it) · `not-serial` · `failed`. */
export type SerialProblem = "absent" | "denied" | "busy" | "not-serial" | "failed";

export class SerialFault extends Error {
  readonly problem: SerialProblem;
  readonly path: string;
  constructor(problem: SerialProblem, path: string, reason: string) {
    super(reason);
    this.name = "SerialFault";
    this.problem = problem;
    this.path = path;
  }
}

/** A program that has a device open. */
export interface PortHolder {
  readonly pid: number;
  readonly name: string;
}

/** The serial ports of a computer. */
export interface SerialPorts {
  /** Ports that the system lists. Never rejects: a system that lists none has none. */
  list(): Promise<readonly PortFacts[]>;
  /** Opens a port and takes it for itself; leaves its control lines alone. Rejects with `SerialFault`. */
  open(path: string, baudRate: number): Promise<ByteLine>;
  /** Who has the device open, where the system lets us see it. */
  holderOf(path: string): Promise<PortHolder | null>;
}
