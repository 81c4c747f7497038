#!/usr/bin/env node
// Starts the command with the right Node: plain JavaScript, so that an older Node can say what it lacks.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const main = new URL("../src/cli/main.ts", import.meta.url);
const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const NODE_MAJOR = Number(/\d+/.exec(engines.node)[0]);

// In a checkout, its own Node can be fetched; an installed package has none.
const runtime = new URL("../../scripts/runtime.mjs", import.meta.url);
const checkout = existsSync(runtime) ? await import(runtime.href) : null;

function hasPackages() {
  try {
    createRequire(import.meta.url).resolve("tsx/esm/api");
    return true;
  } catch {
    return false;
  }
}

function refuse(code, what, next) {
  console.error(`error ${code}: ${what}\n  State: nothing was done\n  Next:  ${next}`);
  process.exitCode = 1;
}

function runWith(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit" });
  // Ctrl-C reaches the child too, which may have a card to finish: it alone says when the command ends.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (status, signal) => {
    process.exitCode = signal ? 128 + (constants.signals[signal] ?? 0) : (status ?? 70);
  });
}

if (!hasPackages()) {
  const next =
    checkout === null
      ? "install it with npm, which fetches what it needs"
      : "run npm start once in the checkout; it installs them by itself";
  refuse("C-NODE-03", `the packages of the ${checkout === null ? "command" : "checkout"} are not installed`, next);
} else if (Number(process.versions.node.split(".")[0]) === NODE_MAJOR) {
  process.removeAllListeners("warning");
  const { register } = await import("tsx/esm/api");
  register();
  const { run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
} else {
  const node = checkout?.findNode() ?? null;
  const next =
    checkout === null
      ? `install Node ${NODE_MAJOR} and run it again`
      : "run npm start once in the checkout; it fetches Node by itself";
  if (node === null) refuse("C-NODE-01", `cachet needs Node ${NODE_MAJOR}, this is ${process.version}`, next);
  else runWith(node);
}
