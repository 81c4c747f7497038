import type { Type2Chip } from "@cachet/terminal-sim";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ReaderProfile, StorageCardFront } from "../../terminal-sim/src/device/storage-card-front.ts";
import { VPCD_PORTS, VpcdLink } from "../../terminal-sim/src/device/virtual-reader.ts";
import { builtTerminal, missingForNative, NativeTerminal, provisionedFiles } from "../fixtures/native-terminal.ts";
import { missingForPcscd, Pcscd, TURN_LIMIT_MS, VIRTUAL_READERS } from "../fixtures/pcscd.ts";
import { BAKERY, card, sale, TOWN, townImage } from "../fixtures/town.ts";

const FACTS = { terminal: 42, merchant: 1, programmes: [BAKERY, TOWN], isOpen: true };
const WRITE = 0xa2;
const missing = missingForNative("x64") ?? missingForPcscd();

describe.skipIf(missing !== null)("the native terminal with a reader of the PC/SC service", () => {
  let pcscd: Pcscd;
  let shop: NativeTerminal;
  const link = new VpcdLink(VPCD_PORTS[0]);
  beforeAll(async () => {
    pcscd = await Pcscd.acquire();
    const files = await provisionedFiles(FACTS, await townImage());
    shop = new NativeTerminal(builtTerminal("x64"), files, ["--reader", `pcsc:${VIRTUAL_READERS[0]}`]);
    await shop.powerOn();
  }, TURN_LIMIT_MS);
  afterAll(async () => {
    link.remove();
    await shop.close();
    await pcscd.release();
  });

  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  /** Lays a card down; it leaves before its so-manieth write. */
  function lay(chip: Type2Chip, profile: ReaderProfile, leavesAt = Number.POSITIVE_INFINITY): void {
    let writes = 0;
    link.insert(
      new StorageCardFront(chip, {
        profile,
        leaves: (command) => {
          writes += command[0] === WRITE ? 1 : 0;
          return writes === leavesAt ? "before" : "stays";
        },
      }),
    );
  }
  /** Away, and long enough for the terminal to see it. */
  async function lift(): Promise<void> {
    link.remove();
    await pause(500);
  }

  it.each<ReaderProfile>(["acs", "transparent"])(
    "sells with a card that comes later, by the way of %s",
    async (profile) => {
      const chip = await card(profile === "acs" ? 1 : 2);
      const report = shop.visit(sale(1_000), chip);
      await pause(300);
      lay(chip, profile);
      expect(await report).toMatchObject({ result: "done", earnedCents: 50 });
      expect(await shop.visit(sale(2_000), chip)).toMatchObject({ result: "done", earnedCents: 100 });
      await lift();
    },
  );

  it("goes on with a card that left in the middle and came back", async () => {
    const chip = await card(3);
    lay(chip, "acs", 3);
    const report = shop.visit(sale(1_000), chip);
    await pause(1_500);
    lay(chip, "acs");
    expect(await report).toMatchObject({ result: "done", earnedCents: 50 });
    await lift();
  });

  it("asks for the right card where another one comes", async () => {
    const [chip, other] = [await card(4), await card(5)];
    lay(chip, "acs", 3);
    const report = shop.visit(sale(1_000), chip);
    await pause(1_500);
    lay(other, "acs");
    await pause(1_000);
    await lift();
    lay(chip, "acs");
    expect(await report).toMatchObject({ result: "done", earnedCents: 50 });
    await lift();
  });

  it("finds the reader again when the service was started anew", async () => {
    if (!pcscd.isOurs) return;
    await pcscd.stop();
    await pause(500);
    await pcscd.start();
    const chip = await card(6);
    const report = shop.visit(sale(1_000), chip);
    await pause(500);
    lay(chip, "acs");
    expect(await report).toMatchObject({ result: "done" });
    expect(shop.said).toContain("there is no PC/SC service");
    await lift();
  });
});
