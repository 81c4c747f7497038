import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ascii, concat, fromHex, toHex } from "@cachet/card-layout";
import { utf8Encode } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { openContent } from "../../host/src/keys/sealed-file.ts";
import { testAreaKey, testCardKey } from "../../host/src/keys/test-keys.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import { ROOT } from "../boundaries/sources.ts";
import {
  DAY,
  Desk,
  expectNoSecretSaid,
  expectRefusal,
  folder,
  LENT_WORD,
  START,
  said,
  secrets,
  town,
  WORD,
} from "../fixtures/key-desk.ts";

const states = async (desk: Desk, role: string, number: number) =>
  ((await desk.document("status")).keys as { role: string; number: number; generation: number; state: string }[])
    .filter((key) => key.role === role && key.number === number)
    .map(({ generation, state }) => `${generation} ${state}`);

describe("cachet keys init, add and status", () => {
  it("makes a card key and area keys, for the owner alone", async () => {
    const desk = await town();
    expect(statSync(desk.file).mode & 0o777).toBe(0o600);
    expect(readdirSync(desk.home)).toEqual(["keys.sealed"]);
    const shown = await desk.document("status");
    expect(shown).toMatchObject({
      file: desk.file,
      kind: "ring",
      sealed_on: "2026-01-01 00:00 UTC",
      scrypt: { n: 1024, r: 8, p: 1 },
      opened: true,
    });
    expect(
      shown.keys.map((key: Record<string, unknown>) => [key.role, key.number, key.generation, key.state, key.test]),
    ).toEqual([
      ["area", 20, 1, "current", false],
      ["area", 21, 1, "current", false],
      ["identity", 1, 1, "current", false],
      ["office", 0, 1, "current", false],
    ]);
    for (const { fingerprint } of shown.keys) expect(fingerprint).toMatch(/^[0-9a-f]{8}$/);
  });

  it("makes the home folder, for the owner alone", async () => {
    const desk = new Desk();
    const deep = join(desk.home, "new", "home");
    expect((await desk.keys("init", "--issuer", "1", "--keys", join(deep, "k"))).failure).toBeNull();
    expect(statSync(deep).mode & 0o777).toBe(0o700);
  });

  it("never makes them twice", async () => {
    const desk = await town();
    await expectRefusal(desk, "C-KEY-03", "init", "--issuer", "2");
    const other = new Desk();
    other.meanwhile = () => writeFileSync(other.file, "the keys of a second volunteer");
    expect((await other.keys("init", "--issuer", "1")).failure).toMatchObject({ code: "C-KEY-03" });
    expect(readFileSync(other.file, "utf8")).toBe("the keys of a second volunteer");
  });

  it("shows age and lines for people", async () => {
    const desk = await town();
    desk.now += 41 * DAY;
    const { out } = await desk.keys("status");
    expect(out).toContain("sealed           2026-01-01 00:00 UTC, scrypt N = 2^10, r = 8, p = 1");
    expect(out).toMatch(/^role {6}number {2}generation {2}state {4}age {6}test {2}fingerprint$/m);
    expect(out).toMatch(/^area {6}20 {6}1 {11}current {2}41 days {2}no {4}[0-9a-f]{8}$/m);
  });

  it("says without the passphrase only how the file is sealed", async () => {
    const desk = await town();
    desk.variable = undefined;
    expect(await desk.document("status")).toEqual({
      file: desk.file,
      kind: "ring",
      sealed_on: "2026-01-01 00:00 UTC",
      scrypt: { n: 1024, r: 8, p: 1 },
      opened: false,
    });
    desk.typed = [""];
    expect((await desk.keys("status")).out).not.toMatch(/^area|identity/m);
    desk.typed = [WORD];
    expect((await desk.keys("status")).out).toContain("identity");
  });

  it("adds programmes and issuers, each once, all or none", async () => {
    const desk = await town();
    const added = await desk.document("add", "--programme", "22", "--issuer", "2");
    expect(added.keys.map(({ role, number }: { role: string; number: number }) => `${role} ${number}`)).toEqual([
      "identity 2",
      "area 22",
    ]);
    await expectRefusal(desk, "C-KEY-10", "add", "--programme", "23", "--programme", "20");
    await expectRefusal(desk, "C-USAGE-01", "add");
    expect(await states(desk, "area", 23)).toEqual([]);
    expect(await states(desk, "area", 22)).toEqual(["1 current"]);
  });

  it("keeps and shows a key of a role it does not know, through every change", async () => {
    const desk = await town();
    const secret = sha256(ascii("a key of a later version"));
    secrets.push(secret.slice());
    desk.reseal((keys) => [...keys, { ...keys[0]!, role: "list", number: 7, test: true, secret }]);
    await desk.keys("rotate", "--programme", "20");
    expect((await desk.keys("status")).out).toMatch(/^list {6}7 .* TEST /m);
  });
});

