import { bigEndian, concat, readBigEndian } from "@cachet/card-layout";
import { base64 } from "@scure/base";
import { utf8Encode } from "../utf8.ts";
import { crc16 } from "./crc16.ts";

/**
 * SMP over a serial console (mynewt-mcumgr, transport/smp-console.md; Zephyr, smp_transport.rst):
 *
 *   raw     length u16 of packet and CRC | packet | CRC-16/XMODEM u16 of the packet, big-endian
 *   text    base64 of raw, in lines of at most 124 characters
 *   line    06 09 (the first) or 04 14 (each further one) | text | 0A
 */
const FIRST = Uint8Array.of(0x06, 0x09);
const FURTHER = Uint8Array.of(0x04, 0x14);
const NEWLINE = 0x0a;
const RETURN = 0x0d;
/** Characters of one line, markers and newline left out: a line has 127 bytes. */
const TEXT_MAX = 124;
/** Bytes of raw that one full line carries. */
export const RAW_PER_LINE = 93;
/** Bytes of one full line. */
export const LINE_BYTES = 127;
const LENGTH_BYTES = 2;
const CRC_BYTES = 2;

/** The largest packet, header included, that a terminal takes and gives. */
export const PACKET_BYTES_MAX = 4_096;
/** One line may carry a whole packet: some clients send it so. */
const LINE_BYTES_MAX = 4 + Math.ceil((4 * (PACKET_BYTES_MAX + LENGTH_BYTES + CRC_BYTES)) / 3) + 4;

const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** The lines that carry one packet. */
export function encodeFrames(packet: Uint8Array): Uint8Array {
  const raw = concat(bigEndian(packet.length + CRC_BYTES, LENGTH_BYTES), packet, bigEndian(crc16(packet), CRC_BYTES));
  const text = utf8Encode(base64.encode(raw));
  const lines: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += TEXT_MAX) {
    lines.push(at === 0 ? FIRST : FURTHER, text.subarray(at, at + TEXT_MAX), Uint8Array.of(NEWLINE));
  }
  return concat(...lines);
}

/** Where the last marker of a line begins, and which; null where there is none. A lost newline leaves two lines in one. */
function markerIn(line: Uint8Array): { readonly at: number; readonly first: boolean } | null {
  for (let at = line.length - 2; at >= 0; at -= 1) {
    if (line[at] === FIRST[0] && line[at + 1] === FIRST[1]) return { at, first: true };
    if (line[at] === FURTHER[0] && line[at + 1] === FURTHER[1]) return { at, first: false };
  }
  return null;
}

function rawOf(text: Uint8Array): Uint8Array | null {
  try {
    return base64.decode(textOf(text));
  } catch {
    return null;
  }
}

/** Why bytes were dropped. */
export type FrameFault = "noise" | "bad-base64" | "bad-crc" | "too-long" | "no-start";

/**
 * Takes bytes as they come off a line and gives whole packets. What is damaged is dropped without an answer, as the standard
 * asks: whoever sent it repeats it. Markers may stand anywhere in a line, behind what else a console prints.
 */
export class FrameReader {
  private readonly line = new Uint8Array(LINE_BYTES_MAX);
  private used = 0;
  private overflowed = false;
  private parts: Uint8Array[] | null = null;
  private gathered = 0;
  private readonly onFault: (fault: FrameFault) => void;

  constructor(onFault: (fault: FrameFault) => void = () => {}) {
    this.onFault = onFault;
  }

  /** The packets that these bytes complete. */
  push(bytes: Uint8Array): Uint8Array[] {
    const packets: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte !== NEWLINE) this.keep(byte);
      else {
        const packet = this.endLine();
        if (packet !== null) packets.push(packet);
      }
    }
    return packets;
  }

  private keep(byte: number): void {
    if (byte === RETURN) return;
    if (this.used === this.line.length) this.overflowed = true;
    else {
      this.line[this.used] = byte;
      this.used += 1;
    }
  }

  private drop(fault: FrameFault): null {
    this.parts = null;
    this.onFault(fault);
    return null;
  }

  private endLine(): Uint8Array | null {
    const line = this.line.subarray(0, this.used);
    const { overflowed } = this;
    this.used = 0;
    this.overflowed = false;
    if (overflowed) return this.drop("too-long");
    const marker = markerIn(line);
    if (marker === null) {
      if (line.length > 0) this.onFault("noise");
      return null;
    }
    if (marker.first) {
      this.parts = [];
      this.gathered = 0;
    }
    if (this.parts === null) return this.drop("no-start");
    const raw = rawOf(line.subarray(marker.at + 2));
    if (raw === null) return this.drop("bad-base64");
    this.parts.push(raw);
    this.gathered += raw.length;
    return this.whole();
  }

  private whole(): Uint8Array | null {
    if (this.gathered < LENGTH_BYTES || this.parts === null) return null;
    const raw = this.parts.length === 1 ? this.parts[0]! : concat(...this.parts);
    const wanted = LENGTH_BYTES + readBigEndian(raw, 0, LENGTH_BYTES);
    if (wanted > LENGTH_BYTES + PACKET_BYTES_MAX + CRC_BYTES || raw.length > wanted) return this.drop("too-long");
    if (raw.length < wanted) {
      this.parts = [raw];
      return null;
    }
    const checked = raw.subarray(LENGTH_BYTES);
    if (checked.length < CRC_BYTES || crc16(checked) !== 0) return this.drop("bad-crc");
    this.parts = null;
    return checked.slice(0, -CRC_BYTES);
  }
}
