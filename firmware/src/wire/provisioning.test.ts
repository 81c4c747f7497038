import { readFileSync } from "node:fs";
import { ascii, concat, fromHex, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { hpkeCrypto, signerOfSecret, verifyEd25519 } from "../../../host/src/ports/crypto.ts";
import {
  asTest,
  deviceNamed,
  factsFor,
  findsSecret,
  KEYS,
  openFactsFor,
  sealFor,
  secretOf,
  signerNamed,
} from "../../../tests/fixtures/provisioning.ts";
import { type Cbor, decodeCbor, encodeCbor } from "./cbor.ts";
import { decodeSign1, encodeSign1 } from "./cose.ts";
import { hpkeOpen, hpkeSeal } from "./hpke.ts";

import {
  encodeProvision,
  type OpenSealed,
  openProvision,
  PROVISION_INFO,
  ProvisionFacts,
  type ProvisionKey,
  readProvision,
} from "./provisioning.ts";
import { encodeRequest, readRequest } from "./request.ts";

interface Named {
  readonly name: string;
  readonly file: string;
}
const vectors = JSON.parse(readFileSync(new URL("../../vectors/provisioning-1.json", import.meta.url), "utf8")) as {
  readonly device_ed25519_secret: string;
  readonly device_x25519_secret: string;
  readonly office_secret: string;
  readonly requests: readonly (Named & { readonly body: Record<string, unknown> })[];
  readonly provisions: readonly (Named & {
    readonly facts: Record<string, unknown>;
    readonly keys: readonly Record<string, unknown>[];
    readonly ephemeral: string;
  })[];
};
const x25519 = fromHex(vectors.device_x25519_secret);
const office = signerOfSecret(fromHex(vectors.office_secret));
const terminal = signerOfSecret(fromHex(vectors.device_ed25519_secret));

/** Texts of hexadecimal of 32 digits and more stand for bytes. */
function fromVector(value: unknown): unknown {
  if (typeof value === "string" && /^([0-9a-f]{32}){1,2}$/.test(value)) return fromHex(value);
  if (Array.isArray(value)) return value.map(fromVector);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, fromVector(field)]));
}

const open: OpenSealed = (sealed, info, aad) => hpkeOpen(hpkeCrypto, x25519, info, aad, sealed);
/** By node alone, apart from the terminal's own cryptography. */
const seal = (ephemeral: string) => (plain: Uint8Array, info: Uint8Array, aad: Uint8Array) =>
  hpkeSeal(hpkeCrypto, fromHex(ephemeral), hpkeCrypto.x25519Public(x25519), info, aad, plain);

describe.each(vectors.requests)("the request $name", ({ body, file }) => {
  const said = fromVector(body) as Parameters<typeof encodeRequest>[0];
  it("has the bytes of its vector, and reads back", () => {
    expect(toHex(encodeRequest(said, terminal))).toBe(file);
    expect(readRequest(fromHex(file), verifyEd25519)).toEqual({
      ok: true,
      request: { ...said, ed25519: terminal.publicKey },
    });
  });
});

describe.each(vectors.provisions)("the provision $name", ({ facts, keys, ephemeral, file }) => {
  const said = fromVector(facts) as ProvisionFacts;
  const held = fromVector(keys) as readonly ProvisionKey[];

  it("has the bytes of its vector, and opens for its terminal", () => {
    expect(toHex(encodeProvision(said, held, seal(ephemeral), office))).toBe(file);
    const reading = readProvision(fromHex(file), verifyEd25519);
    if (!reading.ok) throw new Error(reading.detail);
    expect(reading.provision).toMatchObject({ office: office.publicKey, facts: said });
    expect(openProvision(reading.provision, open)).toEqual({ ok: true, keys: held });
  });

  it("holds its keys sealed: none of them is in its bytes", () => {
    for (const { secret } of held) expect(file).not.toContain(toHex(secret.subarray(0, 8)));
  });
});

const FILES: readonly (readonly [string, Uint8Array, (file: Uint8Array) => { readonly ok: boolean }])[] = [
  ["request", fromHex(vectors.requests[1]!.file), (file) => readRequest(file, verifyEd25519)],
  ["provision", fromHex(vectors.provisions[0]!.file), (file) => readProvision(file, verifyEd25519)],
];

