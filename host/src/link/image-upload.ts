import { concat, sameBytes } from "@cachet/card-layout";
import {
  BLOCK_HASH_BYTES,
  encodePatch,
  imageBlocks,
  imageState,
  imageUpload,
  type PatchStep,
  packedUpload,
  parameters,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { deflate } from "../ports/deflate.ts";
import { LinkFault } from "./link-fault.ts";
import { type KnownBlocks, makePatch } from "./patch.ts";
import type { SmpClient } from "./smp-client.ts";
import { type Capacity, type Progress, type Uploaded, USUAL_CAPACITY, upload } from "./upload.ts";

/** How an image travels: as it is, deflated, or as what differs from the image that runs. */
export type ImageForm = "plain" | "deflate" | "patch";

/** An image file, and the hash by which terminals name it. */
export interface ImageFile {
  readonly file: Uint8Array;
  readonly hash: Uint8Array;
}

export interface ImageProgress extends Progress {
  readonly form: ImageForm;
}

export type ImageSent =
  | { readonly ok: true; readonly form: ImageForm | "there-already"; readonly sentBytes: number }
  | { readonly ok: false; readonly form: ImageForm; readonly refusal: string; readonly detail: string };

/** What the terminal takes at once. */
export async function capacityOf(client: SmpClient): Promise<Capacity> {
  const answer = await client.call(parameters, {});
  return answer.ok ? answer.value : USUAL_CAPACITY;
}

/** Small enough to find what stayed around a change, large enough that the hashes themselves are quickly told. */
const BLOCK_BYTES = 512;
/** More steps than terminals take (firmware/wire/image-patch.ts). */
const STEPS_MAX = 20_000;

/** The blocks of the image that runs, and that image's hash; null where the terminal does not tell. */
async function blocksOf(client: SmpClient): Promise<(KnownBlocks & { readonly base: Uint8Array }) | null> {
  const parts: Uint8Array[] = [];
  for (let from = 0; ; ) {
    const answer = await client.call(
      imageBlocks,
      { size: BLOCK_BYTES, ...(from === 0 ? {} : { from }) },
      { isQuick: true },
    );
    if (!answer.ok || answer.value.blocks.length === 0) return null;
    const { hash, length, blocks } = answer.value;
    parts.push(blocks);
    from += Math.floor(blocks.length / BLOCK_HASH_BYTES);
    if (from >= Math.ceil(length / BLOCK_BYTES))
      return { size: BLOCK_BYTES, length, hashes: concat(...parts), base: hash };
  }
}

interface Packed {
  readonly form: "deflate" | "patch";
  readonly bytes: Uint8Array;
  readonly base?: Uint8Array;
}

async function patchOf(client: SmpClient, { file }: ImageFile): Promise<Packed | null> {
  const known = await blocksOf(client).catch((error: unknown) => {
    // Hashes come in long answers: a bad line may not carry them and carry the pieces of an upload all the same.
    if (error instanceof LinkFault && error.problem !== "gone") return null;
    throw error;
  });
  if (known === null) return null;
  const steps: readonly PatchStep[] = makePatch(file, known, sha256);
  if (steps.length > STEPS_MAX) return null;
  return { form: "patch", bytes: deflate(encodePatch(steps)), base: known.base };
}

type PackedForm = Packed["form"];
/** How an image may travel but as it is. */
export const PACKED_FORMS: readonly PackedForm[] = ["patch", "deflate"];

/** Those of some forms that are shorter than the file itself, the shortest first. */
async function packedForms(
  client: SmpClient,
  image: ImageFile,
  allowed: readonly PackedForm[],
): Promise<readonly Packed[]> {
  const forms: (Packed | null)[] = [
    allowed.includes("patch") ? await patchOf(client, image) : null,
    allowed.includes("deflate") ? { form: "deflate", bytes: deflate(image.file) } : null,
  ];
  return forms
    .filter((packed): packed is Packed => packed !== null && packed.bytes.length < image.file.length)
    .sort((a, b) => a.bytes.length - b.bytes.length);
}

type Tell = (progress: ImageProgress) => void;

function sendPacked(client: SmpClient, image: ImageFile, packed: Packed, capacity: Capacity, tell: Tell) {
  const { form, bytes, base } = packed;
  const announced = {
    len: bytes.length,
    size: image.file.length,
    sha: sha256(image.file),
    form,
    ...(base === undefined ? {} : { base }),
  };
  const piece = (off: number, data: Uint8Array) => (off === 0 ? { off, data, ...announced } : { off, data });
  const job = { command: packedUpload, bytes, piece, isThere: () => isStored(client, image) };
  return upload(client, job, capacity, (progress) => tell({ ...progress, form }));
}

function sendPlain(client: SmpClient, { file }: ImageFile, capacity: Capacity, tell: Tell) {
  const announced = { len: file.length, sha: sha256(file) };
  const piece = (off: number, data: Uint8Array) => (off === 0 ? { off, data, ...announced } : { off, data });
  const job = { command: imageUpload, bytes: file, piece };
  return upload(client, job, capacity, (progress) => tell({ ...progress, form: "plain" }));
}

/** Whether the slot that does not run holds this very image, whole. */
async function isStored(client: SmpClient, { hash }: ImageFile): Promise<boolean> {
  const answer = await client.call(imageState, {});
  return answer.ok && answer.value.images.some((one) => one.slot === 1 && sameBytes(one.hash, hash));
}

/** Refusals that another form does not change. */
const FINAL: ReadonlySet<string> = new Set(["denied", "bad-state", "no-free-slot", "write-failed", "version-newer"]);

/**
 * Brings an image file into the slot that does not run: in one of the packed forms that are allowed, the shortest first, or as it is,
 * whatever the terminal takes. Goes on where an earlier run stopped. Rejects with `LinkFault`.
 */
export async function sendImage(
  client: SmpClient,
  image: ImageFile,
  options: { readonly packed: readonly PackedForm[]; readonly onProgress: Tell },
): Promise<ImageSent> {
  if (await isStored(client, image)) return { ok: true, form: "there-already", sentBytes: 0 };
  const capacity = await capacityOf(client);
  const { onProgress } = options;
  for (const packed of await packedForms(client, image, options.packed)) {
    const { form } = packed;
    const told = await sendPacked(client, image, packed, capacity, onProgress);
    if (told.ok && told.match) return { ok: true, form, sentBytes: packed.bytes.length };
    if (!told.ok && FINAL.has(told.refusal)) return { form, ...told };
  }
  return concluded(await sendPlain(client, image, capacity, onProgress), image);
}

function concluded(told: Uploaded<string>, { file }: ImageFile): ImageSent {
  if (!told.ok) return { form: "plain", ...told };
  if (told.match) return { ok: true, form: "plain", sentBytes: file.length };
  const detail = "what arrived is not what was sent";
  return { ok: false, form: "plain", refusal: "corrupt", detail };
}
