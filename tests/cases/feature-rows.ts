import { printable } from "@cachet/firmware/counter";
import { type Programme, playTrial, programmeOfJson, type TrialStep } from "@cachet/firmware/rules";
import { printedNotes } from "./case-answers.ts";
import { agrees } from "./option-plays.ts";

/** One row of what the product is asked to do, with the row's own figures, as somebody would write it for `programme eval`. */
export interface Row {
  readonly row: string;
  readonly rules: readonly object[];
  readonly head?: object;
  readonly cards?: Readonly<Record<string, object>>;
  readonly events: readonly object[];
  /** Of each event: `payable`, `taxed`, `declined`, what effects of a rule come to (`earn pts`), what the ticket says. */
  readonly gives: readonly Readonly<Record<string, unknown>>[];
  readonly card?: object;
}

const MERCHANTS = Object.fromEntries(
  ["A", "B", "C", "Grande surface"].map((name, i) => [i + 1, { name, role: i === 3 ? "earn-only" : "earn-and-spend" }]),
);
const HEAD = { number: 1, version: 1, name: "V", scope: "town", merchants: MERCHANTS, offlineCap: 90_000_000 };

const sale = (amount: number, more: object = {}) => ({ type: "sale", lines: [{ amount }], ...more });
const cagnotte = (more: object = {}) => ({ kind: "cagnotte", id: "cagnotte", rate: 500, ...more });
const points = (earn: object, more: object = {}) => ({
  kind: "points",
  id: "points",
  purse: 1,
  earn: { per: "amount", cents: 100, points: 1, groups: "exact", ...earn },
  ...more,
});
const visits = (more: object = {}) => ({ kind: "points", id: "points", earn: { per: "visit", points: 30 }, ...more });
const bouquet = (more: object = {}) => ({
  kind: "stamps",
  id: "grille",
  grid: 10,
  reward: { kind: "gift", label: "Bouquet offert", value: 800 },
  ...more,
});
const prepaid = (more: object = {}) => ({ kind: "prepaid", id: "compte", ...more });
const onTop = (bands: readonly object[], more: object = {}) => ({
  bonus: { bands, ...more },
});
const gift = (id: string, label: string, price: number, value: number, to: object) => ({
  ...{ id, label, points: price, value, to },
});
const [CARD, OTHER_CARD] = [2_800_010_000_421, 2_800_010_000_438];
const on = (day: string, hour = "10:00:00") => ({ at: `${day}T${hour}+01:00` });

/** A bottle and some cheese. */
const wine = (card: string, day: string) => ({
  type: "sale",
  card,
  ...on(day),
  lines: [
    { amount: 900, category: "wine" },
    { amount: 600, category: "cheese" },
  ],
});