describe("cachet keys rotate", () => {
  it("makes g + 1 current, g previous and g - 1 retired, and says what follows", async () => {
    const desk = await town();
    const first = await desk.keys("rotate", "--programme", "20");
    expect(first.out).toMatch(/^area 20 is at generation 2 \([0-9a-f]{8}\); generation 1 is the previous one$/m);
    expect(first.out).toContain("accept generations 2 and 1");
    expect(first.out).toContain("must receive generation 2 before");
    const second = await desk.document("rotate", "--programme", "20");
    expect(second).toMatchObject({ role: "area", number: 20, generation: 3, previous: 2 });
    expect(second.next).toHaveLength(3);
    expect(await states(desk, "area", 20)).toEqual(["1 retired", "2 previous", "3 current"]);
    expect(await states(desk, "area", 21)).toEqual(["1 current"]);
    expect((await desk.keys("rotate", "--issuer", "1")).out).toContain("never rewritten");
  });

  it("keeps what older cards were sealed with", async () => {
    const desk = await town();
    const before = (await desk.ring()).ring!.areaKey(20, 1)!.master.slice();
    await desk.keys("rotate", "--programme", "20");
    const { ring } = await desk.ring();
    expect(ring!.areaKey(20, 1)).toMatchObject({ master: before, state: "previous" });
    expect(ring!.currentAreaKey(20)).toMatchObject({ generation: 2, test: false });
    expect(ring!.currentAreaKey(20)!.master).not.toEqual(before);
    expect(ring!.areaKey(20, 3)).toBeNull();
  });

  it("refuses what is not there, two at once, none, and generation 256", async () => {
    const desk = await town();
    const unknown = await expectRefusal(desk, "C-KEY-11", "rotate", "--programme", "99");
    expect(unknown.next.join()).toContain("cachet keys add --programme 99");
    await expectRefusal(desk, "C-USAGE-01", "rotate");
    await expectRefusal(desk, "C-USAGE-01", "rotate", "--programme", "20", "--programme", "21");
    await expectRefusal(desk, "C-USAGE-01", "rotate", "--programme", "20", "--issuer", "1");
    desk.reseal((keys) => keys.map((key) => (key.number === 20 ? { ...key, generation: 254 } : key)));
    await desk.keys("rotate", "--programme", "20");
    expect(await states(desk, "area", 20)).toEqual(["254 previous", "255 current"]);
    await expectRefusal(desk, "C-KEY-12", "rotate", "--programme", "20");
  });

  it("waits for nobody who writes at the same time, and loses nothing", async () => {
    const desk = await town();
    const before = readFileSync(desk.file);
    writeFileSync(`${desk.file}.new`, "");
    const { failure } = await desk.keys("rotate", "--programme", "20");
    expect(failure).toMatchObject({ code: "C-KEY-15" });
    expect(failure!.next.join()).toContain("keys.sealed.new");
    expect(readFileSync(desk.file)).toEqual(before);
  });
});

