import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cardNumber, stripeIdentity } from "@cachet/card-layout";
import { spawn } from "@lydell/node-pty";
import { afterAll, describe, expect, it } from "vitest";
import { ROOT } from "../boundaries/sources.ts";
import { expectFailure, ProgrammeDesk } from "../fixtures/programme-desk.ts";

const desk = new ProgrammeDesk("sim-counter");
const folder = mkdtempSync(join(tmpdir(), "cachet-counter-"));
afterAll(() => {
  desk.remove();
  rmSync(folder, { recursive: true });
});
const sim = (...words: readonly string[]) => desk.runAs(["sim"], ...words);

const SCENARIO = `title: Keys
start: 2026-06-18T10:00:00+02:00
terminals:
  - number: 1
    merchant: 1
cards:
  - name: anna
steps:
  - keys: 1250 ok
  - hold: anna
  - take: 1
  - keys: 800 cagnotte
    at: +90s
  - hold: anna
  - keys: ok
  - keys: ok
`;

describe("cachet sim counter", () => {
  it("says without a tty that there is none, and what to do instead", () => {
    expectFailure(sim("counter"), 1, "C-SIM-12", "tty", "cachet sim run");
  });

  /** A terminal before somebody: what was seen of it, and a wait for more of it. */
  function begin() {
    const pty = spawn(process.execPath, [join(ROOT, "host/bin/cachet.mjs"), "sim", "counter", "--vm", "v8"], {
      cwd: ROOT,
      cols: 160,
      rows: 60,
    });
    let seen = "";
    const until = async (text: string) => {
      for (let waits = 0; !seen.includes(text); waits += 1) {
        if (waits === 1_200) throw new Error(`never saw ${text} in ${seen}`);
        await pause(50);
      }
    };
    pty.onData((data) => {
      seen += data;
    });
    const ended = new Promise<number>((resolve) => pty.onExit(({ exitCode }) => resolve(exitCode)));
    const forget = () => {
      seen = "";
    };
    return { pty, until, forget, ended, seen: () => seen };
  }

  it("shows screen and paper of a sale by keys, and ends with q", async () => {
    const { pty, until, ended } = begin();
    await until("Prêt");
    pty.write("1250\r");
    await until("Présentez la carte");
    pty.write("A");
    await until("+0,62 €");
    await until("Ticket T-0001");
    pty.write("q");
    expect(await ended).toBe(0);
  }, 120_000);

  it("reads a stripe or a code that a reader types, and shows nothing of a bank card", async () => {
    const { pty, until, forget, ended, seen } = begin();
    await until("Prêt");
    pty.write(`;${stripeIdentity(cardNumber(1, 42))}?\r`);
    await until("Carte fidélité");
    await until("…0421 ?");
    forget();
    // As fast as nobody types: the red key, up and down, and a stripe.
    pty.write("\x1b\x1b[A\x1b[B%B4111111111111111^A/B^25121010000?;4111111111111111=25121010000?\r");
    await until("Carte bancaire");
    await pause(400);
    // A stripe that comes in two pieces is one.
    pty.write(";28000");
    pty.write(`${stripeIdentity(cardNumber(1, 42)).slice(5)}?\r`);
    await until("Carte fidélité");
    pty.write("\x1b");
    await pause(100);
    forget();
    // Its letters are no keys: nobody holds a card to the reader, and nothing ends.
    pty.write("ABCDqABCD22\r");
    await until("Présentez la carte");
    expect(seen()).not.toContain("holds her card");
    pty.write("\x1b");
    await pause(100);
    forget();
    pty.write("ABCDqABCD22");
    await until("Illisible");
    await pause(1_200);
    pty.write("q");
    expect(await ended).toBe(0);
    expect(seen()).not.toMatch(/4111|25121010000|ABCDq/);
  }, 120_000);
});

describe("a scenario with keys", () => {
  it("plays them as somebody at the counter would, in both engines alike", () => {
    const path = join(folder, "keys.yaml");
    writeFileSync(path, SCENARIO);
    const played = sim("run", path, "--vm", "v8");
    expect(played).toMatchObject({ code: 0, err: "" });
    expect(played.out).toContain("-> Présentez la carte");
    expect(played.out).toContain("T-0001 shows: 0,62 € · 1/10 · +0,62 €");
    expect(played.out).toContain("T-0001 shows: Encaisser 7,38 €");
    expect(sim("run", path).out).toBe(played.out);
  });

  it("refuses keys that no terminal has, with their line", () => {
    const path = join(folder, "bad.yaml");
    writeFileSync(path, SCENARIO.replace("1250 ok", "1250 enter"));
    expectFailure(sim("run", path), 1, "C-SIM-01", "bad.yaml:9", '"enter" is no key', "cagnotte");
  });
});
