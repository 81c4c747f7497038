/**
 * How values cross between app and supervisor: JSON in which a byte string is an object with one field, `{"~": text}`, of one character for each
 * byte (U+0000 to U+00FF). Keys of other objects are plain words. Characters cost the engines far less than digits.
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
  const { length } = characters;
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

const KEY = "~";
/** No text of a value looks like this in JSON: its quotation marks are escaped there. */
const MARK = `{"${KEY}":`;

const marked = (bytes: Uint8Array): object => ({ [KEY]: charactersOf(bytes) });

/** A value as JSON says it: a walk of ours and plain JSON take the engines half of what a function takes that JSON calls for each value. */
function said(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return marked(value);
  if (Array.isArray(value)) return value.map(said);
  const fields: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) fields[key] = said(item);
  return fields;
}

/** Text form of a HAL argument list or answer. */
export const toCrossing = (value: unknown): string => JSON.stringify(said(value ?? null));

/** Has `JSON.stringify` say byte strings as `toCrossing` does, without a walk. For whoever has the language to itself, as an app has. */
export function sayBytesInJson(): void {
  const toJSON = function (this: Uint8Array) {
    return marked(this);
  };
  Object.defineProperty(Uint8Array.prototype, "toJSON", { value: toJSON, configurable: true });
}

/** What was said, in the place where it was said. */
function heard(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const fields = value as Record<string, unknown>;
  const characters = fields[KEY];
  if (typeof characters === "string") return bytesOf(characters);
  for (const key of Object.keys(fields)) {
    const item = fields[key];
    if (typeof item === "object") fields[key] = heard(item);
  }
  return value;
}

/** The value again. Trusts its input: both sides write it with `toCrossing`. */
export function fromCrossing(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return text.includes(MARK) ? heard(value) : value;
}
