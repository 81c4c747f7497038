import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts";
import { isFormatError } from "./entry.ts";

/**
 * A file told by another one: a CBOR array of steps, in the order in which they build it. A byte string stands for itself; a pair
 * [offset, length] for that part of the file that the patch starts from.
 */
export type PatchStep = Uint8Array | { readonly offset: number; readonly length: number };

/** Most steps of a patch: a file that takes more is sent whole. */
const STEPS_MAX = 20_000;

export function encodePatch(steps: readonly PatchStep[]): Uint8Array {
  return encodeCbor(steps.map((step): Cbor => (step instanceof Uint8Array ? step : [step.offset, step.length])));
}

/** The steps; null where the bytes are no patch. */
export function decodePatch(bytes: Uint8Array): readonly PatchStep[] | null {
  try {
    const item = decodeCbor(bytes);
    if (!Array.isArray(item) || item.length > STEPS_MAX) return null;
    const steps = item.map(stepOf);
    return steps.includes(null) ? null : (steps as PatchStep[]);
  } catch (error) {
    if (isFormatError(error)) return null;
    throw error;
  }
}

function stepOf(item: Cbor): PatchStep | null {
  if (item instanceof Uint8Array) return item;
  if (!Array.isArray(item) || item.length !== 2) return null;
  const [offset, length] = item as readonly Cbor[];
  if (typeof offset !== "number" || typeof length !== "number" || offset < 0 || length < 1) return null;
  return { offset, length };
}

/** The file that the steps build; null where a step is outside of `base`, or they come to more or less than `size` bytes. */
export function applyPatch(base: Uint8Array, steps: readonly PatchStep[], size: number): Uint8Array | null {
  const file = new Uint8Array(size);
  let at = 0;
  for (const step of steps) {
    const isLiteral = step instanceof Uint8Array;
    if (!isLiteral && step.offset + step.length > base.length) return null;
    const part = isLiteral ? step : base.subarray(step.offset, step.offset + step.length);
    if (at + part.length > size) return null;
    file.set(part, at);
    at += part.length;
  }
  return at === size ? file : null;
}
