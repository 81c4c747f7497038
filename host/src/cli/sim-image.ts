import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ByHand } from "@cachet/terminal-sim";
import { BuildRefused, type BuiltImage, buildImage } from "../image/build.ts";
import { testImageSigner } from "../keys/test-keys.ts";
import { Failure } from "./failure.ts";

/** The folder of the checkout. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The programmes of the project's town: what simulated terminals run where nothing else is named. */
const programmeFile = (name: string): string => join(ROOT, "programmes", `${name}.programme.ts`);
export const TOWN_PROGRAMMES: readonly string[] = ["boulangerie", "ville"].map(programmeFile);
/** Those of a world of days: with prepaid money, units and points beside them. */
export const WORLD_PROGRAMMES: readonly string[] = [...TOWN_PROGRAMMES, ...["cafe", "salle"].map(programmeFile)];

/** What the rules of these programmes come to: 5 % of what is paid, a stamp from 3 euros on. */
export const TOWN_BY_HAND: ByHand = { rates: new Map([[20, 500]]), stampsFrom: new Map([[11, 300]]) };

/** The image of some programme files, signed with the test key. Fails with C-IMAGE-01; `state` says what was not done. */
export async function testImage(files: readonly string[], state: string): Promise<BuiltImage> {
  try {
    const version = { major: 1, minor: 0, revision: 0, build: 0 };
    return await buildImage(files, { version, securityCounter: 1, signer: testImageSigner() });
  } catch (error) {
    if (!(error instanceof BuildRefused)) throw error;
    throw new Failure("C-IMAGE-01", `${error.where}: ${error.message}`, state, ["correct the programme file"]);
  }
}
