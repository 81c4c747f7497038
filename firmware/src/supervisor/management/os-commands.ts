import {
  bootloaderInfo,
  echo,
  echoRead,
  osInfo,
  PACKET_BYTES_MAX,
  parameters,
  readDateTime,
  refused,
  resetTerminal,
  terminalName,
  writeDateTime,
} from "../../wire/index.ts";
import { dateTimeText, parseDateTime } from "./date-time.ts";
import type { Managed } from "./managed.ts";
import type { ManagementServer } from "./server.ts";

/** Packets that a client may have on the line without an answer yet. */
export const PACKETS_AT_ONCE = 4;
/** "Swap without scratch": an image is tried, and what ran before comes back by itself. */
const SWAP_WITH_REVERT = 3;

/** The letters of `osInfo`, in the order in which they are answered. */
function infoOf(managed: Managed): readonly (readonly [letter: string, value: string])[] {
  const { hardware, facts, version } = managed;
  return [
    ["s", "Cachet"],
    ["n", facts === null ? hardware.serial : terminalName(facts.terminal)],
    ["r", version],
    ["v", version],
    ["b", "unknown"],
    ["m", hardware.model],
    ["p", "QuickJS"],
    ["i", hardware.model],
    ["o", "Cachet"],
  ];
}

/** Group 0. */
export function serveOs(server: ManagementServer, managed: Managed): void {
  server.serve(echo, ({ d }) => ({ r: d }));
  server.serve(echoRead, ({ d }) => ({ r: d }));
  server.serve(parameters, () => ({ bufSize: PACKET_BYTES_MAX, bufCount: PACKETS_AT_ONCE }));
  server.serve(resetTerminal, ({ force = false }) => {
    if (managed.isBusy() && !force) return refused("busy", "a visit is under way");
    managed.reset();
    return {};
  });
  server.serve(readDateTime, () => {
    const { utc, offset } = managed.clock.now();
    return { datetime: dateTimeText(utc, offset) };
  });
  server.serve(writeDateTime, async ({ datetime }) => {
    const utc = parseDateTime(datetime);
    if (utc === null) return refused("invalid-value", `"${datetime}" is no date and time`);
    await managed.setClock(utc);
    return {};
  });
  server.serve(osInfo, ({ format = "s" }) => {
    const known = infoOf(managed);
    const wanted = format === "" ? "s" : format;
    const strange = [...wanted].find((letter) => letter !== "a" && known.every(([name]) => name !== letter));
    if (strange !== undefined) return refused("unknown-format", `no letter ${strange}`);
    const told = known.filter(([letter]) => wanted.includes("a") || wanted.includes(letter));
    return { output: told.map(([, value]) => value).join(" ") };
  });
  server.serve(bootloaderInfo, ({ query }) => {
    if (query === undefined) return { bootloader: "MCUboot" };
    return query === "mode" ? { mode: SWAP_WITH_REVERT } : refused("no-answer", `nothing is known of "${query}"`);
  });
}
