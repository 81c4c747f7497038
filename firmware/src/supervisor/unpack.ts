import { Inflate } from "fflate";
import { applyPatch, decodePatch } from "../wire/index.ts";

/** Bytes fed to the inflater at a time: what comes out of them is bounded, however hostile they are. */
const FED_AT_ONCE = 512;

/** Inflates RFC 1951 bytes to at most `max` bytes; null where they are damaged, cut off or come to more. */
export function inflate(packed: Uint8Array, max: number): Uint8Array | null {
  const out = new Uint8Array(max);
  let used = 0;
  let ended = false;
  const inflater = new Inflate((piece, final) => {
    if (used + piece.length <= max) out.set(piece, used);
    used += piece.length;
    ended = final;
  });
  try {
    for (let at = 0; at < packed.length && used <= max; at += FED_AT_ONCE) {
      const end = Math.min(packed.length, at + FED_AT_ONCE);
      inflater.push(packed.subarray(at, end), end === packed.length);
    }
  } catch {
    return null;
  }
  return ended && used <= max ? out.subarray(0, used) : null;
}

/** Deflated steps of a patch are at most so many times as long as the file that they build. */
const PATCH_FACTOR = 2;

/** The image file in a packed upload of `size` bytes; null where it cannot be unpacked. */
export function unpack(
  form: "deflate" | "patch",
  packed: Uint8Array,
  size: number,
  base: Uint8Array,
): Uint8Array | null {
  if (form === "deflate") {
    const file = inflate(packed, size);
    return file?.length === size ? file : null;
  }
  const bytes = inflate(packed, PATCH_FACTOR * size + 64);
  const steps = bytes === null ? null : decodePatch(bytes);
  return steps === null ? null : applyPatch(base, steps, size);
}
