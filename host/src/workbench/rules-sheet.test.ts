import { describe, expect, it } from "vitest";
import {
  challenge,
  club,
  discount,
  type Programme,
  playTrial,
  points,
  programmeFaults,
  type Rule,
  stamps,
  units,
} from "../../../firmware/src/rules/plain.ts";
import { asking, BASE, PROGRAMME_FIELDS, WHEN_VALUES } from "../../../tests/fixtures/programme-options.ts";
import {
  around,
  bonusOf,
  CAGNOTTE,
  FUNDER,
  KINDS,
  type Others,
  READERS,
  staffOnly,
  told,
  untold,
} from "../../../tests/fixtures/rule-options.ts";
import { falsePromises, rulesSheet } from "./rules-sheet.ts";

const LANGS = ["fr", "en"] as const;

/** The sheets of some programmes: as many different ones as there are programmes, or one alone for readers who are told nothing. */
function expectTold(programmes: readonly Programme[], { silent, why }: Others<unknown>): void {
  for (const one of programmes) expect(programmeFaults(one)).toEqual([]);
  expect(silent.length > 0).toBe(why !== undefined);
  for (const reader of READERS)
    for (const lang of LANGS) {
      const sheets = new Set(programmes.map((one) => rulesSheet(one, { lang, for: reader })));
      expect(sheets.size, `${reader} in ${lang}`).toBe(silent.includes(reader) ? 1 : programmes.length);
    }
}
const allFields = Object.entries(KINDS).flatMap(([kind, { rule, beside, fields }]) =>
  Object.entries<Others<unknown>>(fields).map(([field, others]) => ({ kind, field, rule, beside, others })),
);

describe("what a rule means is told, in both languages and to both readers", () => {
  it.each(allFields)("$kind $field", ({ field, rule, beside, others }) => {
    const changed = others.values.map((value) => around({ ...rule, [field]: value } as Rule, ...beside));
    expectTold([around(rule, ...beside), ...changed], others);
  });

  it("a free item: its label and its category", () => {
    const free = (label: string, category: string) =>
      around(
        stamps({
          id: "grille",
          count: { per: "item", category },
          grid: 10,
          reward: { kind: "free-item", label, category },
        }),
      );
    expectTold([free("Café offert", "café"), free("Thé offert", "café"), free("Café offert", "thé")], told());
  });

  it("a fraction that the card carries, and where it is cut", () => {
    for (const rule of [CAGNOTTE, points({ id: "points", earn: { per: "visit", points: 1 } })]) {
      const carrying: Rule = { ...rule, rounding: "carry" };
      const each = { ...around(carrying), roundingStage: "each" } as const;
      expectTold([around(rule), around(carrying), each], told());
    }
  });

  it("the code of a gift is for staff, and so is who pays a bonus on a top-up", () => {
    const { rule } = KINDS.points;
    const recoded = { ...rule, gifts: rule.gifts.map((gift) => ({ ...gift, id: "autre" })) };
    expectTold([around(rule), around(recoded)], staffOnly("nobody types a code on the customer's side"));
    const account = KINDS.prepaid.rule;
    const partner = { ...account, bonus: bonusOf({ funder: "partner" }) };
    expectTold([around(account), around(partner)], staffOnly(FUNDER));
  });

  it("says nothing where an option has no effect", () => {
    const lots = [2, 4, 8].map((places) => around({ ...CAGNOTTE, lots: places as 2 }));
    expectTold(lots, untold("value that never expires has no dates to keep apart"));
    const cents = discount({ id: "remise", off: { cents: 100 } });
    expectTold([around(cents), around({ ...cents, rounding: "ceil" })], untold("whole cents are not rounded"));
    const status = { ...KINDS.tiers.rule, of: [] };
    expectTold([around(status), around({ ...status, crossing: "marginal" })], untold("the levels multiply nothing"));
  });
});

describe("conditions", () => {
  it.each(Object.entries(WHEN_VALUES))("%s", (part, values) => {
    expectTold([asking(), ...values.map((value) => asking({ [part]: value }))], told());
  });

  it("names the last day and the last minute that count", () => {
    const season = rulesSheet(asking({ from: "2027-03-20", until: "2028-03-01", hours: { from: 720, to: 840 } }), {
      lang: "fr",
      for: "customers",
    });
    expect(season).toContain("Seulement de 12 h 00 à 13 h 59 et du 20 mars 2027 au 29 février 2028 compris.");
    const night = rulesSheet(asking({ hours: { from: 1_320, to: 120 } }), { lang: "en", for: "customers" });
    expect(night).toContain("Only from 22:00 to 23:59 or from 00:00 to 01:59.");
  });
});

describe("what holds for the whole programme", () => {
  it.each(Object.entries<Others<unknown>>(PROGRAMME_FIELDS))("%s", (field, others) => {
    expectTold([BASE, ...others.values.map((value): Programme => ({ ...BASE, [field]: value }))], others);
  });

  it("keeps no money back for points that are worth none", () => {
    const gifts = around(points({ id: "points", earn: { per: "visit", points: 1 } }));
    const sheet = rulesSheet(gifts, { lang: "fr", for: "customers" });
    expect(sheet).toContain("n'est pas réclamé");
  });
});

