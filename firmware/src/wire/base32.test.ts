import { base32nopad } from "@scure/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { base32Bytes, base32Of } from "./base32.ts";

describe("Base32", () => {
  it("writes and reads the examples of RFC 4648, section 10, without their padding", () => {
    const examples = {
      "": "",
      f: "MY",
      fo: "MZXQ",
      foo: "MZXW6",
      foob: "MZXW6YQ",
      fooba: "MZXW6YTB",
      foobar: "MZXW6YTBOI",
    };
    for (const [plain, text] of Object.entries(examples)) {
      const bytes = new TextEncoder().encode(plain);
      expect(base32Of(bytes)).toBe(text);
      expect(base32Bytes(text)).toEqual(bytes);
    }
  });

  it("is what another library makes of any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        expect(base32Of(bytes)).toBe(base32nopad.encode(bytes));
        expect(base32Bytes(base32Of(bytes))).toEqual(bytes);
      }),
    );
  });

  it("refuses what that library refuses, and reads what it reads", () => {
    const text = fc.string({ unit: fc.constantFrom(..."ABQ27abc018=é "), maxLength: 12 });
    fc.assert(
      fc.property(text, (said) => {
        let theirs: Uint8Array | null = null;
        try {
          theirs = base32nopad.decode(said);
        } catch {
          // It throws where ours says null.
        }
        expect(base32Bytes(said)).toEqual(theirs);
      }),
      { numRuns: 2_000 },
    );
  });
});
