import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isBlank } from "@cachet/card-layout";
import { utf8Encode } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import type { Console } from "./console.ts";
import { newPassphraseFor, type PassphraseSource, passphraseFor } from "./passphrase.ts";

const folder = mkdtempSync(join(tmpdir(), "cachet-passphrase-"));
const file = (name: string, content: string | Uint8Array, mode = 0o600) => {
  writeFileSync(join(folder, name), content, { mode });
  return join(folder, name);
};

function desk() {
  const heard: string[] = [];
  const console: Console = {
    json: false,
    lang: "en",
    home: folder,
    db: null,
    now: () => 0,
    drawsProgress: false,
    out: () => {},
    err: (text) => heard.push(text),
  };
  return { console, heard };
}

const source = (more: Partial<PassphraseSource>): PassphraseSource => ({
  subject: "keys.sealed",
  file: undefined,
  option: "--passphrase-file",
  variable: undefined,
  ask: null,
  ...more,
});
const read = async (more: Partial<PassphraseSource>): Promise<string> =>
  new TextDecoder().decode(await passphraseFor(desk().console, source(more)));
/** Answers one after the other, and keeps the bytes it gave away. */
function typist(...answers: readonly string[]) {
  const given: Uint8Array[] = [];
  const questions: string[] = [];
  const ask = async (question: string) => {
    questions.push(question);
    const answer = answers[given.length];
    if (answer === undefined) return null;
    const bytes = utf8Encode(answer);
    given.push(bytes);
    return bytes;
  };
  return { ask, given, questions };
}

describe("a passphrase that opens", () => {
  it("comes from the file, else the variable, else the terminal", async () => {
    const all = { file: file("a", "from the file"), variable: "from the variable", ask: typist("typed").ask };
    expect(await read(all)).toBe("from the file");
    expect(await read({ ...all, file: undefined })).toBe("from the variable");
    expect(await read({ ask: all.ask })).toBe("typed");
    expect(await read({ variable: "", ask: typist("typed").ask })).toBe("typed");
  });

  it("is the first line of its file, however lines end", async () => {
    for (const content of ["one line", "one line\n", "one line\r\n", "one line\nand another"]) {
      expect(await read({ file: file("lines", content) })).toBe("one line");
    }
  });

  it("is the same bytes however an accent was typed", async () => {
    const composed = "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e";
    expect(await read({ variable: composed.normalize("NFD") })).toBe(composed);
    expect(await read({ file: file("nfd", `\u{feff}${composed.normalize("NFD")}\n`) })).toBe(composed);
    await expect(read({ file: file("latin", Uint8Array.of(0x63, 0xe9)) })).rejects.toMatchObject({ code: "C-KEY-05" });
  });

  it("is missed with C-KEY-04 where nothing gives one", async () => {
    await expect(read({})).rejects.toMatchObject({ code: "C-KEY-04", exit: 1 });
    await expect(read({ ask: typist("").ask })).rejects.toMatchObject({ code: "C-KEY-04" });
    await expect(read({ ask: typist().ask })).rejects.toMatchObject({ code: "C-KEY-04" });
    await expect(read({ file: join(folder, "none") })).rejects.toMatchObject({ code: "C-FILE-01" });
  });

  it("in a file that others may read is used, with a warning", async () => {
    const { console, heard } = desk();
    await passphraseFor(console, source({ file: file("open", "a word", 0o644) }));
    expect(heard.join("")).toMatch(/^warning: others .*open; take them away: chmod go= /);
  });
});

describe("a passphrase to seal with", () => {
  const chosen = async (more: Partial<PassphraseSource>) =>
    new TextDecoder().decode(await newPassphraseFor(desk().console, source(more)));

  it("has 12 characters, not bytes", async () => {
    expect(await chosen({ variable: "twelve chars" })).toBe("twelve chars");
    await expect(chosen({ variable: "eleven char" })).rejects.toMatchObject({ code: "C-KEY-05" });
    await expect(chosen({ variable: "éééééé" })).rejects.toMatchObject({ code: "C-KEY-05" });
    await expect(chosen({ variable: "x".repeat(1025) })).rejects.toMatchObject({ code: "C-KEY-05" });
  });

  it("is typed twice, and what is not used is wiped", async () => {
    const same = typist("twelve chars", "twelve chars");
    expect(await chosen({ ask: same.ask })).toBe("twelve chars");
    expect(same.questions).toEqual(["Passphrase of keys.sealed: ", "The same again: "]);
    expect(isBlank(same.given[1]!)).toBe(true);
    const other = typist("twelve chars", "twelve chaps");
    await expect(chosen({ ask: other.ask })).rejects.toMatchObject({ code: "C-KEY-05" });
    for (const bytes of other.given) expect(isBlank(bytes)).toBe(true);
    await expect(chosen({ ask: typist("twelve chars").ask })).rejects.toMatchObject({ code: "C-KEY-05" });
  });
});
