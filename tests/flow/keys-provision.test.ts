import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { toHex } from "@cachet/card-layout";
import {
  Access,
  type DeviceIdentity,
  KeyStore,
  ProvisionStore,
  sha256,
  signerOfDevice,
} from "@cachet/firmware/supervisor";
import { encodeRequest, keyHashOf, loginMessage, readProvision, utf8Encode } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { openContent, sealContent } from "../../host/src/keys/sealed-file.ts";
import { testImageSigner, testOfficeSigner } from "../../host/src/keys/test-keys.ts";
import { verifyEd25519 } from "../../host/src/ports/crypto.ts";
import { CutFile } from "../fixtures/cut-file.ts";
import {
  DAY,
  Desk,
  expectNoSecretSaid,
  expectRefusal,
  LENT_WORD,
  LOW,
  START,
  said,
  secrets,
  town,
  WORD,
} from "../fixtures/key-desk.ts";
import { inLedgerOf, rowOf } from "../fixtures/ledger.ts";
import { chanceOf, deviceNamed, secretOf } from "../fixtures/provisioning.ts";

/** A terminal on the counter: its identity, its file, and what it says of itself. */
class Terminal {
  readonly device: DeviceIdentity;
  readonly file = new CutFile();
  store!: ProvisionStore;

  private constructor(device: DeviceIdentity) {
    this.device = device;
  }

  static async named(name: string): Promise<Terminal> {
    const terminal = new Terminal(await deviceNamed(name));
    terminal.store = await ProvisionStore.load(terminal.file, terminal.device);
    return terminal;
  }

  /** Its request, as a file on the desk. */
  request(desk: Desk, name = "terminal.request"): string {
    const now = this.store.current;
    const body = {
      model: "Cachet R2",
      hardware: "R2-000123",
      x25519: this.device.x25519,
      nonce: secretOf("nonce").slice(0, 16),
      ...(now === null ? {} : { provisioned: { terminal: now.facts.terminal, serial: now.serial } }),
    };
    const path = desk.at(name);
    writeFileSync(path, encodeRequest(body, signerOfDevice(this.device)));
    return path;
  }

  take(path: string) {
    return this.store.accept(readFileSync(path), { pinnedOffice: null, hasJournal: false });
  }
}

/** A key whose images run. */
const pem = (desk: Desk, name = "image.pem") => {
  const { publicKey } = generateKeyPairSync("ed25519");
  return desk.at(name, publicKey.export({ format: "pem", type: "spki" }) as string);
};
const bundleFor = (desk: Desk, name = "zoe.bundle") => {
  const word = desk.at("lent-word", LENT_WORD);
  const words = ["bundle", "-o", desk.at(name), "--for", "Zoé", "--days", "30", "--bundle-passphrase-file", word];
  return desk.keys(...words);
};
const zoesKeys = (desk: Desk) => ["--keys", desk.at("zoe.bundle"), "--passphrase-file", desk.at("lent-word")];

