import { ascii, bigEndian, concat, readBigEndian, sameSeal } from "@cachet/card-layout";
import {
  ED25519_KEY_BYTES,
  ED25519_SIGNATURE_BYTES,
  type Ed25519Sign,
  type Ed25519Verify,
  SHA256_BYTES,
  type Sha256,
} from "./crypto.ts";
import { utf8Decode, utf8Encode } from "./utf8.ts";

/**
 * Image container: MCUboot image (docs/design.md of mcu-tools/mcuboot, "Image format"), Ed25519 over the SHA-256 digest
 * as `imgtool sign` writes by default. All integers little-endian.
 *
 *   header 32 bytes | payload | protected TLVs (info 6908h) | unprotected TLVs (info 6907h)
 */
const HEADER_BYTES = 32;
const MAGIC = 0x96f3b83d;
const PROTECTED_MAGIC = 0x6908;
const UNPROTECTED_MAGIC = 0x6907;
const INFO_BYTES = 4;

const TLV = {
  keyHash: 0x01,
  sha256: 0x10,
  ed25519: 0x24,
  securityCounter: 0x50,
  /** Product: ASCII. */
  product: 0x00a0,
  /** Lowest and highest state layout that the image reads: two bytes. */
  layouts: 0x00a1,
  /** Programmes: per programme number u16, version u16, length u8, name in UTF-8; integers big-endian. */
  programmes: 0x00a2,
  /** Model of terminal: ASCII. Absent: any. */
  model: 0x00a3,
  /** Merchants whose terminals may run it: numbers u16, big-endian. Absent: any. */
  merchants: 0x00a4,
  /** Level of the hardware interface that the app needs: one byte. Absent: 1. */
  halLevel: 0x00a5,
} as const;

/** DER SubjectPublicKeyInfo of an Ed25519 key (RFC 8410), without the 32 key bytes. KEYHASH is over prefix and key. */
const SPKI_PREFIX = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

export const PRODUCT = "cachet-terminal";
const PRODUCT_BYTES_MAX = 32;
/** Larger than any image we run; bounds what a verifier reads. */
export const IMAGE_BYTES_MAX = 1 << 20;

export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  readonly revision: number;
  readonly build: number;
}

export interface ImageProgramme {
  readonly number: number;
  readonly version: number;
  readonly name: string;
}

export interface ImageFacts {
  readonly version: ImageVersion;
  readonly securityCounter: number;
  readonly product: string;
  readonly layouts: { readonly lowest: number; readonly highest: number };
  readonly programmes: readonly ImageProgramme[];
  /** The only model of terminal that may run it; any where it is left out. */
  readonly model?: string;
  /** The only merchants whose terminals may run it; any where they are left out. */
  readonly merchants?: readonly number[];
  /** What the app needs of the hardware interface; 1 where it is left out. */
  readonly halLevel?: number;
}

export interface Image extends ImageFacts {
  readonly payload: Uint8Array;
  /** SHA-256 of header, payload and protected TLVs: what SMP lists and batches name. */
  readonly hash: Uint8Array;
  /** SHA-256 of the signer's SubjectPublicKeyInfo. */
  readonly keyHash: Uint8Array;
}

/** Why an image is refused, in the order in which the checks are made. */
export type ImageRefusal =
  | "too-long"
  | "too-short"
  | "bad-magic"
  | "bad-header"
  | "no-protected-area"
  | "bad-size"
  | "bad-tlv"
  | "duplicate-tlv"
  | "unknown-tlv"
  | "missing-tlv"
  | "tlv-order"
  | "hash-mismatch"
  | "unknown-key"
  | "bad-signature"
  | "other-product"
  | "other-model"
  | "other-merchant"
  | "newer-hal"
  | "older-counter"
  | "unreadable-layout";

export type ImageReading =
  | { readonly ok: true; readonly image: Image }
  | { readonly ok: false; readonly refusal: ImageRefusal; readonly detail: string };

export interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: Ed25519Sign;
}

function le(value: number, size: number): Uint8Array {
  return bigEndian(value, size).reverse();
}

function readLe(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let i = size - 1; i >= 0; i -= 1) value = value * 256 + bytes[at + i]!;
  return value;
}

const tlv = (type: number, value: Uint8Array): Uint8Array => concat(le(type, 2), le(value.length, 2), value);

function area(magic: number, tlvs: readonly Uint8Array[]): Uint8Array {
  const body = concat(...tlvs);
  return concat(le(magic, 2), le(INFO_BYTES + body.length, 2), body);
}

/** KEYHASH of a public key. */
export function keyHashOf(sha256: Sha256, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(SPKI_PREFIX, publicKey));
}

