import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Chip, CONFIG_PAGES, fromHex, toHex } from "@cachet/card-layout";
import { type ChipContent, Type2Chip } from "./type2-chip.ts";

/** Where simulated cards lie, by name. */
export interface CardBox {
  names(): readonly string[];
  /** Null where there is none of that name. */
  get(name: string): Type2Chip | null;
  /** Keeps what the card holds now. */
  put(name: string, card: Type2Chip): void;
}

/** Names of cards: they are names of files too. */
export const CARD_NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;

/** Cards that nobody keeps. */
export function cardsInMemory(): CardBox {
  const cards = new Map<string, Type2Chip>();
  return {
    names: () => [...cards.keys()],
    get: (name) => cards.get(name) ?? null,
    put: (name, card) => cards.set(name, card),
  };
}

/** A card's file holds something that is no card of ours. */
export class CardFileDamaged extends Error {
  constructor(path: string, problem: string) {
    super(`${path}: ${problem}`);
    this.name = "CardFileDamaged";
  }
}

interface StoredCard {
  readonly chip: string;
  readonly uid: string;
  readonly memory: string;
  readonly weak: readonly {
    readonly page: number;
    readonly old: string;
    readonly fresh: string;
    readonly reads: number;
  }[];
  readonly counters: readonly { readonly value: number; readonly torn: boolean }[];
  readonly wrong_passwords: number;
  readonly signature: string;
  readonly version: string;
}

function textOf(content: ChipContent): string {
  const stored: StoredCard = {
    chip: content.chip,
    uid: toHex(content.uid),
    memory: toHex(content.memory.bytes),
    weak: content.memory.weak.map(({ page, old, fresh, reads }) => ({
      page,
      old: toHex(old),
      fresh: toHex(fresh),
      reads,
    })),
    counters: content.counters,
    wrong_passwords: content.wrongPasswords,
    signature: toHex(content.signature),
    version: toHex(content.version),
  };
  return `${JSON.stringify(stored, null, 1)}\n`;
}

function cardOf(text: string): Type2Chip {
  const stored = JSON.parse(text) as StoredCard;
  if (!Object.hasOwn(CONFIG_PAGES, stored.chip)) throw new RangeError(`no chip ${stored.chip}`);
  return Type2Chip.revived({
    chip: stored.chip as Chip,
    uid: fromHex(stored.uid),
    memory: {
      bytes: fromHex(stored.memory),
      weak: stored.weak.map(({ page, old, fresh, reads }) => ({
        page,
        old: fromHex(old),
        fresh: fromHex(fresh),
        reads,
      })),
    },
    counters: stored.counters,
    wrongPasswords: stored.wrong_passwords,
    signature: fromHex(stored.signature),
    version: fromHex(stored.version),
  });
}

const FILE = /^(.+)\.card$/;

/** Cards in a folder: one file each, with everything that the chip holds. The same name gives the same card as long as the box lives. */
export function cardsInFolder(folder: string): CardBox {
  const known = new Map<string, Type2Chip>();
  const names = () =>
    readdirSync(folder)
      .flatMap((file) => FILE.exec(file)?.[1] ?? [])
      .sort();
  return {
    names,
    get(name) {
      const found = known.get(name);
      if (found !== undefined) return found;
      if (!CARD_NAME.test(name) || !names().includes(name)) return null;
      const path = join(folder, `${name}.card`);
      try {
        const card = cardOf(readFileSync(path, "utf8"));
        known.set(name, card);
        return card;
      } catch (error) {
        throw new CardFileDamaged(path, error instanceof Error ? error.message : String(error));
      }
    },
    put(name, card) {
      if (!CARD_NAME.test(name)) throw new RangeError(`no name of a card: ${name}`);
      const path = join(folder, `${name}.card`);
      writeFileSync(`${path}.new`, textOf(card.content()), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      known.set(name, card);
    },
  };
}