export const ROWS: readonly Row[] = [
  {
    row: "AV-01 AV-06 AV-07 CM-01",
    rules: [bouquet()],
    cards: { card: { grille: 8 } },
    events: [sale(450), sale(450)],
    gives: [
      { "stamp grille": 1, ticket: ["9/10", "plus que 1 passage"] },
      { "stamp grille": 1, "reward grille": 800, ticket: ["OBJECTIF ATTEINT - BOUQUET OFFERT"] },
    ],
    card: { grille: 0 },
  },
  {
    row: "CM-01 a paper card at the start",
    rules: [bouquet({ paperThrough: "2027-12-31" })],
    events: [{ type: "paper", rule: "grille", stamps: 6 }, sale(450), { type: "paper", rule: "grille", stamps: 6 }],
    gives: [
      { "stamp grille": 6, ticket: ["6/10", "plus que 4 passages"] },
      { "stamp grille": 1, ticket: ["7/10"] },
      { "stamp grille": 0, declined: ["ALREADY_USED"] },
    ],
    card: { grille: 7 },
  },
  {
    row: "AV-01 as money off at once",
    rules: [bouquet({ reward: { kind: "money", label: "Bon de 5 euros", value: 500 } })],
    cards: { card: { grille: 8 } },
    events: [sale(450), sale(1_200)],
    gives: [
      { "stamp grille": 1, payable: 450 },
      { "discount grille": 500, payable: 700, taxed: [700], ticket: ["OBJECTIF ATTEINT - BON DE 5 EUROS"] },
    ],
    card: { grille: 0 },
  },
  {
    row: "ZS-14",
    rules: [
      bouquet({
        count: { per: "item", category: "wine" },
        grid: 3,
        withinDays: 30,
        reward: { kind: "offer", label: "10 % sur le fromage", offer: 7, days: 10 },
      }),
      { kind: "discount", id: "fromage", off: { rate: 1_000 }, categories: ["cheese"], when: { offer: 7 } },
    ],
    cards: { card: {}, late: {} },
    events: [
      wine("card", "2027-01-12"),
      wine("late", "2027-01-12"),
      wine("card", "2027-02-10"),
      wine("late", "2027-02-10"),
      // The 30th day, and the 31st.
      wine("card", "2027-02-10"),
      wine("late", "2027-02-11"),
      wine("card", "2027-02-11"),
    ],
    gives: [
      { payable: 1_500 },
      { payable: 1_500 },
      { payable: 1_500 },
      { payable: 1_500 },
      { payable: 1_500, ticket: ["OBJECTIF ATTEINT - 10 % SUR LE FROMAGE", "Offre pour vous jusqu'au 20/02/2027"] },
      { payable: 1_500, "expire grille": 1, noTicket: ["OBJECTIF"], ticket: ["2/3"] },
      { "discount fromage": 60, payable: 1_440 },
    ],
    card: { grille: { count: 1, days: ["2027-02-11"] } },
  },
  {
    row: "AV-02",
    rules: [
      {
        kind: "stamps",
        id: "panier",
        grid: 1,
        minimum: { kind: "exceeds", amount: 5_000 },
        reward: { kind: "gift", label: "Bon", value: 500 },
      },
    ],
    events: [sale(5_000), sale(5_001)],
    gives: [{ "reward panier": 0 }, { "reward panier": 500 }],
  },
  {
    row: "AV-02 as money off at once",
    rules: [
      { kind: "discount", id: "panier", off: { cents: 500 }, when: { basket: { kind: "exceeds", amount: 5_000 } } },
    ],
    events: [sale(5_000), sale(5_001)],
    gives: [{ payable: 5_000 }, { payable: 4_501 }],
  },
  {
    row: "AV-05",
    rules: [points({ cents: 10 })],
    events: [sale(1_000), sale(500, { merchant: 2 })],
    gives: [{ "earn points": 100 }, { "earn points": 50 }],
    card: { points: 150 },
  },
  { row: "AV-09", rules: [cagnotte({ rate: 300 })], events: [sale(4_990)], gives: [{ "earn cagnotte": 149 }] },
  {
    row: "AV-10",
    rules: [cagnotte({ rounding: "carry" })],
    events: [sale(333), sale(333), sale(333)],
    gives: [{}, {}, {}],
    card: { cagnotte: { value: 49, remainder: 9_500 } },
  },
  { row: "AV-14", rules: [cagnotte({ rate: 300 })], events: [sale(2_000)], gives: [{ "earn cagnotte": 60 }] },
  {
    row: "AV-16",
    rules: [prepaid(onTop([{ from: 1, rate: 800 }]))],
    events: [{ type: "top-up", amount: 10_000 }],
    gives: [{ "topup compte": 10_000, "earn compte": 800 }],
    card: { compte: { paid: 10_000, bonus: 800 } },
  },
  {
    row: "AV-17",
    rules: [prepaid()],
    events: [{ type: "top-up", amount: 2_000 }, sale(500)],
    gives: [{}, { "redeem compte": 500, payable: 0 }],
  },
  {
    row: "AV-19",
    rules: [prepaid()],
    cards: { card: { compte: 300 } },
    events: [sale(450)],
    gives: [{ "redeem compte": 300, payable: 150 }],
  },
  {
    row: "AV-20 sessions",
    rules: [{ kind: "units", id: "abo", unitName: "séance", packs: [{ units: 10, price: 25_000 }], bonusRate: 1_000 }],
    events: [{ type: "pack", rule: "abo", pack: 1 }, { type: "sale", use: 3 }, { type: "close" }],
    gives: [{ "topup abo": 10, "earn abo": 1, payable: 25_000 }, { "redeem abo": 3 }, { payout: 20_000 }],
  },
  {
    row: "AV-20 copies",
    rules: [{ kind: "units", id: "abo", unitName: "copie", packs: [{ units: 100, price: 1_000 }] }],
    events: [
      { type: "pack", rule: "abo", pack: 1 },
      { type: "sale", use: 37 },
    ],
    gives: [{}, { ticket: ["63"] }],
    card: { abo: { paid: 63, bonus: 0 } },
  },
  {
    row: "AV-22",
    rules: [bouquet(), cagnotte(), prepaid()],
    cards: { card: { grille: 4, cagnotte: 735, compte: 2_500 } },
    events: [sale(1_200, { redeem: 735 })],
    gives: [{ "redeem cagnotte": 735, "redeem compte": 465, "stamp grille": 1, payable: 0 }],
    card: { grille: 5, cagnotte: 0, compte: 2_035 },
  },
  {
    row: "AC-22",
    rules: [
      { kind: "club", id: "club", fee: 0 },
      {
        kind: "discount",
        id: "flash",
        off: { cents: 500 },
        stock: 20,
        when: { memberOf: "club", hours: { from: 1_020, to: 1_140 } },
      },
    ],
    cards: {
      nobody: {},
      ...Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`c${i + 1}`, { club: { until: "2027-12-31" } }])),
    },
    events: [
      sale(1_990, { card: "c1", ...on("2027-01-12", "16:59:59") }),
      sale(1_990, { card: "nobody", ...on("2027-01-12", "17:00:00") }),
      ...Array.from({ length: 21 }, (_, i) => sale(1_990, { card: `c${i + 1}`, ...on("2027-01-12", "17:00:00") })),
    ],
    gives: [
      { payable: 1_990, declined: [] },
      { payable: 1_990, declined: [] },
      ...Array.from({ length: 20 }, () => ({ payable: 1_490, declined: [] })),
      { payable: 1_990, declined: ["EPUISE"] },
    ],
  },
  {
    row: "AC-23",
    rules: [
      bouquet({
        grid: 2,
        reward: {
          kind: "experience",
          label: "Visite de l'atelier",
          text: "Samedi 20 mars à 10 h, 3 rue du Four",
          value: 0,
          seats: 1,
        },
      }),
    ],
    cards: { card: { grille: 1 }, other: { grille: 1 } },
    events: [
      sale(450, { id: "won" }),
      sale(450, { card: "other" }),
      { type: "refund", of: "won", lines: "all" },
      sale(450, { card: "other" }),
    ],
    gives: [
      { "reward grille": 0, declined: [], ticket: ["VISITE DE L'ATELIER", "Samedi 20 mars à 10 h, 3 rue du Four"] },
      { declined: ["EPUISE"], noTicket: ["Samedi"] },
      { "return grille": 2 },
      { declined: [], ticket: ["Samedi 20 mars"] },
    ],
    card: { grille: 1 },
  },
  {
    row: "AD-04 AD-20 AD-22",
    rules: [cagnotte()],
    events: [sale(10_000, { merchant: 1 }), sale(2_000, { merchant: 2, redeem: 500 })],
    gives: [{ "earn cagnotte": 500 }, { "redeem cagnotte": 500, payable: 1_500, taxed: [2_000] }],
  },
  {
    row: "AD-05 AC-40",
    rules: [{ kind: "discount", id: "remise", off: { rate: 500 } }],
    events: [sale(4_270), { type: "sale", lines: [{ amount: 3_000 }, { amount: 1_270 }] }],
    gives: [
      { "discount remise": 214, payable: 4_056, taxed: [4_056] },
      // 214 x 3000 / 4270 = 150.35, 214 x 1270 / 4270 = 63.65: the cent that is left goes to the second.
      { payable: 4_056, taxed: [2_850, 1_206] },
    ],
  },
  {
    row: "AD-11",
    rules: [visits({ unitName: "minutes", when: { basket: { kind: "reaches", amount: 2_000 } } })],
    events: [sale(1_999), sale(2_000)],
    gives: [{ "earn points": 0 }, { "earn points": 30, ticket: ["minutes"] }],
  },
  {
    row: "AD-11 with the day on which they end",
    rules: [{ kind: "parking", id: "parking", minutes: 30, minimum: { kind: "reaches", amount: 2_000 } }],
    events: [sale(1_999), sale(2_000, { at: "2027-06-15T18:30:00+02:00" })],
    gives: [
      { "parking parking": 0, noTicket: ["Stationnement"] },
      { "parking parking": 30, ticket: ["Stationnement offert", "30 min", "15/06/2027 23:59"] },
    ],
  },
  {
    row: "AD-16",
    rules: [
      cagnotte(),
      { kind: "draw", id: "tombola", cents: 1_000 },
      { kind: "challenge", id: "defi", of: "cagnotte", distinct: 3, gives: 300 },
    ],
    events: [sale(3_999, { merchant: 1 }), sale(1_000, { merchant: 2 }), sale(999, { merchant: 3 })],
    gives: [
      { "entries tombola": 3, ticket: ["3 participations", "1/3"] },
      { "entries tombola": 1 },
      { "entries tombola": 0, "earn defi": 300, funder: ["association"] },
    ],
  },
  {
    row: "AD-17 ZS-07",
    rules: [
      points({ cents: 10 }),
      { kind: "multiplier", id: "jeudi", of: "points", permille: 2_000, when: { weekdays: [4] } },
      { kind: "multiplier", id: "soir", of: "points", permille: 3_000, when: { hours: { from: 1_020, to: 1_140 } } },
    ],
    events: [
      sale(1_255, on("2027-01-14")),
      sale(1_000, on("2027-01-15", "16:59:59")),
      sale(1_000, on("2027-01-15", "17:00:00")),
      sale(1_000, on("2027-01-15", "19:00:00")),
    ],
    gives: [{ "earn points": 251 }, { "earn points": 100 }, { "earn points": 300 }, { "earn points": 100 }],
  },
  {
    row: "AD-24",
    rules: [cagnotte()],
    cards: { card: { cagnotte: 1_000 } },
    events: [sale(8_000, { merchant: 4, redeem: 500 })],
    gives: [{ "redeem cagnotte": 0, declined: ["MERCHANT_CANNOT_REDEEM"], "earn cagnotte": 400, payable: 8_000 }],
  },
  {
    row: "CM-02 CM-17",
    rules: [points({ cents: 10 }), prepaid()],
    head: { nonEarning: [] },
    cards: { card: { compte: 1_000 } },
    events: [sale(1_000)],
    gives: [{ "redeem compte": 1_000, "earn points": 100 }],
    card: { points: 100, compte: 0 },
  },
  {
    row: "CM-03",
    rules: [prepaid({ suggestBelow: 500, ...onTop([{ from: 5_000, rate: 1_000 }]) })],
    cards: { card: { compte: { paid: 900 } } },
    events: [sale(400), sale(1)],
    gives: [{ noTicket: ["Rechargez"] }, { ticket: ["Rechargez 50 € = 5 € offerts"] }],
  },
  {
    row: "CM-04 CM-05 CM-06 CM-07",
    rules: [
      prepaid(
        onTop(
          [
            { from: 5_000, rate: 1_000 },
            { from: 10_000, rate: 1_200 },
          ],
          { validity: { months: 1 } },
        ),
      ),
    ],
    cards: { a: {}, b: {} },
    events: [
      { type: "top-up", card: "a", amount: 5_000, ...on("2027-01-31") },
      { type: "top-up", card: "b", amount: 10_000, ...on("2027-01-31") },
      { type: "look", card: "a", ...on("2027-02-28", "23:59:59") },
      { type: "look", card: "a", ...on("2027-03-01", "00:00:00") },
    ],
    gives: [{ "earn compte": 500 }, { "earn compte": 1_200 }, { "expire compte": 0 }, { "expire compte": 500 }],
  },
  {
    row: "CM-13",
    rules: [points({ cents: 10 }, { gifts: [{ id: "bon", label: "Bon d'achat 5 €", points: 1_000, value: 500 }] })],
    cards: { card: { points: 1_000 } },
    events: [sale(1_234, { gift: "bon" })],
    gives: [{ "redeem points": 1_000, "reward points": 500, "earn points": 123 }],
  },
  {
    row: "EC-02",
    rules: [
      points(
        {},
        {
          validity: { through: "2028-01-30" },
          when: { until: "2028-01-01" },
          gifts: [
            { id: "mug", label: "Mug", points: 500, value: 700 },
            { id: "sac", label: "Sac", points: 2_000, value: 2_500 },
          ],
        },
      ),
    ],
    cards: { card: { points: { lots: [{ value: 900, issued: "2027-06-01", expires: "2028-01-30" }] } } },
    events: [
      sale(1_000, { gift: "sac", ...on("2027-12-31") }),
      sale(1_000, { gift: "mug", ...on("2028-01-30") }),
      { type: "look", ...on("2028-01-31", "00:00:00") },
    ],
    gives: [
      { declined: ["INSUFFICIENT"], "earn points": 10 },
      { "reward points": 700, "earn points": 0 },
      { "expire points": 410 },
    ],
  },
  {
    row: "EC-03",
    rules: [points({}, { validity: { months: 12, round: "year" } })],
    events: [
      sale(1_000, on("2027-03-01")),
      { type: "look", ...on("2028-12-31", "23:59:59") },
      { type: "look", ...on("2029-01-01", "00:00:00") },
    ],
    gives: [{ "earn points": 10 }, { "expire points": 0 }, { "expire points": 10 }],
  },
  {
    row: "EC-04 EC-11",
    rules: [points({}, { validity: { months: 12 } })],
    cards: {
      a: { points: { lots: [{ value: 700, issued: "2027-01-01", expires: "2028-01-01" }] } },
      b: {},
    },
    events: [
      { type: "give", card: "a", rule: "points", value: 500 },
      {
        type: "receive",
        card: "b",
        rule: "points",
        lots: [{ value: 500, issued: "2027-01-01", expires: "2028-01-01" }],
      },
      { type: "give", card: "a", rule: "points", value: 201 },
    ],
    gives: [{ "give points": 500 }, { "receive points": 500 }, { declined: ["INSUFFICIENT"] }],
  },
  {
    row: "EC-04 points to a partner",
    rules: [points({}, { gifts: [gift("miles", "Points pour P", 300, 240, { name: "P", rounding: "floor" })] })],
    cards: { card: { points: 450 } },
    events: [sale(1_000, { gift: "miles" }), sale(0, { gift: "miles", giftPoints: 161 })],
    gives: [
      { "redeem points": 300, "owe points": 240, payable: 1_000, ticket: ["Points pour P 2,40 €"] },
      { declined: ["INSUFFICIENT"], "owe points": 0 },
    ],
    card: { points: 160 },
  },
  {
    row: "EC-08 AC-01",
    rules: [points({}, { when: { from: "2019-02-01", until: "2020-01-01" } })],
    events: [
      sale(4_775, on("2019-01-31", "23:59:59")),
      sale(4_775, on("2019-02-01", "00:00:00")),
      sale(4_775, on("2019-12-31", "23:59:59")),
      sale(4_775, on("2020-01-01", "00:00:00")),
    ],
    gives: [{ "earn points": 0 }, { "earn points": 47 }, { "earn points": 47 }, { "earn points": 0 }],
  },
  {
    row: "EC-09 EC-14",
    rules: [
      points({}),
      { kind: "multiplier", id: "carburant", of: "points", permille: 2_000, when: { merchants: [3] } },
    ],
    events: [sale(3_000, { merchant: 1 }), sale(3_000, { merchant: 3 })],
    gives: [{ "earn points": 30 }, { "earn points": 60 }],
  },
  {
    row: "EC-09 with a partner, where the card was also used",
    rules: [
      points({}),
      {
        kind: "multiplier",
        id: "carburant",
        of: "points",
        permille: 2_000,
        when: { merchants: [3], also: { merchants: [1, 2], withinDays: 30, purse: 0 } },
      },
    ],
    events: [
      sale(3_000, { merchant: 3, ...on("2027-01-01") }),
      sale(3_000, { merchant: 1, ...on("2027-01-02", "00:00:00") }),
      sale(3_000, { merchant: 3, ...on("2027-01-31", "23:59:59") }),
      sale(3_000, { merchant: 3, ...on("2027-02-01", "00:00:00") }),
    ],
    gives: [{ "earn points": 30 }, { "earn points": 30 }, { "earn points": 60 }, { "earn points": 30 }],
  },
  {
    row: "EC-10",
    rules: [
      points({}),
      { kind: "bonus", id: "coop", of: "points", gives: { every: 2, gives: 1 }, when: { tender: "member-card" } },
    ],
    events: [sale(4_775, { tenders: [{ kind: "member-card", amount: 4_775 }] })],
    gives: [{ "earn points": 47, "earn coop": 23 }],
  },
  {
    row: "EC-12 above the threshold",
    rules: [points({ points: 2, groups: "whole", beyond: { amount: 500, counts: "above" } })],
    events: [sale(1_250), sale(500), sale(599), sale(600)],
    gives: [{ "earn points": 14 }, { "earn points": 0 }, { "earn points": 0 }, { "earn points": 2 }],
  },
  {
    row: "EC-12 the whole basket",
    rules: [points({ points: 2, groups: "whole", beyond: { amount: 500, counts: "all" } })],
    events: [sale(1_250), sale(500), sale(501)],
    gives: [{ "earn points": 24 }, { "earn points": 0 }, { "earn points": 10 }],
  },
  {
    row: "EC-15",
    rules: [{ kind: "draw", id: "tirage", cents: 3_000 }],
    events: [sale(9_100), sale(2_999)],
    gives: [{ "entries tirage": 3 }, { "entries tirage": 0 }],
  },
  {
    row: "AC-02",
    rules: [
      points({}),
      {
        kind: "tiers",
        id: "statut",
        of: ["points"],
        levels: [
          { name: "bronze", from: 0, permille: 1_000 },
          { name: "or", from: 10_000, permille: 2_000 },
        ],
      },
      { kind: "discount", id: "cafe", off: { rate: 10_000 }, categories: ["café"], when: { tiers: ["or"] } },
    ],
    events: [sale(10_000), { type: "sale", lines: [{ amount: 180, category: "café" }, { amount: 1_000 }] }],
    gives: [{ "tier statut": 1 }, { "discount cafe": 180, "earn points": 20 }],
  },
  {
    row: "AC-03",
    rules: [cagnotte()],
    cards: { card: { cagnotte: 1_200 } },
    events: [sale(10_000, { redeem: 1_200 }), sale(1_000, { redeem: 440 })],
    gives: [{ "earn cagnotte": 440 }, { "redeem cagnotte": 440 }],
  },
  {
    row: "AC-05",
    rules: [
      { kind: "club", id: "club", fee: 3_000 },
      { kind: "discount", id: "membre", off: { rate: 1_000 }, when: { memberOf: "club" } },
    ],
    cards: { card: {} },
    events: [
      { type: "join", rule: "club", ...on("2027-01-12") },
      sale(1_000, on("2028-01-11")),
      sale(1_000, on("2028-01-12")),
    ],
    gives: [{ payable: 3_000 }, { payable: 900 }, { payable: 1_000, ticket: ["renouveler"] }],
  },
  {
    row: "AC-15",
    rules: [
      points({ cents: 10 }),
      {
        kind: "multiplier",
        id: "lancement",
        of: "points",
        permille: 3_000,
        categories: ["nouveauté"],
        when: { from: "2027-03-01", until: "2027-03-15" },
      },
    ],
    events: [
      { type: "sale", ...on("2027-03-14"), lines: [{ amount: 1_000, category: "nouveauté" }, { amount: 1_000 }] },
      { type: "sale", ...on("2027-03-15"), lines: [{ amount: 1_000, category: "nouveauté" }] },
    ],
    gives: [{ "earn points": 400 }, { "earn points": 100 }],
  },
  {
    row: "AC-18",
    rules: [
      points({}),
      {
        kind: "referral",
        id: "parrainage",
        of: "points",
        minimum: { kind: "reaches", amount: 2_000 },
        godchild: 500,
        godparent: 500,
      },
    ],
    cards: { filleul: {}, petit: {}, seul: {} },
    events: [
      sale(2_000, { card: "filleul", cardNumber: CARD, referredBy: OTHER_CARD }),
      sale(2_000, { card: "filleul", cardNumber: CARD, referredBy: OTHER_CARD }),
      sale(1_999, { card: "petit", cardNumber: CARD, referredBy: OTHER_CARD }),
      sale(2_000, { card: "seul", cardNumber: CARD, referredBy: CARD }),
    ],
    gives: [
      {
        "earn parrainage": 500,
        "owe parrainage": 500,
        ticket: ["Parrainage +500 points", "Parrain, carte …0438 +500 points"],
      },
      { declined: ["SEEN_BEFORE"], "earn parrainage": 0, "owe parrainage": 0 },
      { declined: ["BELOW_MINIMUM"], "earn parrainage": 0, "owe parrainage": 0 },
      { declined: ["SAME_CARD"], "earn parrainage": 0, "owe parrainage": 0 },
    ],
  },
  {
    row: "AC-25",
    rules: [points({}, { gifts: [gift("don", "Don à X", 1_000, 1_000, { name: "X", rounding: "floor" })] })],
    cards: { card: { points: 1_000 } },
    events: [sale(100, { gift: "don" })],
    gives: [{ "redeem points": 1_000, "owe points": 1_000, ticket: ["Don à X 10,00 €"] }],
    card: { points: 1 },
  },
  {
    row: "AC-33",
    rules: [bouquet({ cooldownMinutes: 30 }), cagnotte()],
    cards: { card: { grille: 4 } },
    events: [
      {
        type: "sale",
        id: "T",
        ...on("2027-01-12", "10:00:00"),
        lines: [
          { id: "L1", amount: 1_000 },
          { id: "L2", amount: 500 },
        ],
      },
      { type: "refund", of: "T", lines: ["L2"], ...on("2027-01-12", "10:10:00") },
      sale(900, on("2027-01-12", "10:11:00")),
    ],
    gives: [
      { "stamp grille": 1, "earn cagnotte": 75 },
      { payout: 500, "clawback cagnotte": 25, "clawback grille": 0 },
      { "stamp grille": 0, "earn cagnotte": 45 },
    ],
    card: { grille: { count: 5, last: "2027-01-12T09:00:00Z" }, cagnotte: 95 },
  },
  {
    row: "ZS-01",
    rules: [cagnotte()],
    events: [sale(4_000, { tip: 500 })],
    gives: [{ "earn cagnotte": 200, payable: 4_500 }],
  },
  {
    row: "ZS-03",
    rules: [
      cagnotte(),
      points({}),
      {
        kind: "tiers",
        id: "statut",
        levels: [
          { name: "bronze", from: 0, permille: 1_000 },
          { name: "argent", from: 50_000, permille: 1_000 },
        ],
      },
    ],
    cards: { card: { cagnotte: 735, points: 1_200, statut: { level: "argent", spent: 50_000 } } },
    events: [sale(1_000, { redeem: 700 })],
    gives: [{ "redeem cagnotte": 700, "earn cagnotte": 15, "earn points": 3 }],
    card: { cagnotte: 50, points: 1_203, statut: { level: "argent", spent: 50_300 } },
  },
  {
    row: "ZS-04 welcome",
    rules: [points({}), { kind: "bonus", id: "bienvenue", of: "points", gives: 100, when: { first: true } }],
    cards: { card: { points: 0 } },
    events: [sale(1_000), sale(1_000)],
    gives: [{ "earn bienvenue": 100 }, { "earn bienvenue": 0 }],
  },
  {
    row: "a cap of a week, by any day of it",
    rules: [points({}), { kind: "cap", id: "semaine", of: "points", per: "week", most: 100 }],
    cards: {
      today: { semaine: { used: 95 } },
      sunday: { semaine: { used: 95, since: "2027-01-17" } },
      before: { semaine: { used: 95, since: "2027-01-10" } },
    },
    events: ["today", "sunday", "before"].map((card) => sale(1_000, { card, ...on("2027-01-13") })),
    gives: [{ "earn points": 5 }, { "earn points": 5 }, { "earn points": 10 }],
  },
  {
    row: "ZS-11",
    rules: [
      visits({
        earn: { per: "visit", points: 300 },
        redeem: { points: 1, cents: 1 },
        validity: { days: 7 },
        when: { birthday: { before: 0, after: 0, leap: "28-february" } },
      }),
      { kind: "cap", id: "une-fois", of: "points", per: "day", most: 300 },
    ],
    events: [
      sale(1_000, { birthday: "02-29", ...on("2027-02-27") }),
      sale(1_000, { birthday: "02-29", ...on("2027-02-28", "00:00:00") }),
      sale(1_000, { birthday: "02-29", ...on("2027-02-28", "12:00:00") }),
      { type: "look", ...on("2027-03-07", "23:59:59") },
      { type: "look", ...on("2027-03-08", "00:00:00") },
    ],
    gives: [
      { "earn points": 0 },
      { "earn points": 300 },
      { "earn points": 0 },
      { "expire points": 0 },
      { "expire points": 300 },
    ],
  },
  {
    row: "ZS-13",
    rules: [
      points({}),
      {
        kind: "multiplier",
        id: "anniversaire",
        of: "points",
        permille: 2_000,
        when: { birthday: { before: 0, after: 6, leap: "1-march" } },
      },
    ],
    events: ["01-11", "01-12", "01-18", "01-19"].map((day) => sale(1_000, { birthday: "01-12", ...on(`2027-${day}`) })),
    gives: [{ "earn points": 10 }, { "earn points": 20 }, { "earn points": 20 }, { "earn points": 10 }],
  },
];

