import { ascii, STATE_LAYOUT } from "@cachet/card-layout";
import { TRIAL_MS } from "@cachet/firmware/hal";
import {
  decodeEntry,
  encodeImage,
  type ImageFacts,
  imageErase,
  imageSetState,
  imageState,
  imageUpload,
  inspectImage,
  PRODUCT,
  resetTerminal,
  slotImages,
  terminalHealth,
} from "@cachet/firmware/wire";
import { loadQuickJs, type SimTerminal, SimTimer } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { buildImage } from "../../host/src/image/build.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { sha256, signerOfSecret } from "../../host/src/ports/crypto.ts";
import { ask, type Called, MemoryLine } from "../fixtures/memory-line.ts";
import { card, programmeFile, sale, terminal, townImage } from "../fixtures/town.ts";

const PIECE = 4_000;
const FACTS: ImageFacts = {
  version: { major: 2, minor: 0, revision: 0, build: 0 },
  securityCounter: 2,
  product: PRODUCT,
  layouts: { lowest: 1, highest: STATE_LAYOUT },
  programmes: [],
};
const newer = (
  await buildImage(["boulangerie", "ville"].map(programmeFile), {
    version: FACTS.version,
    securityCounter: 2,
    signer: testImageSigner(),
  })
).file;

/** A signed image whose app does this when it starts, and this with every answer. */
const imageOf = (start: string, answer = "", facts: Partial<ImageFacts> = {}): Uint8Array =>
  encodeImage(
    { ...FACTS, ...facts },
    ascii(`globalThis.cachet = { start() { ${start} }, answer(id, text) { ${answer} } };`),
    testImageSigner(),
    sha256,
  );

const hashOf = (file: Uint8Array): Uint8Array => {
  const reading = inspectImage(file, sha256);
  if (!reading.ok) throw new Error(reading.detail);
  return reading.image.hash;
};

class Shop {
  readonly line = new MemoryLine();
  readonly timer = new SimTimer();
  sim!: SimTerminal;

  static async open(options: { readonly quickjs?: true; readonly image?: Uint8Array } = {}): Promise<Shop> {
    const shop = new Shop();
    shop.sim = await terminal(1, {
      line: shop.line,
      timer: shop.timer,
      isOpen: true,
      ...(options.image === undefined ? {} : { image: options.image }),
      ...(options.quickjs === undefined ? {} : { newSandbox: await loadQuickJs() }),
    });
    return shop;
  }

  async upload(file: Uint8Array): Promise<void> {
    for (let off = 0; off < file.length; ) {
      const first = off === 0 ? { len: file.length, sha: sha256(file) } : {};
      const answer = await ask(this.line, imageUpload, { off, data: file.subarray(off, off + PIECE), ...first });
      if (!answer.ok) throw new Error(`upload: ${answer.rc}`);
      off = answer.value.off;
    }
  }

  setState(file: Uint8Array | null, confirm: boolean): Promise<Called<unknown>> {
    return ask(this.line, imageSetState, { confirm, ...(file === null ? {} : { hash: hashOf(file) }) });
  }

  /** Has an image tried, and starts it. */
  async try(file: Uint8Array): Promise<void> {
    await this.upload(file);
    expect(await this.setState(file, false)).toMatchObject({ ok: true });
    await this.reset();
  }

  async reset(): Promise<void> {
    expect(await ask(this.line, resetTerminal, {})).toMatchObject({ ok: true });
    await this.pass(1_000);
  }

  /** Lets time pass, and a start that falls due come to its end. */
  async pass(ms: number): Promise<void> {
    this.timer.advance(ms);
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    await this.sim.restarted;
  }

  get runs(): Uint8Array {
    return this.sim.supervisor.image.hash;
  }

  async sells(): Promise<unknown> {
    return this.sim.visit(sale(500), await card(5));
  }
}

