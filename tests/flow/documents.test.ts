import { existsSync, readdirSync, readFileSync } from "node:fs";
import { CARD_MAPS } from "@cachet/card-layout";
import { describe, expect, it } from "vitest";
import { CODES } from "../../host/src/cli/failure.ts";
import { MEDIA_DOC, mediaDocument } from "../../scripts/media.ts";
import { THREAT_DOC, threatDocument } from "../../scripts/threats.ts";
import { ROOT, read, sourceFiles } from "../boundaries/sources.ts";

describe("documents say what the code does", () => {
  it("docs/media.md is the computed budget", () => {
    expect(readFileSync(MEDIA_DOC, "utf8")).toBe(mediaDocument());
  });

  it("docs/threat-model.md has the table that the code has, and the exposure as it is computed", () => {
    const page = readFileSync(THREAT_DOC, "utf8");
    expect(page).toBe(threatDocument(page));
    for (const { chip } of CARD_MAPS) expect(page).toContain(chip);
    expect(page.split("\n").length).toBeLessThan(180);
  });

  it("docs/threat-model.md names files that are there, and tests that are in them", () => {
    const page = readFileSync(THREAT_DOC, "utf8");
    const files = [...page.matchAll(/`([\w./-]+\/[\w.-]+\.(?:ts|md))`/g)].map((match) => match[1]!);
    for (const file of files) expect(existsSync(`${ROOT}${file}`), file).toBe(true);
    const named = [...page.matchAll(/`([\w./-]+\.test\.ts)`:\s((?:"[^"]+"(?:,\s(?="))?)+)/g)].flatMap(
      ([, file, names]) => [...names!.matchAll(/"([^"]+)"/g)].map((match) => ({ file: file!, name: match[1]! })),
    );
    expect(named.length).toBeGreaterThan(25);
    for (const { file, name } of named)
      expect(read(file).replaceAll(/\s+/g, " "), `${file}: ${name}`).toContain(`"${name}`);
  });

  it("every error code of the command is used, and none is used that explain does not know", () => {
    const used = new Set(
      [...sourceFiles(), "host/bin/cachet.mjs", "scripts/runtime.mjs"]
        .filter((file) => file.startsWith("host/") || file.startsWith("scripts/"))
        .filter((file) => !file.endsWith("failure.ts"))
        .flatMap((file) => read(file).match(/\bC-[A-Z]+-\d{2}\b/g) ?? []),
    );
    expect([...used].sort()).toEqual(Object.keys(CODES).sort());
  });

  it("every golden vector file is named in docs/formats", () => {
    const formats = ["card", "journal", "batch", "image", "provisioning", "lists", "credit", "receipt-code"]
      .map((name) => read(`docs/formats/${name}.md`))
      .join("\n");
    const ours = readdirSync(`${ROOT}firmware/vectors`).map((file) => file.replace(".json", ""));
    expect(ours.length).toBeGreaterThan(7);
    for (const file of ["identity-1", "state-1", "seal-1", ...ours]) {
      expect(formats, file).toContain(`vectors/${file}.json`);
    }
  });

  it("the README stays under 200 lines and shows the whole help text", () => {
    const readme = readFileSync(`${ROOT}README.md`, "utf8");
    expect(readme.split("\n").length).toBeLessThan(200);
    for (const word of ["--json", "--lang", "--home", "image", "batch", "office", "sim", "explain"])
      expect(readme).toContain(word);
  });
});
