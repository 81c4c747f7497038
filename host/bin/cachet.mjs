#!/usr/bin/env node
// Starts the command with the project's Node: plain JavaScript, so that an older Node can say what it lacks.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { findNode, NODE_MAJOR } from "../../scripts/runtime.mjs";

const main = new URL("../src/cli/main.ts", import.meta.url);

const packages = new URL("../../node_modules/tsx", import.meta.url);
if (!existsSync(packages)) {
  console.error("error C-NODE-03: the packages of the checkout are not installed");
  console.error("  State: nothing was done\n  Next:  run npm start once in the checkout; it installs them by itself");
  process.exitCode = 1;
} else if (Number(process.versions.node.split(".")[0]) === NODE_MAJOR) {
  process.removeAllListeners("warning");
  const { register } = await import("tsx/esm/api");
  register();
  const { run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  const node = findNode();
  if (node === null) {
    console.error(`error C-NODE-01: cachet needs Node ${NODE_MAJOR}, this is ${process.version}`);
    console.error("  State: nothing was done\n  Next:  run npm start once in the checkout; it fetches Node by itself");
    process.exitCode = 1;
  } else {
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
    // Ctrl-C reaches the child too, which may have a card to finish: it alone says when the command ends.
    process.on("SIGINT", () => {});
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("exit", (status, signal) => {
      process.exitCode = signal ? 128 + (constants.signals[signal] ?? 0) : (status ?? 70);
    });
  }
}
