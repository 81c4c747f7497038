import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hmacSha256 } from "./crypto.ts";

describe("HMAC-SHA-256 of the host", () => {
  it("is what Node makes of the same key and message, keys longer than a block too", () => {
    const right = (key: Uint8Array, message: Uint8Array) =>
      new Uint8Array(createHmac("sha256", key).update(message).digest());
    for (const length of [0, 1, 32, 63, 64, 65, 131]) {
      const key = Uint8Array.from({ length }, (_, i) => i * 7 + 1);
      expect(hmacSha256(key, Uint8Array.of(1, 2, 3)), `${length}`).toEqual(right(key, Uint8Array.of(1, 2, 3)));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 140 }), fc.uint8Array({ maxLength: 200 }), (key, message) => {
        expect(hmacSha256(key, message)).toEqual(right(key, message));
      }),
    );
  });
});
