import { bool, bstr, bstrUpTo, integer, key, list, looseMap, maybe, text, uint, word } from "../schema.ts";
import { command, NOTHING, type RefusalCode } from "./command.ts";
import { PACKET_BYTES_MAX } from "./framing.ts";

/** Group 66, our own: what a terminal of loyalty has beyond any other device. Keys are short texts, as in the standard's groups. */
export const TERMINAL_GROUP = 66;
const GROUP = TERMINAL_GROUP;
const size = uint(0xffff_ffff);
const hash = bstr(32);
const signed = bstrUpTo(PACKET_BYTES_MAX);
const CHALLENGE_BYTES = 16;

/**
 * Codes of the group. `refused` with the reason word of the format in `rsn` (v1) is how a signed thing is told to be no good; our
 * own client reads the number.
 */
const CODES = {
  "not-provisioned": { rc: 2, v1: "bad-state" },
  "not-accepted": { rc: 3, v1: "denied" },
  "no-challenge": { rc: 4, v1: "bad-state" },
  expired: { rc: 5, v1: "denied" },
  revoked: { rc: 6, v1: "denied" },
  "not-signed": { rc: 7, v1: "denied" },
  "other-terminal": { rc: 8, v1: "denied" },
  older: { rc: 9, v1: "bad-state" },
  "missing-delta": { rc: 10, v1: "bad-state" },
  "bad-format": { rc: 11, v1: "invalid-value" },
  "other-content": { rc: 12, v1: "invalid-value" },
  "no-such-range": { rc: 13, v1: "no-entry" },
  "bad-offset": { rc: 14, v1: "invalid-value" },
  "other-base": { rc: 15, v1: "bad-state" },
  "too-large": { rc: 16, v1: "too-large" },
  "bad-packing": { rc: 17, v1: "corrupt" },
  "write-failed": { rc: 18, v1: "unknown" },
} as const satisfies Readonly<Record<string, RefusalCode>>;

/** Why a command of our own group was not followed. */
export type TerminalRefusal = keyof typeof CODES;
const codes = <C extends TerminalRefusal>(...words: readonly C[]): Pick<typeof CODES, C> =>
  Object.fromEntries(words.map((one) => [one, CODES[one]])) as Pick<typeof CODES, C>;

/** Who the terminal is, and a challenge for a login: each reading gives a new one, and the one before is void. */
export const terminalIdentity = command({
  group: GROUP,
  id: 0,
  op: "read",
  request: NOTHING,
  response: looseMap({
    model: key("model", text(32)),
    serial: key("serial", text(40)),
    /** Ed25519: seals batches. */
    key: key("key", bstr(32)),
    challenge: key("challenge", bstr(CHALLENGE_BYTES)),
    terminal: maybe("terminal", uint(0xffff)),
    merchant: maybe("merchant", uint(0xffff)),
    name: maybe("name", text(80)),
    production: key("production", bool),
    open: key("open", bool),
    /** An installer is logged in. */
    granted: key("granted", bool),
  }),
  free: true,
});

/** Opens the other commands with an installer's certificate and a signature over the challenge (docs/formats/provisioning.md). */
export const loginInstaller = command({
  group: GROUP,
  id: 1,
  op: "write",
  request: looseMap({ certificate: key("cert", bstrUpTo(1_024)), signature: key("sig", bstr(64)) }),
  response: looseMap({ name: key("name", text(80)) }),
  refusals: codes("not-provisioned", "no-challenge", "not-accepted", "not-signed", "expired", "revoked"),
  free: true,
});

/** Ends what `loginInstaller` opened. Repeating it changes nothing. */
export const logoutInstaller = command({
  group: GROUP,
  id: 2,
  op: "write",
  request: NOTHING,
  response: NOTHING,
  free: true,
});

/** What the office needs to provision this terminal: signed by the terminal's own key. */
export const provisionRequest = command({
  group: GROUP,
  id: 3,
  op: "read",
  request: NOTHING,
  response: looseMap({ request: key("request", signed) }),
  free: true,
});

