/**
 * How values cross between app and supervisor: JSON in which a byte string is written as "~b" and one character for each
 * byte (U+0000 to U+00FF), and a text that begins with "~" as "~t" and the text. Keys of objects are plain words. Characters cost the engines far less than digits.
 */

/** Bytes turned into characters at a time: an argument list has a limit. */
const CHUNK = 4_096;

/** One character (U+0000 to U+00FF) for each byte. */
function charactersOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + CHUNK) as unknown as number[]);
  }
  return text;
}

/** The lower byte of each character. */
function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

const MARK = "~";
const BYTES = "~b";
const TEXT = "~t";
const MARKED = 2;

/** A value as JSON says it: a walk of ours and plain JSON take the engines half of what a function takes that JSON calls for each value. */
function said(value: unknown): unknown {
  if (typeof value === "string") return value.startsWith(MARK) ? TEXT + value : value;
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return BYTES + charactersOf(value);
  if (Array.isArray(value)) return value.map(said);
  const fields: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) fields[key] = said(item);
  return fields;
}

/** Text form of a HAL argument list or answer. */
export const toCrossing = (value: unknown): string => JSON.stringify(said(value ?? null));

/** What was said, in the place where it was said. */
function heard(value: unknown): unknown {
  if (typeof value === "string") {
    if (!value.startsWith(MARK)) return value;
    const text = value.slice(MARKED);
    return value.startsWith(BYTES) ? bytesOf(text) : text;
  }
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  for (const key of Object.keys(fields)) fields[key] = heard(fields[key]);
  return value;
}

/** The value again. Trusts its input: both sides write it with `toCrossing`. */
export function fromCrossing(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return typeof value !== "object" || text.includes(`"${MARK}`) ? heard(value) : value;
}