describe("the words of a sheet", () => {
  const sheetsOf = (one: Programme) =>
    LANGS.flatMap((lang) => READERS.map((reader) => rulesSheet(one, { lang, for: reader })));

  it("have real numbers, and the edge in words: from, or more than", () => {
    const grid = (kind: "reaches" | "exceeds") =>
      around(
        stamps({
          id: "g",
          minimum: { kind, amount: 123_450 },
          grid: 8,
          reward: { kind: "gift", label: "Pain", value: 90 },
        }),
      );
    const [fr, , en] = sheetsOf(grid("reaches"));
    expect(fr).toContain("La visite compte à partir de 1 234,50 € d'achats, remises déduites.");
    expect(fr).toContain("8 tampons : Pain (valeur 0,90 €)");
    expect(fr).toMatch(/^# Carte d'essai : les règles\n\nProgramme n° 7, version 3\. /);
    expect(en).toContain("A visit counts from €1,234.50 of purchases, after discounts.");
    const [more, , than] = sheetsOf(grid("exceeds"));
    expect(more).toContain("pour plus de 1 234,50 € d'achats");
    expect(than).toContain("for more than €1,234.50 of purchases");
  });

  it("say where the card cannot be used", () => {
    const [fr, , en] = sheetsOf(around(CAGNOTTE));
    expect(fr).toContain("Chez Boulangerie et Librairie : on y cumule, et on y utilise ce que la carte contient.");
    expect(fr).toContain("Chez Supermarché : on y cumule, on n'y utilise pas ce que la carte contient.");
    expect(en).toContain("At Supermarché: the card earns, and what it holds cannot be used.");
    expect(sheetsOf(around(KINDS.discount.rule))[0]).toContain("- Chez Boulangerie, Librairie et Supermarché.");
  });

  it("never say that something is free, begin with the fee, and leave no gap", () => {
    for (const { rule, beside } of Object.values(KINDS)) {
      for (const sheet of sheetsOf(around(rule, ...beside))) {
        expect(sheet).not.toMatch(/gratuit|\bfree\b|undefined|NaN|null|\[object/i);
        expect(sheet.split("\n").length).toBeLessThan(60);
        expect(sheet.endsWith(".\n")).toBe(true);
      }
    }
    const [customers] = sheetsOf(around(KINDS.club.rule));
    expect(customers!.split("\n")[2]).toContain("Le club demande une cotisation de 20,00 € pour 12 mois.");
  });

  it("name the offer that a full grid opens, its number and its days", () => {
    const cheese = [7, 8].map((offer) => discount({ id: `d${offer}`, off: { rate: 500 }, when: { offer } }));
    const opening = (label: string, offer: number, days: number) =>
      around(stamps({ id: "g", grid: 3, reward: { kind: "offer", label, offer, days } }), ...cheese);
    const others = [opening("Comté", 7, 10), opening("Brie", 7, 10), opening("Brie", 8, 10), opening("Brie", 8, 1)];
    expectTold(others, told());
    expect(sheetsOf(opening("Brie", 8, 1))[0]).toContain(
      "3 tampons : Brie, l'offre n° 8 inscrite sur la carte, dès le ticket suivant et jusqu'à 1 jour après.",
    );
  });

  it("name a badge, and no bonus where there is none", () => {
    const [fr, , en] = sheetsOf(around(challenge({ id: "d", distinct: 2, label: "Deux commerces" })));
    expect(fr).toContain("- 2 commerces différents visités : le badge « Deux commerces », inscrit sur le ticket.\n");
    expect(en).toMatch(/- 2 different merchants visited: the badge .Deux commerces., on the ticket\.\n/);
    expect([fr, en].join().match(/ 2 (commerces|different)/g)).toHaveLength(2);
  });

  it("find what an author calls free although there is a fee", () => {
    const gift = stamps({ id: "g", grid: 5, reward: { kind: "gift", label: "Café GRATUIT", value: 200 } });
    expect(falsePromises(around(gift, club({ id: "club", fee: 2_000 })))).toEqual(["Café GRATUIT"]);
    expect(falsePromises(around(gift, club({ id: "club", fee: 0 })))).toEqual([]);
    expect(falsePromises(around(gift))).toEqual([]);
    const badge = challenge({ id: "d", distinct: 2, label: "Membre gratuit" });
    expect(falsePromises(around(badge, club({ id: "club", fee: 2_000 })))).toEqual(["Membre gratuit"]);
    const evening = { kind: "experience", label: "Soirée", text: "Entrée offerte", value: 0, seats: 9 } as const;
    const invited = [stamps({ id: "g", grid: 2, reward: evening }), club({ id: "club", fee: 2_000 })];
    expect(falsePromises(around(...invited))).toEqual(["Entrée offerte"]);
  });

  it("promise for units that are given back what the engine pays", () => {
    const packs = [
      { units: 20, price: 48_000 },
      { units: 7, price: 17_000 },
    ];
    const gym = { ...around(units({ id: "seances", unitName: "séance", packs })), offlineCap: 17_000 };
    const { steps } = playTrial(gym, { card: { seances: 7 }, events: [{ type: "close" }] });
    expect(steps[0]!.effects.find(({ type }) => type === "payout")).toMatchObject({ value: 7, cents: 16_800 });
    expect(sheetsOf(gym)[0]).toContain("est rendu au prix de 480,00 € les 20");
  });
});