/**
 * Takes what the office sealed for this very terminal, whole or not at all, and starts anew. Without a key where the terminal is
 * blank; the signature decides. Repeating it answers `older` and changes nothing.
 */
export const provisionTerminal = command({
  group: GROUP,
  id: 3,
  op: "write",
  request: looseMap({ provision: key("provision", signed) }),
  response: looseMap({ serial: key("serial", size) }),
  refusals: codes("not-signed", "not-accepted", "other-terminal", "older", "bad-format", "write-failed"),
  free: true,
});

/** How far the journal is: entries kept, collected and released, and the batch file that holds what is not collected yet. */
export const journalStatus = command({
  group: GROUP,
  id: 4,
  op: "read",
  request: NOTHING,
  response: looseMap({
    first: key("first", size),
    last: key("last", size),
    collected: key("collected", size),
    released: key("released", size),
    capacity: key("capacity", size),
    open: key("open", size),
    nearlyFull: key("full", bool),
    /** Hash of the last entry; of the journal's root where there is none. */
    head: key("head", hash),
    batch: maybe("batch", text(60)),
    /** Seconds since 1970 of the last `journalCollected`, by the terminal's clock. */
    collectedAt: maybe("at", uint()),
  }),
});

/** Notes that a range is safe at the client: its file is on the disk. Releases nothing. Repeating it changes nothing. */
export const journalCollected = command({
  group: GROUP,
  id: 5,
  op: "write",
  request: looseMap({ first: key("first", size), last: key("last", size), head: key("head", hash) }),
  response: looseMap({ collected: key("collected", size) }),
  refusals: codes("no-such-range", "other-content", "write-failed"),
});

/** Takes the office's receipt: entries up to its last may be dropped when room is needed. Repeating it changes nothing. */
export const journalRelease = command({
  group: GROUP,
  id: 6,
  op: "write",
  request: looseMap({ receipt: key("receipt", signed) }),
  response: looseMap({ released: key("released", size) }),
  refusals: codes(
    "not-provisioned",
    "not-signed",
    "other-terminal",
    "bad-format",
    "other-content",
    "no-such-range",
    "write-failed",
  ),
});

/** Which list the terminal holds. */
export const listStatus = command({
  group: GROUP,
  id: 7,
  op: "read",
  request: NOTHING,
  response: looseMap({
    version: key("version", size),
    issued: maybe("issued", uint()),
    blocked: key("blocked", size),
    credits: key("credits", size),
    writeLayout: key("layout", uint(0xff)),
  }),
});

/** Verifies and applies a list that was uploaded as a file, whole or not at all. Repeating it changes nothing. */
export const listApply = command({
  group: GROUP,
  id: 8,
  op: "write",
  request: looseMap({ name: key("name", text(120)) }),
  response: looseMap({ version: key("version", size) }),
  refusals: codes(
    "not-provisioned",
    "no-such-range",
    "not-signed",
    "bad-format",
    "not-accepted",
    "older",
    "missing-delta",
    "too-large",
    "write-failed",
  ),
});

/** How the app is. */
export const terminalHealth = command({
  group: GROUP,
  id: 9,
  op: "read",
  request: NOTHING,
  response: looseMap({
    app: key("app", word({ none: 0, starting: 1, healthy: 2, stopped: 3 })),
    /** Why it stopped, or why there is none. */
    fault: maybe("fault", text(200)),
    trial: key("trial", bool),
    /** A visit is under way: a reset would wait for it. */
    busy: key("busy", bool),
    heap: key("heap", size),
    utc: key("utc", uint()),
    suspect: key("suspect", bool),
    storageFree: maybe("free", uint()),
  }),
});

