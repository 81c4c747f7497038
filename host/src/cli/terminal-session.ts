import { type Command, logoutInstaller, terminalIdentity } from "@cachet/firmware/wire";
import type { Answer } from "../link/answer.ts";
import { LinkFault } from "../link/link-fault.ts";
import { type InstallerKey, login, type TerminalIdentity } from "../link/login.ts";
import { type CallOptions, isSentOnce, type SmpClient } from "../link/smp-client.ts";
import type { ByteLine } from "../ports/serial.ts";
import type { Console } from "./console.ts";
import { Failure } from "./failure.ts";
import { inDoubt, linkFailure, refusal, type Standing } from "./terminal-error.ts";
import { chosenPort, clientOn, HELLO_MS, nameOf, openPort, SIMULATED, SPEEDS } from "./terminal-port.ts";
import type { PortOptions, TerminalTools } from "./terminal-tools.ts";

/** A terminal that answered, and the line to it. */
export class TerminalSession {
  readonly console: Console;
  readonly tools: TerminalTools;
  private readonly options: PortOptions;
  readonly path: string;
  private readonly speed: number;
  private line: ByteLine;
  private asking: SmpClient;
  private who: TerminalIdentity;
  /** What the terminal's state is from now on, should the line fail. Null: untouched. */
  standing: Standing | null = null;
  /** The installer's name by the certificate; null without a login. */
  installer: string | null = null;
  /** Once it was opened: nobody is asked for the passphrase again when the terminal starts anew. */
  private key: InstallerKey | null = null;

  constructor(opened: Opened, who: TerminalIdentity, console: Console, options: PortOptions, tools: TerminalTools) {
    this.path = opened.path;
    this.speed = opened.speed;
    this.line = opened.line;
    this.asking = opened.client;
    this.who = who;
    this.console = console;
    this.options = options;
    this.tools = tools;
  }

  get client(): SmpClient {
    return this.asking;
  }

  /** Who it is, as of the last time it was asked. */
  get identity(): TerminalIdentity {
    return this.who;
  }

  get name(): string {
    return nameOf(this.who);
  }

  /** Number of the terminal. Fails with C-TERM-15 where it is blank. */
  get number(): number {
    if (this.who.terminal !== undefined) return this.who.terminal;
    throw this.blank();
  }

  private blank(): Failure {
    return new Failure("C-TERM-15", `the terminal ${this.who.serial} is blank`, "nothing was changed on it", [
      "cachet terminal provision --request FILE, and bring back what the office makes of it",
    ]);
  }

  /** Asks, and gives what was answered. Fails with C-LINK-08 where a request that is sent once got no answer. */
  async ask<Q, S, R extends string>(
    command: Command<Q, S, R>,
    request: Q,
    doing: string,
    options: CallOptions = {},
  ): Promise<Answer<S, R>> {
    try {
      return await this.asking.call(command, request, options);
    } catch (error) {
      if (error instanceof LinkFault && isSentOnce(command)) throw inDoubt(this.path, doing);
      throw error;
    }
  }

  /** The same, and fails with C-TERM-01, 08 or 15 where the terminal refuses. */
  async need<Q, S, R extends string>(
    command: Command<Q, S, R>,
    request: Q,
    doing: string,
    options: CallOptions = {},
  ): Promise<S> {
    const answer = await this.ask(command, request, doing, options);
    if (answer.ok) return answer.value;
    if (answer.refusal === "denied" && this.who.terminal === undefined) throw this.blank();
    throw refusal(doing, answer.refusal, answer.detail, this.standing);
  }

  /** The same, or null where the terminal does not know the command, or wants a key for it. */
  async want<Q, S, R extends string>(command: Command<Q, S, R>, request: Q): Promise<S | null> {
    const answer = await this.asking.call(command, request);
    return answer.ok ? answer.value : null;
  }

  /**
   * Opens the commands that need a key, where the terminal asks for one and there is one. Without one it closes what a command that
   * was cut off may have left open: that is not ours to use. Fails with C-TERM-02.
   */
  async logIn(): Promise<void> {
    if (this.who.open || this.who.terminal === undefined) return;
    this.key ??= await this.tools.installer(this.console, this.options);
    if (this.key === null) {
      if (this.who.granted) await this.logOut();
      return;
    }
    const answer = await login(this.asking, this.key);
    if (!answer.ok) {
      throw new Failure(
        "C-TERM-02",
        `${this.name} did not accept the installer's key${answer.detail === "" ? "" : `: ${answer.detail}`} (${answer.refusal})`,
        "nothing was changed on the terminal",
        ["ask the office for a new one"],
      );
    }
    this.installer = answer.value.name;
  }

