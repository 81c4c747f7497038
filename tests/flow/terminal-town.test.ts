import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cardNumber } from "@cachet/card-layout";
import { contentsOf } from "@cachet/firmware/wire";
import { afterAll, describe, expect, it } from "vitest";
import { SIM_ISSUER } from "../../host/src/cli/sim-provision.ts";
import { buildImage } from "../../host/src/image/build.ts";
import { testImageSigner, testOfficeSigner } from "../../host/src/keys/test-keys.ts";
import { signFullList } from "../../host/src/office/sign.ts";
import { ROOT } from "../boundaries/sources.ts";
import { cachetIn, doneIn } from "../fixtures/cachet.ts";
import { simFolder, startSim } from "../fixtures/sim-process.ts";
import { programmeFile } from "../fixtures/town.ts";

const home = mkdtempSync(join(tmpdir(), "cachet-town-"));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const cachet = (...words: readonly string[]) => cachetIn(home, ...words);
const done = (...words: readonly string[]): string => doneIn(home, ...words);

/** The image of the town with the bakery's grid one shorter. */
async function changedImage(): Promise<string> {
  const source = readFileSync(programmeFile("boulangerie"), "utf8");
  const changed = join(ROOT, "programmes", `changed-${process.pid}.programme.ts`);
  writeFileSync(changed, source.replace("grid: 10", "grid: 9").replace("version: 1", "version: 2"));
  try {
    const version = { major: 1, minor: 1, revision: 0, build: 0 };
    const { file } = await buildImage([changed, programmeFile("ville")], {
      version,
      securityCounter: 1,
      signer: testImageSigner(),
    });
    const path = join(home, "bakery.img");
    writeFileSync(path, file);
    return path;
  } finally {
    rmSync(changed);
  }
}

describe("an installer's morning, with the real command on a simulated terminal's serial port", () => {
  it("looks, sells, flashes, collects, blocks a card, and sells on", async () => {
    const dir = simFolder();
    const sim = await startSim([], dir);
    const port = ["--port", sim.serials[0]!, "--test-keys"];
    const tell = (...words: readonly string[]) => cachet("sim", "do", ...words, "--dir", dir);
    try {
      // Without a key nothing but who it is.
      expect(cachet("terminal", "collect", "-o", home, "--port", sim.serials[0]!)).toMatchObject({ code: 1 });
      tell("card", "paul");
      expect(tell("tap", "paul", "sale", "12.50").out).toContain("done: ticket");
      const image = await changedImage();
      const flashed = JSON.parse(done("terminal", "flash", image, ...port, "--json"));
      expect(flashed).toMatchObject({ flashed: "1.1.0", running: { confirmed: true } });
      expect(tell("tap", "paul", "sale", "4.50").out).toContain("done: ticket");
      done("terminal", "collect", "-o", join(home, "in"), ...port);
      expect(readdirSync(join(home, "in"))).toHaveLength(1);
      expect(cachet("terminal", "collect", "-o", join(home, "in"), ...port).code).toBe(0);

      const office = testOfficeSigner();
      const head = {
        issuer: SIM_ISSUER,
        version: 1,
        issued: Math.floor(Date.now() / 1_000),
        officeKey: office.publicKey,
      };
      const list = join(home, "today.list");
      writeFileSync(
        list,
        signFullList(contentsOf(head, { blocked: [{ card: cardNumber(SIM_ISSUER, 1), reason: "lost" }] }), office),
      );
      done("terminal", "push", list, ...port);
      const refused = tell("tap", "paul", "sale", "4.50");
      expect([refused.code, refused.err]).toEqual([1, expect.stringContaining("BLOCKED")]);
      expect(tell("card", "lou").code).toBe(0);
      expect(tell("tap", "lou", "sale", "4.50").out).toContain("done: ticket");
      expect(done("terminal", "info", ...port)).toContain("1 card");
    } finally {
      await sim.stop();
    }
  });
});
