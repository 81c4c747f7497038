import { toHex } from "@cachet/card-layout";
import { keyHashOf, readCertificate } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { sha256, signerOfSecret, verifyEd25519 } from "../ports/crypto.ts";
import type { Content } from "./content.ts";
import { addKeys, OFFICE_USE } from "./generations.ts";
import { certificatesOf, installerIn, makeBundle, revocationsOf, revokeInstaller } from "./installers.ts";
import { wipe } from "./key-record.ts";
import { keyRingOf, testKeyRing } from "./key-ring.ts";
import { testInstallerSigner, testOfficeSigner } from "./test-keys.ts";

const NOW = 1_767_225_600;
const LENDING = { holder: "Zoé", expiresAt: NOW + 30 * 86_400 };
const MESSAGE = sha256(Uint8Array.of(1));

function origin() {
  let drawn = 0;
  return {
    random: (size: number) => {
      drawn += 1;
      return sha256(Uint8Array.of(7, drawn)).slice(0, size);
    },
    now: () => NOW,
  };
}

function office(from = origin()): Content {
  const uses = [OFFICE_USE, { role: "identity", number: 1 }, { role: "area", number: 20 }];
  const adding = addKeys({ keys: [], lending: null }, uses, from);
  if (!adding.ok) throw new Error(adding.detail);
  return adding.content;
}

function bundled(content: Content, from = origin(), lending = LENDING) {
  const made = makeBundle(content, 1, lending, from);
  if (!made.ok) throw new Error(made.detail);
  return made;
}

describe("an installer's bundle", () => {
  it("holds card keys, and a key of his own that the office certified until the bundle ends", () => {
    const content = office();
    const { bundle } = bundled(content);
    expect(bundle.keys.map(({ role, number }) => `${role} ${number}`)).toEqual(["identity 1", "installer 1"]);
    const installer = installerIn(bundle)!;
    const reading = readCertificate(installer.certificate, verifyEd25519);
    const publicKey = signerOfSecret(bundle.keys[1]!.secret).publicKey;
    expect(reading).toMatchObject({
      ok: true,
      certificate: { publicKey, name: "Zoé", serial: 1, issued: NOW, expires: LENDING.expiresAt },
    });
    expect(reading.ok && toHex(reading.certificate.office)).toBe(toHex(keyRingOf(content).office!.publicKey));
    expect(verifyEd25519(publicKey, MESSAGE, installer.sign(MESSAGE))).toBe(true);
  });

  it("is known to the ring by its certificate, and its secret is not", () => {
    const from = origin();
    const first = bundled(office(from), from);
    const second = bundled(first.ring, from, { ...LENDING, holder: "Ana" });
    expect(certificatesOf(second.ring).map(({ serial, name, revoked }) => [serial, name, revoked])).toEqual([
      [1, "Zoé", false],
      [2, "Ana", false],
    ]);
    expect(second.bundle.certificates).toHaveLength(1);
    expect(second.ring.keys.map(({ role }) => role)).not.toContain("installer");
    expect(toHex(second.bundle.keys[1]!.secret)).not.toBe(toHex(first.bundle.keys[1]!.secret));
  });

  it("has secrets of its own to wipe", () => {
    const content = office();
    const before = toHex(content.keys[1]!.secret);
    const { bundle } = bundled(content);
    wipe(...bundle.keys.map(({ secret }) => secret));
    expect(toHex(content.keys[1]!.secret)).toBe(before);
  });

  it("is not made without an office key, or for an issuer that is not there", () => {
    const content = office();
    const without = { ...content, keys: content.keys.filter(({ role }) => role !== "office") };
    expect(makeBundle(without, 1, LENDING, origin())).toMatchObject({ ok: false, refusal: "no-office-key" });
    expect(makeBundle(content, 2, LENDING, origin())).toMatchObject({ ok: false, refusal: "no-such-key" });
  });
});

describe("who may open terminals", () => {
  it("is the holder of a bundle; not a ring, nor a bundle of before", () => {
    const { ring, bundle } = bundled(office());
    expect(keyRingOf(bundle).installer).not.toBeNull();
    expect(keyRingOf(bundle).office).toBeNull();
    expect(keyRingOf(ring).installer).toBeNull();
    const { certificates: _, ...old } = { ...bundle, keys: bundle.keys.slice(0, 1) };
    expect(keyRingOf(old).installer).toBeNull();
  });

  it("is everybody at the terminals of the test office", () => {
    const { installer, office: test } = testKeyRing();
    expect(test!.publicKey).toEqual(testOfficeSigner().publicKey);
    const reading = readCertificate(installer!.certificate, verifyEd25519);
    expect(reading.ok && reading.certificate.office).toEqual(testOfficeSigner().publicKey);
    expect(verifyEd25519(testInstallerSigner().publicKey, MESSAGE, installer!.sign(MESSAGE))).toBe(true);
  });

  it("signs nothing any more once the ring was wiped", () => {
    const { bundle } = bundled(office());
    const ring = keyRingOf(bundle);
    const publicKey = signerOfSecret(bundle.keys[1]!.secret).publicKey;
    ring.wipe();
    expect(verifyEd25519(publicKey, MESSAGE, ring.installer!.sign(MESSAGE))).toBe(false);
  });
});

describe("a revoked installer", () => {
  it("is named by the hash of his key, with the generations that are revoked", () => {
    const from = origin();
    const { ring } = bundled(bundled(office(from), from).ring, from, { ...LENDING, holder: "Ana" });
    expect(revocationsOf(ring)).toEqual({ generations: [], installers: [] });
    const revoked = revokeInstaller(ring, 2);
    if (!revoked.ok) throw new Error(revoked.detail);
    expect(revoked.revoked).toMatchObject({ name: "Ana", serial: 2, revoked: true });
    const [, ana] = certificatesOf(ring);
    const keys = revoked.content.keys.map((key) => (key.role === "area" ? { ...key, state: "revoked" as const } : key));
    expect(revocationsOf({ ...revoked.content, keys })).toEqual({
      generations: [{ role: "area", number: 20, generation: 1 }],
      installers: [keyHashOf(sha256, ana!.publicKey)],
    });
    expect(revokeInstaller(revoked.content, 2)).toMatchObject({ ok: true, content: revoked.content });
    expect(revokeInstaller(ring, 3)).toMatchObject({ ok: false, refusal: "no-such-certificate" });
    expect(certificatesOf(revoked.content).map((known) => known.revoked)).toEqual([false, true]);
  });
});
