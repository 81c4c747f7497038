import type { Programme } from "../rules/index.ts";
import { connect } from "./bridge.ts";
import { runTerminal } from "./main.ts";

/** Where an image starts: the bundler adds a call of this with the programmes it was built from. */
export function launch(programmes: readonly Programme[]): void {
  connect((hal) => runTerminal(hal, programmes));
}
