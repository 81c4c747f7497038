import { STATE_LAYOUT } from "@cachet/card-layout";
import { type Image, type ImageVersion, inspectImage, PRODUCT, verifyImage } from "@cachet/firmware/wire";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { visible } from "./console.ts";
import { Failure } from "./failure.ts";
import { readFile, readPublicKey } from "./files.ts";
import { imageFailure, versionText } from "./image.ts";
import type { SlotImage, SlotImages } from "./terminal-facts.ts";
import type { TerminalSession } from "./terminal-session.ts";

const NOT_SENT = "nothing was sent; the terminal runs what it ran before";

/** An image file that was looked at on this computer. */
export interface CheckedImage {
  readonly path: string;
  readonly file: Uint8Array;
  readonly image: Image;
}

/** Reads an image file: structure and hash, and the signature where a key is given. Fails with C-FILE-01 or C-IMAGE-02. */
export function checkedImage(path: string, key: string | undefined): CheckedImage {
  const file = readFile(path);
  const reading =
    key === undefined
      ? inspectImage(file, sha256)
      : verifyImage(file, {
          trustedKeys: [readPublicKey(key)],
          securityCounter: 0,
          layoutsInField: { lowest: STATE_LAYOUT, highest: STATE_LAYOUT },
          sha256,
          verify: verifyEd25519,
        });
  if (!reading.ok) throw imageFailure(path, reading);
  return { path, file, image: reading.image };
}

/** Refuses an image that is made for other terminals than this one. */
export function checkFit({ image }: CheckedImage, { identity, name }: TerminalSession): void {
  const { product, model, merchants } = image;
  const refuse = (what: string, next: string) => {
    throw new Failure("C-TERM-03", what, NOT_SENT, [next]);
  };
  if (product !== PRODUCT) refuse(`image for ${product}, terminal for ${PRODUCT}`, "take the image of this product");
  if (model !== undefined && model !== identity.model) {
    refuse(`image for ${model}, terminal ${identity.model}`, `take the image for ${identity.model}`);
  }
  const { merchant, name: shop } = identity;
  if (merchants !== undefined && merchant !== undefined && !merchants.includes(merchant)) {
    const own = shop === undefined ? `merchant ${merchant}` : `merchant ${merchant} (${shop})`;
    refuse(
      `image for merchant ${merchants.join(", ")}, ${name} is of ${own}`,
      "take the image of this shop, or plug in the terminal that the image is for",
    );
  }
}

const PARTS = ["major", "minor", "revision", "build"] as const;

function isOlder(a: ImageVersion, b: ImageVersion): boolean {
  for (const part of PARTS) if (a[part] !== b[part]) return a[part] < b[part];
  return false;
}

/** A version as SMP writes it. */
function parsed(version: string): ImageVersion {
  const [major = 0, minor = 0, revision = 0, build = 0] = version.split(".").map(Number);
  return { major, minor, revision, build };
}

/** Refuses what is older than the terminal may run, or than what runs there without a reason. */
export function checkAge({ image }: CheckedImage, slots: SlotImages, allowed: string | undefined): void {
  const { counter } = slots;
  if (image.securityCounter < counter) {
    throw new Failure(
      "C-TERM-04",
      `image with security counter ${image.securityCounter}, terminal at ${counter}`,
      NOT_SENT,
      ["counters never go back: have the image built again with a higher one"],
    );
  }
  const running = slots.images.find(({ slot }) => slot === 0);
  if (running === undefined || allowed !== undefined || !isOlder(image.version, parsed(running.version))) return;
  throw new Failure("C-TERM-04", `image ${versionText(image.version)}, terminal runs ${running.version}`, NOT_SENT, [
    '--allow-downgrade "REASON" sends an older version of the same security counter',
  ]);
}

/** Programmes of the running image that the new one does not have. */
const missing = (image: Image, running: SlotImage | undefined): SlotImage["programmes"] =>
  (running?.programmes ?? []).filter(({ number }) => image.programmes.every((one) => one.number !== number));

const sameName = (a: string, b: string): boolean => {
  const plain = (text: string) => text.normalize("NFC").trim().toLocaleLowerCase("fr");
  return plain(a) === plain(b);
};

/** Has the shop's name typed where the image would take programmes away: the wrong file is soon chosen by habit. Fails with C-TERM-05. */
export async function checkShop(
  { image }: CheckedImage,
  slots: SlotImages,
  session: TerminalSession,
  shop: string | undefined,
): Promise<void> {
  const gone = missing(
    image,
    slots.images.find(({ slot }) => slot === 0),
  );
  if (gone.length === 0) return;
  const own = visible(session.identity.name ?? session.name);
  const names = visible(gone.map(({ number, name }) => `${name} (${number})`).join(", "));
  session.console.err(`the image does not have what runs in this shop: ${names}\n`);
  const typed = shop ?? (await session.tools.ask?.(`type the shop's name to go on (${own}): `));
  if (typed !== undefined && sameName(typed, own)) return;
  const what = typed === undefined ? "nobody typed the shop's name" : `"${typed}" is not the shop's name`;
  throw new Failure("C-TERM-05", `the image takes ${names} away from ${own}, and ${what}`, NOT_SENT, [
    `--shop "${own}" confirms it`,
  ]);
}

/** What changes for customers, one line for each programme. */
export function changes(image: Image, running: SlotImage | undefined): string[] {
  const before = new Map((running?.programmes ?? []).map((one) => [one.number, one]));
  const after = image.programmes.map(({ number, version, name }) => {
    const old = before.get(number);
    if (old === undefined) return `+ ${name} (${number}) v${version}, new`;
    if (old.version === version && old.name === name) return `  ${name} (${number}) v${version}, as before`;
    return `~ ${old.name} (${number}) v${old.version} -> ${name} v${version}`;
  });
  const gone = missing(image, running).map(({ number, version, name }) => `- ${name} (${number}) v${version}, gone`);
  return [...after, ...gone];
}
