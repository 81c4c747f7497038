import { toHex } from "@cachet/card-layout";
import { Type2Chip } from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { withReader } from "../../host/src/cli/reader-option.ts";
import { InProcessReaders } from "../../host/src/ports/pcsc/in-process.ts";
import { PcscFault } from "../../host/src/ports/pcsc/transport.ts";
import { Desk, expectNoSecret, ntag215, READER } from "../fixtures/card-desk.ts";
import { CARD, chipWith, sealedCard, UID } from "../fixtures/sealed-cards.ts";

describe("choosing a reader", () => {
  it("takes the only one and says which", async () => {
    const desk = new Desk().lay(chipWith(sealedCard(ntag215)));
    const ended = await desk.run("info");
    expect(ended).toMatchObject({ exit: 0, code: null });
    expect(ended.err).toBe(`reader ${READER}\n`);
    expect(ended.out).toContain(`${CARD}`);
    expect(desk.pending).toBe(0);
  });

  it("lists several and refuses; takes the one that is named in part, in any case, or in whole", async () => {
    const desk = new Desk(["Identiv uTrust", "ACS ACR122U", "ACS ACR122U SAM"]);
    desk.lay(chipWith(sealedCard(ntag215)), {}, "ACS ACR122U");
    const several = await desk.run("info");
    expect(several).toMatchObject({ exit: 1, code: "C-READER-03" });
    expect(several.failure!.lines().join("\n")).toMatch(/Identiv uTrust.*\n.*ACS ACR122U".*a card is on it/);
    expect(await desk.run("info", "--reader", "acs")).toMatchObject({ exit: 1, code: "C-READER-03" });
    expect(await desk.run("info", "--reader", "ACS ACR122U")).toMatchObject({ exit: 0 });
    desk.lay(chipWith(sealedCard(ntag215)), {}, "Identiv uTrust");
    expect((await desk.run("info", "--reader", "UTRUST")).err).toContain("reader Identiv uTrust");
  });

  it("says when there is none, none of that name, no service, and no way to one", async () => {
    expect(await new Desk([]).run("info")).toMatchObject({ exit: 3, code: "C-READER-02" });
    const unknown = await new Desk().run("info", "--reader", "omnikey");
    expect(unknown).toMatchObject({ exit: 3, code: "C-READER-02" });
    expect(unknown.failure!.lines().join("\n")).toContain(READER);
    const absent = new Desk();
    absent.service = () =>
      Object.assign(new InProcessReaders(absent.field), { readers: async () => "service-absent" as const });
    expect(await absent.run("info")).toMatchObject({ exit: 3, code: "C-READER-01" });
    const nothing = new Desk();
    nothing.service = () => {
      throw new PcscFault("no-backend", "no way to a card reader: install something");
    };
    expect(await nothing.run("info")).toMatchObject({ exit: 1, code: "C-READER-07" });
    expect([absent.pending, nothing.pending]).toEqual([0, 0]);
  });

  it("waits for a card, in vain too, and stops at Ctrl-C", async () => {
    const desk = new Desk();
    expect(await desk.run("info", "--timeout", "0")).toMatchObject({ exit: 3, code: "C-READER-05" });
    desk.onErr = (text) => {
      if (text === "Present the card\n") desk.lay(chipWith(sealedCard(ntag215)));
    };
    expect(await desk.run("info")).toMatchObject({ exit: 0 });
    const stopped = new Desk();
    stopped.onErr = (text) => {
      if (text === "Present the card\n") queueMicrotask(stopped.interrupt);
    };
    const ended = await stopped.run("info");
    expect(ended).toMatchObject({ exit: 3, code: "C-READER-05" });
    expect(ended.failure!.message).toContain("stopped");
    expect(stopped.pending).toBe(0);
  });

  it("says when the reader is unplugged, the service ends, or another program holds the card", async () => {
    for (const [word, exit, code] of [
      ["reader-gone", 3, "C-READER-04"],
      ["service-gone", 3, "C-READER-04"],
      ["in-use", 1, "C-READER-06"],
    ] as const) {
      const desk = new Desk();
      desk.service = () => Object.assign(new InProcessReaders(desk.field), { waitForCard: async () => word });
      expect(await desk.run("read", "--test-keys"), word).toMatchObject({ exit, code });
    }
  });

  it("gives card after card, as they are laid down and taken away", async () => {
    const desk = new Desk();
    const second = UID.with(6, 9);
    const seen: string[] = [];
    await withReader(desk.console([]), { timeout: 30 }, desk.readers, async (reader) => {
      desk.lay(chipWith(sealedCard(ntag215)));
      seen.push(toHex((await reader.next()).link.uid));
      desk.onErr = () => desk.lay(new Type2Chip("NTAG215", second));
      const removal = reader.removed();
      desk.field.remove(READER);
      await removal;
      seen.push(toHex((await reader.next()).link.uid));
    });
    expect(seen).toEqual([UID, second].map(toHex));
    expect(desk.pending).toBe(0);
  });

  it("has a simulated one, and no other chip than those it knows", async () => {
    const desk = new Desk([]);
    expect((await desk.run("info", "--reader", "sim")).out).toContain("NTAG215");
    expect((await desk.run("info", "--reader", "SIM:mf0ul11")).out).toContain("MF0UL11");
    expect(await desk.run("info", "--reader", "sim:desfire")).toMatchObject({ exit: 2, code: "C-USAGE-01" });
  });
});

afterAll(expectNoSecret);
