import { type ResponseOf, selfTest, slotImages, terminalHealth } from "../../wire/index.ts";
import type { SlotContent } from "../slots.ts";
import { versionText } from "./image-commands.ts";
import type { Managed } from "./managed.ts";
import type { ManagementServer } from "./server.ts";

/** One word that is the same in every language. */
type SlotImage = ResponseOf<typeof slotImages>["images"][number];

function told({ stated, reading }: SlotContent, slot: 0 | 1): SlotImage[] {
  if (stated === null) return [];
  const { hash, version, securityCounter: counter, layouts, programmes } = stated;
  return [
    {
      slot,
      hash,
      version: versionText(version),
      counter,
      layouts: [layouts.lowest, layouts.highest],
      programmes: programmes.map(({ number, version: programmeVersion, name }) => ({
        number,
        version: programmeVersion,
        name: name.slice(0, 80),
      })),
      ...(reading.ok ? {} : { refusal: reading.refusal, detail: reading.detail.slice(0, 200) }),
    },
  ];
}

const appOf = ({ app }: Managed): "none" | "starting" | "healthy" | "stopped" => app?.state ?? "none";

/** Why nothing runs, or why it stopped last. */
function faultOf({ app, slots }: Managed): string | null {
  if (app !== null) return app.fault?.message ?? null;
  const { reading } = slots.running;
  return reading.ok ? "the terminal is not provisioned" : `no image to run: ${reading.detail}`;
}

/** Group 66: what runs, and how it is. */
export function serveTerminal(server: ManagementServer, managed: Managed): void {
  const { slots } = managed;
  server.serve(terminalHealth, () => {
    const { utc, suspect } = managed.clock.now();
    const fault = faultOf(managed);
    return {
      app: appOf(managed),
      ...(fault === null ? {} : { fault: fault.slice(0, 200) }),
      trial: slots.onTrial,
      busy: managed.isBusy(),
      heap: managed.app?.usedBytes() ?? 0,
      utc,
      suspect,
    };
  });
  server.serve(slotImages, () => ({
    counter: slots.securityCounter,
    images: [...told(slots.running, 0), ...told(slots.other, 1)],
  }));
  server.serve(selfTest, async ({ part, wait = 10_000 }) => {
    if (managed.isBusy()) return { refused: "busy", detail: "a visit is under way" };
    switch (part) {
      case "screen":
        await managed.counter.show({ says: "test" }, managed.settings);
        return { ok: true, said: "TEST is on the screen" };
      case "printer": {
        const printed = await managed.counter.print([{ line: "title", text: "TEST" }], managed.settings);
        return printed === "printed" ? { ok: true, said: "TEST is printed" } : { ok: false, said: "no paper" };
      }
      case "card": {
        const tap = await managed.card.waitCard(wait, null);
        if (typeof tap === "string") return { ok: false, said: tap === "none" ? "no card came" : `${tap} cards` };
        return { ok: true, said: `card ${Array.from(tap.uid, (byte) => byte.toString(16).padStart(2, "0")).join("")}` };
      }
    }
  });
}
