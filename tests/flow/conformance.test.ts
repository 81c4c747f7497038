import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fromCrossing, toCrossing } from "@cachet/firmware/hal";
import {
  loadQuickJs,
  Mishaps,
  newV8Sandbox,
  SimReader,
  SimStorage,
  systemChance,
  type Type2Chip,
} from "@cachet/terminal-sim";
import { afterAll, describe, expect, it } from "vitest";
import { outcomeOf, type TriedPorts } from "../../firmware/src/supervisor/conformance/check.ts";
import { CHECKS } from "../../firmware/src/supervisor/conformance/index.ts";
import { ROOT, read } from "../boundaries/sources.ts";
import { builtTerminal, missingForNative } from "../fixtures/native-terminal.ts";
import { counterOf, HurriedTime, patient } from "../fixtures/port-bench.ts";
import { card } from "../fixtures/town.ts";
import { WRONG_PORTS } from "../fixtures/wrong-ports.ts";

interface Bench {
  readonly ports: TriedPorts;
  readonly reader: SimReader;
}

const newQuickJs = await loadQuickJs();

function bench(): Bench {
  const time = new HurriedTime();
  const reader = new SimReader(() => new Mishaps());
  const storage = new SimStorage(() => new Mishaps());
  const ports = {
    ...{ storage, clock: time, timer: time, chance: systemChance, newSandbox: newQuickJs },
    card: patient(reader, time),
    counter: counterOf(time),
  };
  return { ports, reader };
}

/** What a person does for a check. */
function prepare({ ports, reader }: Bench, name: string, chip: Type2Chip): void {
  if (name === "card-none") reader.remove();
  else if (name.startsWith("card-")) reader.present(chip);
  if (name === "card-gone") ports.timer.after(600, () => reader.remove());
}

const ALL = CHECKS.map(({ name }) => name);

/** Which of these checks ports do not pass; `restart` gives what they are after one. */
async function failures(
  on: Bench,
  names: readonly string[],
  restart: (ports: TriedPorts) => TriedPorts = (ports) => ports,
): Promise<string[]> {
  const chip = await card(1);
  const failed = new Set<string>();
  const checks = CHECKS.filter(({ name }) => names.includes(name));
  for (const check of checks) {
    prepare(on, check.name, chip);
    if ((await outcomeOf(check, on.ports, false)) !== null) failed.add(check.name);
  }
  const after = restart(on.ports);
  for (const check of checks.filter(({ needs }) => needs === "restart"))
    if ((await outcomeOf(check, after, true)) !== null) failed.add(check.name);
  return [...failed];
}

describe("what a port is tried for", () => {
  it("is kept by the simulator", async () => {
    expect(await failures(bench(), ALL)).toEqual([]);
  });

  it.each(WRONG_PORTS)("notices where %s", async (_, checks, change) => {
    const good = bench();
    expect(await failures({ ...good, ports: change(good.ports) }, checks)).toEqual(checks);
  });

  it.each<[string, readonly string[], (ports: TriedPorts) => TriedPorts]>([
    [
      "the files are gone",
      ["storage-kept", "clock-kept", "chance-anew"],
      (ports) => ({ ...ports, storage: new SimStorage(() => new Mishaps()) }),
    ],
    ["the clock is what it was", ["clock-kept"], (ports) => ({ ...ports, clock: new HurriedTime() })],
    [
      "the clock is suspect",
      ["clock-kept"],
      (ports) => ({ ...ports, clock: { now: () => ({ ...ports.clock.now(), suspect: true }), set: () => {} } }),
    ],
  ])("notices where after a restart %s", async (_, checks, restart) => {
    const kept = CHECKS.filter(({ needs }) => needs === "restart").map(({ name }) => name);
    expect(await failures(bench(), kept, restart)).toEqual(checks);
  });

  it("notices where chance begins anew with every start", async () => {
    const good = bench();
    const seeded = (): TriedPorts["chance"] => {
      let at = 0;
      const next = () => {
        at += 1;
        return (Math.imul(at, 2_654_435_761) >>> 13) & 0xff;
      };
      return { bytes: (size) => Uint8Array.from({ length: size }, next) };
    };
    const ports = { ...good.ports, chance: seeded() };
    const again = (before: TriedPorts) => ({ ...before, chance: seeded() });
    expect(await failures({ ...good, ports }, ["chance-anew"], again)).toEqual(["chance-anew"]);
  });

  it("is another engine than V8", async () => {
    const good = bench();
    const ports = { ...good.ports, newSandbox: newV8Sandbox };
    expect(await failures({ ...good, ports }, ["sandbox-language"])).toEqual(["sandbox-language"]);
  });

  it("stands in docs/porting.md, every check by its name", () => {
    const page = read("docs/porting.md");
    for (const name of ["line", ...ALL, "identity-kept"]) expect(page).toContain(`\`${name}\``);
  });
});

