import { loginInstaller, loginMessage, type RefusalOf, type ResponseOf, terminalIdentity } from "@cachet/firmware/wire";
import { sha256 } from "../ports/crypto.ts";
import type { Answer } from "./answer.ts";
import type { SmpClient } from "./smp-client.ts";

/** Who a terminal says that it is, and the challenge for a login. */
export type TerminalIdentity = ResponseOf<typeof terminalIdentity>;

/** An installer's key: the office's certificate of it, and signatures. The secret stays where it is. */
export interface InstallerKey {
  readonly certificate: Uint8Array;
  /** An Ed25519 signature of 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/** One short question that any terminal of ours answers, key or not. Nothing changes but the challenge. */
export async function hello(
  client: SmpClient,
  options: { readonly timeoutMs: number; readonly tries: number },
): Promise<Answer<TerminalIdentity, RefusalOf<typeof terminalIdentity>>> {
  return client.call(terminalIdentity, {}, options);
}

type Login = Answer<ResponseOf<typeof loginInstaller>, RefusalOf<typeof loginInstaller>>;
/** A challenge is used up by the first try: a new one is asked for where that try was lost. */
const TRIES = 3;

/**
 * Opens the commands that need a key, by a signature over the terminal's challenge (wire/installer.ts): no signature opens twice.
 * Answers with the installer's name as the certificate has it. Rejects with `LinkFault`.
 */
export async function login(client: SmpClient, key: InstallerKey): Promise<Login> {
  for (let time = 1; ; time += 1) {
    const identity = await client.call(terminalIdentity, {});
    if (!identity.ok) return { ok: false, refusal: "unknown", detail: identity.detail };
    try {
      const { certificate } = key;
      const { key: terminal, challenge } = identity.value;
      const signature = key.sign(loginMessage(sha256, terminal, challenge, certificate));
      const answer = await client.call(loginInstaller, { certificate, signature });
      if (answer.ok || answer.refusal !== "no-challenge" || time === TRIES) return answer;
    } catch (error) {
      if (time === TRIES) throw error;
    }
  }
}