describe("an image on trial", () => {
  it("is kept when the host confirms it, and raises the security counter only then", async () => {
    const shop = await Shop.open();
    await shop.try(newer);
    expect(shop.runs).toEqual(hashOf(newer));
    expect(await ask(shop.line, slotImages, {})).toMatchObject({ value: { counter: 1 } });
    expect(await ask(shop.line, imageState, {})).toMatchObject({
      value: {
        images: [
          { slot: 0, version: "2.0.0", active: true, confirmed: false },
          { slot: 1, version: "1.0.0", active: false, confirmed: true },
        ],
      },
    });
    expect(await shop.setState(null, true)).toMatchObject({ ok: true });
    expect(await ask(shop.line, slotImages, {})).toMatchObject({ value: { counter: 2 } });
    await shop.reset();
    await shop.pass(10 * TRIAL_MS);
    expect(shop.runs).toEqual(hashOf(newer));
    expect(await shop.sells()).toMatchObject({ result: "done" });
  });

  it("goes back after a minute without a confirm, or at the next start", async () => {
    for (const wait of [() => TRIAL_MS, null]) {
      const shop = await Shop.open();
      await shop.try(newer);
      await shop.pass(TRIAL_MS - 2_000);
      expect(shop.runs).toEqual(hashOf(newer));
      if (wait === null) await shop.reset();
      else await shop.pass(2_000);
      expect(shop.runs).toEqual(hashOf(await townImage()));
      expect(await ask(shop.line, slotImages, {})).toMatchObject({ value: { counter: 1 } });
      // What ran before needs nobody's word to stay.
      expect(shop.sim.supervisor.slots.onTrial).toBe(false);
      await shop.reset();
      await shop.pass(2 * TRIAL_MS);
      expect(shop.runs).toEqual(hashOf(await townImage()));
      expect(await shop.sells()).toMatchObject({ result: "done" });
    }
  });

  it("is kept by the service key", async () => {
    const shop = await Shop.open();
    await shop.try(newer);
    shop.sim.till.pressService();
    await shop.pass(10 * TRIAL_MS);
    expect(shop.runs).toEqual(hashOf(newer));
    expect(shop.sim.supervisor.slots.onTrial).toBe(false);
  });

  it("cannot be confirmed before its app has said that it works, and goes back", async () => {
    const mute = imageOf('cachetCall(1, "nextEvent", "[0,\\"new\\"]");');
    const shop = await Shop.open({ quickjs: true });
    await shop.try(mute);
    expect(shop.runs).toEqual(hashOf(mute));
    expect(await shop.setState(mute, true)).toEqual({ ok: false, group: 1, rc: 32 });
    shop.sim.till.pressService();
    await shop.pass(TRIAL_MS);
    expect(shop.runs).toEqual(hashOf(await townImage()));
    shop.sim.powerOff();
  });

  it("goes back at once when its app fails, whatever way", async () => {
    const ask = 'cachetCall(1, "now", "[]");';
    const broken = [
      imageOf("throw new Error('no');"),
      imageOf("for (;;) {}"),
      imageOf(`globalThis.keep = new Uint8Array(4 << 20); ${ask}`),
      imageOf("(function deeper() { deeper(); })();"),
      imageOf('cachetCall(1, "readKeys", "[]");'),
      imageOf("return;"),
      imageOf(ask, "return;"),
    ];
    for (const file of broken) {
      const shop = await Shop.open({ quickjs: true });
      await shop.try(file);
      await shop.pass(10);
      expect(shop.runs).toEqual(hashOf(await townImage()));
      expect(await shop.sells()).toMatchObject({ result: "done" });
      shop.sim.powerOff();
    }
  });

  it("that was asked for as permanent is kept once it works, and only then", async () => {
    const shop = await Shop.open({ quickjs: true });
    await shop.upload(newer);
    expect(await shop.setState(newer, true)).toMatchObject({ ok: true });
    await shop.reset();
    expect(shop.runs).toEqual(hashOf(newer));
    expect(shop.sim.supervisor.slots.onTrial).toBe(false);
    const mute = imageOf('cachetCall(1, "nextEvent", "[0,\\"new\\"]");');
    await shop.upload(mute);
    expect(await shop.setState(mute, true)).toMatchObject({ ok: true });
    await shop.reset();
    expect(shop.runs).toEqual(hashOf(mute));
    await shop.pass(TRIAL_MS);
    expect(shop.runs).toEqual(hashOf(newer));
    shop.sim.powerOff();
  });
});

describe("the states of the slots, as stock terminals have them", () => {
  it("follow the table of allowed transitions", async () => {
    const shop = await Shop.open();
    const older = await townImage();
    const refuse = (rc: number) => ({ ok: false, group: 1, rc });
    expect(await shop.setState(older, false)).toEqual(refuse(33));
    expect(await shop.setState(older, true)).toMatchObject({ ok: true });
    expect(await shop.setState(newer, false)).toEqual(refuse(8));
    expect(await ask(shop.line, imageSetState, { confirm: false })).toEqual(refuse(24));
    expect(await ask(shop.line, imageSetState, { hash: Uint8Array.of(1, 2, 3) })).toEqual(refuse(24));
    await shop.upload(newer);
    expect(await shop.setState(newer, false)).toMatchObject({ ok: true });
    expect(await shop.setState(newer, false)).toMatchObject({ ok: true });
    expect(await shop.setState(newer, true)).toEqual(refuse(28));
    expect(await shop.setState(older, true)).toEqual(refuse(28));
    expect(await ask(shop.line, imageErase, {})).toEqual(refuse(9));
    expect(await ask(shop.line, imageUpload, { off: 0, data: newer.subarray(0, 64), len: newer.length })).toEqual(
      refuse(9),
    );
    await shop.reset();
    expect(await shop.setState(newer, false)).toEqual(refuse(28));
    expect(await shop.setState(older, true)).toMatchObject({ ok: true });
    expect(shop.sim.supervisor.slots.onTrial).toBe(true);
    expect(await shop.setState(null, true)).toMatchObject({ ok: true });
    expect(await ask(shop.line, imageErase, {})).toMatchObject({ ok: true });
    expect(await ask(shop.line, imageState, {})).toMatchObject({ value: { images: [{ slot: 0 }] } });
  });
});

