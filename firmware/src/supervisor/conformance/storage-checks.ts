import { concat } from "@cachet/card-layout";
import type { StoredFile } from "../../hal/index.ts";
import { type Check, must, mustBe, pattern, type TriedPorts } from "./check.ts";

/** Nothing of a terminal has such a name. */
const FILE = "conformance";
const OTHER = "conformance-other";
const LARGE_BYTES = 1_048_576;

/** A check of one file that is empty before and after. */
const fileCheck = (name: string, use: (file: StoredFile, ports: TriedPorts) => Promise<void>): Check => ({
  name,
  needs: "nothing",
  async run(ports) {
    const file = ports.storage.file(FILE);
    await file.replace(new Uint8Array());
    await use(file, ports);
    await file.replace(new Uint8Array());
  },
});

export const STORAGE_CHECKS: readonly Check[] = [
  fileCheck("storage-empty", async (file, { storage }) => {
    mustBe("a file that was never written", await storage.file("conformance-never").read(), new Uint8Array());
    mustBe("a file whose content was replaced by nothing", await file.read(), new Uint8Array());
  }),
  fileCheck("storage-append", async (file) => {
    const parts = [1, 4_095, 70_000, 0, 1].map((length, seed) => pattern(length, seed));
    for (const part of parts) await file.append(part);
    mustBe("pieces that were appended", await file.read(), concat(...parts));
  }),
  fileCheck("storage-parts", async (file) => {
    const content = pattern(9_000, 5);
    await file.append(content.slice(0, 5_000));
    await file.append(content.slice(5_000));
    must(file.size() === content.length, `a file of ${content.length} bytes has ${file.size()}, it says`);
    const asked: readonly (readonly [number, number])[] = [
      [0, 8],
      [4_096, 4_104],
      [4_990, 5_010],
      [8_999, 9_100],
      [9_000, 9_010],
    ];
    for (const [from, to] of asked) mustBe(`bytes ${from} to ${to}`, file.part(from, to), content.slice(from, to));
    await file.truncate(100);
    must(file.size() === 100, `a file that was cut to 100 bytes has ${file.size()}, it says`);
  }),
  fileCheck("storage-replace", async (file) => {
    for (const length of [5_000, 100, 5_001]) {
      const content = pattern(length, length);
      await file.replace(content);
      mustBe("a content in the place of another", await file.read(), content);
    }
  }),
  fileCheck("storage-truncate", async (file) => {
    const content = pattern(10_000, 3);
    await file.append(content);
    await file.truncate(4_097);
    mustBe("a file that was cut", await file.read(), content.slice(0, 4_097));
    await file.append(content.slice(0, 10));
    mustBe("what was appended behind a cut", await file.read(), concat(content.slice(0, 4_097), content.slice(0, 10)));
    await file.truncate(0);
    mustBe("a file that was cut to nothing", await file.read(), new Uint8Array());
  }),
  fileCheck("storage-files", async (file, { storage }) => {
    const other = storage.file(OTHER);
    await file.replace(pattern(10, 1));
    await other.replace(pattern(20, 2));
    mustBe("one of two files", await file.read(), pattern(10, 1));
    mustBe("the other of two files", await other.read(), pattern(20, 2));
    mustBe("a file that is asked for again", await storage.file(FILE).read(), pattern(10, 1));
    await other.replace(new Uint8Array());
  }),
  fileCheck("storage-copies", async (file) => {
    const given = pattern(100, 7);
    await file.replace(given);
    given.fill(0);
    const read = await file.read();
    mustBe("a file whose writer went on with the bytes", read, pattern(100, 7));
    read.fill(0);
    mustBe("a file whose reader went on with the bytes", await file.read(), pattern(100, 7));
  }),
  fileCheck("storage-large", async (file) => {
    await file.replace(pattern(LARGE_BYTES, 9));
    await file.append(pattern(1_000, 11));
    mustBe("a file of a mebibyte", await file.read(), concat(pattern(LARGE_BYTES, 9), pattern(1_000, 11)));
  }),
  {
    name: "storage-kept",
    needs: "restart",
    async run({ storage }, again) {
      const file = storage.file(FILE);
      const content = pattern(3_000, 13);
      if (!again) {
        await file.replace(pattern(9_000, 17));
        await file.replace(content.slice(0, 2_500));
        await file.append(content.slice(2_000));
        await file.truncate(2_500);
        await file.append(content.slice(2_500));
        return;
      }
      const kept = await file.read();
      await file.replace(new Uint8Array());
      must(kept.length > 0, "nothing is left of a file after a restart");
      mustBe("a file after a restart", kept, content);
    },
  },
];
