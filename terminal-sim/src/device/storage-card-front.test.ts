import { type2 } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { type FrontOptions, StorageCardFront } from "./storage-card-front.ts";
import { Type2Chip } from "./type2-chip.ts";

const UID = Uint8Array.of(0x04, 0x1b, 0x2c, 0x3d, 0x4e, 0x5f, 0x60);
const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const hex = (of: Uint8Array | "gone"): string =>
  of === "gone"
    ? of
    : Buffer.from(of)
        .toString("hex")
        .toUpperCase()
        .replace(/..(?=.)/g, "$& ");

function told(options: FrontOptions, ...apdus: readonly string[]): string[] {
  const front = new StorageCardFront(new Type2Chip("NTAG215", UID), options);
  front.power();
  return apdus.map((apdu) => hex(front.apdu(bytes(apdu))));
}

describe("a storage-card reader", () => {
  it.each(["acs", "transparent", "plain"] as const)("%s: answers the pseudo-APDUs of PC/SC part 3", (profile) => {
    const [uid, ats, container, two, long, written, back, short, unknown, other] = told(
      { profile },
      "FF CA 00 00 00",
      "FF CA 01 00 00",
      "FF B0 00 03 10",
      "FF B0 00 03 02",
      "FF B0 00 03 11",
      "FF D6 00 05 04 0A 0B 0C 0D",
      "FF B0 00 05 04",
      "FF D6 00 05 03 0A 0B 0C",
      "FF 55 00 00 00",
      "00 A4 04 00 00",
    );
    expect([uid, ats, two]).toEqual(["04 1B 2C 3D 4E 5F 60 90 00", "6A 81", "E1 10 90 00"]);
    expect(container).toMatch(/^E1 10 3E 00 (.. ){12}90 00$/);
    expect([written, back]).toEqual(["90 00", "0A 0B 0C 0D 90 00"]);
    expect([long, short, unknown, other]).toEqual(["67 00", "67 00", "6D 00", "6E 00"]);
  });

  it("acs: passes raw commands, and shows a NAK as a time-out until the chip is selected anew", () => {
    const front = new StorageCardFront(new Type2Chip("NTAG215", UID), { profile: "acs" });
    const ask = (apdu: string) => hex(front.apdu(bytes(apdu)));
    expect(ask("FF 00 00 00 03 D4 42 60")).toBe("D5 43 00 00 04 04 02 01 00 11 03 90 00");
    expect(ask("FF 00 00 00 07 D4 42 1B FF FF FF FF")).toBe("D5 43 00 00 00 90 00");
    expect(ask("FF 00 00 00 08 D4 42 A2 05 0A 0B 0C 0D")).toBe("D5 43 00 90 00");
    expect(ask("FF 00 00 00 04 D4 42 30 FF")).toBe("D5 43 01 90 00");
    expect(ask("FF 00 00 00 04 D4 42 30 05")).toBe("D5 43 01 90 00");
    expect(ask("FF B0 00 05 04")).toBe("63 00");
    front.power();
    expect(ask("FF B0 00 05 04")).toBe("0A 0B 0C 0D 90 00");
    expect(ask("FF 00 40 0F 04 01 01 01 00")).toBe("90 00");
    expect(Buffer.from(bytes(ask("FF 00 48 00 00"))).toString()).toMatch(/^CACHET/);
    expect(ask("FF C2 00 00 02 81 00")).toBe("6D 00");
  });

  it("transparent: passes raw commands within a session, a NAK as the four bits it is", () => {
    expect(
      told(
        { profile: "transparent" },
        "FF C2 00 01 03 95 01 60 00",
        "FF C2 00 00 02 81 00",
        "FF C2 00 02 04 8F 02 00 03",
        "FF C2 00 01 0A 5F 46 04 40 9C 00 00 95 01 60 00",
        "FF C2 00 01 08 95 06 A2 05 01 02 03 04 00",
        "FF C2 00 01 04 95 02 30 FF 00",
        "FF C2 00 01 04 95 02 30 05 00",
        "FF C2 00 00 02 82 00",
        "FF C2 00 01 03 95 01 60 00",
        "FF 00 00 00 03 D4 42 60",
      ),
    ).toEqual([
      "C0 03 00 69 85 90 00",
      "C0 03 00 90 00 90 00",
      "C0 03 00 90 00 90 00",
      "C0 03 00 90 00 92 01 00 96 02 00 00 97 08 00 04 04 02 01 00 11 03 90 00",
      "C0 03 00 90 00 92 01 04 96 02 00 00 97 01 0A 90 00",
      "C0 03 00 90 00 92 01 04 96 02 00 00 97 01 00 90 00",
      "C0 03 00 64 01 90 00",
      "C0 03 00 90 00 90 00",
      "C0 03 00 69 85 90 00",
      "6D 00",
    ]);
  });

  it("a card that leaves before or after a command gives no answer, and none later", () => {
    for (const when of ["before", "after"] as const) {
      const chip = new Type2Chip("NTAG215", UID);
      const leaves = (command: Uint8Array) => (command[0] === 0xa2 ? when : "stays");
      const front = new StorageCardFront(chip, { leaves });
      expect(front.apdu(bytes("FF B0 00 05 04"))).toHaveLength(6);
      expect(front.apdu(bytes("FF D6 00 05 04 01 02 03 04"))).toBe("gone");
      expect(front.apdu(bytes("FF CA 00 00 00"))).toBe("gone");
      chip.select();
      const held = chip.execute(type2.read(5));
      expect([...held.slice(0, 4)]).toEqual(when === "after" ? [1, 2, 3, 4] : [0, 0, 0, 0]);
    }
  });
});
