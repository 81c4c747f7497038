import { bigEndian, concat } from "@cachet/card-layout";
import {
  type Cbor,
  decodeCbor,
  echo,
  encodeCbor,
  encodeFrames,
  encodePacket,
  FrameReader,
  fileDownload,
  imageSetState,
  imageState,
  imageUpload,
  inspectImage,
  journalStatus,
  type PacketHeader,
  readHeader,
  resetTerminal,
  terminalIdentity,
} from "@cachet/firmware/wire";
import { describe, expect, it } from "vitest";
import { download } from "../../host/src/link/files.ts";
import { sendImage } from "../../host/src/link/image-upload.ts";
import { LinkFault } from "../../host/src/link/link-fault.ts";
import { SmpClient } from "../../host/src/link/smp-client.ts";
import { type Told, upload } from "../../host/src/link/upload.ts";
import { sha256 } from "../../host/src/ports/crypto.ts";
import type { ByteLine } from "../../host/src/ports/serial.ts";
import { Cable } from "../fixtures/cable.ts";
import { IdleClock } from "../fixtures/idle-clock.ts";
import { Desk } from "../fixtures/installer-desk.ts";
import { imageFile } from "../fixtures/test-images.ts";

const ascii = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** A device that answers each request with what a test makes of it; null for nothing. */
function device(answer: (header: PacketHeader, body: Uint8Array) => Uint8Array | null) {
  const clock = new IdleClock();
  const cable = new Cable(() => clock.stir());
  const requests: PacketHeader[] = [];
  const serve = async () => {
    const reader = new FrameReader();
    for (;;)
      for (const packet of reader.push(await cable.terminal.receive())) {
        const header = readHeader(packet)!;
        requests.push(header);
        const told = answer(header, packet.subarray(8));
        if (told !== null) await cable.terminal.send(told);
      }
  };
  serve().catch(() => {});
  const client = new SmpClient(cable.plug(), clock, { timeoutMs: 100, firstSequence: 250 });
  return { clock, cable, client, requests };
}

const packet = (header: PacketHeader, body: Cbor, change: Partial<PacketHeader> = {}): Uint8Array => {
  const operation = header.operation === "read" ? "read-response" : "write-response";
  return encodeFrames(encodePacket({ ...header, operation, ...change } as PacketHeader, encodeCbor(body)));
};
const said = (text: string): Cbor => new Map([["r", text]]);

function pieceIn(body: Uint8Array): { readonly off: number; readonly data: Uint8Array } {
  const { off = 0, data } = imageUpload.request.decode(decodeCbor(body), "request");
  return { off, data };
}

async function faultOf(call: Promise<unknown>): Promise<LinkFault> {
  const fault = await call.then(
    () => null,
    (error: unknown) => error,
  );
  if (!(fault instanceof LinkFault)) throw new Error(`no fault of the link: ${String(fault)}`);
  return fault;
}

