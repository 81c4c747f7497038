// npm start: makes the checkout ready and runs the main job on real purchases.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runNode, setUp } from "./runtime.mjs";

setUp();
const given = process.argv.slice(2);
const home = join("out", "town");
const ownHome = given.some((word) => word === "--home" || word.startsWith("--home="));
if (!ownHome) rmSync(join(ROOT, home), { recursive: true, force: true });
runNode([join("host", "bin", "cachet.mjs"), "sim", "world", ...(ownHome ? [] : ["--home", home]), ...given]);
