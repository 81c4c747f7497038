import { basename } from "node:path";
import { terminalName } from "@cachet/firmware/wire";
import { LinkFault } from "../link/link-fault.ts";
import { hello, type TerminalIdentity } from "../link/login.ts";
import { SmpClient } from "../link/smp-client.ts";
import { type ByteLine, type PortFacts, SerialFault } from "../ports/serial.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";
import { portFailure } from "./terminal-error.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

/** The speeds that terminals may have; the first is the usual one. */
export const SPEEDS = [115_200, 57_600, 38_400, 19_200, 9_600] as const;
/** How long a device that nobody knows may take to answer one short question. */
export const HELLO_MS = 300;
/** Start bit, eight bits, stop bit. */
const BITS_PER_BYTE = 10;

export const SIMULATED = "sim";

/** A port, and what answered there: a terminal, something else, nothing, or why it was not asked. */
export interface LookedAt {
  readonly port: PortFacts;
  readonly answer: TerminalIdentity | "strange" | "silent" | "garbled" | "gone" | SerialFault;
}

const unknownPort = (path: string): PortFacts => ({
  path,
  stableId: null,
  manufacturer: null,
  serialNumber: null,
  vendorId: null,
  productId: null,
});

/** Every port to look at: what the system lists, and what was named to us. */
export async function allPorts({ ports, extraPorts }: TerminalTools): Promise<readonly PortFacts[]> {
  const listed = await ports.list();
  const further = extraPorts.filter((path) => listed.every((port) => port.path !== path));
  return [...listed, ...further.map(unknownPort)];
}

/** A client on a line, with numbers that no earlier client is likely to have used. */
export function clientOn(line: ByteLine, tools: TerminalTools, speed: number): SmpClient {
  const bytesPerSecond = Math.floor(speed / BITS_PER_BYTE);
  return new SmpClient(line, tools.clock, { bytesPerSecond, firstSequence: tools.random(1)[0]! });
}

/** One short question, asked once; nothing more where no answer comes. */
async function ask(port: PortFacts, tools: TerminalTools): Promise<LookedAt["answer"]> {
  let line: ByteLine;
  try {
    line = await tools.ports.open(port.path, SPEEDS[0]);
  } catch (error) {
    if (error instanceof SerialFault) return error;
    throw error;
  }
  try {
    const answer = await hello(clientOn(line, tools, SPEEDS[0]), { timeoutMs: HELLO_MS, tries: 1 });
    return answer.ok ? answer.value : "strange";
  } catch (error) {
    if (error instanceof LinkFault) return error.problem;
    throw error;
  } finally {
    await line.close();
  }
}

/** Asks on every port at once. Never fails because of one of them. */
export async function lookAround(tools: TerminalTools): Promise<readonly LookedAt[]> {
  const ports = await allPorts(tools);
  return Promise.all(ports.map(async (port) => ({ port, answer: await ask(port, tools) })));
}

export const isTerminal = ({ answer }: LookedAt): boolean =>
  typeof answer === "object" && !(answer instanceof SerialFault);

/** How a terminal is named to people: by its number where it has one. */
export const nameOf = ({ terminal, serial }: TerminalIdentity): string =>
  terminal === undefined ? `blank terminal ${serial}` : terminalName(terminal);

/** The device that a name means: a path, a stable id, or the last part of a path. */
async function named(wanted: string, tools: TerminalTools): Promise<string> {
  const known = await allPorts(tools);
  const found = known.find(({ path, stableId }) => path === wanted || stableId === wanted || basename(path) === wanted);
  if (found !== undefined) return found.path;
  if (wanted.includes("/") || /^COM\d+$/i.test(wanted)) return wanted;
  const there = known.map(({ path, stableId }) => (stableId === null ? path : `${path} (${stableId})`));
  throw new Failure("C-LINK-01", `there is no port ${wanted}`, "nothing was sent", [
    there.length === 0 ? "plug the terminal's cable in" : `there are: ${there.join(", ")}`,
  ]);
}

/** The one port on which a terminal answers. Fails with C-LINK-01 where none does, C-LINK-07 where several do. */
async function onlyOne(tools: TerminalTools): Promise<string> {
  const looked = await lookAround(tools);
  const [first, second] = looked.filter(isTerminal);
  if (first === undefined) {
    const seen = looked.map(({ port }) => port.path).join(", ");
    throw new Failure(
      "C-LINK-01",
      looked.length === 0 ? "there is no serial port" : `no terminal answers on ${seen}`,
      "each port was asked one short question",
      ["plug the cable in and switch the terminal on", "cachet terminal list says what is on each port"],
    );
  }
  if (second === undefined) return first.port.path;
  const choices = looked
    .filter(isTerminal)
    .map(({ port, answer }) => `--port ${port.path}  (${nameOf(answer as TerminalIdentity)})`);
  throw new Failure("C-LINK-07", "several terminals answer", "nothing was changed on any of them", choices);
}

/** The device that the options name, or the only terminal there is. */
export async function chosenPort({ port }: PortOptions, tools: TerminalTools): Promise<string> {
  if (port === SIMULATED) return SIMULATED;
  return port === undefined ? onlyOne(tools) : named(port, tools);
}

/** Opens a port. Fails with C-LINK-01, 05, 06 or 10. */
export async function openPort(console: Console, path: string, speed: number, tools: TerminalTools): Promise<ByteLine> {
  if (path === SIMULATED) return tools.simulate();
  try {
    return await tools.ports.open(path, speed);
  } catch (error) {
    if (!(error instanceof SerialFault)) throw error;
    const holder = error.problem === "busy" ? await tools.ports.holderOf(path) : null;
    throw portFailure(console, error, holder);
  }
}
