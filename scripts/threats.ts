import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ATTACKS, type Attack, CARD_MAPS, type CommitRule, PROTECTION } from "@cachet/card-layout";
import { exposure } from "@cachet/firmware/rules";
import { money } from "../host/src/cli/money.ts";

export const THREAT_DOC = fileURLToPath(new URL("../docs/threat-model.md", import.meta.url));

/** What each attack is, in the words of whoever tries it. */
const TRIED: Readonly<Record<Attack, string>> = {
  edit: "change what a record says",
  move: "copy a record to another genuine chip",
  clone: "copy the whole card to a chip that imitates its UID",
  restore: "write back an old dump of the same card",
  tear: "pull the card away to keep goods and money",
  "fall-back": "spoil the newest record so that the one before counts",
  replay: "hand in a terminal's entries twice, or another's",
};

const RULES: readonly CommitRule[] = [...new Set(CARD_MAPS.map(({ commit }) => commit))];

function chipsOf(rule: CommitRule): string {
  return [...new Set(CARD_MAPS.flatMap(({ commit, chip }) => (commit === rule ? [chip] : [])))].join(", ");
}

const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function cell(rule: CommitRule, attack: Attack): string {
  const { stand, how } = PROTECTION[rule][attack];
  return `**${stand}**: ${how}`;
}

/** Media and attacks, as the code has them. */
function table(): string {
  return [
    row(["attack", ...RULES.map(chipsOf)]),
    row(["---", ...RULES.map(() => "---")]),
    ...ATTACKS.map((attack) => row([`**${attack}**: ${TRIED[attack]}`, ...RULES.map((rule) => cell(rule, attack))])),
  ].join("\n");
}

/** The exposure of one case in words and numbers. */
function example(terminals: number, capCents: number, days: number): string {
  const cents = exposure({ terminals, capCents, days });
  return `${terminals} terminals × ${money(capCents, "fr")} × ${days} days = **${money(cents, "fr")}**`;
}

const COMPUTED: Readonly<Record<string, () => string>> = {
  media: table,
  exposure: () => example(5, 2_000, 2),
};

/** The page with its computed parts, between their marks, as they must be now. Throws where a mark is missing. */
export function threatDocument(page: string): string {
  return Object.entries(COMPUTED).reduce((text, [name, make]) => {
    const [begin, end] = [`<!-- computed: ${name} -->\n`, `\n<!-- end of ${name} -->`];
    const from = text.indexOf(begin);
    const to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`docs/threat-model.md has no marks for ${name}`);
    return `${text.slice(0, from + begin.length)}\n${make()}\n${text.slice(to)}`;
  }, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(THREAT_DOC, threatDocument(readFileSync(THREAT_DOC, "utf8")));
}
