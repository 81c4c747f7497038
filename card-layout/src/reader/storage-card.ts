import { PAGE_BYTES } from "../media/card-map.ts";
import * as type2 from "../media/type2.ts";
import { concat, sameBytes } from "../record/bytes.ts";
import { atrFamily } from "./atr.ts";
import {
  changes,
  inCommunicateThru,
  pages,
  succeeded,
  type Told,
  type Transmit,
  transparent,
  type Way,
} from "./storage-card-ways.ts";

/** One card in one PC/SC reader, until it leaves: what of a connection is needed here. */
export interface CardConnection {
  /** Answer to reset, as the reader gave it. */
  readonly atr: Uint8Array;
  /** What keeps other programs away: between `begin` and `end`, as long as the connection is open, or nothing. */
  readonly exclusive: "transaction" | "connection" | "none";
  begin(): Promise<"begun" | "in-use" | "gone">;
  end(): Promise<void>;
  /** Sends one command and gives the whole answer with its two status bytes; `unknown`: the card may have done it. */
  transmit(apdu: Uint8Array): Promise<Uint8Array | "gone" | "unknown">;
  /** Switches the chip off and on again. Another chip may have taken its place: ask for the UID. */
  reconnect(): Promise<"present" | "gone">;
}

/** What a reader can do with a chip that it does not name itself. */
export interface Capabilities {
  /** How commands reach the chip. */
  readonly way: Way["name"];
  /**
   * "direct-commands": the reader reads and writes pages and passes nothing else, so media that need one-way counters, passwords or
   * authentication cannot be handled with it. GET_VERSION then only tells what the capability container says. null: nothing is missing.
   */
  readonly missing: "direct-commands" | null;
  /** How other programs are kept away between the commands of an exchange. */
  readonly exclusive: CardConnection["exclusive"];
}

/** One Type 2 chip behind a PC/SC reader. */
export interface StorageCard {
  /** The UID by which the reader selected the chip. */
  readonly uid: Uint8Array;
  /** Sends commands one after the other; nobody else's command comes between them. */
  exchange(commands: readonly Uint8Array[]): Promise<type2.Exchange>;
  readonly capabilities: Capabilities;
}

/**
 * Why there is no chip to talk to. `gone`: it left. `in-use`: another program holds it. `other-family`: the reader names another
 * kind of card. `no-uid`: the reader gives no UID of seven bytes.
 */
export type NoStorageCard = "gone" | "in-use" | "other-family" | "no-uid";

/** The word for a command that this reader does not pass to the chip, or null. `exchange` ends such a command as a NAK, unsent. */
export function refusedBy(capabilities: Capabilities, command: Uint8Array): "direct-commands" | null {
  return [0x60, 0x30, 0x3a, 0xa2].includes(command[0] ?? -1) ? null : capabilities.missing;
}

/**
 * Finds out what the reader passes to the chip, best first: raw commands in InCommunicateThru, raw commands in a transparent
 * session, reading and writing of pages. Sends nothing that changes the chip.
 *
 * A PC/SC reader of this kind selects one chip and tells of no other: two cards in the field cannot be seen here. The reader
 * takes one of them, and after a NAK perhaps the other, which ends the link as "gone".
 */
export async function connectChip(transport: CardConnection): Promise<StorageCard | NoStorageCard> {
  if (!mayBeType2(transport.atr)) return "other-family";
  const begun = await transport.begin();
  if (begun !== "begun") return begun;
  try {
    const transmit = transmitOf(transport);
    const uid = await readUid(transmit);
    if (uid === null) return "gone";
    if (uid.length !== 7) return "no-uid";
    const way = await bestWay(transport, uid);
    if (way === "gone") return way;
    return new PcscStorageCard(transport, way, uid);
  } finally {
    await transport.end();
  }
}

/** Readers that give no answer to reset, or a name that is not in the list, leave it to the chip. */
function mayBeType2(atr: Uint8Array): boolean {
  if (atr.length === 0) return true;
  const named = atrFamily(atr);
  return named !== null && (named.family === null || named.family.startsWith("ultralight"));
}

const transmitOf =
  (transport: CardConnection): Transmit =>
  async (apdu) => {
    const answer = await transport.transmit(apdu);
    return typeof answer === "string" ? null : answer;
  };

/** The UID by which the reader selected the chip: empty where the reader refuses to tell, null where it is gone. */
async function readUid(transmit: Transmit): Promise<Uint8Array | null> {
  const answer = await transmit(Uint8Array.of(0xff, 0xca, 0x00, 0x00, 0x00));
  if (answer === null) return null;
  return succeeded(answer)?.slice() ?? new Uint8Array();
}

