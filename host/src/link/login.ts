import { loginInstaller, type RefusalOf, type ResponseOf, terminalIdentity } from "@cachet/firmware/wire";
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

/** What an installer signs to be let in: made from the terminal's challenge, so that no signature opens twice. */
export type LoginMessage = (identity: TerminalIdentity) => Uint8Array;

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

/** Opens the commands that need a key. Answers with the installer's name as the certificate has it. Rejects with `LinkFault`. */
export async function login(client: SmpClient, key: InstallerKey, message: LoginMessage): Promise<Login> {
  for (let time = 1; ; time += 1) {
    const identity = await client.call(terminalIdentity, {});
    if (!identity.ok) return { ok: false, refusal: "unknown", detail: identity.detail };
    try {
      const { certificate } = key;
      const answer = await client.call(loginInstaller, { certificate, signature: key.sign(message(identity.value)) });
      if (answer.ok || answer.refusal !== "no-challenge" || time === TRIES) return answer;
    } catch (error) {
      if (time === TRIES) throw error;
    }
  }
}
