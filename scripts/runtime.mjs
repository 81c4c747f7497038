// The checkout's own Node and packages. Plain JavaScript for any Node from 18 on: it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const NODE_VERSION = readFileSync(join(ROOT, ".nvmrc"), "utf8").trim();
export const NODE_MAJOR = Number(NODE_VERSION.split(".")[0]);
const NODE_FOLDER = join(ROOT, ".node");
// The npm package "node" is a wrapper around one package for each platform; the platform's own needs no install script.
const NODE_PACKAGE = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const NODE_BINARY = join(
  NODE_FOLDER,
  "node_modules",
  NODE_PACKAGE,
  "bin",
  process.platform === "win32" ? "node.exe" : "node",
);

export const say = (line) => process.stderr.write(`${line}\n`);

/** The path of a Node of the right major version, or null. */
export function findNode() {
  if (Number(process.versions.node.split(".")[0]) === NODE_MAJOR) return process.execPath;
  return existsSync(NODE_BINARY) ? NODE_BINARY : null;
}

/** The exit code of a child: its own, or 128 and the number of the signal that ended it. */
const exitOf = ({ status, signal }) => (signal ? 128 + (constants.signals[signal] ?? 0) : (status ?? 70));

const npm = (args, cwd) => {
  const result = spawnSync("npm", [...args, "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"], {
    cwd,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.error?.code === "ENOENT") say("npm is not installed, or not on the path");
  return result.status === 0;
};

function fetchNode() {
  say(`set-up: this Node is ${process.version}; fetching Node ${NODE_VERSION} through npm into .node/`);
  mkdirSync(NODE_FOLDER, { recursive: true });
  writeFileSync(join(NODE_FOLDER, "package.json"), "{}\n");
  if (!npm(["install", `${NODE_PACKAGE}@${NODE_VERSION}`], NODE_FOLDER) || !existsSync(NODE_BINARY)) {
    say(`error C-NODE-02: Node ${NODE_VERSION} could not be fetched for ${process.platform} ${process.arch}`);
    say("  State: nothing was installed");
    say(
      `  Next:  install Node ${NODE_MAJOR} yourself, or check the connection to the npm registry, and run this again`,
    );
    process.exit(1);
  }
}

/** Runs the calling script again with the right Node, and ends with its exit code. Returns when this already is the right one. */
export function ensureNode() {
  if (findNode() === process.execPath) return;
  if (findNode() === null) fetchNode();
  const again = spawnSync(NODE_BINARY, process.argv.slice(1), { stdio: "inherit" });
  process.exit(exitOf(again));
}

/** Installs the packages of the lock file, unless they already are. Compiles and downloads nothing else. */
export function ensurePackages() {
  const hash = createHash("sha256").update(readFileSync(join(ROOT, "package-lock.json")));
  const lock = `${hash.digest("hex")} ${process.platform} ${process.arch} ${NODE_MAJOR}`;
  const mark = join(ROOT, "node_modules", ".cachet-installed");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  say("set-up: installing the packages of package-lock.json");
  rmSync(mark, { force: true });
  // Not "npm ci": it stops where a registry lacks the optional package of some other platform.
  if (!npm(["install", "--no-save"], ROOT)) {
    say("error C-NODE-03: npm install failed, see above");
    say("  State: packages are not complete\n  Next:  check the connection to the npm registry and run this again");
    process.exit(1);
  }
  writeFileSync(mark, lock);
}

/** Runs a program with the checkout's Node; ends this process with its exit code when it fails. */
export function runNode(args, options = {}) {
  const ended = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit", ...options });
  if (ended.status !== 0) process.exit(exitOf(ended));
}

/** Makes the checkout ready: the right Node, then the packages. */
export function setUp() {
  ensureNode();
  ensurePackages();
}
