import { readBinary } from "./binary.ts";
import { type DumpReading, dumpProblem } from "./dump.ts";
import { looksLikeEml, readEml } from "./eml.ts";
import { looksLikeFlipper, readFlipper } from "./flipper.ts";
import { looksLikeMct, readMct } from "./mct.ts";
import { looksLikeJson, readProxmarkJson } from "./proxmark-json.ts";
import { textOf } from "./text-lines.ts";

/** No dump comes near this; larger files are refused before anything is read. */
export const DUMP_BYTES_MAX = 1 << 20;

function readContent(bytes: Uint8Array): DumpReading {
  if (bytes.length === 0) return dumpProblem("it is empty");
  if (bytes.length > DUMP_BYTES_MAX) return dumpProblem("it is larger than 1 MiB, far more than any card");
  const text = textOf(bytes);
  if (text === null) return readBinary(bytes);
  if (looksLikeFlipper(text)) return readFlipper(text);
  if (looksLikeJson(text)) return readProxmarkJson(text);
  if (looksLikeMct(text)) return readMct(text);
  if (looksLikeEml(text)) return readEml(text);
  return dumpProblem("it is a text of no known format: not Flipper .nfc, Proxmark3 JSON, .mct or .eml");
}

/**
 * Reads a dump of a card in any known format, told by its content alone. `name` is what messages call the file. Never throws:
 * whatever is no dump comes back as a problem, a sentence that begins with the name. What the file does not know stays
 * unknown; passwords and keys in it are dropped.
 */
export function readDump(name: string, bytes: Uint8Array): DumpReading {
  const read = readContent(bytes);
  return read.ok ? read : { ...read, problem: `${name} is no card dump that can be read: ${read.problem}` };
}
