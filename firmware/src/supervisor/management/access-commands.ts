import {
  encodeRequest,
  loginInstaller,
  logoutInstaller,
  provisionRequest,
  provisionTerminal,
  refused,
  terminalIdentity,
} from "../../wire/index.ts";
import type { Access, LoginRefusal } from "../access.ts";
import type { Origin } from "../belonging.ts";
import type { ListStore } from "../list-store.ts";
import type { ProvisionRefusal } from "../provision-store.ts";
import type { Managed } from "./managed.ts";
import { type ManagementServer, orWriteFailed } from "./server.ts";

const LOGIN_REFUSALS = {
  "not-provisioned": "not-provisioned",
  "no-challenge": "no-challenge",
  "bad-certificate": "not-accepted",
  "bad-signature": "not-signed",
  revoked: "revoked",
  expired: "expired",
} as const satisfies Readonly<Record<LoginRefusal, string>>;

/** Words of a provision's refusal as the line tells them; every other one is "not accepted", with its sentence. */
const PROVISION_REFUSALS: Readonly<
  Partial<Record<ProvisionRefusal, "not-signed" | "other-terminal" | "older" | "bad-format">>
> = {
  malformed: "bad-format",
  "newer-format": "bad-format",
  "bad-signature": "not-signed",
  "other-device": "other-terminal",
  "sealed-for-another": "other-terminal",
  "older-serial": "older",
};

/** Group 66: who the terminal is, who may command it, and whose it becomes. */
export function serveAccess(
  server: ManagementServer,
  managed: Managed,
  access: Access,
  { belonging, signer, provisioning }: Origin,
  lists: ListStore | null,
): void {
  const { hardware } = managed;
  server.serve(terminalIdentity, () => ({
    model: hardware.model,
    serial: hardware.serial,
    key: signer.publicKey,
    challenge: access.challenge(),
    ...(belonging === null
      ? {}
      : {
          terminal: belonging.facts.terminal,
          merchant: belonging.facts.merchant,
          name: belonging.merchantName.slice(0, 80),
        }),
    production: belonging?.facts.production ?? false,
    open: belonging?.isOpen ?? false,
    granted: access.isGranted(),
  }));
  server.serve(loginInstaller, ({ certificate, signature }) => {
    const { utc, suspect } = managed.clock.now();
    const isRevoked = (keyHash: Uint8Array) => lists?.isRevokedKey(keyHash) ?? false;
    const login = access.login(certificate, signature, { utc, clockSuspect: suspect, isRevoked });
    if (!login.ok) return refused(LOGIN_REFUSALS[login.refusal], login.detail);
    return { name: login.session?.name ?? "" };
  });
  server.serve(logoutInstaller, () => {
    access.close();
    return {};
  });
  server.serve(provisionRequest, () => {
    if (provisioning === null) return refused("not-supported", "what this terminal is was fixed by its maker");
    const held = provisioning.store.current;
    const body = {
      model: hardware.model,
      hardware: hardware.serial,
      x25519: provisioning.device.x25519,
      ...(held === null ? {} : { provisioned: { terminal: held.facts.terminal, serial: held.serial } }),
      nonce: access.challenge(),
    };
    return { request: encodeRequest(body, signer) };
  });
  server.serve(provisionTerminal, async ({ provision }) => {
    if (provisioning === null) return refused("not-supported", "what this terminal is was fixed by its maker");
    if (managed.isBusy()) return refused("busy", "a visit is under way");
    const circumstances = { pinnedOffice: lists?.officeKey ?? null, hasJournal: (managed.journal?.count ?? 0) > 0 };
    return orWriteFailed(async () => {
      const acceptance = await provisioning.store.accept(provision, circumstances);
      if (!acceptance.ok) return refused(PROVISION_REFUSALS[acceptance.refusal] ?? "not-accepted", acceptance.detail);
      // What runs was started under the old one.
      if (acceptance.outcome === "taken") managed.reset();
      return { serial: acceptance.provision.serial };
    });
  });
}