function encodeProgrammes(programmes: readonly ImageProgramme[]): Uint8Array {
  return concat(
    ...programmes.map(({ number, version, name }) => {
      const utf8 = utf8Encode(name);
      return concat(bigEndian(number, 2), bigEndian(version, 2), bigEndian(utf8.length, 1), utf8);
    }),
  );
}

function decodeProgrammes(bytes: Uint8Array): ImageProgramme[] | null {
  const programmes: ImageProgramme[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 5 > bytes.length || at + 5 + bytes[at + 4]! > bytes.length) return null;
    const end = at + 5 + bytes[at + 4]!;
    const name = utf8Decode(bytes.subarray(at + 5, end));
    if (name === null) return null;
    programmes.push({
      number: bytes[at]! * 256 + bytes[at + 1]!,
      version: bytes[at + 2]! * 256 + bytes[at + 3]!,
      name,
    });
    at = end;
  }
  return programmes;
}

const numbersIn = (bytes: Uint8Array): number[] =>
  Array.from({ length: bytes.length / 2 }, (_, i) => readBigEndian(bytes, 2 * i, 2));

/** Packs protected TLVs that are not ours too: what tests need to rebuild images of other tools. */
export function encodeContainer(
  version: ImageVersion,
  payload: Uint8Array,
  protectedTlvs: readonly { readonly type: number; readonly value: Uint8Array }[],
): Uint8Array {
  const protectedArea = area(
    PROTECTED_MAGIC,
    protectedTlvs.map(({ type, value }) => tlv(type, value)),
  );
  const header = concat(
    le(MAGIC, 4),
    le(0, 4), // load address
    le(HEADER_BYTES, 2),
    le(protectedArea.length, 2),
    le(payload.length, 4),
    le(0, 4), // flags
    le(version.major, 1),
    le(version.minor, 1),
    le(version.revision, 2),
    le(version.build, 4),
    le(0, 4), // pad
  );
  return concat(header, payload, protectedArea);
}

/** Builds a signed image. The same arguments give the same bytes: Ed25519 is deterministic. */
export function encodeImage(facts: ImageFacts, payload: Uint8Array, signer: Signer, sha256: Sha256): Uint8Array {
  const region = encodeContainer(facts.version, payload, [
    { type: TLV.securityCounter, value: le(facts.securityCounter, 4) },
    { type: TLV.product, value: ascii(facts.product) },
    { type: TLV.layouts, value: Uint8Array.of(facts.layouts.lowest, facts.layouts.highest) },
    { type: TLV.programmes, value: encodeProgrammes(facts.programmes) },
    ...(facts.model === undefined ? [] : [{ type: TLV.model, value: ascii(facts.model) }]),
    ...(facts.merchants === undefined
      ? []
      : [{ type: TLV.merchants, value: concat(...facts.merchants.map((number) => bigEndian(number, 2))) }]),
    ...(facts.halLevel === undefined ? [] : [{ type: TLV.halLevel, value: Uint8Array.of(facts.halLevel) }]),
  ]);
  const digest = sha256(region);
  return concat(
    region,
    area(UNPROTECTED_MAGIC, [
      tlv(TLV.sha256, digest),
      tlv(TLV.keyHash, keyHashOf(sha256, signer.publicKey)),
      tlv(TLV.ed25519, signer.sign(digest)),
    ]),
  );
}

class Refused extends Error {
  readonly refusal: ImageRefusal;
  constructor(refusal: ImageRefusal, detail: string) {
    super(detail);
    this.refusal = refusal;
  }
}

function refuse(refusal: ImageRefusal, detail: string): never {
  throw new Refused(refusal, detail);
}

type Tlvs = ReadonlyMap<number, Uint8Array>;

/** TLVs of one area, parsed to its very end. Each type has one size (null: any) and stands once; those that are needed exactly once. */
function readTlvs(
  bytes: Uint8Array,
  where: string,
  needed: ReadonlyMap<number, number | null>,
  optional: ReadonlyMap<number, number | null> = new Map(),
): Tlvs {
  const found = new Map<number, Uint8Array>();
  let at = INFO_BYTES;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) refuse("bad-tlv", `${where}: a TLV head is cut off`);
    const [type, length] = [readLe(bytes, at, 2), readLe(bytes, at + 2, 2)];
    const name = `TLV ${type.toString(16).padStart(4, "0")}h`;
    if (at + 4 + length > bytes.length) refuse("bad-tlv", `${where}: ${name} is cut off`);
    const size = needed.has(type) ? needed.get(type) : optional.get(type);
    if (size === undefined) refuse("unknown-tlv", `${where}: ${name}`);
    if (size !== null && size !== length) refuse("bad-tlv", `${where}: ${name} has ${length} bytes instead of ${size}`);
    if (found.has(type)) refuse("duplicate-tlv", `${where}: ${name} stands twice`);
    found.set(type, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  for (const type of needed.keys()) {
    if (!found.has(type)) refuse("missing-tlv", `${where}: TLV ${type.toString(16).padStart(4, "0")}h`);
  }
  return found;
}

