import { EventEmitter } from "node:events";
import { toHex } from "@cachet/card-layout";
import { utf8Encode } from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { hiddenAsk, type TerminalInput } from "./hidden-input.ts";

class Keyboard extends EventEmitter implements TerminalInput {
  readonly isTTY = true;
  readonly raw: boolean[] = [];
  setRawMode(raw: boolean): void {
    this.raw.push(raw);
  }
  resume(): void {}
  pause(): void {}
}

async function typed(...chunks: readonly (string | Uint8Array)[]) {
  const keyboard = new Keyboard();
  const said: string[] = [];
  const answer = hiddenAsk(keyboard, (text) => said.push(text))!("Passphrase: ");
  const sent = chunks.map((chunk) => (typeof chunk === "string" ? utf8Encode(chunk) : chunk));
  for (const chunk of sent) keyboard.emit("data", chunk);
  const bytes = await answer;
  expect(keyboard.raw).toEqual([true, false]);
  expect(keyboard.listenerCount("data") + keyboard.listenerCount("end")).toBe(0);
  expect(said).toEqual(["Passphrase: ", "\n"]);
  return { text: bytes === null ? null : new TextDecoder().decode(bytes), sent };
}

describe("asking on a terminal", () => {
  it("shows nothing of what is typed, and wipes the chunks it came in", async () => {
    const { text, sent } = await typed("sec", "ret\r");
    expect(text).toBe("secret");
    for (const chunk of sent) expect(toHex(chunk)).toMatch(/^0+$/);
  });

  it("corrects whole characters, clears the line, ignores arrow keys", async () => {
    expect((await typed("abé\u007fc\n")).text).toBe("abc");
    expect((await typed("abcé\b\b\n")).text).toBe("ab");
    expect((await typed("\u007f\u007fx\n")).text).toBe("x");
    expect((await typed("wrong\u0015right\n")).text).toBe("right");
    expect((await typed("a", "\u001b[A", "b\n")).text).toBe("ab");
  });

  it("can be given up", async () => {
    expect((await typed("abc\u0003")).text).toBeNull();
    expect((await typed("abc", "\u0004")).text).toBeNull();
    const keyboard = new Keyboard();
    const answer = hiddenAsk(keyboard, () => {})!("?");
    keyboard.emit("end");
    expect(await answer).toBeNull();
  });

  it("is not offered where nobody sits at a terminal", () => {
    const pipe: TerminalInput = Object.assign(new Keyboard(), { isTTY: false });
    expect(hiddenAsk(pipe, () => {})).toBeNull();
  });
});