describe.each(FILES)("a %s", (_, file, read) => {
  it("is refused with any byte changed", () => {
    expect(read(file).ok).toBe(true);
    for (const bits of [0x01, 0x80, 0xff]) {
      for (let at = 0; at < file.length; at += 1) {
        const changed = file.slice();
        changed[at]! ^= bits;
        expect(read(changed).ok, `byte ${at} xor ${bits}`).toBe(false);
      }
    }
  });

  it("is refused cut off anywhere, and with bytes behind it", () => {
    for (let size = 0; size < file.length; size += 1) expect(read(file.subarray(0, size)).ok, `${size}`).toBe(false);
    expect(read(concat(file, Uint8Array.of(0)))).toMatchObject({ refusal: "malformed" });
  });

  it("is not believed under another key's name", () => {
    const sign1 = decodeSign1(decodeCbor(file));
    const other = signerNamed("a stranger");
    const headers = { ...sign1, keyId: String.fromCharCode(...other.publicKey) };
    // Signed by the stranger in his own name it reads; in the name of the first signer it does not.
    expect(read(encodeSign1(headers, sign1.payload, other.sign)).ok).toBe(true);
    expect(read(encodeSign1(sign1, sign1.payload, other.sign))).toMatchObject({ refusal: "bad-signature" });
  });

  it("says that it is newer, once its signature is right", () => {
    const sign1 = decodeSign1(decodeCbor(file));
    const signer =
      toHex(office.publicKey) === toHex(Uint8Array.from(sign1.keyId, (c) => c.charCodeAt(0))) ? office : terminal;
    const later = encodeSign1({ ...sign1, formatVersion: 2 }, ascii("anything"), signer.sign);
    expect(read(later)).toMatchObject({ refusal: "newer-format", detail: "format version 2" });
    expect(read(encodeSign1({ ...sign1, formatVersion: 2 }, ascii("?"), terminal.sign)).ok).toBe(false);
    expect(read(encodeSign1({ ...sign1, formatVersion: 0 }, sign1.payload, signer.sign))).toMatchObject({
      refusal: "malformed",
    });
    expect(
      read(encodeSign1({ ...sign1, contentType: "application/vnd.cachet.batch" }, sign1.payload, signer.sign)),
    ).toMatchObject({ refusal: "malformed" });
    expect(read(encodeSign1({ ...sign1, keyId: "T-0042" }, sign1.payload, signer.sign))).toMatchObject({
      refusal: "malformed",
    });
  });

  it("is not taken apart when it is too long", () => {
    expect(read(new Uint8Array(17_000))).toMatchObject({
      refusal: "malformed",
      detail: expect.stringMatching(/^17000 bytes/),
    });
  });
});

describe("the facts of a provision", () => {
  it.each<[string, Partial<ProvisionFacts>]>([
    ["serial 0", { serial: 0 }],
    ["terminal 0", { terminal: 0 }],
    ["a name with a control character", { merchantName: "Martin\u001b[2J" }],
    ["a name with a control character of Latin-1", { merchantName: "Martin\u009b2J" }],
    ["no name", { merchantName: "" }],
    ["generation 0", { cardGeneration: 0 }],
    ["programme 0", { programmes: [{ programme: 0, generation: 1 }] }],
    ["an issuer of five digits", { issuer: 10_000 }],
    ["a key of 31 bytes", { device: new Uint8Array(31) }],
  ])("are not written with %s", async (_, more) => {
    const device = await deviceNamed("one");
    expect(() => encodeProvision(factsFor(device, more), KEYS, sealFor(device), signerNamed("office"))).toThrow(
      RangeError,
    );
  });

  it("have no word for an open production terminal, and none that is not known", async () => {
    const device = await deviceNamed("one");
    const item = ProvisionFacts.encode(factsFor(device)) as Map<number, Cbor>;
    expect(ProvisionFacts.decode(item, "").use).toBe("production");
    for (const use of [0, 4, "open", true])
      expect(() => ProvisionFacts.decode(new Map(item).set(7, use), "")).toThrow();
    expect(() => ProvisionFacts.decode(new Map(item).set(13, true), "")).toThrow("does not know");
  });
});

