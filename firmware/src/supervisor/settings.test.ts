import { describe, expect, it } from "vitest";
import type { StoredFile } from "../hal/index.ts";
import { utf8Encode } from "../wire/index.ts";
import { Settings } from "./settings.ts";

function memory(): StoredFile {
  let bytes = new Uint8Array();
  return {
    read: async () => bytes,
    replace: async (whole: Uint8Array) => {
      bytes = whole.slice();
    },
  } as unknown as StoredFile;
}
const USUAL = { language: "fr", beep: true, paper: 48, collect: false, closing: null };

describe("settings of the shop", () => {
  it("that are named are kept, and the others stay", async () => {
    const file = memory();
    const settings = await Settings.load(file);
    expect(settings.ofShop).toEqual(USUAL);
    await settings.keepShop({ closing: 1_170 });
    await settings.keepShop({ collect: true, beep: false });
    const kept = { ...USUAL, closing: 1_170, collect: true, beep: false };
    expect(settings.ofShop).toEqual(kept);
    expect((await Settings.load(file)).ofShop).toEqual(kept);
    await settings.keepShop({ closing: null });
    expect((await Settings.load(file)).ofShop).toEqual({ ...kept, closing: null });
    await settings.keepShop({ closing: 5 });
    expect(settings.read("shop/closing")).toEqual(utf8Encode("00:05"));
  });

  it.each(["24:00", "19:60", "9:30", "", "off ", "19:30:00"])("take no %j for an hour", async (hour) => {
    const settings = await Settings.load(memory());
    expect(settings.write("shop/closing", utf8Encode(hour))).toBe("bad-value");
    expect(settings.ofShop).toEqual(USUAL);
  });

  it("take hours and the words they know", async () => {
    const settings = await Settings.load(memory());
    expect(settings.write("shop/closing", utf8Encode("23:59"))).toBe("written");
    expect(settings.write("shop/collect", utf8Encode("on"))).toBe("written");
    expect(settings.write("shop/collect", utf8Encode("yes"))).toBe("bad-value");
    expect(settings.ofShop).toEqual({ ...USUAL, closing: 1_439, collect: true });
    settings.remove("shop/closing");
    expect(settings.ofShop.closing).toBeNull();
  });
});
