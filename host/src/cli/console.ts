/** Where a command speaks: results on stdout, everything else on stderr. */
export interface Console {
  /** Prints only the JSON documents on stdout. */
  readonly json: boolean;
  readonly lang: "fr" | "en";
  /** Folder of configuration, keys and database. */
  readonly home: string;
  /** Address of the ledger; null for the file in the home folder. */
  readonly db: string | null;
  /** UTC seconds since 1970. */
  readonly now: () => number;
  /** Whether stderr is a terminal that a progress line can be drawn on. */
  readonly drawsProgress: boolean;
  readonly out: (line: string) => void;
  readonly err: (text: string) => void;
}

/** Texts of files that nobody has verified must not steer the terminal they are shown on. */
const CONTROL = /\p{Cc}/gu;

/** A text whose control characters are shown as question marks. */
export const visible = (text: string): string => text.replaceAll(CONTROL, "?");

/** A result: its lines for people, or the document for programs. */
export function tell(console: Console, lines: readonly string[], document: unknown): void {
  if (console.json) console.out(JSON.stringify(document));
  else for (const line of lines) console.out(visible(line));
}

/** A progress line that is redrawn at most ten times a second and wiped at the end. */
export function progressLine(console: Console, now: () => number): { show(text: string): void; end(): void } {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show(text) {
      if (!console.drawsProgress || now() - shownAt < 100) return;
      shownAt = now();
      console.err(`\r\x1b[2K${text}`);
    },
    end() {
      if (console.drawsProgress) console.err("\r\x1b[2K");
    },
  };
}
