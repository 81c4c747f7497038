import { concat, fromHex, sameBytes, toHex } from "@cachet/card-layout";
import { type Cbor, encodeCbor } from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { ARCHIVE, type ArchiveAbout, type ArchiveClosing } from "./archive-about.ts";
import { type ArchiveFiles, bad, fileOf, itemsOf, listOf } from "./archive-files.ts";
import { CLOSING_TAG, Sums, type Totals, together } from "./closing-sums.ts";
import { PARTS_OF_CLOSINGS } from "./closings.ts";

/** Which entries of each terminal are in the batches of an archive. */
type Journals = ReadonlyMap<number, { readonly hashes: { has(number: number): boolean } }>;

const ZEROS = toHex(new Uint8Array(32));

/** A closing of a day: its hash, its postings in their order, what they come to, and that terminals bore them out. */
function checkDay(files: ArchiveFiles, closing: ArchiveClosing, journals: Journals): Totals {
  const { file, kind, day, before, postings, ends } = closing;
  const [head, ...rows] = itemsOf(files, file).map((item) => listOf(file, item));
  if (!sameItem(head, [kind, day, fromHex(before)])) bad(file, "begins otherwise than it must");
  if (rows.length !== postings) bad(file, `holds ${rows.length} postings, and not ${postings}`);
  const stretches = new Map(ends.map((end) => [end.terminal, end]));
  const sums = new Sums();
  const perEntry = new Map<string, number>();
  let previous: readonly number[] = [-1];
  for (const row of rows) {
    const [terminal, number, line, , account, , , , unit, amount] = row;
    const isRow = row.length === 10 && [terminal, number, line, amount].every((value) => typeof value === "number");
    if (!isRow) return bad(file, "holds a posting that is none");
    const place = [terminal, number, line] as number[];
    if (!isBehind(previous, place)) bad(file, "postings are not in their order");
    previous = place;
    const stretch = stretches.get(terminal as number);
    const isCovered = stretch !== undefined && (number as number) > stretch.after && (number as number) <= stretch.to;
    if (!isCovered) bad(file, `posting ${place.join("-")} is of an entry that it does not close`);
    if (terminal !== 0 && journals.get(terminal as number)?.hashes.has(number as number) !== true)
      bad(file, `posting ${place.join("-")} is of an entry that is not here`);
    const value = amount as number;
    sums.add(`${account} ${unit}`, value > 0 ? { in: value, out: 0 } : { in: 0, out: -value });
    const name = `${terminal}-${number} ${unit}`;
    perEntry.set(name, (perEntry.get(name) ?? 0) + value);
  }
  for (const [name, sum] of perEntry) if (sum !== 0) bad(file, `${name}: postings do not come to zero`);
  return sums.totals();
}

const isBehind = (a: readonly number[], b: readonly number[]): boolean => {
  const at = b.findIndex((value, i) => value !== a[i]);
  return at >= 0 && (a[at] ?? -1) < b[at]!;
};

const sameItem = (a: Cbor | undefined, b: Cbor): boolean => a !== undefined && sameBytes(encodeCbor(a), encodeCbor(b));
const sameTotals = (a: Totals, b: Totals): boolean => JSON.stringify(together(a)) === JSON.stringify(together(b));

/** Every closing: hash, what it follows, what it comes to. */
export function checkClosings(files: ArchiveFiles, about: ArchiveAbout, journals: Journals): void {
  const last = new Map<string, ArchiveClosing>();
  const done: ArchiveClosing[] = [];
  const closedTo = new Map<number, number>();
  for (const closing of about.closings) {
    const { file, kind, day, before, hash, totals, perpetual } = closing;
    if (toHex(sha256(concat(CLOSING_TAG, fileOf(files, file)))) !== hash) bad(file, "its hash is another one");
    const previous = last.get(kind);
    const follows = previous === undefined ? about.from !== null || before === ZEROS : previous.hash === before;
    if (!follows || (previous !== undefined && day <= previous.day))
      bad(file, "does not follow from the closing before it");
    last.set(kind, closing);
    if (kind === "day") {
      for (const end of closing.ends) {
        const known = closedTo.get(end.terminal) ?? (about.from === null ? 0 : end.after);
        if (end.after !== known || end.to <= known)
          bad(ARCHIVE.about, `${file} does not close where the one before it ended`);
        closedTo.set(end.terminal, end.to);
      }
      if (!sameTotals(totals, checkDay(files, closing, journals))) bad(file, "its postings come to other totals");
      const start = previous?.perpetual ?? (about.from === null ? {} : null);
      if (start !== null && !sameTotals(perpetual, together(start, totals)))
        bad(file, "its perpetual totals are others");
    } else checkOver(files, about, closing, previous, done);
    done.push(closing);
  }
}

/** A month or a year: over the hashes of the closings in it. What it comes to is checked where all of them are here. */
function checkOver(
  files: ArchiveFiles,
  about: ArchiveAbout,
  closing: ArchiveClosing,
  previous: ArchiveClosing | undefined,
  done: readonly ArchiveClosing[],
): void {
  const { file, day, before, totals, perpetual, postings } = closing;
  const kind =
    closing.kind === "month" || closing.kind === "year" ? closing.kind : bad(file, "is a closing of no kind");
  const [item, ...more] = itemsOf(files, file);
  const [, , , hashes] = listOf(file, item);
  if (more.length > 0 || !sameItem(item, [kind, day, fromHex(before), hashes ?? null]))
    bad(file, "begins otherwise than it must");
  const named = listOf(file, hashes).map((hash) => (hash instanceof Uint8Array ? toHex(hash) : ""));
  const parts = done.filter(
    (part) =>
      part.kind === PARTS_OF_CLOSINGS[kind] &&
      part.day <= day &&
      part.day > (previous?.day ?? Number.NEGATIVE_INFINITY),
  );
  const isWhole = previous !== undefined || about.from === null;
  const here = parts.map(({ hash }) => hash);
  const isSame = isWhole ? sameItem(here, named) : sameItem(here, named.slice(named.length - here.length));
  if (!isSame) bad(file, "is not over the closings in it");
  if (here.length < named.length) return;
  const comesTo = together(...parts.map((part) => part.totals));
  const isSum = sameTotals(totals, comesTo) && parts.reduce((sum, part) => sum + part.postings, 0) === postings;
  if (!isSum || !sameTotals(perpetual, parts.at(-1)?.perpetual ?? {}))
    bad(file, "is not what the closings in it come to");
}
