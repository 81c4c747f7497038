import type { Content } from "../keys/content.ts";
import { addKeys, type KeyUse, usesWithoutKey } from "../keys/generations.ts";
import { wipe } from "../keys/key-record.ts";
import { sealContent } from "../keys/sealed-file.ts";
import type { Console } from "./console.ts";
import { bundleFailure, writeKeyFile } from "./key-file.ts";
import {
  type KeyTools,
  keyPath,
  openedContent,
  passphraseToOpen,
  type SealedOptions,
  wipeContent,
} from "./key-options.ts";

/** Opens the office's ring, changes it and seals it again under the same passphrase. What `change` throws leaves it as it was. */
export function changeOpenRing(
  path: string,
  passphrase: Uint8Array,
  tools: KeyTools,
  change: (content: Content) => Content,
): void {
  // The ring is read while the draft keeps others away: two changes at once never lose a key.
  writeKeyFile(path, () => {
    const content = openedContent(path, passphrase);
    let changed = content;
    try {
      if (content.lending !== null) throw bundleFailure(path);
      changed = change(content);
      return sealContent(changed, passphrase, tools.cost, tools);
    } finally {
      wipeContent(changed);
      wipeContent(content);
    }
  });
}

/** The same, once the passphrase was found. */
export async function changeRing(
  console: Console,
  options: SealedOptions,
  tools: KeyTools,
  change: (content: Content) => Content,
): Promise<void> {
  const passphrase = await passphraseToOpen(console, options, tools);
  try {
    changeOpenRing(keyPath(console, options), passphrase, tools, change);
  } finally {
    wipe(passphrase);
  }
}

/** The ring with a first key for each of these uses that has none: some are made when they are first needed. */
export function withKeysFor(content: Content, uses: readonly KeyUse[], tools: KeyTools): Content {
  const adding = addKeys(content, usesWithoutKey(content, uses), tools);
  if (!adding.ok) throw new Error(adding.detail);
  return adding.content;
}
