import {
  encodeBatchReceipt,
  fileDownload,
  journalCollected,
  journalRelease,
  journalStatus,
} from "@cachet/firmware/wire";
import type { SimTerminal } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testOfficeSigner } from "../../host/src/keys/test-keys.ts";
import { signerOfSecret } from "../../host/src/ports/crypto.ts";
import { ask, MemoryLine } from "../fixtures/memory-line.ts";
import { card, NOON, sale, terminal } from "../fixtures/town.ts";

const office = testOfficeSigner();
const refuse = (rc: number) => ({ ok: false, group: 66, rc });

async function shop(visits: number): Promise<{ sim: SimTerminal; line: MemoryLine; head: Uint8Array; last: number }> {
  const line = new MemoryLine();
  const sim = await terminal(42, { line, isOpen: true });
  for (let visit = 1; visit <= visits; visit += 1) await sim.visit(sale(1_000), await card(visit));
  const status = await ask(line, journalStatus, {});
  if (!status.ok) throw new Error(`${status.rc}`);
  return { sim, line, head: status.value.head, last: status.value.last };
}

const statusOf = async (line: MemoryLine) => {
  const status = await ask(line, journalStatus, {});
  return status.ok ? status.value : null;
};

describe("the journal over the line", () => {
  it("names the batch that nobody has yet, and a download of it collects nothing", async () => {
    const { line, last } = await shop(2);
    expect(await statusOf(line)).toMatchObject({ first: 1, last, collected: 0, batch: `T-0042-1-${last}.batch` });
    expect(await ask(line, fileDownload, { off: 0, name: `/batches/T-0042-1-${last}.batch` })).toMatchObject({
      ok: true,
    });
    expect(await statusOf(line)).toMatchObject({ collected: 0, released: 0 });
    for (const name of ["/journal", "/state", "/identity", "/batches/../identity", "/batches/T-0043-1-2.batch"]) {
      expect(await ask(line, fileDownload, { off: 0, name })).toEqual({ ok: false, group: 8, rc: 3 });
    }
    const beyond = `/batches/T-0042-1-${last + 1}.batch`;
    expect(await ask(line, fileDownload, { off: 0, name: beyond })).toEqual({ ok: false, group: 8, rc: 3 });
    const whole = { off: 100_000, name: `/batches/T-0042-1-${last}.batch` };
    expect(await ask(line, fileDownload, whole)).toEqual({ ok: false, group: 8, rc: 12 });
  });

  it("counts a range as collected by its own hash alone, and releases nothing by it", async () => {
    const { line, head, last } = await shop(2);
    const other = head.map((byte) => byte ^ 1);
    expect(await ask(line, journalCollected, { first: 1, last, head: other })).toEqual(refuse(12));
    expect(await ask(line, journalCollected, { first: 1, last: last + 1, head })).toEqual(refuse(13));
    expect(await ask(line, journalCollected, { first: 2, last, head })).toEqual(refuse(13));
    for (let time = 1; time <= 2; time += 1) {
      expect(await ask(line, journalCollected, { first: 1, last, head })).toMatchObject({ value: { collected: last } });
    }
    expect(await statusOf(line)).toMatchObject({ collected: last, released: 0 });
    expect((await statusOf(line))?.batch).toBeUndefined();
  });

  it("releases by the office's receipt for this very journal, and by nothing else", async () => {
    const { line, head, last, sim } = await shop(2);
    const receipt = (more: object, signer = office) =>
      encodeBatchReceipt({ terminal: 42, last, head, issued: NOON, ...more }, signer.sign);
    const stranger = signerOfSecret(new Uint8Array(32).fill(9));
    const altered = receipt({});
    altered[altered.length - 1] = altered.at(-1)! ^ 1;
    const wrong: readonly (readonly [Uint8Array, number])[] = [
      [receipt({}, stranger), 7],
      [altered, 7],
      [receipt({ terminal: 43 }), 8],
      [receipt({ head: head.map((byte) => byte ^ 1) }), 12],
      [receipt({ last: last + 1 }), 13],
      [new Uint8Array(20), 11],
    ];
    for (const [bytes, rc] of wrong) expect(await ask(line, journalRelease, { receipt: bytes })).toEqual(refuse(rc));
    expect(await statusOf(line)).toMatchObject({ released: 0 });
    for (let time = 1; time <= 2; time += 1) {
      expect(await ask(line, journalRelease, { receipt: receipt({}) })).toMatchObject({ value: { released: last } });
    }
    // What is released is still there, and over a start.
    sim.powerOff();
    await sim.powerOn();
    expect(await statusOf(line)).toMatchObject({ first: 1, released: last, collected: last });
  });
});
