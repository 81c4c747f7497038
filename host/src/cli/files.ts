import { accessSync, constants, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Signer } from "@cachet/firmware/wire";
import { testImageSigner } from "../keys/test-keys.ts";
import { publicKeyOfPem, signerOfPem } from "../ports/crypto.ts";
import { makeFolders } from "../ports/folder.ts";
import { Failure } from "./failure.ts";

const reasonOf = (error: unknown) => (error as { readonly code?: string }).code ?? String(error);

const unreadable = (path: string, why: string) =>
  new Failure("C-FILE-01", `${path} cannot be read (${why})`, "nothing was done with it", [
    "check the name and your rights to the file",
  ]);
const emptyFile = (path: string) =>
  new Failure("C-FILE-02", `${path} is empty`, "nothing was done with it", ["give a file with content"]);

/** A file's bytes. Fails with C-FILE-01 when it is missing, C-FILE-02 when it is empty. */
export function readFile(path: string): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (error) {
    throw unreadable(path, reasonOf(error));
  }
  if (bytes.length === 0) throw emptyFile(path);
  return bytes;
}

/** Bytes of a file that is there, may be read and is not empty. Fails as `readFile` does. */
export function fileSize(path: string): number {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    throw unreadable(path, reasonOf(error));
  }
  const found = statSync(path);
  if (found.isDirectory()) throw unreadable(path, "EISDIR");
  if (found.size === 0) throw emptyFile(path);
  return found.size;
}

function cannotWrite(path: string, error: unknown): Failure {
  return new Failure("C-FILE-03", `${path} cannot be written (${reasonOf(error)})`, "it may be there in part", [
    "check the folder, your rights and the free space, and run the command again",
  ]);
}

/** Makes a folder and those above it. Fails with C-FILE-03. */
export function makeFolder(path: string): void {
  try {
    makeFolders(path);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Writes a file whole, making its folder. Fails with C-FILE-03. */
export function writeFile(path: string, content: Uint8Array | string): void {
  makeFolder(dirname(path));
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** What a person is told whose new folder could not be written, after `writeFolder`; any other error as it is. `state`: what was not done. */
export function folderFailure(folder: string, state: string, error: unknown): unknown {
  if (error instanceof Failure) {
    // A file in it: whatever was there went with the folder.
    return error.code === "C-FILE-03" ? new Failure(error.code, error.message, state, error.next) : error;
  }
  const { code, syscall } = error as { readonly code?: string; readonly syscall?: string };
  if (syscall === undefined) return error;
  const next = ["check the folder, your rights and the free space, and run the command again"];
  if (code === "EEXIST") next.unshift(`no other command writes there? then remove ${folder}.new`);
  return new Failure("C-FILE-03", `${folder} cannot be written (${code})`, state, next);
}

function keyFailure(path: string, wanted: string, isPublic = false): Failure {
  return new Failure("C-KEY-01", `${path} holds no Ed25519 ${wanted} key in PEM form`, "nothing was done", [
    isPublic
      ? "this is a public key; images are signed with the private one"
      : "make one with: openssl genpkey -algorithm ed25519 -out image-key.pem",
    "or use the published test key: --key test",
  ]);
}

/** The signer in a PEM file; the word "test" names the published test key. */
export function readSigner(key: string): Signer {
  if (key === "test") return testImageSigner();
  const pem = new TextDecoder().decode(readFile(key));
  const signer = signerOfPem(pem);
  if (signer === null) throw keyFailure(key, "private", publicKeyOfPem(pem) !== null);
  return signer;
}

/** The public key in a PEM file; the word "test" names the published test key. */
export function readPublicKey(key: string): Uint8Array {
  if (key === "test") return testImageSigner().publicKey;
  const publicKey = publicKeyOfPem(new TextDecoder().decode(readFile(key)));
  if (publicKey === null) throw keyFailure(key, "public");
  return publicKey;
}
