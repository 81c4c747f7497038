import { describe, expect, it } from "vitest";
import { CUTS, CutFile } from "../../../tests/fixtures/cut-file.ts";
import {
  asTest,
  deviceNamed,
  factsFor,
  findsSecret,
  KEYS,
  openFactsFor,
  provisionFor,
  sealFor,
  secretOf,
  signerNamed,
} from "../../../tests/fixtures/provisioning.ts";
import { encodeProvision, type ProvisionFacts } from "../wire/index.ts";
import { KeyStore } from "./key-store.ts";
import { type ProvisionCircumstances, ProvisionFault, ProvisionStore } from "./provision-store.ts";

const device = await deviceNamed("one");
const neighbour = await deviceNamed("two");
const SERIAL = factsFor(device).serial;
const BLANK: ProvisionCircumstances = { pinnedOffice: null, hasJournal: false };
const AT_WORK: ProvisionCircumstances = { pinnedOffice: null, hasJournal: true };
const first = provisionFor(device);
const bearer = { uid: Uint8Array.of(4, 1, 2, 3, 4, 5, 6), card: 1_234_567_890_123 };

async function provisioned() {
  const file = new CutFile();
  const store = await ProvisionStore.load(file, device);
  const acceptance = await store.accept(first, BLANK);
  if (!acceptance.ok) throw new Error(acceptance.detail);
  return { file, store };
}

/** Refused with that word, and nothing has changed: neither in memory nor in the file. */
async function expectRefusal(bytes: Uint8Array, refusal: string, circumstances = AT_WORK) {
  const { file, store } = await provisioned();
  const acceptance = await store.accept(bytes, circumstances);
  expect(acceptance).toMatchObject({ ok: false, refusal });
  expect(acceptance.ok ? "" : acceptance.detail).not.toBe("");
  expect(store.current?.serial).toBe(SERIAL);
  expect(file.content).toEqual(first);
  expect(file.replacements).toBe(1);
  expect(
    findsSecret(
      JSON.stringify(acceptance),
      KEYS.map(({ secret }) => secret),
    ),
  ).toBe(false);
}

describe("a blank terminal", () => {
  it("is nothing until it takes its first provision", async () => {
    const file = new CutFile();
    const store = await ProvisionStore.load(file, device);
    expect(store.current).toBeNull();
    expect(await store.accept(first, BLANK)).toMatchObject({
      ok: true,
      outcome: "taken",
      provision: { serial: SERIAL },
    });
    expect(store.current).toEqual({
      facts: {
        terminal: 42,
        merchant: 7,
        production: true,
        issuer: 1,
        cardGeneration: 1,
        programmes: [{ programme: 20, generation: 3 }],
      },
      serial: SERIAL,
      officeKey: signerNamed("office").publicKey,
      merchantName: "Boulangerie Martin",
      zone: "Europe/Paris",
      isOpen: false,
      trustedImageKeys: [{ publicKey: signerNamed("image key").publicKey, test: false }],
      keys: [
        { key: { role: "identity", issuer: 1, generation: 1 }, master: secretOf("card key"), test: false },
        { key: { role: "area", programme: 20, generation: 2 }, master: secretOf("area key, previous"), test: false },
        { key: { role: "area", programme: 20, generation: 3 }, master: secretOf("area key"), test: false },
        { key: { role: "receipt", merchant: 7, generation: 1 }, master: secretOf("receipt key"), test: false },
        { key: { role: "list", merchant: 7, generation: 1 }, master: secretOf("list key"), test: false },
      ],
    });
  });

  it("has keys to work with from then on, and after every start", async () => {
    const { file, store } = await provisioned();
    const again = await ProvisionStore.load(file, device);
    expect(again.current).toEqual(store.current);
    const keys = new KeyStore(again.current!.keys, again.current!.facts.production);
    expect(keys.seal({ role: "area", programme: 20, generation: 3 }, bearer, first)).toHaveLength(8);
  });

  it("keeps the keys sealed: none of them is in its file", async () => {
    const { file } = await provisioned();
    const text = Buffer.from(file.content).toString("hex");
    expect(
      findsSecret(
        text,
        KEYS.map(({ secret }) => secret),
      ),
    ).toBe(false);
    expect(file.content).toEqual(first);
  });

  it("takes none that is signed by another key than it names, is for another terminal, or altered", async () => {
    const wrong: readonly (readonly [string, Uint8Array])[] = [
      ["malformed", first.subarray(0, -1)],
      ["malformed", new Uint8Array()],
      ["bad-signature", first.with(first.length - 1, first.at(-1)! ^ 1)],
      ["other-device", provisionFor(neighbour)],
    ];
    for (const [refusal, bytes] of wrong) {
      const file = new CutFile();
      const store = await ProvisionStore.load(file, device);
      expect(await store.accept(bytes, BLANK)).toMatchObject({ ok: false, refusal });
      expect([store.current, file.replacements]).toEqual([null, 0]);
    }
  });

  it("takes none while it has a journal, nor from another office than a list left pinned", async () => {
    const store = await ProvisionStore.load(new CutFile(), device);
    expect(await store.accept(first, AT_WORK)).toMatchObject({ ok: false, refusal: "has-journal" });
    const pinnedOffice = signerNamed("office of a list").publicKey;
    expect(await store.accept(first, { pinnedOffice, hasJournal: false })).toMatchObject({ refusal: "other-office" });
    expect(store.current).toBeNull();
  });

  it("may become open, with test keys alone", async () => {
    const store = await ProvisionStore.load(new CutFile(), device);
    const open = encodeProvision(openFactsFor(device), asTest(KEYS), sealFor(device), signerNamed("office"));
    expect(await store.accept(open, BLANK)).toMatchObject({ ok: true, provision: { isOpen: true } });
    expect(store.current).toMatchObject({ isOpen: true, facts: { production: false } });
    expect(store.current!.keys.every(({ test }) => test)).toBe(true);
    // Its office key is a published one: it never becomes a production terminal of that office.
    const serial = SERIAL + 1;
    expect(() => provisionFor(device, { serial, testOffice: true })).toThrow("the office key is a test key");
  });
});

