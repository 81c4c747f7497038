import type { CounterEvent, Hal, Screen } from "@cachet/firmware/hal";
import { expect, it } from "vitest";
import { Desk } from "../../firmware/src/app/counter/desk.ts";
import { keyedPayment } from "../../firmware/src/app/counter/payment.ts";
import { type PaymentBench, paymentContract } from "../fixtures/payment-contract.ts";

const KEYS = { "by-card": "ok", cash: "2", "not-paid": "3", lost: "4" } as const;

/** A desk of which only screen and keys are there. */
function keyed(): PaymentBench & { press(event: CounterEvent): void; readonly screens: readonly Screen[] } {
  const [events, screens, asked]: [CounterEvent[], Screen[], number[]] = [[], [], []];
  const hal: Partial<Hal> = {
    async show(screen) {
      screens.push(screen);
      if ((screen.says === "collect" || screen.says === "collectAnew") && screen.marked === 0) asked.push(screen.cents);
    },
    nextEvent: async () => events.shift() ?? { kind: "time" },
  };
  const desk = new Desk({ hal: hal as Hal, programmes: [], facts: {} as never });
  return {
    port: keyedPayment(desk, 0),
    answers: (how) => void events.push({ kind: "key", key: KEYS[how] }),
    asked,
    press: (event) => void events.push(event),
    screens,
  };
}

paymentContract("keyed confirmation", keyed, true);

it("keyed confirmation: the red key, and nobody at the counter, are no payment", async () => {
  const bench = keyed();
  bench.press({ kind: "key", key: "cancel" });
  expect(await bench.port.pay(750)).toBe("not-paid");
  expect(await bench.port.pay(750)).toBe("not-paid");
});

it("keyed confirmation: a scan, a card or a key that is no answer leaves the question as it stands", async () => {
  const bench = keyed();
  bench.press({ kind: "scan", text: "ABC" });
  bench.press({ kind: "card" });
  bench.press({ kind: "key", key: "9" });
  bench.press({ kind: "key", key: "up" });
  bench.answers("by-card");
  expect(await bench.port.pay(750)).toBe("unknown");
  expect(bench.screens.at(-1)).toMatchObject({ says: "collect", cents: 750, marked: 3 });
});
