import { type KeyReaderEvent, keyOfTyped } from "../../src/counter/index.ts";
import type { BadScan, CounterEvent, Scan, SerialLine, Swipe } from "../../src/hal/index.ts";
import type { Loop } from "./loop.ts";
import { native } from "./native.ts";

type InputEvent = KeyReaderEvent | Swipe | Scan | BadScan;

/** What takes apart the bytes of a keyboard, a stripe reader or a scanner (firmware/src/counter). */
export interface InputReader {
  bytes(chunk: Uint8Array, at: number): readonly InputEvent[];
  readonly deadline: number | null;
  rest(at: number): readonly InputEvent[];
}

/** Holds the terminal's service key. */
export const SERVICE = "S";

const UNREADABLE = { cut: "cut", garbage: "damaged", "too-long": "too-long" } as const;

/** What something at the counter means there; null for a key that means nothing. */
function counterEvent(event: InputEvent): CounterEvent | "service" | null {
  switch (event.kind) {
    case "key": {
      if (event.character === SERVICE) return "service";
      const key = keyOfTyped(event.character);
      return key && { kind: "key", key };
    }
    case "scan":
      return event;
    case "bad-scan":
      return { kind: "swipe", swipe: { kind: "unreadable", why: UNREADABLE[event.why] } };
    default:
      return { kind: "swipe", swipe: event };
  }
}

/** Reads a stream for ever, and tells what happens there. */
export async function readInput(
  stream: SerialLine,
  reader: InputReader,
  loop: Loop,
  happen: (event: CounterEvent | "service") => void,
): Promise<never> {
  let callOff = () => {};
  const tell = (events: readonly InputEvent[]) => {
    for (const event of events) {
      const meant = counterEvent(event);
      if (meant !== null) happen(meant);
    }
    callOff();
    const { deadline } = reader;
    callOff =
      deadline === null
        ? () => {}
        : loop.after(Math.max(0, deadline - native.steady()), () => tell(reader.rest(native.steady())));
  };
  for (;;) {
    const chunk = await stream.receive();
    tell(reader.bytes(chunk, native.steady()));
  }
}