describe("cachet keys provision", () => {
  it("makes a terminal one of the association's: with its keys, for production", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    const words = [terminal.request(desk), "--terminal", "42", "--merchant", "7", "--programme", "20"];
    const more = ["--name", "Boulangerie Martin", "--production", "--image-key", pem(desk, "image.pem")];
    const document = await desk.document("provision", ...words, ...more, "-o", desk.at("t.provision"));
    expect(document).toMatchObject({
      terminal: 42,
      merchant: 7,
      merchant_name: "Boulangerie Martin",
      zone: "Europe/Paris",
      use: "production",
      serial: START,
      device_key: toHex(terminal.device.ed25519),
      device_key_hash: toHex(keyHashOf(sha256, terminal.device.ed25519)),
    });
    expect(statSync(desk.at("t.provision")).mode & 0o777).toBe(0o600);
    const acceptance = await terminal.take(desk.at("t.provision"));
    expect(acceptance).toMatchObject({ ok: true, outcome: "taken" });
    const { ring } = await desk.ring();
    const now = terminal.store.current!;
    expect(now.facts).toEqual({
      terminal: 42,
      merchant: 7,
      production: true,
      issuer: 1,
      cardGeneration: 1,
      programmes: [{ programme: 20, generation: 1 }],
    });
    expect(now.officeKey).toEqual(ring!.office!.publicKey);
    expect(now.keys.map(({ key, test }) => [key.role, test])).toEqual([
      ["identity", false],
      ["area", false],
      ["receipt", false],
      ["list", false],
    ]);
    expect(now.keys[1]!.master).toEqual(ring!.areaKey(20, 1)!.master);
    expect(
      new KeyStore(now.keys, true).mac({ role: "receipt", merchant: 7, generation: 1 }, sha256(WORD_BYTES)),
    ).toHaveLength(32);
  });

  it("lets the ledger take the terminal's batches, and says where another has its number", async () => {
    const [desk, one, two] = [await town(), await Terminal.named("one"), await Terminal.named("two")];
    const words = ["--terminal", "42", "--merchant", "7", "--programme", "20", "--production"];
    const key = ["--image-key", pem(desk, "image.pem")];
    await desk.document("provision", one.request(desk), ...words, ...key, "-o", desk.at("one.provision"));
    const known = await inLedgerOf(desk.home, (ledger) =>
      rowOf(ledger, "select merchant, public_key from terminal where number = 42"),
    );
    expect(known).toEqual({ merchant: 7, public_key: one.device.ed25519 });
    const { err } = await desk.keys("provision", two.request(desk), ...words, ...key, "-o", desk.at("two.provision"));
    expect(err).toContain("T-0042 is known with another key or merchant");
  });

  it("says what was done, in lines; the office key by its public half in status", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    const words = [
      terminal.request(desk),
      "--terminal",
      "42",
      "--merchant",
      "7",
      "--programme",
      "20",
      "--image-key",
      "test",
    ];
    const { out, err, failure } = await desk.keys("provision", ...words, "-o", desk.at("t.provision"));
    expect([failure, err]).toEqual([null, ""]);
    expect(out).toContain("written for T-0042, merchant 7 (Commerce 7), trial");
    expect(out).toContain("terminal         Cachet R2, R2-000123");
    expect(out).toMatch(/^holds {12}area 20, generation 1$/m);
    expect(out).toContain("TEST key");
    expect((await desk.keys("status")).out).toMatch(/^office key {7}[0-9a-f]{64} \(public\)$/m);
    expect((await desk.document("status")).office_key).toMatch(/^[0-9a-f]{64}$/);
  });

  it("makes a merchant's keys when they are first needed, and keeps them", async () => {
    const [desk, terminal, second] = [await town(), await Terminal.named("one"), await Terminal.named("two")];
    const roles = async () => (await desk.document("status")).keys.map((key: { role: string }) => key.role);
    expect(await roles()).toEqual(["area", "area", "identity", "office"]);
    const words = ["--merchant", "7", "--programme", "20", "--image-key", pem(desk)];
    await desk.document("provision", terminal.request(desk), "--terminal", "1", ...words, "-o", desk.at("a"));
    expect(await roles()).toEqual(["area", "area", "identity", "list", "office", "receipt"]);
    const ring = readFileSync(desk.file);
    await desk.document("provision", second.request(desk), "--terminal", "2", ...words, "-o", desk.at("b"));
    expect(readFileSync(desk.file)).toEqual(ring);
    await terminal.take(desk.at("a"));
    await second.take(desk.at("b"));
    const [one, two] = [terminal, second].map(({ store }) => store.current!.keys.map(({ master }) => toHex(master)));
    expect(one).toEqual(two);
  });

  it("gives a later serial each time, and the generations that are in use", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    const words = ["--terminal", "42", "--merchant", "7", "--programme", "20", "--image-key", pem(desk)];
    await desk.document("provision", terminal.request(desk), ...words, "-o", desk.at("a"));
    await terminal.take(desk.at("a"));
    for (let i = 0; i < 2; i += 1) await desk.keys("rotate", "--programme", "20");
    // The clock of the office went back meanwhile: the terminal says where it is.
    desk.now -= 5 * DAY;
    const second = await desk.document("provision", terminal.request(desk, "later"), ...words, "-o", desk.at("b"));
    expect(second.serial).toBe(START + 1);
    expect(second.keys.filter(({ role }: { role: string }) => role === "area")).toEqual([
      { role: "area", number: 20, generation: 3, test: false },
      { role: "area", number: 20, generation: 2, test: false },
    ]);
    expect(await terminal.take(desk.at("b"))).toMatchObject({ ok: true, outcome: "taken" });
    expect(terminal.store.current!.facts.programmes).toEqual([{ programme: 20, generation: 3 }]);
    expect(await terminal.take(desk.at("a"))).toMatchObject({ ok: false, refusal: "older-serial" });
  });

  it("leaves out a generation that was revoked", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    await desk.keys("rotate", "--programme", "20");
    await desk.keys("revoke", "--programme", "20", "--generation", "1");
    const words = [
      "--terminal",
      "42",
      "--merchant",
      "7",
      "--programme",
      "20",
      "--programme",
      "20",
      "--image-key",
      pem(desk),
    ];
    const { keys } = await desk.document("provision", terminal.request(desk), ...words, "-o", desk.at("a"));
    expect(keys.filter(({ role }: { role: string }) => role === "area")).toEqual([
      { role: "area", number: 20, generation: 2, test: false },
    ]);
  });

  it("seals for one terminal: no other takes it, and no key is in the file", async () => {
    const [desk, terminal, other] = [await town(), await Terminal.named("one"), await Terminal.named("two")];
    const words = [
      "--terminal",
      "42",
      "--merchant",
      "7",
      "--programme",
      "20",
      "--programme",
      "21",
      "--image-key",
      pem(desk),
    ];
    await desk.document("provision", terminal.request(desk), ...words, "-o", desk.at("a"));
    expect(await other.take(desk.at("a"))).toMatchObject({ ok: false, refusal: "other-device" });
    const hex = readFileSync(desk.at("a")).toString("hex");
    for (const secret of secrets) expect(hex.includes(toHex(secret.subarray(0, 8)))).toBe(false);
  });

  it("makes an open terminal of test keys, and of nothing else", async () => {
    const [desk, terminal] = [new Desk(), await Terminal.named("one")];
    const words = [terminal.request(desk), "--terminal", "42", "--merchant", "7", "--programme", "20"];
    const made = await desk.document("provision", ...words, "--open", "--test-keys", "-o", desk.at("open"));
    expect(made).toMatchObject({ use: "open", issuer: 1 });
    expect(made.keys.every(({ test }: { test: boolean }) => test)).toBe(true);
    expect(made.image_keys).toEqual([{ public_key: toHex(testImageSigner().publicKey), test: true }]);
    expect(await terminal.take(desk.at("open"))).toMatchObject({ ok: true, provision: { isOpen: true } });
    expect(terminal.store.current!.officeKey).toEqual(testOfficeSigner().publicKey);
    // No ring was made or read for it.
    expect(existsSync(desk.file)).toBe(false);
    const real = ["--image-key", pem(desk, "real.pem"), "-o", desk.at("no")];
    await expectRefusal(desk, "C-PROVISION-02", "provision", ...words, "--open", "--test-keys", ...real);
    expect(await desk.document("provision", ...words, "--test-keys", ...real)).toMatchObject({ use: "trial" });
  });

  it("refuses test keys in production, and real ones in an open terminal, before a key is opened", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    desk.variable = undefined;
    const words = [terminal.request(desk), "--terminal", "42", "--merchant", "7", "-o", desk.at("a")];
    const image = ["--image-key", pem(desk, "image.pem")];
    await expectRefusal(desk, "C-USAGE-01", "provision", ...words, "--open");
    await expectRefusal(desk, "C-USAGE-01", "provision", ...words, "--production", "--test-keys", ...image);
    await expectRefusal(desk, "C-USAGE-01", "provision", ...words, "--production", "--open", "--test-keys", ...image);
    await expectRefusal(desk, "C-USAGE-01", "provision", ...words, "--production");
    // The published image key would run on a terminal with real keys: only who names it gets that.
    await expectRefusal(desk, "C-USAGE-01", "provision", ...words);
    desk.variable = WORD;
    await expectRefusal(desk, "C-PROVISION-02", "provision", ...words, "--production", "--image-key", "test");
    await expectRefusal(desk, "C-PROVISION-02", "provision", ...words, "--production", ...image, "--image-key", "test");
    desk.reseal((keys) => keys.map((key) => (key.role === "identity" ? { ...key, test: true } : key)));
    await expectRefusal(desk, "C-PROVISION-02", "provision", ...words, "--production", ...image);
    expect(existsSync(desk.at("a"))).toBe(false);
  });

  it("needs the office's ring: a bundle cannot do it, and is left as it was", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    await bundleFor(desk);
    const before = readFileSync(desk.at("zoe.bundle"));
    const words = [
      terminal.request(desk),
      "--terminal",
      "42",
      "--merchant",
      "7",
      "-o",
      desk.at("a"),
      "--image-key",
      pem(desk),
    ];
    await expectRefusal(desk, "C-KEY-14", "provision", ...words, ...zoesKeys(desk));
    expect(readFileSync(desk.at("zoe.bundle"))).toEqual(before);
    expect(existsSync(desk.at("a"))).toBe(false);
  });

  it("refuses a request that is none, altered, or from a terminal with a key of small order", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    const words = ["--terminal", "42", "--merchant", "7", "-o", desk.at("a"), "--image-key", pem(desk)];
    const file = readFileSync(terminal.request(desk));
    const told = async (bytes: Uint8Array) => {
      writeFileSync(desk.at("wrong"), bytes);
      const failure = await expectRefusal(desk, "C-PROVISION-01", "provision", desk.at("wrong"), ...words);
      return failure.message;
    };
    expect(await told(utf8Encode("hello"))).toContain("malformed");
    expect(await told(file.subarray(0, -1))).toContain("malformed");
    expect(await told(file.with(file.length - 1, file.at(-1)! ^ 1))).toContain("bad-signature");
    const body = { model: "m", hardware: "h", x25519: new Uint8Array(32), nonce: new Uint8Array(16) };
    expect(await told(encodeRequest(body, signerOfDevice(terminal.device)))).toContain("X25519");
    await expectRefusal(desk, "C-FILE-01", "provision", desk.at("nowhere"), ...words);
    await expectRefusal(desk, "C-FILE-02", "provision", desk.at("empty", ""), ...words);
    expect(existsSync(desk.at("a"))).toBe(false);
  });

  it("refuses what the ring does not have, words that do not fit, and to overwrite a file", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    const request = terminal.request(desk);
    const words = [request, "--terminal", "42", "--merchant", "7", "-o", desk.at("a"), "--image-key", pem(desk)];
    await expectRefusal(desk, "C-KEY-11", "provision", ...words, "--programme", "99");
    await expectRefusal(desk, "C-KEY-11", "provision", ...words, "--issuer", "9");
    await expectRefusal(desk, "C-KEY-01", "provision", ...words, "--image-key", desk.at("no.pem", "no key"));
    await expectRefusal(desk, "C-KEY-03", "provision", ...words, "-o", desk.file);
    await desk.keys("add", "--issuer", "2");
    expect((await expectRefusal(desk, "C-USAGE-01", "provision", ...words)).message).toContain("2 issuers");
    desk.variable = "the passphrase of another";
    await expectRefusal(desk, "C-KEY-06", "provision", ...words);
    for (const [option, value] of [
      ["--terminal", "0"],
      ["--terminal", "65536"],
      ["--merchant", "x"],
      ["--programme", "0"],
      ["--zone", "Paris"],
      ["--zone", "Europe/Nowhere"],
      ["--zone", "UTC"],
      ["--name", ""],
      ["--name", "a\u001b[2J"],
    ] as const) {
      expect((await desk.keys("provision", ...words, option, value)).usage, `${option} ${value}`).toContain(option);
    }
    expect((await desk.keys("provision", request, "--merchant", "7")).usage).toContain("--terminal");
    expect((await desk.keys("provision", ...words, "--test-keys", "--keys", "x")).usage).toContain("--test-keys");
    expect(existsSync(desk.at("a"))).toBe(false);
  });

  it("warns where the terminal has another number", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    const words = ["--merchant", "7", "--image-key", pem(desk), "-o"];
    await desk.document("provision", terminal.request(desk), "--terminal", "42", ...words, desk.at("a"));
    await terminal.take(desk.at("a"));
    const again = await desk.keys("provision", terminal.request(desk), "--terminal", "43", ...words, desk.at("b"));
    expect(again.err).toBe("warning: it is T-0042 now; it takes another number only while its journal is empty\n");
    const stays = await desk.keys("provision", terminal.request(desk), "--terminal", "42", ...words, desk.at("c"));
    expect(stays.err).toBe("");
  });

  it("works with a ring of before there were office keys: it makes one, and keeps it", async () => {
    const [desk, terminal] = [await town(), await Terminal.named("one")];
    desk.reseal((keys) => keys.filter(({ role }) => role !== "office"));
    expect(await desk.document("status")).not.toHaveProperty("office_key");
    const words = ["--terminal", "42", "--merchant", "7", "-o", desk.at("a"), "--image-key", pem(desk)];
    await desk.document("provision", terminal.request(desk), ...words);
    const reading = readProvision(readFileSync(desk.at("a")), verifyEd25519);
    const { office_key } = await desk.document("status");
    expect(reading.ok && toHex(reading.provision.office)).toBe(office_key);
  });
});

