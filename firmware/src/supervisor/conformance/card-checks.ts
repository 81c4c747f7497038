import { toHex } from "@cachet/card-layout";
import type { CardPort, Tap } from "../../hal/index.ts";
import { type Check, must, mustBe, type TriedPorts, waited } from "./check.ts";

/** READ of NTAG21x and Ultralight EV1: sixteen bytes from a page on. There is no page 0xf0. */
const READ_FIRST = Uint8Array.of(0x30, 0x00);
const READ_NOWHERE = Uint8Array.of(0x30, 0xf0);
const PAGE_BYTES = 16;
const HOLD_MS = 20_000;
const LOOK_MS = 250;

async function tap(card: CardPort, uid: Uint8Array | null = null): Promise<Tap> {
  const found = await card.waitCard(HOLD_MS, uid);
  if (typeof found !== "string") return found;
  must(false, found === "none" ? "no card came" : `the answer to a wait for a card is ${found}`);
  throw new Error(found);
}

export const CARD_CHECKS: readonly Check[] = [
  {
    name: "card-none",
    needs: "away",
    async run({ card, clock }) {
      const before = clock.now().utc;
      const found = await card.waitCard(2_000, null);
      must(found === "none", typeof found === "string" ? `without a card the answer is ${found}` : "a card lies there");
      const seconds = clock.now().utc - before;
      must(seconds >= 1 && seconds <= 5, `a wait of 2 s took ${seconds} s`);
      const { answers, end } = await card.exchange([READ_FIRST]);
      must(end === "gone" && answers.length === 0, `without a card an exchange ends with ${end}`);
    },
  },
  {
    name: "card-exchange",
    needs: "card",
    async run({ card }) {
      const { uid } = await tap(card);
      must(uid.length === 7, `the UID has ${uid.length} bytes; take an NTAG213, 215, 216 or an Ultralight EV1`);
      const both = await card.exchange([READ_FIRST, READ_FIRST]);
      must(
        both.end === "done" && both.answers.length === 2,
        `two commands: ${both.answers.length} answers, ${both.end}`,
      );
      const [first, second] = both.answers as [Uint8Array, Uint8Array];
      must(first.length === PAGE_BYTES, `the answer to READ has ${first.length} bytes, checksums are not among them`);
      mustBe("the same pages read twice", second, first);
      const shown = Uint8Array.of(...first.subarray(0, 3), ...first.subarray(4, 8));
      must(toHex(shown) === toHex(uid), `the UID is ${toHex(uid)}, and the card says ${toHex(shown)}`);
      const nothing = await card.exchange([]);
      must(nothing.end === "done" && nothing.answers.length === 0, `no command at all ends with ${nothing.end}`);
      await tap(card, uid);
    },
  },
  {
    name: "card-nak",
    needs: "card",
    async run({ card }) {
      await tap(card);
      const refused = await card.exchange([READ_FIRST, READ_NOWHERE, READ_FIRST]);
      must(refused.end === "nak", `a command that the chip refuses ends with ${refused.end}`);
      must(refused.answers.length === 1, `before a refusal ${refused.answers.length} commands are answered, not one`);
      const next = await card.exchange([READ_FIRST]);
      must(next.end === "done", `the exchange after a refusal ends with ${next.end}: the chip is not selected anew`);
    },
  },
  {
    name: "card-other",
    needs: "card",
    async run({ card }) {
      const { uid } = await tap(card);
      const another = uid.map((byte, i) => (i === uid.length - 1 ? byte ^ 1 : byte));
      const found = await card.waitCard(2_000, another);
      must(
        found === "other",
        `a wait for another card is answered with ${typeof found === "string" ? found : "this one"}`,
      );
    },
  },
  {
    name: "card-gone",
    needs: "away",
    async run(ports: TriedPorts) {
      const { card } = ports;
      for (let left = HOLD_MS; left > 0; left -= LOOK_MS) {
        const { end, answers } = await card.exchange([READ_FIRST]);
        if (end === "gone") {
          must(answers.length === 0, "a card that is gone has answered");
          return;
        }
        must(end === "done", `a card that lies there ends an exchange with ${end}`);
        await waited(ports, LOOK_MS);
      }
      must(false, "the card was not taken away");
    },
  },
];
