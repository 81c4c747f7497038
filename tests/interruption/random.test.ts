import type { SaleRequest } from "@cachet/firmware/hal";
import { Chance, Mishaps, PowerCut, type SimTerminal, TORN_PAGES, type Type2Chip } from "@cachet/terminal-sim";
import { describe, expect, it } from "vitest";
import { testTerminalSigner } from "../../host/src/keys/test-keys.ts";
import { importBatch } from "../../host/src/office/import.ts";
import { outstanding } from "../../host/src/office/ledger.ts";
import { enrolTerminal } from "../../host/src/office/terminals.ts";
import { centsOf, history, type JournalledArea, journalledAreas, shown, stampsOf } from "../fixtures/audit.ts";
import { AT, newLedger, rowOf } from "../fixtures/ledger.ts";
import { BAKERY, card, TOWN, terminal } from "../fixtures/town.ts";

/** A random story: up to three terminals and two cards, up to three mishaps in every visit, retries, and days passing. */
class Story {
  readonly chance: Chance;
  readonly seed: number;
  readonly shops: SimTerminal[] = [];
  readonly cards: { readonly chip: Type2Chip; readonly identity: Readonly<Record<number, string>> }[] = [];
  private readonly asked: {
    readonly shop: number;
    readonly card: number;
    readonly at: number;
    readonly request: SaleRequest;
  }[] = [];
  visits = 0;

  constructor(seed: number) {
    this.seed = seed;
    this.chance = new Chance(seed);
  }

  async begin(): Promise<void> {
    const places = [{ number: 1 }, { number: 2 }, { number: 3, merchant: 2 }];
    for (const { number, ...options } of places.slice(0, 1 + this.chance.below(3))) {
      this.shops.push(await terminal(number, options));
    }
    for (let serial = 1; serial <= 1 + this.chance.below(2); serial += 1) {
      const chip = await card(serial);
      const identity = { [BAKERY]: (await shown(chip, BAKERY)).hash, [TOWN]: (await shown(chip, TOWN)).hash };
      this.cards.push({ chip, identity });
    }
  }

  private drawRequest(shop: number, cardIndex: number): SaleRequest {
    const { utc } = this.shops[shop]!.clock;
    // A day later the same number is another visit.
    const mine = this.asked.filter(
      ({ shop: there, card, at }) => there === shop && card === cardIndex && utc - at < 86_400,
    );
    if (mine.length > 0 && this.chance.happens(1, 3)) return mine[this.chance.below(mine.length)]!.request;
    this.visits += 1;
    const amount = [200, 1_000, 1_000, 1_000, 20_000, 400][this.chance.below(6)]!;
    const redeem = ([undefined, undefined, "max", 50, 100, 999_999] as const)[this.chance.below(6)];
    const base = { kind: "sale" as const, visit: this.visits, lines: [{ amount, quantity: 1 }], tip: 0 };
    const request = redeem === undefined ? base : { ...base, redeem };
    this.asked.push({ shop, card: cardIndex, at: utc, request });
    return request;
  }

  private drawMishaps(): Mishaps {
    const mishaps = new Mishaps();
    for (let count = this.chance.below(4); count > 0; count -= 1) {
      const what = this.chance.happens(2, 3) ? "card" : "power";
      const when = (["before", "inside", "after"] as const)[this.chance.below(3)]!;
      const torn = { page: TORN_PAGES[this.chance.below(4)]!, part: this.chance.below(256) };
      mishaps.at(this.chance.below(40), { what, when, torn });
    }
    return mishaps;
  }

  /** Switches a terminal on, perhaps with the power going once more in the middle. */
  private async switchOn(shop: SimTerminal): Promise<void> {
    shop.mishaps = new Mishaps();
    if (this.chance.happens(1, 4))
      shop.mishaps.at(0, { what: "power", when: "inside", torn: { page: "old", part: 100 } });
    try {
      await shop.powerOn();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      shop.mishaps = new Mishaps();
      await shop.powerOn();
    }
  }

  async step(): Promise<void> {
    const { chance, shops, cards } = this;
    const shopIndex = chance.below(shops.length);
    const cardIndex = chance.below(cards.length);
    const shop = shops[shopIndex]!;
    const { chip } = cards[cardIndex]!;
    if (chance.happens(1, 4)) for (const other of shops) other.clock.utc += 86_400;
    if (!shop.isOn) await this.switchOn(shop);
    shop.mishaps = this.drawMishaps();
    let returns = chance.below(4);
    await shop.visit(this.drawRequest(shopIndex, cardIndex), chip, () => {
      returns -= 1;
      if (returns < 0) return null;
      return chance.happens(1, 4) ? cards[chance.below(cards.length)]!.chip : chip;
    });
    await this.audit("on the way");
  }

  private async intents(): Promise<JournalledArea[]> {
    const journals = new Map<number, Uint8Array>();
    for (const shop of this.shops) journals.set(shop.facts.terminal, await shop.journalBytes());
    return journalledAreas(journals);
  }

