import { refused, statistics, statisticsList } from "../../wire/index.ts";
import type { Managed } from "./managed.ts";
import type { ManagementServer } from "./server.ts";

/** Counts of the line: packets by what became of them. */
export interface LineCounts {
  readonly packets: number;
  /** Lines and packets that were dropped without an answer. */
  readonly dropped: number;
}

type Fields = ReadonlyMap<string, number>;
const fields = (counts: Readonly<Record<string, number>>): Fields => new Map(Object.entries(counts));

function groupsOf(
  managed: Managed,
  server: ManagementServer,
  line: () => LineCounts,
): ReadonlyMap<string, () => Fields> {
  const { app, journal, slots } = managed;
  return new Map([
    ["app", () => fields({ visits: app?.visits ?? 0, faults: app?.faults ?? 0, heap_bytes: app?.usedBytes() ?? 0 })],
    ["image", () => fields({ security_counter: slots.securityCounter, on_trial: slots.onTrial ? 1 : 0 })],
    ["journal", () => fields({ entries: journal?.count ?? 0 })],
    ["line", () => fields({ ...line(), ...server.counts })],
  ]);
}

/** Group 2. */
export function serveStatistics(server: ManagementServer, managed: Managed, line: () => LineCounts): void {
  const groups = groupsOf(managed, server, line);
  server.serve(statisticsList, () => ({ statList: [...groups.keys()] }));
  server.serve(statistics, ({ name }) => {
    const group = groups.get(name);
    return group === undefined ? refused("no-such-group", `no statistics named ${name}`) : { name, fields: group() };
  });
}
