import { bigEndian, concat, readBigEndian } from "@cachet/card-layout";

/**
 * SMP packet (Zephyr, smp_protocol.rst): 8 bytes of header and one CBOR map. All integers big-endian.
 *
 *   byte  field
 *   0     bits 4..3 version (0 = v1, 1 = v2), bits 2..0 operation
 *   1     flags, 0
 *   2-3   bytes behind the header
 *   4-5   group
 *   6     sequence: chosen by the client, given back unchanged
 *   7     command within the group
 */
export const HEADER_BYTES = 8;

const OPERATIONS = ["read", "read-response", "write", "write-response"] as const;
export type Operation = (typeof OPERATIONS)[number];

export interface PacketHeader {
  /** 1 or 2; higher ones exist only on packets that nobody answers but with an error. */
  readonly version: number;
  readonly operation: Operation;
  readonly length: number;
  readonly group: number;
  readonly sequence: number;
  readonly command: number;
}

/** The header at the start of some bytes; null where there are too few, or the operation is none. */
export function readHeader(bytes: Uint8Array): PacketHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const operation = OPERATIONS[bytes[0]! & 7];
  if (operation === undefined) return null;
  return {
    version: ((bytes[0]! >> 3) & 3) + 1,
    operation,
    length: readBigEndian(bytes, 2, 2),
    group: readBigEndian(bytes, 4, 2),
    sequence: bytes[6]!,
    command: bytes[7]!,
  };
}

/** A packet with this header and body; `length` is the body's. */
export function encodePacket(header: Omit<PacketHeader, "length">, body: Uint8Array): Uint8Array {
  const { version, operation, group, sequence, command } = header;
  const first = ((version - 1) << 3) | OPERATIONS.indexOf(operation);
  return concat(
    Uint8Array.of(first, 0),
    bigEndian(body.length, 2),
    bigEndian(group, 2),
    Uint8Array.of(sequence, command),
    body,
  );
}
