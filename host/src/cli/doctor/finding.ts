/**
 * `ok`: as it should be, or not needed here. `warn`: missing or unwise; what needs it will say so. `fail`: it is there and
 * does not work, or work would go wrong because of it.
 */
export type Status = "ok" | "warn" | "fail";

/** What one probe found. `next` is what to do about it; null where nothing is to be done. */
export interface Finding {
  readonly name: string;
  readonly status: Status;
  readonly finding: string;
  readonly next: string | null;
}

/** What is found out about one thing, and how. */
export interface Probe {
  readonly name: string;
  look(): Promise<Omit<Finding, "name"> | readonly Finding[]>;
}

export const ok = (finding: string) => ({ status: "ok", finding, next: null }) as const;
export const warn = (finding: string, next: string) => ({ status: "warn", finding, next }) as const;
export const fail = (finding: string, next: string) => ({ status: "fail", finding, next }) as const;

/** How long a probe may look before that itself is the finding. */
export const PROBE_LIMIT_MS = 5_000;

/** Findings of a probe, and whether it had none in time and may still be at it. */
export interface Looked {
  readonly findings: readonly Finding[];
  readonly late: boolean;
}

const problemOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function seen({ name, look }: Probe): Promise<Looked> {
  try {
    const found = await look();
    return { late: false, findings: "status" in found ? [{ name, ...found }] : found };
  } catch (error) {
    return {
      late: false,
      findings: [
        {
          name,
          ...fail(
            `could not be looked at: ${problemOf(error)}`,
            "check your rights to it; if that is not it, report these words",
          ),
        },
      ],
    };
  }
}

/** What a probe finds within the limit. Never throws, and never takes longer. */
export async function looked(probe: Probe, limitMs: number): Promise<Looked> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<Looked>((resolve) => {
    const next = "whatever is behind it hangs: end or unplug it, or start this computer again";
    const finding = { name: probe.name, ...fail(`no answer within ${limitMs} ms`, next) };
    timer = setTimeout(() => resolve({ late: true, findings: [finding] }), limitMs);
  });
  try {
    return await Promise.race([seen(probe), over]);
  } finally {
    clearTimeout(timer);
  }
}
