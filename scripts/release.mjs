// npm run release [-- --help]: everything that is given to others, into out/release/.
import { join } from "node:path";
import { runNode, setUp } from "./runtime.mjs";

setUp();
runNode([
  "--disable-warning=ExperimentalWarning",
  "--import",
  "tsx",
  join("scripts", "release", "main.ts"),
  ...process.argv.slice(2),
]);
