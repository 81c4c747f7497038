import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "./bytes.ts";
import { IDENTITY_TLV, Identity, identityHash, unwrapIdentity, wrapIdentity } from "./identity.ts";

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
    expect(toHex(wrapIdentity(fromHex(vector.bytes)))).toBe(vector.tlv);
    expect(unwrapIdentity(fromHex(vector.tlv))).toEqual({ ok: true, value: identityOf(vector) });
  });

  it("has the hash of its vector", async () => {
    expect(toHex(await identityHash(sha256, identityOf(vector)))).toBe(vector.hash);
  });
});

describe("identity record", () => {
  const vector = vectors[0]!;

  it("fills six pages with its TLV, and may be followed by anything", () => {
    expect(IDENTITY_TLV.size).toBe(24);
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
});
