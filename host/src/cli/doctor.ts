import type { Command } from "commander";
import { type Console, tell } from "./console.ts";
import { modulesProbe, packagesProbe, pcscProbe } from "./doctor/card-readers.ts";
import { clockProbe, diskProbe, nodeProbe } from "./doctor/computer.ts";
import { type Finding, fail, type Looked, looked, PROBE_LIMIT_MS, type Probe } from "./doctor/finding.ts";
import { keysProbe, ledgerProbe } from "./doctor/home.ts";
import { serialProbe } from "./doctor/serial-ports.ts";
import { type Surroundings, surroundingsOf } from "./doctor/surroundings.ts";
import { EXIT, Failure } from "./failure.ts";

/** Probes of the home folder read it at once and cannot be stopped: they are left out where the disk does not answer. */
const HOME_PROBES = [clockProbe, keysProbe, ledgerProbe];

const leftOut = ({ name }: Probe): Looked => ({
  late: false,
  findings: [{ name, ...fail("not looked at: the home folder does not answer", "see disk") }],
});

/** Everything that can be found out, in the order in which it is told. Takes at most twice the limit. */
export async function examine(
  surroundings: Surroundings,
  limitMs: number = PROBE_LIMIT_MS,
): Promise<readonly Looked[]> {
  const outer = [nodeProbe, pcscProbe, packagesProbe, modulesProbe, serialProbe, diskProbe];
  const first = await Promise.all(outer.map((probe) => looked(probe(surroundings), limitMs)));
  const isDiskThere = first.at(-1)?.late === false;
  const then = HOME_PROBES.map((probe) => probe(surroundings));
  const last = await Promise.all(then.map((probe) => (isDiskThere ? looked(probe, limitMs) : leftOut(probe))));
  return [...first, ...last];
}

function lineOf({ name, status, finding, next }: Finding): string {
  return `${status.padEnd(4)}  ${name.padEnd(8)}  ${finding}${next === null ? "" : `; next: ${next}`}`;
}

function doctorFailure(failed: readonly Finding[], all: number): Failure {
  const names = failed.map(({ name }) => name).join(", ");
  const what = `${failed.length} of ${all} checks failed: ${names}`;
  return new Failure("C-DOCTOR-01", what, "nothing was changed; everything was only looked at", [
    "do what stands behind each line that begins with fail, and run it again",
  ]);
}

/** Prints what was found; gives the exit code: 1 where something failed. */
export function tellFindings(console: Console, findings: readonly Finding[]): number {
  const failed = findings.filter(({ status }) => status === "fail");
  const failure = failed.length === 0 ? null : doctorFailure(failed, findings.length);
  tell(console, findings.map(lineOf), {
    ok: failure === null,
    checks: findings,
    ...(failure === null ? {} : { error: failure.document() }),
  });
  if (failure === null) return EXIT.done;
  if (!console.json) for (const line of failure.lines()) console.err(`${line}\n`);
  return failure.exit;
}

/** `cachet doctor`: looks at everything that installing and importing need, changes nothing. */
export function doctorCommand(program: Command, console: () => Console, exit: (code: number) => void): void {
  program
    .command("doctor")
    .description("look at Node, card readers, serial ports, clock, disk, keys and ledger; say what to do")
    .action(async () => {
      const seen = await examine(surroundingsOf(console()));
      const code = tellFindings(
        console(),
        seen.flatMap(({ findings }) => findings),
      );
      exit(code);
      // What did not answer in time would keep the command waiting for it.
      if (seen.some(({ late }) => late)) process.exit(code);
    });
}