describe("a client of SMP", () => {
  it("speaks version 2, numbers its requests and wraps at 256", async () => {
    const { clock, client, requests } = device((header) => packet(header, said("x")));
    for (let i = 0; i < 10; i += 1) await clock.run(client.call(echo, { d: "x" }));
    expect(requests.map(({ sequence }) => sequence)).toEqual([250, 251, 252, 253, 254, 255, 0, 1, 2, 3]);
    expect(new Set(requests.map(({ version }) => version))).toEqual(new Set([2]));
  });

  it("takes an answer only where group, command, operation and number are those of the request", async () => {
    const { clock, client } = device((header) =>
      concat(
        packet(header, said("another number"), { sequence: (header.sequence + 1) & 0xff }),
        packet(header, said("another group"), { group: 9 }),
        packet(header, said("another command"), { command: 7 }),
        packet(header, said("a request"), { operation: "write" }),
        packet(header, said("a read"), { operation: "read-response" }),
        packet(header, said("this one")),
        packet(header, said("twice")),
      ),
    );
    expect(await clock.run(client.call(echo, { d: "x" }))).toEqual({ ok: true, value: { r: "this one" } });
  });

  it("finds its place again behind whatever a console prints, and behind half a packet", async () => {
    const { clock, client } = device((header) => {
      const whole = packet(header, said("here"));
      return concat(ascii("boot v1 ok\r\n> "), whole.subarray(0, 20), ascii("\n\u0004\u0014zz*\n"), whole);
    });
    expect(await clock.run(client.call(echo, { d: "x" }))).toMatchObject({ ok: true, value: { r: "here" } });
  });

  it("takes an answer of an older server, and one whose map is open at its end", async () => {
    const open = concat(Uint8Array.of(0xbf, 0x61, 0x72), encodeCbor("open"), Uint8Array.of(0xff));
    const { clock, client } = device((header) =>
      encodeFrames(encodePacket({ ...header, version: 1, operation: "write-response" }, open)),
    );
    expect(await clock.run(client.call(echo, { d: "x" }))).toEqual({ ok: true, value: { r: "open" } });
  });

  it.each([
    [
      "a group's code",
      new Map([
        [
          "err",
          new Map([
            ["group", 1],
            ["rc", 32],
          ]),
        ],
      ]),
      "confirm-denied",
      "",
    ],
    [
      "another group's code",
      new Map([
        [
          "err",
          new Map([
            ["group", 3],
            ["rc", 32],
          ]),
        ],
      ]),
      "unknown",
      "code 32 of group 3",
    ],
    [
      "a code that nobody knows",
      new Map([
        [
          "err",
          new Map([
            ["group", 1],
            ["rc", 99],
          ]),
        ],
      ]),
      "unknown",
      "code 99 of group 1",
    ],
    ["a flat code", new Map<string, Cbor>([["rc", 11]]), "denied", ""],
    [
      "words, with a line feed",
      new Map<string, Cbor>([
        ["rc", 10],
        ["rsn", "visit\nunder way"],
      ]),
      "busy",
      "visit?under way",
    ],
    ["a flat code of the user's", new Map<string, Cbor>([["rc", 300]]), "unknown", "code 300"],
  ])("reads a refusal: %s", async (_, body, refusal, detail) => {
    const { clock, client } = device((header) => packet(header, body as Cbor));
    const answer = await clock.run(client.call(imageSetState, { confirm: true }));
    expect(answer).toEqual({ ok: false, refusal, detail });
  });

  it("a success that says rc 0 is one", async () => {
    const { clock, client } = device((header) =>
      packet(
        header,
        new Map<string, Cbor>([
          ["rc", 0],
          ["r", "ok"],
        ]),
      ),
    );
    expect(await clock.run(client.call(echo, { d: "x" }))).toEqual({ ok: true, value: { r: "ok" } });
  });

  it("repeats what may be repeated, with a new number each time", async () => {
    let asked = 0;
    const { clock, client, requests } = device((header) => {
      asked += 1;
      return asked < 3 ? null : packet(header, said("third"));
    });
    expect(await clock.run(client.call(echo, { d: "x" }))).toMatchObject({ value: { r: "third" } });
    expect(requests.map(({ sequence }) => sequence)).toEqual([250, 251, 252]);
  });

  it("asks again where the terminal says that the request was damaged on its way", async () => {
    let asked = 0;
    const { clock, client } = device((header) => {
      asked += 1;
      return packet(header, asked === 1 ? new Map([["rc", 9]]) : said("whole"));
    });
    expect(await clock.run(client.call(echo, { d: "x" }))).toMatchObject({ value: { r: "whole" } });
  });

  it("asks once to start anew, whatever it is told", async () => {
    const { clock, client, requests } = device(() => null);
    const fault = await faultOf(clock.run(client.call(resetTerminal, {}, { tries: 9 })));
    expect([fault.problem, requests.length]).toEqual(["silent", 1]);
  });

  it("does not take the answer to a try that it gave up for the one it waits for", async () => {
    const first: PacketHeader[] = [];
    const { clock, client } = device((header) => {
      first.push(header);
      return first.length === 1 ? null : concat(packet(first[0]!, said("late")), packet(header, said("now")));
    });
    expect(await clock.run(client.call(echo, { d: "x" }))).toMatchObject({ value: { r: "now" } });
  });

  it("says silent, garbled or gone, with the last bytes that came", async () => {
    const silent = device(() => null);
    expect(await faultOf(silent.clock.run(silent.client.call(echo, { d: "x" })))).toMatchObject({ problem: "silent" });
    const garbled = device(() => Uint8Array.of(0xf8, 0x80, 0x7f));
    const fault = await faultOf(garbled.clock.run(garbled.client.call(echo, { d: "x" })));
    expect(fault.problem).toBe("garbled");
    expect([...fault.heard.slice(-3)]).toEqual([0xf8, 0x80, 0x7f]);
    const strange = device((header) => packet(header, new Map([["r", 7]])));
    const other = await faultOf(strange.clock.run(strange.client.call(echo, { d: "x" })));
    expect(other.problem).toBe("garbled");
    const pulled = device(() => {
      pulled.cable.pull("input/output error");
      return null;
    });
    const left = await faultOf(pulled.clock.run(pulled.client.call(echo, { d: "x" })));
    expect([left.problem, left.message]).toEqual(["gone", "input/output error"]);
    expect((await faultOf(pulled.clock.run(pulled.client.call(echo, { d: "x" })))).problem).toBe("gone");
  });

  it("a device that never stops talking does not keep it waiting", async () => {
    const { clock, cable, client } = device(() => null);
    const talk = () => {
      clock.after(5, talk);
      cable.terminal.send(ascii("$GPGGA,1\n")).catch(() => {});
    };
    talk();
    const began = clock.now();
    expect((await faultOf(clock.run(client.call(terminalIdentity, {}, { timeoutMs: 300, tries: 1 })))).problem).toBe(
      "garbled",
    );
    expect(clock.now() - began).toBeLessThan(1_300);
  });
});

