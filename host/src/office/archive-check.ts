import { fromHex, sameBytes, toHex } from "@cachet/card-layout";
import {
  type Cbor,
  decodeCbor,
  encodeCbor,
  isFormatError,
  journalRoot,
  readBatch,
  terminalName,
  utf8Decode,
} from "@cachet/firmware/wire";
import { publicPem, sha256, verifyEd25519 } from "../ports/crypto.ts";
import { ARCHIVE, type ArchiveAbout, type ArchiveBatch, type ArchiveTerminal, isAbout } from "./archive-about.ts";
import { checkClosings } from "./archive-closings.ts";
import { ArchiveFault, type ArchiveFiles, bad, fileOf, itemsOf, listOf } from "./archive-files.ts";
import { AUDIT_START, linkOf } from "./audit.ts";

const LINE = /^([0-9a-f]{64}) {2}([!-~]+)$/;

/** The office signed the manifest where its key is known; nobody did where it is not. */
function checkSignature(files: ArchiveFiles, officeKey: Uint8Array | null): void {
  const [manifest, signature] = [fileOf(files, ARCHIVE.manifest), files.get(ARCHIVE.signature)];
  if (officeKey === null) {
    if (signature !== undefined) bad(ARCHIVE.signature, "is there, and no key of an office");
    return;
  }
  const isSigned = signature !== undefined && verifyEd25519(officeKey, manifest, signature);
  if (!isSigned) bad(ARCHIVE.signature, signature === undefined ? "is missing" : "is not that of the office");
  if (!sameBytes(fileOf(files, ARCHIVE.key), publicPem(officeKey))) bad(ARCHIVE.key, "holds another key");
}

/** The manifest names every file with what is in it, and no other is there. Gives the files, each held against it whenever it is read again. */
function checkManifest(files: ArchiveFiles): ArchiveFiles {
  const manifest = files.get(ARCHIVE.manifest) ?? bad(ARCHIVE.manifest, "is missing: the archive was not finished");
  const lines = (utf8Decode(manifest) ?? "").split("\n");
  if (lines.pop() !== "") bad(ARCHIVE.manifest, "is cut off");
  const named = lines.map((line) => {
    const found = LINE.exec(line) ?? bad(ARCHIVE.manifest, "has a line that is none");
    return { sum: found[1]!, path: found[2]! };
  });
  for (const [i, { sum, path }] of named.entries()) {
    if (i > 0 && named[i - 1]!.path >= path) bad(ARCHIVE.manifest, "is not in order");
    const bytes = files.get(path) ?? bad(path, "is missing");
    if (toHex(sha256(bytes)) !== sum) bad(path, "is not what the manifest says: its SHA-256 is another one");
  }
  const known = new Set([...named.map(({ path }) => path), ARCHIVE.manifest, ARCHIVE.signature]);
  for (const path of files.keys()) if (!known.has(path)) bad(path, "is not in the manifest");
  const sums = new Map(named.map(({ path, sum }) => [path, sum]));
  return {
    keys: () => files.keys(),
    get(path) {
      const [bytes, sum] = [path === ARCHIVE.manifest ? manifest : files.get(path), sums.get(path)];
      if (bytes !== undefined && sum !== undefined && toHex(sha256(bytes)) !== sum)
        bad(path, "changed while the archive was read");
      return bytes;
    },
  };
}

function readAbout(files: ArchiveFiles): ArchiveAbout {
  const text = utf8Decode(files.get(ARCHIVE.about) ?? bad(ARCHIVE.about, "is missing"));
  let about: unknown;
  try {
    about = JSON.parse(text ?? "");
  } catch {
    return bad(ARCHIVE.about, "is no JSON");
  }
  if (!isAbout(about)) return bad(ARCHIVE.about, "is not what an archive of this version says");
  return about;
}

const [BLOCK, HASH_BYTES] = [1_024, 32];

/** Hashes of entries by number: tight, since an archive has millions of them. */
class EntryHashes {
  private readonly blocks = new Map<number, { readonly bytes: Uint8Array; readonly known: Uint8Array }>();

