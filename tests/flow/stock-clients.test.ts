import { Buffer } from "node:buffer";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { buildImage } from "../../host/src/image/build.ts";
import { testImageSigner } from "../../host/src/keys/test-keys.ts";
import { ROOT } from "../boundaries/sources.ts";
import { type SimProcess, startSim } from "../fixtures/sim-process.ts";
import { type Body, GO, type Habits, PYTHON, readAnswer, StockClient, sha256 } from "../fixtures/stock-client.ts";
import { frame } from "../fixtures/stock-frames.ts";

const PROGRAMMES = ["boulangerie", "ville"].map((name) => join(ROOT, "programmes", `${name}.programme.ts`));

/** An image of the town's programmes with another version. */
async function imageOf(minor: number): Promise<Uint8Array> {
  const version = { major: 1, minor, revision: 0, build: 0 };
  return (await buildImage(PROGRAMMES, { version, securityCounter: 1, signer: testImageSigner() })).file;
}

/** Frames as the reference shows them: the text of each line, without its marker. */
const FRAMES = {
  E1: ["ABMCAAAJAABCAKFhZGVoZWxsb8EJ"],
  E2: ["ABMDAAAJAABCAKFhcmVoZWxsb0e1"],
  E3: ["AAsIAAABAAAABqBzEw=="],
  E5: ["AAsAAAABAAFCAKD1Mw=="],
  E7: [
    "AHoKAABwAAEHAaVjbGVuGO9jb2ZmAGNzaGFYIEVWNl+pY7Hce0zTpFRSPVqakgkbbEHMCmGhtvjMG8COZGRhdGFYMD2485YAAAAAIAAgAB8AAAAAAAAAAQIDAAQA",
    "AAAAAAAAZ2xvYmFsVGhpcy5oZWxsb2VpbWFnZQCk8Q==",
  ],
  E8: ["ABELAAAHAAEHAaFjb2ZmGDAurA=="],
  E10: ["ADsKAAAxAAEMAKJkaGFzaFggroPMgMv2bI2jVNkKyjcRwKRUQJkYceLlekLSBntOKPxnY29uZmlybfQ67Q=="],
  E11: ["ABsLAAARAAEMAKFjZXJyomVncm91cAFicmMI674="],
  E13: ["AA8JAAAFAGMNAKFicmMIfhg="],
  E14: ["ADYKAAAsAAAOBKFoZGF0ZXRpbWV4IDIwMjYtMTEtMjFUMTI6MzQ6NTYuMDAwMDAwKzAwOjAwo5s="],
  E15: ["AAsCAAABAABCBaC6FQ=="],
  E16: ["AB0IAAATAAMPAKFkbmFtZWxwb3MvbWVyY2hhbnTB2Q=="],
  E17: ["ACYAAAAcAAhCAKJkbmFtZW4vbG9nL2JhdGNoLmJpbmNvZmYZASxFOg=="],
  E18: ["ABoCAAAQAAFCAKJkaGFzaPZnY29uZmlybfUdPA=="],
} as const;
type Example = keyof typeof FRAMES;

const linesOf = (example: Example): Buffer =>
  Buffer.concat(
    FRAMES[example].map((text, i) => Buffer.from([...(i === 0 ? [6, 9] : [4, 0x14]), ...Buffer.from(text), 0x0a])),
  );
/** The packet in an example: what stands between its length and its CRC. */
const packetOf = (example: Example): Buffer =>
  Buffer.concat(FRAMES[example].map((text) => Buffer.from(text, "base64"))).subarray(2, -2);

let sim: SimProcess;
let client: StockClient;

async function connect(habits: Habits): Promise<StockClient> {
  client = await StockClient.open(sim.serials[0]!, habits);
  return client;
}

afterEach(async () => {
  const complaints = client.complaints.splice(0);
  await client.close();
  expect(complaints).toEqual([]);
});

const imagesOf = (body: Body) => body.images as readonly Readonly<Record<string, unknown>>[];
const hex = (value: unknown) => Buffer.from(value as Uint8Array).toString("hex");