describe("cachet keys bundle", () => {
  const make = async (desk: Desk, ...more: readonly string[]) => {
    const word = desk.at("lent-word", LENT_WORD);
    return desk.keys(
      "bundle",
      "-o",
      desk.at("zoe.bundle"),
      "--for",
      "Zoé",
      "--days",
      "30",
      "--bundle-passphrase-file",
      word,
      ...more,
    );
  };

  it("lends the card keys, current and previous, and no area key", async () => {
    const desk = await town();
    for (let i = 0; i < 2; i += 1) await desk.keys("rotate", "--issuer", "1");
    const ended = await make(desk);
    expect(ended.failure).toBeNull();
    expect(ended.out).toContain("for Zoé, until 2026-01-31 00:00 UTC");
    expect(statSync(desk.at("zoe.bundle")).mode & 0o777).toBe(0o600);
    const office = (await desk.ring()).ring!;
    const { ring } = await desk.ring("--keys", desk.at("zoe.bundle"), "--passphrase-file", desk.at("lent-word"));
    expect(ring).toMatchObject({ source: "bundle", issuers: [1], programmes: [] });
    expect(ring!.currentCardKey(1)).toEqual(office.currentCardKey(1));
    expect(ring!.cardKey(1, 2)).toEqual(office.cardKey(1, 2));
    expect([ring!.cardKey(1, 1), ring!.areaKey(20, 1), ring!.currentAreaKey(20)]).toEqual([null, null, null]);
    const bytes = readFileSync(desk.at("zoe.bundle"));
    const opened = openContent(bytes, utf8Encode(LENT_WORD));
    expect(opened.ok && opened.content.keys.map(({ role }) => role)).toEqual(["identity", "identity", "installer"]);
  });

  it("is refused once it has expired; status still shows it", async () => {
    const desk = await town();
    await make(desk);
    const at = ["--keys", desk.at("zoe.bundle"), "--passphrase-file", desk.at("lent-word")];
    desk.now = START + 30 * DAY - 1;
    expect((await desk.ring(...at)).failure).toBeNull();
    desk.now += 1;
    const late = await desk.ring(...at);
    expect(late.ring).toBeNull();
    expect(late.failure).toMatchObject({ code: "C-KEY-13" });
    expect(late.failure!.message).toContain("Zoé");
    expect((await desk.keys("status", ...at)).out).toContain("Zoé, until 2026-01-31 00:00 UTC  EXPIRED");
    expect(await desk.document("status", ...at)).toMatchObject({ kind: "bundle", expired: true, lent_to: "Zoé" });
  });

  it("has a passphrase of its own, and overwrites nothing", async () => {
    const desk = await town();
    const same = ["--bundle-passphrase-file", desk.at("same", `${WORD}\n`)];
    const words = ["bundle", "-o", desk.at("b"), "--for", "Zoé", "--days", "1"];
    await expectRefusal(desk, "C-KEY-05", ...words, ...same);
    await expectRefusal(desk, "C-KEY-05", ...words, "--bundle-passphrase-file", desk.at("short", "short"));
    await expectRefusal(desk, "C-KEY-04", ...words);
    expect(existsSync(desk.at("b"))).toBe(false);
    await expectRefusal(desk, "C-KEY-03", ...words, "-o", desk.file);
    await expectRefusal(desk, "C-KEY-11", ...words, "--issuer", "9");
    await desk.keys("add", "--issuer", "2");
    await expectRefusal(desk, "C-USAGE-01", ...words, ...same);
    for (const days of ["0", "367", "a"]) expect((await desk.keys(...words, "--days", days)).usage).toContain("days");
    expect((await desk.keys(...words, "--for", "")).usage).toContain("characters");
    expect((await desk.keys(...words, "--programme", "20")).usage).toContain("--programme");
  });

  it("is no ring: nothing is added to it, rotated or lent from it", async () => {
    const desk = await town();
    await make(desk);
    const at = ["--keys", desk.at("zoe.bundle"), "--passphrase-file", desk.at("lent-word")];
    const before = readFileSync(desk.at("zoe.bundle"));
    await expectRefusal(desk, "C-KEY-14", "rotate", "--issuer", "1", ...at);
    await expectRefusal(desk, "C-KEY-14", "add", "--programme", "5", ...at);
    await expectRefusal(desk, "C-KEY-14", "bundle", "-o", desk.at("c"), "--for", "x", "--days", "1", ...at);
    expect(readFileSync(desk.at("zoe.bundle"))).toEqual(before);
  });
});

