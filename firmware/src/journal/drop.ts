import { decodeEntry } from "../wire/index.ts";
import type { IntentBook } from "./book.ts";
import { bookFrom, checkpointOf } from "./book-checkpoint.ts";
import type { JournalHeader } from "./header.ts";
import type { JournalStore } from "./store.ts";

/** What only the keeper knows of the entry that is to be the last one dropped. */
export interface DropPoint {
  readonly to: number;
  /** Its hash. */
  readonly hash: Uint8Array;
  /** Hash of the image that ran then. */
  readonly image: Uint8Array;
}

function takeRange(book: IntentBook, store: JournalStore, first: number, last: number): IntentBook {
  for (let number = first; number <= last; number += 1) book.take(decodeEntry(store.entry(number)));
  return book;
}

/** The header of a journal that begins behind an entry that is kept by now: the book as it stood there, as one remembers it at `utc`. */
export function headerAfter(store: JournalStore, { to, hash, image }: DropPoint, utc: number): JournalHeader {
  const { root, first, book } = store.header();
  const behind = takeRange(bookFrom(book), store, first, to);
  const checkpoint = checkpointOf(behind, utc, (number) => store.entry(number));
  return { root, first: to + 1, previous: hash, image, marks: store.marks, book: checkpoint };
}

/** The book of a journal that begins with such a header and goes on with the entries that the store has from there on. */
export function bookBehind({ first, book }: JournalHeader, store: JournalStore): IntentBook {
  return takeRange(bookFrom(book), store, first, store.last);
}