const WORD_BYTES = utf8Encode("any message");

describe("an installer", () => {
  /** Logs in at a terminal as the holder of a bundle. */
  const loginBy = async (desk: Desk, terminal: Terminal, isRevoked: (keyHash: Uint8Array) => boolean = () => false) => {
    const { ring } = await desk.ring(...zoesKeys(desk));
    const installer = ring!.installer!;
    const { officeKey, isOpen } = terminal.store.current!;
    const access = new Access(terminal.device.ed25519, chanceOf("line"), () => ({ officeKey, isOpen }));
    const message = loginMessage(sha256, terminal.device.ed25519, access.challenge(), installer.certificate);
    const circumstances = { utc: desk.now, clockSuspect: false, isRevoked };
    return access.login(installer.certificate, installer.sign(message), circumstances);
  };
  const provisioned = async (desk: Desk) => {
    const terminal = await Terminal.named("one");
    const words = ["--terminal", "42", "--merchant", "7", "-o", desk.at("t.provision"), "--image-key", pem(desk)];
    await desk.document("provision", terminal.request(desk), ...words);
    await terminal.take(desk.at("t.provision"));
    return terminal;
  };

  it("opens the association's terminals with the bundle, and no other's", async () => {
    const [desk, other] = [await town(), await town()];
    const terminal = await provisioned(desk);
    const made = await bundleFor(desk);
    expect(made.out).toMatch(/^installer 1 {2}Zoé, until 2026-01-31 00:00 UTC {2}good {2}key [0-9a-f]{16}$/m);
    expect(await loginBy(desk, terminal)).toMatchObject({ ok: true, session: { name: "Zoé", serial: 1 } });
    await bundleFor(other);
    expect(await loginBy(other, terminal)).toMatchObject({ ok: false, refusal: "bad-certificate" });
  });

  it("is listed by the office, and revoked by serial: terminals that have the list refuse the key", async () => {
    const desk = await town();
    const terminal = await provisioned(desk);
    await bundleFor(desk);
    const revoked = await desk.document("revoke", "--installer", "1");
    expect(revoked).toMatchObject({ installer: 1, revoked: true, what: "the key of installer 1, Zoé, is revoked" });
    const status = await desk.document("status");
    expect(status.installers).toMatchObject([{ serial: 1, name: "Zoé", state: "revoked" }]);
    expect(status.revoked).toEqual({ generations: [], installers: [status.installers[0].key_hash] });
    const isRevoked = (keyHash: Uint8Array) => status.revoked.installers.includes(toHex(keyHash));
    expect(await loginBy(desk, terminal, isRevoked)).toMatchObject({ ok: false, refusal: "revoked" });
    const second = await desk.keys("revoke", "--installer", "1");
    expect(second.failure).toBeNull();
    // Another bundle for the same person is another key.
    await bundleFor(desk, "new.bundle");
    expect((await desk.document("status")).installers.map(({ state }: { state: string }) => state)).toEqual([
      "revoked",
      "good",
    ]);
  });

  it("has a bundle of before without a key that opens terminals: it is read all the same", async () => {
    const desk = await town();
    await bundleFor(desk);
    const opened = openContent(readFileSync(desk.at("zoe.bundle")), utf8Encode(LENT_WORD));
    if (!opened.ok) throw new Error(opened.detail);
    const { keys, lending } = opened.content;
    const old = { keys: keys.filter(({ role }) => role === "identity"), lending };
    writeFileSync(desk.at("zoe.bundle"), sealContent(old, utf8Encode(LENT_WORD), LOW, desk.tools()), { mode: 0o600 });
    const { ring } = await desk.ring(...zoesKeys(desk));
    expect(ring!.installer).toBeNull();
    expect(ring!.currentCardKey(1)).not.toBeNull();
  });

  it("gets no bundle that the ring does not know: the ring is written first", async () => {
    const desk = await town();
    const words = ["bundle", "-o", desk.at("full/of/folders"), "--for", "Zoé", "--days", "1"];
    writeFileSync(desk.at("full"), "a file in the way");
    const word = ["--bundle-passphrase-file", desk.at("lent-word", LENT_WORD)];
    expect((await desk.keys(...words, ...word)).failure).toMatchObject({ code: "C-FILE-03" });
    expect((await desk.document("status")).installers).toHaveLength(1);
  });
});

