import { join } from "node:path";
import { closureOf, type Locked, lockedAs, neededBy } from "./locked.ts";
import { type Arch, type Release, ROOT, readJson, write } from "./steps.ts";
import { ENGINE } from "./terminal-package.ts";

const PRODUCT = "cachet";
/** What is given to others, and the package of the checkout that each is made of. */
const PARTS = { "cachet-host": "host", "cachet-terminal": "firmware" } as const;

const refOf = ({ name, version }: Locked): string => `pkg:npm/${name.replace("@", "%40")}@${version}`;

const licenceOf = (license = ""): object[] =>
  license === "" ? [] : [/[ (]/.test(license) ? { expression: license } : { license: { id: license } }];

function component(locked: Locked): object {
  const { name, version, integrity, license } = locked;
  const hash = integrity?.replace(/^sha512-/, "");
  return {
    type: "library",
    "bom-ref": refOf(locked),
    name,
    version,
    ...(hash === undefined
      ? {}
      : { hashes: [{ alg: "SHA-512", content: Buffer.from(hash, "base64").toString("hex") }] }),
    licenses: licenceOf(license),
    purl: refOf(locked),
  };
}

/** The Node that comes with the host tool. */
function nodeComponents(version: string): object[] {
  const hashes = readJson<Readonly<Record<Arch, string>>>(join(ROOT, "scripts/release/node.json"));
  return Object.entries(hashes).map(([arch, content]) => ({
    type: "application",
    "bom-ref": `pkg:npm/node-linux-${arch}@${version}`,
    name: `node-linux-${arch}`,
    version,
    hashes: [{ alg: "SHA-256", content }],
    licenses: licenceOf("MIT"),
    purl: `pkg:npm/node-linux-${arch}@${version}`,
  }));
}

/** Writes what everything is made of as CycloneDX 1.6, by package-lock.json, the engine and the Node that come along. Gives its path. */
export function bill({ version, epoch, out }: Release, nodeVersion: string): string {
  const all = closureOf("host", null);
  const engine = lockedAs(ENGINE);
  const nodes = nodeComponents(nodeVersion);
  const part = (name: string) => ({
    type: "application",
    "bom-ref": name,
    name,
    version,
    licenses: licenceOf("Apache-2.0"),
  });
  const byRef = new Map([...all, engine].map((one) => [refOf(one), one]));
  const own = (folder: string) => refOf(all.find(({ path }) => path === folder)!);
  const dependencies = [
    { ref: PRODUCT, dependsOn: Object.keys(PARTS) },
    { ref: "cachet-terminal", dependsOn: [own(PARTS["cachet-terminal"]), refOf(engine)] },
    {
      ref: "cachet-host",
      dependsOn: [own(PARTS["cachet-host"]), ...nodes.map((one) => (one as { "bom-ref": string })["bom-ref"])],
    },
    // The engine is linked alone: what its command for npm needs does not come along.
    ...[...byRef].map(([ref, one]) => ({
      ref,
      dependsOn: one === engine ? [] : [...new Set(neededBy(one, all).map(refOf))].sort(),
    })),
  ];
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1_000).toISOString().replace(".000Z", "Z"),
      component: part(PRODUCT),
    },
    components: [...Object.keys(PARTS).map(part), ...[...byRef.values()].map(component), ...nodes],
    dependencies,
  };
  const file = join(out, `cachet-${version}.cdx.json`);
  write(file, `${JSON.stringify(document, null, 2)}\n`);
  return file;
}
