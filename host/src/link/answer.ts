import {
  type Cbor,
  type CborMap,
  type Command,
  decodeLooseCbor,
  GENERAL_CODES,
  type GeneralRefusal,
  isFormatError,
} from "@cachet/firmware/wire";

/** What a terminal answered: what was asked for, or why not, as a word of the command's table or of SMP itself. */
export type Answer<S, R extends string> =
  | { readonly ok: true; readonly value: S }
  | { readonly ok: false; readonly refusal: R | GeneralRefusal; readonly detail: string };

const GENERAL_WORDS = new Map<number, GeneralRefusal>(
  Object.entries(GENERAL_CODES).map(([word, number]) => [number, word as GeneralRefusal]),
);
const DETAIL_MAX = 200;
const CONTROL = /\p{Cc}/gu;

function isMap(item: Cbor | undefined): item is CborMap {
  return item instanceof Map;
}

/** What somebody on a line says for people must not steer the terminal that shows it. */
const detailIn = (body: CborMap): string => {
  const said = body.get("rsn");
  return typeof said === "string" ? said.slice(0, DETAIL_MAX).replaceAll(CONTROL, "?") : "";
};

function groupWord<Q, S, R extends string>(command: Command<Q, S, R>, error: CborMap): R | GeneralRefusal {
  const [group, rc] = [error.get("group"), error.get("rc")];
  const known = Object.entries<{ readonly rc: number }>(command.refusals).find(([, code]) => code.rc === rc);
  return group === command.group && known !== undefined ? (known[0] as R) : "unknown";
}

/**
 * Reads the body of an answer. Failures come in two shapes (Zephyr, smp_protocol.rst): `err` with a group's code in SMP v2, and a
 * flat `rc` with a general code in v1 and for what SMP itself refuses. Null where the body is neither, nor what the table declares.
 */
export function readAnswer<Q, S, R extends string>(command: Command<Q, S, R>, body: Uint8Array): Answer<S, R> | null {
  try {
    const item = body.length === 0 ? new Map() : decodeLooseCbor(body);
    if (!isMap(item)) return null;
    const error = item.get("err");
    if (isMap(error)) {
      const refusal = groupWord(command, error);
      const number =
        refusal === "unknown" ? `code ${String(error.get("rc"))} of group ${String(error.get("group"))}` : "";
      return { ok: false, refusal, detail: detailIn(item) || number };
    }
    const rc = item.get("rc");
    if (typeof rc === "number" && rc !== 0) {
      const word = GENERAL_WORDS.get(rc);
      return {
        ok: false,
        refusal: word ?? "unknown",
        detail: detailIn(item) || (word === undefined ? `code ${rc}` : ""),
      };
    }
    return { ok: true, value: command.response.decode(item, "answer") };
  } catch (fault) {
    if (isFormatError(fault)) return null;
    throw fault;
  }
}
