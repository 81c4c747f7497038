// npm run check: types, lint and format, then every test. With --static, types and lint only.
import { join } from "node:path";
import { runNode, say, setUp } from "./runtime.mjs";

setUp();
say("check: types");
runNode([join("node_modules", "typescript", "bin", "tsc"), "-b"]);
say("check: lint and format");
runNode([join("node_modules", "@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."]);
if (!process.argv.includes("--static")) runNode([join("scripts", "test.mjs"), ...process.argv.slice(2)]);
