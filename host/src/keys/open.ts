import { PrivateFileFault, readPrivate } from "../ports/private-file.ts";
import { wipe } from "./key-record.ts";
import { type KeyRing, keyRingOf } from "./key-ring.ts";
import { type ContentReading, KEY_FILE_BYTES_MAX, openContent, type Refused, type SealRefusal } from "./sealed-file.ts";

/** Why a ring was not opened: the file's own reasons, or it is not there, may not be read, or was lent and is expired. */
export type OpenRefusal = SealRefusal | "absent" | "unreadable" | "expired";
export type KeyRingReading = { readonly ok: true; readonly ring: KeyRing } | Refused<OpenRefusal>;

/** The bytes of a key file, or why they could not be had. */
export function readKeyFile(
  path: string,
): { readonly ok: true; readonly file: Uint8Array } | Refused<"absent" | "unreadable"> {
  try {
    return { ok: true, file: readPrivate(path, KEY_FILE_BYTES_MAX) };
  } catch (error) {
    if (!(error instanceof PrivateFileFault)) throw error;
    return { ok: false, refusal: error.problem === "absent" ? "absent" : "unreadable", detail: error.message };
  }
}

/** Opens a sealed file, whatever it is and however old. The secrets in the content are the caller's to wipe. */
export function openKeyFile(path: string, passphrase: Uint8Array): ContentReading | Refused<"absent" | "unreadable"> {
  const reading = readKeyFile(path);
  return reading.ok ? openContent(reading.file, passphrase) : reading;
}

/** When a bundle ended, as people read it: the day and minute, in UTC. */
export const utcText = (seconds: number): string =>
  `${new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;

/**
 * Opens the office's ring or an installer's bundle for use. `now` in UTC seconds: a bundle is refused from its end on.
 * That is what an honest laptop does; the clock of a dishonest one says what its owner likes.
 */
export function openKeyRing(path: string, passphrase: Uint8Array, now: number): KeyRingReading {
  const reading = openKeyFile(path, passphrase);
  if (!reading.ok) return reading;
  const { keys, lending } = reading.content;
  if (lending !== null && now >= lending.expiresAt) {
    wipe(...keys.map(({ secret }) => secret));
    return {
      ok: false,
      refusal: "expired",
      detail: `it was lent to ${lending.holder} until ${utcText(lending.expiresAt)}`,
    };
  }
  return { ok: true, ring: keyRingOf(reading.content) };
}
