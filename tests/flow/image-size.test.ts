import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import type { Sandbox } from "@cachet/firmware/hal";
import { loadQuickJs } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import {
  balance,
  buy,
  card,
  close,
  fixtureFile,
  give,
  imageOf,
  lateSale,
  programmeFile,
  refund,
  sale,
  TOWN,
  terminal,
  topUp,
} from "../fixtures/town.ts";

const EVERYTHING = 38;

/** The most that an app has used so far. */
class Watched {
  most = 0;
  watch(made: Sandbox): Sandbox {
    const usedBytes = made.usedBytes.bind(made);
    made.usedBytes = () => {
      const used = usedBytes();
      this.most = Math.max(this.most, used);
      return used;
    };
    return made;
  }
}

describe("an image with every preset, beside a town's programme", () => {
  it("takes less than 64 KiB compressed, and less than 1.5 MiB of heap through every kind of visit", async () => {
    const file = fixtureFile("everything");
    // What is measured has all of them: a preset that is added to the language has to be added there.
    const kinds = [
      ..."stamps cagnotte points prepaid units discount multiplier bonus cap tiers club challenge draw parking".split(
        " ",
      ),
    ];
    for (const kind of kinds) expect(readFileSync(file, "utf8"), kind).toMatch(new RegExp(`^ {4}${kind}\\(`, "m"));
    const image = await imageOf([file, programmeFile("ville")]);
    const deflated = deflateRawSync(image, { level: 9 }).length;
    const [watched, quickjs] = [new Watched(), await loadQuickJs()];
    const shop = await terminal(1, {
      programmes: [EVERYTHING, TOWN],
      image,
      newSandbox: () => watched.watch(quickjs()),
    });
    const chip = await card(1, { chip: "NTAG216", areas: 2 });
    const requests = [
      topUp(5_000),
      buy(3_000, EVERYTHING, "club"),
      buy(10_000, EVERYTHING, "seances", 1),
      ...Array.from({ length: 12 }, (_, i) => ({ ...sale(1_250 + i, i % 4 === 3 ? "max" : undefined), use: i % 2 })),
      { ...sale(0), lines: Array.from({ length: 60 }, (_, i) => ({ amount: 100 + i, quantity: 1 })) },
      { ...sale(2_100), gift: "mug" },
      refund("last"),
      give(EVERYTHING, "points", 20),
      lateSale(900, "K-1"),
      balance(),
      close(EVERYTHING),
    ];
    for (const request of requests)
      expect(await shop.visit(request, chip), request.kind).toMatchObject({ result: "done" });
    shop.powerOff();
    console.log(`image ${image.length} bytes, ${deflated} deflated; heap ${watched.most} bytes at most`);
    expect(deflated).toBeLessThan(64 * 1_024);
    expect(watched.most).toBeLessThan(1.5 * 1_024 * 1_024);
    expect(watched.most).toBeGreaterThan(100_000);
  });
});
