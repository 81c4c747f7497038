import { existsSync } from "node:fs";
import { sameSeal } from "@cachet/card-layout";
import type { Content, Lending } from "../keys/content.ts";
import { lend, OFFICE_USE } from "../keys/generations.ts";
import { makeBundle } from "../keys/installers.ts";
import { IDENTITY, wipe } from "../keys/key-record.ts";
import { utcText } from "../keys/open.ts";
import { sealContent } from "../keys/sealed-file.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { certificateDocuments, certificateLines } from "./key-certificates.ts";
import { changeOpenRing, withKeysFor } from "./key-change.ts";
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

const noSuchKey = (detail: string): Failure =>
  new Failure("C-KEY-11", detail, "nothing was written", ["to see what is there: cachet keys status"]);

/** Puts the installer's certificate into the ring, and gives the bundle. The ring comes first: what is not in it can never be revoked. */
function issued(path: string, office: Uint8Array, issuer: number, lending: Lending, tools: KeyTools): Content {
  let out: Content | null = null;
  changeOpenRing(path, office, tools, (content) => {
    const made = makeBundle(withKeysFor(content, [OFFICE_USE], tools), issuer, lending, tools);
    if (!made.ok) throw noSuchKey(made.detail);
    out = made.bundle;
    return made.ring;
  });
  return out!;
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
    const issuer = issuerOf(content, options.issuer);
    const lending = { holder: options.for, expiresAt: tools.now() + options.days * DAY };
    const lendable = lend(content, issuer, lending);
    if (!lendable.ok) throw noSuchKey(lendable.detail);
    const own = await bundlePassphrase(console, options, tools, office);
    wipes.push(() => wipe(own));
    const out = issued(path, office, issuer, lending, tools);
    wipes.push(() => wipeContent(out));
    writeNewKeyFile(options.output, next, () => sealContent(out, own, tools.cost, tools));
    const now = tools.now();
    const lines = [
      `${options.output} written for ${options.for}, until ${utcText(out.lending?.expiresAt ?? now)}`,
      ...keyLines(out.keys, now),
      ...certificateLines(out, now),
      "It holds no area key: nothing of value can be written with it. Tell its passphrase by another way than the file.",
    ];
    const document = {
      file: options.output,
      ...lendingDocument(out, now),
      keys: out.keys.map((key) => keyDocument(key, now)),
      installers: certificateDocuments(out, now),
    };
    tell(console, lines, document);
  } finally {
    for (const wipeOne of wipes) wipeOne();
  }
}
