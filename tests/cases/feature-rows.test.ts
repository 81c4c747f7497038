import { describe, expect, it } from "vitest";
import { ROWS, rowDifferences, rowProgramme } from "./feature-rows.ts";

describe("what the product is asked to do", () => {
  it.each(ROWS.map((row) => [row.row, row] as const))("%s", (_name, row) => {
    expect(row.gives).toHaveLength(row.events.length);
    expect(rowDifferences(row, rowProgramme(row))).toEqual([]);
  });
});
