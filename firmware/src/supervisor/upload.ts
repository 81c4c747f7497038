import { sameBytes } from "@cachet/card-layout";
import type { Storage, StoredFile } from "../hal/index.ts";
import {
  bstr,
  bstrUpTo,
  type Decoded,
  decodeCbor,
  encodeCbor,
  isFormatError,
  key,
  map,
  maybe,
  uint,
  word,
} from "../wire/index.ts";

/**
 * An upload that is under way, kept beside its bytes so that it goes on after a cut cable or a power cut.
 * `form`: how the bytes become an image: as they are, inflated (RFC 1951), or as steps from the running image's file.
 */
const Session = map({
  form: key(1, word({ plain: 1, deflate: 2, patch: 3 })),
  /** Bytes that will come. */
  length: key(2, uint(0xffff_ffff)),
  /** As the client gave it: up to 32 bytes; of the image file for packed forms. */
  sha: key(3, bstrUpTo(32)),
  /** Bytes of the image file. */
  size: key(4, uint(0xffff_ffff)),
  /** Hash of the image that a patch starts from. */
  base: maybe(5, bstr(32)),
});
export type UploadSession = Decoded<typeof Session>;

function decode(bytes: Uint8Array): UploadSession | null {
  if (bytes.length === 0) return null;
  try {
    return Session.decode(decodeCbor(bytes), "upload");
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}

const sameSession = (a: UploadSession, b: UploadSession): boolean =>
  sameBytes(encodeCbor(Session.encode(a)), encodeCbor(Session.encode(b)));

/** The one upload that a terminal has at a time. */
export class Upload {
  private readonly sessionFile: StoredFile;
  private readonly bytesFile: StoredFile;
  private session: UploadSession | null;
  private stored: number;

  private constructor(storage: Storage, session: UploadSession | null, stored: number) {
    this.sessionFile = storage.file("upload-session");
    this.bytesFile = storage.file("upload");
    this.session = session;
    this.stored = stored;
  }

  static async load(storage: Storage): Promise<Upload> {
    const session = decode(await storage.file("upload-session").read());
    const { length } = await storage.file("upload").read();
    return new Upload(storage, session, session === null ? 0 : Math.min(length, session.length));
  }

  /** What is under way; null where nothing is. */
  get current(): UploadSession | null {
    return this.session;
  }

  /** Bytes that are safe: where the next piece begins. */
  get offset(): number {
    return this.stored;
  }

  /** Whether the same upload is under way already. Clients that name no hash begin anew each time. */
  isCurrent(session: UploadSession): boolean {
    return session.sha.length > 0 && this.session !== null && sameSession(this.session, session);
  }

  /** Begins anew; what was there is forgotten. */
  async begin(session: UploadSession): Promise<void> {
    await this.end();
    await this.sessionFile.replace(encodeCbor(Session.encode(session)));
    this.session = session;
  }

  /** Adds the piece that begins at `offset`. */
  async add(piece: Uint8Array): Promise<void> {
    if (piece.length > 0) await this.bytesFile.append(piece);
    this.stored += piece.length;
  }

  /** Everything that came. */
  bytes(): Promise<Uint8Array> {
    return this.bytesFile.read();
  }

  /** Forgets the upload. The session goes first: bytes without one are nobody's. */
  async end(): Promise<void> {
    if (this.session !== null) await this.sessionFile.replace(new Uint8Array());
    this.session = null;
    this.stored = 0;
    if ((await this.bytesFile.read()).length > 0) await this.bytesFile.truncate(0);
  }
}
