import type { Content } from "../keys/content.ts";
import { compareKeys, fingerprint, type KeyRecord } from "../keys/key-record.ts";
import { utcText } from "../keys/open.ts";
import type { SealedHeader } from "../keys/sealed-file.ts";

const DAY = 86_400;

/** A key as people and programs may see it: never its secret. `now` in UTC seconds. */
export function keyDocument(key: KeyRecord, now: number) {
  return {
    role: key.role,
    number: key.number,
    generation: key.generation,
    state: key.state,
    made_on: utcText(key.madeAt),
    age_days: Math.max(0, Math.floor((now - key.madeAt) / DAY)),
    test: key.test,
    fingerprint: fingerprint(key.secret),
  };
}

/** One line for each key, under a line of headings. */
export function keyLines(keys: readonly KeyRecord[], now: number): string[] {
  const rows = [...keys].sort(compareKeys).map((key) => {
    const shown = keyDocument(key, now);
    const age = shown.age_days === 1 ? "1 day" : `${shown.age_days} days`;
    const { role, number, generation, state } = shown;
    return [role, `${number}`, `${generation}`, state, age, shown.test ? "TEST" : "no", shown.fingerprint];
  });
  const table = [["role", "number", "generation", "state", "age", "test", "fingerprint"], ...rows];
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

const costText = ({ logN, r, p }: SealedHeader["cost"]): string => `scrypt N = 2^${logN}, r = ${r}, p = ${p}`;

/** What a file says of itself before it was opened. */
export function headerLines(path: string, { kind, sealedAt, cost }: SealedHeader): string[] {
  const what = kind === "ring" ? "the office's key ring" : "an installer's bundle";
  return [
    `file             ${path}`,
    `holds            ${what}`,
    `sealed           ${utcText(sealedAt)}, ${costText(cost)}`,
  ];
}

/** The same for programs. */
export function headerDocument(path: string, { kind, sealedAt, cost }: SealedHeader) {
  return {
    file: path,
    kind,
    sealed_on: utcText(sealedAt),
    scrypt: { n: 2 ** cost.logN, r: cost.r, p: cost.p },
  };
}

/** To whom a bundle was lent, and whether that time is over. Empty for the office's ring. */
export function lendingLines({ lending }: Content, now: number): string[] {
  if (lending === null) return [];
  const { holder, expiresAt } = lending;
  return [`lent to          ${holder}, until ${utcText(expiresAt)}${now >= expiresAt ? "  EXPIRED" : ""}`];
}

/** The same for programs. */
export function lendingDocument({ lending }: Content, now: number) {
  if (lending === null) return {};
  const { holder, expiresAt } = lending;
  return { lent_to: holder, expires_on: utcText(expiresAt), expired: now >= expiresAt };
}
