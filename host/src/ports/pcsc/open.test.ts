import { describe, expect, it } from "vitest";
import { InProcessField, InProcessReaders } from "./in-process.ts";
import { openReaders, type Surroundings } from "./open.ts";
import { PcscFault, type ReaderService } from "./transport.ts";

const named = (backend: ReaderService["backend"]): ReaderService =>
  Object.assign(Object.create(new InProcessReaders(new InProcessField([]))), { backend });

function surroundings(platform: NodeJS.Platform, has: readonly string[]): Surroundings {
  return {
    platform,
    socket: "pcscd.comm",
    exists: (path) => path === "pcscd.comm" && has.includes("socket"),
    smartcard: () => (has.includes("smartcard") ? named("smartcard") : null),
    pcsclite: () => (has.includes("pcsclite") ? named("pcsclite") : null),
  };
}

describe("the way to the readers", () => {
  it.each([
    ["linux", ["socket", "smartcard", "pcsclite"], "pcscd"],
    ["linux", ["smartcard", "pcsclite"], "smartcard"],
    ["linux", ["pcsclite"], "pcsclite"],
    ["linux", [], "pcscd"],
    ["darwin", ["socket", "smartcard", "pcsclite"], "smartcard"],
    ["win32", ["pcsclite"], "pcsclite"],
  ] as const)("on %s with %j: %s", (platform, has, backend) => {
    expect(openReaders("auto", surroundings(platform, has)).backend).toBe(backend);
  });

  it.each([
    ["auto", "win32", /npm package smartcard/],
    ["smartcard", "linux", /npm rebuild smartcard.*libpcsclite-dev/],
    ["pcsclite", "darwin", /npm rebuild pcsclite/],
    ["pcscd", "win32", /for Linux/],
  ] as const)("%s on %s, with nothing there, names what to install", (preference, platform, text) => {
    const open = () => openReaders(preference, surroundings(platform, []));
    expect(open).toThrow(PcscFault);
    expect(open).toThrow(expect.objectContaining({ problem: "no-backend", message: expect.stringMatching(text) }));
  });

  it("takes what is asked for", () => {
    const all = ["socket", "smartcard", "pcsclite"];
    for (const backend of ["pcscd", "smartcard", "pcsclite"] as const)
      expect(openReaders(backend, surroundings("linux", all)).backend).toBe(backend);
  });
});