  /**
   * Takes up the line to a terminal that started anew: the device may have left and come back. False where it does not answer, or the
   * device is not there.
   */
  async comeBack(): Promise<boolean> {
    try {
      const answer = await this.asking.call(terminalIdentity, {}, { timeoutMs: HELLO_MS, tries: 1 });
      if (answer.ok) this.who = answer.value;
      return answer.ok;
    } catch (error) {
      if (!(error instanceof LinkFault)) throw error;
      if (error.problem === "gone") await this.reopen();
      return false;
    }
  }

  private async reopen(): Promise<void> {
    await this.line.close();
    try {
      this.line = await openPort(this.console, this.path, this.speed, this.tools);
      this.asking = clientOn(this.line, this.tools, this.speed);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
    }
  }

  /** Leaves no terminal open behind: whoever is next on its line needs a key of his own. */
  private async logOut(): Promise<void> {
    this.installer = null;
    this.who = { ...this.who, granted: false };
    try {
      await this.asking.call(logoutInstaller, {}, { timeoutMs: HELLO_MS, tries: 2 });
    } catch (error) {
      // The line is gone: the terminal ends it by itself, after five minutes.
      if (!(error instanceof LinkFault)) throw error;
    }
  }

  async close(): Promise<void> {
    if (this.installer !== null) await this.logOut();
    await this.line.close();
  }
}

interface Opened {
  readonly path: string;
  readonly speed: number;
  readonly line: ByteLine;
  readonly client: SmpClient;
}

async function opened(console: Console, path: string, speed: number, tools: TerminalTools): Promise<Opened> {
  const line = await openPort(console, path, speed, tools);
  return { path, speed, line, client: clientOn(line, tools, speed) };
}

function strange(path: string, detail: string): Failure {
  return new Failure("C-LINK-09", `what is on ${path} is no terminal of Cachet${detail}`, "nothing was changed on it", [
    "cachet terminal list says what is on each port",
  ]);
}

/** Says hello at one speed; null where nothing that can be read comes back. */
async function greet(
  console: Console,
  at: Opened,
  options: PortOptions,
  tools: TerminalTools,
  tries: number,
): Promise<TerminalSession | LinkFault> {
  try {
    const answer = await at.client.call(terminalIdentity, {}, { timeoutMs: HELLO_MS, tries });
    if (!answer.ok) throw strange(at.path, "");
    return new TerminalSession(at, answer.value, console, options, tools);
  } catch (error) {
    await at.line.close();
    if (error instanceof LinkFault && error.problem !== "gone") return error;
    throw error instanceof LinkFault ? linkFailure(at.path, error, null) : error;
  }
}

/** Finds the speed at which the terminal answers. Fails with what the first one gave where none does. */
async function greeted(
  console: Console,
  path: string,
  options: PortOptions,
  tools: TerminalTools,
): Promise<TerminalSession> {
  const [usual, ...others] = options.speed === undefined && path !== SIMULATED ? SPEEDS : [options.speed ?? SPEEDS[0]];
  const first = await greet(console, await opened(console, path, usual, tools), options, tools, 3);
  if (first instanceof TerminalSession) return first;
  let told = first;
  for (const speed of others) {
    const found = await greet(console, await opened(console, path, speed, tools), options, tools, 1);
    if (found instanceof TerminalSession) {
      console.err(`the line runs at ${speed} bit/s\n`);
      return found;
    }
    if (told.problem === "silent") told = found;
  }
  throw linkFailure(path, told, null);
}

/**
 * Does something with the terminal that the options name, or the only one there is, says on stderr which, and lets the port go
 * afterwards. Fails with C-LINK-01 to 10; where the line fails in the middle, with what `standing` says of the terminal.
 */
export async function withTerminal<T>(
  console: Console,
  options: PortOptions,
  tools: TerminalTools,
  use: (session: TerminalSession) => Promise<T>,
): Promise<T> {
  const session = await greeted(console, await chosenPort(options, tools), options, tools);
  try {
    console.err(`${session.identity.terminal === undefined ? "" : "terminal "}${session.name} on ${session.path}\n`);
    await session.logIn();
    return await use(session);
  } catch (error) {
    throw error instanceof LinkFault ? linkFailure(session.path, error, session.standing) : error;
  } finally {
    await session.close();
  }
}
