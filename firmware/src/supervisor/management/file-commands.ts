import { crc32 } from "../../journal/index.ts";
import {
  fileClose,
  fileDownload,
  fileHash,
  fileHashTypes,
  fileStatus,
  fileUpload,
  PACKET_BYTES_MAX,
  refused,
} from "../../wire/index.ts";
import { sha256 } from "../crypto.ts";
import type { LineFolder } from "./line-folder.ts";
import type { ManagementServer } from "./server.ts";

/** Bytes of a file in one answer: the rest of the packet is for its header and its keys. */
const PIECE_BYTES = PACKET_BYTES_MAX - 64;

/** Group 8. */
export function serveFiles(server: ManagementServer, folder: LineFolder): void {
  server.serve(fileDownload, ({ off, name }) => {
    const file = folder.read(name);
    if (file === null) return refused("not-found", `no file ${name}`);
    if (off > file.length) return refused("beyond-file", `offset ${off} of ${file.length}`);
    const data = file.slice(off, off + PIECE_BYTES);
    return off === 0 ? { off, data, len: file.length } : { off, data };
  });
  server.serve(fileUpload, ({ off, data, name, len }) => {
    if (!folder.takes(name)) return refused("bad-name", `files go to ${folder.incoming}NAME`);
    const taken = folder.write(name, off, data, len);
    return typeof taken === "number" ? { off: taken } : taken;
  });
  server.serve(fileStatus, ({ name }) => {
    const file = folder.read(name);
    return file === null ? refused("not-found", `no file ${name}`) : { len: file.length };
  });
  server.serve(fileHash, ({ name, type = "crc32", off = 0, len }) => {
    const file = folder.read(name);
    if (file === null) return refused("not-found", `no file ${name}`);
    if (type !== "crc32" && type !== "sha256") return refused("no-such-checksum", `no checksum ${type}`);
    if (off > file.length) return refused("beyond-file", `offset ${off} of ${file.length}`);
    const part = file.subarray(off, len === undefined ? file.length : off + len);
    const output = type === "crc32" ? crc32(part) : sha256(part);
    return { type, len: part.length, output, ...(off === 0 ? {} : { off }) };
  });
  server.serve(fileHashTypes, () => ({
    types: new Map([
      ["crc32", { format: 0, size: 4 }],
      ["sha256", { format: 1, size: 32 }],
    ]),
  }));
  server.serve(fileClose, () => ({}));
}
