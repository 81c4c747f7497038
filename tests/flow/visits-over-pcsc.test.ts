import { afterAll, beforeAll, describe, it } from "vitest";
import { PcscdReaders } from "../../host/src/ports/pcsc/pcscd-socket.ts";
import { VPCD_PORTS, VpcdLink } from "../../terminal-sim/src/device/virtual-reader.ts";
import { PcscField } from "../fixtures/pcsc-field.ts";
import { missingForPcscd, Pcscd, TURN_LIMIT_MS, VIRTUAL_READERS } from "../fixtures/pcscd.ts";
import { card, fixtureFile, imageOf, terminal } from "../fixtures/town.ts";
import { VISIT_STORIES } from "../fixtures/visit-stories.ts";

/** The very stories of `visit-stories.test.ts`, with a real pcscd, its reader driver and its socket in between. */
describe.skipIf(missingForPcscd() !== null)("visits through a real PC/SC service", () => {
  let pcscd: Pcscd;
  let service: PcscdReaders;
  const links = VPCD_PORTS.map((port) => new VpcdLink(port));
  beforeAll(async () => {
    pcscd = await Pcscd.acquire();
    service = new PcscdReaders();
  }, TURN_LIMIT_MS);
  afterAll(async () => {
    for (const link of links) link.remove();
    await service.close();
    await pcscd.release();
  });

  it.each(VISIT_STORIES.map((story, i) => ({ ...story, i })))("$name ($chip)", async ({ chip, tell, i }) => {
    const slot = i % 2;
    const profile = i % 4 < 2 ? "acs" : "transparent";
    const field = new PcscField(service, VIRTUAL_READERS[slot]!, links[slot]!, profile);
    const shop = await terminal(1, { programmes: [33], image: await imageOf([fixtureFile("purse")]), field });
    await tell(shop, await card(7, { chip }));
    shop.powerOff();
    await field.emptied();
  });
});
