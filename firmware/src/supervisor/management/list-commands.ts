import { type ListRefusal, listApply, listStatus, refused } from "../../wire/index.ts";
import type { Access } from "../access.ts";
import { LAYOUT_OF_ALL_IMAGES, type ListStore } from "../list-store.ts";
import type { LineFolder } from "./line-folder.ts";
import type { Managed } from "./managed.ts";
import { type ManagementServer, orWriteFailed } from "./server.ts";

const REFUSALS = {
  "not-a-list": "bad-format",
  "newer-format": "bad-format",
  inconsistent: "bad-format",
  forged: "not-signed",
  "other-issuer": "not-accepted",
  older: "older",
  already: "older",
  "missing-delta": "missing-delta",
  "too-many": "too-large",
} as const satisfies Readonly<Record<ListRefusal, string>>;

/** Group 66: the office's list. */
export function serveLists(
  server: ManagementServer,
  managed: Managed,
  lists: ListStore | null,
  folder: LineFolder,
  access: Access,
): void {
  server.serve(listStatus, () => {
    const { blocked = 0, credits = 0, issued = null } = lists?.counts ?? {};
    return {
      version: lists?.version ?? 0,
      ...(issued === null ? {} : { issued }),
      blocked,
      credits,
      writeLayout: lists?.writeLayout ?? LAYOUT_OF_ALL_IMAGES,
    };
  });
  server.serve(listApply, async ({ name }) => {
    const blank = () => refused("not-provisioned", "the terminal belongs to nobody yet");
    if (lists === null) return blank();
    const file = folder.take(name);
    if (file === null) return refused("no-such-range", `no whole file ${name}`);
    return orWriteFailed(async () => {
      const outcome = await managed.takeList(file);
      if (outcome === null) return blank();
      // A key that this list revokes opens nothing any more, at once.
      if (access.session !== null && lists.isRevokedKey(access.session.keyHash)) access.close();
      if (outcome.applied || outcome.refusal === "already") return { version: outcome.held };
      return refused(REFUSALS[outcome.refusal], outcome.detail);
    });
  });
}