/** Switches the chip off and on, and says whether it is still the same one. */
async function reselect(transport: CardConnection, uid: Uint8Array): Promise<boolean> {
  if ((await transport.reconnect()) === "gone") return false;
  const now = await readUid(transmitOf(transport));
  return now !== null && sameBytes(now, uid);
}

/** The first way on which the reader passes GET_VERSION; a chip that does not know the command says NAK, and the way is found all the same. */
async function bestWay(transport: CardConnection, uid: Uint8Array): Promise<Way | "gone"> {
  const transmit = transmitOf(transport);
  for (const way of [inCommunicateThru, transparent]) {
    const opened = await way.open(transmit);
    const told = opened === "open" ? await way.send(transmit, type2.getVersion()) : opened;
    if (opened === "open") await way.close(transmit);
    if (told === "gone") return "gone";
    if (typeof told !== "string") return way;
    if (told === "not-passed") continue;
    return (await reselect(transport, uid)) ? way : "gone";
  }
  return pages;
}

/** The most pages in one FAST_READ: 60 bytes and their frame pass every reader. */
const FAST_READ_PAGES = 15;

/**
 * The UID is not asked again before each exchange: a PC/SC connection ends with its card, and readers answer from what they
 * remember of the selection, so the question would cost time and find nothing. It is asked after every selection anew.
 */
class PcscStorageCard implements StorageCard {
  readonly uid: Uint8Array;
  readonly capabilities: Capabilities;
  private readonly transport: CardConnection;
  private readonly transmit: Transmit;
  private readonly way: Way;
  private hasLeft = false;

  constructor(transport: CardConnection, way: Way, uid: Uint8Array) {
    this.transport = transport;
    this.transmit = transmitOf(transport);
    this.way = way;
    this.uid = uid;
    const missing = way.name === "pages" ? "direct-commands" : null;
    this.capabilities = { way: way.name, missing, exclusive: transport.exclusive };
  }

  /**
   * A password session lasts for the exchange that opened it; whether it lasts longer is up to the reader. Where
   * the reader cannot tell a NAK from a lost answer, a command that changes the chip ends as "gone": it may have happened. The chip
   * can still be read afterwards.
   */
  async exchange(commands: readonly Uint8Array[]): Promise<type2.Exchange> {
    if (this.hasLeft || (await this.transport.begin()) !== "begun") return { answers: [], end: "gone" };
    try {
      return await this.run(commands);
    } finally {
      await this.transport.end();
    }
  }

  private async run(commands: readonly Uint8Array[]): Promise<type2.Exchange> {
    const answers: Uint8Array[] = [];
    if ((await this.way.open(this.transmit)) !== "open") return { answers, end: await this.refused("gone") };
    for (const command of commands) {
      const told = await this.send(command);
      if (typeof told === "string") {
        await this.way.close(this.transmit);
        return { answers, end: await this.refused(this.certain(told, command)) };
      }
      answers.push(told);
    }
    await this.way.close(this.transmit);
    return { answers, end: "done" };
  }

  /** What is certain after a command without an answer. A reader that passes commands may have passed one that it then calls failed. */
  private certain(told: Told & string, command: Uint8Array): "nak" | "unsent" | "gone" {
    if (told === "not-passed" && this.way === pages) return "unsent";
    return told === "gone" || (told !== "nak" && changes(command)) ? "gone" : "nak";
  }

  /** Selects the chip anew, as it is of no use before; a chip that does not come back is gone, whatever was told. */
  private async refused(told: "nak" | "unsent" | "gone"): Promise<"nak" | "gone"> {
    if (told === "unsent") return "nak";
    this.hasLeft = !(await reselect(this.transport, this.uid));
    return this.hasLeft || told === "gone" ? "gone" : "nak";
  }

  /** One command; a long FAST_READ in pieces. */
  private async send(command: Uint8Array): Promise<Told> {
    const [code, first = 0, last = 0] = command as unknown as number[];
    if (code !== 0x3a || last - first < FAST_READ_PAGES) return this.way.send(this.transmit, command);
    const parts: Uint8Array[] = [];
    for (let page = first; page <= last; page += FAST_READ_PAGES) {
      const end = Math.min(last, page + FAST_READ_PAGES - 1);
      const part = await this.way.send(this.transmit, type2.fastRead(page, end));
      if (typeof part === "string") return part;
      if (part.length !== (end - page + 1) * PAGE_BYTES) return "no-answer";
      parts.push(part);
    }
    return concat(...parts);
  }
}
