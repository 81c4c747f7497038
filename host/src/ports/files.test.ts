import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { appendFile } from "./append-file.ts";
import { makeFolders } from "./folder.ts";
import { takeLock } from "./lock-file.ts";

const folder = () => mkdtempSync(join(tmpdir(), "cachet-files-"));

describe("folders", () => {
  it("are made with those above them, with the rights asked for", () => {
    const path = join(folder(), "a", "b", "c");
    makeFolders(path, 0o700);
    makeFolders(path, 0o700);
    for (const made of [path, join(path, ".."), join(path, "..", "..")])
      expect(statSync(made).mode & 0o777).toBe(0o700);
  });

  it("that cannot be made say so, and do not wait for ever", () => {
    const file = join(folder(), "file");
    writeFileSync(file, "");
    expect(() => makeFolders(join(file, "below"))).toThrow(/ENOTDIR|EEXIST/);
    expect(() => makeFolders(file)).toThrow("EEXIST");
    if (process.platform === "linux") expect(() => makeFolders("/proc/no-such-folder/below")).toThrow("ENOENT");
  });
});

describe("a file that only grows", () => {
  it("has the lines that were added, and is its owner's alone", () => {
    const path = join(folder(), "new", "lines.log");
    const file = appendFile(path);
    expect(file.lines()).toEqual([]);
    file.append("one");
    file.append("two");
    expect(appendFile(path).lines()).toEqual(["one", "two"]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("begins a new line behind one that was cut off", () => {
    const path = join(folder(), "lines.log");
    writeFileSync(path, "one\ntw");
    appendFile(path).append("three");
    expect(readFileSync(path, "utf8")).toBe("one\ntw\nthree\n");
  });
});

describe("a disk that takes no more", () => {
  it("leaves the file as it was, and says so, however much of the line it took", () => {
    for (let room = 0; room < 12; room += 1) {
      const path = join(folder(), "lines.log");
      appendFile(path).append("before");
      let left = room;
      const full = appendFile(path, (file, bytes, from) => {
        const some = Math.min(left, 5, bytes.length - from);
        left -= some;
        return some === 0 ? 0 : writeSync(file, bytes, from, some);
      });
      expect(() => full.append("twelve bytes"), `room for ${room}`).toThrow("takes no more");
      expect(readFileSync(path, "utf8")).toBe("before\n");
    }
  });
});

describe("a lock", () => {
  it("is held by one at a time, named to the other, and free afterwards", () => {
    const path = join(folder(), "home", "lock");
    const release = takeLock(path);
    expect(typeof release).toBe("function");
    expect(takeLock(path)).toBe(process.pid);
    if (typeof release === "function") release();
    expect(existsSync(path)).toBe(false);
    expect(typeof takeLock(path)).toBe("function");
  });

  it("whose process is gone, or that names none, is taken over", () => {
    for (const left of ["4194304", "nobody", "", `${process.pid} 1`, "1 another start"]) {
      const path = join(folder(), "lock");
      writeFileSync(path, left);
      expect(typeof takeLock(path), left).toBe("function");
    }
  });
});
