export interface NumberedLine {
  /** Without blanks at either end. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

/** The lines of a text that are not blank. They end with LF, CRLF or CR. */
export function numberedLines(text: string): NumberedLine[] {
  return text
    .split(/\r\n|\n|\r/)
    .map((content, i) => ({ text: content.trim(), line: i + 1 }))
    .filter((line) => line.text !== "");
}

/** The text in these bytes; null when they are not UTF-8 or hold control characters, as memory does. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells memory from text
    return /[\x00-\x08\x0b\x0c\x0e-\x1f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