/** A line of so many bytes in a second, with a delay, each way. */
function throttled(line: ByteLine, clock: IdleClock, bytesPerSecond: number, delayMs: number): ByteLine {
  const busyUntil = { there: 0, back: 0 };
  const later = (way: "there" | "back", bytes: Uint8Array, then: () => void) => {
    busyUntil[way] = Math.max(busyUntil[way], clock.now()) + (1_000 * bytes.length) / bytesPerSecond;
    clock.after(busyUntil[way] + delayMs - clock.now(), then);
  };
  return {
    path: line.path,
    write: async (bytes) => later("there", bytes, () => line.write(bytes)),
    onBytes: (take) => line.onBytes((bytes) => later("back", bytes, () => take(bytes))),
    onGone: (then) => line.onGone(then),
    close: () => line.close(),
  };
}

describe("an upload", () => {
  const BPS = 11_520;

  it.each([
    [0, 0.98],
    [16, 0.95],
    [100, 0.9],
  ])("keeps the line busy all the time, %i ms away", async (delayMs, least) => {
    const desk = await Desk.set();
    const { file } = await imageFile(2);
    const reading = inspectImage(file, sha256);
    if (!reading.ok) throw new Error(reading.detail);
    const client = new SmpClient(throttled(desk.cable.plug(), desk.clock, BPS, delayMs), desk.clock);
    const began = desk.clock.now();
    let last = 0;
    const onProgress = ({ speed }: { readonly speed: number }) => {
      last = speed;
    };
    const sent = await desk.clock.run(
      sendImage(client, { file, hash: reading.image.hash }, { packed: [], onProgress }),
    );
    expect(sent).toMatchObject({ ok: true, form: "plain", sentBytes: file.length });
    const seconds = (desk.clock.now() - began) / 1_000;
    const best = (BPS * 93) / 127;
    expect(file.length / seconds / best).toBeGreaterThan(least);
    expect(last / best).toBeGreaterThan(least);
  });

  /** A terminal that stores what it is told, as a test wants it to. */
  function store(total: number, twist: (off: number, told: Told) => Told | null = (_, told) => told) {
    const stored: number[] = [];
    let [outstanding, most] = [0, 0];
    const made = device((header, body) => {
      const request = pieceIn(body);
      if (request.off === stored.length) stored.push(...request.data);
      const told = twist(request.off, { off: stored.length, ...(stored.length === total ? { match: true } : {}) });
      if (told === null) return null;
      return packet(header, new Map<string, Cbor>(Object.entries(told) as [string, Cbor][]));
    });
    const count = { taken: () => outstanding, most: () => most };
    const begin = made.client.begin.bind(made.client);
    made.client.begin = (command, request) => {
      outstanding += 1;
      most = Math.max(most, outstanding);
      const exchange = begin(command, request);
      exchange.answer.finally(() => {
        outstanding -= 1;
      });
      return exchange;
    };
    return { ...made, stored, count };
  }

  const bytes = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 7) & 0xff);
  const send = (client: SmpClient, bufCount: number, tell: (bytes: number) => void = () => {}) =>
    upload(
      client,
      {
        command: imageUpload,
        bytes,
        piece: (off, data) => (off === 0 ? { off, data, len: bytes.length } : { off, data }),
      },
      { bufSize: 1_024, bufCount },
      ({ bytes: done }) => tell(done),
    );

  it("has as many packets on the line as the terminal takes, and none larger", async () => {
    const { clock, client, stored, count, requests } = store(bytes.length);
    expect(await clock.run(send(client, 4))).toEqual({ ok: true, match: true });
    expect(stored).toEqual([...bytes]);
    expect(count.most()).toBe(4);
    expect(Math.max(...requests.map(({ length }) => length))).toBeLessThanOrEqual(1_024 - 8);
    const one = store(bytes.length);
    expect(await one.clock.run(send(one.client, 1))).toEqual({ ok: true, match: true });
    expect(one.count.most()).toBe(1);
  });

  it("goes on where the terminal is, not where it began", async () => {
    const { clock, client, stored, requests } = store(bytes.length);
    stored.push(...bytes.subarray(0, 20_000));
    expect(await clock.run(send(client, 4))).toEqual({ ok: true, match: true });
    expect(stored).toEqual([...bytes]);
    expect(requests.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(11_000);
  });

  it("hears of a file that is not the one that was announced", async () => {
    const { clock, client } = store(bytes.length, (_, told) =>
      told.match === true ? { ...told, match: false } : told,
    );
    expect(await clock.run(send(client, 4))).toEqual({ ok: true, match: false });
  });

  it("gives up where the terminal never stops beginning anew", async () => {
    const { clock, client } = store(bytes.length, (off, told) => (off > 5_000 ? { off: 0 } : told));
    await faultOf(clock.run(send(client, 4)));
  });

  it("gives up on a terminal that is silent, and keeps what it said last", async () => {
    let done = 0;
    const { clock, client } = store(bytes.length, (off, told) => (off > 9_000 ? null : told));
    const fault = await faultOf(
      clock.run(
        send(client, 4, (now) => {
          done = now;
        }),
      ),
    );
    expect(fault.problem).toBe("silent");
    expect(done).toBeGreaterThan(8_000);
  });
});