describe("an open terminal and stock clients", () => {
  let second: Uint8Array;

  beforeAll(async () => {
    [sim, second] = await Promise.all([startSim(["--open"]), imageOf(1)]);
  });
  afterAll(async () => {
    expect(await sim.stop()).toBe(0);
  });

  it.each([
    ["E1", "E2"],
    ["E7", "E8"],
  ] as const)("answers %s with %s, byte for byte", async (request, answer) => {
    await connect(GO);
    await client.write(linesOf(request));
    expect((await client.packet())?.toString("hex")).toBe(packetOf(answer).toString("hex"));
    await client.ask(1, "write", 5, {});
  });

  it("answers an unknown group with E13", async () => {
    await connect(PYTHON);
    await client.write(Buffer.concat(frame(Buffer.from("0800000100630d00a0", "hex"), "whole")));
    expect((await client.packet())?.toString("hex")).toBe(packetOf("E13").toString("hex"));
  });

  it("takes the other examples as their clients send them", async () => {
    await connect(GO);
    const answers: Record<string, Body> = {};
    for (const example of ["E3", "E5", "E10", "E14", "E16", "E17", "E18"] as const) {
      await client.write(linesOf(example));
      const packet = await client.packet();
      const read = readAnswer(packetOf(example), packet!);
      expect(read.complaints).toEqual([]);
      answers[example] = read.body;
    }
    expect(answers.E3).toEqual({ buf_size: 4_096, buf_count: 4 });
    expect(imagesOf(answers.E5!)).toMatchObject([{ slot: 0, version: "1.0.0", active: true, confirmed: true }]);
    expect(answers.E14).toEqual({});
    // E11 with its keys in another order, which is free.
    expect(answers.E10).toEqual(readAnswer(packetOf("E10"), packetOf("E11")).body);
    // No such setting, and no such file: each as its group and version say it.
    expect(answers.E16).toEqual({ err: { group: 3, rc: 3 } });
    expect(answers.E17).toMatchObject({ rc: 5 });
    // Nothing is on trial: the running image stays as it is.
    expect(imagesOf(answers.E18!)).toMatchObject([{ slot: 0, active: true, confirmed: true }]);
    expect(await client.ask(0, "read", 4)).toEqual({
      datetime: expect.stringMatching(/^2026-11-21T13:34:5\d\.0{6}\+01:00$/),
    });
  });

  it("starts anew for E15, answering first", async () => {
    await connect(GO);
    await client.write(linesOf("E15"));
    expect(readAnswer(packetOf("E15"), (await client.packet())!).body).toEqual({});
    await pause(600);
    await client.awake();
    expect(sim.said.filter((line) => line.includes('"reason":"reset"')).length).toBeGreaterThan(0);
  });

  it("serves smpclient: parameters first, then one long line up to the buffer", async () => {
    await connect(PYTHON);
    const { buf_size: size } = (await client.ask(0, "read", 6)) as { readonly buf_size: number };
    const empty = client.request(0, "write", 0, { d: "" }).length;
    const d = "x".repeat(3_000 - empty);
    expect(await client.ask(0, "write", 0, { d })).toEqual({ r: d });
    // The largest packet that was announced goes through, as smpclient fills it when it uploads (buf_size - 4).
    await client.ask(1, "write", 5, {});
    const file = second.subarray(0, 3 * size);
    const first = { off: 0, len: second.length, sha: sha256(second), data: new Uint8Array() };
    const room = size - 4 - client.request(1, "write", 1, { ...first, data: new Uint8Array(1_000) }).length + 1_000;
    expect(await client.ask(1, "write", 1, { ...first, data: file.subarray(0, room) })).toEqual({ off: room });
    await client.ask(1, "write", 5, {});
  });

  describe.each([
    ["the Go client", GO],
    ["smpclient", PYTHON],
  ] as const)("%s", (_, habits) => {
    const image = (rc: number, v1: number): Body =>
      habits.version === 2 ? { err: { group: 1, rc } } : { rc: v1, rsn: expect.any(String) };
    const general = (rc: number): Body => (habits.version === 2 ? { rc } : { rc, rsn: expect.any(String) });

    it("echoes, lists, and reads what runs", async () => {
      await connect(habits);
      expect(await client.ask(0, "write", 0, { d: "é €" })).toEqual({ r: "é €" });
      expect(await client.ask(0, "read", 0, { d: "read" })).toEqual({ r: "read" });
      expect(imagesOf(await client.ask(1, "read", 0))).toEqual([
        expect.objectContaining({
          slot: 0,
          version: "1.0.0",
          bootable: true,
          active: true,
          confirmed: true,
          pending: false,
        }),
      ]);
      expect(await client.ask(0, "read", 7)).toEqual({ output: "Cachet" });
      expect(await client.ask(0, "read", 7, { format: "mn" })).toEqual({ output: "T-0001 sim" });
      expect(await client.ask(0, "read", 8)).toEqual({ bootloader: "MCUboot" });
      expect(await client.ask(0, "read", 8, { query: "mode" })).toEqual({ mode: 3 });
      const slots = imagesOf(await client.ask(1, "read", 6))[0]!.slots as readonly Body[];
      expect(slots.map(({ slot }) => slot)).toEqual([0, 1]);
    });

    it("takes a request without any body", async () => {
      await connect(habits);
      expect(imagesOf(await client.ask(1, "read", 0, null))).toHaveLength(1);
    });

    it("reads statistics", async () => {
      await connect(habits);
      const { stat_list: names } = (await client.ask(2, "read", 1)) as { readonly stat_list: readonly string[] };
      expect(names).toEqual(["app", "image", "journal", "line"]);
      for (const name of names) expect(await client.ask(2, "read", 0, { name })).toMatchObject({ name });
      const { fields } = (await client.ask(2, "read", 0, { name: "journal" })) as { readonly fields: Body };
      expect(fields.entries).toBeGreaterThan(0);
      const unknown = await client.ask(2, "read", 0, { name: "nothing" });
      expect(unknown).toEqual(habits.version === 2 ? { err: { group: 2, rc: 2 } } : { rc: 5, rsn: expect.any(String) });
    });

    it("reads, writes, saves and deletes settings", async () => {
      await connect(habits);
      const name = "shop/language";
      const value = (text: string) => (habits === GO ? text : Buffer.from(text));
      const read = async () =>
        Buffer.from(((await client.ask(3, "read", 0, { name })) as { val: Uint8Array }).val).toString();
      expect(await read()).toBe("fr");
      expect(await client.ask(3, "write", 0, { name, val: value("en") })).toEqual({});
      expect(await read()).toBe("en");
      // Not saved: gone with the next start.
      await client.reset();
      expect(await read()).toBe("fr");
      await client.ask(3, "write", 0, { name, val: value("en") });
      if (habits === GO) expect(await client.ask(3, "write", 0, { save: true })).toEqual({});
      else expect(await client.ask(3, "write", 3)).toEqual({});
      await client.reset();
      expect(await read()).toBe("en");
      expect(await client.ask(3, "write", 1, { name })).toEqual({});
      expect(await read()).toBe("fr");
      expect(await client.ask(3, "write", 3)).toEqual({});
      expect(await client.ask(3, "write", 2)).toEqual({});
      expect(await client.ask(3, "read", 3)).toEqual({});
      expect(hex((await client.ask(3, "read", 0, { name, max_size: 1 })).val)).toBe("66");
      const refused = await client.ask(3, "write", 0, { name: "terminal/serial", val: value("x") });
      expect(refused).toEqual(habits.version === 2 ? { err: { group: 3, rc: 6 } } : { rc: 1, rsn: expect.any(String) });
    });

    it("sets and reads the clock, however the moment is written", async () => {
      await connect(habits);
      for (const datetime of ["2026-07-14T10:00:00", "2026-07-14T12:00:00.25+02:00", "2026-07-14T10:00:00Z"]) {
        expect(await client.ask(0, "write", 4, { datetime })).toEqual({});
        expect(await client.ask(0, "read", 4)).toEqual({
          datetime: expect.stringMatching(/^2026-07-14T12:00:0\d\.000000\+02:00$/),
        });
      }
      for (const datetime of ["2026-13-01T00:00:00", "2026-04-31T00:00:00", "noon", "2026-07-14"]) {
        expect(await client.ask(0, "write", 4, { datetime })).toEqual(general(3));
      }
    });

    it("fetches a batch: status, hash, download, and nothing beyond its end", async () => {
      await connect(habits);
      const { fields } = (await client.ask(2, "read", 0, { name: "journal" })) as {
        readonly fields: { readonly entries: number };
      };
      const name = `/batches/T-0001-1-${fields.entries}.batch`;
      const { len } = (await client.ask(8, "read", 1, { name })) as { readonly len: number };
      const parts: Uint8Array[] = [];
      for (let off = 0; off < len; ) {
        const answer = (await client.ask(8, "read", 0, { name, off })) as {
          off: number;
          data: Uint8Array;
          len?: number;
        };
        expect(answer.off).toBe(off);
        if (off === 0) expect(answer.len).toBe(len);
        parts.push(answer.data);
        off += answer.data.length;
      }
      const file = Buffer.concat(parts);
      expect(file.length).toBe(len);
      expect(await client.ask(8, "read", 2, { name, type: "sha256" })).toEqual({
        type: "sha256",
        len,
        output: sha256(file),
      });
      expect(await client.ask(8, "read", 2, { name })).toEqual({ type: "crc32", len, output: crc32(file) });
      const part = { type: "crc32", off: 5, len: 20, output: crc32(file.subarray(5, 25)) };
      expect(await client.ask(8, "read", 2, { name, off: 5, len: 20 })).toEqual(part);
      expect(Object.keys((await client.ask(8, "read", 3)).types as Body)).toEqual(["crc32", "sha256"]);
      expect(await client.ask(8, "write", 4)).toEqual({});
      const file8 = (rc: number, v1: number): Body =>
        habits.version === 2 ? { err: { group: 8, rc } } : { rc: v1, rsn: expect.any(String) };
      expect(await client.ask(8, "read", 0, { name, off: len + 1 })).toEqual(file8(12, 1));
      expect(await client.ask(8, "read", 2, { name, type: "md5" })).toEqual(file8(13, 3));
      for (const hidden of ["/journal", "/state", "/../journal", "/batches/../journal", "/slot-a"]) {
        expect(await client.ask(8, "read", 0, { name: hidden, off: 0 })).toEqual(file8(3, 5));
      }
    });

    it("uploads, tries, goes back, tries again and keeps an image", async () => {
      await connect(habits);
      // Each of the two clients brings an image that is newer than what runs.
      const file = habits === GO ? second : await imageOf(2);
      const running = imagesOf(await client.ask(1, "read", 0))[0]!;
      const { last } = await client.upload(file, habits === GO ? {} : { piece: 3_900 });
      expect(last).toEqual({ off: file.length, match: true });
      const stored = imagesOf(await client.ask(1, "read", 0));
      expect(stored).toMatchObject([
        { slot: 0, active: true },
        { slot: 1, active: false, pending: false },
      ]);
      const { hash } = stored[1]!;

      const wish = habits === GO ? { hash, confirm: false } : { hash };
      expect(imagesOf(await client.ask(1, "write", 0, wish))).toMatchObject([
        { active: true, confirmed: true },
        { pending: true, permanent: false },
      ]);
      // Saying it again changes nothing; another wish waits its turn.
      await client.ask(1, "write", 0, wish);
      expect(await client.ask(1, "write", 0, { hash, confirm: true })).toEqual(image(28, 6));
      expect(await client.ask(1, "write", 5, {})).toEqual(image(9, 6));

      await client.reset();
      const onTrial = imagesOf(await client.ask(1, "read", 0));
      expect(onTrial).toMatchObject([
        { slot: 0, active: true, confirmed: false },
        { slot: 1, active: false, confirmed: true },
      ]);
      expect(hex(onTrial[0]!.hash)).toBe(hex(hash));

      // Nobody confirmed it: what ran before comes back by itself.
      await client.reset();
      const reverted = imagesOf(await client.ask(1, "read", 0));
      expect(hex(reverted[0]!.hash)).toBe(hex(running.hash));
      expect(reverted[0]).toMatchObject({ active: true, confirmed: true });

      await client.ask(1, "write", 0, wish);
      await client.reset();
      expect(imagesOf(await client.ask(1, "write", 0, { hash: null, confirm: true }))[0]).toMatchObject({
        active: true,
        confirmed: true,
      });
      await client.reset();
      const kept = imagesOf(await client.ask(1, "read", 0));
      expect(hex(kept[0]!.hash)).toBe(hex(hash));
      expect(kept[0]).toMatchObject({ active: true, confirmed: true, pending: false });

      // The next test finds the town's first image again: it is in the other slot.
      expect(await client.ask(1, "write", 0, { hash: kept[1]!.hash, confirm: true })).toHaveProperty("images");
      await client.reset();
      expect(hex(imagesOf(await client.ask(1, "read", 0))[0]!.hash)).toBe(hex(running.hash));
      expect(await client.ask(1, "write", 5, { slot: 1 })).toEqual({});
      expect(imagesOf(await client.ask(1, "read", 0))).toHaveLength(1);
    });

    it("resumes an upload where the client before it vanished", async () => {
      await connect(habits);
      const file = second;
      const { offsets } = await client.upload(file, { stopAt: 20_000, piece: 1_000 });
      expect(offsets.at(-1)).toBe(20_000);
      await client.close();
      await connect(habits);
      const again = await client.upload(file, { piece: 1_000 });
      expect(again.offsets.slice(0, 2)).toEqual([20_000, 21_000]);
      expect(again.last).toEqual({ off: file.length, match: true });
      // The same file once more is there already.
      expect((await client.upload(file)).offsets).toEqual([file.length]);
      expect(await client.ask(1, "write", 5, {})).toEqual({});
    });

    it("goes on with an upload after the power went", async () => {
      await connect(habits);
      await client.upload(second, { stopAt: 10_000, piece: 1_000 });
      sim.type("power cycle");
      await pause(300);
      await client.awake();
      expect((await client.upload(second, { piece: 1_000 })).offsets[0]).toBe(10_000);
      await client.ask(1, "write", 5, {});
    });

    it("is told what is wrong with an upload", async () => {
      await connect(habits);
      const [len, sha] = [second.length, sha256(second)];
      const piece = (from: number, to: number) => second.subarray(from, to);
      const upload = (body: Body) => client.ask(1, "write", 1, body);
      expect(await upload({ data: piece(0, 64) })).toEqual(image(20, 3));
      expect(await upload({ off: 0, len, sha, data: piece(0, 31) })).toEqual(image(22, 3));
      expect(await upload({ off: 0, sha, data: piece(0, 64) })).toEqual(image(21, 3));
      expect(await upload({ off: 0, len, sha, data: piece(1, 65) })).toEqual(image(23, 1));
      expect(await upload({ off: 0, len, sha: Buffer.alloc(33), data: piece(0, 64) })).toEqual(image(24, 3));
      expect(await upload({ off: 0, len: 0x1000_0000, sha, data: piece(0, 64) })).toEqual(image(30, 1));
      // No session: everything is wanted from the start.
      expect(await upload({ off: 512, data: piece(512, 1_024) })).toEqual({ off: 0 });
      expect(await upload({ off: 0, len, sha, data: piece(0, 512) })).toEqual({ off: 512 });
      // Another place than the one that comes next: nothing is written, and the place is said.
      expect(await upload({ off: 2_048, data: piece(2_048, 2_560) })).toEqual({ off: 512 });
      expect(
        await upload({ off: 512, data: Buffer.concat([piece(512, len), Buffer.alloc(1)]).subarray(0, 3_000) }),
      ).toEqual({
        off: 3_512,
      });
      await client.ask(1, "write", 5, {});
      // One byte more than was announced.
      expect(await upload({ off: 0, len: 600, sha, data: piece(0, 512) })).toEqual({ off: 512 });
      expect(await upload({ off: 512, data: piece(512, 601) })).toEqual(image(31, 1));
      await client.ask(1, "write", 5, {});
      // The whole file came, and it is another one.
      const { last } = await client.upload(Buffer.concat([piece(0, 1_000), Buffer.alloc(8)]), { stopAt: 512 });
      expect(last).toEqual({ off: 512 });
      expect(await upload({ off: 512, data: Buffer.alloc(496) })).toEqual({ off: 1_008, match: false });
      expect(imagesOf(await client.ask(1, "read", 0))).toHaveLength(1);
    });

    it("is refused what SMP refuses", async () => {
      await connect(habits);
      // Unknown group, unknown command, the other operation, a command that Zephyr does not have either.
      for (const [group, operation, command] of [
        [99, "read", 0],
        [0, "read", 77],
        [0, "write", 6],
        [1, "read", 1],
        [0, "write", 1],
        [9, "write", 0],
        [1, "read", 2],
      ] as const) {
        expect(await client.ask(group, operation, command, {}), `${group}/${operation}/${command}`).toEqual(general(8));
      }
      expect(await client.ask(0, "write", 0, { d: 5 })).toEqual(general(3));
      expect(await client.ask(0, "write", 0, {})).toEqual(general(3));
      expect(await client.ask(1, "write", 1, { off: "0", data: Buffer.alloc(40) })).toEqual(general(3));
      expect(await client.ask(8, "read", 0, { name: 7, off: 0 })).toEqual(general(3));
      // Unknown keys are nobody's business.
      expect(await client.ask(0, "write", 0, { d: "x", more: [1, { a: 2 }] })).toEqual({ r: "x" });
      expect(await client.ask(1, "write", 0, { confirm: false })).toEqual(image(24, 3));
      expect(await client.ask(1, "write", 0, { hash: Buffer.alloc(16), confirm: false })).toEqual(image(24, 3));
      expect(await client.ask(1, "write", 0, { hash: Buffer.alloc(0), confirm: true })).toHaveProperty("images");
      expect(await client.ask(1, "write", 0, { hash: Buffer.alloc(32, 7), confirm: true })).toEqual(image(8, 1));
      const { hash } = imagesOf(await client.ask(1, "read", 0))[0]!;
      expect(await client.ask(1, "write", 0, { hash, confirm: false })).toEqual(image(33, 1));
      expect(await client.ask(1, "write", 5, { slot: 0 })).toEqual(image(9, 6));
      expect(await client.ask(1, "write", 5, { slot: 7 })).toEqual(image(14, 3));
    });

    it("has its sequence number given back, and the same number twice is no repetition", async () => {
      await connect(habits);
      expect(await client.ask(0, "write", 0, { d: "one" })).toEqual({ r: "one" });
      await client.close();
      // Every run of the Go client begins at 66 again.
      await connect(habits);
      expect(await client.ask(0, "write", 0, { d: "two" })).toEqual({ r: "two" });
      for (let i = 0; i < 300; i += 1) expect(await client.ask(0, "write", 0, { d: `${i}` })).toEqual({ r: `${i}` });
    });

    it("may have several requests on the line", async () => {
      await connect(habits);
      const requests = Array.from({ length: 4 }, (_, i) => client.request(0, "write", 0, { d: `window ${i}` }));
      await client.write(Buffer.concat(requests.flatMap((request) => frame(request, habits.lines))));
      for (const [i, request] of requests.entries()) {
        expect(client.read(request, (await client.packet())!)).toEqual({ r: `window ${i}` });
      }
    });
  });

  it("answers a version that it does not speak with rc 13, as version 2", async () => {
    await connect(PYTHON);
    for (const first of [0x12, 0x1a]) {
      const request = Buffer.from([first, 0, 0, 1, 0, 0, 9, 0, 0xa0]);
      await client.write(Buffer.concat(frame(request, "short")));
      expect((await client.packet())?.toString("hex")).toBe("0b00000500000900a16272630d");
    }
  });

  it("answers a packet that is shorter than its header says with rc 9", async () => {
    await connect(PYTHON);
    const request = Buffer.from([0x0a, 0, 0, 9, 0, 0, 1, 0, 0xa1, 0x61]);
    await client.write(Buffer.concat(frame(request, "short")));
    expect((await client.packet())?.toString("hex")).toBe("0b00000500000100a162726309");
  });

  it("answers several requests in one packet, up to the first error", async () => {
    await connect(PYTHON);
    const echo = client.request(0, "write", 0, { d: "a" });
    const unknown = client.request(99, "read", 0, {});
    await client.write(Buffer.concat(frame(Buffer.concat([echo, unknown, echo]), "short")));
    expect(client.read(echo, (await client.packet())!)).toEqual({ r: "a" });
    expect(client.read(unknown, (await client.packet())!)).toEqual({ rc: 8 });
    expect(await client.packet(300)).toBeNull();
  });

  it("takes indefinite lengths, and a force that is a number or a truth", async () => {
    await connect(PYTHON);
    const header = (length: number) => Buffer.from([0x0a, 0, 0, length, 0, 0, 3, 0]);
    const body = Buffer.from("bf61647f616161 62ffff".replaceAll(" ", ""), "hex");
    await client.write(Buffer.concat(frame(Buffer.concat([header(body.length), body]), "short")));
    expect((await client.packet())?.subarray(8).toString("hex")).toBe("a16172626162");
    for (const force of [0, 1, true]) {
      expect(await client.ask(0, "write", 5, { force })).toEqual({});
      await pause(600);
      await client.awake();
    }
    expect(await client.ask(0, "write", 5, { force: 2 })).toEqual({ rc: 3 });
  });

  it("finds its way back after noise, half frames, wrong sums and lines that are too long", async () => {
    await connect(GO);
    const noise: readonly Buffer[] = [
      Buffer.from("boot: ok\r\n> "),
      Buffer.from([0x06, 0x09, ...Buffer.from("AAsA")]),
      Buffer.from("\n"),
      Buffer.from([0x04, 0x14, ...Buffer.from("AAsAAAABAAFCAKD1Mw=="), 0x0a]),
      Buffer.from([0x06, 0x09, ...Buffer.from("AAsAAAABAAFCAKD1NA=="), 0x0a]),
      Buffer.from([0x06, 0x09, ...Buffer.from("!!!!"), 0x0a]),
      Buffer.from([0x06, 0x09, ...Buffer.alloc(9_000, 0x41), 0x0a]),
      Buffer.from([0x06, 0x09, ...Buffer.from("//8="), 0x0a]),
      Buffer.alloc(300, 0xff),
      Buffer.from("\r\n"),
    ];
    for (const bytes of noise) await client.write(bytes);
    expect(await client.packet(200)).toBeNull();
    expect(await client.ask(0, "write", 0, { d: "still here" })).toEqual({ r: "still here" });
    // A marker behind console text, and lines that end with CR LF.
    const request = client.request(0, "write", 0, { d: "y".repeat(200) });
    const lines = frame(request, "short").map((line) => Buffer.concat([line.subarray(0, -1), Buffer.from("\r\n")]));
    await client.write(Buffer.concat([Buffer.from("log> "), ...lines]));
    expect(client.read(request, (await client.packet())!)).toEqual({ r: "y".repeat(200) });
  });

  it("loses nothing of what a slow client has not read yet", async () => {
    await connect(PYTHON);
    const d = "z".repeat(2_900);
    const requests = Array.from({ length: 24 }, () => client.request(0, "write", 0, { d }));
    client.hold();
    await client.write(Buffer.concat(requests.flatMap((request) => frame(request, "short"))));
    await pause(1_500);
    expect(await client.packet(0)).toBeNull();
    client.release();
    for (const request of requests) expect(client.read(request, (await client.packet())!)).toEqual({ r: d });
  });
});