/** A native terminal that nobody provisioned, with a reader at the end of a socket. */
class BlankTerminal {
  readonly reader = new SimReader(() => new Mishaps());
  line = "";
  private readonly home = mkdtempSync(join(tmpdir(), "cachet-conformance-"));
  private server: Server | null = null;
  private child: ChildProcess | null = null;
  private readonly timer = {
    after: (ms: number, then: () => void) => {
      const one = setTimeout(then, ms);
      return () => clearTimeout(one);
    },
  };

  async start(): Promise<void> {
    const socketPath = join(this.home, "reader");
    const port = patient(this.reader, this.timer);
    this.server = createServer((socket) => {
      createInterface({ input: socket }).on("line", async (line) => {
        const [id, method, args] = fromCrossing(line) as readonly [number, "waitCard" | "exchange", readonly never[]];
        const call = port[method] as (...given: readonly unknown[]) => Promise<unknown>;
        socket.write(`${toCrossing([id, await call(...args)])}\n`);
      });
    });
    await new Promise<void>((resolve) => this.server!.listen(socketPath, resolve));
    const [program, ...first] = builtTerminal("x64");
    const words = ["--state", join(this.home, "state"), "--serial", "PORT-1", "--line", "pty", "--reader", socketPath];
    this.child = spawn(program, [...first, ...words], { stdio: ["ignore", "inherit", "pipe"] });
    for await (const said of createInterface({ input: this.child.stderr! })) {
      this.line = /line (\S+)/.exec(said)?.[1] ?? "";
      if (this.line !== "") break;
    }
    this.child.stderr!.resume();
  }

  close(): void {
    this.child?.kill();
    this.server?.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

describe("cachet terminal test --conformance", () => {
  const home = mkdtempSync(join(tmpdir(), "cachet-conformance-"));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  /** The real command; `hands` hears what a person is asked to do. */
  function command(port: string, words: readonly string[], hands: (asked: string) => void = () => {}) {
    const env = { ...process.env, LANG: "en_GB.UTF-8", CACHET_HOME: home, CACHET_PORTS: port };
    const all = ["terminal", "test", "--conformance", ...words, "--port", port];
    const child = spawn(process.execPath, [join(ROOT, "host/bin/cachet.mjs"), ...all], { env });
    const told = { out: "", err: "" };
    child.stdout.on("data", (text: Buffer) => {
      told.out += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      told.err += text.toString();
      hands(text.toString());
    });
    return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
      child.once("close", (code) => resolve({ code, ...told }));
    });
  }

  it.skipIf(missingForNative("x64") !== null)(
    "finds nothing wrong with the native terminal, cards and restart included",
    async () => {
      const blank = new BlankTerminal();
      try {
        await blank.start();
        const chip = await card(1);
        const { code, out, err } = await command(blank.line, ["--card-test", "--json"], (asked) => {
          if (asked.includes("hold an")) blank.reader.present(chip);
          if (asked.includes("take every")) setTimeout(() => blank.reader.remove(), 400);
        });
        expect(code, out + err).toBe(0);
        const { results } = JSON.parse(out) as {
          readonly results: readonly { readonly check: string; readonly ok: boolean }[];
        };
        expect(results.map(({ check }) => check)).toEqual(["line", ...ALL, "identity-kept"]);
        expect(results.filter(({ ok }) => !ok)).toEqual([]);
      } finally {
        blank.close();
      }
    },
  );

  it.skipIf(missingForNative("x64") !== null)("says which promise is not kept, and what nobody tried", async () => {
    const blank = new BlankTerminal();
    try {
      await blank.start();
      // The customer never lets go of the card.
      blank.reader.present(await card(1));
      const without = await command(blank.line, []);
      expect(without.code, without.err).toBe(0);
      expect(without.out).toMatch(/^- +card-nak +not tried: --card-test/m);
      const { code, out, err } = await command(blank.line, ["--card-test"]);
      expect(code).toBe(1);
      expect(out).toMatch(/^FAIL +card-none +a card lies there/m);
      expect(err).toMatch(/C-TERM-13: blank terminal PORT-1 does not keep what a port promises in .*card-none/);
    } finally {
      blank.close();
    }
  });

  it("is not for a shop's terminal", async () => {
    const { code, out, err } = await command("sim", []);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain("C-TERM-18");
    expect(err).toContain("nothing was tried or changed");
  });
});
