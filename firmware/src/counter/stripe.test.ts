import { readFileSync } from "node:fs";
import { ascii, cardNumber, fromHex, stripeIdentity } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SerialStripeReader } from "./serial-stripe.ts";
import { swipeOfText } from "./stripe.ts";
import { swipeOfBits } from "./track-bits.ts";

interface Ours {
  readonly name: string;
  readonly card: number;
  readonly track2: string;
  readonly lrc: string;
  readonly bits: string;
}
const { vectors } = JSON.parse(
  readFileSync(new URL("../../../card-layout/vectors/stripe-1.json", import.meta.url), "utf8"),
) as { readonly vectors: readonly Ours[] };

const NUMBER = cardNumber(1, 42);
const OURS = `;${stripeIdentity(NUMBER)}?`;
const ACCOUNT = { kind: "account", number: NUMBER };
const BANK = { kind: "bank-card" };
const VISA = ";4111111111111111=25121011234500000000?";
const unreadable = (why: string) => ({ kind: "unreadable", why });
const swipe = (text: string) => swipeOfText(ascii(text));
/** The bits the other way round. */
const backwards = (bytes: Uint8Array): Uint8Array =>
  Uint8Array.from(bytes, (_, i) => {
    const byte = bytes[bytes.length - 1 - i]!;
    return Array.from({ length: 8 }, (_bit, bit) => ((byte >> bit) & 1) << (7 - bit)).reduce(
      (sum, one) => sum + one,
      0,
    );
  });

describe.each(vectors)("the stripe of $name", ({ card, track2, lrc, bits }) => {
  const number = { kind: "account", number: card };
  it("is read from text, with its check character and without", () => {
    expect(swipe(track2)).toEqual(number);
    expect(swipe(track2 + lrc)).toEqual(number);
    expect(swipe(`%E?${track2}+E?`)).toEqual(number);
    expect(swipe(`%TOWN OF CACHET?${track2}${track2.replace(";", "+")}`)).toEqual(number);
  });

  it("is read from bits, drawn in either direction and packed in either order", () => {
    const read = (bytes: Uint8Array, order: "lowest-first" | "highest-first") => swipeOfBits(bytes, order);
    const mirrored = () => backwards(fromHex(bits)).reverse();
    expect(read(fromHex(bits), "lowest-first")).toEqual(number);
    expect(read(backwards(fromHex(bits)), "lowest-first")).toEqual(number);
    expect(read(mirrored(), "highest-first")).toEqual(number);
    expect(read(fromHex(bits).reverse(), "highest-first")).toEqual(number);
  });

  it("is no account with any one bit or two neighbours flipped, those of the check character too", () => {
    const whole = fromHex(bits);
    for (const width of [1, 2]) {
      for (let bit = 22; bit <= 22 + 18 * 5 - width; bit += 1) {
        const bytes = whole.slice();
        for (let one = bit; one < bit + width; one += 1) bytes[one >> 3]! ^= 1 << (one & 7);
        expect(swipeOfBits(bytes, "lowest-first"), `bit ${bit}`).toMatchObject({ kind: "unreadable" });
      }
    }
  });
});

describe("a swipe that is not one of ours", () => {
  it.each([
    ["", "cut"],
    [";2800010000", "cut"],
    [`${OURS}:`, "damaged"],
    [";280001000042131?", "damaged"],
    [`${OURS};${stripeIdentity(cardNumber(1, 43))}?`, "damaged"],
    [";E?", "damaged"],
    ["%E?;E?+E?", "damaged"],
    [";12345?", "not-ours"],
    [";2800010000421?", "not-ours"],
    [";6360291234567890123=180119550512=?", "not-ours"],
    ["%ORSPRINGFIELD ^ SIMPSON $HOMER$J ^ 742 EVERGREEN TERR ^?", "not-ours"],
    ["x".repeat(257), "too-long"],
  ])("%j is unreadable: %s", (text, why) => expect(swipe(text)).toEqual(unreadable(why)));

  it.each([
    VISA,
    `${VISA}9`,
    "%B4111111111111111^SMITH/JOHN^2512101000000000?",
    `%B4111111111111111^SMITH/JOHN^2512101000000000?>${VISA}9`,
    ";1234123412341234=0305101193010877?",
    ";4111111111111111?",
    ";378282246310005=2512101?",
    ";5555555555554444=2512101?",
    ";2223003122003222=2512101?",
    ";4111111111111112=2512101?",
    ";4111111111111111==101?",
    `${OURS}${VISA}`,
    `${VISA}${OURS}`,
  ])("%j is a bank card", (text) => expect(swipe(text)).toEqual(BANK));
});

/** Numbers of payment cards: a range of theirs, a check digit that is right. */
const pan = fc
  .tuple(
    fc.constantFrom("4", "51", "55", "2221", "2720", "34", "37", "36", "6011", "65"),
    fc.integer({ min: 13, max: 19 }),
  )
  .chain(([range, length]) =>
    fc
      .array(fc.nat(9), { minLength: length - range.length - 1, maxLength: length - range.length - 1 })
      .map((digits) => withCheckDigit(range + digits.join(""))),
  );
