import { ascii, fromHex } from "@cachet/card-layout";
import { hmacSha256, hpkeCrypto, sha256, signerOf, verifyEd25519 } from "../crypto.ts";
import { type Check, must, mustBe, pattern } from "./check.ts";

/** SHA-256: FIPS 180-4, and lengths around its blocks. Made when it is tried: a terminal would carry a megabyte for ever. */
const hashes = (): readonly (readonly [message: Uint8Array, hash: string])[] => [
  [new Uint8Array(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  [ascii("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  [new Uint8Array(1_000_000).fill(0x61), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

/** RFC 4231, cases 1, 2 and 6. */
const MACS: readonly (readonly [key: Uint8Array, message: string, mac: string])[] = [
  [new Uint8Array(20).fill(0x0b), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [ascii("Jefe"), "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"],
  [
    new Uint8Array(131).fill(0xaa),
    "Test Using Larger Than Block-Size Key - Hash Key First",
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
];

/** RFC 8032, 7.1: test 3. */
const SIGNED = {
  secret: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
  publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
  message: "af82",
  signature:
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
};

/** RFC 7748, 5.2: the first one. */
const AGREED = {
  secret: "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
  publicKey: "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
  shared: "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
};

/** RFC 8439, 2.8.2: the first 16 bytes of the ciphertext, and the tag. */
const SEALED = {
  key: "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f",
  nonce: "070000004041424344454647",
  aad: "50515253c0c1c2c3c4c5c6c7",
  plain:
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  begins: "d31a8d34648e60db7b86afbc53ef7ec2",
  ends: "1ae10b594f09e26a7e902ecbd0600691",
};

/** A copy with one bit that differs. */
const altered = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

const check = (name: string, run: () => void): Check => ({
  name,
  needs: "nothing",
  async run() {
    run();
  },
});

export const CRYPTO_CHECKS: readonly Check[] = [
  check("hash", () => {
    for (const [message, hash] of hashes())
      mustBe(`the hash of ${message.length} bytes`, sha256(message), fromHex(hash));
    const shown = pattern(300, 5).subarray(100, 200);
    mustBe("the hash of a part of a buffer", sha256(shown), sha256(shown.slice()));
  }),
  check("mac", () => {
    for (const [key, message, mac] of MACS)
      mustBe(`the MAC under a key of ${key.length} bytes`, hmacSha256(key, ascii(message)), fromHex(mac));
  }),
  check("signature", () => {
    const signer = signerOf(fromHex(SIGNED.secret));
    const [message, signature] = [fromHex(SIGNED.message), fromHex(SIGNED.signature)];
    mustBe("the public half of a key", signer.publicKey, fromHex(SIGNED.publicKey));
    mustBe("a signature", signer.sign(message), signature);
    must(verifyEd25519(signer.publicKey, message, signature), "a good signature is refused");
    for (const at of [0, 31, 32, 63])
      must(!verifyEd25519(signer.publicKey, message, altered(signature, at)), `a signature altered at ${at} is taken`);
    must(!verifyEd25519(signer.publicKey, altered(message, 0), signature), "a signature of another message is taken");
    must(!verifyEd25519(altered(signer.publicKey, 3), message, signature), "a signature of another key is taken");
    for (const short of [new Uint8Array(), signature.slice(1)])
      must(!verifyEd25519(signer.publicKey, message, short), `a signature of ${short.length} bytes is taken`);
    // RFC 8032, 5.1.7: the number in the second half is below the group's order.
    const high = signature.map((byte, i) => (i === 63 ? byte | 0xf0 : byte));
    must(!verifyEd25519(signer.publicKey, message, high), "a second form of a signature is taken");
  }),
  check("sealing", () => {
    const { x25519, encrypt, decrypt } = hpkeCrypto;
    const shared = x25519(fromHex(AGREED.secret), fromHex(AGREED.publicKey));
    mustBe("an agreed secret", shared ?? new Uint8Array(), fromHex(AGREED.shared));
    must(x25519(fromHex(AGREED.secret), new Uint8Array(32)) === null, "a public key that gives no secret is taken");
    const [key, nonce, aad, plain] = [
      fromHex(SEALED.key),
      fromHex(SEALED.nonce),
      fromHex(SEALED.aad),
      ascii(SEALED.plain),
    ];
    const sealed = encrypt(key, nonce, aad, plain);
    mustBe("the beginning of what was sealed", sealed.slice(0, 16), fromHex(SEALED.begins));
    mustBe("the tag of what was sealed", sealed.slice(-16), fromHex(SEALED.ends));
    mustBe("what was sealed and opened", decrypt(key, nonce, aad, sealed) ?? new Uint8Array(), plain);
    for (const at of [0, sealed.length - 1])
      must(decrypt(key, nonce, aad, altered(sealed, at)) === null, `what was altered at ${at} opens`);
    must(decrypt(key, nonce, altered(aad, 0), sealed) === null, "what was sealed with another word beside it opens");
  }),
];
