import { concat, toHex } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { CUTS, CutFile } from "../../../tests/fixtures/cut-file.ts";
import { chanceOf, findsSecret, secretOf } from "../../../tests/fixtures/provisioning.ts";
import { hpkeSeal } from "../wire/index.ts";
import { hpkeCrypto, signerOf, verifyEd25519 } from "./crypto.ts";
import { DeviceIdentityFault, loadDeviceIdentity, signerOfDevice } from "./device-identity.ts";

const [info, aad, plain] = [secretOf("info"), secretOf("aad"), secretOf("plain")];

async function made() {
  const file = new CutFile();
  return { file, identity: await loadDeviceIdentity(file, chanceOf("a"), false) };
}

describe("a terminal's own keys", () => {
  it("are made at the first start, by one replacement, and are the same from then on", async () => {
    const { file, identity } = await made();
    expect(file.replacements).toBe(1);
    expect(identity.ed25519).toEqual(signerOf(secretOf("a 1")).publicKey);
    expect(identity.x25519).toEqual(hpkeCrypto.x25519Public(secretOf("a 2")));
    for (const isProvisioned of [false, true]) {
      const again = await loadDeviceIdentity(file, chanceOf("b"), isProvisioned);
      expect([again.ed25519, again.x25519]).toEqual([identity.ed25519, identity.x25519]);
    }
    expect(file.replacements).toBe(1);
  });

  it("sign, and open what was sealed to them", async () => {
    const { identity } = await made();
    expect(verifyEd25519(identity.ed25519, plain, identity.sign(plain))).toBe(true);
    expect(signerOfDevice(identity).publicKey).toEqual(identity.ed25519);
    const sealed = hpkeSeal(hpkeCrypto, secretOf("ephemeral"), identity.x25519, info, aad, plain);
    expect(identity.open(sealed, info, aad)).toEqual(plain);
    expect(identity.open(sealed, aad, info)).toBeNull();
  });

  it("show no secret", async () => {
    const { identity } = await made();
    const shown = JSON.stringify(identity) + Object.values(identity).map(String).join();
    expect(findsSecret(shown, [secretOf("a 1"), secretOf("a 2")])).toBe(false);
  });

  it.each(CUTS)("are whole or not there where the power is cut: %s", async (cut) => {
    const file = new CutFile();
    file.cut = cut;
    await expect(loadDeviceIdentity(file, chanceOf("a"), false)).rejects.toThrow("power cut");
    const next = await loadDeviceIdentity(file, chanceOf("b"), false);
    const kept = cut === "after" || cut === "inside, new left";
    expect(toHex(next.ed25519)).toBe(toHex(signerOf(secretOf(kept ? "a 1" : "b 1")).publicKey));
    expect((await loadDeviceIdentity(file, chanceOf("c"), true)).ed25519).toEqual(next.ed25519);
  });

  it("that are damaged or lost are never replaced once the terminal is provisioned", async () => {
    const { file, identity } = await made();
    const whole = file.content;
    const wrong = [
      ...Array.from(whole, (byte, at) => whole.with(at, byte ^ 1)),
      ...Array.from(whole, (_, size) => whole.subarray(0, size)),
      concat(whole, Uint8Array.of(0)),
    ];
    for (const content of wrong) {
      const damaged = new CutFile(content);
      const loading = loadDeviceIdentity(damaged, chanceOf("b"), true);
      await expect(loading).rejects.toThrow(DeviceIdentityFault);
      await expect(loading).rejects.toMatchObject({ problem: content.length === 0 ? "lost" : "damaged" });
      expect(damaged.content).toEqual(content);
      const text = await loading.catch((error: Error) => error.message + error.stack);
      expect(findsSecret(text as string, [secretOf("a 1"), secretOf("a 2")])).toBe(false);
    }
    // Nobody knows a blank terminal yet: it may have new ones.
    const blank = new CutFile(whole.with(20, whole[20]! ^ 1));
    expect((await loadDeviceIdentity(blank, chanceOf("b"), false)).ed25519).not.toEqual(identity.ed25519);
    expect(blank.replacements).toBe(1);
  });
});
