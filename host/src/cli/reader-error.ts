import type { PcscFault, Reader } from "../ports/pcsc/transport.ts";
import { Failure } from "./failure.ts";

const UNTOUCHED = "no card was touched";

/** No PC/SC service answers. */
export const noService = (): Failure =>
  new Failure("C-READER-01", "no PC/SC service is running on this computer", UNTOUCHED, [
    "on Linux: sudo systemctl start pcscd.socket",
    "cachet doctor says what is missing; --reader sim needs no reader",
  ]);

const listed = (readers: readonly Reader[]): string[] =>
  readers.map(({ name, card }) => `  --reader "${name}"${card ? "   (a card is on it)" : ""}`);

/** No reader at all, or none that fits what was asked for. */
export function noReader(wanted: string | undefined, readers: readonly Reader[]): Failure {
  if (wanted !== undefined && readers.length > 0) {
    const what = `no reader is called "${wanted}", in whole or in part`;
    return new Failure("C-READER-02", what, UNTOUCHED, ["name one of these:", ...listed(readers)]);
  }
  const what =
    wanted === undefined ? "no card reader is there" : `no card reader is there, and none called "${wanted}"`;
  return new Failure("C-READER-02", what, UNTOUCHED, [
    "plug one in and run the command again; cachet doctor says what is missing",
    "--reader sim tries the command on a simulated card",
  ]);
}

/** More than one reader fits. */
export function severalReaders(wanted: string | undefined, readers: readonly Reader[]): Failure {
  const what =
    wanted === undefined ? `${readers.length} card readers are there` : `${readers.length} readers fit "${wanted}"`;
  return new Failure("C-READER-03", what, UNTOUCHED, ["name one of them; a unique part will do:", ...listed(readers)]);
}

/** The reader was unplugged, or the service behind it ended. */
export function readerLost(name: string, word: "reader-gone" | "service-gone"): Failure {
  const what = word === "reader-gone" ? `the reader ${name} is gone` : "the PC/SC service ended";
  return new Failure("C-READER-04", what, "nothing was done with a card since the last line", [
    word === "reader-gone" ? "plug it in again and run the command again" : "cachet doctor says whether it runs again",
  ]);
}

/** No card came in time, or somebody stopped the wait. */
export function noCard(name: string, seconds: number, stopped: boolean): Failure {
  const what = stopped ? `the wait for a card on ${name} was stopped` : `no card came to ${name} in ${seconds} seconds`;
  return new Failure("C-READER-05", what, UNTOUCHED, [
    "run the command again and hold the card flat on the middle of the reader",
    "--timeout SECONDS waits longer",
  ]);
}

/** Another program holds the card. */
export const cardInUse = (name: string): Failure =>
  new Failure("C-READER-06", `another program holds the card on ${name}`, UNTOUCHED, [
    "end the other program (a browser, a wallet, gpg's scdaemon) and run the command again",
  ]);

/** The PC/SC installation is not as it must be. */
export const notInstalled = ({ message }: PcscFault): Failure =>
  new Failure("C-READER-07", message, UNTOUCHED, ["cachet doctor says what is missing"]);

/** The reader reads and writes pages, and passes nothing else. */
export const passesTooLittle = (name: string, needs: string): Failure =>
  new Failure("C-READER-08", `the reader ${name} does not pass the commands that ${needs}`, "nothing was written", [
    "use a reader that passes chip commands, as those with a PN53x chip do (ACR122U, ACR1252U)",
  ]);
