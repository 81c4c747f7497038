import type { Type2Chip } from "../device/type2-chip.ts";
import type { WorldFinding, WorldOffice } from "./office.ts";
import { amountsText, areSame, NOTHING, type Witness } from "./witness.ts";

/** A promise that was broken, on the evening of a day. */
export interface Broken {
  readonly day: number;
  readonly what: string;
}

/** An honest customer's card. */
export interface HonestCard {
  readonly chip: Type2Chip;
  readonly card: number;
}

/** So many broken promises are told; where one is broken, many are. */
const BROKEN_MAX = 20;
/** What the office says of thieves alone. */
const ACCUSES: readonly string[] = ["fork", "no-journal"];

/** What is promised of a town, looked at from outside: by its cards, its journals as a witness heard them, and what the office says. */
export class Promises {
  /** Of which it is the evening. */
  day = 0;
  readonly broken: Broken[] = [];
  private readonly office: WorldOffice;
  private readonly witness: Witness;

  constructor(office: WorldOffice, witness: Witness) {
    this.office = office;
    this.witness = witness;
  }

  breaks(what: string): void {
    if (this.broken.length < BROKEN_MAX) this.broken.push({ day: this.day, what });
  }

  /** The books add up, and hold nothing that nobody wrote. `importedTo`: the last entry of each terminal that is imported. */
  async books(importedTo: ReadonlyMap<number, number>): Promise<void> {
    const identity = await this.office.identityFault();
    if (identity !== null) this.breaks(`the books: ${identity}`);
    for (const fault of this.witness.faults.splice(0)) this.breaks(fault);
    for (const [terminal, to] of importedTo)
      if (to >= this.witness.nextOf(terminal)) this.breaks(`T-${terminal}: ${to} entries imported that nobody wrote`);
  }

  /** A card holds what the journals come to. One that is torn shows it at its next visit. */
  async card({ chip, card }: HonestCard): Promise<void> {
    const shown = await this.office.look(chip);
    for (const [programme, area] of shown ?? []) {
      const fault = this.witness.faultOf(card, programme, area);
      if (fault !== null) this.breaks(`card ${card}, programme ${programme}: ${fault}`);
    }
  }

  /** No honest customer is told as a thief. */
  blame(found: readonly WorldFinding[], honest: ReadonlySet<number>): void {
    for (const { kind, card } of found)
      if (ACCUSES.includes(kind) && card !== undefined && honest.has(card))
        this.breaks(`card ${card} of an honest customer is told as ${kind}`);
  }

  /** In the end: each merchant is owed what was spent at his shop, less what he gave, to the cent. */
  async merchants(): Promise<void> {
    const [books, heard] = [await this.office.owedTo(), this.witness.owedTo(await this.office.decided())];
    for (const merchant of new Set([...books.keys(), ...heard.keys()])) {
      const [is, should] = [books.get(merchant) ?? 0, heard.get(merchant) ?? 0];
      if (is !== should)
        this.breaks(`merchant ${merchant} is owed ${is} cents by the books, his journals come to ${should}`);
    }
  }

  /** Nobody is blocked who is honest and has his card. */
  blocked(cards: ReadonlySet<number>, honest: ReadonlySet<number>): void {
    for (const card of cards) if (honest.has(card)) this.breaks(`card ${card} of an honest customer is blocked`);
  }

  /** In the end: every honest card can be read, and holds what the books say of it; nothing is left on one that was lost. */
  async cardsAndBooks(cards: readonly HonestCard[], lost: readonly HonestCard[]): Promise<void> {
    const books = new Map((await this.office.held()).map((one) => [`${one.card}/${one.programme}`, one]));
    for (const { card } of lost)
      for (const [name, held] of books)
        if (held.card === card && !areSame(held, NOTHING))
          this.breaks(`card ${name} was lost, and ${amountsText(held)} did not go to the new one`);
    for (const { chip, card } of cards) {
      const shown = await this.office.look(chip);
      if (shown === null) this.breaks(`card ${card} cannot be read in the end`);
      for (const [programme, area] of shown ?? []) {
        const held = books.get(`${card}/${programme}`) ?? NOTHING;
        if (areSame(held, area)) continue;
        const [here, there] = [amountsText(area), amountsText(held)];
        this.breaks(`card ${card}, programme ${programme}: ${here}; the books say ${there}`);
      }
    }
  }
}