  has(number: number): boolean {
    return this.blocks.get(Math.floor(number / BLOCK))?.known[number % BLOCK] === 1;
  }

  get(number: number): Uint8Array | undefined {
    const at = HASH_BYTES * (number % BLOCK);
    return this.has(number)
      ? this.blocks.get(Math.floor(number / BLOCK))!.bytes.subarray(at, at + HASH_BYTES)
      : undefined;
  }

  set(number: number, hash: Uint8Array): void {
    const at = Math.floor(number / BLOCK);
    const block = this.blocks.get(at) ?? {
      bytes: new Uint8Array(HASH_BYTES * BLOCK),
      known: new Uint8Array(BLOCK),
    };
    this.blocks.set(at, block);
    block.bytes.set(hash, HASH_BYTES * (number % BLOCK));
    block.known[number % BLOCK] = 1;
  }
}
/** Entries of one terminal that the batches of an archive bring. */
class Journal {
  readonly terminal: ArchiveTerminal;
  readonly publicKey: Uint8Array;
  readonly hashes = new EntryHashes();

  constructor(files: ArchiveFiles, terminal: ArchiveTerminal) {
    this.terminal = terminal;
    this.publicKey = fromHex(terminal.public_key);
    const path = `keys/${terminalName(terminal.number)}.pem`;
    if (!sameBytes(fileOf(files, path), publicPem(this.publicKey)))
      bad(path, `holds another key than ${ARCHIVE.about}`);
    this.hashes.set(0, journalRoot(sha256, terminal.number, this.publicKey));
  }

  /** Takes in a file that the terminal sealed. Entries that came before must be the same ones. */
  add(files: ArchiveFiles, { file, first, last }: ArchiveBatch): void {
    const reading = readBatch(fileOf(files, file), sha256, verifyEd25519, (number) =>
      number === this.terminal.number ? this.publicKey : null,
    );
    if (!reading.ok) throw new ArchiveFault(file, `${reading.refusal.detail} (${reading.refusal.reason})`);
    const { seal, entries } = reading.batch;
    if (seal.first !== first || seal.last !== last) bad(file, "holds other entries than its name says");
    for (const { entry, hash } of entries) {
      const before = this.hashes.get(entry.number - 1);
      const known = this.hashes.get(entry.number);
      const goesOn =
        (before === undefined || sameBytes(before, entry.previous)) && (known === undefined || sameBytes(known, hash));
      if (!goesOn) bad(file, `entry ${entry.number} does not go with the other batches`);
      this.hashes.set(entry.number, hash);
    }
  }

  /** Every entry that the archive covers is here. */
  checkWhole(): void {
    const { name, after, to } = this.terminal;
    for (let number = after + 1; number <= to; number += 1)
      if (!this.hashes.has(number)) bad(ARCHIVE.about, `entry ${number} of ${name} is in no batch`);
  }
}

function decodeItem(path: string, bytes: Uint8Array): Cbor {
  try {
    return decodeCbor(bytes);
  } catch (error) {
    if (!isFormatError(error)) throw error;
    return bad(path, error.message);
  }
}

/** The audit chain, and what it says of the terminals, the files and the closings. */
function checkAudit(files: ArchiveFiles, about: ArchiveAbout, journals: ReadonlyMap<number, Journal>): void {
  const { audit, terminals, closings, from, to } = about;
  const path = ARCHIVE.audit;
  let chain: Uint8Array = AUDIT_START;
  const rows = itemsOf(files, path).map((item, i) => {
    const [number, terminal, kind, at, content] = listOf(path, item);
    if (
      number !== i + 1 ||
      typeof terminal !== "number" ||
      typeof kind !== "string" ||
      typeof at !== "number" ||
      !(content instanceof Uint8Array)
    )
      return bad(path, `row ${i + 1} is none`);
    chain = linkOf(chain, { number, terminal, kind, at, content });
    return { terminal, kind, content };
  });
  if (rows.length !== audit.rows || toHex(chain) !== audit.head)
    bad(path, "does not lead to the head of the audit chain");
  const said = (kind: string) =>
    new Set(rows.filter((row) => row.kind === kind).map(({ terminal, content }) => `${terminal} ${toHex(content)}`));
  const compare = (kind: string, wanted: readonly (readonly [number, Cbor, string])[]) => {
    const left = said(kind);
    for (const [terminal, content, file] of wanted) {
      if (!left.delete(`${terminal} ${toHex(encodeCbor(content))}`)) bad(file, "the audit chain does not tell of it");
    }
    if (from === null && to === null && left.size > 0) bad(path, `tells of a ${kind} that is not here`);
  };
  compare(
    "terminal",
    terminals.map(({ number, merchant, public_key, name }) => [
      number,
      [merchant, fromHex(public_key)],
      `keys/${name}.pem`,
    ]),
  );
  compare(
    "closing",
    closings.map(({ kind, day, hash, file }) => [0, [kind, day, fromHex(hash)], file]),
  );
  checkArrivals(files, about, rows, journals);
}

