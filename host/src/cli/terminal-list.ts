import { basename } from "node:path";
import { imageState, type ResponseOf, slotImages } from "@cachet/firmware/wire";
import type { TerminalIdentity } from "../link/login.ts";
import { type PortFacts, SerialFault } from "../ports/serial.ts";
import { type Console, tell } from "./console.ts";
import { clientOn, isTerminal, type LookedAt, lookAround, nameOf, SPEEDS } from "./terminal-port.ts";
import type { TerminalTools } from "./terminal-tools.ts";

type Images = ResponseOf<typeof slotImages>["images"];

/** What runs on a terminal that answered; the names of its programmes only where it tells them without a key. */
interface Running {
  readonly version: string | null;
  readonly programmes: Images[number]["programmes"];
}

const NOTHING_TOLD: Running = { version: null, programmes: [] };

async function runningOn({ port }: LookedAt, tools: TerminalTools): Promise<Running> {
  try {
    const line = await tools.ports.open(port.path, SPEEDS[0]);
    try {
      const client = clientOn(line, tools, SPEEDS[0]);
      const slots = await client.call(slotImages, {}, { tries: 2 });
      const running = slots.ok ? slots.value.images.find(({ slot }) => slot === 0) : undefined;
      if (running !== undefined) return running;
      const state = await client.call(imageState, {}, { tries: 2 });
      const active = state.ok ? state.value.images.find(({ slot }) => slot === 0) : undefined;
      return { version: active?.version ?? null, programmes: [] };
    } finally {
      await line.close();
    }
  } catch {
    // It answered a moment ago: the list says that, and nothing of what it runs.
    return NOTHING_TOLD;
  }
}

const usbText = ({ vendorId, productId }: PortFacts): string =>
  vendorId === null ? "" : `USB ${vendorId}:${productId ?? "?"}`;

const deviceText = (port: PortFacts): string =>
  [port.manufacturer ?? usbText(port), port.serialNumber ?? ""].filter((text) => text !== "").join(" ") || "-";

const PROBLEM_WORDS: Readonly<Record<SerialFault["problem"], string>> = {
  absent: "nothing is plugged in",
  denied: "no permission: sudo usermod -aG dialout $USER, then log out and in again",
  busy: "another program has it open",
  "not-serial": "no serial port",
  failed: "cannot be opened",
};

function wordOf(answer: Exclude<LookedAt["answer"], TerminalIdentity>): string {
  if (answer instanceof SerialFault) return PROBLEM_WORDS[answer.problem];
  switch (answer) {
    case "silent":
      return "(no answer: not ours, or off)";
    case "strange":
    case "garbled":
      return "(not ours)";
    case "gone":
      return "left while it was asked";
  }
}

function runningText({ version, programmes }: Running): string {
  if (programmes.length > 0) return programmes.map((one) => `programme ${one.number} v${one.version}`).join(", ");
  return version === null ? "no image" : `image ${version}`;
}

/** The last part of a path, where it is a name; of `/dev/pts/3` that would be a bare number. */
const portText = (path: string): string => (/^\d*$/.test(basename(path)) ? path : basename(path));

function cells({ port, answer }: LookedAt, running: Running | null): readonly string[] {
  const head = [portText(port.path), deviceText(port)];
  if (running === null) return [...head, wordOf(answer as Exclude<LookedAt["answer"], TerminalIdentity>)];
  const { model, name = "" } = answer as TerminalIdentity;
  return [...head, `Cachet ${model}`, nameOf(answer as TerminalIdentity), name, runningText(running)];
}

/** Rows of cells under each other; the last cell of a row may be as long as it likes. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows)
    row.slice(0, -1).forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

function documentOf({ port, answer }: LookedAt, running: Running | null) {
  const { path, stableId, manufacturer, serialNumber, vendorId, productId } = port;
  const device = {
    port: path,
    stable_id: stableId,
    manufacturer,
    usb_serial: serialNumber,
    vendor_id: vendorId,
    product_id: productId,
  };
  if (running === null) {
    return { ...device, ours: false, answer: answer instanceof SerialFault ? answer.problem : answer };
  }
  const { model, serial, terminal, merchant, name, production, open } = answer as TerminalIdentity;
  return {
    ...device,
    ours: true,
    model,
    serial,
    terminal: terminal === undefined ? null : nameOf(answer as TerminalIdentity),
    merchant: merchant ?? null,
    name: name ?? null,
    production,
    open,
    version: running.version,
    programmes: running.programmes,
  };
}

/** `terminal list`: what is on every port. */
export async function list(console: Console, tools: TerminalTools): Promise<void> {
  const looked = await lookAround(tools);
  const found = await Promise.all(
    looked.map(async (one) => ({ one, running: isTerminal(one) ? await runningOn(one, tools) : null })),
  );
  const lines = columns(found.map(({ one, running }) => cells(one, running)));
  tell(console, lines.length === 0 ? ["no serial port; plug the terminal's cable in"] : lines, {
    ports: found.map(({ one, running }) => documentOf(one, running)),
  });
}
