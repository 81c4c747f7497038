import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Chip, toHex } from "@cachet/card-layout";
import { chipInField, Type2Chip } from "@cachet/terminal-sim";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readCard } from "../../host/src/cards/read.ts";
import { testAreaKey, testCardKey } from "../../host/src/keys/test-keys.ts";
import { PcscdReaders } from "../../host/src/ports/pcsc/pcscd-socket.ts";
import { StorageCardFront } from "../../terminal-sim/src/device/storage-card-front.ts";
import { VpcdLink } from "../../terminal-sim/src/device/virtual-reader.ts";
import { ROOT } from "../boundaries/sources.ts";
import { missingForPcscd, Pcscd, TURN_LIMIT_MS, VIRTUAL_READERS } from "../fixtures/pcscd.ts";

const CARDS = 200;
/** The run is killed while it writes this card, and started again. */
const KILLED_AT = 87;
const READER: string = VIRTUAL_READERS[0]!;
const KINDS: readonly Chip[] = ["NTAG215", "NTAG213", "MF0UL21", "NTAG216"];
const KEYS = { card: testCardKey, area: testAreaKey };
const SECONDS_FOR_ALL = 900_000;

interface Row {
  readonly result: string;
  readonly card: number;
  readonly uid: string;
}

const chipOf = (i: number) =>
  new Type2Chip(KINDS[i % KINDS.length]!, Uint8Array.of(4, 0x5a, 0x10, 0x20, 0x30, i >> 8, i & 0xff));

/** `cachet card personalise`, as an installer runs it. */
function personalising(home: string, count: number): { readonly child: ChildProcess; row(): Promise<Row | null> } {
  const args: string[] = ["host/bin/cachet.mjs", "card", "personalise", "--count", String(count), "--reader", READER];
  const more = ["--timeout", "60", "--test-keys", "--json", "--home", home, "-o", join(home, `${count}.csv`)];
  const child = spawn(process.execPath, [...args, ...more], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const rows = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    child,
    async row() {
      const next = await rows.next();
      return next.done ? null : (JSON.parse(next.value) as Row);
    },
  };
}

async function numberOn(chip: Type2Chip): Promise<number | null> {
  const reading = await readCard(chipInField(chip), KEYS);
  if (reading.result !== "read") return null;
  const { identity, locksFrozen } = reading.card;
  return identity.kind === "record" && identity.seal === "right" && locksFrozen ? identity.identity.card : null;
}

describe.skipIf(missingForPcscd() !== null)("personalising through a real PC/SC service", () => {
  let pcscd: Pcscd;
  let watch: PcscdReaders;
  const link = new VpcdLink();
  const home = mkdtempSync(join(tmpdir(), "cachet-cards-"));
  beforeAll(async () => {
    pcscd = await Pcscd.acquire();
    watch = new PcscdReaders();
  }, TURN_LIMIT_MS);
  afterAll(async () => {
    link.remove();
    await watch.close();
    await pcscd.release();
  });

  it(
    `${CARDS} cards, the run killed in the middle of one: none is lost, no number is given twice`,
    async () => {
      const chips = Array.from({ length: CARDS }, (_, i) => chipOf(i));
      let run = personalising(home, CARDS);
      const rows: Row[] = [];
      const taken = async () => {
        link.remove();
        await watch.waitForRemoval(READER, 10_000);
      };
      for (const [i, chip] of chips.entries()) {
        if (i === KILLED_AT) {
          let writes = 0;
          const killed = new Promise((resolve) => run.child.once("exit", resolve));
          const leaves = (command: Uint8Array) => {
            if (command[0] === 0xa2) writes += 1;
            if (writes === 5) run.child.kill("SIGKILL");
            return "stays" as const;
          };
          link.insert(new StorageCardFront(chip, { leaves }));
          await killed;
          await taken();
          expect(await numberOn(chip)).toBeNull();
          run = personalising(home, CARDS - i);
        }
        link.insert(new StorageCardFront(chip));
        const row = await run.row();
        expect(row, `card ${i}`).toMatchObject({ result: "written", uid: toHex(chip.uid) });
        rows.push(row!);
        await taken();
      }
      expect(await run.row()).toMatchObject({ written: CARDS - KILLED_AT, rejected: [], interrupted: [] });
      const numbers = await Promise.all(chips.map(numberOn));
      expect(numbers).toEqual(rows.map(({ card }) => card));
      expect(new Set(numbers).size).toBe(CARDS);
      // The number that was burnt when the run was killed is on no card.
      expect(Math.max(...(numbers as number[]))).toBeGreaterThan(0);
      const serials = (numbers as number[]).map((number) => Math.floor(number / 10) % 1_000_000).sort((a, b) => a - b);
      const burnt = Array.from({ length: CARDS + 1 }, (_, i) => i + 1).filter((serial) => !serials.includes(serial));
      expect(burnt).toEqual([KILLED_AT + 1]);
      const csv = readFileSync(join(home, `${CARDS - KILLED_AT}.csv`), "utf8");
      expect(csv.trim().split("\n").length).toBe(1 + CARDS - KILLED_AT);
      console.log(`${CARDS} cards personalised through pcscd, 1 run killed, ${burnt.length} number burnt`);
    },
    SECONDS_FOR_ALL,
  );
});
