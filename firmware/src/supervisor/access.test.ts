import { concat } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { chanceOf, deviceNamed, signerNamed } from "../../../tests/fixtures/provisioning.ts";
import { encodeCertificate, keyHashOf, loginMessage, type Signer } from "../wire/index.ts";
import { Access, type Authority, CHALLENGE_MS, type LoginCircumstances, SESSION_IDLE_MS } from "./access.ts";
import { sha256 } from "./crypto.ts";

const device = (await deviceNamed("one")).ed25519;
const office = signerNamed("office");
const zoe = signerNamed("installer");
const ISSUED = 1_767_225_600;
const EXPIRES = ISSUED + 30 * 86_400;

const certified = (more: object = {}, by = office) =>
  encodeCertificate(
    { publicKey: zoe.publicKey, name: "Zoé", serial: 3, issued: ISSUED, expires: EXPIRES, ...more },
    by,
  );
const certificate = certified();
const circumstances = (more: Partial<LoginCircumstances> = {}): LoginCircumstances => ({
  utc: ISSUED + 86_400,
  clockSuspect: false,
  isRevoked: () => false,
  ...more,
});
const access = (
  authority: Authority | null = { officeKey: office.publicKey, isOpen: false },
  chance = chanceOf("line"),
) => new Access(device, chance, () => authority);
const answer = (challenge: Uint8Array, by: Signer = zoe, with_ = certificate, at = device) =>
  by.sign(loginMessage(sha256, at, challenge, with_));

/** A whole login. */
const login = (line: Access, more: Partial<LoginCircumstances> = {}, with_ = certificate, by: Signer = zoe) =>
  line.login(with_, answer(line.challenge(), by, with_), circumstances(more));