const PROTECTED_TLVS = new Map<number, number | null>([
  [TLV.securityCounter, 4],
  [TLV.product, null],
  [TLV.layouts, 2],
  [TLV.programmes, null],
]);
const OPTIONAL_TLVS = new Map<number, number | null>([
  [TLV.model, null],
  [TLV.merchants, null],
  [TLV.halLevel, 1],
]);
const UNPROTECTED_TLVS = new Map<number, number | null>([
  [TLV.sha256, SHA256_BYTES],
  [TLV.keyHash, SHA256_BYTES],
  [TLV.ed25519, ED25519_SIGNATURE_BYTES],
]);

/** The order in which readers need them: the hash before what names and signs it (MCUboot, image_validate.c). */
const UNPROTECTED_ORDER: readonly number[] = [TLV.sha256, TLV.keyHash, TLV.ed25519];

function readUnprotected(bytes: Uint8Array): Tlvs {
  const found = readTlvs(bytes, "unprotected", UNPROTECTED_TLVS);
  if ([...found.keys()].some((type, at) => type !== UNPROTECTED_ORDER[at])) {
    refuse("tlv-order", "unprotected: not hash, key hash, signature");
  }
  return found;
}

interface Parts {
  readonly version: ImageVersion;
  readonly payload: Uint8Array;
  readonly region: Uint8Array;
  readonly protectedTlvs: Tlvs;
  readonly unprotectedTlvs: Tlvs;
}

function split(file: Uint8Array): Parts {
  if (file.length > IMAGE_BYTES_MAX) refuse("too-long", `${file.length} bytes, at most ${IMAGE_BYTES_MAX}`);
  if (file.length < HEADER_BYTES) refuse("too-short", `${file.length} bytes, the header alone has ${HEADER_BYTES}`);
  if (readLe(file, 0, 4) !== MAGIC) refuse("bad-magic", "not an MCUboot image");
  if (readLe(file, 4, 4) !== 0) refuse("bad-header", "load address is not zero");
  if (readLe(file, 8, 2) !== HEADER_BYTES) refuse("bad-header", `header of ${readLe(file, 8, 2)} bytes`);
  if (readLe(file, 16, 4) !== 0) refuse("bad-header", "flags are not zero");
  if (readLe(file, 28, 4) !== 0) refuse("bad-header", "padding is not zero");
  const protectedSize = readLe(file, 10, 2);
  const payloadEnd = HEADER_BYTES + readLe(file, 12, 4);
  const regionEnd = payloadEnd + protectedSize;
  if (protectedSize < INFO_BYTES) refuse("no-protected-area", "no protected TLVs");
  if (regionEnd + INFO_BYTES > file.length) refuse("bad-size", `sizes reach byte ${regionEnd} of ${file.length}`);
  if (readLe(file, payloadEnd, 2) !== PROTECTED_MAGIC || readLe(file, payloadEnd + 2, 2) !== protectedSize) {
    refuse("bad-size", "protected area is not where the header says");
  }
  if (readLe(file, regionEnd, 2) !== UNPROTECTED_MAGIC) refuse("bad-size", "unprotected area does not follow");
  if (regionEnd + readLe(file, regionEnd + 2, 2) !== file.length)
    refuse("bad-size", "file does not end with the last TLV");
  return {
    version: {
      major: file[20]!,
      minor: file[21]!,
      revision: readLe(file, 22, 2),
      build: readLe(file, 24, 4),
    },
    payload: file.subarray(HEADER_BYTES, payloadEnd),
    region: file.subarray(0, regionEnd),
    protectedTlvs: readTlvs(file.subarray(payloadEnd, regionEnd), "protected", PROTECTED_TLVS, OPTIONAL_TLVS),
    unprotectedTlvs: readUnprotected(file.subarray(regionEnd)),
  };
}