describe("a terminal that is not open", () => {
  beforeAll(async () => {
    sim = await startSim([]);
  });
  afterAll(async () => {
    expect(await sim.stop("SIGINT")).toBe(0);
  });

  const CLOSED = [
    [0, "read", 4, {}],
    [0, "write", 4, { datetime: "2026-07-14T10:00:00" }],
    [0, "write", 5, {}],
    [0, "read", 7, {}],
    [0, "read", 8, {}],
    [1, "write", 0, { hash: null, confirm: true }],
    [1, "write", 1, { off: 0, len: 100, data: Buffer.alloc(64) }],
    [1, "write", 5, {}],
    [1, "read", 6, {}],
    [2, "read", 0, { name: "app" }],
    [2, "read", 1, {}],
    [3, "read", 0, { name: "shop/language" }],
    [3, "write", 0, { name: "shop/language", val: Buffer.from("en") }],
    [3, "write", 1, { name: "shop/language" }],
    [3, "write", 2, {}],
    [3, "read", 3, {}],
    [3, "write", 3, {}],
    [8, "read", 0, { name: "/batches/T-0001-1-1.batch", off: 0 }],
    [8, "write", 0, { name: "/lists/x", off: 0, len: 1, data: Buffer.alloc(1) }],
    [8, "read", 1, { name: "/batches/T-0001-1-1.batch" }],
    [8, "read", 2, { name: "/batches/T-0001-1-1.batch" }],
    [8, "read", 3, {}],
    [8, "write", 4, {}],
  ] as const;

  it.each([
    ["the Go client", GO],
    ["smpclient", PYTHON],
  ] as const)("lets %s echo, read the parameters and list images, and nothing else", async (_, habits) => {
    await connect(habits);
    expect(await client.ask(0, "write", 0, { d: "hello" })).toEqual({ r: "hello" });
    expect(await client.ask(0, "read", 6)).toEqual({ buf_size: 4_096, buf_count: 4 });
    const images = imagesOf(await client.ask(1, "read", 0));
    expect(images).toHaveLength(1);
    for (const [group, operation, command, body] of CLOSED) {
      const denied = habits.version === 2 ? { rc: 11 } : { rc: 11, rsn: expect.any(String) };
      expect(await client.ask(group, operation, command, body), `${group}/${operation}/${command}`).toEqual(denied);
    }
    expect(imagesOf(await client.ask(1, "read", 0))).toEqual(images);
  });
});
