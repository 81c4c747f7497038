import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { ascii, concat, fromHex, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { sha256, signerOfSecret, verifyEd25519 } from "../../../host/src/ports/crypto.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { decodeSign1, encodeSign1 } from "./cose.ts";
import { encodeCertificate, loginMessage, readCertificate } from "./installer.ts";

const vectors = JSON.parse(readFileSync(new URL("../../vectors/provisioning-1.json", import.meta.url), "utf8"));
const office = signerOfSecret(fromHex(vectors.office_secret));
const installer = signerOfSecret(fromHex(vectors.installer_secret));
const [vector] = vectors.certificates;
const body = { ...vector.body, publicKey: fromHex(vector.body.publicKey) };
const file = fromHex(vector.file);
const read = (bytes: Uint8Array) => readCertificate(bytes, verifyEd25519);

describe("an installer's certificate", () => {
  it("has the bytes of its vector, and reads back", () => {
    expect(body.publicKey).toEqual(installer.publicKey);
    expect(toHex(encodeCertificate(body, office))).toBe(vector.file);
    expect(read(file)).toEqual({ ok: true, certificate: { ...body, office: office.publicKey } });
  });

  it("is refused with any byte changed, and cut off anywhere", () => {
    for (const bits of [0x01, 0x80, 0xff]) {
      for (let at = 0; at < file.length; at += 1) {
        const changed = file.slice();
        changed[at]! ^= bits;
        expect(read(changed).ok, `byte ${at} xor ${bits}`).toBe(false);
      }
    }
    for (let size = 0; size < file.length; size += 1) expect(read(file.subarray(0, size)).ok, `${size}`).toBe(false);
    expect(read(concat(file, file)).ok).toBe(false);
  });

  it("is not written, nor read, where it could never be good", () => {
    for (const more of [
      { expires: body.issued },
      { name: "" },
      { name: "a\nb" },
      { name: "x".repeat(81) },
      { serial: 0 },
      { publicKey: new Uint8Array(31) },
    ]) {
      expect(() => encodeCertificate({ ...body, ...more }, office), Object.keys(more).join()).toThrow(RangeError);
    }
    const sign1 = decodeSign1(decodeCbor(file));
    const payload = new Map(decodeCbor(sign1.payload) as ReadonlyMap<number, never>);
    const over = encodeSign1(sign1, encodeCbor(payload.set(5, body.issued as never)), office.sign);
    expect(read(over)).toMatchObject({ refusal: "malformed", detail: "it expires before it was issued" });
  });
});

describe("what an installer signs", () => {
  const [login] = vectors.logins;
  const [terminal, challenge, certificate] = [login.terminal, login.challenge, login.certificate].map(fromHex) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];

  it("is that of the vector, as the format says it", () => {
    const message = loginMessage(sha256, terminal, challenge, certificate);
    expect(toHex(message)).toBe(login.message);
    const hash = createHash("sha256").update(certificate).digest();
    expect(toHex(message)).toBe(toHex(concat(ascii("cachet/login/1"), terminal, challenge, hash)));
    expect(toHex(installer.sign(message))).toBe(login.signature);
    expect(verifyEd25519(installer.publicKey, message, fromHex(login.signature))).toBe(true);
  });

  it("has parts of fixed size", () => {
    expect(() => loginMessage(sha256, terminal.subarray(1), challenge, certificate)).toThrow(RangeError);
    expect(() => loginMessage(sha256, terminal, concat(challenge, challenge), certificate)).toThrow(RangeError);
  });
});