  /** Cards, COMMITs and ABORTs agree, to the cent and the stamp; no visit happened twice. */
  async audit(when: string): Promise<void> {
    const intents = await this.intents();
    const label = `seed ${this.seed}, ${when}`;
    const done = new Set<string>();
    for (const { terminal: number, body, programme, outcome } of intents) {
      const name = `${number}/${body.visit}/${programme}`;
      if (outcome === "committed") expect(done, `${label}: visit ${name} twice`).not.toContain(name);
      if (outcome === "committed") done.add(name);
    }
    for (const { chip, identity } of this.cards) {
      for (const programme of [BAKERY, TOWN]) {
        const area = await shown(chip, programme);
        const own = intents.filter(
          (intent) => intent.programme === programme && intent.body.uid.at(-1) === chip.uid.at(-1),
        );
        const happened = history(area, identity[programme]!, own);
        expect(happened, `${label}: a state that no intent names`).not.toBeNull();
        const kept = own.filter((intent) => happened!.has(intent));
        for (const intent of own) {
          if (intent.outcome === "open") continue;
          expect(happened!.has(intent), `${label}: ${intent.outcome} ${intent.intent}`).toBe(
            intent.outcome === "committed",
          );
        }
        const total = (field: "centsMoved" | "stampsMoved") => kept.reduce((sum, intent) => sum + intent[field], 0);
        expect([centsOf(area), stampsOf(area)], label).toEqual([total("centsMoved"), total("stampsMoved")]);
      }
    }
  }

  /** Calm days: everything that this terminal can settle is settled, and every card still works. */
  async calm(): Promise<void> {
    for (const shop of this.shops) {
      for (const { chip } of this.cards) {
        if (!shop.isOn) await this.switchOn(shop);
        shop.mishaps = new Mishaps();
        shop.clock.utc += 30 * 86_400;
        const visit = 1_000_000 + this.visits;
        this.visits += 1;
        const request = { kind: "sale" as const, visit, lines: [{ amount: 1_000, quantity: 1 }], tip: 0 };
        const report = await shop.visit(request, chip);
        if (report !== "power-cut" && report.reason === "BAD_SIGNATURE" && (await this.isTornOpening(shop, chip))) {
          throw new TornOpening();
        }
        expect(report, `seed ${this.seed}, calm: ${JSON.stringify(report)}`).toMatchObject({ result: "done" });
      }
    }
    await this.audit("at last");
  }

  /** Whether another terminal has an open intent that was about to open an area of this card: only that one knows its torn write. */
  private async isTornOpening(shop: SimTerminal, chip: Type2Chip): Promise<boolean> {
    return (await this.intents()).some(
      ({ terminal: number, body, outcome, programme }) =>
        number !== shop.facts.terminal &&
        outcome === "open" &&
        body.uid.at(-1) === chip.uid.at(-1) &&
        body.areas.some((area) => area.programme === programme && area.oldSequence === 0),
    );
  }

  /** The journals as shuffled, overlapping batches give the ledger what was committed. */
  async importEverything(): Promise<void> {
    const ledger = await newLedger();
    const files: { readonly name: string; readonly file: Uint8Array }[] = [];
    for (const shop of this.shops) {
      const { terminal: number, merchant } = shop.facts;
      await enrolTerminal(ledger, number, merchant, testTerminalSigner(number).publicKey, AT);
      const middle = 1 + this.chance.below(shop.entryCount);
      const from = 1 + this.chance.below(middle);
      files.push(shop.collect(1, middle), shop.collect(from), shop.collect(from, middle), shop.collect(middle));
    }
    for (let i = files.length - 1; i > 0; i -= 1) {
      const j = this.chance.below(i + 1);
      [files[i], files[j]] = [files[j]!, files[i]!];
    }
    for (const { name, file } of files) {
      const { status } = await importBatch(ledger, { name, file }, AT);
      expect(["accepted", "already-imported", "waiting"], `seed ${this.seed}`).toContain(status);
    }
    const committed = (await this.intents()).filter(({ outcome }) => outcome === "committed");
    const cents = committed.reduce((sum, { centsMoved }) => sum + centsMoved, 0);
    const stamps = committed.reduce((sum, { stampsMoved }) => sum + stampsMoved, 0);
    expect([await outstanding(ledger, "cents"), await outstanding(ledger, "stamps")], `seed ${this.seed}`).toEqual([
      cents,
      stamps,
    ]);
    expect(
      (await rowOf(ledger, "select count(*) as n from batch where status = 'waiting'"))?.n,
      `seed ${this.seed}`,
    ).toBe(0);
    await ledger.destroy();
  }

  end(): void {
    for (const shop of this.shops) shop.powerOff();
  }
}

/** A first write that tore inside its last page and was carried to another terminal is refused there: the story ends. */
class TornOpening extends Error {}

describe("random stories of tears, power cuts and retries", () => {
  it("never lose or double a cent, and end with cards that work", async () => {
    const stories = process.env.CACHET_SOAK === "1" ? 5_000 : 250;
    let [visits, tornOpenings] = [0, 0];
    for (let seed = 1; seed <= stories; seed += 1) {
      const story = new Story(seed);
      await story.begin();
      for (let steps = 4 + story.chance.below(8); steps > 0; steps -= 1) await story.step();
      try {
        await story.calm();
        await story.importEverything();
      } catch (error) {
        if (!(error instanceof TornOpening)) throw error;
        tornOpenings += 1;
      }
      story.end();
      visits += story.visits;
    }
    console.log(`${stories} random stories, ${visits} visits; ${tornOpenings} ended at a torn opening elsewhere`);
    expect(tornOpenings).toBeLessThan(stories / 50);
  }, 3_600_000);
});
