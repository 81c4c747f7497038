import {
  imageState,
  listApply,
  listStatus,
  logoutInstaller,
  provisionTerminal,
  statisticsList,
  terminalHealth,
  terminalIdentity,
} from "@cachet/firmware/wire";
import { SimTimer } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { blankTerminal, logIn, provisionFor, provisionOver } from "../fixtures/blank-terminal.ts";
import { ask, MemoryLine } from "../fixtures/memory-line.ts";
import { card, sale } from "../fixtures/town.ts";

/** A terminal, its line, and the time it lives in. */
async function opened() {
  const [line, timer] = [new MemoryLine(), new SimTimer()];
  const shop = await blankTerminal(line, { timer });
  await shop.boot();
  const pass = async (ms: number) => {
    timer.advance(ms);
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    await shop.restarted;
  };
  return { line, shop, pass };
}

describe("a blank terminal", () => {
  it("says who it is, runs nothing, and takes no command of value", async () => {
    const { line } = await opened();
    const who = await ask(line, terminalIdentity, {});
    expect(who).toMatchObject({ value: { model: "sim", open: false, production: false, granted: false } });
    expect(who.ok && who.value.terminal).toBeUndefined();
    expect(await ask(line, terminalHealth, {})).toEqual({ ok: false, group: null, rc: 11 });
    expect(await logIn(line)).toEqual({ ok: false, group: 66, rc: 2 });
  });

  it("becomes the office's by a provision, starts anew, and sells", async () => {
    const { line, shop, pass } = await opened();
    expect(await provisionOver(line)).toMatchObject({ ok: true });
    await pass(1_000);
    expect(await ask(line, terminalIdentity, {})).toMatchObject({
      value: { terminal: 42, merchant: 1, name: "Boulangerie Martin", open: false },
    });
    expect(await shop.visit(sale(1_000), await card(1))).toMatchObject({ result: "done" });
    // The same over a power cut: keys are opened from what was stored.
    shop.powerOff();
    await shop.powerOn();
    expect(await shop.visit(sale(1_000), await card(2))).toMatchObject({ result: "done" });
  });

  it("keeps its keys and its journal through a further provision, and refuses an older one", async () => {
    const { line, shop, pass } = await opened();
    const first = await provisionFor(line);
    expect(await ask(line, provisionTerminal, { provision: first })).toMatchObject({ ok: true });
    await pass(1_000);
    await shop.visit(sale(1_000), await card(1));
    const entries = shop.entryCount;
    // Brought twice: nothing changes, and it is no refusal.
    expect(await ask(line, provisionTerminal, { provision: first })).toMatchObject({ ok: true });
    expect(await provisionOver(line, { merchantName: "Boulangerie Martin et fils" })).toMatchObject({ ok: true });
    await pass(1_000);
    expect(shop.entryCount).toBe(entries + 1);
    expect(await ask(line, provisionTerminal, { provision: first })).toEqual({ ok: false, group: 66, rc: 9 });
    expect(await provisionOver(line, { terminal: 43 })).toEqual({ ok: false, group: 66, rc: 3 });
    expect(await ask(line, provisionTerminal, { provision: new Uint8Array(9) })).toMatchObject({
      ok: false,
      group: 66,
    });
    expect(await shop.visit(sale(1_000), await card(2))).toMatchObject({ result: "done" });
  });
});

describe("a terminal without the open mark", () => {
  it("is commanded by an installer who logged in, until he leaves, is idle, or it starts anew", async () => {
    const { line, shop, pass } = await opened();
    await provisionOver(line);
    await pass(1_000);
    const denied = { ok: false, group: null, rc: 11 };
    expect(await ask(line, imageState, {})).toMatchObject({ ok: true });
    expect(await ask(line, statisticsList, {})).toEqual(denied);
    expect(await logIn(line)).toMatchObject({ ok: true });
    expect(await ask(line, statisticsList, {})).toMatchObject({ ok: true });
    expect(await ask(line, terminalIdentity, {})).toMatchObject({ value: { granted: true } });
    await ask(line, logoutInstaller, {});
    expect(await ask(line, statisticsList, {})).toEqual(denied);
    await logIn(line);
    await pass(4 * 60_000);
    expect(await ask(line, statisticsList, {})).toMatchObject({ ok: true });
    await pass(6 * 60_000);
    expect(await ask(line, statisticsList, {})).toEqual(denied);
    await logIn(line);
    shop.powerOff();
    await shop.powerOn();
    expect(await ask(line, statisticsList, {})).toEqual(denied);
  });

  it("holds no list before the office gave one", async () => {
    const { line, pass } = await opened();
    await provisionOver(line);
    await pass(1_000);
    await logIn(line);
    expect(await ask(line, listStatus, {})).toMatchObject({ value: { version: 0, blocked: 0, credits: 0 } });
    expect(await ask(line, listApply, { name: "/lists/none" })).toEqual({ ok: false, group: 66, rc: 13 });
  });
});

describe("an open terminal", () => {
  it("lets whoever is on the line do everything", async () => {
    const { line, pass } = await opened();
    await provisionOver(line, { use: "open" });
    await pass(1_000);
    expect(await ask(line, statisticsList, {})).toMatchObject({ ok: true });
    expect(await ask(line, terminalIdentity, {})).toMatchObject({ value: { open: true, granted: true } });
  });
});
