// npm run build:terminal [-- --arch x64|arm64] [--sanitize]: the native terminal, with gcc, into out/terminal/.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ROOT, say, setUp } from "./runtime.mjs";

setUp();
const { build } = await import("esbuild");

/** What names of another architecture's compiler begin with, and the folder of the engine built for it. */
const TARGETS = {
  x64: { prefix: "x86_64-linux-gnu-", engine: "x86_64-unknown-linux-gnu" },
  arm64: { prefix: "aarch64-linux-gnu-", engine: "aarch64-unknown-linux-gnu" },
};
const PORT = join(ROOT, "firmware", "ports", "linux");
const SOURCES = join(ROOT, "firmware", "src");
/** Files, as firmware/src names them, that the port has its own of. */
const PORT_CODE = {
  "../../card-layout/src/record/byte-loops.ts": "conversions.ts",
  "hal/characters.ts": "conversions.ts",
  "journal/crc32.ts": "conversions.ts",
  "supervisor/crypto.ts": "crypto.ts",
  "wire/utf8.ts": "conversions.ts",
};
const ENGINES = join(ROOT, "node_modules", "@suchipi", "quickjs", "build");
const HARDENING = [
  ..."-fstack-protector-strong -fstack-clash-protection -fPIE -pie".split(" "),
  ..."-Wl,-z,relro,-z,now -Wl,-z,noexecstack".split(" "),
];
const WARNINGS = "-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion -Werror".split(
  " ",
);

function fail(problem, next) {
  say(`error: ${problem}`);
  say(`  Next:  ${next}`);
  process.exit(1);
}

function run(program, args, cwd = ROOT) {
  const { status, error } = spawnSync(program, args, { cwd, stdio: ["ignore", 2, 2] });
  if (error?.code === "ENOENT")
    fail(`${program} is not installed`, "on Debian: npm test installs what is missing, as root");
  if (status !== 0) fail(`${program} ended with ${status}, see above`, "put right what it names, and run this again");
}

const { values } = parseArgs({ options: { arch: { type: "string" }, sanitize: { type: "boolean", default: false } } });
const arch = values.arch ?? process.arch;
const target = TARGETS[arch];
if (target === undefined) fail(`no architecture ${arch}`, `choose one of ${Object.keys(TARGETS).join(", ")}`);
if (process.platform !== "linux")
  fail(`the native terminal is built on Linux, not ${process.platform}`, "use a Linux computer");

const toolOf = (name) => (arch === process.arch ? name : `${target.prefix}${name}`);
// Relative to the checkout, wherever it lies: the same sources give the same bytes.
const folder = join("out", "terminal");
const name = `cachet-terminal-${arch}${values.sanitize ? "-sanitized" : ""}`;
const kept = join(folder, `${name}.build`);
// Several may build at a time, each in a folder of its own: no name of it is in what is built.
const work = `${kept}-${process.pid}`;
process.chdir(ROOT);
mkdirSync(work, { recursive: true });

const script = join(work, "supervisor.js");
await build({
  entryPoints: [join(PORT, "main.ts")],
  bundle: true,
  format: "iife",
  target: "es2023",
  platform: "neutral",
  mainFields: ["module", "main"],
  minify: true,
  charset: "utf8",
  legalComments: "none",
  banner: { js: '"use strict";' },
  absWorkingDir: ROOT,
  outfile: script,
  logLevel: "warning",
  plugins: [
    {
      // Cryptography, and what goes over every byte, is the port's here.
      name: "port-code",
      setup({ onResolve }) {
        onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ resolveDir, importer, path }) => {
          // The port's own may go on to the plain one.
          if (importer.startsWith(PORT)) return undefined;
          const own = PORT_CODE[relative(SOURCES, resolve(resolveDir, path))];
          return own === undefined ? undefined : { path: join(PORT, own) };
        });
      },
    },
  ],
});

// Bytecode is the same for both: little-endian, pointers of 64 bits.
const bytecode = join(work, "supervisor.c");
const host = TARGETS[process.arch].engine;
run(
  join(ENGINES, host, "bin", "qjsc"),
  ["-c", "-N", "supervisor_bytecode", "-o", basename(bytecode), basename(script)],
  join(ROOT, work),
);

const sources = readdirSync(join(PORT, "native"))
  .filter((file) => file.endsWith(".c"))
  .sort();
const engine = join(ENGINES, target.engine);
const binary = join(folder, name);
// With its symbols it stays in the work folder, for a debugger.
const unstripped = join(work, name);
run(toolOf("gcc"), [
  ..."-std=c17 -D_GNU_SOURCE -O2 -g".split(" "),
  ...WARNINGS,
  ...(values.sanitize ? ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"] : ["-D_FORTIFY_SOURCE=2"]),
  ...HARDENING,
  ...(arch === "x64" ? ["-fcf-protection=full"] : ["-mbranch-protection=standard"]),
  `-ffile-prefix-map=${resolve(ROOT)}=.`,
  `-ffile-prefix-map=${work}=${kept}`,
  // Else the shorter name of a header stands there, where its folder has two.
  "-fno-canonical-system-headers",
  "-isystem",
  join(engine, "include"),
  "-o",
  unstripped,
  ...sources.map((file) => join(PORT, "native", file)),
  bytecode,
  join(engine, "lib", "quickjs-core.a"),
  ..."-lm -ldl -lpthread".split(" "),
]);
const stripped = `${unstripped}.stripped`;
if (values.sanitize) copyFileSync(unstripped, stripped);
else run(toolOf("strip"), ["-o", stripped, unstripped]);
// At once: somebody may be running the one before.
renameSync(stripped, binary);
rmSync(kept, { recursive: true, force: true });
try {
  renameSync(work, kept);
} catch (error) {
  if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  // Somebody else's came in between, and is the same.
  rmSync(work, { recursive: true, force: true });
}
say(`built ${binary}: ${statSync(binary).size} bytes`);
