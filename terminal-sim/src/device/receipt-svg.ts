import { type Columns, layOut, type PaperLine } from "@cachet/firmware/counter";
import type { WrittenReceipt } from "@cachet/firmware/hal";
import { encodeQR } from "qr";

/** A character cell of a receipt printer's usual font, in its dots. */
const CELL = { width: 12, height: 24 } as const;
/** White paper round what is printed, above and below too. */
const MARGIN = 24;
/** Leading between lines, as printers have it. */
const LINE = 30;
/** Where letters stand in their cell. */
const BASELINE = 20;

/** A piece of a drawing, and how much paper it takes. */
interface Drawn {
  readonly svg: string;
  readonly height: number;
}

/** As XML says it; spaces are of the kind that no reader runs together. */
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(" ", "\u00a0");

/** The same module as on paper: half a millimetre, a little more on broad paper. */
const MODULE: Readonly<Record<Columns, number>> = { 32: 4, 48: 5 };
/** White round a code, in modules, so that it can be read. */
const QUIET = 4;

function drawCode(code: string, top: number, columns: Columns): Drawn {
  const modules = encodeQR(code, "raw", { ecc: "medium", border: QUIET });
  const size = modules.length * MODULE[columns];
  const left = MARGIN + (columns * CELL.width - size) / 2;
  const place = `translate(${left} ${top}) scale(${MODULE[columns]})`;
  return { svg: `<path transform="${place}" shape-rendering="crispEdges" d="${darkOf(modules)}"/>`, height: size };
}

/** The dark modules of a code as a path: each row of them that touch is one rectangle. */
function darkOf(modules: readonly (readonly boolean[])[]): string {
  return modules
    .flatMap((row, y) =>
      row.flatMap((isDark, x) => {
        if (!isDark || row[x - 1] === true) return [];
        const light = row.indexOf(false, x);
        const width = (light < 0 ? row.length : light) - x;
        return `M${x} ${y}h${width}v1h-${width}z`;
      }),
    )
    .join("");
}

function drawText(line: Exclude<PaperLine, { code: string }>, top: number, columns: Columns): Drawn {
  const { text, isCentred, isStrong, isLarge, isWide } = line;
  const [across, down] = [isWide ? 2 : 1, isLarge ? 2 : 1];
  const height = LINE + (down - 1) * CELL.height;
  if (text.trim() === "") return { svg: "", height };
  const broad = text.length * CELL.width;
  const left = MARGIN + (isCentred ? (columns * CELL.width - broad * across) / 2 : 0);
  const size = across * down === 1 ? "" : ` scale(${across} ${down})`;
  const weight = isStrong ? ' font-weight="bold"' : "";
  const place = `translate(${left} ${top})${size}`;
  return {
    // Told its length, a text keeps the pitch of the paper whatever font there is.
    svg: `<text transform="${place}" y="${BASELINE}" textLength="${broad}" lengthAdjust="spacingAndGlyphs"${weight}>${escaped(text)}</text>`,
    height,
  };
}

/** A receipt as a picture of the paper: one dot of a printer of 203 dots per inch is one unit. The same receipt gives the same bytes. */
export function receiptSvg(receipt: WrittenReceipt, columns: Columns = 32): string {
  let top = MARGIN;
  const drawn = layOut(receipt, columns).map((line) => {
    const { svg, height } = "code" in line ? drawCode(line.code, top, columns) : drawText(line, top, columns);
    top += height;
    return svg;
  });
  const [width, height] = [columns * CELL.width + 2 * MARGIN, top + MARGIN];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<g font-family="'DejaVu Sans Mono', 'Liberation Mono', monospace" font-size="20" fill="#000">`,
    ...drawn.filter((svg) => svg !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}
