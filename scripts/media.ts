import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Budget, budgetOf, CARD_MAPS, HEADER_BYTES, purseRoom, pursesSize } from "@cachet/card-layout";
import { type Programme, pursesOf } from "@cachet/firmware/rules";
import bakery from "../programmes/boulangerie.programme.ts";
import town from "../programmes/ville.programme.ts";

const PROGRAMMES: readonly Programme[] = [bakery, town];
export const MEDIA_DOC = fileURLToPath(new URL("../docs/media.md", import.meta.url));

function placeText({ placed }: Budget, index: number): string {
  const place = placed[index];
  return place ? `area ${place.area}, ${place.room} bytes` : "**does not fit**";
}

function row(budget: Budget): string {
  const { map } = budget;
  const rooms = map.areas.map((area) => purseRoom(map, area)).join(", ");
  const cells = [
    `${map.chip}, layout ${map.layout}`,
    budget.userBytes,
    budget.identityBytes,
    budget.ndefBytes,
    `${map.areas.length} (${rooms})`,
    `${map.header}, ${HEADER_BYTES[map.header]}`,
    budget.freeBytes,
    ...PROGRAMMES.map((_, index) => placeText(budget, index)),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** docs/media.md, computed from the memory maps and the programmes. */
export function mediaDocument(): string {
  const sizes = PROGRAMMES.map((programme) => pursesSize(pursesOf(programme)));
  const heads = ["medium", "user bytes", "identity", "NDEF", "areas (bytes of purses)", "header", "left over"];
  const names = PROGRAMMES.map(({ name }, i) => `${name} (${sizes[i]} bytes)`);
  return `# Media: what fits on which card

Computed by \`node --import tsx scripts/media.ts\` from the memory maps in \`card-layout/src/media/\`; a test compares this page with them.

A card holds one identity record and one area for each programme. An area has two slots of one record each: header, purses, and a MAC of
8 bytes. The purses of a programme are packed one after the other, one head byte and a fixed payload each: ${PROGRAMMES.map(
    (programme, i) => `${programme.name} ${pursesOf(programme).join(" + ")} = ${sizes[i]} bytes`,
  ).join("; ")}.
Each programme gets the smallest area that holds it.

| ${[...heads, ...names].join(" | ")} |
|${heads.map(() => "---|").join("")}${names.map(() => "---|").join("")}
${CARD_MAPS.map((map) => row(budgetOf(map, sizes))).join("\n")}

Terminals write NTAG213, NTAG215 and NTAG216 so far. The Ultralight EV1 rows are the budget only: these chips commit by a one-way counter.
A short header has neither day nor credits, and an MF0UL11 has no room for an identity record: its UID stands for the card number.
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MEDIA_DOC, mediaDocument());
