import { sameBytes } from "@cachet/card-layout";
import {
  decodeCbor,
  decodeCborItem,
  decodeSign1,
  fileHash,
  isFormatError,
  journalRelease,
  listApply,
  provisionTerminal,
} from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import { uploadFile } from "./files.ts";
import { capacityOf } from "./image-upload.ts";
import type { SmpClient } from "./smp-client.ts";

/** What the office makes for terminals. */
export type PushKind = "list" | "receipt" | "provision";

/** Content types of the signed things that terminals take (RFC 9052, header 3). */
const CONTENT_TYPES: Readonly<Record<string, PushKind | "batch">> = {
  "application/vnd.cachet.list": "list",
  "application/vnd.cachet.batch-receipt": "receipt",
  "application/vnd.cachet.provision": "provision",
  "application/vnd.cachet.batch": "batch",
};

/** What a file is, by the content type that is signed with it. The signature is not checked: the terminal does that. */
export function kindOf(file: Uint8Array): PushKind | "batch" | "unknown" {
  try {
    for (let at = 0; at < file.length; ) {
      const { value, end } = decodeCborItem(file, at);
      if (value !== null && typeof value === "object" && "tag" in value) {
        return CONTENT_TYPES[decodeSign1(value).contentType] ?? "unknown";
      }
      at = end;
    }
    return "unknown";
  } catch (error) {
    if (isFormatError(error)) return "unknown";
    throw error;
  }
}

/** The version that a list says it leads to; 0 where the file is none. Its signature is not checked: the terminal does that. */
export function listVersionOf(file: Uint8Array): number {
  if (kindOf(file) !== "list") return 0;
  const payload = decodeCbor(decodeSign1(decodeCbor(file)).payload);
  const version = payload instanceof Map ? payload.get(LIST_VERSION_KEY) : 0;
  return typeof version === "number" ? version : 0;
}
/** Key of the version in a list (docs/formats/lists.md). */
const LIST_VERSION_KEY = 2;

/** What became of a file. `said`: what the terminal answered, for people. */
export type Pushed =
  | { readonly ok: true; readonly kind: PushKind; readonly said: string }
  | { readonly ok: false; readonly kind: PushKind; readonly refusal: string; readonly detail: string };

const NAME_MAX = 64;
const STRANGE = /[^A-Za-z0-9._-]/g;

/** The name under which a terminal takes a list. */
const listName = (name: string): string => `/lists/${name.replaceAll(STRANGE, "_").slice(-NAME_MAX) || "list"}`;

async function pushList(client: SmpClient, name: string, file: Uint8Array): Promise<Pushed> {
  const path = listName(name);
  const { bufSize } = await capacityOf(client);
  const brought = await uploadFile(client, path, file, bufSize);
  if (!brought.ok) return { kind: "list", ...brought };
  const hash = await client.call(fileHash, { name: path, type: "sha256" });
  const isSame = hash.ok && hash.value.output instanceof Uint8Array && sameBytes(hash.value.output, sha256(file));
  if (!isSame) return { ok: false, kind: "list", refusal: "corrupt", detail: "what arrived is not what was sent" };
  const applied = await client.call(listApply, { name: path });
  return applied.ok
    ? { ok: true, kind: "list", said: `list ${applied.value.version} applied` }
    : { kind: "list", ...applied };
}

async function pushReceipt(client: SmpClient, receipt: Uint8Array): Promise<Pushed> {
  const answer = await client.call(journalRelease, { receipt });
  return answer.ok
    ? { ok: true, kind: "receipt", said: `entries up to ${answer.value.released} released` }
    : { kind: "receipt", ...answer };
}

/** Has the terminal take what the office sealed for it. Sent once; rejects with `LinkFault` where no answer comes. */
export async function pushProvision(client: SmpClient, provision: Uint8Array): Promise<Pushed> {
  const answer = await client.call(provisionTerminal, { provision }, { timeoutMs: 10_000 });
  return answer.ok
    ? { ok: true, kind: "provision", said: `provision ${answer.value.serial} taken` }
    : { kind: "provision", ...answer };
}

/** Brings one file to the terminal, which verifies it and takes it whole or not at all. Rejects with `LinkFault`. */
export function push(client: SmpClient, kind: PushKind, name: string, file: Uint8Array): Promise<Pushed> {
  switch (kind) {
    case "list":
      return pushList(client, name, file);
    case "receipt":
      return pushReceipt(client, file);
    case "provision":
      return pushProvision(client, file);
  }
}
