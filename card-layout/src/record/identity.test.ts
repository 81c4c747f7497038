import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import {
  CounterIdentity,
  counterStart,
  IDENTITY_TLV_MAX,
  Identity,
  identityHash,
  sealedIdentity,
  uidIdentity,
  unwrapIdentity,
  wrapIdentity,
} from "./identity.ts";

interface Vector {
  readonly name: string;
  readonly layout: number;
  readonly generation: number;
  readonly issuer: number;
  readonly card: number;
  readonly issued: number;
  readonly mac: string;
  readonly bytes: string;
  readonly tlv: string;
  readonly hash: string;
}

const { vectors } = JSON.parse(readFileSync(new URL("../../vectors/identity-1.json", import.meta.url), "utf8")) as {
  readonly vectors: readonly Vector[];
};
const sha256 = (message: Uint8Array) => Uint8Array.from(createHash("sha256").update(message).digest());

function identityOf({ layout, generation, issuer, card, issued, mac }: Vector): Identity {
  return { layout, generation, issuer, card, issued, reserved: new Uint8Array(2), mac: fromHex(mac) };
}

describe.each(vectors)("identity record: $name", (vector) => {
  it("is written and read as its vector", () => {
    expect(toHex(Identity.encode(identityOf(vector)))).toBe(vector.bytes);
    expect(Identity.decode(fromHex(vector.bytes))).toEqual({ ok: true, value: identityOf(vector) });
  });

  it("is wrapped and unwrapped as its vector", () => {
    expect(toHex(wrapIdentity(identityOf(vector)))).toBe(vector.tlv);
    expect(unwrapIdentity(fromHex(vector.tlv))).toEqual({ ok: true, value: identityOf(vector) });
  });

  it("has the hash of its vector", async () => {
    expect(toHex(await identityHash(sha256, identityOf(vector)))).toBe(vector.hash);
  });
});

describe("identity record", () => {
  const vector = vectors[0]!;

  it("fills six pages with its TLV, and may be followed by anything", () => {
    expect(wrapIdentity(identityOf(vector)).length).toBe(24);
    const read = fromHex(`${vector.tlv}0102030405060708`);
    expect(unwrapIdentity(read)).toEqual({ ok: true, value: identityOf(vector) });
  });

  it("keeps its hash under another generation and MAC, and loses it with any other field", async () => {
    const hash = async (over: Partial<Identity>) =>
      toHex(await identityHash(sha256, { ...identityOf(vector), ...over }));
    expect(await hash({ generation: 9, mac: new Uint8Array(8) })).toBe(vector.hash);
    const others = [{ layout: 2 }, { issuer: 2 }, { card: vector.card + 1 }, { issued: vector.issued + 1 }];
    for (const other of others) expect(await hash(other)).not.toBe(vector.hash);
  });

  it.each([
    { what: "a blank card", read: "00".repeat(24) },
    { what: "an NDEF message", read: `0316${"00".repeat(22)}` },
    { what: "another length", read: `fd15${"01".repeat(22)}` },
    { what: "nothing", read: "" },
  ])("finds no identity record on $what", ({ read }) => {
    expect(unwrapIdentity(fromHex(read))).toMatchObject({ ok: false, fault: { record: "Identity", field: "tlv" } });
  });

  it("refuses a TLV that is cut off", () => {
    const cut = fromHex(vector.tlv).subarray(0, 23);
    expect(unwrapIdentity(cut)).toMatchObject({ ok: false, fault: { problem: "21 bytes instead of 22" } });
  });

  it.each([
    { field: "layout", offset: 0, byte: 0 },
    { field: "generation", offset: 1, byte: 0 },
    { field: "issuer", offset: 2, byte: 0xff },
    { field: "reserved", offset: 12, byte: 1 },
  ])("refuses a $field that it cannot hold", ({ field, offset, byte }) => {
    const bytes = fromHex(vector.bytes);
    bytes[offset] = byte;
    expect(Identity.decode(bytes)).toMatchObject({ ok: false, fault: { record: "Identity", field, offset } });
  });

  it("of a card that goes by its UID names issuer and UID, and has a hash without ever being written", async () => {
    const number = 2 ** 48 + 0x010203040506;
    const hash = async (issuer: number, card: number) =>
      toHex(await identityHash(sha256, uidIdentity(7, issuer, card)));
    expect(await hash(1, number)).toBe(await hash(1, number));
    expect(await hash(2, number)).not.toBe(await hash(1, number));
    expect(await hash(1, number + 1)).not.toBe(await hash(1, number));
  });
});

interface CounterVector extends Omit<Vector, "layout"> {
  readonly layout: number;
  readonly start2: number;
  readonly start1: number;
  readonly sealed: string;
}

const counterVectors = (
  JSON.parse(readFileSync(new URL("../../vectors/identity-2.json", import.meta.url), "utf8")) as {
    readonly vectors: readonly CounterVector[];
  }
).vectors;

describe.each(counterVectors)("identity record with counters: $name", (vector) => {
  const { layout, generation, issuer, card, issued, start2, start1, mac } = vector;
  const identity: CounterIdentity = { layout, generation, issuer, card, issued, start2, start1, mac: fromHex(mac) };

  it("is written, wrapped into seven pages and read as its vector", async () => {
    expect(toHex(CounterIdentity.encode(identity))).toBe(vector.bytes);
    expect(toHex(wrapIdentity(identity))).toBe(vector.tlv);
    expect(vector.tlv.length / 2).toBe(IDENTITY_TLV_MAX);
    expect(unwrapIdentity(fromHex(vector.tlv))).toEqual({ ok: true, value: identity });
    expect(toHex(sealedIdentity(identity))).toBe(vector.sealed);
    expect(toHex(await identityHash(sha256, identity))).toBe(vector.hash);
  });

  it("gives each area the start of its counter", () => {
    expect([counterStart(identity, 0), counterStart(identity, 1)]).toEqual([start2, start1]);
  });
});
