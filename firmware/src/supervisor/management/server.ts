import { StorageFault } from "../../hal/index.ts";
import {
  type AnyCommand,
  type Cbor,
  type Command,
  decodeLooseCbor,
  encodeCbor,
  encodePacket,
  FormatFault,
  GENERAL_CODES,
  type GeneralRefusal,
  isFormatError,
  PACKET_BYTES_MAX,
  type PacketHeader,
  type Refused,
  readHeader,
  refused,
  SMP_HEADER_BYTES,
} from "../../wire/index.ts";

/** What answers one command. A refusal is an answer too; what it throws is no client's fault. */
export type Answer<S, R extends string> = S | Refused<R>;

/** The answer of work that writes: where the storage fails, that is the answer. */
export async function orWriteFailed<T>(work: () => Promise<T>): Promise<T | Refused<"write-failed">> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StorageFault)) throw error;
    return refused("write-failed", error.message);
  }
}

interface Served {
  readonly command: AnyCommand;
  readonly answer: (request: unknown) => Promise<unknown>;
}

/** Who may ask for what is not free. */
export interface AccessCheck {
  isGranted(): boolean;
  /** A command that is not free was answered: whoever is logged in is still there. */
  touch(): void;
}

const nameOf = (group: number, op: string, id: number): string => `${group}/${op}/${id}`;

const isRefused = (answer: unknown): answer is Refused<string> =>
  typeof answer === "object" && answer !== null && "refused" in answer;

class Stopped extends Error {
  readonly refusal: GeneralRefusal;
  constructor(refusal: GeneralRefusal, detail: string) {
    super(detail);
    this.refusal = refusal;
  }
}

/**
 * Answers SMP packets by the tables of commands in wire/smp: nothing that is not declared there is answered but with an error.
 * Bodies are checked before anybody sees them; answers keep to the table too.
 */
export class ManagementServer {
  private readonly served = new Map<string, Served>();
  private readonly access: AccessCheck;
  /** Requests so far, and those that were not followed. */
  readonly counts = { requests: 0, refused: 0 };

  constructor(access: AccessCheck) {
    this.access = access;
  }

  /** Declares who answers a command. */
  serve<Q, S, R extends string>(
    command: Command<Q, S, R>,
    answer: (request: Q) => Promise<Answer<S, R>> | Answer<S, R>,
  ): void {
    const served = {
      command: command as unknown as AnyCommand,
      answer: async (request: unknown) => answer(request as Q),
    };
    this.served.set(nameOf(command.group, command.op, command.id), served);
  }

  /** The answers to one packet, which may hold several requests: the first error ends them. Empty where nobody can be answered. */
  async answer(packet: Uint8Array): Promise<Uint8Array[]> {
    const answers: Uint8Array[] = [];
    for (let at = 0; at < packet.length; ) {
      const header = readHeader(packet.subarray(at));
      if (header === null || (header.operation !== "read" && header.operation !== "write")) break;
      const end = at + SMP_HEADER_BYTES + header.length;
      const body = end > packet.length ? null : packet.subarray(at + SMP_HEADER_BYTES, end);
      const { response, ok } = await this.answerOne(header, body);
      answers.push(response);
      if (!ok) break;
      at = end;
    }
    return answers;
  }

  private async answerOne(
    header: PacketHeader,
    body: Uint8Array | null,
  ): Promise<{ readonly response: Uint8Array; readonly ok: boolean }> {
    this.counts.requests += 1;
    try {
      const answer = await this.follow(header, body);
      const response = pack(header, answer);
      if (response.length > PACKET_BYTES_MAX) throw new Stopped("too-large", "the answer does not fit");
      return { response, ok: true };
    } catch (error) {
      if (!(error instanceof Stopped) && !(error instanceof GroupRefusal)) throw error;
      this.counts.refused += 1;
      return { response: pack(header, refusalBody(header, error)), ok: false };
    }
  }

  private async follow(
    { version, group, operation, command: id }: PacketHeader,
    body: Uint8Array | null,
  ): Promise<Cbor> {
    if (version > 2) throw new Stopped("version-too-new", `version ${version}`);
    if (body === null) throw new Stopped("corrupt", "shorter than its header says");
    const served = this.served.get(nameOf(group, operation, id));
    if (served === undefined) throw new Stopped("not-supported", `no command ${nameOf(group, operation, id)}`);
    const { command } = served;
    if (!command.free) {
      if (!this.access.isGranted()) throw new Stopped("denied", "an installer's key is needed");
      this.access.touch();
    }
    const answer = await served.answer(requestOf(command, body));
    if (!isRefused(answer)) return command.response.encode(answer);
    const code = command.refusals[answer.refused];
    if (code !== undefined) throw new GroupRefusal(group, code.rc, code.v1, answer.detail);
    throw new Stopped(answer.refused as GeneralRefusal, answer.detail);
  }
}

class GroupRefusal extends Error {
  readonly group: number;
  readonly rc: number;
  readonly v1: GeneralRefusal;
  constructor(group: number, rc: number, v1: GeneralRefusal, detail: string) {
    super(detail);
    this.group = group;
    this.rc = rc;
    this.v1 = v1;
  }
}

function requestOf(command: AnyCommand, body: Uint8Array): unknown {
  try {
    const item = body.length === 0 ? new Map() : decodeLooseCbor(body);
    if (!(item instanceof Map)) throw new FormatFault("", "not a map");
    return command.request.decode(item, "request");
  } catch (error) {
    if (!isFormatError(error)) throw error;
    throw new Stopped("invalid-value", error.message);
  }
}

/** Our own group: words follow the number, for people. Stock clients of the standard's groups take no further keys. */
const OWN_GROUPS = 64;

function refusalBody({ version, group }: PacketHeader, error: Stopped | GroupRefusal): Cbor {
  const isGroups = error instanceof GroupRefusal;
  if (version === 1) {
    const rc = GENERAL_CODES[isGroups ? error.v1 : error.refusal];
    return new Map<string, Cbor>([
      ["rc", rc],
      ["rsn", error.message],
    ]);
  }
  if (!isGroups) return new Map([["rc", GENERAL_CODES[error.refusal]]]);
  const code = new Map<string, Cbor>([
    ["group", error.group],
    ["rc", error.rc],
  ]);
  const words: readonly [string, Cbor][] = group >= OWN_GROUPS ? [["rsn", error.message]] : [];
  return new Map<string, Cbor>([["err", code], ...words]);
}

function pack(header: PacketHeader, body: Cbor): Uint8Array {
  const operation = header.operation === "read" ? "read-response" : "write-response";
  return encodePacket({ ...header, version: Math.min(header.version, 2), operation }, encodeCbor(body));
}
