import { imageState, inspectImage } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { sendImage } from "../../host/src/link/image-upload.ts";
import { SmpClient } from "../../host/src/link/smp-client.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { Desk } from "../fixtures/installer-desk.ts";
import { imageOf, programmeFile } from "../fixtures/town.ts";

describe("an image is sent", () => {
  it.each([true, false])("full %s", async (full) => {
    const desk = await Desk.set();
    const file = await imageOf([programmeFile("boulangerie")]);
    const reading = inspectImage(file, sha256);
    if (!reading.ok) throw new Error();
    const client = new SmpClient(desk.cable.plug(), desk.clock);
    const progress: unknown[] = [];
    const sent = await desk.clock.run(
      sendImage(client, { file, hash: reading.image.hash }, { full, onProgress: (p) => progress.push(p) }),
    );
    console.log(sent, file.length, progress.length, desk.seen, desk.cable.sent);
    expect(sent.ok).toBe(true);
    const state = await desk.clock.run(client.call(imageState, {}));
    console.log(state);
  });
});
