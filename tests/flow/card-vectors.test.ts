import { readFileSync } from "node:fs";
import { type AtrFamily, atrFamily, crcA, fromHex, toHex, uidCheckBytes, uidOfPages } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { originality, type SignedFamily } from "../../host/src/cards/originality.ts";

/** Published vectors of many card media. Those of the Type 2 chips are tried here, one by one; the rest waits for its medium. */
interface Group {
  readonly name: string;
  readonly vectors: readonly Readonly<Record<string, string>>[];
}

const file = new URL("../../../shared/reference/card-vectors.json", import.meta.url);
const { groups } = JSON.parse(readFileSync(file, "utf8")) as { readonly groups: readonly Group[] };

function vectorsOf(name: string): Group["vectors"] {
  const group = groups.find((known) => known.name === name);
  if (group === undefined || group.vectors.length === 0) throw new Error(`no vectors of ${name}`);
  return group.vectors;
}

/** Groups that concern NTAG21x and MIFARE Ultralight EV1, with the number of vectors in each. */
const OURS: Readonly<Record<string, number>> = {
  "NXP originality signatures": 25,
  CRC_A: 14,
  "Storage-card ATRs (PC/SC part 3)": 8,
  "7-byte UID check bytes": 1,
};

/** Groups of media and schemes that Cachet does not use yet, and where others are tried. */
const LATER: Readonly<Record<string, string>> = {
  "AES-128-CMAC": "Ultralight AES, DESFire",
  "AES-128 key diversification AN10922": "Ultralight AES, DESFire",
  "MIFARE Ultralight AES authentication and CMAC secure messaging": "Ultralight AES",
  "EV2 secure messaging (DESFire EV2/EV3, NTAG 424 DNA)": "DESFire, NTAG 424 DNA",
  "DESFire Transaction MAC session keys": "DESFire",
  "NTAG 424 DNA SUN message": "NTAG 424 DNA",
  "Track characters, odd parity, LRC and raw packing": "stripes, in firmware/src/counter/stripe.test.ts",
  "ISO 7813 / AAMVA sample tracks with LRC": "stripes, in firmware/src/counter/stripe.test.ts",
  "Numeric track capacity and packing": "records on a stripe",
  "MIFARE Classic value blocks and access bits": "MIFARE Classic",
};

/** Signers in the group of originality signatures, with the number of samples: ours, and those of later media. */
const OUR_SIGNERS: Readonly<Record<SignedFamily, number>> = { NTAG21x: 4, "MIFARE Ultralight EV1": 2 };
const LATER_SIGNERS: readonly string[] = [
  "MIFARE Classic EV1",
  "MIFARE Ultralight AES",
  "MIFARE Ultralight AES (alternate key)",
  "NTAG 223/224 DNA",
  "MIFARE DESFire EV1 / NTAG413 DNA",
  "MIFARE DESFire EV2",
  "MIFARE DESFire EV3",
  "NTAG 424 DNA",
  "MIFARE DESFire Light",
];

/** Families by the name codes in the file; null: cards that Cachet does not tell apart. */
const ATR_FAMILIES: Readonly<Record<string, AtrFamily | null>> = {
  "0001": "classic-1k",
  "0002": "classic-4k",
  "0003": "ultralight",
  "003a": "ultralight-c",
  "003d": "ultralight-ev1",
  f004: null,
  f011: null,
  ff20: null,
};

describe("the file of card vectors", () => {
  it("has no group that nobody knows, and every group that belongs here", () => {
    expect(groups.map(({ name }) => name).sort()).toEqual([...Object.keys(OURS), ...Object.keys(LATER)].sort());
  });

  it("has all the vectors it is known to have", () => {
    const counted = Object.keys(OURS).map((name) => [name, vectorsOf(name).length]);
    expect(Object.fromEntries(counted)).toEqual(OURS);
  });

  it("has no signer that nobody knows", () => {
    const signers = new Set(vectorsOf("NXP originality signatures").map(({ family }) => family));
    expect([...signers].sort()).toEqual([...Object.keys(OUR_SIGNERS), ...LATER_SIGNERS].sort());
  });
});

describe.each(Object.entries(OUR_SIGNERS))("originality signatures of %s", (family, count) => {
  const signer = family as SignedFamily;
  const samples = vectorsOf("NXP originality signatures").filter((vector) => vector.family === family);

  it(`are ${count}`, () => {
    expect(samples).toHaveLength(count);
  });

  it.each(samples)("of $uid verifies, and with one bit of the UID changed it does not", ({ uid, signature }) => {
    const signed = fromHex(uid!);
    expect(originality(signer, signed, fromHex(signature!))).toBe("genuine");
    for (let bit = 0; bit < 8 * signed.length; bit += 1) {
      const other = signed.slice();
      other[bit >> 3]! ^= 1 << (bit & 7);
      expect(originality(signer, other, fromHex(signature!)), `bit ${bit}`).toBe("not-genuine");
    }
  });
});

describe("what every Type A card has", () => {
  it.each(vectorsOf("CRC_A"))("CRC_A of $data is $crc", ({ data, crc }) => {
    expect(toHex(crcA(fromHex(data!)))).toBe(crc);
  });

  it.each(vectorsOf("7-byte UID check bytes"))("check bytes of $uid", ({ uid, bcc0, bcc1, page0, page1, page2 }) => {
    const check = uidCheckBytes(fromHex(uid!));
    expect([check.bcc0, check.bcc1].map((byte) => toHex(Uint8Array.of(byte)))).toEqual([bcc0, bcc1]);
    expect(toHex(uidOfPages(fromHex(`${page0}${page1}${page2}`))!)).toBe(uid);
  });

  it.each(vectorsOf("Storage-card ATRs (PC/SC part 3)"))("ATR of $name", ({ atr, card_name_code: code }) => {
    expect(ATR_FAMILIES).toHaveProperty(code!);
    const nameCode = Number.parseInt(code!, 16);
    expect(atrFamily(fromHex(atr!))).toEqual({ standard: 3, nameCode, family: ATR_FAMILIES[code!] });
    const wrong = fromHex(atr!);
    wrong[19]! ^= 1;
    expect(atrFamily(wrong)).toBeNull();
  });
});
