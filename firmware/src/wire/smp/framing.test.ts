import { existsSync, readFileSync } from "node:fs";
import { concat, fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crc16 } from "./crc16.ts";
import { encodeFrames, type FrameFault, FrameReader, LINE_BYTES, PACKET_BYTES_MAX } from "./framing.ts";
import { encodePacket, HEADER_BYTES, readHeader } from "./packet.ts";

interface Example {
  readonly id: string;
  readonly title: string;
  readonly packet: string;
  readonly crc: string;
  readonly total: number;
  readonly frames: readonly string[];
}
const EXAMPLES = new URL("../../../../../shared/reference/smp-examples.json", import.meta.url);
const examples: readonly Example[] = existsSync(EXAMPLES) ? JSON.parse(readFileSync(EXAMPLES, "utf8")) : [];

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const packetOf = fc.uint8Array({ minLength: HEADER_BYTES, maxLength: 600 });

describe("the console framing of SMP", () => {
  it("computes CRC-16/XMODEM", () => expect(crc16(ascii("123456789"))).toBe(0x31c3));

  it.skipIf(examples.length === 0).each(examples)("$id $title", ({ packet, crc, total, frames }) => {
    const bytes = fromHex(packet);
    expect(crc16(bytes).toString(16).padStart(4, "0")).toBe(crc);
    expect(bytes.length + 2).toBe(total);
    expect(toHex(encodeFrames(bytes))).toBe(frames.join(""));
    expect(new FrameReader().push(concat(...frames.map(fromHex))).map(toHex)).toEqual([packet]);
    const { length, ...header } = readHeader(bytes)!;
    expect(length).toBe(bytes.length - HEADER_BYTES);
    expect(toHex(encodePacket(header, bytes.subarray(HEADER_BYTES)))).toBe(packet);
  });

  it("gives back any packet, whatever pieces it comes in, with console text around it", () => {
    fc.assert(
      fc.property(packetOf, packetOf, fc.array(fc.nat(700)), (one, two, cuts) => {
        const stream = concat(ascii("boot ok\r\n> "), encodeFrames(one), ascii("\r\nlog: 1\n"), encodeFrames(two));
        const reader = new FrameReader();
        const ends = [...new Set(cuts.filter((cut) => cut < stream.length))].sort((a, b) => a - b);
        const got = [...ends, stream.length].flatMap((end, i) => reader.push(stream.subarray(ends[i - 1] ?? 0, end)));
        expect(got.map(toHex)).toEqual([toHex(one), toHex(two)]);
      }),
    );
  });

  it("never sends a line of more than 127 bytes", () => {
    const stream = encodeFrames(new Uint8Array(PACKET_BYTES_MAX));
    let longest = 0;
    for (let at = 0; at < stream.length; ) {
      const end = stream.indexOf(0x0a, at) + 1;
      longest = Math.max(longest, end - at);
      at = end;
    }
    expect(longest).toBe(LINE_BYTES);
  });

  it("takes a whole packet in one long line", () => {
    const packet = Uint8Array.from({ length: PACKET_BYTES_MAX }, (_, i) => i & 0xff);
    const frames = encodeFrames(packet);
    const lines = String.fromCharCode(...frames).split("\n");
    const text = lines.map((line) => line.slice(2)).join("");
    expect(new FrameReader().push(ascii(`\x06\x09${text}\n`)).map(toHex)).toEqual([toHex(packet)]);
  });

  it("drops what is damaged and takes the next", () => {
    const good = encodePacket({ version: 2, operation: "read", group: 0, sequence: 1, command: 6 }, fromHex("a0"));
    const damaged: readonly (readonly [Uint8Array, FrameFault])[] = [
      [ascii("\x06\x09AAsIAAABAAAABqBzEw=\n"), "bad-base64"],
      [ascii("\x06\x09AAsIAAABAAAABqBzFA==\n"), "bad-crc"],
      [ascii("\x04\x14AAsIAAABAAAABqBzEw==\n"), "no-start"],
      [ascii(`\x06\x09${"A".repeat(8_000)}\n`), "too-long"],
      [ascii("\x06\x09//8IAAABAAAABqBzEw==\n"), "too-long"],
      [ascii("hello\n"), "noise"],
    ];
    for (const [bytes, fault] of damaged) {
      const faults: FrameFault[] = [];
      const reader = new FrameReader((found) => faults.push(found));
      expect(reader.push(concat(bytes, encodeFrames(good))).map(toHex)).toEqual([toHex(good)]);
      expect(faults).toEqual([fault]);
    }
  });

  it("never gives a packet whose bytes were changed, and always the one behind it", () => {
    const packet = encodePacket({ version: 2, operation: "read", group: 1, sequence: 9, command: 0 }, fromHex("a0"));
    const frames = encodeFrames(packet);
    for (let at = 0; at < frames.length; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = frames.slice();
        changed[at] = changed[at]! ^ (1 << bit);
        const got = new FrameReader().push(concat(changed, encodeFrames(packet))).map(toHex);
        expect(got.at(-1)).toBe(toHex(packet));
        expect(new Set(got)).toEqual(new Set([toHex(packet)]));
      }
    }
  });
});