/** Everything but the signature: structure, hash, and what the protected area says. */
function read(file: Uint8Array, sha256: Sha256): { readonly image: Image; readonly signature: Uint8Array } {
  const { version, payload, region, protectedTlvs, unprotectedTlvs } = split(file);
  const hash = unprotectedTlvs.get(TLV.sha256)!;
  if (!sameSeal(sha256(region), hash)) refuse("hash-mismatch", "content does not match its hash");
  const [lowest = 0, highest = 0] = protectedTlvs.get(TLV.layouts)!;
  const product = protectedTlvs.get(TLV.product)!;
  if (product.length > PRODUCT_BYTES_MAX) refuse("bad-tlv", `protected: product of ${product.length} bytes`);
  const programmes = decodeProgrammes(protectedTlvs.get(TLV.programmes)!);
  if (programmes === null) refuse("bad-tlv", "protected: list of programmes");
  const [model, merchants] = [protectedTlvs.get(TLV.model), protectedTlvs.get(TLV.merchants)];
  const halLevel = protectedTlvs.get(TLV.halLevel)?.[0];
  if (model !== undefined && (model.length === 0 || model.length > PRODUCT_BYTES_MAX)) {
    refuse("bad-tlv", `protected: model of ${model.length} bytes`);
  }
  if (merchants !== undefined && merchants.length % 2 !== 0) refuse("bad-tlv", "protected: list of merchants");
  return {
    image: {
      version,
      securityCounter: readLe(protectedTlvs.get(TLV.securityCounter)!, 0, 4),
      product: String.fromCharCode(...product),
      layouts: { lowest, highest },
      programmes,
      ...(model === undefined ? {} : { model: String.fromCharCode(...model) }),
      ...(merchants === undefined ? {} : { merchants: numbersIn(merchants) }),
      ...(halLevel === undefined ? {} : { halLevel }),
      payload,
      hash,
      keyHash: unprotectedTlvs.get(TLV.keyHash)!,
    },
    signature: unprotectedTlvs.get(TLV.ed25519)!,
  };
}

function checkFit({ model, merchants, halLevel = 1 }: Image, device: ImageDevice): void {
  if (model !== undefined && model !== device.model) {
    refuse("other-model", `made for ${model}, this is ${device.model}`);
  }
  if (merchants !== undefined && device.merchant !== null && !merchants.includes(device.merchant)) {
    refuse("other-merchant", `made for merchant ${merchants.join(", ")}, this is ${device.merchant}`);
  }
  if (halLevel > device.halLevel) {
    refuse("newer-hal", `needs hardware interface ${halLevel}, this one has ${device.halLevel}`);
  }
}

function check(file: Uint8Array, expected: ImageExpectation): Image {
  const { sha256, trustedKeys, layoutsInField: field } = expected;
  const { image, signature } = read(file, sha256);
  const publicKey = trustedKeys.find((trusted) => sameSeal(keyHashOf(sha256, trusted), image.keyHash));
  if (publicKey === undefined || publicKey.length !== ED25519_KEY_BYTES) {
    refuse("unknown-key", "signed by a key that is not trusted here");
  }
  if (!expected.verify(publicKey, image.hash, signature)) refuse("bad-signature", "signature does not verify");
  if (image.product !== PRODUCT) refuse("other-product", `made for ${image.product}`);
  if (expected.device !== undefined) checkFit(image, expected.device);
  if (image.securityCounter < expected.securityCounter) {
    refuse(
      "older-counter",
      `security counter ${image.securityCounter}, at least ${expected.securityCounter} is needed`,
    );
  }
  const { lowest, highest } = image.layouts;
  if (lowest > field.lowest || highest < field.highest) {
    const carried = `cards carry ${field.lowest} to ${field.highest}`;
    refuse("unreadable-layout", `reads state layouts ${lowest} to ${highest}, ${carried}`);
  }
  return image;
}

/** What of a terminal an image may be made for. */
export interface ImageDevice {
  readonly model: string;
  /** Null where nobody knows yet whose terminal it is. */
  readonly merchant: number | null;
  /** The level of the hardware interface that it has. */
  readonly halLevel: number;
}

export interface ImageExpectation {
  readonly trustedKeys: readonly Uint8Array[];
  /** The terminal that is to run it; left out where nobody asks about one. */
  readonly device?: ImageDevice;
  /** The lowest security counter that is still accepted. */
  readonly securityCounter: number;
  readonly layoutsInField: { readonly lowest: number; readonly highest: number };
  readonly sha256: Sha256;
  readonly verify: Ed25519Verify;
}

function reading(image: () => Image): ImageReading {
  try {
    return { ok: true, image: image() };
  } catch (error) {
    if (error instanceof Refused) return { ok: false, refusal: error.refusal, detail: error.message };
    throw error;
  }
}

/** Verifies an image strictly: every byte is accounted for, and nothing of the payload is used before the signature has passed. */
export function verifyImage(file: Uint8Array, expected: ImageExpectation): ImageReading {
  return reading(() => check(file, expected));
}

/** What an image says of itself, with its hash checked and its signature NOT: to look at, never to run. */
export function inspectImage(file: Uint8Array, sha256: Sha256): ImageReading {
  return reading(() => read(file, sha256).image);
}