describe("a key file that does not open", () => {
  it("says which: absent, another passphrase, damaged, newer, too costly", async () => {
    const desk = await town();
    const whole = readFileSync(desk.file);
    const none = new Desk();
    for (const words of [["status"], ["rotate", "--issuer", "1"], ["add", "--issuer", "1"]])
      await expectRefusal(none, "C-KEY-02", ...words);
    desk.variable = "the passphrase of another";
    for (const words of [["status"], ["rotate", "--issuer", "1"], ["add", "--issuer", "3"]])
      await expectRefusal(desk, "C-KEY-06", ...words);
    desk.variable = undefined;
    await expectRefusal(desk, "C-KEY-04", "rotate", "--issuer", "1");
    // From here on nothing is asked: what is wrong with the file is known before its passphrase.
    const cut = (file: Uint8Array) => writeFileSync(desk.file, file);
    cut(whole.subarray(0, whole.length - 9));
    await expectRefusal(desk, "C-KEY-07", "rotate", "--issuer", "1");
    const flipped = Uint8Array.from(whole);
    flipped[100] = flipped[100]! ^ 4;
    cut(flipped);
    await expectRefusal(desk, "C-KEY-07", "status");
    cut(ascii("hello"));
    await expectRefusal(desk, "C-KEY-07", "status");
    const altered = (from: string, to: string) => {
      const body = fromHex(toHex(whole.subarray(0, -34)).replace(from, to));
      cut(concat(body, fromHex("5820"), sha256(concat(ascii("cachet/keys/file/1"), body))));
    };
    altered("6b6361636865742f6b6579730201", "6b6361636865742f6b6579730203");
    await expectRefusal(desk, "C-KEY-08", "status");
    desk.variable = WORD;
    altered("050a06080701", "051506080701");
    await expectRefusal(desk, "C-KEY-09", "rotate", "--issuer", "1");
    cut(whole);
    expect((await desk.keys("status")).failure).toBeNull();
  });

  it("that others may read is used, with a warning on stderr", async () => {
    const desk = await town();
    chmodSync(desk.file, 0o644);
    const { err, failure } = await desk.keys("status");
    expect(failure).toBeNull();
    expect(err).toMatch(/^warning: others .*keys\.sealed; take them away: chmod go= /);
    expect((await desk.ring()).err).toContain("warning");
    await desk.keys("rotate", "--issuer", "1");
    expect((await desk.keys("status")).err).toBe("");
    const open = new Desk();
    chmodSync(open.home, 0o755);
    expect((await open.keys("init", "--issuer", "1")).err).toContain(`rights to ${open.home}`);
  });

  it("cannot be written where a folder is in the way", async () => {
    const desk = new Desk();
    mkdirSync(`${desk.file}.new`);
    expect((await desk.keys("init", "--issuer", "1")).failure).toMatchObject({ code: "C-KEY-15" });
    const below = join(desk.at("file", "x"), "keys.sealed");
    expect((await desk.keys("init", "--issuer", "1", "--keys", below)).failure).toMatchObject({ code: "C-FILE-03" });
  });
});

describe("the keys of other commands", () => {
  it("are the published ones where that is asked for, and then no file is read", async () => {
    const desk = new Desk();
    const { ring } = await desk.ring("--test-keys");
    expect(ring!.currentCardKey(1)).toEqual({ master: testCardKey(1, 1), generation: 1, state: "current", test: true });
    expect(ring!.areaKey(20, 2)!.master).toEqual(testAreaKey(20, 2));
    expect((await desk.ring("--test-keys", "--keys", "x")).usage).toContain("--test-keys");
    expect((await desk.ring()).failure).toMatchObject({ code: "C-KEY-02" });
  });

  it("open by passphrase file, variable or typing, and by nothing else", async () => {
    const desk = await town();
    expect((await desk.ring()).ring!.source).toBe("office");
    desk.variable = undefined;
    expect((await desk.ring()).failure).toMatchObject({ code: "C-KEY-04" });
    expect((await desk.ring("--passphrase-file", desk.at("word", `${WORD}\n`))).ring!.issuers).toEqual([1]);
    desk.typed = [WORD];
    expect((await desk.ring()).ring!.programmes).toEqual([20, 21]);
    expect((await desk.ring("--passphrase", WORD)).usage).toContain("--passphrase");
  });
});

