import { existsSync } from "node:fs";
import { extname } from "node:path";
import { toHex } from "@cachet/card-layout";
import { type Command, Option } from "commander";
import { dumpChip } from "../cards/chip-dump.ts";
import { WRITTEN_FORMATS, type WrittenFormat, writeDump } from "../cards/dumps/write-dump.ts";
import { pagesText } from "../cards/user-pages.ts";
import { cardLeft } from "./card-error.ts";
import type { HeldCard } from "./card-reader.ts";
import { type CardTools, unknownChip } from "./card-source.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { writeFile } from "./files.ts";
import { usageFailure } from "./key-file.ts";
import { type ReaderOptions, readerOptions, withReader } from "./reader-option.ts";

interface DumpOptions extends ReaderOptions {
  readonly output: string;
  readonly format?: WrittenFormat;
  readonly force?: boolean;
}

const BY_EXTENSION: Readonly<Record<string, WrittenFormat>> = {
  ".nfc": "flipper",
  ".json": "proxmark-json",
  ".bin": "proxmark-bin",
  ".eml": "eml",
};

function formatOf({ output, format }: DumpOptions): WrittenFormat {
  const found = format ?? BY_EXTENSION[extname(output).toLowerCase()];
  if (found !== undefined) return found;
  const next = `name the format with --format (${WRITTEN_FORMATS.join(", ")}), or end the file in ${Object.keys(BY_EXTENSION).join(", ")}`;
  throw usageFailure(`${output} does not tell its format`, next);
}

function checkTarget({ output, force }: DumpOptions): void {
  if (force === true || !existsSync(output)) return;
  throw new Failure("C-CARD-15", `${output} is there already`, "it was not touched, and no card was read", [
    "name another file with -o, or overwrite it with --force",
  ]);
}

function unsteady(pages: readonly number[]): Failure {
  const where = pages.length === 0 ? "beside its pages" : `in pages ${pagesText(pages)}`;
  return new Failure("C-CARD-14", `two readings of the card differ ${where}`, "no file was written", [
    "leave the card still on the reader and run the command again",
    "the same pages again? a write there was cut, and its bits are weak: tap the card at a terminal, which writes it anew",
  ]);
}

async function dump(
  console: Console,
  reader: string,
  { link, missing }: HeldCard,
  options: DumpOptions,
): Promise<void> {
  const taken = await dumpChip(link);
  if (taken.result === "gone") throw cardLeft("no file was written");
  if (taken.result === "unsteady") throw unsteady(taken.pages);
  if (taken.result !== "read") throw unknownChip(reader, missing);
  const format = formatOf(options);
  const { content, losses } = writeDump(taken.dump, format);
  writeFile(options.output, content);
  const { chip, uid, pages } = taken.dump;
  const lines = [
    `${options.output} written: ${chip}, UID ${toHex(uid)}, ${pages.length} pages, format ${format}; two readings agreed`,
    "PWD and PACK are not in the file: no chip gives them",
    ...losses,
  ];
  const known = pages.filter((page) => page !== null).length;
  const document = {
    reader,
    file: options.output,
    format,
    chip,
    uid: toHex(uid),
    pages: pages.length,
    known_pages: known,
  };
  tell(console, lines, { ...document, password_in_file: false, losses });
}

export function dumpCommand(group: Command, console: () => Console, { readers }: CardTools): void {
  const command = group.command("dump").description("write what a card holds into a file that common NFC tools read");
  readerOptions(command)
    .requiredOption("-o, --output <file>", "file to write")
    .addOption(
      new Option("--format <format>", "format of the file; by its extension where it is left out").choices(
        WRITTEN_FORMATS,
      ),
    )
    .option("--force", "overwrite the file where it is there")
    .action(async (options: DumpOptions) => {
      formatOf(options);
      checkTarget(options);
      await withReader(console(), options, readers, async (reader) =>
        dump(console(), reader.name, await reader.next(), options),
      );
    });
}
