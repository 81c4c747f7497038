import { Type2Chip } from "@cachet/terminal-sim";
import { afterEach, describe, expect, it } from "vitest";
import { StorageCardFront } from "../../../../terminal-sim/src/device/storage-card-front.ts";
import { ASK_UID, cardOn, ntag, readerContract, WAIT_MS } from "../../../../tests/fixtures/reader-contract.ts";
import type { LaidCard } from "../../../../tests/fixtures/virtual-cards.ts";
import { InProcessField, InProcessReaders } from "./in-process.ts";

const NAMES = ["left", "right"] as const;
let field = new InProcessField(NAMES);
const chips = new Map<string, Type2Chip>();
const opened: InProcessReaders[] = [];

afterEach(async () => {
  for (const service of opened.splice(0)) await service.close();
  field = new InProcessField(NAMES);
});

function lay(reader: string, { chip, uid, leaves }: LaidCard): void {
  const held = new Type2Chip(chip, uid);
  chips.set(reader, held);
  const whether = (command: Uint8Array) => (leaves !== undefined && command[0] === leaves.at ? leaves.when : "stays");
  field.insert(reader, new StorageCardFront(held, { leaves: whether }));
}

describe("readers of this process", () => {
  readerContract({
    empty: async () => NAMES,
    emptyOne: async () => NAMES[0],
    open() {
      const service = new InProcessReaders(field);
      opened.push(service);
      return service;
    },
    lay: async (reader, card) => lay(reader, card),
    take: async (reader) => field.remove(reader),
    dump: async (reader) => chips.get(reader)!.dump(),
  });

  it("sees a card leave although another takes its place at once", async () => {
    const service = new InProcessReaders(field);
    opened.push(service);
    lay("left", ntag());
    const before = await cardOn(service, "left");
    const removal = service.waitForRemoval("left", WAIT_MS);
    lay("left", ntag());
    expect(await removal).toBe("removed");
    expect(await before.transmit(ASK_UID)).toBe("gone");
  });
});
