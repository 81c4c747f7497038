import { bstrUpTo, type Codec, FormatFault, key, list, looseMap, maybe, text, uint } from "../schema.ts";
import { utf8Encode } from "../utf8.ts";
import { command, NOTHING, type RefusalCode } from "./command.ts";
import { PACKET_BYTES_MAX } from "./framing.ts";

const size = uint(0xffff_ffff);

/** A map of names to one kind of value. */
function byName<T>(values: Codec<T>, max: number): Codec<ReadonlyMap<string, T>> {
  return {
    encode: (value) => new Map([...value].map(([name, item]) => [name, values.encode(item)])),
    decode: (item, path) => {
      if (!(item instanceof Map) || item.size > max) throw new FormatFault(path, `not a map of at most ${max}`);
      return new Map(
        [...item].map(([name, value]): [string, T] => {
          if (typeof name !== "string") throw new FormatFault(path, "a name is no text");
          return [name, values.decode(value, `${path}.${name}`)];
        }),
      );
    },
  };
}

/** Group 2, statistics (Zephyr, smp_groups/smp_group_2.rst). */
const STATISTICS = 2;

/** The counts of one group of statistics. */
export const statistics = command({
  group: STATISTICS,
  id: 0,
  op: "read",
  request: looseMap({ name: key("name", text(40)) }),
  response: looseMap({ name: key("name", text(40)), fields: key("fields", byName(uint(), 100)) }),
  refusals: { "no-such-group": { rc: 2, v1: "no-entry" } },
});

/** Names of the groups. */
export const statisticsList = command({
  group: STATISTICS,
  id: 1,
  op: "read",
  request: NOTHING,
  response: looseMap({ statList: key("stat_list", list(text(40), 100)) }),
});

/** Group 3, settings (Zephyr, smp_groups/smp_group_3.rst). */
const SETTINGS = 3;
const SETTING_BYTES_MAX = 256;
const settingName = text(64);
const SETTING_CODES = {
  "key-too-long": { rc: 2, v1: "invalid-value" },
  "not-found": { rc: 3, v1: "no-entry" },
  "not-writable": { rc: 6, v1: "unknown" },
} as const satisfies Readonly<Record<string, RefusalCode>>;

/** Values are byte strings; one client writes text. */
const settingValue: Codec<Uint8Array> = {
  encode: (value) => value,
  decode: (item, path) => {
    const bytes = typeof item === "string" ? utf8Encode(item) : item;
    if (bytes instanceof Uint8Array && bytes.length <= SETTING_BYTES_MAX) return bytes;
    throw new FormatFault(path, `not at most ${SETTING_BYTES_MAX} bytes`);
  },
};

/** One setting; cut where it is longer than the client takes, and `maxSize` then says so. */
export const readSetting = command({
  group: SETTINGS,
  id: 0,
  op: "read",
  request: looseMap({ name: key("name", settingName), maxSize: maybe("max_size", uint(0xffff)) }),
  response: looseMap({ val: key("val", bstrUpTo(SETTING_BYTES_MAX)), maxSize: maybe("max_size", uint(0xffff)) }),
  refusals: SETTING_CODES,
});

/** Sets one setting until the next start; one client asks for saving in the same request. */
export const writeSetting = command({
  group: SETTINGS,
  id: 0,
  op: "write",
  request: looseMap({
    name: maybe("name", settingName),
    val: maybe("val", settingValue),
    save: maybe("save", { encode: (value: boolean) => value, decode: (item) => item === true }),
  }),
  response: NOTHING,
  refusals: SETTING_CODES,
});

/** Gives one setting its usual value. */
export const deleteSetting = command({
  group: SETTINGS,
  id: 1,
  op: "write",
  request: looseMap({ name: key("name", settingName) }),
  response: NOTHING,
  refusals: SETTING_CODES,
});

/** Puts written settings to use: they are used at once, so that nothing is left to do. */
export const commitSettings = command({ group: SETTINGS, id: 2, op: "write", request: NOTHING, response: NOTHING });

/** Forgets what was not saved. */
export const loadSettings = command({ group: SETTINGS, id: 3, op: "read", request: NOTHING, response: NOTHING });

/** Saves what was written. */
export const saveSettings = command({ group: SETTINGS, id: 3, op: "write", request: NOTHING, response: NOTHING });

/** Group 8, files (Zephyr, smp_groups/smp_group_8.rst): batches to fetch and lists to bring, nothing else. */
const FILES = 8;
const fileName = text(120);
const FILE_CODES = {
  "bad-name": { rc: 2, v1: "invalid-value" },
  "not-found": { rc: 3, v1: "no-entry" },
  "write-failed": { rc: 10, v1: "unknown" },
  "bad-offset": { rc: 11, v1: "unknown" },
  "beyond-file": { rc: 12, v1: "unknown" },
  "no-such-checksum": { rc: 13, v1: "invalid-value" },
  "read-only": { rc: 15, v1: "unknown" },
} as const satisfies Readonly<Record<string, RefusalCode>>;

/** A piece of a file from an offset on; the first also says how long it is. Reading changes nothing. */
export const fileDownload = command({
  group: FILES,
  id: 0,
  op: "read",
  request: looseMap({ off: key("off", size), name: key("name", fileName) }),
  response: looseMap({
    off: key("off", size),
    data: key("data", bstrUpTo(PACKET_BYTES_MAX)),
    len: maybe("len", size),
  }),
  refusals: FILE_CODES,
});

/** Stores a piece of a file; offset 0 begins it anew. Answers the next offset. */
export const fileUpload = command({
  group: FILES,
  id: 0,
  op: "write",
  request: looseMap({
    off: key("off", size),
    data: key("data", bstrUpTo(PACKET_BYTES_MAX)),
    name: key("name", fileName),
    len: maybe("len", size),
  }),
  response: looseMap({ off: key("off", size) }),
  refusals: FILE_CODES,
});

/** How long a file is. */
export const fileStatus = command({
  group: FILES,
  id: 1,
  op: "read",
  request: looseMap({ name: key("name", fileName) }),
  response: looseMap({ len: key("len", size) }),
  refusals: FILE_CODES,
});

/** A number (CRC-32) or bytes (SHA-256). */
const digest: Codec<number | Uint8Array> = {
  encode: (value) => value,
  decode: (item, path) => {
    if (typeof item === "number" || item instanceof Uint8Array) return item;
    throw new FormatFault(path, "neither a number nor bytes");
  },
};

/** A checksum of a file or of a part of it; CRC-32 where no type is named. */
export const fileHash = command({
  group: FILES,
  id: 2,
  op: "read",
  request: looseMap({
    name: key("name", fileName),
    type: maybe("type", text(20)),
    off: maybe("off", size),
    len: maybe("len", size),
  }),
  response: looseMap({
    type: key("type", text(20)),
    off: maybe("off", size),
    len: key("len", size),
    output: key("output", digest),
  }),
  refusals: FILE_CODES,
});

/** The checksums that there are: format 0 a number, 1 bytes. */
export const fileHashTypes = command({
  group: FILES,
  id: 3,
  op: "read",
  request: NOTHING,
  response: looseMap({
    types: key("types", byName(looseMap({ format: key("format", uint(1)), size: key("size", uint(64)) }), 10)),
  }),
});

/** Ends what was begun with a file; nothing is kept open here. */
export const fileClose = command({ group: FILES, id: 4, op: "write", request: NOTHING, response: NOTHING });
