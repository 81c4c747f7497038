import { ascii, fromHex, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { decrypt, encrypt, scrypt } from "./sealing.ts";

/** RFC 7914, section 12. */
describe("scrypt", () => {
  it("gives the published vectors", () => {
    const easy = scrypt(new Uint8Array(), new Uint8Array(), { logN: 4, r: 1, p: 1 }, 64);
    expect(toHex(easy)).toBe(
      "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906",
    );
    const usual = scrypt(ascii("pleaseletmein"), ascii("SodiumChloride"), { logN: 14, r: 8, p: 1 }, 64);
    expect(toHex(usual)).toBe(
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    );
  });
});

/** RFC 8439, section 2.8.2. */
describe("ChaCha20-Poly1305", () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => 0x80 + i);
  const nonce = fromHex("070000004041424344454647");
  const header = fromHex("50515253c0c1c2c3c4c5c6c7");
  const plain = ascii(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  );

  it("gives the published vector, and opens it", () => {
    const sealed = encrypt(key, nonce, header, plain);
    expect(toHex(sealed.subarray(0, 16))).toBe("d31a8d34648e60db7b86afbc53ef7ec2");
    expect(toHex(sealed.subarray(-16))).toBe("1ae10b594f09e26a7e902ecbd0600691");
    expect(decrypt(key, nonce, header, sealed)).toEqual(plain);
  });

  it("opens nothing that is not what was sealed", () => {
    const sealed = encrypt(key, nonce, header, plain);
    expect(decrypt(key, nonce, fromHex("50515253c0c1c2c3c4c5c6c6"), sealed)).toBeNull();
    expect(decrypt(key, nonce.slice().fill(0), header, sealed)).toBeNull();
    expect(decrypt(key, nonce, header, sealed.subarray(0, -1))).toBeNull();
    expect(decrypt(key, nonce, header, new Uint8Array(15))).toBeNull();
  });
});
