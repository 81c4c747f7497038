import type { SheetWords } from "./sheet-fr.ts";
import { decimal, grouped, joined, type NumberStyle, shortest } from "./sheet-numbers.ts";

const STYLE: NumberStyle = { point: ".", group: "," };
const DAYS = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
const MONTHS = [
  ...["January", "February", "March", "April", "May", "June"],
  ...["July", "August", "September", "October", "November", "December"],
];
const TENDERS: Readonly<Record<string, string>> = {
  prepaid: "the card's own prepaid money",
  "gift-card": "a gift card",
  voucher: "a voucher",
};

const count = (value: number): string => grouped(value, STYLE);
const money = (cents: number): string => `€${decimal(cents, 2, STYLE)}`;
const percent = (basisPoints: number): string => `${shortest(basisPoints, 2, STYLE)}%`;
const times = (permille: number): string => `×${shortest(permille, 3, STYLE)}`;
const quoted = (word: string): string => `“${word}”`;
const list = (words: readonly string[]): string => joined(words, "and");
const either = (words: readonly string[]): string => joined(words, "or");
const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
const yearDay = (month: number, day: number): string => `${day} ${MONTHS[month - 1]}`;
const hour = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");

/** Every sentence of a rules sheet in English. */
export const en: SheetWords = {
  money,
  percent,
  quoted,
  list,
  points: (value, unit) => (value === 1 && unit === "points" ? "1 point" : `${count(value)} ${unit}`),
  date: (year, month, day) => `${yearDay(month, day)} ${year}`,
  yearDay,

  head: {
    title: "The programme",
    customers: (name) => `${name}: the rules`,
    staff: (name) => `${name}: sheet for the staff`,
    version: (number, version) => `Programme no. ${number}, version ${version}.`,
    scope: { shop: "A shop's own programme.", town: "A programme common to a town." },
    order: {
      shop: "On a card that carries several, it comes before the town's programme.",
      town: "On a card that carries several, it comes after the shop's programme.",
    },
    fee: (cents, months) => `The club asks a fee of ${money(cents)} for ${plural(months, "month")}.`,
  },

  where: {
    title: "Where the card works",
    at: (names) => `At ${names}.`,
    spend: (names) => `At ${names}: the card earns, and what it holds can be used.`,
    earnOnly: (names) => `At ${names}: the card earns, and what it holds cannot be used.`,
    zone: (zone) => `Dates and hours are those of the zone ${zone}.`,
    media: (chips) => `Cards accepted: ${chips}.`,
  },

  counts: {
    title: "What counts",
    base:
      "For what is earned in proportion, and for levels, what is paid counts, tax included, " +
      "less discounts and what the card paid.",
    excluded: (names) =>
      `Excluded: ${names}. They earn nothing, count towards no minimum and get no discount, except where a rule names them.`,
    tip: "A tip never counts, and the card does not pay it.",
    tender: (word) => TENDERS[word] ?? quoted(word),
    nonEarning: (names) => `What is paid with ${names} does not count there.`,
  },

  kinds: {
    stamps: "Stamp card",
    cagnotte: "Cagnotte",
    points: "Points",
    prepaid: "Prepaid account",
    units: "Prepaid packs",
    discount: "Immediate discount",
    multiplier: "Multiplier",
    bonus: "Bonus",
    cap: "Cap",
    tiers: "Levels",
    club: "Club",
    challenge: "Challenge",
    draw: "Prize draw",
    referral: "Referral",
    parking: "Parking",
  },
  staffLine: (id, funder) => (funder === null ? `Rule ${quoted(id)}.` : `Rule ${quoted(id)}, paid by ${funder}.`),
  funders: {
    merchant: "whoever gives it",
    association: "the association",
    sponsor: "the sponsor",
    partner: "the partner",
  },

  when: {
    only: (parts) => `Only ${list(parts)}.`,
    withConditions: (sentence, parts) => (parts.length === 0 ? `${sentence}.` : `${sentence}, only ${list(parts)}.`),
    weekdays: (days) => `on ${either(days.map((day) => DAYS[day - 1] ?? ""))}`,
    span: (from, to) => `from ${hour(from)} to ${hour(to)}`,
    either,
    allDay: "all day",
    from: (date) => `from ${date} on`,
    until: (date) => `until ${date}, that day included`,
    between: (from, until) => `from ${from} until ${until}, that day included`,
    basket: {
      reaches: (amount) => `from ${amount} of purchases`,
      exceeds: (amount) => `for more than ${amount} of purchases`,
    },
    of: { running: "after discounts", initial: "before discounts" },
    merchants: (names) => `at ${either(names)}`,
    stranger: (number) => `merchant no. ${number}`,
    tender: (word) => `where at least a part is paid with ${TENDERS[word] ?? quoted(word)}`,
    tiers: (names) => `at the level ${either(names)}`,
    birthday: (before, after) =>
      before + after === 0
        ? "on the birthday"
        : `from ${plural(before, "day")} before to ${plural(after, "day")} after the birthday`,
    leap: {
      "28-february": "(born on 29 February: on the 28th in other years)",
      "1-march": "(born on 29 February: on 1 March in other years)",
    },
    first: "at the first visit of the card",
    away: (days) => `when the last visit is at least ${plural(days, "day")} ago`,
    member: (club) => `for members of the club${club === null ? "" : ` ${quoted(club)}`}`,
    also: (merchants, days) =>
      `elsewhere than ${merchants}, where the card was used that day${days === 1 ? "" : ` or in the ${plural(days - 1, "day")} before`}`,
    offer: (number) => `with offer no. ${number} on the card, while it lasts`,
  },

  stock: {
    pieces: (label, pieces) =>
      `${label}: each terminal gives it at most ${plural(pieces, "time")}, to all cards together.`,
    seats: (label, seats) => `${label}: each terminal gives at most ${plural(seats, "seat")}, to all cards together.`,
    discount: (pieces) => `Each terminal gives it on at most ${plural(pieces, "ticket")}, of all cards together.`,
  },

  stamps: {
    perVisit: (stamps) => `Each visit gives ${plural(stamps, "stamp")}.`,
    perItem: (category) => `Each ${quoted(category)} paid for gives one stamp.`,
    minimum: (basket) => `A visit counts ${basket}.`,
    cooldown: (minutes) => `At least ${plural(minutes, "minute")} must lie between two visits that count.`,
    zeroPayable: {
      yes: "A visit where nothing is left to pay counts too.",
      no: "A visit where nothing is left to pay does not count.",
    },
    gift: (grid, label, value) =>
      `${plural(grid, "stamp")}: ${label}${value > 0 ? ` (worth ${money(value)})` : ""}, on that very visit.`,
    freeItem: (grid, label, category) =>
      `${plural(grid, "stamp")}: ${label}, the next ${quoted(category)}, the cheapest of the ticket. ` +
      "An item that is given gives no stamp.",
    money: (grid, label, value) =>
      `${plural(grid, "stamp")}: ${label}, ${money(value)} off that very ticket, before any other discount. ` +
      "What the ticket is too small for is lost, but where it can take nothing at all the reward stays on the card.",
    offer: (grid, label, number, days) =>
      `${plural(grid, "stamp")}: ${label}, offer no. ${number} on the card, from the next ticket to ${plural(days, "day")} later. ` +
      "A card holds it once: the next one waits until it is over.",
    experience: (grid, label, value, text) =>
      `${plural(grid, "stamp")}: ${label}${value > 0 ? ` (worth ${money(value)})` : ""}, an experience: ${text}.`,
    within: (days) =>
      days === 1
        ? "A stamp counts on its own day only."
        : `A stamp counts for ${days} days, its own included; then it is lost.`,
    stay: "Once none is left, full grids stay on the card.",
    later: "The reward may stay on the card for another visit.",
    excess: {
      carry: "Stamps over a full grid stay on the card.",
      lose: "Stamps over a full grid are lost.",
    },
    paper: (last: string, most: number): string =>
      `Through ${last}, ${most === 1 ? "one stamp of a paper card is taken over" : `the stamps of a paper card are taken over (${most} at most)`}, once only, before the card's own first stamp.`,
  },

  saving: {
    rate: (rate) => `${percent(rate)} of what counts goes to the cagnotte.`,
    perAmount: {
      exact: (points, cents) => `${points} for every ${money(cents)}; a part of that counts in proportion.`,
      whole: (points, cents) => `${points} for every ${money(cents)}; only whole ones count.`,
    },
    beyond: {
      all: (cents) => `Only a ticket of more than ${money(cents)} earns, and then as a whole.`,
      above: (cents) => `Only the part of a ticket above ${money(cents)} earns.`,
    },
    basis: {
      net: [],
      "before-redemption": ["Here, what the card paid of its savings earns too."],
      gross: ["Here the whole ticket earns, discounts and what the card paid of its savings included."],
    },
    perVisit: (points) => `${points} for a visit where something is paid.`,
    perItem: (points, category) => `${points} for each ${quoted(category)} paid for.`,
    rounding: {
      cents: {
        floor: "What is earned is rounded down to the cent.",
        "half-up": "What is earned is rounded to the nearest cent.",
        ceil: "What is earned is rounded up to the cent.",
        carry: "The fraction of a cent stays on the card and is added to what is earned next.",
      },
      points: {
        floor: "What is earned is rounded down to a whole one.",
        "half-up": "What is earned is rounded to the nearest whole one.",
        ceil: "What is earned is rounded up to a whole one.",
        carry: "The fraction stays on the card and is added to what is earned next.",
      },
    },
    stage: {
      end: "It is rounded once, after multipliers.",
      each: "What is earned is rounded before multipliers, and again after them.",
    },
    stacking: {
      "best-of": "Of several multipliers at once only the highest counts.",
      additive: "Several multipliers at once are added: ×2 and ×1.5 make ×2.5.",
      multiplicative: "Several multipliers at once are multiplied: ×2 and ×1.5 make ×3.",
    },
    balanceMax: (most) => `A card holds at most ${most}; what would go over is not earned.`,
    pays: {
      tender: "Used, it is a payment: the taxes of the ticket stay as they are.",
      discount: "Used, it is a discount: the taxes of the ticket fall with it.",
    },
    redeemAny: "The amount to use is asked for at the till, up to all that the card holds.",
    redeemStep: (points, cents) => `${points}: ${money(cents)} off, as many times as the card holds them.`,
    redeemNone: "Nothing is taken off a ticket for them.",
    redeemMin: (cents) => `Usable from ${money(cents)} a ticket.`,
    redeemShare: (share) => `Usable for at most ${percent(share)} of a ticket, after discounts.`,
    gift: (label, points, value) => `Gift: ${label} for ${points}${value > 0 ? ` (worth ${money(value)})` : ""}.`,
    donation: (label, points, value, to) =>
      `Donation: ${label}, ${points} are worth ${money(value)} to ${quoted(to)}; another number of points in proportion.`,
    donationRounding: {
      floor: "This donation is rounded down to the cent.",
      "half-up": "This donation is rounded to the nearest cent.",
      ceil: "This donation is rounded up to the cent.",
    },
    donationPoints: "How many points are given is typed at the till.",
    experience: (label, text) => `${label}, an experience: ${text}.`,
    giftCode: (label, code) => `Code of ${label} at the till: ${quoted(code)}.`,
    multiplier: (permille, on) => `${times(permille)}${on === null ? "" : ` on ${on}`}`,
    bonus: (gives) => `Bonus of ${gives}`,
    bonusEvery: (gives, every) => `Bonus of ${gives} for every whole ${every} that the ticket earns`,
    limit: (often, period) => `This bonus is given at most ${plural(often, "time")} ${period}.`,
    cap: (most, period) => `At most ${most} earned ${period}, bonuses included.`,
  },
  periods: {
    visit: "per ticket",
    day: "per day",
    week: "per week, Monday to Sunday",
    month: "per month",
    year: "per calendar year",
  },

  validity: {
    earned: "What is earned",
    bonus: "The bonus",
    none: (what) => `${what} does not expire.`,
    days: (what, days) =>
      `${what} can be used for ${plural(days, "day")} after the day on which the card got it, the last one included.`,
    months: (what, months) => `${what} can be used for ${plural(months, "month")}, the last day included.`,
    monthEnd: (what, months) => `${what} can be used for ${plural(months, "month")}, then until the end of that month.`,
    yearEnd: (what, months) => `${what} can be used for ${plural(months, "month")}, then until the end of that year.`,
    through: (what, date) => `${what} can be used until ${date}, that day included.`,
    lots: (lots) =>
      `What expires first goes first. A card keeps ${lots} dates; beyond that, the two sums whose dates lie closest become ` +
      "one, which lasts until the later one.",
  },

  prepaid: {
    pays: "Money paid in pays each purchase by itself, excluded goods too; what is missing is paid otherwise.",
    topUpMin: (cents) => `A top-up is at least ${money(cents)}.`,
    topUpMax: (cents) => `A top-up is at most ${money(cents)}.`,
    balanceMax: (cents) =>
      `A card holds at most ${money(cents)} paid in; a top-up that would go over is refused as a whole.`,
    band: (from, rate) => `Top-up from ${money(from)}: ${percent(rate)} as a bonus.`,
    bands: {
      whole: "The band that is reached counts for the whole top-up.",
      part: "Each band counts for the part of the top-up that lies in it.",
    },
    rounding: {
      floor: "The bonus is rounded down to the cent.",
      "half-up": "The bonus is rounded to the nearest cent.",
      ceil: "The bonus is rounded up to the cent.",
    },
    bonusFunder: (funder) => `The bonus is paid by ${funder}.`,
    spendFirst: {
      bonus: "The bonus is spent before what was paid in.",
      paid: "What was paid in is spent before the bonus.",
    },
    suggest: (cents) => `Below ${money(cents)}, suggest a top-up.`,
    closing: "When the account is closed, what was paid in and not spent is given back.",
    bonusLost: "The bonus is never paid out.",
  },

  units: {
    pack: (units, name, price, bonus) =>
      `${name}, ${count(units)} at a time: ${money(price)}${bonus > 0 ? `, and ${count(bonus)} as a bonus` : ""}.`,
    bonusRate: (rate) => `Bonus: ${percent(rate)} of the pack, whole ones only.`,
    spendFirst: {
      bonus: "The bonus is used before what was paid for.",
      paid: "What was paid for is used before the bonus.",
    },
    closing: (units, price) =>
      `When the account is closed, what was paid for and not used is given back at ${money(price)} for ${count(units)}, rounded up to the cent.`,
    bonusLost: "The bonus is never paid out.",
  },

  discount: {
    rate: (rate, on) => `${percent(rate)} off at once on ${on}`,
    cents: (cents, on) => `${money(cents)} off at once on ${on}, at most what they cost`,
    categories: (names) => names,
    all: "everything that is not excluded",
    basis: {
      initial: "It is worked out on prices before any discount.",
      running: "It is worked out on what earlier discounts left.",
    },
    rounding: {
      floor: "It is rounded down to the cent.",
      "half-up": "It is rounded to the nearest cent.",
      ceil: "It is rounded up to the cent.",
    },
    place: (place, of) => `Order: ${place} of ${of}.`,
    limit: (often, period) => `It is given at most ${plural(often, "time")} ${period}.`,
    group: (names) => `Only one of these discounts is given, the largest: ${names}.`,
  },

  tiers: {
    level: (name, from, permille) =>
      `${name}: ${from === 0 ? "from the start" : `from ${money(from)}`}${permille === null ? "" : `, earning ${times(permille)}`}.`,
    of: (names) => `The level multiplies what is earned by: ${names}.`,
    window: {
      year: "What was spent since 1 January counts.",
      "rolling-12-months": "What was spent this month and in the eleven months before counts.",
    },
    crossing: {
      before: "The ticket that reaches a level still earns as before.",
      marginal: "The ticket that reaches a level earns as at the new one for the part above its threshold.",
    },
    noReview: "A level that was reached is never taken away.",
    review: (day) => `Levels are reviewed each year, at the end of ${day}.`,
    grace: (days) =>
      days === 0
        ? "A level that is lost is lost the next day."
        : `A level that is lost is kept for ${plural(days, "day")} more.`,
    down: {
      one: "Nobody goes down by more than one level at a time.",
      "to-window": "The card goes down to the level that its spending gives.",
    },
  },

  club: {
    fee: (cents, months) => `Membership of ${plural(months, "month")}: ${money(cents)}.`,
    noFee: (months) => `Membership of ${plural(months, "month")}, without a fee.`,
    renewal: "Paid early, a new membership begins on the day after the last day.",
    closing: "When the account is closed, the membership ends; the fee is not given back.",
  },

  challenge: {
    goal: (distinct, gives, of) => `${distinct} different merchants visited: ${gives} (${of}).`,
    badge: (distinct, label) => `${distinct} different merchants visited: the badge ${quoted(label)}, on the ticket.`,
    number: (number) => `Challenge no. ${number}; a new number begins anew.`,
    times: (often) => `A card can win it ${plural(often, "time")}.`,
  },
  parking: {
    gives: (minutes) =>
      `A purchase gives ${count(minutes)} ${minutes === 1 ? "minute" : "minutes"} of parking, at the town's meters.`,
    minimum: (basket) => `The purchase counts ${basket}.`,
    today: "To be used on the same day.",
    within: (hours) => `To be used within ${hours === 1 ? "an hour" : `${count(hours)} hours`} of the purchase.`,
  },

  draw: {
    entry: (cents) => `One entry for every whole ${money(cents)} paid.`,
    most: (entries) => `At most ${count(entries)} ${entries === 1 ? "entry" : "entries"} a ticket.`,
  },

  referral: {
    godchild: (gives, of) => `A new card, at its first purchase: ${gives} (${of}), at once.`,
    godparent: (gives, of) =>
      `The card of whoever brought it: ${gives} (${of}), at a visit after the office put them there.`,
    minimum: (basket) => `The first purchase counts ${basket}.`,
    once: "A card is brought once only, at its first visit in this programme, and never by itself.",
    undone: "When this first purchase is returned as a whole, both parts are taken back.",
    till: "The number of the other card is typed or scanned at the till, with this first purchase.",
  },

  refund: {
    title: "When a purchase is returned",
    where: "Whoever sold it takes it back.",
    elsewhere: (cents) =>
      cents === 0
        ? "Only the terminal that sold it takes it back."
        : `Another of their terminals gives back at most ${money(cents)} for the ticket.`,
    reverse: "What the purchase gave is taken off the card; what the card paid goes back onto it.",
    spent: {
      "deduct-from-refund": "What was spent of it already is kept from the money given back.",
      "allow-negative": "What was spent of it already is owed: what is earned next covers it first.",
      "clamp-to-zero": "What was spent of it already is not claimed.",
    },
  },
  limits: {
    title: "Limits",
    offline: (cents) => `One terminal lets a card spend at most ${money(cents)} a day in this programme.`,
    clock: "Terminal clock reset: nothing that depends on a date or an hour is given.",
    torn: "Card taken away in the middle of a write: at its next visit it earns, and spends nothing.",
  },
};