function withCheckDigit(digits: string): string {
  const sum = [...digits].reverse().reduce((all, digit, i) => {
    const value = i % 2 === 0 ? 2 * Number(digit) : Number(digit);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return digits + ((10 - (sum % 10)) % 10);
}
const expiry = fc
  .tuple(fc.integer({ min: 20, max: 40 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom("101", "201", "221"))
  .map(([year, month, service]) => `${year}${String(month).padStart(2, "0")}${service}0000`);

/** Whether anything in an answer shows four digits or more of a text. */
function shows(answer: unknown, secret: string): boolean {
  const text = JSON.stringify(answer);
  return Array.from({ length: secret.length - 3 }, (_, i) => secret.slice(i, i + 4)).some((part) =>
    text.includes(part),
  );
}

describe("of a bank card", () => {
  it("nothing leaves the parser, and nothing stays in what was handed over", () => {
    fc.assert(
      fc.property(pan, expiry, fc.boolean(), (number, rest, first) => {
        const track1 = first ? `%B${number}^A/B^${rest}?` : "";
        const bytes = ascii(`${track1};${number}=${rest}?`);
        expect(swipeOfText(bytes)).toEqual(BANK);
        expect(bytes.every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it("nothing leaves the parser where it is cut or changed anywhere", () => {
    fc.assert(
      fc.property(
        pan,
        expiry,
        fc.nat(60),
        fc.nat(60),
        fc.integer({ min: 0x20, max: 0x7e }),
        (number, rest, from, at, other) => {
          const whole = [...`;${number}=${rest}?`];
          whole[at % whole.length] = String.fromCharCode(other);
          const bytes = ascii(whole.slice(from % 20).join(""));
          const answer = swipeOfText(bytes);
          expect(answer.kind).not.toBe("account");
          expect(shows(answer, number)).toBe(false);
          expect(bytes.every((byte) => byte === 0)).toBe(true);
        },
      ),
    );
  });
});

describe("any bytes", () => {
  it("are a swipe of some kind, and are cleared", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = bytes.slice();
        expect(["bank-card", "unreadable"]).toContain(swipeOfText(text).kind);
        expect(["bank-card", "unreadable"]).toContain(swipeOfBits(bytes, "lowest-first").kind);
        expect([...text, ...bytes].every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});

describe("a reader on a serial line", () => {
  const ESC = "\u001b";
  it.each([
    ["lines", `%TOWN?\r\n${OURS}\r\n`],
    ["STX and ETX", `\u0002${OURS};\u0003x`],
    ["the block of an MSR reader", `${ESC}s${ESC}\u0001${ESC}+${ESC}\u0002${OURS}${ESC}\u0003${ESC}*?\u001c${ESC}0`],
    ["nothing around it", OURS],
  ])("sends %s: one swipe, however the bytes are cut up", (_, text) => {
    for (let size = 1; size <= text.length; size += 1) {
      const reader = new SerialStripeReader();
      const swipes = [];
      for (let at = 0; at < text.length; at += size) {
        const chunk = ascii(text.slice(at, at + size));
        swipes.push(...reader.bytes(chunk, at));
        expect(chunk.every((byte) => byte === 0)).toBe(true);
      }
      expect(swipes).toEqual([]);
      expect(reader.rest(reader.deadline!)).toEqual([ACCOUNT]);
      expect([reader.deadline, reader.rest(1e6)]).toEqual([null, []]);
    }
  });

  it("ends a swipe by its rest, and cuts one that never ends", () => {
    const reader = new SerialStripeReader();
    expect(reader.bytes(ascii(OURS), 0)).toEqual([]);
    expect(reader.bytes(ascii(VISA), 50)).toEqual([ACCOUNT]);
    expect(reader.rest(99)).toEqual([]);
    expect(reader.rest(100)).toEqual([BANK]);
    expect(reader.bytes(ascii(";411111"), 200)).toEqual([]);
    expect(reader.bytes(ascii("1111\r"), 600)).toEqual([unreadable("cut")]);
    expect(reader.deadline).toBe(null);
    expect(reader.bytes(ascii(`%${"A".repeat(2_000)}?`), 700)).toEqual([]);
    expect(reader.rest(1_000)).toEqual([unreadable("too-long")]);
  });
});

/** Published samples of the reference. */
describe("the published tracks", () => {
  const file = new URL("../../../../shared/reference/card-vectors.json", import.meta.url);
  const { groups } = JSON.parse(readFileSync(file, "utf8")) as {
    readonly groups: readonly { readonly name: string; readonly vectors: readonly Record<string, string | number>[] }[];
  };
  const of = (name: string) => groups.find((group) => group.name === name)?.vectors ?? [];

  it("of banks and licences are never ours, with their check characters and without", () => {
    const samples = of("ISO 7813 / AAMVA sample tracks with LRC");
    expect(samples.length).toBe(7);
    for (const { text, lrc_char } of samples) {
      const isLicence = /^(%OR|;636)/.test(String(text));
      const expected = isLicence ? unreadable("not-ours") : BANK;
      expect(swipe(String(text))).toEqual(expected);
      expect(swipe(`${text}${lrc_char}`)).toEqual(expected);
    }
  });

  it("of the character table read as bits: whole, and somebody else's", () => {
    const samples = of("Track characters, odd parity, LRC and raw packing").filter(({ track }) => track !== 1);
    expect(samples.length).toBe(2);
    for (const { packed_8bpc_write_order } of samples) {
      expect(swipeOfBits(fromHex(String(packed_8bpc_write_order)), "lowest-first")).toEqual(unreadable("not-ours"));
      expect(swipeOfBits(backwards(fromHex(String(packed_8bpc_write_order))), "lowest-first")).toEqual(
        unreadable("not-ours"),
      );
    }
  });
});