/** Each file that came, in order: it goes on from the one before it of its terminal, and those that are here are what the chain says. */
function checkArrivals(
  files: ArchiveFiles,
  { batches, from, to }: ArchiveAbout,
  rows: readonly { readonly terminal: number; readonly kind: string; readonly content: Uint8Array }[],
  journals: ReadonlyMap<number, Journal>,
): void {
  const here = new Map(batches.map((batch) => [toHex(sha256(fileOf(files, batch.file))), batch]));
  if (here.size < batches.length) bad(ARCHIVE.about, "names a batch twice");
  const importedTo = new Map<number, number>();
  for (const { terminal, content } of rows.filter(({ kind }) => kind === "batch")) {
    const [hash, first, last, head] = listOf(ARCHIVE.audit, decodeItem(ARCHIVE.audit, content));
    if (
      !(hash instanceof Uint8Array) ||
      !(head instanceof Uint8Array) ||
      typeof first !== "number" ||
      typeof last !== "number"
    )
      throw new ArchiveFault(ARCHIVE.audit, "a batch is none");
    if (first !== (importedTo.get(terminal) ?? 0) + 1)
      bad(ARCHIVE.audit, `a batch of ${terminalName(terminal)} does not go on from the one before it`);
    importedTo.set(terminal, last);
    const batch = here.get(toHex(hash));
    if (batch === undefined) {
      if (from === null && to === null)
        bad(ARCHIVE.audit, `tells of a batch up to ${last} of ${terminalName(terminal)} that is not here`);
      continue;
    }
    here.delete(toHex(hash));
    const hashThere = journals.get(terminal)?.hashes.get(last);
    const isSame = batch.terminal === terminal && batch.last === last && batch.first <= first;
    if (!isSame || hashThere === undefined || !sameBytes(hashThere, head))
      bad(batch.file, "is not what the audit chain says of it");
  }
  for (const { file } of here.values()) bad(file, "the audit chain does not tell of it");
}

/**
 * Verifies an archive by itself: manifest and signature, each batch's seal, the journals, the audit chain, each closing. Throws
 * `ArchiveFault` at the first file that is not what was written. `trusted` is the office's key where it is known from elsewhere: an
 * archive that it did not sign is none then.
 */
export function verifyArchive(found: ArchiveFiles, trusted: Uint8Array | null = null): ArchiveAbout {
  const files = checkManifest(found);
  const about = readAbout(files);
  const said = about.office_key === null ? null : fromHex(about.office_key);
  if (trusted !== null && (said === null || !sameBytes(said, trusted)))
    bad(ARCHIVE.about, said === null ? "nobody signed the archive" : "another office signed the archive");
  checkSignature(files, said);
  const journals = new Map(about.terminals.map((terminal) => [terminal.number, new Journal(files, terminal)]));
  for (const batch of about.batches) {
    const journal = journals.get(batch.terminal) ?? bad(ARCHIVE.about, `no terminal ${batch.terminal}`);
    journal.add(files, batch);
  }
  for (const journal of journals.values()) journal.checkWhole();
  checkAudit(files, about, journals);
  checkClosings(files, about, journals);
  return about;
}
