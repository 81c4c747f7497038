import type { RunResult, RunRow } from "../cards/run.ts";

const REASONS: Readonly<Record<string, string>> = {
  gone: "it left too early: present it again",
  refused: "the chip refused a command",
  "wrong-password": "it is closed with a password that is not this issuer's",
  "config-locked": "its configuration can never be changed",
  "unknown-chip": "no chip that has room for this order",
  "not-blank": "it holds something already",
  locked: "pages that must be written are locked for ever",
  "read-back-differs": "it does not read back as it was written",
  "counter-torn": "its counter does not settle",
  "counter-used": "its counter has been used: it is not new",
  "not-genuine": "its maker's signature does not verify",
};

export function rowLine(
  { result, card, uid, chip, reason, originality, milliseconds }: RunRow,
  done: number,
  of: number,
): string {
  const seconds = `${(milliseconds / 1_000).toFixed(1)} s`;
  const signature = originality === "genuine" ? "" : `, signature: ${originality ?? "not read"}`;
  switch (result) {
    case "written":
      return `${done}/${of}  ${card}  ${chip}  written, read back  ${seconds}${signature}`;
    case "already":
      return `       ${card}  was this issuer's card already; nothing new was given`;
    case "interrupted":
      return `       ${uid}  ${REASONS.gone}${card === null ? "" : ` (number ${card} is burnt unless it comes back)`}`;
    case "rejected":
      return `       ${uid}  PUT ASIDE: ${REASONS[reason ?? ""] ?? reason}${card === null ? "" : `; number ${card} is burnt`}`;
  }
}

export interface Summary {
  readonly written: number;
  readonly already: number;
  readonly rejected: readonly RunRow[];
  readonly interrupted: readonly RunRow[];
  readonly strange: number;
}

export function summaryOf({ rows }: RunResult, strange: number): Summary {
  const settled = new Set(
    rows.filter(({ result }) => result === "written" || result === "already").map(({ uid }) => uid),
  );
  const last = (result: RunRow["result"]) => rows.filter((row) => row.result === result && !settled.has(row.uid));
  return {
    written: rows.filter(({ result }) => result === "written").length,
    already: rows.filter(({ result }) => result === "already").length,
    rejected: last("rejected"),
    interrupted: last("interrupted"),
    strange,
  };
}

export function summaryLine({ written, already, rejected, interrupted, strange }: Summary, count: number): string {
  const parts = [
    `${written} of ${count} written, ${written} read back`,
    `${rejected.length + strange} put aside`,
    ...(interrupted.length > 0 ? [`${interrupted.length} left too early and not seen again`] : []),
    ...(already > 0 ? [`${already} were this issuer's already`] : []),
  ];
  return parts.join(", ");
}
