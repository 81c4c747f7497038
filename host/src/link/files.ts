import { fileDownload, fileHash, fileStatus, fileUpload, type RefusalOf } from "@cachet/firmware/wire";
import type { Answer } from "./answer.ts";
import type { SmpClient } from "./smp-client.ts";
import type { Progress } from "./upload.ts";

type DownloadRefusal = RefusalOf<typeof fileDownload> | RefusalOf<typeof fileStatus>;
type Piece = Answer<{ readonly off: number; readonly data: Uint8Array }, RefusalOf<typeof fileDownload>>;

const saidNo = (detail: string) => ({ ok: false, refusal: "unknown", detail }) as const;

/** The terminal decides how long a piece is, and a bad line rarely carries a long one. */
const PIECE_TRIES = 20;

/** Asks for pieces ahead of the one that is needed, so that the line is not idle meanwhile. Reading changes nothing. */
class ReadAhead {
  private readonly client: SmpClient;
  private readonly name: string;
  private readonly asked = new Map<number, Promise<Piece>>();

  constructor(client: SmpClient, name: string) {
    this.client = client;
    this.name = name;
  }

  private ask(off: number): Promise<Piece> {
    const known = this.asked.get(off);
    if (known !== undefined) return known;
    const piece = this.client.call(fileDownload, { off, name: this.name }, { tries: PIECE_TRIES, isQuick: true });
    // One that was asked ahead may fail unheard: whoever needs it hears of it.
    piece.catch(() => {});
    this.asked.set(off, piece);
    return piece;
  }

  /** The piece at `off`; the one behind it is asked for if pieces are as long as the last one was. */
  async at(off: number, end: number, usual: number | null): Promise<Piece> {
    const piece = this.ask(off);
    if (usual !== null && off + usual < end) this.ask(off + usual);
    try {
      return await piece;
    } finally {
      this.asked.delete(off);
    }
  }
}

/** A terminal makes a file when it is asked for: it seals a batch of many entries first. */
const SEALING_MS = 5_000;

export interface DownloadOptions {
  /** First byte that is wanted. */
  readonly from: number;
  /** A longer file is not begun. */
  readonly max: number;
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * Brings a file piece by piece to `take`, which has kept each when it returns. Answers with the file's length.
 * Rejects with `LinkFault`; what `take` got by then is right.
 */
export async function download(
  client: SmpClient,
  name: string,
  { from, max, onProgress = () => {} }: DownloadOptions,
  take: (piece: Uint8Array) => void,
): Promise<Answer<number, DownloadRefusal>> {
  const status = await client.call(fileStatus, { name }, { timeoutMs: SEALING_MS });
  if (!status.ok) return status;
  const { len: total } = status.value;
  if (from > total) return { ok: false, refusal: "beyond-file", detail: `byte ${from} of ${total}` };
  if (total > max) return { ok: false, refusal: "too-large", detail: `${total} bytes, at most ${max}` };
  const beganAt = client.clock.now();
  const pieces = new ReadAhead(client, name);
  let usual: number | null = null;
  for (let off = from; off < total; ) {
    const answer = await pieces.at(off, total, usual);
    if (!answer.ok) return answer;
    const { off: told, data } = answer.value;
    if (told !== off || data.length === 0 || off + data.length > total)
      return saidNo(`a piece at ${told} for byte ${off}`);
    take(data);
    off += data.length;
    usual = data.length;
    const seconds = (client.clock.now() - beganAt) / 1_000;
    const speed = seconds > 0 ? (off - from) / seconds : 0;
    onProgress({ bytes: off, total, speed, secondsLeft: speed > 0 ? (total - off) / speed : null });
  }
  return { ok: true, value: total };
}

/** SHA-256 of a file as the terminal has it; null where it does not tell. */
export async function remoteHash(client: SmpClient, name: string): Promise<Uint8Array | null> {
  const answer = await client.call(fileHash, { name, type: "sha256" });
  return answer.ok && answer.value.output instanceof Uint8Array ? answer.value.output : null;
}

type UploadRefusal = RefusalOf<typeof fileUpload> | RefusalOf<typeof fileStatus>;

/** How much of a file the terminal has; 0 where it has nothing of that name. */
async function storedOf(client: SmpClient, name: string): Promise<Answer<number, UploadRefusal>> {
  const answer = await client.call(fileStatus, { name });
  if (answer.ok) return { ok: true, value: answer.value.len };
  return answer.refusal === "not-found" ? { ok: true, value: 0 } : answer;
}

/** Keys and name of a piece, and what else its packet carries. */
const PIECE_HEAD_BYTES = 64;
/** Times in a row that a terminal has another offset than was sent. */
const ASTRAY_MAX = 3;

/** Brings a file to the terminal under a name, in pieces that fit `bufSize`. Rejects with `LinkFault`. */
export async function uploadFile(
  client: SmpClient,
  name: string,
  file: Uint8Array,
  bufSize: number,
): Promise<Answer<number, UploadRefusal>> {
  const size = Math.max(64, bufSize - PIECE_HEAD_BYTES - name.length);
  let astray = 0;
  for (let off = 0; off < file.length; ) {
    const data = file.subarray(off, off + size);
    const answer = await client.call(fileUpload, { off, data, name, ...(off === 0 ? { len: file.length } : {}) });
    if (answer.ok) {
      off = answer.value.off;
      astray = 0;
      continue;
    }
    astray += 1;
    if (answer.refusal !== "bad-offset" || astray > ASTRAY_MAX) return answer;
    // The piece was stored, and the answer that said so was lost.
    const stored = await storedOf(client, name);
    if (!stored.ok) return stored;
    off = Math.min(stored.value, file.length);
  }
  return { ok: true, value: file.length };
}
