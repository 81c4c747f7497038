import { ascii } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import type { KeyReaderEvent } from "./key-reader.ts";
import { SerialScanner } from "./serial-scanner.ts";
import { TtyKeys } from "./tty-keys.ts";
import { keyOfTyped } from "./typed-keys.ts";

/** Chunks with the milliseconds at which they come; what came out, and a second later. */
function typed(...chunks: readonly (readonly [text: string, at: number])[]): KeyReaderEvent[] {
  const keys = new TtyKeys();
  const events = chunks.flatMap(([text, at]) => keys.bytes(ascii(text), at));
  const last = chunks.at(-1)![1];
  for (let at = last; keys.deadline !== null && at <= last + 2_000; at += 10) events.push(...keys.rest(at));
  expect(keys.deadline).toBeNull();
  return events;
}
const charactersOf = (events: readonly KeyReaderEvent[]) =>
  events.map((event) => (event.kind === "key" ? event.character : event.kind));

describe("a tty as the keyboard of a terminal", () => {
  it("gives an arrow as one key, however its characters come", () => {
    expect(charactersOf(typed(["\x1b[A", 0]))).toEqual(["\x1b[A"]);
    expect(charactersOf(typed(["\x1b", 0], ["[", 10], ["B", 20]))).toEqual(["\x1b[B"]);
    expect(charactersOf(typed(["1\x1b[A2\r", 0]))).toEqual(["1", "\x1b[A", "2", "\r"]);
  });

  it("gives ESC alone, at once behind a rest or before another key", () => {
    expect(charactersOf(typed(["\x1b", 0]))).toEqual(["\x1b"]);
    expect(charactersOf(typed(["\x1b", 0], ["[", 100], ["A", 200]))).toEqual(["\x1b", "[", "A"]);
    expect(charactersOf(typed(["\x1b\x1b", 0]))).toEqual(["\x1b", "\x1b"]);
  });

  it("takes longer sequences as one key that means nothing", () => {
    const events = charactersOf(typed(["\x1b[15~", 0]));
    expect(events).toHaveLength(1);
    expect(keyOfTyped(events[0]!)).toBeNull();
  });

  it("clears what it was given, and knows stripes and scans", () => {
    const chunk = ascii(";4111111111111111=3012101?\r");
    const keys = new TtyKeys();
    keys.bytes(chunk, 0);
    expect([...chunk]).toEqual(Array.from(chunk, () => 0));
    expect(charactersOf(typed([";4111111111111111=3012101?\r", 0]))).toEqual(["bank-card"]);
    expect(typed(["AB-1234\r", 0])).toEqual([{ kind: "scan", text: "AB-1234" }]);
  });
});

describe("a scanner on a serial line", () => {
  const scanned = (...chunks: readonly (readonly [text: string, at: number])[]) => {
    const scanner = new SerialScanner();
    const events = chunks.flatMap(([text, at]) => scanner.bytes(ascii(text), at));
    return [...events, ...scanner.rest(chunks.at(-1)![1] + 1_000)];
  };

  it.each(["\r", "\n", "\r\n", "\t", "\x03", ""])("ends a code with %j", (end) => {
    expect(scanned([`\x02AB-1`, 0], [`234${end}`, 20])).toEqual([{ kind: "scan", text: "AB-1234" }]);
  });

  it("tells codes that follow each other apart, by their ends or by the rest between them", () => {
    expect(scanned(["AAAAAAA\rBBBBBBB\r", 0])).toHaveLength(2);
    expect(scanned(["AAAAAAA", 0], ["BBBBBBB", 500])).toHaveLength(2);
  });

  it("keeps nothing of a payment card's number, nor of a code that is longer than any", () => {
    expect(scanned(["4111111111111111\r", 0])).toEqual([{ kind: "bank-card" }]);
    expect(scanned([`${"A".repeat(5_000)}\r`, 0])).toEqual([{ kind: "bad-scan", why: "too-long" }]);
  });
});
