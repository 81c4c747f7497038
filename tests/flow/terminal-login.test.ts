import { afterEach, describe, expect, it } from "vitest";
import { testKeyRing } from "../../host/src/keys/key-ring.ts";
import { Desk } from "../fixtures/installer-desk.ts";
import { Laptop } from "../fixtures/terminal-bench.ts";
import { card, sale } from "../fixtures/town.ts";

let laptop: Laptop;
let desk: Desk;
afterEach(() => laptop.dispose());

async function set(): Promise<void> {
  desk = await Desk.set({ isOpen: false });
  laptop = new Laptop(desk.clock);
  laptop.plug("/dev/ttyUSB0", desk.cable);
  await desk.terminal.visit(sale(1_000), await card(1));
}
const run = (...words: readonly string[]) => laptop.run(...words, "--port", "/dev/ttyUSB0");

describe("a terminal that asks for an installer's key", () => {
  it("is commanded with one, and closed again when the command ends", async () => {
    await set();
    laptop.installer = async () => testKeyRing().installer;
    expect(await run("clock", "--show")).toMatchObject({ exit: 0 });
    expect(desk.supervisor.access.session).toBeNull();
    laptop.installer = async () => null;
    expect((await run("clock", "--show")).failure?.code).toBe("C-TERM-01");
  });

  it("takes no certificate of another office", async () => {
    await set();
    const { certificate, sign } = testKeyRing().installer!;
    const strange = certificate.slice();
    strange[strange.length - 1] = strange.at(-1)! ^ 1;
    laptop.installer = async () => ({ certificate: strange, sign });
    expect((await run("clock", "--show")).failure?.code).toBe("C-TERM-02");
  });
});
