import type { Chip } from "@cachet/card-layout";
import { fromHex, isBlank, toHex } from "@cachet/card-layout";
import { weierstrass } from "@noble/curves/abstract/weierstrass.js";

/** Families of chips whose UID NXP signs with a key of their own. */
export type SignedFamily = "NTAG21x" | "MIFARE Ultralight EV1";

/**
 * What the originality signature says of a chip. `genuine`: NXP signed this UID; a clone that copies UID and signature says the
 * same. `no-signature`: all zeros or not 32 bytes, as chips of other makers and most dump files have it.
 */
export type Originality = "genuine" | "not-genuine" | "no-signature";

/** secp128r1 (SEC 2, version 1.0, section 2.3.1). */
const Point = weierstrass({
  p: 0xfffffffdffffffffffffffffffffffffn,
  a: 0xfffffffdfffffffffffffffffffffffcn,
  b: 0xe87579c11079f43dd824993c2cee5ed3n,
  Gx: 0x161ff7528b899b2d0c28607ca52c5b86n,
  Gy: 0xcf5ac8395bafeb13c02da292dded7a83n,
  n: 0xfffffffe0000000075a30d1b9038a115n,
  h: 1n,
});

/** NXP's public keys (AN11350 for NTAG21x, AN11341 for MIFARE Ultralight EV1), uncompressed points. */
const KEYS: Readonly<Record<SignedFamily, string>> = {
  NTAG21x: "04494e1a386d3d3cfe3dc10e5de68a499b1c202db5b132393e89ed19fe5be8bc61",
  "MIFARE Ultralight EV1": "0490933bdcd6e99b4e255e3da55389a827564e11718e017292faf23226a96614b8",
};

const FAMILIES: Readonly<Record<Chip, SignedFamily>> = {
  NTAG213: "NTAG21x",
  NTAG215: "NTAG21x",
  NTAG216: "NTAG21x",
  MF0UL11: "MIFARE Ultralight EV1",
  MF0UL21: "MIFARE Ultralight EV1",
};

/** The family whose key signs this chip's UID. */
export function signedFamily(chip: Chip): SignedFamily {
  return FAMILIES[chip];
}

const SIGNATURE_BYTES = 32;
const integer = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`);

/** ECDSA verification (SEC 1, section 4.1.4) where the message representative is given instead of hashed. */
function verifies(family: SignedFamily, representative: bigint, r: bigint, s: bigint): boolean {
  const { ORDER } = Point.Fn;
  if (r === 0n || s === 0n || r >= ORDER || s >= ORDER) return false;
  const inverse = Point.Fn.inv(s);
  const fromBase = Point.BASE.multiplyUnsafe(Point.Fn.mul(representative, inverse));
  const fromKey = Point.fromBytes(fromHex(KEYS[family])).multiplyUnsafe(Point.Fn.mul(r, inverse));
  const sum = fromBase.add(fromKey);
  return !sum.is0() && sum.toAffine().x % ORDER === r;
}

/**
 * Checks the answer of READ_SIG, r then s in 16 bytes each, over a 7-byte UID: ECDSA on secp128r1 with the UID itself, not a
 * hash of it, as the message representative (AN11350, AN11341). A UID of another length is `not-genuine`.
 */
export function originality(family: SignedFamily, uid: Uint8Array, signature: Uint8Array): Originality {
  if (signature.length !== SIGNATURE_BYTES || isBlank(signature)) return "no-signature";
  if (uid.length !== 7) return "not-genuine";
  const r = integer(signature.subarray(0, 16));
  const s = integer(signature.subarray(16));
  return verifies(family, integer(uid), r, s) ? "genuine" : "not-genuine";
}
