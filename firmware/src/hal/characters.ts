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

/** What stands for an item of a value in JSON: "~b" and its characters for a byte string, "~t" and the text for one that begins with "~", and the item itself for all others. */
export function crossed(this: Readonly<Record<string, unknown>>, key: string, item: unknown): unknown {
  // Looked up again: a subclass of Uint8Array may have turned itself into something else by now.
  const raw = this[key];
  if (raw instanceof Uint8Array) return BYTES + charactersOf(raw);
  return typeof item === "string" && item.startsWith(MARK) ? TEXT + item : item;
}

/** The item that `crossed` gave this for. */
export function revived(_key: string, item: unknown): unknown {
  if (typeof item !== "string" || !item.startsWith(MARK)) return item;
  const said = item.slice(MARKED);
  return item.startsWith(BYTES) ? bytesOf(said) : said;
}
