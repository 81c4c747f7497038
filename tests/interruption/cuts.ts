import { type Mishap, type OperationKind, TORN_PAGES } from "@cachet/terminal-sim";

/** What the customer does once a visit was cut. */
export type Afterwards = "same visit again" | "another visit" | "another terminal first" | "settle";
const AFTERWARDS: readonly Afterwards[] = ["same visit again", "another visit", "another terminal first", "settle"];

export interface Cut {
  readonly operation: number;
  readonly mishap: Mishap;
  readonly afterwards: Afterwards;
  readonly returns: boolean;
}

const card1 = (when: Mishap["when"]): Mishap[] => [
  { what: "card", when },
  { what: "power", when },
];

/** Every way in which one operation can be interrupted. */
export function mishapsFor(kind: OperationKind): Mishap[] {
  const inside = (pages: readonly (typeof TORN_PAGES)[number][]) =>
    pages.flatMap((page): Mishap[] => [
      { what: "card", when: "inside", torn: { page, part: 0 } },
      { what: "power", when: "inside", torn: { page, part: 0 } },
    ]);
  switch (kind) {
    case "card-read":
      return [...card1("before"), ...card1("after")];
    case "card-write":
      return [...card1("before"), ...inside(TORN_PAGES), ...card1("after")];
    case "card-count":
      return [...card1("before"), ...inside(["old", "new"]), ...card1("after")];
    case "journal-append":
    case "file-append":
    case "file-truncate": {
      const parts = [1, 8, 100, 200, 255].map(
        (part): Mishap => ({ what: "power", when: "inside", torn: { page: "old", part } }),
      );
      return [{ what: "power", when: "before" }, ...parts, { what: "power", when: "after" }];
    }
    case "file-replace": {
      const either = (["old", "new"] as const).map(
        (page): Mishap => ({ what: "power", when: "inside", torn: { page, part: 0 } }),
      );
      return [{ what: "power", when: "before" }, ...either, { what: "power", when: "after" }];
    }
  }
}

/** Every cut of a visit with these operations, and what the customer does afterwards. */
export function* cutsOf(operations: readonly OperationKind[]): Generator<Cut> {
  for (const [operation, kind] of operations.entries()) {
    for (const mishap of mishapsFor(kind)) {
      for (const afterwards of AFTERWARDS) {
        for (const returns of mishap.what === "card" ? [true, false] : [false]) {
          yield { operation, mishap, afterwards, returns };
        }
      }
    }
  }
}

/** Cuts that interrupt the visit alike, with all that follows, together. */
export function alike(cuts: readonly Cut[]): Cut[][] {
  const groups = new Map<string, Cut[]>();
  for (const cut of cuts) {
    const { operation, mishap, returns } = cut;
    const name = JSON.stringify([operation, mishap, returns]);
    groups.set(name, [...(groups.get(name) ?? []), cut]);
  }
  return [...groups.values()];
}
