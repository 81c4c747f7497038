import { defineConfig } from "vitest/config";

const timeouts = { testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      {
        // Daemons, ports and the real command: they share one machine, so one file at a time.
        test: {
          ...timeouts,
          name: "flow",
          include: ["tests/flow/**/*.test.ts"],
          maxWorkers: 1,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // Nothing but computing: as many files at once as there are processors.
        test: {
          ...timeouts,
          name: "unit",
          include: ["{card-layout,firmware,host,terminal-sim}/src/**/*.test.ts", "tests/**/*.test.ts"],
          exclude: ["tests/flow/**", "tests/interruption/**"],
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Computing as well: one story, cut everywhere. What is a pure function of bytes is worked out once for the same bytes.
        test: {
          ...timeouts,
          name: "sweeps",
          include: ["tests/interruption/**/*.test.ts"],
          setupFiles: ["tests/fixtures/remembered-crypto.ts"],
          maxWorkers: "100%",
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