describe("a download", () => {
  const file = Uint8Array.from({ length: 3_000 }, (_, i) => (i * 11) & 0xff);

  /** A terminal that tells a file in pieces of 500 bytes, or what a test makes of them. */
  function teller(
    twist: (off: number, data: Uint8Array) => readonly [number, Uint8Array] = (off, data) => [off, data],
  ) {
    return device((header, body) => {
      if (header.command === 1) return packet(header, new Map([["len", file.length]]));
      const { off } = fileDownload.request.decode(decodeCbor(body), "request");
      const [told, data] = twist(off, file.subarray(off, off + 500));
      const map = new Map<string, Cbor>([
        ["off", told],
        ["data", data],
      ]);
      return packet(header, map);
    });
  }

  async function fetched({ clock, client }: ReturnType<typeof teller>, from = 0, max = 10_000) {
    const parts: Uint8Array[] = [];
    const answer = await clock.run(download(client, "/batches/x", { from, max }, (part) => parts.push(part)));
    return { answer, bytes: concat(...parts) };
  }

  it("brings a file, whole or from a byte on", async () => {
    expect(await fetched(teller())).toEqual({ answer: { ok: true, value: 3_000 }, bytes: file });
    expect((await fetched(teller(), 1_234)).bytes).toEqual(file.subarray(1_234));
    expect(await fetched(teller(), 3_000)).toMatchObject({ answer: { ok: true }, bytes: new Uint8Array() });
    expect((await fetched(teller(), 3_001)).answer).toMatchObject({ ok: false, refusal: "beyond-file" });
    expect((await fetched(teller(), 0, 2_999)).answer).toMatchObject({ ok: false, refusal: "too-large" });
  });

  it("takes pieces of any length, and never one that lies elsewhere, is empty or too long", async () => {
    const short = teller((off, data) => [off, data.subarray(0, 1 + (off % 77))]);
    expect((await fetched(short)).bytes).toEqual(file);
    for (const twist of [
      (off: number, data: Uint8Array) => [off === 1_000 ? 500 : off, data] as const,
      (off: number, data: Uint8Array) => [off, off === 1_000 ? data.subarray(0, 0) : data] as const,
      (off: number, data: Uint8Array) => [off, off === 2_500 ? concat(data, data) : data] as const,
    ]) {
      const { answer, bytes } = await fetched(teller(twist));
      expect(answer).toMatchObject({ ok: false });
      expect(bytes).toEqual(file.subarray(0, bytes.length));
    }
  });
});

describe("clients one after the other", () => {
  it("what the terminal still says to the first is not taken by the second", async () => {
    const desk = await Desk.set();
    const first = new SmpClient(desk.cable.plug(), desk.clock, { firstSequence: 5 });
    first.begin(imageState, {});
    const second = new SmpClient(desk.cable.plug(), desk.clock, { firstSequence: 6 });
    const answer = await desk.clock.run(second.call(journalStatus, {}));
    expect(answer).toMatchObject({ ok: true, value: { last: 1 } });
  });

  it("a packet that is shorter than it says does no harm to the next", async () => {
    const desk = await Desk.set();
    const line = desk.cable.plug();
    await line.write(encodeFrames(concat(Uint8Array.of(0x0a, 0), bigEndian(60_000, 2), new Uint8Array(12))));
    const client = new SmpClient(line, desk.clock, { firstSequence: 9 });
    expect(await desk.clock.run(client.call(echo, { d: "still here" }))).toMatchObject({ value: { r: "still here" } });
  });
});
