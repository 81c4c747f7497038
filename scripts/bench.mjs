// npm run bench: the figures that the project promises, measured side by side in one run.
import { join } from "node:path";
import { runNode, setUp } from "./runtime.mjs";

setUp();
runNode([
  "--disable-warning=ExperimentalWarning",
  "--import",
  "tsx",
  join("scripts", "bench.ts"),
  ...process.argv.slice(2),
]);
