// npm start: makes the checkout ready and runs the main job on real purchases.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runNode, setUp } from "./runtime.mjs";

setUp();
const home = join("out", "town");
rmSync(join(ROOT, home), { recursive: true, force: true });
runNode([join("host", "bin", "cachet.mjs"), "sim", "world", "--home", home, ...process.argv.slice(2)]);