function said(step: TrialStep, word: string): unknown {
  const of = (type: string, rule: string) =>
    step.effects.filter((effect) => effect.type === type && (rule === "" || effect.rule === rule));
  switch (word) {
    case "payable":
      return step.payable;
    case "taxed":
      return step.taxed;
    case "declined":
      return step.declined.map(({ reason }) => reason);
    case "payout":
      return of("payout", "").reduce((all, { value, cents = value }) => all + cents, 0);
    case "funder":
      return of("earn", "defi").map(({ funder }) => funder);
    default: {
      const [type = "", rule = ""] = word.split(" ");
      return of(type, rule).reduce((all, { value }) => all + value, 0);
    }
  }
}

/** The programme that a row is about. */
export const rowProgramme = ({ head = {}, rules }: Row): Programme => programmeOfJson({ ...HEAD, ...head, rules });

/** What a programme makes of a row otherwise than it says. */
export function rowDifferences({ cards, events, gives, card }: Row, programme: Programme): readonly string[] {
  const { steps, cards: left } = playTrial(programme, { events, ...(cards === undefined ? {} : { cards }) });
  const found = gives.flatMap(({ ticket = [], noTicket = [], ...words }, i) => {
    const step = steps[i]!;
    const text = printedNotes(step);
    const missing = (ticket as readonly string[]).filter((part) => !text.includes(printable(part)));
    const unasked = (noTicket as readonly string[]).filter((part) => text.includes(printable(part)));
    const others = Object.entries(words).flatMap(([word, value]) =>
      agrees(value, said(step, word)) ? [] : [`${word} is ${JSON.stringify(said(step, word))}`],
    );
    return [
      ...missing.map((part) => `no "${part}": ${text}`),
      ...unasked.map((part) => `"${part}": ${text}`),
      ...others,
    ].map((what) => `event ${i + 1}: ${what}`);
  });
  const isLeft = card === undefined || agrees(card, left.card);
  return isLeft ? found : [...found, `the card holds ${JSON.stringify(left.card)}`];
}
