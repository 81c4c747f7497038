import { resolve } from "node:path";
import { deflateRawSync } from "node:zlib";
import { STATE_LAYOUT, toHex } from "@cachet/card-layout";
import {
  type Image,
  type ImageReading,
  type ImageVersion,
  inspectImage,
  keyHashOf,
  verifyImage,
} from "@cachet/firmware/wire";
import { type Command, InvalidArgumentError, Option } from "commander";
import { BuildRefused, buildImage } from "../image/build.ts";
import { placeOf } from "../image/load.ts";
import { typeCheck } from "../image/type-check.ts";
import { testImageSigner } from "../keys/test-keys.ts";
import { sha256, verifyEd25519 } from "../ports/crypto.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { readFile, readPublicKey, readSigner, writeFile } from "./files.ts";
import { refusalsOf } from "./programme-refusals.ts";

/** Largest image that terminals take, deflated. */
const IMAGE_DEFLATED_MAX = 64 * 1024;

const isTestKey = (keyHash: Uint8Array) => toHex(keyHash) === toHex(keyHashOf(sha256, testImageSigner().publicKey));

export const versionText = ({ major, minor, revision, build }: ImageVersion): string =>
  `${major}.${minor}.${revision}${build > 0 ? `+${build}` : ""}`;

/** `maj[.min[.rev[+build]]]`, as imgtool reads it. */
function parseVersion(text: string): ImageVersion {
  const match = /^(\d{1,3})(?:\.(\d{1,3})(?:\.(\d{1,5})(?:\+(\d{1,10}))?)?)?$/.exec(text);
  const [major = 0, minor = 0, revision = 0, build = 0] = (match ?? []).slice(1).map((part) => Number(part ?? 0));
  if (match === null || major > 255 || minor > 255 || revision > 0xffff || build > 0xffff_ffff) {
    throw new InvalidArgumentError(`"${text}" is not a version like 1.2.3 or 1.2.3+4`);
  }
  return { major, minor, revision, build };
}

function parseCounter(text: string): number {
  const counter = Number(text);
  if (!/^\d{1,10}$/.test(text) || counter > 0xffff_ffff) throw new InvalidArgumentError(`"${text}" is not a counter`);
  return counter;
}

function documentOf(image: Image, size: number) {
  return {
    version: versionText(image.version),
    security_counter: image.securityCounter,
    product: image.product,
    layouts: image.layouts,
    programmes: image.programmes,
    model: image.model ?? null,
    merchants: image.merchants ?? null,
    bytes: size,
    payload_bytes: image.payload.length,
    deflated_bytes: deflateRawSync(image.payload, { level: 9 }).length,
    hash: toHex(image.hash),
    key_hash: toHex(image.keyHash),
    test_key: isTestKey(image.keyHash),
  };
}

function linesOf(image: Image, size: number): string[] {
  const facts = documentOf(image, size);
  return [
    `version          ${facts.version}, security counter ${facts.security_counter}`,
    `product          ${facts.product}, reads state layouts ${image.layouts.lowest} to ${image.layouts.highest}`,
    `made for         ${image.model === undefined ? "any model" : `model ${image.model}`}, ${
      image.merchants === undefined ? "any merchant" : `merchants ${image.merchants.join(", ")}`
    }`,
    ...image.programmes.map(
      ({ number, version, name }) => `programme ${String(number).padEnd(6)} ${name}, version ${version}`,
    ),
    `size             ${facts.bytes} bytes, payload ${facts.payload_bytes}, deflated ${facts.deflated_bytes}`,
    `hash             ${facts.hash}`,
    `signer           ${facts.key_hash}${facts.test_key ? "  (the published TEST key: no production terminal takes it)" : ""}`,
  ];
}

export function imageFailure(path: string, reading: Extract<ImageReading, { ok: false }>): Failure {
  return new Failure(
    "C-IMAGE-02",
    `${path} is refused: ${reading.detail} (${reading.refusal})`,
    "the file was only read",
    [
      reading.refusal === "unknown-key"
        ? "give the public key of whoever signed it"
        : "build the image again, or ask whoever gave it to you for a fresh copy",
    ],
  );
}

interface BuildOptions {
  readonly output: string;
  readonly key: string;
  readonly imageVersion: ImageVersion;
  readonly securityCounter: number;
  readonly model?: string;
}

