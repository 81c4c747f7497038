import { bool, type Codec, FormatFault, integer, key, looseMap, maybe, text, uint } from "../schema.ts";
import { command, NOTHING } from "./command.ts";

/** Group 0, operating system (Zephyr, smp_groups/smp_group_0.rst). */
const GROUP = 0;
const TEXT_MAX = 3_000;

/** Gives back what it was told. Harmless to repeat. */
export const echo = command({
  group: GROUP,
  id: 0,
  op: "write",
  request: looseMap({ d: key("d", text(TEXT_MAX)) }),
  response: looseMap({ r: key("r", text(TEXT_MAX)) }),
  free: true,
});

/** The same, asked as a read: both are in use. */
export const echoRead = { ...echo, op: "read" as const };

/** The terminal's time as text, `yyyy-MM-ddTHH:mm:ss.SSSSSS+HH:MM`. */
export const readDateTime = command({
  group: GROUP,
  id: 4,
  op: "read",
  request: NOTHING,
  response: looseMap({ datetime: key("datetime", text(40)) }),
});

/** Sets the terminal's clock; the change is journalled. Repeating it sets it again. */
export const writeDateTime = command({
  group: GROUP,
  id: 4,
  op: "write",
  request: looseMap({ datetime: key("datetime", text(40)) }),
  response: NOTHING,
});

/** Older clients say 0 or 1, newer ones false or true. */
const force: Codec<boolean> = {
  encode: (value) => (value ? 1 : 0),
  decode: (item, path) => {
    if (typeof item === "boolean") return item;
    if (item === 0 || item === 1) return item === 1;
    throw new FormatFault(path, "not 0, 1, true or false");
  },
};

/** Answers, then starts anew. Busy while a visit is under way, unless it is forced. */
export const resetTerminal = command({
  group: GROUP,
  id: 5,
  op: "write",
  request: looseMap({ force: maybe("force", force) }),
  response: NOTHING,
});

/** The largest packet that the terminal takes, header included, and how many it can have at once. */
export const parameters = command({
  group: GROUP,
  id: 6,
  op: "read",
  request: NOTHING,
  response: looseMap({ bufSize: key("buf_size", uint(0xffff)), bufCount: key("buf_count", uint(0xff)) }),
  free: true,
});

/** What runs, in the letters of `uname`: s kernel, n node, r release, v version, b build, m machine, p processor, i platform, o system, a all. */
export const osInfo = command({
  group: GROUP,
  id: 7,
  op: "read",
  request: looseMap({ format: maybe("format", text(40)) }),
  response: looseMap({ output: key("output", text(TEXT_MAX)) }),
  refusals: { "unknown-format": { rc: 2, v1: "invalid-value" } },
});

/** Which boot loader's ways the slots follow, or one fact of it. */
export const bootloaderInfo = command({
  group: GROUP,
  id: 8,
  op: "read",
  request: looseMap({ query: maybe("query", text(40)) }),
  response: looseMap({
    bootloader: maybe("bootloader", text(40)),
    mode: maybe("mode", integer({ min: -1, max: 6 })),
    noDowngrade: maybe("no-downgrade", bool),
  }),
  refusals: { "no-answer": { rc: 3, v1: "no-entry" } },
});
