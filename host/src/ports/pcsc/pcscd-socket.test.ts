import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answering, FakePcscd } from "../../../../tests/fixtures/fake-pcscd.ts";
import { CHANGE_BYTES, COMMAND, STATES_BYTES, words } from "./pcscd-messages.ts";
import { PcscdReaders } from "./pcscd-socket.ts";

/** winscard_msg.h: name[128], events, state (4: a card is there), sharing, atr[33] and padding, its length, protocol. */
const PLACE_BYTES = 184;
const CARD = 4;
const WAIT_MS = 5000;

interface Place {
  readonly name: string;
  readonly events: number;
  readonly state: number;
}

function statesOf(places: readonly (Place | null)[]): Uint8Array {
  const bytes = new Uint8Array(STATES_BYTES);
  for (const [i, place] of places.entries()) {
    if (place === null) continue;
    bytes.set(new TextEncoder().encode(place.name), i * PLACE_BYTES);
    bytes.set(words(place.events, place.state), i * PLACE_BYTES + 128);
  }
  return bytes;
}

/** Shows one list of readers after the other: the first at once, each later one as a change. */
function shows(...lists: readonly (readonly (Place | null)[])[]): Answering {
  let shown = 0;
  return (command, _, tell) => {
    if (command === COMMAND.version) return words(4, 4, 0);
    if (command !== COMMAND.states && command !== COMMAND.wait) return null;
    const states = statesOf(lists[Math.min(shown, lists.length - 1)]!);
    shown += 1;
    if (command === COMMAND.wait && shown < lists.length) setImmediate(() => tell(new Uint8Array(CHANGE_BYTES)));
    return states;
  };
}

const LEFT: Place = { name: "Left 00 00", events: 2, state: 2 };
const RIGHT: Place = { name: "Right 01 00", events: 7, state: CARD | 0x10 };

let pcscd: FakePcscd;
beforeEach(() => {
  pcscd = new FakePcscd();
});
afterEach(() => pcscd.close());

describe.skipIf(process.platform === "win32")("readers that come and go", () => {
  it("leaves out empty places", async () => {
    await pcscd.listen(shows([null, RIGHT, null, LEFT]));
    expect(await new PcscdReaders(pcscd.path).readers()).toEqual([
      { name: "Right 01 00", card: true },
      { name: "Left 00 00", card: false },
    ]);
  });

  it("sees a reader that was plugged in", async () => {
    await pcscd.listen(shows([], [LEFT]));
    const service = new PcscdReaders(pcscd.path);
    expect(await service.readers()).toEqual([]);
    expect(await service.readers()).toHaveLength(1);
  });

  it("ends a wait when its reader is unplugged, and not for another one", async () => {
    await pcscd.listen(shows([LEFT, RIGHT], [LEFT], []));
    expect(await new PcscdReaders(pcscd.path).waitForCard(LEFT.name, WAIT_MS)).toBe("reader-gone");
  });

  it("ends a wait for removal when the reader goes with its card", async () => {
    await pcscd.listen(shows([LEFT, RIGHT], [LEFT]));
    expect(await new PcscdReaders(pcscd.path).waitForRemoval(RIGHT.name, WAIT_MS)).toBe("reader-gone");
  });

  it("sees a card leave although the next one lies there already", async () => {
    await pcscd.listen(shows([RIGHT], [{ ...RIGHT, state: CARD }], [{ ...RIGHT, events: RIGHT.events + 2 }]));
    const service = new PcscdReaders(pcscd.path);
    expect(await service.waitForRemoval(RIGHT.name, WAIT_MS)).toBe("removed");
  });
});
