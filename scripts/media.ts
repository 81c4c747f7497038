import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type Budget,
  budgetOf,
  CARD_MAPS,
  type CardMap,
  type CommitRule,
  HEADER_BYTES,
  preventsRollback,
  purseRoom,
  pursesSize,
} from "@cachet/card-layout";
import { type Programme, pursesOf } from "@cachet/firmware/rules";
import bakery from "../programmes/boulangerie.programme.ts";
import town from "../programmes/ville.programme.ts";

const PROGRAMMES: readonly Programme[] = [bakery, town];
export const MEDIA_DOC = fileURLToPath(new URL("../docs/media.md", import.meta.url));

const nameOf = ({ chip, layout }: CardMap): string => `${chip}, layout ${layout}`;

function placeText(place: Budget["placed"][number]): string {
  return place === null ? "**no area**" : `area ${place.area}, ${place.room} bytes`;
}

const COMMITS: Readonly<Record<CommitRule, string>> = {
  "highest-sequence": "highest sequence",
  "odd-even-counter": "counter (P2)",
};

/** What each medium is and does, whatever lies on it. */
function mediumRow(map: CardMap): string {
  const { userBytes, identityBytes, ndefBytes, freeBytes } = budgetOf(map, []);
  const rollBack = preventsRollback(map.commit) ? "prevented" : "found at import";
  const header = `${map.header}, ${HEADER_BYTES[map.header]}`;
  const cells = [nameOf(map), COMMITS[map.commit], rollBack, header, userBytes, identityBytes, ndefBytes, freeBytes];
  return `| ${cells.join(" | ")} |`;
}

/** Where each programme lies when all of them share a card. */
function roomRow(map: CardMap, sizes: readonly number[]): string {
  const { placed } = budgetOf(map, sizes);
  const rooms = map.areas.map((area) => purseRoom(map, area));
  const cells = [nameOf(map), map.areas.length, rooms.join(", "), ...placed.map(placeText)];
  return `| ${cells.join(" | ")} |`;
}

const heading = (...cells: readonly string[]): string =>
  `| ${cells.join(" | ")} |\n|${cells.map(() => "---|").join("")}`;

/** docs/media.md, computed from the memory maps and the programmes. */
export function mediaDocument(): string {
  const sizes = PROGRAMMES.map((programme) => pursesSize(pursesOf(programme)));
  const named = PROGRAMMES.map(({ name }, i) => `${name} (${sizes[i]} bytes)`);
  const purses = PROGRAMMES.map(
    (programme, i) => `${programme.name} ${pursesOf(programme).join(" + ")} = ${sizes[i]} bytes`,
  );
  return `# Media: what fits on which card, and what it does

Computed by \`node --import tsx scripts/media.ts\` from the memory maps in \`card-layout/src/media/\`; a test compares this page with them.
Bytes and pages: \`docs/formats/card.md\`. What each medium prevents: \`docs/threat-model.md\`.

Terminals write all of these. NTAG21x commit by the record of the highest sequence; Ultralight EV1 by their one-way counter, odd while a
write is under way (protocol P2), so that an old state put back is refused by the card itself.

${heading("medium", "commits by", "roll-back", "header, bytes", "user bytes", "identity", "NDEF", "left over")}
${CARD_MAPS.map(mediumRow).join("\n")}

A full header has the day of the last visit and the number of the last credit; a short one has neither. The identity record is 24 bytes; with
the starting values of two counters 28. An MF0UL11 has no room for one: its UID stands for the card number, and its password shows whose it is.
NDEF is room for a web address that phones open.

## Rooms

A card holds one area for each programme. An area has two slots of one record each: header, purses, and a MAC of 8 bytes. Purses are
packed one after the other, one head byte and a fixed payload each: ${purses.join("; ")}.
Each programme gets the smallest area that holds it. Here with these programmes together on one card:

${heading("medium", "areas", "bytes of purses", ...named)}
${CARD_MAPS.map((map) => roomRow(map, sizes)).join("\n")}

For other programmes, alone and together: \`npx cachet programme check FILE...\`.
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(MEDIA_DOC, mediaDocument());
