import { type Chip, toHex } from "@cachet/card-layout";
import type { Sandbox } from "@cachet/firmware/hal";
import { Mishaps, PowerCut } from "../device/mishap.ts";
import { SimClock, SimTerminal } from "../device/terminal.ts";
import type { Type2Chip } from "../device/type2-chip.ts";
import type { WorldOffice } from "./office.ts";
import type { Troubles } from "./troubles.ts";
import type { Bought, Wish } from "./wishes.ts";

/** What every terminal of a street is made of. */
export interface StreetParts {
  readonly terminals: number;
  /** Merchants that have terminals, by number, in turn: one that has several shops is there as often. */
  readonly merchants: readonly number[];
  /** The programme of most shops, which thieves are after, and a merchant who has nothing else. */
  readonly town: { readonly programme: number; readonly merchant: number };
  readonly image: Uint8Array;
  readonly newSandbox: () => Sandbox;
  readonly offsetAt: (utc: number) => number;
  readonly office: Pick<WorldOffice, "enrol">;
}

const DAY = 86_400;
/** Chips with room for one programme. */
const ONE_AREA: readonly Chip[] = ["MF0UL21"];

/** The terminals of a world, with their clocks and their power. Those behind the first `terminals` are only there to be robbed. */
export class Street {
  readonly all: SimTerminal[] = [];
  /** How many shops were robbed. */
  robbed = 0;
  wrongClocks = 0;
  silences = 0;
  private readonly parts: StreetParts;
  private readonly troubles: Troubles;
  private readonly silentUntil: number[] = [];
  private readonly skew: (number | null)[] = [];
  /** The programme of each card that has room for one. */
  private readonly only = new Map<string, number>();

  constructor(parts: StreetParts, troubles: Troubles) {
    this.parts = parts;
    this.troubles = troubles;
  }

  /** Enrols and starts every terminal. `at` in UTC seconds. */
  async open(extra: number, at: number): Promise<void> {
    const { terminals, merchants, town, office, image, newSandbox, offsetAt } = this.parts;
    for (let number = 1; number <= terminals + extra; number += 1) {
      const merchant = number > terminals ? town.merchant : merchants[(number - 1) % merchants.length]!;
      const belonging = await office.enrol(number, merchant, at);
      const terminal = new SimTerminal({ belonging, image, clock: new SimClock(at, offsetAt), newSandbox });
      await terminal.powerOn();
      this.all.push(terminal);
      this.silentUntil.push(0);
      this.skew.push(0);
    }
  }

  /** Terminals that nobody steals. */
  get honest(): readonly SimTerminal[] {
    return this.all.slice(0, this.parts.terminals);
  }

  /** Terminals that still are where they belong: honest ones, and those that nobody has stolen yet. */
  get kept(): readonly SimTerminal[] {
    return this.all.filter((_, i) => i < this.parts.terminals || i >= this.parts.terminals + this.robbed);
  }

  /** Places of the honest terminals that keep the town's programme. */
  get town(): readonly number[] {
    const keepsIt = ({ facts }: SimTerminal) => this.programmesOf(facts).includes(this.parts.town.programme);
    return [...this.honest.keys()].filter((i) => keepsIt(this.honest[i]!));
  }

  /** Two places of one merchant; null where every shop is somebody else's. */
  get shopsOfOne(): readonly [number, number] | null {
    const merchants = this.honest.map(({ facts }) => facts.merchant);
    const second = merchants.findIndex((merchant, i) => merchants.indexOf(merchant) < i);
    return second < 0 ? null : [merchants.indexOf(merchants[second]!), second];
  }

  private programmesOf({ programmes }: SimTerminal["facts"]): readonly number[] {
    return programmes.map(({ programme }) => programme);
  }

  /** What is wrong with terminals from this day on. */
  morning(day: number): void {
    for (const i of this.all.keys()) {
      const silent = this.silentUntil[i]! <= day ? this.troubles.ofSilence() : 0;
      if (silent > 0) {
        this.silentUntil[i] = day + silent;
        this.silences += 1;
      }
      this.skew[i] = this.troubles.ofClock();
      if (this.skew[i] !== 0) this.wrongClocks += 1;
    }
  }

  isSilent(index: number, day: number): boolean {
    return this.silentUntil[index]! > day;
  }

  /** Where somebody goes with a wish: with what he takes back to the terminal that sold, or to another one of that merchant. */
  placeOf(wish: Wish, bought: Bought | null, usual: number): number {
    if (bought === null) return usual;
    if (wish === "refund" || wish === "part-refund" || wish === "cancel") return bought.at;
    if (wish !== "refund-elsewhere") return usual;
    const { merchant } = this.all[bought.at]!.facts;
    const others = [...this.honest.keys()].filter((i) => i !== bought.at);
    return others.find((i) => this.honest[i]!.facts.merchant === merchant) ?? usual;
  }

  /** Where a card is good for what is there: chips with room for one programme are for shops that keep that one alone. */
  placeFor(chip: Type2Chip, wish: number): number {
    if (!ONE_AREA.includes(chip.chip)) return wish;
    const card = toHex(chip.uid);
    const kept = (i: number) => this.programmesOf(this.all[i]!.facts);
    const wanted = this.only.get(card) ?? kept(wish).at(-1)!;
    const isFit = (i: number) => kept(i).length === 1 && kept(i)[0] === wanted;
    const places = [...this.honest.keys()].filter(isFit);
    const place = isFit(wish) ? wish : (places[wish % places.length] ?? wish);
    this.only.set(card, wanted);
    return place;
  }

  /** The code of the last receipt that was printed somewhere; null where it has none. */
  codeAt(index: number): string | null {
    const line = this.all[index]!.till.receipts.at(-1)?.find((one) => one.line === "code");
    return line?.line === "code" ? line.text : null;
  }

  private setClock(index: number, utc: number): SimTerminal {
    const terminal = this.all[index]!;
    const skew = this.skew[index] ?? null;
    terminal.clock.suspect = skew === null;
    terminal.clock.utc = skew === null ? utc % DAY : utc + skew;
    return terminal;
  }

  /** A terminal at an hour of the day, its clock as wrong as it is today, and on. */
  async at(index: number, utc: number): Promise<SimTerminal> {
    const terminal = this.setClock(index, utc);
    if (!terminal.isOn) await this.powerOn(terminal, this.troubles.ofBoot());
    return terminal;
  }

  /** As `at`, but with a clock that is right, and nothing goes wrong. */
  async quietlyAt(index: number, utc: number): Promise<SimTerminal> {
    this.skew[index] = 0;
    return this.quiet(this.setClock(index, utc));
  }

  /** On, whatever its clock says; nothing goes wrong. */
  async quiet(terminal: SimTerminal): Promise<SimTerminal> {
    if (!terminal.isOn) await this.powerOn(terminal, new Mishaps());
    terminal.mishaps = new Mishaps();
    return terminal;
  }

  private async powerOn(terminal: SimTerminal, mishaps: Mishaps): Promise<void> {
    terminal.mishaps = mishaps;
    try {
      await terminal.powerOn();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      // Nobody's luck is that bad twice.
      terminal.mishaps = new Mishaps();
      await terminal.powerOn();
    }
  }

  close(): void {
    for (const terminal of this.all) terminal.powerOff();
  }
}
