import { fromHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { originality, type SignedFamily, signedFamily } from "./originality.ts";

/** Published samples; all of them are in tests/flow/card-vectors.test.ts. */
const SAMPLES: readonly { readonly family: SignedFamily; readonly uid: string; readonly signature: string }[] = [
  {
    family: "NTAG21x",
    uid: "04e10cda993c80",
    signature: "8b76052ee42f5567beb53238b3e3f9950707c0dcc956b5c5efcfdb709b2d82b3",
  },
  {
    family: "MIFARE Ultralight EV1",
    uid: "04c1285a373080",
    signature: "cea2eb0b3c95d0844a95b824a7553703b3702378033bf0987899db70151a19e7",
  },
];
const ORDER = "fffffffe0000000075a30d1b9038a115";

describe.each(SAMPLES)("the originality signature of a $family", ({ family, uid, signature }) => {
  const genuineUid = fromHex(uid);
  const genuine = fromHex(signature);

  it("verifies over its own UID only", () => {
    expect(originality(family, genuineUid, genuine)).toBe("genuine");
    for (let bit = 0; bit < 7 * 8; bit += 5) {
      const other = genuineUid.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(originality(family, other, genuine), `UID bit ${bit}`).toBe("not-genuine");
    }
  });

  it("fails with any bit of it changed", () => {
    for (let bit = 0; bit < 32 * 8; bit += 7) {
      const other = genuine.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(originality(family, genuineUid, other), `signature bit ${bit}`).toBe("not-genuine");
    }
  });

  it("fails with the key of the other family", () => {
    const other = family === "NTAG21x" ? "MIFARE Ultralight EV1" : "NTAG21x";
    expect(originality(other, genuineUid, genuine)).toBe("not-genuine");
  });

  it("needs both numbers between one and the order of the curve", () => {
    const half = (text: string, at: number) => text.slice(at, at + 32);
    const zero = "0".repeat(32);
    for (const [r, s] of [
      [zero, half(signature, 32)],
      [half(signature, 0), zero],
      [ORDER, half(signature, 32)],
      [half(signature, 0), ORDER],
      ["f".repeat(32), "f".repeat(32)],
    ]) {
      expect(originality(family, genuineUid, fromHex(`${r}${s}`)), `${r} ${s}`).toBe("not-genuine");
    }
  });

  it("is missing when it is zeros or of another length", () => {
    for (const none of [new Uint8Array(32), new Uint8Array(0), genuine.subarray(0, 31), new Uint8Array(48).fill(1)]) {
      expect(originality(family, genuineUid, none)).toBe("no-signature");
    }
  });

  it("is over seven bytes of UID", () => {
    expect(originality(family, genuineUid.subarray(0, 4), genuine)).toBe("not-genuine");
    expect(originality(family, Uint8Array.of(0, ...genuineUid), genuine)).toBe("not-genuine");
  });
});

it("every chip belongs to a family", () => {
  expect(signedFamily("NTAG216")).toBe("NTAG21x");
  expect(signedFamily("MF0UL11")).toBe("MIFARE Ultralight EV1");
});
