import { ascii, concat } from "@cachet/card-layout";
import { type Check, must, mustBe, type TriedPorts, waited } from "./check.ts";

const HOUR = 3_600;
const DAY = 24 * HOUR;
const RESTART_SECONDS_MAX = 120;
const DRAW_BYTES = 32;
const DRAWN_BYTES = 8_192;
/** Bits that are set among those of `DRAWN_BYTES`: eight standard deviations on either side of the half. */
const BITS_OFF_MAX = 1_024;
const KEPT_BYTES = 16;
const FILE = "conformance-chance";

function mustBeMoment({ utc, offset, suspect }: { utc: number; offset: number; suspect: boolean }): void {
  must(Number.isSafeInteger(utc) && utc >= 0, `${utc} is no whole number of seconds since 1970`);
  must(Number.isSafeInteger(offset) && Math.abs(offset) <= 14 * 60, `${offset} minutes are no offset of a zone`);
  must(typeof suspect === "boolean", "nothing says whether the clock is suspect");
}

/** Whether a clock shows about this. */
const mustShow = ({ clock }: TriedPorts, utc: number, when: string): void => {
  const shown = clock.now().utc;
  must(Math.abs(shown - utc) <= 3, `${when} the clock is ${shown - utc} s off`);
};

/** As much as keys and challenges take, again and again. */
const drawn = ({ chance }: Pick<TriedPorts, "chance">): Uint8Array =>
  concat(...Array.from({ length: DRAWN_BYTES / DRAW_BYTES }, () => chance.bytes(DRAW_BYTES)));

function bitsOf(bytes: Uint8Array): number {
  let count = 0;
  for (const byte of bytes) for (let rest = byte; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}

export const TIME_CHECKS: readonly Check[] = [
  {
    name: "clock-runs",
    needs: "nothing",
    async run(ports) {
      const before = ports.clock.now();
      mustBeMoment(before);
      await waited(ports, 2_500);
      const after = ports.clock.now();
      mustBeMoment(after);
      const passed = after.utc - before.utc;
      must(passed >= 2 && passed <= 5, `in 2.5 s of the timer the clock went on by ${passed} s`);
    },
  },
  {
    name: "clock-set",
    needs: "nothing",
    async run(ports) {
      const { utc } = ports.clock.now();
      ports.clock.set(utc + DAY);
      mustShow(ports, utc + DAY, "set forward,");
      must(!ports.clock.now().suspect, "a clock that was just set is suspect");
      ports.clock.set(utc);
      mustShow(ports, utc, "set back,");
    },
  },
  {
    name: "clock-kept",
    needs: "restart",
    async run(ports, again) {
      const { clock, storage } = ports;
      const file = storage.file("conformance-clock");
      const { utc, suspect } = clock.now();
      if (!again) {
        clock.set(utc + HOUR);
        await file.replace(ascii(String(utc + HOUR)));
        return;
      }
      const passed = utc - Number(String.fromCharCode(...(await file.read())));
      await file.replace(new Uint8Array());
      must(passed >= 0 && passed <= RESTART_SECONDS_MAX, `over a restart the clock went on by ${passed} s`);
      clock.set(utc - HOUR);
      must(!suspect, "a clock that was set is suspect after a restart");
    },
  },
  {
    name: "timer-order",
    needs: "nothing",
    async run(ports) {
      const order: number[] = [];
      for (const ms of [300, 100, 200, 0]) ports.timer.after(ms, () => order.push(ms));
      const callOff = ports.timer.after(150, () => order.push(150));
      callOff();
      await waited(ports, 500);
      must(
        order.join() === "0,100,200,300",
        `what was due after 0, 100, 200 and 300 ms came as ${order.join() || "nothing"}`,
      );
      callOff();
    },
  },
  {
    name: "timer-steady",
    needs: "nothing",
    async run(ports) {
      const { clock, timer } = ports;
      let came = 0;
      const callOff = timer.after(HOUR * 1_000, () => {
        came += 1;
      });
      const { utc } = clock.now();
      clock.set(utc + 2 * DAY);
      await waited(ports, 200);
      clock.set(utc);
      // Where a timer goes by the clock, this one never comes.
      await waited(ports, 200);
      callOff();
      must(came === 0, "a clock that was set moved the timer on");
    },
  },
  {
    name: "chance-spread",
    needs: "nothing",
    async run({ chance }) {
      for (const size of [0, 1, 16, 32, 64])
        must(chance.bytes(size).length === size, `${chance.bytes(size).length} random bytes instead of ${size}`);
      const [first, second] = [chance.bytes(32), chance.bytes(32)];
      must(
        first.some((byte, i) => byte !== second[i]),
        "random bytes came twice",
      );
      const many = drawn({ chance });
      must(new Set(many).size === 256, `${DRAWN_BYTES} random bytes have only ${new Set(many).size} values`);
      const off = bitsOf(many) - DRAWN_BYTES * 4;
      must(Math.abs(off) <= BITS_OFF_MAX, `of ${DRAWN_BYTES * 8} random bits ${off} more than half are set`);
    },
  },
  {
    name: "chance-anew",
    needs: "restart",
    async run({ chance, storage }, again) {
      const file = storage.file(FILE);
      if (!again) return file.replace(chance.bytes(KEPT_BYTES));
      const before = await file.read();
      await file.replace(new Uint8Array());
      must(before.length === KEPT_BYTES, "the bytes from before the restart are gone");
      // Wherever it begins, a generator that starts with the same seed comes by them.
      const many = drawn({ chance });
      for (let at = 0; at + KEPT_BYTES <= many.length; at += 1)
        must(
          before.some((byte, i) => byte !== many[at + i]),
          "the random bytes after a restart are those from before it",
        );
      mustBe("the file of these bytes", await file.read(), new Uint8Array());
    },
  },
];
