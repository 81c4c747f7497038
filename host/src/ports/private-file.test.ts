import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ascii } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { type Disk, draftOf, isOpenToOthers, PrivateFileFault, readPrivate, writePrivate } from "./private-file.ts";

const OLD = "the old keys";
const NEW = "the new and longer keys";
const folder = () => mkdtempSync(join(tmpdir(), "cachet-private-"));
const text = (path: string) => readFileSync(path, "utf8");
const make = () => ascii(NEW);

/** A disk whose call number `at` fails; with `dead`, as after a power cut, every later one too. */
function failing(at: number, dead: boolean): { readonly disk: Disk; readonly calls: () => number } {
  let count = 0;
  const step =
    <A extends readonly unknown[], R>(call: (...args: A) => R) =>
    (...args: A): R => {
      count += 1;
      if (dead ? count >= at : count === at) throw Object.assign(new Error("no"), { code: "ENOSPC" });
      return call(...args);
    };
  const disk: Disk = {
    openSync: step(fs.openSync) as Disk["openSync"],
    // One short write first: the rest has to follow by itself.
    writeSync: step((fd: number, bytes: Uint8Array, offset: number) =>
      fs.writeSync(fd, bytes, offset, Math.min(5, bytes.length - offset)),
    ),
    fsyncSync: step(fs.fsyncSync),
    closeSync: step(fs.closeSync),
    renameSync: step(fs.renameSync),
    rmSync: step((path: string) => fs.rmSync(path, { force: true })),
  };
  return { disk, calls: () => count };
}

describe("a private file", () => {
  it("is its owner's alone, in a folder that is its owner's alone", () => {
    const path = join(folder(), "a", "b", "keys");
    writePrivate(path, make);
    expect(text(path)).toBe(NEW);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(path, "..")).mode & 0o777).toBe(0o700);
    expect(isOpenToOthers(path)).toBe(false);
    expect(existsSync(draftOf(path))).toBe(false);
  });

  it("that others may read is known, and closed to them by the next writing", () => {
    const path = join(folder(), "keys");
    writeFileSync(path, OLD, { mode: 0o644 });
    expect(isOpenToOthers(path)).toBe(true);
    writePrivate(path, make);
    expect(isOpenToOthers(path)).toBe(false);
    expect(isOpenToOthers(join(folder(), "none"))).toBe(false);
  });

  it("is as it was after any failed call, and can be written again", () => {
    const whole = failing(Number.POSITIVE_INFINITY, false);
    writePrivate(join(folder(), "keys"), make, whole.disk);
    expect(whole.calls()).toBeGreaterThan(6);
    for (let at = 1; at <= whole.calls(); at += 1) {
      const path = join(folder(), "keys");
      writeFileSync(path, OLD);
      expect(() => writePrivate(path, make, failing(at, false).disk), `call ${at}`).toThrow(PrivateFileFault);
      expect(text(path), `call ${at}`).toBe(OLD);
      expect(existsSync(draftOf(path)), `call ${at}`).toBe(false);
      writePrivate(path, make);
      expect(text(path)).toBe(NEW);
    }
  });

  it("is old or new, and whole, wherever the power goes", () => {
    for (let at = 1; at <= 12; at += 1) {
      const path = join(folder(), "keys");
      writeFileSync(path, OLD);
      try {
        writePrivate(path, make, failing(at, true).disk);
      } catch {
        // Whatever is told after a power cut, nobody hears it.
      }
      expect([OLD, NEW], `call ${at}`).toContain(text(path));
    }
  });

  it("is not written while somebody else writes it, or by a change that gives up", () => {
    const path = join(folder(), "keys");
    writeFileSync(path, OLD);
    let inner: unknown;
    writePrivate(path, () => {
      try {
        writePrivate(path, () => ascii("the other one"));
      } catch (error) {
        inner = error;
      }
      return make();
    });
    expect(inner).toMatchObject({ problem: "taken" });
    expect(text(path)).toBe(NEW);
    const givenUp = new Error("given up");
    expect(() =>
      writePrivate(path, () => {
        throw givenUp;
      }),
    ).toThrow(givenUp);
    expect(text(path)).toBe(NEW);
    expect(existsSync(draftOf(path))).toBe(false);
  });

  it("is finished before a signal ends the program", () => {
    const path = join(folder(), "keys");
    const writing = `import { writePrivate } from ${JSON.stringify(new URL("./private-file.ts", import.meta.url).href)};
      writePrivate(${JSON.stringify(path)}, () => { process.kill(process.pid, "SIGINT"); return Buffer.from("${NEW}"); });`;
    const ended = spawnSync(process.execPath, ["--input-type=module", "-e", writing], { encoding: "utf8" });
    expect(ended.stderr).not.toContain("Error");
    expect(text(path)).toBe(NEW);
    expect(existsSync(draftOf(path))).toBe(false);
  });

  it("stays where a link leads", () => {
    const there = join(folder(), "keys");
    const link = join(folder(), "link");
    writeFileSync(there, OLD);
    symlinkSync(there, link);
    writePrivate(link, make);
    expect(readlinkSync(link)).toBe(there);
    expect(text(there)).toBe(NEW);
  });

  it("says why it cannot be read or made", () => {
    const path = join(folder(), "keys");
    expect(() => readPrivate(path, 10)).toThrow(expect.objectContaining({ problem: "absent" }));
    writeFileSync(path, OLD);
    expect(() => readPrivate(path, 3)).toThrow(expect.objectContaining({ problem: "unreadable" }));
    expect(() => writePrivate(join(path, "below"), make)).toThrow(expect.objectContaining({ problem: "unwritable" }));
    mkdirSync(`${path}-folder`);
    expect(() => writePrivate(`${path}-folder`, make)).toThrow(expect.objectContaining({ problem: "unwritable" }));
  });
});
