import { concat, fromHex, toHex } from "@cachet/card-layout";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeLooseCbor,
  echo,
  encodeCbor,
  encodePacket,
  imageErase,
  listApply,
  loginInstaller,
  refused,
  SMP_HEADER_BYTES,
  statisticsList,
} from "../../wire/index.ts";
import { ManagementServer } from "./server.ts";

function served(granted = true): ManagementServer {
  const server = new ManagementServer({ isGranted: () => granted, touch: () => {} });
  server.serve(echo, ({ d }) => ({ r: d }));
  server.serve(imageErase, ({ slot = 1 }) => (slot === 7 ? refused("invalid-slot", "no slot 7") : {}));
  server.serve(statisticsList, () => ({ statList: ["x".repeat(40)] }));
  server.serve(loginInstaller, () => refused("expired", "since yesterday"));
  server.serve(listApply, () => refused("busy", "later"));
  return server;
}

const packet = (first: string, group: number, command: number, body: string): Uint8Array =>
  concat(fromHex(first), Uint8Array.of(0), u16(body.length / 2), u16(group), Uint8Array.of(66, command), fromHex(body));
const u16 = (value: number) => Uint8Array.of(value >> 8, value & 0xff);
const cbor = (object: Readonly<Record<string, string | number | null>>) =>
  toHex(encodeCbor(new Map(Object.entries(object))));
const answers = async (bytes: Uint8Array, granted = true) =>
  (await served(granted).answer(bytes)).map((answer) => toHex(answer));

const rc = (first: string, group: string, command: string, code: string) =>
  `${first}000005${group}42${command}a1627263${code}`;

describe("the management server", () => {
  it("answers an echo as a stock client reads it", async () => {
    expect(await answers(packet("02", 0, 0, "a161646568656c6c6f"))).toEqual(["0300000900004200a161726568656c6c6f"]);
    expect(await answers(packet("0a", 0, 0, "bf6164656865 6c6c6fff".replaceAll(" ", "")))).toEqual([
      "0b00000900004200a161726568656c6c6f",
    ]);
  });

  it("says not supported to groups, commands and operations that it does not have, in both versions", async () => {
    expect(await answers(packet("00", 99, 0, "a0"))).toEqual([
      expect.stringMatching(/^01......00634200a2627263086372736e/),
    ]);
    expect(await answers(packet("08", 99, 0, "a0"))).toEqual([rc("09", "0063", "00", "08")]);
    expect(await answers(packet("08", 0, 77, "a0"))).toEqual([rc("09", "0000", "4d", "08")]);
    expect(await answers(packet("08", 0, 0, "a0"))).toEqual([rc("09", "0000", "00", "08")]);
  });

  it("says invalid to bodies that are none, or have other types", async () => {
    for (const body of ["a0", "a1616401", "80", "ff", "a16164", "a161646161a0", cbor({ d: null })]) {
      expect(await answers(packet("0a", 0, 0, body))).toEqual([rc("0b", "0000", "00", "03")]);
    }
  });

  it("takes an empty body for an empty map, and keys that it does not know", async () => {
    expect(await answers(packet("08", 2, 1, ""))).toHaveLength(1);
    expect(await answers(packet("0a", 1, 5, cbor({ slot: 1, colour: "red" })))).toEqual(["0b00000100014205a0"]);
    expect(await answers(packet("0a", 1, 5, cbor({ slot: null })))).toEqual(["0b00000100014205a0"]);
  });

  it("says too new to versions 3 and 4, in version 2", async () => {
    expect(await answers(packet("12", 0, 0, "a0"))).toEqual([rc("0b", "0000", "00", "0d")]);
    expect(await answers(packet("1a", 0, 0, "a0"))).toEqual([rc("0b", "0000", "00", "0d")]);
  });

  it("tells a group's refusal by its own number in version 2, by a general one and in words in version 1", async () => {
    expect(await answers(packet("0a", 1, 5, cbor({ slot: 7 })))).toEqual([
      "0b00001100014205a163657272a2627263 0e 6567726f757001".replaceAll(" ", ""),
    ]);
    const [one] = await served().answer(packet("02", 1, 5, cbor({ slot: 7 })));
    expect(decodeLooseCbor(one!.subarray(SMP_HEADER_BYTES))).toEqual(
      new Map<string, unknown>([
        ["rc", 3],
        ["rsn", "no slot 7"],
      ]),
    );
  });

  it("adds words in its own groups only, where no stock client reads", async () => {
    const body = toHex(
      encodeCbor(
        new Map([
          ["cert", new Uint8Array(9)],
          ["sig", new Uint8Array(64)],
        ]),
      ),
    );
    const [answer] = await served().answer(packet("0a", 66, 1, body));
    const words = decodeLooseCbor(answer!.subarray(SMP_HEADER_BYTES)) as ReadonlyMap<string, unknown>;
    expect(words.get("rsn")).toBe("since yesterday");
    expect(words.get("err")).toEqual(
      new Map([
        ["group", 66],
        ["rc", 5],
      ]),
    );
  });

  it("passes a general refusal on as one", async () => {
    expect(await answers(packet("0a", 66, 8, cbor({ name: "/lists/x" })))).toEqual([rc("0b", "0042", "08", "0a")]);
  });

  it("asks for a key for everything that is not free", async () => {
    expect(await answers(packet("08", 2, 1, "a0"), false)).toEqual([rc("09", "0002", "01", "0b")]);
    expect(await answers(packet("0a", 1, 5, "a0"), false)).toEqual([rc("0b", "0001", "05", "0b")]);
    expect(await answers(packet("0a", 0, 0, "a161646161"), false)).toHaveLength(1);
  });

  it("says corrupt to a packet that is shorter than it says, and nothing to what has no header or is an answer", async () => {
    expect(await answers(packet("0a", 0, 0, "a161646161").subarray(0, 10))).toEqual([rc("0b", "0000", "00", "09")]);
    expect(await answers(new Uint8Array(7))).toEqual([]);
    expect(await answers(packet("0b", 0, 0, "a0"))).toEqual([]);
    expect(await answers(packet("05", 0, 0, "a0"))).toEqual([]);
  });

  it("answers several requests in one packet until the first error", async () => {
    const echoed = packet("0a", 0, 0, "a161646161");
    expect(await answers(concat(echoed, echoed))).toHaveLength(2);
    expect(await answers(concat(echoed, packet("08", 99, 0, "a0"), echoed))).toHaveLength(2);
  });

  it("says too large where an answer does not fit a packet", async () => {
    const server = new ManagementServer({ isGranted: () => true, touch: () => {} });
    server.serve(statisticsList, () => ({ statList: Array.from({ length: 100 }, () => "x".repeat(40)) }));
    const [answer] = await server.answer(packet("08", 2, 1, "a0"));
    expect(toHex(answer!)).toBe(rc("09", "0002", "01", "07"));
  });

  it("never throws and never hangs, whatever bytes come", async () => {
    const server = served();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 80 }), async (bytes) => {
        for (const answer of await server.answer(bytes)) expect(answer.length).toBeGreaterThanOrEqual(SMP_HEADER_BYTES);
        const header = { version: 2, operation: "write", group: 0, sequence: 1, command: 0 } as const;
        await server.answer(encodePacket(header, bytes));
      }),
      { numRuns: 2_000 },
    );
  });
});