describe("a new passphrase", () => {
  it("has 12 characters and is typed twice", async () => {
    const desk = new Desk();
    desk.variable = "too short";
    await expectRefusal(desk, "C-KEY-05", "init", "--issuer", "1");
    desk.variable = undefined;
    await expectRefusal(desk, "C-KEY-04", "init", "--issuer", "1");
    desk.typed = [WORD, "another passphrase"];
    await expectRefusal(desk, "C-KEY-05", "init", "--issuer", "1");
    desk.typed = [WORD, WORD];
    expect((await desk.keys("init", "--issuer", "1")).failure).toBeNull();
    expect(existsSync(desk.file)).toBe(true);
  });

  it("is not asked for numbers that do not fit", async () => {
    const desk = new Desk();
    for (const issuer of ["-1", "10000", "x", "1.5", ""]) {
      expect((await desk.keys("init", "--issuer", issuer)).usage, issuer).toMatch(/issuer/);
    }
    expect((await desk.keys("init", "--issuer", "1", "--programme", "0")).usage).toContain("programme");
    expect((await desk.keys("init")).usage).toContain("--issuer");
    await expectRefusal(desk, "C-KEY-10", "init", "--issuer", "1", "--programme", "5", "--programme", "5");
  });
});

/** The command itself, with the cost of real use: slow, hence one story. */
describe("cachet keys, as it is run", () => {
  const home = join(folder, "real");
  const run = (input: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(ROOT, "host/bin/cachet.mjs"), "keys", ...args, "--home", home],
      {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: "", CACHET_PASSPHRASE: "", ...input },
      },
    );
    said.push(stdout, stderr);
    return { code: status, out: stdout, err: stderr };
  };

  it("makes, rotates and shows keys, sealed at full cost", () => {
    const word = { CACHET_PASSPHRASE: WORD };
    const made = run(word, "init", "--issuer", "1", "--programme", "20", "--json");
    expect(made.err).toBe("");
    expect(made.code).toBe(0);
    expect(JSON.parse(made.out).keys).toHaveLength(3);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(run(word, "rotate", "--programme", "20").out).toContain("area 20 is at generation 2");
    expect(JSON.parse(run(word, "status", "--json").out)).toMatchObject({
      opened: true,
      scrypt: { n: 131072, r: 8, p: 1 },
    });
    expect(JSON.parse(run({}, "status", "--json").out)).toMatchObject({ opened: false });
    const twice = run(word, "init", "--issuer", "1");
    expect(twice.code).toBe(1);
    expect(twice.err).toMatch(/^error C-KEY-03: .+\n {2}State: .+\n {2}Next: {2}.+/);
    const wrong = run({ CACHET_PASSPHRASE: "not the passphrase" }, "status", "--json");
    expect(JSON.parse(wrong.out)).toMatchObject({ error: { code: "C-KEY-06" } });
    expect(run({}, "rotate", "--programme", "20")).toMatchObject({ code: 1, err: expect.stringContaining("C-KEY-04") });
    const opened = openContent(readFileSync(join(home, "keys.sealed")), utf8Encode(WORD));
    if (!opened.ok) throw new Error(opened.detail);
    secrets.push(...opened.content.keys.map(({ secret }) => secret));
  });
});

/** Runs last: it looks at everything that was said before. */
describe("no secret", () => {
  it("is in anything that any command ever said", () => {
    expect(secrets.length).toBeGreaterThan(60);
    expect(said.length).toBeGreaterThan(500);
    expectNoSecretSaid();
  });
});
