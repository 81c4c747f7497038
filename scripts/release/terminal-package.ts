import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cLibraryOf, makeDeb } from "./deb.ts";
import { closureOf, lockedAs } from "./locked.ts";
import { type Arch, place, type Release, ROOT, run, write } from "./steps.ts";

/** The engine that the terminal's program is linked with. */
export const ENGINE = "node_modules/@suchipi/quickjs";
const PACKAGING = join(ROOT, "firmware/ports/linux/packaging");
const NAME = "cachet-terminal";

/** Where each file of `firmware/ports/linux/packaging` goes. */
const PLACES: Readonly<Record<string, string>> = {
  "cachet-terminal.service": "usr/lib/systemd/system/cachet-terminal.service",
  "cachet-terminal.conf": "etc/cachet-terminal.conf",
  "sysusers.conf": "usr/lib/sysusers.d/cachet-terminal.conf",
  "udev.rules": "usr/lib/udev/rules.d/60-cachet-terminal.rules",
  "polkit.rules": "usr/share/polkit-1/rules.d/60-cachet-terminal.rules",
};

/** Our licence, and those of what is in the program from outside. */
function licences(): string {
  const outside = [...closureOf("firmware", null).filter(({ integrity }) => integrity !== undefined), lockedAs(ENGINE)];
  const texts = outside.map(({ path, name, version }) => {
    const file = ["LICENSE", "LICENSE.md", "license"].map((one) => join(ROOT, path, one)).find(existsSync);
    return `\n==== ${name} ${version} ====\n\n${file === undefined ? "" : readFileSync(file, "utf8")}`;
  });
  return `${readFileSync(join(ROOT, "LICENSE"), "utf8")}${texts.join("")}`;
}

/** The native terminal as a Debian package for one architecture. Gives its path. */
export function terminalPackage(release: Release, arch: Arch): string {
  run(process.execPath, [join(ROOT, "scripts/build-terminal.mjs"), "--arch", arch]);
  const binary = join(ROOT, "out/terminal", `${NAME}-${arch}`);
  const tree = join(release.work, `${NAME}-${arch}`);
  place(binary, join(tree, "usr/bin", NAME));
  for (const [file, to] of Object.entries(PLACES)) write(join(tree, to), readFileSync(join(PACKAGING, file)));
  const doc = join(tree, "usr/share/doc", NAME);
  for (const page of ["native-terminal.md", "terminals.md"]) place(join(ROOT, "docs", page), join(doc, page));
  write(join(doc, "copyright"), licences());
  return makeDeb(release, tree, {
    name: NAME,
    arch,
    depends: [cLibraryOf(binary)],
    suggests: ["systemd", "libpcsclite1", "pcscd"],
    title: "loyalty program of a payment terminal",
    about: [
      "Runs the signed image of a shop, keeps its journal, and serves a till, a card",
      "reader and the installer's line. Reaches no network.",
    ],
    scripts: Object.fromEntries(
      ["postinst", "prerm", "postrm"].map((name) => [name, readFileSync(join(PACKAGING, name), "utf8")]),
    ),
  });
}
