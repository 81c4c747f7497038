import { ascii, STATE_LAYOUT } from "@cachet/card-layout";
import { APP_LIMITS, type SandboxFaultKind } from "@cachet/firmware/hal";
import { ImageRefused } from "@cachet/firmware/supervisor";
import { encodeImage, PRODUCT } from "@cachet/firmware/wire";
import { loadQuickJs, type SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { sha256, signerOfSecret } from "../../host/src/ports/crypto.ts";
import { card, sale, terminal, townImage } from "../fixtures/town.ts";

const FACTS = {
  version: { major: 1, minor: 0, revision: 0, build: 0 },
  securityCounter: 1,
  product: PRODUCT,
  layouts: { lowest: 1, highest: STATE_LAYOUT },
  programmes: [],
};

/** A signed image whose app does this when it starts, and this with every answer. */
const imageOf = (start: string, answer = ""): Uint8Array =>
  encodeImage(
    FACTS,
    ascii(`globalThis.cachet = { start() { ${start} }, answer(id, text) { ${answer} } };`),
    testImageSigner(),
    sha256,
  );

async function stopOf(image: Uint8Array): Promise<SandboxFaultKind | string> {
  const newSandbox = await loadQuickJs();
  let running: SimTerminal | undefined;
  try {
    running = await terminal(1, { image, newSandbox });
    await running.visit(sale(100), await card(1));
    return "still running";
  } catch (error) {
    return (error as { readonly kind?: SandboxFaultKind }).kind ?? String(error);
  } finally {
    running?.powerOff();
  }
}

const ask = 'cachetCall(1, "now", "[]");';

describe("an image that misbehaves is stopped", () => {
  it("4 MiB kept alive, in one buffer and in many", async () => {
    expect(await stopOf(imageOf(`globalThis.keep = new Uint8Array(4 << 20); ${ask}`))).toBe("memory");
    const many = "globalThis.keep = []; for (let i = 0; i < 64; i += 1) keep.push(new Uint8Array(65536));";
    expect(await stopOf(imageOf(`${many} ${ask}`))).toBe("memory");
    expect(await stopOf(imageOf(ask, `(globalThis.keep ??= []).push(new Uint8Array(100000)); ${ask}`))).toBe("memory");
  });

  it("an endless loop, at the start and after an answer", async () => {
    expect(await stopOf(imageOf("for (;;) {}"))).toBe("budget");
    expect(await stopOf(imageOf(ask, "for (;;) {}"))).toBe("budget");
    expect(await stopOf(imageOf("(async () => { for (;;) await null; })();"))).toBe("budget");
  });

  it("recursion without end", async () => {
    expect(await stopOf(imageOf("(function deeper() { deeper(); })();"))).toBe("stack");
  });

  it("a call that does not exist, a throw, a script that is none", async () => {
    expect(await stopOf(imageOf('cachetCall(1, "readKeys", "[]");'))).toBe("error");
    expect(await stopOf(imageOf("throw new Error('no');"))).toBe("error");
    const broken = encodeImage(FACTS, ascii("this is no script"), testImageSigner(), sha256);
    expect(await stopOf(broken)).toBe("error");
  });

  it("clock, chance, timers, modules and files are not there", async () => {
    const absent = ["Date", "Intl", "setTimeout", "require", "process", "fetch", "console", "eval", "Math.random"];
    const check = absent
      .map((name) => `if (typeof ${name} !== "undefined") throw new Error("${name} is there");`)
      .join("");
    expect(await stopOf(imageOf(`${check} cachetCall(1, "fault", '"all absent"');`))).toBe("error");
    await expect(
      terminal(1, { image: imageOf(`${check} throw new Error("ALL ABSENT");`), newSandbox: await loadQuickJs() }).then(
        (shop) => shop.visit(sale(1), new Proxy({} as never, {})),
      ),
    ).rejects.toThrow(/ALL ABSENT/);
  });
});

describe("an image that is not trusted does not start", () => {
  it("signed by another key, or altered: refused before anything of it runs", async () => {
    const stranger = signerOfSecret(new Uint8Array(32).fill(7));
    const foreign = encodeImage(FACTS, ascii("globalThis.ran = true;"), stranger, sha256);
    await expect(terminal(1, { image: foreign })).rejects.toMatchObject({
      name: "ImageRefused",
      refusal: "unknown-key",
    });
    const altered = (await townImage()).slice();
    altered[100] = altered[100]! ^ 1;
    await expect(terminal(1, { image: altered })).rejects.toBeInstanceOf(ImageRefused);
  });
});

describe("a terminal that is marked as production", () => {
  it("takes no test keys, neither for images nor for cards, and stores nothing when it refuses", async () => {
    await expect(terminal(1, { production: true })).rejects.toMatchObject({ name: "TestKeyRefused" });
  });

  it("does not go back to an older security counter", async () => {
    await expect(terminal(1, { securityCounter: 2 })).rejects.toMatchObject({ refusal: "older-counter" });
    const shop = await terminal(1, { securityCounter: 1 });
    expect(shop.isOn).toBe(true);
    shop.powerOff();
  });
});

describe("a batch", () => {
  it("of the same range has the same bytes, whatever image runs when it is collected", async () => {
    const shop = await terminal(1);
    await shop.visit(sale(1_000), await card(1));
    const before = shop.collect(1, 3).file;
    const later = await terminal(1, { image: imageOf(ask), journal: await shop.journalBytes() });
    expect(later.entryCount).toBe(shop.entryCount + 1);
    expect(later.collect(1, 3).file).toEqual(before);
  });
});

describe("a thousand visits", () => {
  it("stay within 1.5 MiB of heap, and leave no more behind than a hundred", async () => {
    const shop = await terminal(1, { newSandbox: await loadQuickJs() });
    const chip = await card(1);
    const used: number[] = [];
    for (let visit = 1; visit <= 1_000; visit += 1) {
      await shop.visit(sale(1_000 + visit), chip);
      if (visit % 100 === 0) used.push(shop.usedBytes());
    }
    console.log(`heap after 1 000 visits: ${used.at(-1)} bytes`);
    expect(used.at(-1)).toBeLessThan(1.5 * 1024 * 1024);
    expect(used.at(-1)! - used[0]!).toBeLessThan(20_000);
    expect(APP_LIMITS.memoryBytes).toBe(2 * 1024 * 1024);
    shop.powerOff();
  });
});
