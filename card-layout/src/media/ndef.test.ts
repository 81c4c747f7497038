import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../record/bytes.ts";
import { EMPTY_NDEF, ndefProblem, packUrl, unpackUrl } from "./ndef.ts";

describe("a web address for phones", () => {
  it("is the message of the URI record definition", () => {
    // URI RTD 1.0, appendix A.1: http://www.nfc.com is D1 01 08 55 01 6E 66 63 2E 63 6F 6D.
    expect(toHex(packUrl("http://www.nfc.com", 16))).toBe("030cd1010855016e66632e636f6dfe00");
    expect(toHex(packUrl("https://c.fr/1", 16))).toBe("030bd101075504632e66722f31fe0000");
  });

  it("is read back, whatever it is and however much room there is", () => {
    const tail = fc.stringMatching(/^[!-~]{1,40}$/);
    fc.assert(
      fc.property(fc.constantFrom("http://", "https://", "http://www.", "https://www."), tail, (prefix, rest) => {
        const url = prefix + rest;
        expect(ndefProblem(url, 56)).toBeNull();
        expect(unpackUrl(packUrl(url, 56))).toBe(url);
      }),
    );
  });

  it("is refused where it does not fit, or is no web address", () => {
    expect(ndefProblem("https://example.org/12345", 20)).toBe("it takes 25 bytes, the card has 20");
    for (const url of ["ftp://x", "https://", "https://é", "https://a b", "javascript:1", ""]) {
      expect(ndefProblem(url, 56), url).toBe("it is no web address in plain ASCII");
      expect(() => packUrl(url, 56)).toThrow(RangeError);
    }
  });

  it("is not found in anything else", () => {
    expect(unpackUrl(EMPTY_NDEF)).toBeNull();
    expect(unpackUrl(new Uint8Array(56))).toBeNull();
    const cut = packUrl("https://example.org", 56);
    for (let at = 0; at < 7; at += 1) expect(unpackUrl(cut.with(at, 0x7f)), `byte ${at}`).toBeNull();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => unpackUrl(bytes) === null || bytes.length > 7));
  });
});
