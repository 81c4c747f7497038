import { type Context, compileFunction, constants, createContext, runInContext } from "node:vm";
import { type OnCall, type Sandbox, SandboxFault } from "@cachet/firmware/hal";

interface App {
  start(): void;
  answer(id: number, text: string): void;
}
type Launch = (global: { cachet?: App }, cachetCall: OnCall) => void;

/** One bare V8 context for all sandboxes: no clock, no chance. Each app has a global object of its own. */
let context: Context | undefined;
const launches = new Map<string, Launch>();

function launchOf(payload: string): Launch {
  const known = launches.get(payload);
  if (known !== undefined) return known;
  if (context === undefined) {
    // A context of its own, and nothing between an app and its globals: each look at one would ask an object of ours first.
    context = createContext(constants.DONT_CONTEXTIFY);
    runInContext("delete Math.random; delete globalThis.Date; delete globalThis.Intl;", context);
  }
  const launch = compileFunction(payload, ["globalThis", "cachetCall"], {
    parsingContext: context,
    filename: "app.js",
  }) as Launch;
  launches.set(payload, launch);
  return launch;
}

/**
 * The same payload in V8. It enforces no memory or step limit, so it serves to compare engines and to run long worlds fast,
 * never to show that a limit holds.
 */
class V8Sandbox implements Sandbox {
  readonly runsToWait = false;
  private app: App | null = null;

  start(payload: string, onCall: OnCall): void {
    const global: { cachet?: App } = {};
    try {
      launchOf(payload)(global, onCall);
    } catch (error) {
      throw new SandboxFault("error", String(error));
    }
    this.app = global.cachet ?? null;
    if (this.app === null) throw new SandboxFault("error", "the payload sets no globalThis.cachet");
    this.app.start();
  }

  answer(id: number, text: string): void {
    this.app?.answer(id, text);
  }

  usedBytes(): number {
    return 0;
  }

  stop(): void {
    this.app = null;
  }
}

export function newV8Sandbox(): Sandbox {
  return new V8Sandbox();
}
