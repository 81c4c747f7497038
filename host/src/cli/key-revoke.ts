import type { Content } from "../keys/content.ts";
import { revokeKey } from "../keys/generations.ts";
import { revokeInstaller } from "../keys/installers.ts";
import { AREA, IDENTITY, type KeyName, nameOfKey } from "../keys/key-record.ts";
import { type Console, tell } from "./console.ts";
import { Failure } from "./failure.ts";
import { changeRing } from "./key-change.ts";
import { usageFailure } from "./key-file.ts";
import type { KeyTools, SealedOptions } from "./key-options.ts";

/** What `cachet keys revoke` was told. */
export interface RevokeOptions extends SealedOptions {
  readonly issuer?: number;
  readonly programme?: number;
  readonly generation?: number;
  readonly installer?: number;
}

type Target = { readonly key: KeyName } | { readonly installer: number };

function targetOf({ issuer, programme, generation, installer }: RevokeOptions): Target {
  const named = [issuer, programme, installer].filter((number) => number !== undefined).length;
  if (named !== 1) {
    throw usageFailure("one key is revoked at a time", "name --installer, --programme or --issuer, once");
  }
  if (installer !== undefined) {
    if (generation === undefined) return { installer };
    throw usageFailure("an installer's key has no generations", "leave --generation away");
  }
  if (generation === undefined) {
    throw usageFailure("which generation was not said", "name it with --generation; cachet keys status lists them");
  }
  const [role, number] = issuer === undefined ? [AREA, programme!] : [IDENTITY, issuer];
  return { key: { role, number, generation } };
}

const refusedTo = (detail: string, next: string): Failure =>
  new Failure("C-KEY-16", detail, "nothing was changed", [next, "to see what is there: cachet keys status"]);

function keyRevoked(content: Content, key: KeyName): { readonly content: Content; readonly lines: readonly string[] } {
  const revoked = revokeKey(content, key);
  if (!revoked.ok) {
    const isCurrent = revoked.refusal === "current-key";
    const option = key.role === AREA ? "--programme" : "--issuer";
    throw refusedTo(
      revoked.detail,
      isCurrent
        ? `make the next one first, and bring it to every terminal: cachet keys rotate ${option} ${key.number}`
        : "look at the number and the generation",
    );
  }
  return {
    content: revoked.content,
    lines: [
      `${nameOfKey(key)} is revoked`,
      "The next lists name it. From then on terminals neither spend nor rewrite what was sealed under it.",
    ],
  };
}

function installerRevoked(content: Content, serial: number) {
  const revoked = revokeInstaller(content, serial);
  if (!revoked.ok) throw refusedTo(revoked.detail, "look at the serial");
  const { name } = revoked.revoked;
  return {
    content: revoked.content,
    lines: [
      `the key of installer ${serial}, ${name}, is revoked`,
      "The next lists name it. A terminal refuses it from the moment it has such a list.",
      `The bundle of ${name} holds card keys too: where it may be open to others, rotate them: cachet keys rotate --issuer N`,
    ],
  };
}

/** `cachet keys revoke`. */
export async function revoke(console: Console, options: RevokeOptions, tools: KeyTools): Promise<void> {
  const target = targetOf(options);
  let lines: readonly string[] = [];
  await changeRing(console, options, tools, (content) => {
    const change = "key" in target ? keyRevoked(content, target.key) : installerRevoked(content, target.installer);
    lines = change.lines;
    return change.content;
  });
  const [what, ...next] = lines;
  tell(console, lines, { ...("key" in target ? target.key : target), revoked: true, what, next });
}
