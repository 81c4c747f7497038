import { existsSync } from "node:fs";
import { sameSeal } from "@cachet/card-layout";
import type { Content } from "../keys/content.ts";
import { lend } from "../keys/generations.ts";
import { IDENTITY, wipe } from "../keys/key-record.ts";
import { utcText } from "../keys/open.ts";
import { sealContent } from "../keys/sealed-file.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { bundleFailure, existsAlready, usageFailure, writeNewKeyFile } from "./key-file.ts";
import {
  type KeyTools,
  keyPath,
  openedContent,
  passphraseToOpen,
  type SealedOptions,
  wipeContent,
} from "./key-options.ts";
import { keyDocument, keyLines, lendingDocument } from "./key-table.ts";
import { newPassphraseFor } from "./passphrase.ts";

const DAY = 86_400;

/** What `cachet keys bundle` was told. */
export interface BundleOptions extends SealedOptions {
  readonly output: string;
  readonly for: string;
  readonly days: number;
  readonly issuer?: number;
  readonly bundlePassphraseFile?: string;
}

/** The issuer whose card keys go out: the one that was named, or the only one. */
function issuerOf({ keys }: Content, named: number | undefined): number {
  if (named !== undefined) return named;
  const issuers = new Set(keys.filter(({ role }) => role === IDENTITY).map(({ number }) => number));
  const [only] = issuers;
  if (only !== undefined && issuers.size === 1) return only;
  throw usageFailure(`the ring has card keys of ${issuers.size} issuers`, "name one with --issuer N");
}

function lent(content: Content, options: BundleOptions, tools: KeyTools): Content {
  const lending = { holder: options.for, expiresAt: tools.now() + options.days * DAY };
  const lendable = lend(content, issuerOf(content, options.issuer), lending);
  if (lendable.ok) return lendable.content;
  throw new Failure("C-KEY-11", lendable.detail, "nothing was written", ["to see what is there: cachet keys status"]);
}

async function bundlePassphrase(
  console: Console,
  options: BundleOptions,
  tools: KeyTools,
  office: Uint8Array,
): Promise<Uint8Array> {
  const chosen = await newPassphraseFor(console, {
    subject: `the bundle ${options.output}`,
    file: options.bundlePassphraseFile,
    option: "--bundle-passphrase-file",
    variable: undefined,
    ask: tools.ask,
  });
  if (!sameSeal(chosen, office)) return chosen;
  wipe(chosen);
  throw new Failure("C-KEY-05", "the bundle would have the passphrase of the office's ring", "nothing was written", [
    "give the bundle one of its own: whoever holds it must not open the office's ring",
  ]);
}

/** `cachet keys bundle`. */
export async function bundle(console: Console, options: BundleOptions, tools: KeyTools): Promise<void> {
  const path = keyPath(console, options);
  const next = ["name another file with -o"];
  if (existsSync(options.output)) throw existsAlready(options.output, next);
  const office = await passphraseToOpen(console, options, tools);
  const wipes = [() => wipe(office)];
  try {
    const content = openedContent(path, office);
    wipes.push(() => wipeContent(content));
    if (content.lending !== null) throw bundleFailure(path);
    const out = lent(content, options, tools);
    const own = await bundlePassphrase(console, options, tools, office);
    wipes.push(() => wipe(own));
    writeNewKeyFile(options.output, next, () => sealContent(out, own, tools.cost, tools));
    const now = tools.now();
    const lines = [
      `${options.output} written for ${options.for}, until ${utcText(out.lending?.expiresAt ?? now)}`,
      ...keyLines(out.keys, now),
      "It holds no area key: nothing of value can be written with it. Tell its passphrase by another way than the file.",
    ];
    const document = {
      file: options.output,
      ...lendingDocument(out, now),
      keys: out.keys.map((key) => keyDocument(key, now)),
    };
    tell(console, lines, document);
  } finally {
    for (const wipeOne of wipes) wipeOne();
  }
}