describe("a provisioned terminal", () => {
  it("takes a later provision of its office, with a journal or without", async () => {
    for (const circumstances of [BLANK, AT_WORK]) {
      const { file, store } = await provisioned();
      const next = provisionFor(device, { serial: SERIAL + 1, merchantName: "Boulangerie Dupont" });
      expect(await store.accept(next, circumstances)).toMatchObject({ ok: true, outcome: "taken" });
      expect(store.current).toMatchObject({ serial: SERIAL + 1, merchantName: "Boulangerie Dupont" });
      expect(file.content).toEqual(next);
      expect(await store.accept(first, circumstances)).toMatchObject({ refusal: "older-serial" });
    }
  });

  it("says so when the same one comes again, and writes nothing", async () => {
    const { file, store } = await provisioned();
    expect(await store.accept(first, AT_WORK)).toMatchObject({ ok: true, outcome: "already-taken" });
    expect(file.replacements).toBe(1);
  });

  it("refuses a lower serial, and another provision of the same one", async () => {
    await expectRefusal(provisionFor(device, { serial: SERIAL - 1 }), "older-serial");
    await expectRefusal(provisionFor(device, { merchant: 8 }), "older-serial");
  });

  it("refuses another association, whatever its serial, journal or none", async () => {
    const foreign = provisionFor(device, { serial: SERIAL + 5 }, { office: signerNamed("a stranger") });
    await expectRefusal(foreign, "other-office");
    await expectRefusal(foreign, "other-office", BLANK);
  });

  it("follows the office key that a list pinned, and no longer the old one", async () => {
    const later = signerNamed("office, rotated");
    const circumstances = { pinnedOffice: later.publicKey, hasJournal: true };
    await expectRefusal(provisionFor(device, { serial: SERIAL + 1 }), "other-office", circumstances);
    const { file, store } = await provisioned();
    const next = provisionFor(device, { serial: SERIAL + 1 }, { office: later });
    expect(await store.accept(next, circumstances)).toMatchObject({ ok: true });
    expect(store.current!.officeKey).toEqual(later.publicKey);
    expect((await ProvisionStore.load(file, device)).current!.officeKey).toEqual(later.publicKey);
  });

  it("keeps its number while it has a journal", async () => {
    const renumbered = provisionFor(device, { serial: SERIAL + 1, terminal: 43 });
    await expectRefusal(renumbered, "has-journal");
    const { store } = await provisioned();
    expect(await store.accept(renumbered, BLANK)).toMatchObject({ ok: true, provision: { facts: { terminal: 43 } } });
  });

  it("refuses what is for another terminal, or sealed for one", async () => {
    await expectRefusal(provisionFor(neighbour, { serial: SERIAL + 1 }), "other-device");
    const facts = factsFor(device, { serial: SERIAL + 1 });
    const misdirected = encodeProvision(facts, KEYS, sealFor(neighbour), signerNamed("office"));
    await expectRefusal(misdirected, "sealed-for-another");
  });

  it("refuses keys that were lifted out of another provision", async () => {
    const facts = factsFor(device, { serial: SERIAL + 1 });
    let lifted = new Uint8Array();
    encodeProvision(
      facts,
      KEYS,
      (plain, info, aad) => {
        lifted = Uint8Array.from(sealFor(device)(plain, info, aad));
        return lifted;
      },
      signerNamed("office"),
    );
    const stolen = encodeProvision({ ...facts, merchant: 9 }, KEYS, () => lifted, signerNamed("office"));
    await expectRefusal(stolen, "sealed-for-another");
  });

  it("is whole after a power cut: the old provision or the new one", async () => {
    const next = provisionFor(device, { serial: SERIAL + 1 });
    for (const [from, bytes] of [
      [null, first],
      [first, next],
    ] as const) {
      for (const cut of CUTS) {
        const file = new CutFile(from ?? new Uint8Array());
        const store = await ProvisionStore.load(file, device);
        file.cut = cut;
        await expect(store.accept(bytes, BLANK)).rejects.toThrow(`power cut ${cut}`);
        const kept = cut === "after" || cut === "inside, new left";
        expect(file.content, cut).toEqual(kept ? bytes : (from ?? new Uint8Array()));
        const rebooted = await ProvisionStore.load(file, device);
        expect(rebooted.current?.serial, cut).toBe(
          (kept ? (bytes === first ? SERIAL : SERIAL + 1) : from === null ? undefined : SERIAL) as number,
        );
        // The installer tries again, and it works.
        expect(await rebooted.accept(bytes, BLANK)).toMatchObject({
          ok: true,
          outcome: kept ? "already-taken" : "taken",
        });
      }
    }
  });

  it("that could not store one is what it was, and takes the next", async () => {
    const { file, store } = await provisioned();
    file.cut = "before";
    const next = provisionFor(device, { serial: SERIAL + 1 });
    await expect(store.accept(next, AT_WORK)).rejects.toThrow("power cut");
    expect(store.current!.serial).toBe(SERIAL);
    expect(await store.accept(next, AT_WORK)).toMatchObject({ ok: true, outcome: "taken" });
    expect(file.content).toEqual(next);
  });

  it("takes one after the other when two come at once: the higher serial stays", async () => {
    const { file, store } = await provisioned();
    const [high, low] = [2, 1].map((more) => provisionFor(device, { serial: SERIAL + more })) as [
      Uint8Array,
      Uint8Array,
    ];
    const both = await Promise.all([store.accept(high, AT_WORK), store.accept(low, AT_WORK)]);
    expect(both).toMatchObject([{ ok: true }, { ok: false, refusal: "older-serial" }]);
    expect(file.content).toEqual(high);
  });

  it("does not start blank from a file that is damaged, or another terminal's", async () => {
    const { file } = await provisioned();
    for (let at = 0; at < first.length; at += 11) {
      const damaged = new CutFile(first.with(at, first[at]! ^ 4));
      await expect(ProvisionStore.load(damaged, device), `byte ${at}`).rejects.toThrow(ProvisionFault);
      expect(damaged.replacements).toBe(0);
    }
    for (let size = 1; size < first.length; size += 17)
      await expect(ProvisionStore.load(new CutFile(first.subarray(0, size)), device)).rejects.toThrow(ProvisionFault);
    await expect(ProvisionStore.load(file, neighbour)).rejects.toMatchObject({ refusal: "other-device" });
  });
});

describe("bytes of a stranger", () => {
  it("never get past a terminal: every byte of a good provision changed, and every length", async () => {
    const { store, file } = await provisioned();
    const next = provisionFor(device, { serial: SERIAL + 1 });
    const told = new Set<string>();
    for (let at = 0; at < next.length; at += 1) {
      const acceptance = await store.accept(next.with(at, next[at]! ^ 0x10), AT_WORK);
      told.add(acceptance.ok ? "accepted" : acceptance.refusal);
    }
    for (let size = 0; size < next.length; size += 1) {
      const acceptance = await store.accept(next.subarray(0, size), AT_WORK);
      told.add(acceptance.ok ? "accepted" : acceptance.refusal);
    }
    expect([...told].sort()).toEqual(["bad-signature", "malformed"]);
    expect(file.content).toEqual(first);
  });

  it("signed by the office all the same: what it says is held against the rules", async () => {
    const more: readonly Partial<ProvisionFacts>[] = [{ use: "open" }, { testOffice: true }, { issuer: 9 }];
    for (const facts of more) {
      expect(() => provisionFor(device, { serial: SERIAL + 1, ...facts })).toThrow(RangeError);
    }
  });
});
