import { cardNumber, stripeIdentity } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyReader, type KeyReaderEvent } from "./key-reader.ts";

const NUMBER = cardNumber(1, 42);
const OURS = `;${stripeIdentity(NUMBER)}?\r`;
const ACCOUNT = { kind: "account", number: NUMBER };
const PAN = "4111111111111111";
const VISA = `%B${PAN}^A/B^25121010000?;${PAN}=25121010000?\r`;
const BANK = { kind: "bank-card" };
const key = (character: string) => ({ kind: "key", character });
const scan = (text: string) => ({ kind: "scan", text });
const STX = 0x02;

/** Types texts with the gap before each character that it names; tells what came out until nothing more can. */
function typed(texts: readonly (readonly [text: string, gap: number])[], reader = new KeyReader()): KeyReaderEvent[] {
  const events: KeyReaderEvent[] = [];
  let at = 0;
  for (const [text, gap] of texts) {
    for (const character of text) {
      at += gap;
      events.push(...reader.key(character.codePointAt(0)!, at));
    }
  }
  while (reader.deadline !== null) events.push(...reader.rest(reader.deadline));
  return events;
}

describe("keys, stripes and scans on one keyboard", () => {
  it("keys that people press come out as they are", () => {
    expect(typed([["1250\r", 120]])).toEqual([..."1250\r"].map(key));
    expect(typed([["é\u001b\b", 120]])).toEqual([..."é\u001b\b"].map(key));
    // Two fingers at once, or a key that bounces.
    expect(typed([["12", 3]])).toEqual([..."12"].map(key));
  });

  it("a stripe is one swipe, its tracks in one line or in several", () => {
    expect(typed([[OURS, 5]])).toEqual([ACCOUNT]);
    expect(typed([[`%TOWN?\r${OURS}`, 5]])).toEqual([ACCOUNT]);
    expect(
      typed([
        ["12", 120],
        [OURS, 5],
        ["\r", 400],
      ]),
    ).toEqual([key("1"), key("2"), ACCOUNT, key("\r")]);
  });

  it("a swipe that is drawn too slowly is cut, and its rest dropped", () => {
    expect(
      typed([
        [";2800", 5],
        ["01000042130?\r", 350],
      ]),
    ).toEqual([{ kind: "unreadable", why: "cut" }]);
  });

  it("a key in the middle of a swipe spoils it, and names no other account", () => {
    for (let at = 1; at < OURS.length - 1; at += 1)
      for (const digit of "0123456789?;=") {
        const events = typed([[OURS.slice(0, at) + digit + OURS.slice(at), 5]]);
        for (const event of events) if (event.kind === "account") expect(event).toEqual(ACCOUNT);
        expect(events.filter(({ kind }) => kind === "key" || kind === "scan")).toEqual([]);
      }
  });

  it("a bank card is only that one was swiped", () => {
    expect(typed([[VISA, 5]])).toEqual([BANK]);
    expect(typed([[VISA.replace("?;", "?\r;"), 5]])).toEqual([BANK]);
    expect(typed([[`${PAN}\r`, 5]])).toEqual([BANK]);
  });

  it("scans are known by their speed, or by what the scanner is set to send", () => {
    expect(typed([["https://example.org/a?b\r", 5]])).toEqual([scan("https://example.org/a?b")]);
    expect(typed([["2800010000421\r", 5]])).toEqual([ACCOUNT]);
    expect(typed([[`${stripeIdentity(NUMBER)}\r`, 5]])).toEqual([ACCOUNT]);
    // Any check digit wrong, and it is a text like any other.
    expect(typed([["2800010000422\r", 5]])).toEqual([scan("2800010000422")]);
    const framed = () => new KeyReader({ prefix: STX, suffix: 0x03 });
    expect(typed([["\u0002AB\u0003", 5]], framed())).toEqual([scan("AB")]);
    expect(
      typed(
        [
          ["12", 100],
          ["\u0002;AB\u0003", 5],
        ],
        framed(),
      ),
    ).toEqual([key("1"), key("2"), scan(";AB")]);
  });

  it("the longest code of a receipt is one scan", () => {
    const longest = "A".repeat(384);
    expect(typed([[`${longest}\r`, 5]])).toEqual([scan(longest)]);
  });

  it("a scan that is cut, too long or garbage is said so, and none of it becomes keys", () => {
    expect(typed([["ABCDEFGH", 5]])).toEqual([{ kind: "bad-scan", why: "cut" }]);
    expect(typed([[`${"A".repeat(385)}\r`, 5]])).toEqual([{ kind: "bad-scan", why: "too-long" }]);
    expect(typed([["ABCDEF\u0007GH\r", 5]])).toEqual([{ kind: "bad-scan", why: "garbage" }]);
    expect(typed([["\u0002\r", 5]], new KeyReader({ prefix: STX, suffix: 0x0d }))).toEqual([
      { kind: "bad-scan", why: "garbage" },
    ]);
    expect(typed([["\u0002ABC\u20acD\r", 5]], new KeyReader({ prefix: STX, suffix: 0x0d }))).toEqual([
      { kind: "bad-scan", why: "garbage" },
    ]);
  });

  it("works again after a rest, whatever came", () => {
    const anyEvents = fc.array(fc.tuple(fc.integer({ min: 0, max: 0x2fff }), fc.nat(400)), { maxLength: 400 });
    fc.assert(
      fc.property(anyEvents, fc.option(fc.constant(STX), { nil: null }), (characters, prefix) => {
        const reader = new KeyReader({ prefix, suffix: 0x0d });
        typed(
          characters.map(([character, gap]) => [String.fromCharCode(character), gap]),
          reader,
        );
        expect(reader.deadline).toBe(null);
        const again: KeyReaderEvent[] = [];
        for (const [i, character] of [...OURS].entries()) again.push(...reader.key(character.charCodeAt(0), 1e6 + i));
        expect([...again, ...reader.rest(2e6)]).toEqual([ACCOUNT]);
      }),
    );
  });

  it("shows no four digits of a bank card, however slowly it is drawn, wherever it is cut or mixed with keys", () => {
    const gaps = fc.array(fc.oneof(fc.nat(40), fc.nat(990)), {
      minLength: VISA.length + 2,
      maxLength: VISA.length + 2,
    });
    const mixed = fc.option(fc.tuple(fc.nat(VISA.length), fc.constantFrom("1", "9", "\r", "\u001b", ";", "?", "=")), {
      nil: null,
    });
    fc.assert(
      fc.property(gaps, mixed, fc.boolean(), (times, other, second) => {
        const whole = second ? VISA.slice(VISA.indexOf(";")) : VISA;
        const text = other === null ? whole : whole.slice(0, other[0]) + other[1] + whole.slice(other[0]);
        const events = typed([...text].map((character, i) => [character, times[i]!] as const));
        const told = events.map((event) => (event.kind === "key" ? event.character : JSON.stringify(event))).join("");
        expect(told).not.toMatch(/4111|1111/);
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps nothing of it", () => {
    for (const text of [VISA, VISA.slice(0, 60), PAN]) {
      const reader = new KeyReader();
      typed([[text, 5]], reader);
      const { held } = reader as unknown as { readonly held: Uint8Array };
      expect(held.length).toBeGreaterThan(256);
      expect(held.every((byte) => byte === 0)).toBe(true);
    }
  });
});
