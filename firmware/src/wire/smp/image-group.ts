import { bool, bstr, bstrUpTo, key, list, looseMap, maybe, text, uint } from "../schema.ts";
import { command, NOTHING, type RefusalCode } from "./command.ts";
import { PACKET_BYTES_MAX } from "./framing.ts";

/** Group 1, images (Zephyr, smp_groups/smp_group_1.rst). Slot 0 is the one that runs, slot 1 the other. */
const GROUP = 1;
const size = uint(0xffff_ffff);
const HASH_BYTES_MAX = 64;

/** Codes of the group (Zephyr, img_mgmt.h) that a terminal of ours uses. */
const CODES = {
  "no-image": { rc: 3, v1: "no-entry" },
  "bad-tlv": { rc: 5, v1: "unknown" },
  "hash-not-found": { rc: 8, v1: "unknown" },
  "no-free-slot": { rc: 9, v1: "bad-state" },
  "read-failed": { rc: 11, v1: "unknown" },
  "write-failed": { rc: 12, v1: "unknown" },
  "invalid-slot": { rc: 14, v1: "invalid-value" },
  "offset-missing": { rc: 20, v1: "invalid-value" },
  "length-missing": { rc: 21, v1: "invalid-value" },
  "header-too-short": { rc: 22, v1: "invalid-value" },
  "bad-magic": { rc: 23, v1: "unknown" },
  "bad-hash": { rc: 24, v1: "invalid-value" },
  "version-newer": { rc: 27, v1: "bad-state" },
  "already-pending": { rc: 28, v1: "bad-state" },
  "too-large": { rc: 30, v1: "unknown" },
  overrun: { rc: 31, v1: "unknown" },
  "confirm-denied": { rc: 32, v1: "unknown" },
  "test-on-active": { rc: 33, v1: "unknown" },
} as const satisfies Readonly<Record<string, RefusalCode>>;

type Code = keyof typeof CODES;
const codes = <C extends Code>(...words: readonly C[]): Pick<typeof CODES, C> =>
  Object.fromEntries(words.map((word) => [word, CODES[word]])) as Pick<typeof CODES, C>;

/** One slot that holds a whole image. Marks that are not there are false. */
const Slot = looseMap({
  slot: key("slot", uint(1)),
  version: key("version", text(40)),
  hash: key("hash", bstrUpTo(HASH_BYTES_MAX)),
  bootable: maybe("bootable", bool),
  pending: maybe("pending", bool),
  confirmed: maybe("confirmed", bool),
  active: maybe("active", bool),
  permanent: maybe("permanent", bool),
});
const State = looseMap({ images: key("images", list(Slot, 2)), splitStatus: maybe("splitStatus", uint()) });

/** The images in both slots; a slot without a whole image is left out. */
export const imageState = command({ group: GROUP, id: 0, op: "read", request: NOTHING, response: State, free: true });

/**
 * Has the image with this hash tried at the next start, or kept for good (`confirm`). Without a hash and with `confirm`, the
 * running image is kept. Repeating it changes nothing.
 */
export const imageSetState = command({
  group: GROUP,
  id: 0,
  op: "write",
  request: looseMap({ hash: maybe("hash", bstrUpTo(HASH_BYTES_MAX)), confirm: maybe("confirm", bool) }),
  response: State,
  refusals: codes(
    "bad-hash",
    "hash-not-found",
    "already-pending",
    "test-on-active",
    "confirm-denied",
    "no-image",
    "bad-tlv",
    "version-newer",
  ),
});

/**
 * Stores a piece of an image file for slot 1. Answers the next offset it wants: another one than was sent means that nothing
 * was written. With the last piece `match` says whether the file is the one that `sha` names. Repeating a piece is harmless.
 */
export const imageUpload = command({
  group: GROUP,
  id: 1,
  op: "write",
  request: looseMap({
    off: maybe("off", size),
    data: key("data", bstrUpTo(PACKET_BYTES_MAX)),
    len: maybe("len", size),
    sha: maybe("sha", bstrUpTo(HASH_BYTES_MAX)),
    image: maybe("image", uint(0xff)),
    upgrade: maybe("upgrade", bool),
  }),
  response: looseMap({ off: key("off", size), match: maybe("match", bool) }),
  refusals: codes(
    "offset-missing",
    "header-too-short",
    "length-missing",
    "bad-magic",
    "bad-hash",
    "no-free-slot",
    "too-large",
    "version-newer",
    "overrun",
    "write-failed",
  ),
});

/** Empties slot 1 and ends an upload. Repeating it changes nothing. */
export const imageErase = command({
  group: GROUP,
  id: 5,
  op: "write",
  request: looseMap({ slot: maybe("slot", uint(0xff)) }),
  response: NOTHING,
  refusals: codes("no-free-slot", "invalid-slot"),
});

/** Sizes of the slots. */
export const slotInfo = command({
  group: GROUP,
  id: 6,
  op: "read",
  request: NOTHING,
  response: looseMap({
    images: key(
      "images",
      list(
        looseMap({
          image: key("image", uint(0xff)),
          slots: key(
            "slots",
            list(
              looseMap({
                slot: key("slot", uint(1)),
                size: key("size", size),
                uploadImageId: maybe("upload_image_id", uint(0xff)),
              }),
              2,
            ),
          ),
          maxImageSize: maybe("max_image_size", size),
        }),
        1,
      ),
    ),
  }),
});

/** Size of a SHA-256, by which images are named. */
export const IMAGE_HASH = bstr(32);