/** What is in the slots, as their images say of themselves: for people who want to see what changes. */
export const slotImages = command({
  group: GROUP,
  id: 10,
  op: "read",
  request: NOTHING,
  response: looseMap({
    counter: key("counter", size),
    images: key(
      "images",
      list(
        looseMap({
          slot: key("slot", uint(1)),
          hash: key("hash", hash),
          version: key("version", text(40)),
          counter: key("counter", size),
          layouts: key("layouts", list(uint(0xff), 2)),
          programmes: key(
            "programmes",
            list(
              looseMap({
                number: key("n", uint(0xffff)),
                version: key("v", uint(0xffff)),
                name: key("name", text(80)),
              }),
            ),
          ),
          /** Why it may not run here, where it may not: the word of docs/formats/image.md, and a sentence. */
          refusal: maybe("refusal", text(40)),
          detail: maybe("detail", text(200)),
        }),
        2,
      ),
    ),
  }),
});

/** First bytes of the SHA-256 of each block of the file in slot 0: what a client needs to send only what changed. */
export const imageBlocks = command({
  group: GROUP,
  id: 11,
  op: "read",
  request: looseMap({ size: key("size", integer({ min: 64, max: 65_536 })), from: maybe("from", size) }),
  response: looseMap({
    hash: key("hash", hash),
    length: key("len", size),
    blocks: key("blocks", bstrUpTo(PACKET_BYTES_MAX)),
  }),
  refusals: codes("no-such-range"),
});
/** Bytes of a block's hash that `imageBlocks` tells. */
export const BLOCK_HASH_BYTES = 8;

/**
 * Stores a piece of an image in packed form (docs/formats/link.md): `deflate`, RFC 1951; `patch`, deflated steps that build it
 * from the file in slot 0. Offsets count packed bytes. With the last piece the image is unpacked into slot 1, and `match` says
 * whether it is the one that `sha` names. Repeating a piece is harmless.
 */
export const packedUpload = command({
  group: GROUP,
  id: 12,
  op: "write",
  request: looseMap({
    off: key("off", size),
    data: key("data", bstrUpTo(PACKET_BYTES_MAX)),
    /** With offset 0: packed bytes, bytes of the image file, its SHA-256, and the form. */
    len: maybe("len", size),
    size: maybe("size", size),
    sha: maybe("sha", hash),
    form: maybe("form", word({ deflate: 1, patch: 2 })),
    /** Hash of the image in slot 0 that a patch was made from. */
    base: maybe("base", hash),
  }),
  response: looseMap({ off: key("off", size), match: maybe("match", bool) }),
  refusals: codes("bad-format", "bad-offset", "too-large", "other-base", "bad-packing", "write-failed"),
});

/** Tries a part of the terminal without any value: `screen`, `printer`, or `card` (waits for one and says its UID). */
export const selfTest = command({
  group: GROUP,
  id: 13,
  op: "write",
  request: looseMap({ part: key("part", word({ screen: 1, printer: 2, card: 3 })), wait: maybe("wait", uint(60_000)) }),
  response: looseMap({ ok: key("ok", bool), said: key("said", text(80)) }),
});

/** What a port is tried for, in order, and what somebody has to do for each (docs/porting.md). */
export const conformanceChecks = command({
  group: GROUP,
  id: 14,
  op: "read",
  free: true,
  request: NOTHING,
  response: looseMap({
    checks: key(
      "checks",
      list(
        looseMap({
          name: key("name", text(30)),
          needs: key("needs", word({ nothing: 1, card: 2, away: 3, restart: 4 })),
        }),
        60,
      ),
    ),
  }),
});

/** Tries one of them on a blank terminal; `again` is what comes after a restart, which `restart` asks for. `said`: what is wrong. */
export const conformanceCheck = command({
  group: GROUP,
  id: 14,
  op: "write",
  free: true,
  request: looseMap({ name: key("name", text(30)), again: maybe("again", bool), restart: maybe("restart", bool) }),
  response: looseMap({ ok: key("ok", bool), said: key("said", text(200)) }),
});