describe("cachet keys revoke", () => {
  it("marks an older generation, and says what follows", async () => {
    const desk = await town();
    await desk.keys("rotate", "--programme", "20");
    const { out } = await desk.keys("revoke", "--programme", "20", "--generation", "1");
    expect(out).toContain("area 20, generation 1 is revoked\nThe next lists name it.");
    const status = await desk.document("status");
    expect(status.revoked).toEqual({ generations: ["area 20, generation 1"], installers: [] });
    await desk.keys("rotate", "--issuer", "1");
    expect((await desk.keys("revoke", "--issuer", "1", "--generation", "1")).failure).toBeNull();
  });

  it("refuses the current one, what is not there, and words that do not fit", async () => {
    const desk = await town();
    const current = await expectRefusal(desk, "C-KEY-16", "revoke", "--programme", "20", "--generation", "1");
    expect(current.next.join()).toContain("cachet keys rotate --programme 20");
    await expectRefusal(desk, "C-KEY-16", "revoke", "--programme", "20", "--generation", "2");
    await expectRefusal(desk, "C-KEY-16", "revoke", "--issuer", "2", "--generation", "1");
    await expectRefusal(desk, "C-KEY-16", "revoke", "--installer", "1");
    await expectRefusal(desk, "C-USAGE-01", "revoke");
    await expectRefusal(desk, "C-USAGE-01", "revoke", "--programme", "20");
    await expectRefusal(desk, "C-USAGE-01", "revoke", "--programme", "20", "--issuer", "1", "--generation", "1");
    await expectRefusal(desk, "C-USAGE-01", "revoke", "--installer", "1", "--generation", "1");
    expect((await desk.keys("revoke", "--programme", "20", "--generation", "0")).usage).toContain("generation");
    await bundleFor(desk);
    const at = zoesKeys(desk);
    await expectRefusal(desk, "C-KEY-14", "revoke", "--installer", "1", ...at);
  });
});

/** Runs last: it looks at everything that was said before. */
describe("no secret", () => {
  it("is in anything that any command ever said", () => {
    expect(secrets.length).toBeGreaterThan(60);
    expect(said.length).toBeGreaterThan(300);
    expectNoSecretSaid();
  });
});
