import { sameBytes } from "@cachet/card-layout";
import {
  BLOCK_HASH_BYTES,
  IMAGE_BYTES_MAX,
  imageBlocks,
  PACKET_BYTES_MAX,
  packedUpload,
  type RequestOf,
  refused,
} from "../../wire/index.ts";
import { sha256 } from "../crypto.ts";
import { unpack } from "../unpack.ts";
import type { Managed } from "./managed.ts";
import { type ManagementServer, orWriteFailed } from "./server.ts";

/** Blocks that one answer tells of. */
const BLOCKS_AT_ONCE = Math.floor((PACKET_BYTES_MAX - 128) / BLOCK_HASH_BYTES);

async function upload(managed: Managed, request: RequestOf<typeof packedUpload>) {
  const { off, data } = request;
  const { upload: under, slots } = managed;
  if (off === 0) {
    const { len, size, sha, form, base } = request;
    if (len === undefined || size === undefined || sha === undefined || form === undefined) {
      return refused("bad-format", "the first piece says what will come");
    }
    if (len > IMAGE_BYTES_MAX || size > IMAGE_BYTES_MAX)
      return refused("too-large", `at most ${IMAGE_BYTES_MAX} bytes`);
    const session = { form, length: len, size, sha, ...(base === undefined ? {} : { base }) };
    const goesOn = under.isCurrent(session);
    if (goesOn && under.offset > 0) return under.offset === len ? finish(managed) : { off: under.offset };
    if (!slots.isOtherFree) return refused("bad-state", "the other slot is needed as it is");
    if (form === "patch" && !startsFrom(managed, base)) return refused("other-base", "another image runs here");
    if (!goesOn) await under.begin(session);
  } else if (under.current === null || under.current.form === "plain") return { off: 0 };
  else if (off !== under.offset) return { off: under.offset };
  const { length } = under.current!;
  if (off + data.length > length) return refused("bad-offset", `${off + data.length} bytes of ${length}`);
  await under.add(data);
  return under.offset === length ? finish(managed) : { off: under.offset };
}

function startsFrom({ slots }: Managed, base: Uint8Array | undefined): boolean {
  const { stated } = slots.running;
  return base !== undefined && stated !== null && sameBytes(stated.hash, base);
}

async function finish(managed: Managed) {
  const { upload: under, slots } = managed;
  const { form, length, size, sha, base } = under.current!;
  const packed = await under.bytes();
  const usable = form !== "plain" && (form === "deflate" || startsFrom(managed, base));
  const file = usable ? unpack(form, packed, size, slots.running.file) : null;
  const match = file !== null && sameBytes(sha256(file), sha);
  if (match) await slots.store(file);
  await under.end();
  return file === null
    ? refused("bad-packing", "the bytes do not make the image that was announced")
    : { off: length, match };
}

/** Packed uploads of our own group. */
export function servePacked(server: ManagementServer, managed: Managed): void {
  server.serve(packedUpload, (request) => orWriteFailed(() => upload(managed, request)));
  server.serve(imageBlocks, ({ size, from = 0 }) => {
    const { file, stated } = managed.slots.running;
    const count = Math.ceil(file.length / size);
    if (stated === null || from >= count) return refused("no-such-range", `${count} blocks`);
    const told = Math.min(BLOCKS_AT_ONCE, count - from);
    const blocks = new Uint8Array(told * BLOCK_HASH_BYTES);
    for (let i = 0; i < told; i += 1) {
      const block = file.subarray((from + i) * size, (from + i + 1) * size);
      blocks.set(sha256(block).subarray(0, BLOCK_HASH_BYTES), i * BLOCK_HASH_BYTES);
    }
    return { hash: stated.hash, length: file.length, blocks };
  });
}