describe("an image that may not run here", () => {
  const stranger = signerOfSecret(new Uint8Array(32).fill(7));
  const cases: readonly (readonly [name: string, file: Uint8Array, rc: number, word: string])[] = [
    ["signed by another key", encodeImage(FACTS, ascii("1"), stranger, sha256), 24, "unknown-key"],
    ["for another product", imageOf("", "", { product: "other" }), 5, "other-product"],
    ["for another model", imageOf("", "", { model: "R9" }), 5, "other-model"],
    ["for another merchant", imageOf("", "", { merchants: [77, 78] }), 5, "other-merchant"],
    ["for a newer terminal", imageOf("", "", { halLevel: 200 }), 5, "newer-hal"],
    ["with a lower security counter", imageOf("", "", { securityCounter: 0 }), 27, "older-counter"],
    [
      "that does not read the layouts in the field",
      imageOf("", "", { layouts: { lowest: 9, highest: 9 } }),
      5,
      "unreadable-layout",
    ],
  ];
  it.each(cases)(
    "%s: listed, not bootable, refused with its reason, and nothing of it runs",
    async (_, file, rc, word) => {
      const shop = await Shop.open();
      await shop.upload(file);
      expect(await ask(shop.line, slotImages, {})).toMatchObject({
        value: { images: [{ slot: 0 }, { slot: 1, refusal: word }] },
      });
      for (const confirm of [false, true])
        expect(await shop.setState(file, confirm)).toEqual({ ok: false, group: 1, rc });
      const last = decodeEntry(await shop.sim.supervisor.journal!.entry(shop.sim.entryCount));
      expect(last).toMatchObject({ kind: "image-change", body: { what: "refused", to: hashOf(file), reason: word } });
      await shop.reset();
      expect(shop.runs).toEqual(hashOf(await townImage()));
    },
  );

  it("that was damaged in its slot after it was asked for is not tried, and the terminal sells", async () => {
    const shop = await Shop.open();
    await shop.upload(newer);
    await shop.setState(newer, false);
    const slot = shop.sim.storage.file("slot-b");
    const bytes = await slot.read();
    bytes[1_000] = bytes[1_000]! ^ 1;
    await slot.replace(bytes);
    await shop.reset();
    expect(shop.runs).toEqual(hashOf(await townImage()));
    expect(await shop.sells()).toMatchObject({ result: "done" });
  });
});

describe("a terminal whose flash lost something", () => {
  it("runs the other image where the running one is damaged, and never goes below the counter", async () => {
    const shop = await Shop.open();
    await shop.try(newer);
    await shop.setState(null, true);
    await shop.upload(imageOf("", "", { securityCounter: 1 }));
    const running = shop.sim.storage.file("slot-b");
    await running.truncate(100);
    shop.sim.powerOff();
    const supervisor = await shop.sim.boot();
    expect(supervisor.imageFault?.refusal).toBe("bad-size");
    expect(supervisor.slots.securityCounter).toBe(2);
    // Nothing may run, and the line is served all the same: an image brings it back.
    expect(await ask(shop.line, terminalHealth, {})).toMatchObject({ value: { app: "none" } });
    await shop.try(newer);
    expect(shop.runs).toEqual(hashOf(newer));
    expect(await shop.sells()).toMatchObject({ result: "done" });
  });

  it("finds its way back from a state file that is damaged at any byte", async () => {
    const first = await Shop.open();
    await first.try(newer);
    await first.setState(null, true);
    const state = await first.sim.storage.file("state").read();
    for (let at = 0; at < state.length; at += 1) {
      const damaged = state.slice();
      damaged[at] = damaged[at]! ^ 0x10;
      const file = first.sim.storage.file("state");
      await file.replace(damaged);
      first.sim.powerOff();
      await first.sim.powerOn();
      expect(first.runs, `byte ${at}`).toEqual(hashOf(newer));
      expect(first.sim.supervisor.slots.securityCounter, `byte ${at}`).toBe(2);
    }
    expect(await first.sells()).toMatchObject({ result: "done" });
  });
});

describe("an app that fails in the shop", () => {
  it("is started anew, and stays stopped when it fails again and again; the line goes on", async () => {
    const shop = await Shop.open({ quickjs: true });
    const crashing = imageOf(
      'cachetCall(1, "healthy", "[]"); cachetCall(2, "nextEvent", "[0,\\"new\\"]");',
      "if (id === 2) throw new Error('in the visit');",
      { securityCounter: 1 },
    );
    await shop.try(crashing);
    expect(await shop.setState(null, true)).toMatchObject({ ok: true });
    for (let visit = 1; visit <= 3; visit += 1) {
      await expect(shop.sells()).rejects.toThrow("in the visit");
      const health = await ask(shop.line, terminalHealth, {});
      expect(health).toMatchObject({ value: { app: visit < 3 ? "healthy" : "stopped", busy: false } });
    }
    await shop.upload(newer);
    expect(await shop.setState(newer, false)).toMatchObject({ ok: true });
    await shop.reset();
    expect(await shop.sells()).toMatchObject({ result: "done" });
    shop.sim.powerOff();
  });
});
