import { concat } from "@cachet/card-layout";
import type { WrittenReceipt } from "../hal/index.ts";
import { cp858Of } from "./cp858.ts";
import { type Columns, layOut, type PaperLine } from "./receipt-layout.ts";

const ESC = 0x1b;
const FS = 0x1c;
const GS = 0x1d;
const LINE_FEED = 0x0a;

const command = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

/** As after power-on; and no pairs of bytes as Chinese signs, which some printers begin with. */
const INITIALISE = command(ESC, 0x40, FS, 0x2e);
/** Table 19 of Epson and of those that follow it: code page 858. */
const CODE_PAGE_858 = command(ESC, 0x74, 19);
const align = (isCentred: boolean) => command(ESC, 0x61, isCentred ? 1 : 0);
const strong = (isStrong: boolean) => command(ESC, 0x45, isStrong ? 1 : 0);
const size = (isLarge: boolean, isWide: boolean) => command(GS, 0x21, (isLarge ? 0x01 : 0) | (isWide ? 0x10 : 0));
/** Feeds the paper to the knife, and a little more, and cuts it but for one point. */
const CUT = command(GS, 0x56, 66, 24);

/** One function of the printer's own QR codes: GS ( k, length, 49, function, data. */
function qr(fn: number, ...data: readonly number[]): Uint8Array {
  const length = data.length + 2;
  return command(GS, 0x28, 0x6b, length & 0xff, length >> 8, 49, fn, ...data);
}

const MODEL_2 = 50;
const LEVEL_M = 49;
const STORE_AT = 48;
/** Dots of a module: the longest receipt code, 73 modules with its margin, fits 384 dots of paper, or 576. */
const MODULE: Readonly<Record<Columns, number>> = { 32: 4, 48: 5 };

function drawCode(code: string, columns: Columns): Uint8Array {
  return concat(
    align(true),
    qr(65, MODEL_2, 0),
    qr(67, MODULE[columns]),
    qr(69, LEVEL_M),
    qr(80, STORE_AT, ...cp858Of(code)),
    qr(81, STORE_AT),
    command(LINE_FEED),
    align(false),
  );
}

function drawLine(line: PaperLine, columns: Columns): Uint8Array {
  if ("code" in line) return drawCode(line.code, columns);
  const { text, isCentred, isStrong, isLarge, isWide } = line;
  const end = command(LINE_FEED);
  if (!isCentred && !isStrong && !isLarge) return concat(cp858Of(text), end);
  // Every line leaves the printer as it found it: a line that is lost changes no other.
  return concat(
    align(isCentred),
    strong(isStrong),
    size(isLarge, isWide),
    cp858Of(text),
    end,
    size(false, false),
    strong(false),
    align(false),
  );
}

/**
 * A receipt as bytes for a printer that speaks ESC/POS: code page 858, QR codes drawn by the printer itself, cut at the end. Opens
 * no drawer.
 */
export function escposOf(receipt: WrittenReceipt, columns: Columns): Uint8Array {
  return concat(INITIALISE, CODE_PAGE_858, ...layOut(receipt, columns).map((line) => drawLine(line, columns)), CUT);
}