describe("an installer's login", () => {
  it("opens a session in his name", () => {
    const line = access();
    expect([line.isGranted(), line.session]).toEqual([false, null]);
    const session = { name: "Zoé", serial: 3, keyHash: keyHashOf(sha256, zoe.publicKey) };
    expect(login(line)).toEqual({ ok: true, session, expiryJudged: true });
    expect([line.isGranted(), line.session]).toEqual([true, session]);
  });

  it("has a challenge of its own each time", () => {
    const line = access();
    const seen = Array.from({ length: 20 }, () => Buffer.from(line.challenge()).toString("hex"));
    expect(new Set(seen).size).toBe(20);
    for (const challenge of seen) expect(challenge).toHaveLength(32);
  });

  it("is refused a second time for the same challenge, after a good login and after a bad one", () => {
    const line = access();
    const signature = answer(line.challenge());
    expect(line.login(certificate, signature, circumstances()).ok).toBe(true);
    line.close();
    expect(line.login(certificate, signature, circumstances())).toMatchObject({ ok: false, refusal: "no-challenge" });
    const second = answer(line.challenge());
    expect(line.login(certificate, second.with(0, second[0]! ^ 1), circumstances())).toMatchObject({
      refusal: "bad-signature",
    });
    expect(line.login(certificate, second, circumstances())).toMatchObject({ refusal: "no-challenge" });
    expect(line.isGranted()).toBe(false);
  });

  it("is refused for an older challenge, one that lapsed, and one before a close", () => {
    const line = access();
    const older = answer(line.challenge());
    line.challenge();
    expect(line.login(certificate, older, circumstances())).toMatchObject({ refusal: "bad-signature" });
    const late = answer(line.challenge());
    line.tick(CHALLENGE_MS - 1);
    line.tick(1);
    expect(line.login(certificate, late, circumstances())).toMatchObject({ refusal: "no-challenge" });
    const inTime = answer(line.challenge());
    line.tick(CHALLENGE_MS - 1);
    expect(line.login(certificate, inTime, circumstances())).toMatchObject({ ok: true });
    const closed = answer(line.challenge());
    line.close();
    expect(line.login(certificate, closed, circumstances())).toMatchObject({ refusal: "no-challenge" });
  });

  it("cannot be changed from outside through the challenge that was given", () => {
    const line = access();
    const challenge = line.challenge();
    const signature = answer(challenge);
    challenge.fill(0);
    expect(line.login(certificate, signature, circumstances()).ok).toBe(true);
  });

  it("is refused with another key, for another terminal, with another certificate", async () => {
    const line = access();
    const other = (await deviceNamed("two")).ed25519;
    const tries = [
      () => answer(line.challenge(), signerNamed("a stranger")),
      () => answer(line.challenge(), office),
      () => answer(line.challenge(), zoe, certificate, other),
      () => answer(line.challenge(), zoe, certified({ serial: 4 })),
      () => zoe.sign(line.challenge()),
      () => new Uint8Array(64),
      () => new Uint8Array(),
    ];
    for (const attempt of tries) {
      line.challenge();
      const signature = attempt();
      expect(line.login(certificate, signature, circumstances())).toMatchObject({ refusal: "bad-signature" });
    }
    expect(line.isGranted()).toBe(false);
  });

  it("is refused with any byte of certificate or signature changed, and cut off anywhere", () => {
    const line = access();
    for (let at = 0; at < certificate.length; at += 1) {
      const changed = certificate.with(at, certificate[at]! ^ 0x20);
      const told = line.login(changed, answer(line.challenge(), zoe, changed), circumstances());
      expect(told, `byte ${at}`).toMatchObject({ ok: false, refusal: "bad-certificate" });
    }
    for (let size = 0; size < certificate.length; size += 1) {
      const cut = certificate.subarray(0, size);
      expect(line.login(cut, answer(line.challenge(), zoe, cut), circumstances())).toMatchObject({
        refusal: "bad-certificate",
      });
    }
    for (let at = 0; at < 64; at += 1) {
      const signature = answer(line.challenge());
      expect(line.login(certificate, signature.with(at, signature[at]! ^ 1), circumstances()).ok).toBe(false);
    }
    expect(line.isGranted()).toBe(false);
  });

  it("is refused with a certificate of another office, of his own, and of the office before a rotation", () => {
    const stranger = signerNamed("a stranger");
    for (const by of [stranger, zoe]) {
      expect(login(access(), {}, certified({}, by))).toMatchObject({ refusal: "bad-certificate" });
    }
    let officeKey = office.publicKey;
    const line = new Access(device, chanceOf("line"), () => ({ officeKey, isOpen: false }));
    expect(login(line).ok).toBe(true);
    officeKey = signerNamed("office, rotated").publicKey;
    expect(login(line)).toMatchObject({ ok: false, refusal: "bad-certificate" });
    expect(login(line, {}, certified({}, signerNamed("office, rotated"))).ok).toBe(true);
  });

  it("is refused from the second in which the certificate expires", () => {
    expect(login(access(), { utc: EXPIRES - 1 })).toMatchObject({ ok: true, expiryJudged: true });
    expect(login(access(), { utc: EXPIRES })).toMatchObject({ ok: false, refusal: "expired" });
  });

  it("is granted on a clock that was reset, and says that nobody judged the expiry", () => {
    for (const utc of [0, EXPIRES + 1]) {
      expect(login(access(), { utc, clockSuspect: true })).toMatchObject({ ok: true, expiryJudged: false });
    }
  });

  it("is refused where the office revoked the key, on any clock", () => {
    const keyHash = keyHashOf(sha256, zoe.publicKey);
    const isRevoked = (asked: Uint8Array) => Buffer.from(asked).equals(keyHash);
    for (const clockSuspect of [false, true]) {
      expect(login(access(), { isRevoked, clockSuspect })).toMatchObject({ ok: false, refusal: "revoked" });
    }
    const ana = signerNamed("another installer");
    const hers = certified({ publicKey: ana.publicKey, name: "Ana" });
    expect(login(access(), { isRevoked }, hers, ana).ok).toBe(true);
  });

  it("is refused without a challenge, and by a blank terminal", () => {
    expect(access().login(certificate, new Uint8Array(64), circumstances())).toMatchObject({ refusal: "no-challenge" });
    const blank = access(null);
    expect(login(blank)).toMatchObject({ ok: false, refusal: "not-provisioned" });
    expect(blank.isGranted()).toBe(false);
  });

  it("that is refused leaves the session that is open as it was", () => {
    const line = access();
    login(line);
    expect(login(line, { utc: EXPIRES }).ok).toBe(false);
    expect(line.session?.name).toBe("Zoé");
  });
});

describe("a session", () => {
  const opened = () => {
    const line = access();
    login(line);
    return line;
  };

  it("ends when nothing comes for as long as is stated, and not before", () => {
    const line = opened();
    for (let i = 0; i < 5; i += 1) {
      line.tick(SESSION_IDLE_MS - 1);
      expect(line.isGranted()).toBe(true);
      line.touch();
    }
    line.tick(SESSION_IDLE_MS - 1);
    line.tick(1);
    expect([line.isGranted(), line.session]).toEqual([false, null]);
    line.touch();
    expect(line.isGranted()).toBe(false);
  });

  it("ends when it is closed, and with a reset", () => {
    const line = opened();
    line.close();
    expect(line.isGranted()).toBe(false);
    expect(access().isGranted()).toBe(false);
  });
});

describe("an open terminal", () => {
  const open = () => access({ officeKey: office.publicKey, isOpen: true });

  it("grants everything, to whoever is there", () => {
    const line = open();
    expect(line.isGranted()).toBe(true);
    expect(login(line)).toEqual({ ok: true, session: null, expiryJudged: true });
    expect(line.login(new Uint8Array(), concat(), circumstances())).toMatchObject({ ok: true });
    line.tick(10 * SESSION_IDLE_MS);
    line.close();
    expect(line.isGranted()).toBe(true);
  });
});
