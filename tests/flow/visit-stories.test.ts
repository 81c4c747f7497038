import { describe, it } from "vitest";
import { card, fixtureFile, imageOf, terminal } from "../fixtures/town.ts";
import { VISIT_STORIES } from "../fixtures/visit-stories.ts";

describe("visits at a simulated reader", () => {
  it.each(VISIT_STORIES)("$name ($chip)", async ({ chip, tell }) => {
    const shop = await terminal(1, { programmes: [33], image: await imageOf([fixtureFile("purse")]) });
    await tell(shop, await card(7, { chip }));
    shop.powerOff();
  });
});
