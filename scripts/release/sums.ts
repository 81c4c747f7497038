import { createHash, createPublicKey } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import type { Signer } from "@cachet/firmware/wire";
import { filesBelow, write } from "./steps.ts";

/** What comes before the 32 bytes of an Ed25519 key in a public key's DER form (RFC 8410). */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest("hex");
}

/** Writes the sums of everything in a folder as sha256sum reads them, their Ed25519 signature as it is, and the public key. */
export async function signSums(folder: string, signer: Signer): Promise<void> {
  const lines: string[] = [];
  for (const name of filesBelow(folder)) lines.push(`${await sha256Of(join(folder, name))}  ${name}\n`);
  const sums = Buffer.from(lines.join(""));
  const der = Buffer.concat([SPKI_PREFIX, signer.publicKey]);
  const key = createPublicKey({ key: der, format: "der", type: "spki" });
  write(join(folder, "SHA256SUMS"), sums);
  write(join(folder, "SHA256SUMS.sig"), signer.sign(sums));
  write(join(folder, "release-key.pem"), key.export({ format: "pem", type: "spki" }) as string);
}
