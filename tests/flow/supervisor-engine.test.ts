import { toHex } from "@cachet/card-layout";
import { signerOfDevice } from "@cachet/firmware/supervisor";
import { encodeCertificate, encodeRequest, loginMessage } from "@cachet/firmware/wire";
import { build } from "esbuild";
import { newQuickJSWASMModule, RELEASE_SYNC } from "quickjs-emscripten";
import { expect, it } from "vitest";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { ROOT } from "../boundaries/sources.ts";
import { deviceNamed, factsFor, KEYS, provisionFor, secretOf, signerNamed } from "../fixtures/provisioning.ts";

/** What a terminal does with its keys, as a script for an engine that has nothing but the language. */
const SCRIPT = `
import { fromHex, toHex } from "@cachet/card-layout";
import { Access, loadDeviceIdentity, ProvisionStore, signerOfDevice } from "@cachet/firmware/supervisor";
import { encodeRequest } from "@cachet/firmware/wire";

const memoryFile = () => {
  let content = new Uint8Array();
  return { read: async () => content.slice(), replace: async (bytes) => { content = bytes.slice(); } };
};
globalThis.run = async (given) => {
  const bytes = (name) => fromHex(given[name]);
  const secrets = [bytes("ed25519"), bytes("x25519")];
  const device = await loadDeviceIdentity(memoryFile(), { bytes: () => secrets.shift() }, false);
  const request = encodeRequest({ model: "m", hardware: "h", x25519: device.x25519, nonce: bytes("nonce") }, signerOfDevice(device));
  const file = memoryFile();
  const store = await ProvisionStore.load(file, device);
  const taken = await store.accept(bytes("provision"), { pinnedOffice: null, hasJournal: false });
  const again = await ProvisionStore.load(file, device);
  const access = new Access(device.ed25519, { bytes: () => bytes("challenge") }, () => again.current);
  access.challenge();
  const login = access.login(bytes("certificate"), bytes("signature"), { utc: 1, clockSuspect: false, isRevoked: () => false });
  return {
    request: toHex(request), outcome: taken.outcome, terminal: again.current.facts.terminal,
    masters: again.current.keys.map(({ master }) => toHex(master)), name: login.session.name,
  };
};`;

it("identity, provisioning and login work in QuickJS with nothing but the language, and give the same bytes", async () => {
  const device = await deviceNamed("one");
  const [installer, challenge] = [signerNamed("installer"), secretOf("challenge").slice(0, 16)];
  const certificate = encodeCertificate(
    { publicKey: installer.publicKey, name: "Zoé", serial: 1, issued: 0, expires: 5 },
    signerNamed("office"),
  );
  const signature = installer.sign(loginMessage(sha256, device.ed25519, challenge, certificate));
  const nonce = secretOf("nonce").slice(0, 16);
  const given = Object.fromEntries(
    Object.entries({
      ed25519: secretOf("one 1"),
      x25519: secretOf("one 2"),
      provision: provisionFor(device),
      nonce,
      challenge,
      certificate,
      signature,
    }).map(([name, bytes]) => [name, toHex(bytes)]),
  );
  const { outputFiles } = await build({
    stdin: { contents: SCRIPT, resolveDir: `${ROOT}host`, loader: "js" },
    bundle: true,
    format: "iife",
    target: "es2023",
    platform: "neutral",
    write: false,
  });
  const runtime = (await newQuickJSWASMModule(RELEASE_SYNC)).newRuntime();
  const context = runtime.newContext();
  try {
    const prelude = "delete Math.random; delete globalThis.Date;";
    const code = `${prelude}${outputFiles[0]!.text}; globalThis.done = null; run(${JSON.stringify(given)}).then(
      (value) => { done = JSON.stringify(value); }, (error) => { done = String(error) + error.stack; });`;
    context.unwrapResult(context.evalCode(code)).dispose();
    runtime.executePendingJobs().dispose();
    const done = context.unwrapResult(context.evalCode("done")).consume(context.dump);

    const body = { model: "m", hardware: "h", x25519: device.x25519, nonce };
    expect(JSON.parse(done)).toEqual({
      request: toHex(encodeRequest(body, signerOfDevice(device))),
      outcome: "taken",
      terminal: factsFor(device).terminal,
      masters: KEYS.map(({ secret }) => toHex(secret)),
      name: "Zoé",
    });
  } finally {
    context.dispose();
    runtime.dispose();
  }
});
