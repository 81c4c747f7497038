import { existsSync } from "node:fs";
import { readKeyFile, utcText } from "../../keys/open.ts";
import { readHeader } from "../../keys/sealed-file.ts";
import { draftOf, isOpenToOthers } from "../../ports/private-file.ts";
import { Failure } from "../failure.ts";
import { openFailure } from "../key-file.ts";
import { fail, ok, type Probe, warn } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

/** Looks at the sealed keys without their passphrase. Whether a bundle has expired is sealed too. */
export function keysProbe({ keys }: Surroundings): Probe {
  return {
    name: "keys",
    look: async () => {
      const read = readKeyFile(keys);
      if (!read.ok && read.refusal === "absent") {
        return warn(`no sealed keys at ${keys}`, "make them with: cachet keys init; test keys need no file");
      }
      const reading = read.ok ? readHeader(read.file) : read;
      if (!reading.ok) {
        const failure = openFailure(keys, reading);
        return fail(`${failure.code}: ${failure.message}`, failure.next.join("; "));
      }
      if (isOpenToOthers(keys)) return warn(`others on this computer have rights to ${keys}`, `chmod go= ${keys}`);
      if (existsSync(draftOf(keys))) {
        return warn(
          `${draftOf(keys)}: another command writes, or was cut off`,
          "remove it if no cachet command is running",
        );
      }
      const { kind, sealedAt } = reading.header;
      const what = kind === "ring" ? "the office's key ring" : "an installer's bundle";
      const end = kind === "ring" ? "" : "; its last day is sealed: cachet keys status";
      return ok(`${what}, sealed ${utcText(sealedAt)}${end}`);
    },
  };
}

export function ledgerProbe({ home, ledger }: Surroundings): Probe {
  return {
    name: "ledger",
    look: async () => {
      try {
        await (await ledger()).destroy();
        return ok(`in ${home}`);
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        if (error.code === "C-HOME-02") return ok(`none in ${home}; only the office needs one`);
        return fail(`${error.code}: ${error.message}`, error.next.join("; "));
      }
    },
  };
}
