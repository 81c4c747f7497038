import { type2 } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AirExchange, AirLog, activationUs, airTimeUs, frameUs } from "./air-time.ts";

const ACK = Uint8Array.of(0x0a);
const FOUR = new Uint8Array(4);
const one = (command: Uint8Array, answer: AirExchange["answer"]) => airTimeUs([{ command, answer }]);
/** Frame delays of one command and answer: 1236 and 1172 cycles of 13.56 MHz. */
const DELAYS = 178;

describe("frames", () => {
  // NXP, NTAG213/215/216 and NTAG213F/216F data sheets, section 10: figures of the commands.
  it.each([
    { frame: "READ", from: "reader", bytes: 2 + 2, us: 368 },
    { frame: "its answer", from: "chip", bytes: 16 + 2, us: 1548 },
    { frame: "WRITE", from: "reader", bytes: 6 + 2, us: 708 },
    { frame: "PWD_AUTH", from: "reader", bytes: 5 + 2, us: 623 },
  ] as const)("$frame takes the $us µs that the data sheet gives", ({ from, bytes, us }) => {
    expect(Math.abs(frameUs(from, bytes) - us)).toBeLessThanOrEqual(1);
  });

  it("an ACK and a NAK take 57 µs more than the command and the delays", () => {
    for (const took of [one(type2.read(4), "nak"), one(Uint8Array.of(0xa0, 4), ACK)]) {
      expect(Math.abs(took - (368 + DELAYS + 57))).toBeLessThanOrEqual(1);
    }
  });
});

describe("air time", () => {
  it("of a READ is its two frames and the delays", () => {
    expect(one(type2.read(4), new Uint8Array(16))).toBe(368 + 1548 + DELAYS);
  });

  it("of what programs has 4 ms in it, and nothing else has", () => {
    const write = 708 + DELAYS + 57 + 4_000;
    expect(Math.abs(one(type2.write(4, FOUR), ACK) - write)).toBeLessThanOrEqual(1);
    expect(Math.abs(one(type2.incrementCounter(2, 1), ACK) - write)).toBeLessThanOrEqual(1);
    expect(one(new Uint8Array(16), ACK)).toBeGreaterThan(4_000);
    expect(one(Uint8Array.of(0xa5, ...new Uint8Array(15)), ACK)).toBe(one(new Uint8Array(16), ACK));
    expect(one(type2.write(4, FOUR), "nak")).toBeLessThan(1_000);
    expect(one(type2.checkTearing(2), Uint8Array.of(0xbd))).toBeLessThan(1_000);
  });

  it("of a command without answer is the time-out of the data sheet behind it", () => {
    expect(one(type2.write(4, FOUR), "silent")).toBe(708 + 10_000);
    expect(one(new Uint8Array(16), "silent")).toBe(frameUs("reader", 18) + 10_000);
    expect(one(type2.read(4), "silent")).toBe(368 + 5_000);
    expect(one(Uint8Array.of(0x50, 0), "silent")).toBe(368 + 1_000);
  });

  it("of a record of 11 pages agrees with the order of the fast readers that users report", () => {
    // uTrust 3700F: about 6.7 ms a page with everything around it. The air is the part nobody can avoid.
    const pages = Array.from({ length: 11 }, (_, i) => ({ command: type2.write(4 + i, FOUR), answer: ACK }));
    expect(airTimeUs(pages)).toBeGreaterThan(50_000);
    expect(airTimeUs(pages)).toBeLessThan(75_000);
  });

  it("of an activation is five questions and answers, and 5 ms where the field comes on", () => {
    // WUPA 94 and ATQA 189; on both levels 198, 444, 793 and 274; ten frame delays.
    const waking = 94 + 189 + 2 * (198 + 444 + 793 + 274) + 5 * DELAYS;
    expect(Math.abs(activationUs("reselect") - waking)).toBeLessThanOrEqual(5);
    expect(activationUs("power-up") - activationUs("reselect")).toBe(5_000);
  });

  const answer = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 64 }),
    fc.constantFrom("nak" as const, "silent" as const),
  );
  const exchange = fc.record({ command: fc.uint8Array({ minLength: 1, maxLength: 16 }), answer });

  it("grows with every exchange and with every byte, and adds up", () => {
    fc.assert(
      fc.property(fc.array(exchange, { maxLength: 20 }), exchange, (before, next) => {
        expect(airTimeUs([...before, next])).toBeGreaterThan(airTimeUs(before));
        const sum = airTimeUs(before) + airTimeUs([next]);
        expect(Math.abs(airTimeUs([...before, next]) - sum)).toBeLessThanOrEqual(1);
        if (next.answer instanceof Uint8Array && !type2.isAck(next.answer)) {
          const longer = { ...next, answer: Uint8Array.of(...next.answer, 0) };
          expect(airTimeUs([longer])).toBeGreaterThan(airTimeUs([next]));
        }
      }),
      { seed: 20_260_615 },
    );
  });

  it("a log takes as long as what was written into it", () => {
    fc.assert(
      fc.property(fc.array(exchange, { maxLength: 20 }), (exchanges) => {
        const log = new AirLog();
        for (const { command, answer: said } of exchanges) log.exchanged(command, said);
        expect(log.airTimeUs()).toBe(airTimeUs(exchanges));
        log.selected("power-up");
        log.selected("reselect");
        const selecting = activationUs("power-up") + activationUs("reselect");
        expect(Math.abs(log.airTimeUs() - airTimeUs(exchanges) - selecting)).toBeLessThanOrEqual(2);
      }),
      { seed: 20_260_615 },
    );
  });
});
