/** What an app did until it waited: why it has to be stopped, if it has to, and its calls so far as [id, method, arguments]. */
export type AppOutcome = readonly [
  fault: "memory" | "stack" | "budget" | "error" | null,
  words: string,
  calls: readonly (readonly [id: number, method: string, args: string])[],
];

/** One app in a runtime of its own (native/app.c). Throws once it was stopped. */
export interface NativeApp {
  evaluate(script: string, name: string): AppOutcome;
  /** Calls `cachet.start()` of the app. */
  start(): AppOutcome;
  /** Calls `cachet.answer(id, text)` of the app. */
  answer(id: number, text: string): AppOutcome;
  /** Bytes it has allocated now. */
  usedBytes(): number;
  stop(): void;
}

/**
 * What C gives the supervisor: hardware, and nothing that decides. A call that the system refuses throws an `Error` whose `code` is
 * the system's name for it ("ENOSPC"). A stream is a small number.
 */
export interface Native {
  /** Words of the command line. */
  readonly args: readonly string[];
  /** One text for whoever asked for it. */
  print(text: string): void;
  /** One line for whoever reads the log. */
  say(line: string): void;
  /** Seconds since 1970 by the system's clock. */
  wall(): number;
  /** Milliseconds by a clock that nobody sets. */
  steady(): number;
  /** Minutes that local time is ahead of UTC at an instant, seconds since 1970. */
  zone(utc: number): number;
  /** At most 4 096 bytes that nobody can foretell. */
  random(size: number): Uint8Array;
  utf8Of(text: string): Uint8Array;
  /** U+FFFD in the place of what is no UTF-8. */
  textOf(utf8: Uint8Array): string;
  /** As `conversions.ts` passes them on. */
  crc32(bytes: Uint8Array): number;
  concat(...parts: readonly Uint8Array[]): Uint8Array;
  bigEndian(value: number, size: number): Uint8Array;
  readBigEndian(bytes: Uint8Array, at: number, size: number): number;
  sameBytes(a: Uint8Array, b: Uint8Array): boolean;
  /** Of the bytes that it is called on: how they cross. */
  markedBytes(this: Uint8Array): object;
  /** What was said, in the place where it was said. */
  heard(value: unknown): unknown;
  /** Null for what is no UTF-8. */
  strictText(utf8: Uint8Array): string | null;
  sha256(message: Uint8Array): Uint8Array;
  hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array;
  /** Makes the folder of the terminal's files where it is missing, but none above it, and keeps everybody else out of it. "EWOULDBLOCK": somebody is in it. */
  openFolder(path: string): void;
  /** A file of that folder; null where there is none. */
  read(name: string): Uint8Array | null;
  /** Bytes `from` up to `to` of one, or as many of them as it has; null where there is none. */
  readPart(name: string, from: number, to: number): Uint8Array | null;
  /** Bytes of one; 0 where there is none. */
  size(name: string): number;
  /** Durable when it returns. */
  append(name: string, bytes: Uint8Array): void;
  truncate(name: string, length: number): void;
  /** Whole or not at all, and durable when it returns. */
  replace(name: string, bytes: Uint8Array): void;
  /** Any file of this computer; null where there is none. */
  readPath(path: string): Uint8Array | null;
  /** Writes to a file that is there, at its end, as a pin of the system is set. */
  signal(path: string, bytes: Uint8Array): void;
  /** Opens a device, a file that is written at its end, a socket, "pty" for a new pseudo terminal, or "-" for the program's own input and output. */
  open(name: string): number;
  /** Lets a stream go; its number may be given to another one. */
  close(stream: number): void;
  /** Whether it is a serial device or a pseudo terminal: what answers, and what is there or gone. */
  isTerminal(stream: number): boolean;
  /** What others open to reach a stream. */
  path(stream: number): string;
  /** What has come; nothing where nothing has; null where the other side is gone. */
  receive(stream: number): Uint8Array | null;
  /** How many bytes it took; null where the other side is gone. */
  send(stream: number, bytes: Uint8Array): number | null;
  /** Waits until one of these has bytes, or has room, or so many milliseconds are over. True once the program was asked to end. */
  wait(receiving: readonly number[], sending: readonly number[], ms: number): boolean;
  /** Whether `libpcsclite` is there. What follows speaks to the PC/SC service, with one card at a time. */
  cardLibrary(): boolean;
  /** Null where no service runs. */
  cardReaders(): readonly string[] | null;
  /** Answer to reset of the card on a reader; false where none lies there; null where there is no such reader. */
  cardPresent(reader: string): Uint8Array | false | null;
  /** Lets the card before go, and connects to the one on this reader. */
  cardConnect(reader: string): "connected" | "in-use" | "gone";
  cardBegin(): "begun" | "in-use" | "gone";
  cardEnd(): void;
  /** The whole answer; null where none came. */
  cardTransmit(apdu: Uint8Array): Uint8Array | null;
  /** Switches the chip off and on; false where it is gone. */
  cardReconnect(): boolean;
  cardClose(): void;
  newApp(limits: {
    readonly memoryBytes: number;
    readonly stackBytes: number;
    readonly interruptChecks: number;
    readonly jobs: number;
  }): NativeApp;
}

export const { native } = globalThis as unknown as { readonly native: Native };
