import { sameBytes } from "@cachet/card-layout";
import {
  IMAGE_BYTES_MAX,
  type ImageVersion,
  imageErase,
  imageSetState,
  imageState,
  imageUpload,
  type RequestOf,
  type ResponseOf,
  refused,
  slotInfo,
} from "../../wire/index.ts";
import { sha256 } from "../crypto.ts";
import type { SlotContent } from "../slots.ts";
import type { Managed } from "./managed.ts";
import { type ManagementServer, orWriteFailed } from "./server.ts";

/** How SMP writes a version: the build only where it is not zero. */
export function versionText({ major, minor, revision, build }: ImageVersion): string {
  return `${major}.${minor}.${revision}${build === 0 ? "" : `.${build}`}`;
}

function newer(a: ImageVersion, b: ImageVersion): boolean {
  for (const part of ["major", "minor", "revision", "build"] as const)
    if (a[part] !== b[part]) return a[part] > b[part];
  return false;
}

type State = ResponseOf<typeof imageState>;
type SlotState = State["images"][number];

function listed(content: SlotContent, slot: 0 | 1, marks: Partial<SlotState>): SlotState[] {
  const { stated, reading } = content;
  if (stated === null) return [];
  return [{ slot, version: versionText(stated.version), hash: stated.hash, bootable: reading.ok, ...marks }];
}

/** What `image list` shows (Zephyr, img_mgmt: flags by boot state). */
export function stateOf({ slots }: Managed): State {
  const { onTrial, next } = slots;
  const running = listed(slots.running, 0, { active: true, confirmed: !onTrial, pending: false, permanent: false });
  const other = listed(slots.other, 1, {
    active: false,
    confirmed: onTrial,
    pending: next !== "stay",
    permanent: next === "permanent",
  });
  return { images: [...running, ...other], splitStatus: 0 };
}

const MAGIC = Uint8Array.of(0x3d, 0xb8, 0xf3, 0x96);
const HEADER_BYTES = 32;
const SHA_BYTES_MAX = 32;

/** The version in an image's header (MCUboot, `struct image_version`, little-endian). */
function headerVersion(header: Uint8Array): ImageVersion {
  const le = (at: number, size: number) => {
    let value = 0;
    for (let i = size - 1; i >= 0; i -= 1) value = value * 256 + header[at + i]!;
    return value;
  };
  return { major: header[20]!, minor: header[21]!, revision: le(22, 2), build: le(24, 4) };
}

type UploadRequest = RequestOf<typeof imageUpload>;

/** What the first piece must be like, in the order in which stock terminals check it (Zephyr, img_mgmt.c). */
function firstFault(managed: Managed, { data, len, sha = new Uint8Array(), upgrade = false }: UploadRequest) {
  if (data.length < HEADER_BYTES) return refused("header-too-short", `${data.length} bytes of a header of 32`);
  if (len === undefined) return refused("length-missing", "the first piece says how long the file is");
  if (!sameBytes(data.subarray(0, MAGIC.length), MAGIC)) return refused("bad-magic", "not an MCUboot image");
  if (sha.length > SHA_BYTES_MAX) return refused("bad-hash", `a hash of ${sha.length} bytes`);
  const running = managed.slots.running.stated;
  if (!managed.slots.isOtherFree) return refused("no-free-slot", "the other slot is needed as it is");
  if (len > IMAGE_BYTES_MAX) return refused("too-large", `${len} bytes, at most ${IMAGE_BYTES_MAX}`);
  if (upgrade && running !== null && !newer(headerVersion(data), running.version)) {
    return refused("version-newer", "the running image is as new, or newer");
  }
  return null;
}

/** The other slot holds this very file already. */
const isStored = (managed: Managed, sha: Uint8Array, length: number): boolean => {
  const { file } = managed.slots.other;
  return sha.length === SHA_BYTES_MAX && file.length === length && sameBytes(sha256(file), sha);
};

async function upload(managed: Managed, request: UploadRequest) {
  const { off, data, len, sha = new Uint8Array() } = request;
  const { upload: under } = managed;
  if (off === undefined) return refused("offset-missing", "no offset");
  if (off === 0) {
    const length = len ?? 0;
    const session = { form: "plain" as const, length, size: length, sha };
    const isWhole = data.length >= HEADER_BYTES && len !== undefined;
    const goesOn = isWhole && sha.length <= SHA_BYTES_MAX && under.isCurrent(session);
    if (goesOn && under.offset > 0) return under.offset === length ? finish(managed) : { off: under.offset };
    const fault = firstFault(managed, request);
    if (fault !== null) return fault;
    if (isStored(managed, sha, length)) return { off: length, match: true };
    if (!goesOn) await under.begin(session);
  } else if (under.current?.form !== "plain") return { off: 0 };
  else if (off !== under.offset) return { off: under.offset };
  const { length } = under.current!;
  if (off + data.length > length) return refused("overrun", `${off + data.length} bytes of ${length}`);
  await under.add(data);
  return under.offset === length ? finish(managed) : { off: under.offset };
}

/** Everything is there: the file goes into the slot if it is the one that was announced. */
async function finish({ upload: under, slots }: Managed) {
  const { sha, length } = under.current!;
  const file = await under.bytes();
  const match = sha.length === 0 || sameBytes(sha256(file).subarray(0, sha.length), sha);
  if (match) await slots.store(file);
  await under.end();
  return { off: length, ...(sha.length === 0 ? {} : { match }) };
}

/** Group 1. */
export function serveImages(server: ManagementServer, managed: Managed): void {
  const { slots } = managed;
  server.serve(imageState, () => stateOf(managed));
  server.serve(imageSetState, async ({ hash, confirm = false }) => {
    const given = hash === undefined || hash.length === 0 ? null : hash;
    if (given === null && !confirm) return refused("bad-hash", "a test names its image");
    if (given !== null && given.length !== SHA_BYTES_MAX) return refused("bad-hash", `a hash of ${given.length} bytes`);
    const answer = await slots.setState(given, confirm, managed.app?.state === "healthy");
    if (typeof answer === "object") {
      const { stated, reading } = slots.other;
      const isMeant = given !== null && stated !== null && sameBytes(stated.hash, given);
      if (isMeant && !reading.ok) await managed.imageRefused(given, reading.refusal);
      return answer;
    }
    if (answer === "confirm") await managed.confirm();
    return stateOf(managed);
  });
  server.serve(imageUpload, (request) => orWriteFailed(() => upload(managed, request)));
  server.serve(imageErase, async ({ slot = 1 }) => {
    if (slot !== 1) return refused(slot === 0 ? "no-free-slot" : "invalid-slot", `slot ${slot} is not to be erased`);
    // A damaged slot may always be emptied.
    if (!slots.isOtherFree && slots.other.reading.ok)
      return refused("no-free-slot", "the other slot is needed as it is");
    await managed.upload.end();
    await slots.store(new Uint8Array());
    return {};
  });
  server.serve(slotInfo, () => ({
    images: [
      {
        image: 0,
        slots: [
          { slot: 0, size: IMAGE_BYTES_MAX },
          { slot: 1, size: IMAGE_BYTES_MAX, uploadImageId: 0 },
        ],
        maxImageSize: IMAGE_BYTES_MAX,
      },
    ],
  }));
}
