import { conformanceCheck, conformanceChecks, refused } from "../../wire/index.ts";
import { CHECKS, outcomeOf, type TriedPorts } from "../conformance/index.ts";
import type { Managed } from "./managed.ts";
import type { ManagementServer } from "./server.ts";

/** Group 66: tries what the port supplies, on a blank terminal alone: nothing of a shop is at stake there. */
export function serveConformance(server: ManagementServer, managed: Managed, ports: TriedPorts): void {
  server.serve(conformanceChecks, () => ({ checks: CHECKS.map(({ name, needs }) => ({ name, needs })) }));
  server.serve(conformanceCheck, async ({ name, again = false, restart = false }) => {
    if (managed.facts !== null) return refused("bad-state", "the terminal is provisioned");
    if (restart) {
      managed.reset();
      return { ok: true, said: "starts anew" };
    }
    const check = CHECKS.find((one) => one.name === name);
    if (check === undefined) return refused("no-entry", `no check ${name}`);
    const wrong = await outcomeOf(check, ports, again);
    return { ok: wrong === null, said: wrong ?? "" };
  });
}
