// System packages that tests and optional parts use. Installed with apt as root on Debian, otherwise named.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT, say } from "./runtime.mjs";

/** What the tests run against besides Node, and how to see whether it is there. */
const PACKAGES = [
  { name: "libpcsclite-dev", isThere: () => existsSync("/usr/include/PCSC/winscard.h") },
  { name: "g++", isThere: () => has("g++") },
  { name: "gcc-aarch64-linux-gnu", isThere: () => process.arch !== "x64" || has("aarch64-linux-gnu-gcc") },
  {
    name: "libc6-dev-arm64-cross",
    isThere: () => process.arch !== "x64" || existsSync("/usr/aarch64-linux-gnu/include/stdio.h"),
  },
  { name: "qemu-user-static", isThere: () => process.arch !== "x64" || has("qemu-aarch64-static") },
  { name: "make", isThere: () => has("make") },
  { name: "python3", isThere: () => has("python3") },
  { name: "pcscd", isThere: () => has("pcscd") || existsSync("/usr/sbin/pcscd") },
  { name: "openssl", isThere: () => has("openssl") },
  { name: "postgresql", isThere: hasPostgres },
  { name: "mmdebstrap", isThere: () => has("mmdebstrap") },
  { name: "systemd", isThere: () => has("systemd-analyze") },
  { name: "vsmartcard-vpcd", isThere: () => existsSync("/etc/reader.conf.d/vpcd") },
];

/** What soaks run besides. */
export const FOR_SOAKS = [{ name: "valgrind", isThere: () => has("valgrind") }];

/** The server: Debian puts the client alone into the same folder. */
function hasPostgres() {
  const versions = "/usr/lib/postgresql";
  return existsSync(versions) && readdirSync(versions).some((one) => existsSync(join(versions, one, "bin", "initdb")));
}

function has(program) {
  return spawnSync("sh", ["-c", `command -v ${program}`], { stdio: "ignore" }).status === 0;
}

const isDebian = () => process.platform === "linux" && existsSync("/etc/debian_version") && has("apt-get");

/** Installs what is missing where that is possible; gives the names that are still missing, and says how to get them. */
export function ensureSystemPackages(packages = PACKAGES) {
  const missing = () => packages.filter(({ isThere }) => !isThere()).map(({ name }) => name);
  const wanted = missing();
  if (wanted.length === 0) return [];
  if (isDebian() && process.getuid?.() === 0) {
    say(`set-up: installing ${wanted.join(", ")} with apt`);
    const options = {
      timeout: 300_000,
      stdio: ["ignore", "ignore", 2],
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    spawnSync("apt-get", ["update", "-qq"], options);
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...wanted], options);
  }
  const left = missing();
  if (left.length > 0) say(`set-up: missing: ${left.join(", ")}; on Debian: sudo apt-get install ${left.join(" ")}`);
  return left;
}

/** Builds the optional PC/SC packages once their headers are there. Says what became of each; nothing fails without them. */
export function ensureSmartcard() {
  return `${ensureNative("smartcard")}; pcsclite: ${ensureNative("pcsclite")}`;
}

function ensureNative(name) {
  const folder = join(ROOT, "node_modules", name);
  const loads = () => {
    try {
      createRequire(import.meta.url)(folder);
      return true;
    } catch {
      return false;
    }
  };
  if (!existsSync(folder)) return "not installed";
  if (loads()) return "ready";
  if (!existsSync("/usr/include/PCSC/winscard.h") || !has("g++"))
    return "not built: its headers or a compiler are missing";
  say(`set-up: building the optional package ${name}`);
  // Only this package's own install script runs, with the headers of the Node that will load it.
  const headers = join(process.execPath, "..", "..");
  const nodedir = existsSync(join(headers, "include", "node", "node_api.h")) ? [`--nodedir=${headers}`] : [];
  const built = spawnSync("npm", ["rebuild", name, "--ignore-scripts=false", "--loglevel=error", ...nodedir], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "ignore"],
  });
  return built.status === 0 && loads() ? "ready" : "not built: its compilation failed";
}