/** Model names are ASCII without spaces, as terminals say them. */
function parseModel(text: string): string {
  if (!/^[!-~]{1,32}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no name of a model`);
  return text;
}

async function build(console: Console, files: readonly string[], options: BuildOptions): Promise<void> {
  for (const file of files) readFile(file);
  const written = [options.output, `${options.output}.map`].map((file) => resolve(file));
  const overwritten = [...files, options.key].find((file) => written.includes(resolve(file)));
  if (overwritten !== undefined) {
    throw new Failure("C-FILE-04", `the image would overwrite ${overwritten}`, "nothing was written", [
      "name another file with -o",
    ]);
  }
  const signer = readSigner(options.key);
  try {
    const { imageVersion: version, securityCounter, model } = options;
    const made = { version, securityCounter, signer, ...(model === undefined ? {} : { model }) };
    const built = await buildImage(files, made);
    const types = typeCheck(files);
    const refusals = built.programmes.flatMap((programme, i) => refusalsOf(files[i]!, programme));
    const [refused] = [...refusals, ...(types.faults ?? [])];
    if (refused !== undefined) throw new BuildRefused(placeOf(refused), refused.problem);
    const reading = inspectImage(built.file, sha256);
    if (!reading.ok) throw new Error(`a fresh image does not read: ${reading.detail}`);
    const { deflated_bytes: deflated } = documentOf(reading.image, built.file.length);
    if (deflated > IMAGE_DEFLATED_MAX) {
      throw new Failure(
        "C-IMAGE-03",
        `the image comes to ${deflated} bytes deflated, at most ${IMAGE_DEFLATED_MAX}`,
        "nothing was written",
        ["take programmes out, or split them over two images"],
      );
    }
    writeFile(options.output, built.file);
    writeFile(`${options.output}.map`, built.sourceMap);
    const document = { file: options.output, ...documentOf(reading.image, built.file.length) };
    const untyped = types.why === null ? [] : [`types are not checked: ${types.why}`];
    tell(console, [`${options.output} written`, ...linesOf(reading.image, built.file.length), ...untyped], {
      ...document,
      types: types.why ?? "checked",
    });
  } catch (error) {
    if (!(error instanceof BuildRefused)) throw error;
    throw new Failure("C-IMAGE-01", `${error.where}: ${error.message}`, "no image was written", [
      "correct the programme file and build again",
    ]);
  }
}

export function imageCommands(program: Command, console: () => Console): void {
  const image = program.command("image").description("build, look at and verify images for terminals");
  image
    .command("build")
    .description("build a signed image from programme files")
    .argument("<file...>", "programme files (TypeScript)")
    .requiredOption("-o, --output <file>", "image file to write")
    .option("--key <pem>", 'Ed25519 private key in PEM form, or "test" for the published test key', "test")
    .addOption(
      new Option("--image-version <version>", "version of the image, like 1.2.3")
        .argParser(parseVersion)
        .default(parseVersion("1.0.0"), "1.0.0"),
    )
    .option("--security-counter <n>", "terminals never go back to a lower one", parseCounter, 1)
    .option("--model <name>", "only model of terminal that may run it; any where it is left out", parseModel)
    .action((files: string[], options: BuildOptions) => build(console(), files, options));
  image
    .command("inspect")
    .description("say what an image claims to be; its signature is NOT checked")
    .argument("<file>", "image file")
    .action((path: string) => {
      const file = readFile(path);
      const reading = inspectImage(file, sha256);
      if (!reading.ok) throw imageFailure(path, reading);
      const lines = [...linesOf(reading.image, file.length), "signature        not checked; use: cachet image verify"];
      tell(console(), lines, { ...documentOf(reading.image, file.length), verified: false });
    });
  image
    .command("verify")
    .description("verify an image as strictly as a terminal does")
    .argument("<file>", "image file")
    .requiredOption("--key <pem>", 'trusted Ed25519 public key in PEM form, or "test"')
    .action((path: string, options: { readonly key: string }) => {
      const file = readFile(path);
      const reading = verifyImage(file, {
        trustedKeys: [readPublicKey(options.key)],
        securityCounter: 0,
        layoutsInField: { lowest: STATE_LAYOUT, highest: STATE_LAYOUT },
        sha256,
        verify: verifyEd25519,
      });
      if (!reading.ok) throw imageFailure(path, reading);
      const lines = [`${path} is good`, ...linesOf(reading.image, file.length)];
      tell(console(), lines, { ...documentOf(reading.image, file.length), verified: true });
    });
}
