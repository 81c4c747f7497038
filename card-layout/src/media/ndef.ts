import { ascii, concat } from "../record/bytes.ts";

/**
 * An NDEF message with one URI record (NFC Forum NDEF 1.0 section 3, URI Record Type Definition 1.0), in its TLV (Type 2 Tag
 * 2.3): what a phone opens when it is held to the card.
 *
 *   03 length | D1 01 length 55 | prefix code, rest of the URI | FE
 */
const NDEF_TAG = 0x03;
const TERMINATOR = 0xfe;
/** First and last record of the message, short, well-known type; type length 1; then payload length and type "U". */
const RECORD_HEAD = 0xd1;
const TYPE_URI = 0x55;
/** Prefixes by code (URI RTD table 3): those of web addresses. */
const PREFIXES = ["", "http://www.", "https://www.", "http://", "https://"] as const;
const FRAME_BYTES = 8;

/** An empty message and the end of the TLVs. */
export const EMPTY_NDEF: Uint8Array = Uint8Array.of(NDEF_TAG, 0, TERMINATOR, 0);

/** Whether a URL can be written into so many bytes: plain ASCII, http or https, and short enough. */
export function ndefProblem(url: string, room: number): string | null {
  if (!/^https?:\/\/[!-~]+$/.test(url)) return "it is no web address in plain ASCII";
  const bytes = FRAME_BYTES + url.length - prefixOf(url).length;
  return bytes <= room ? null : `it takes ${bytes} bytes, the card has ${room}`;
}

function prefixOf(url: string): string {
  return PREFIXES.reduce<string>(
    (best, prefix) => (url.startsWith(prefix) && prefix.length > best.length ? prefix : best),
    "",
  );
}

/** The message in exactly `room` bytes, zero-padded. Throws where `ndefProblem` says one. */
export function packUrl(url: string, room: number): Uint8Array {
  const problem = ndefProblem(url, room);
  if (problem !== null) throw new RangeError(problem);
  const prefix = prefixOf(url);
  const payload = concat(
    Uint8Array.of(PREFIXES.indexOf(prefix as (typeof PREFIXES)[number])),
    ascii(url.slice(prefix.length)),
  );
  const record = concat(Uint8Array.of(RECORD_HEAD, 1, payload.length, TYPE_URI), payload);
  const padded = new Uint8Array(room);
  padded.set(concat(Uint8Array.of(NDEF_TAG, record.length), record, Uint8Array.of(TERMINATOR)));
  return padded;
}

/** The URL of a message as `packUrl` writes it; null for anything else. */
export function unpackUrl(bytes: Uint8Array): string | null {
  const [tag, length = 0, head, typeLength, payloadLength = 0, type, code = 0] = bytes;
  const fits = length === payloadLength + 4 && bytes.length >= length + 3 && bytes[length + 2] === TERMINATOR;
  if (tag !== NDEF_TAG || head !== RECORD_HEAD || typeLength !== 1 || type !== TYPE_URI || !fits) return null;
  const prefix = PREFIXES[code];
  return prefix === undefined || payloadLength === 0
    ? null
    : prefix + String.fromCharCode(...bytes.subarray(FRAME_BYTES - 1, FRAME_BYTES - 2 + payloadLength));
}