describe("the keys of a provision", () => {
  const device = deviceNamed("one");
  const reasons = async (facts: ProvisionFacts, keys: readonly ProvisionKey[]) => {
    const one = await device;
    let thrown = "";
    try {
      encodeProvision(facts, keys, sealFor(one), signerNamed("office"));
    } catch (error) {
      thrown = String(error);
    }
    const opening = openProvision(await forged(facts, keys), one.open);
    return { thrown, opening };
  };
  /** A provision that our own encoder would not write. */
  const forged = async (facts: ProvisionFacts, keys: unknown) => {
    const one = await device;
    const said = encodeCbor(ProvisionFacts.encode(facts));
    const context = concat(signerNamed("office").publicKey, said);
    const plain = encodeCbor(
      (keys as readonly ProvisionKey[]).map((key) => {
        const { role, number, generation, test, secret } = key;
        const word = { identity: 1, area: 2, receipt: 3, list: 4 }[role];
        const fields: [number, Cbor][] = [
          [1, word],
          [2, number],
          [3, generation],
        ];
        return new Map<number, Cbor>([...fields, ...(test ? ([[4, true]] as [number, Cbor][]) : []), [5, secret]]);
      }),
    );
    return {
      office: signerNamed("office").publicKey,
      facts,
      sealed: sealFor(one)(plain, PROVISION_INFO, context),
      context,
    };
  };

  it.each<[string, string, (facts: ProvisionFacts) => [ProvisionFacts, readonly ProvisionKey[]]]>([
    ["a test key in production", "test-key", (facts) => [facts, [...KEYS.slice(1), { ...KEYS[0]!, test: true }]]],
    [
      "a test key for a receipt in production",
      "test-key",
      (facts) => [facts, KEYS.with(3, { ...KEYS[3]!, test: true })],
    ],
    [
      "a test image key in production",
      "test-key",
      (facts) => [{ ...facts, imageKeys: [...facts.imageKeys, { publicKey: secretOf("x"), test: true }] }, KEYS],
    ],
    ["the test office in production", "test-key", (facts) => [{ ...facts, testOffice: true }, KEYS]],
    ["a card key that is not there", "missing-key", (facts) => [{ ...facts, cardGeneration: 2 }, KEYS]],
    ["an issuer whose key is not there", "missing-key", (facts) => [{ ...facts, issuer: 2 }, KEYS]],
    [
      "a programme whose key is not there",
      "missing-key",
      (facts) => [{ ...facts, programmes: [...facts.programmes, { programme: 21, generation: 1 }] }, KEYS],
    ],
    [
      "a generation that is not there",
      "missing-key",
      (facts) => [{ ...facts, programmes: [{ programme: 20, generation: 4 }] }, KEYS],
    ],
    ["one key twice", "duplicate-key", (facts) => [facts, [...KEYS, { ...KEYS[1]!, secret: secretOf("another") }]]],
  ])("are refused with %s, by the writer and by the terminal", async (_, refusal, change) => {
    const [facts, keys] = change(factsFor(await device));
    const { thrown, opening } = await reasons(facts, keys);
    expect(thrown).toMatch(/^RangeError: /);
    expect(opening).toMatchObject({ ok: false, refusal });
    expect(
      findsSecret(
        thrown + JSON.stringify(opening),
        keys.map(({ secret }) => secret),
      ),
    ).toBe(false);
  });

  it.each<[string, (facts: ProvisionFacts) => [ProvisionFacts, readonly ProvisionKey[]]]>([
    ["one real area key", (facts) => [facts, asTest(KEYS).with(2, KEYS[2]!)]],
    ["one real list key", (facts) => [facts, asTest(KEYS).with(4, KEYS[4]!)]],
    ["a real image key", (facts) => [{ ...facts, imageKeys: [{ publicKey: secretOf("x") }] }, asTest(KEYS)]],
    ["a real office", ({ testOffice: _, ...facts }) => [facts, asTest(KEYS)]],
  ])("are refused in an open terminal with %s", async (_, change) => {
    const [facts, keys] = change(openFactsFor(await device));
    const { thrown, opening } = await reasons(facts, keys);
    expect(thrown).toMatch(/^RangeError: /);
    expect(opening).toMatchObject({ ok: false, refusal: "not-a-test-key" });
  });

  it("may be of both kinds in a terminal on trial", async () => {
    const facts = factsFor(await device, { use: "trial" });
    expect(await reasons(facts, [...asTest(KEYS.slice(0, 2)), ...KEYS.slice(2)])).toMatchObject({
      thrown: "",
      opening: { ok: true },
    });
  });

  it("do not open with other facts, another office or another terminal", async () => {
    const one = await device;
    const reading = readProvision(
      encodeProvision(factsFor(one), KEYS, sealFor(one), signerNamed("office")),
      verifyEd25519,
    );
    if (!reading.ok) throw new Error(reading.detail);
    const { provision } = reading;
    expect(openProvision(provision, one.open).ok).toBe(true);
    const another = await deviceNamed("two");
    expect(openProvision(provision, another.open)).toMatchObject({ refusal: "sealed-for-another" });
    for (let at = 0; at < provision.context.length; at += 7) {
      const context = provision.context.slice();
      context[at]! ^= 1;
      expect(openProvision({ ...provision, context }, one.open)).toMatchObject({ refusal: "sealed-for-another" });
    }
  });

  it("that are not what they must be are refused without a word of them", async () => {
    const one = await device;
    const facts = factsFor(one);
    const secret = secretOf("area key");
    const items: readonly Cbor[] = [
      secret,
      [secret],
      [new Map<number, Cbor>([[1, secret]])],
      [
        new Map<number, Cbor>([
          [1, toHex(secret)],
          [2, 1],
          [3, 1],
          [5, secret],
        ]),
      ],
      [
        new Map<number, Cbor>([
          [1, 1],
          [2, 1],
          [3, 0],
          [5, secret],
        ]),
      ],
      [
        new Map<number, Cbor>([
          [1, 1],
          [2, 1],
          [3, 1],
          [4, false],
          [5, secret],
        ]),
      ],
      [
        new Map<number, Cbor>([
          [1, 1],
          [2, 1],
          [3, 1],
          [5, concat(secret, secret)],
        ]),
      ],
    ];
    const base = await forged(facts, KEYS);
    for (const item of items) {
      const sealed = sealFor(one)(encodeCbor(item), PROVISION_INFO, base.context);
      const opening = openProvision({ ...base, sealed }, one.open);
      expect(opening).toMatchObject({ ok: false, refusal: "malformed-keys" });
      expect(findsSecret(JSON.stringify(opening), [secret])).toBe(false);
    }
    const noCbor = sealFor(one)(Uint8Array.of(0xff), PROVISION_INFO, base.context);
    expect(openProvision({ ...base, sealed: noCbor }, one.open)).toMatchObject({ refusal: "malformed-keys" });
  });
});
