import { decimal, grouped, joined, type NumberStyle, shortest } from "./sheet-numbers.ts";

const STYLE: NumberStyle = { point: ",", group: " " };
const DAYS = ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"];
const MONTHS = [
  ...["janvier", "février", "mars", "avril", "mai", "juin"],
  ...["juillet", "août", "septembre", "octobre", "novembre", "décembre"],
];
const TENDERS: Readonly<Record<string, string>> = {
  prepaid: "l'argent prépayé de la carte",
  "gift-card": "une carte cadeau",
  voucher: "un bon",
};

const count = (value: number): string => grouped(value, STYLE);
const money = (cents: number): string => `${decimal(cents, 2, STYLE)} €`;
const percent = (basisPoints: number): string => `${shortest(basisPoints, 2, STYLE)} %`;
const times = (permille: number): string => `×${shortest(permille, 3, STYLE)}`;
const quoted = (word: string): string => `« ${word} »`;
const list = (words: readonly string[]): string => joined(words, "et");
const either = (words: readonly string[]): string => joined(words, "ou");
const plural = (value: number, noun: string): string => `${count(value)} ${noun}${value > 1 ? "s" : ""}`;
const yearDay = (month: number, day: number): string => `${day === 1 ? "1er" : day} ${MONTHS[month - 1]}`;

/** Every sentence of a rules sheet in French. `sheet-en.ts` has the same ones. */
export const fr = {
  money,
  percent,
  quoted,
  list,
  points: (value: number, unit: string): string =>
    value === 1 && unit === "points" ? "1 point" : `${count(value)} ${unit}`,
  date: (year: number, month: number, day: number): string => `${yearDay(month, day)} ${year}`,
  yearDay,

  head: {
    title: "Le programme",
    customers: (name: string): string => `${name} : les règles`,
    staff: (name: string): string => `${name} : fiche de l'équipe`,
    version: (number: number, version: number): string => `Programme n° ${number}, version ${version}.`,
    scope: { shop: "Programme propre au commerce.", town: "Programme commun à une ville." },
    order: {
      shop: "Sur une carte qui en porte plusieurs, il passe avant le programme de la ville.",
      town: "Sur une carte qui en porte plusieurs, il passe après le programme du commerce.",
    },
    fee: (cents: number, months: number): string =>
      `Le club demande une cotisation de ${money(cents)} pour ${months} mois.`,
  },

  where: {
    title: "Où la carte sert",
    at: (names: string): string => `Chez ${names}.`,
    spend: (names: string): string => `Chez ${names} : on y cumule, et on y utilise ce que la carte contient.`,
    earnOnly: (names: string): string => `Chez ${names} : on y cumule, on n'y utilise pas ce que la carte contient.`,
    zone: (zone: string): string => `Dates et heures sont celles du fuseau ${zone}.`,
    media: (chips: string): string => `Cartes acceptées : ${chips}.`,
  },

  counts: {
    title: "Ce qui compte",
    base: "Pour ce qui se gagne en proportion et pour les statuts compte ce qui est payé, taxes comprises, remises et montants pris sur la carte déduits.",
    excluded: (names: string): string =>
      `Exclu : ${names}. Cela ne rapporte rien, n'entre dans aucun minimum et n'a pas de remise, ` +
      "sauf là où une règle le nomme.",
    tip: "Un pourboire ne compte jamais, et la carte ne le paie pas.",
    tender: (word: string): string => TENDERS[word] ?? quoted(word),
    nonEarning: (names: string): string => `Ce qui est payé avec ${names} n'y compte pas.`,
  },

  kinds: {
    stamps: "Grille",
    cagnotte: "Cagnotte",
    points: "Points",
    prepaid: "Compte prépayé",
    units: "Formules prépayées",
    discount: "Remise immédiate",
    multiplier: "Multiplication",
    bonus: "Bonus",
    cap: "Plafond",
    tiers: "Statuts",
    club: "Club",
    challenge: "Défi",
    draw: "Tirage au sort",
    referral: "Parrainage",
    parking: "Stationnement",
  },
  staffLine: (id: string, funder: string | null): string =>
    funder === null ? `Règle ${quoted(id)}.` : `Règle ${quoted(id)}, à la charge de ${funder}.`,
  funders: {
    merchant: "celui qui l'accorde",
    association: "l'association",
    sponsor: "le sponsor",
    partner: "le partenaire",
  },

  when: {
    only: (parts: readonly string[]): string => `Seulement ${list(parts)}.`,
    withConditions: (sentence: string, parts: readonly string[]): string =>
      parts.length === 0 ? `${sentence}.` : `${sentence}, seulement ${list(parts)}.`,
    weekdays: (days: readonly number[]): string => `le ${either(days.map((day) => DAYS[day - 1] ?? ""))}`,
    span: (from: number, to: number): string => `de ${hour(from)} à ${hour(to)}`,
    either,
    allDay: "toute la journée",
    from: (date: string): string => `à partir du ${date}`,
    until: (date: string): string => `jusqu'au ${date} compris`,
    between: (from: string, until: string): string => `du ${from} au ${until} compris`,
    basket: {
      reaches: (amount: string): string => `à partir de ${amount} d'achats`,
      exceeds: (amount: string): string => `pour plus de ${amount} d'achats`,
    },
    of: { running: "remises déduites", initial: "remises non déduites" },
    merchants: (names: readonly string[]): string => `chez ${either(names)}`,
    stranger: (number: number): string => `le commerçant n° ${number}`,
    tender: (word: string): string =>
      `si le ticket est payé, au moins en partie, avec ${TENDERS[word] ?? quoted(word)}`,
    tiers: (names: readonly string[]): string => `au statut ${either(names)}`,
    birthday: (before: number, after: number): string =>
      before + after === 0
        ? "le jour de l'anniversaire"
        : `de ${plural(before, "jour")} avant à ${plural(after, "jour")} après l'anniversaire`,
    leap: {
      "28-february": "(né un 29 février : le 28 les autres années)",
      "1-march": "(né un 29 février : le 1er mars les autres années)",
    },
    first: "à la première visite de la carte",
    away: (days: number): string => `si la dernière visite date d'au moins ${plural(days, "jour")}`,
    member: (club: string | null): string => `pour les membres du club${club === null ? "" : ` ${quoted(club)}`}`,
    also: (merchants: string, days: number): string =>
      `ailleurs que ${merchants}, si la carte y a servi le jour même` +
      (days === 1 ? "" : days === 2 ? " ou la veille" : ` ou dans les ${count(days - 1)} jours d'avant`),
    offer: (number: number): string => `avec l'offre n° ${number} inscrite sur la carte, tant qu'elle vaut`,
  },

  stock: {
    pieces: (label: string, pieces: number): string =>
      `${label} : chaque terminal en donne au plus ${pieces}, toutes cartes confondues.`,
    seats: (label: string, seats: number): string =>
      `${label} : chaque terminal donne au plus ${plural(seats, "place")}, toutes cartes confondues.`,
    discount: (pieces: number): string =>
      `Chaque terminal la donne sur au plus ${plural(pieces, "ticket")}, toutes cartes confondues.`,
  },

  stamps: {
    perVisit: (stamps: number): string => `Chaque visite donne ${plural(stamps, "tampon")}.`,
    perItem: (category: string): string => `Chaque article ${quoted(category)} payé donne un tampon.`,
    minimum: (basket: string): string => `La visite compte ${basket}.`,
    cooldown: (minutes: number): string =>
      `Il faut au moins ${plural(minutes, "minute")} entre deux visites qui comptent.`,
    zeroPayable: {
      yes: "Une visite où il ne reste rien à payer compte aussi.",
      no: "Une visite où il ne reste rien à payer ne compte pas.",
    },
    gift: (grid: number, label: string, value: number): string =>
      `${plural(grid, "tampon")} : ${label}${value > 0 ? ` (valeur ${money(value)})` : ""}, à la visite même.`,
    freeItem: (grid: number, label: string, category: string): string =>
      `${plural(grid, "tampon")} : ${label}, l'article ${quoted(category)} suivant, le moins cher du ticket. ` +
      "Un article offert ne donne pas de tampon.",
    money: (grid: number, label: string, value: number): string =>
      `${plural(grid, "tampon")} : ${label}, ${money(value)} de moins sur le ticket même, avant toute autre remise. ` +
      "Ce que le ticket ne peut pas absorber est perdu, mais s'il ne peut rien absorber la récompense reste sur la carte.",
    offer: (grid: number, label: string, number: number, days: number): string =>
      `${plural(grid, "tampon")} : ${label}, l'offre n° ${number} inscrite sur la carte, dès le ticket suivant et ` +
      `jusqu'à ${plural(days, "jour")} après. Une carte ne la porte qu'une fois : la suivante attend que celle-ci soit finie.`,
    experience: (grid: number, label: string, value: number, text: string): string =>
      `${plural(grid, "tampon")} : ${label}${value > 0 ? ` (valeur ${money(value)})` : ""}, une expérience : ${text}.`,
    within: (days: number): string =>
      days === 1
        ? "Un tampon ne compte que le jour même."
        : `Un tampon compte pendant ${days} jours, le sien compris ; ensuite il est perdu.`,
    stay: "Une fois le stock épuisé, les grilles pleines restent sur la carte.",
    later: "La récompense peut rester sur la carte pour une autre visite.",
    excess: {
      carry: "Les tampons en trop restent sur la carte.",
      lose: "Les tampons en trop sont perdus.",
    },
    paper: (last: string, most: number): string =>
      `Jusqu'au ${last} compris, ${most === 1 ? "un tampon d'une carte papier est repris" : `les tampons d'une carte papier sont repris (${most} au plus)`}, une seule fois, avant le premier tampon de la carte.`,
  },

  saving: {
    rate: (rate: number): string => `${percent(rate)} de ce qui compte va à la cagnotte.`,
    perAmount: {
      exact: (points: string, cents: number): string =>
        `${points} par tranche de ${money(cents)} ; une tranche entamée compte en proportion.`,
      whole: (points: string, cents: number): string =>
        `${points} par tranche de ${money(cents)} ; seules les tranches entières comptent.`,
    },
    beyond: {
      all: (cents: number): string => `Seul un ticket de plus de ${money(cents)} rapporte, et alors en entier.`,
      above: (cents: number): string => `Seule la part du ticket au-delà de ${money(cents)} rapporte.`,
    },
    basis: {
      net: [] as readonly string[],
      "before-redemption": ["Ici, ce que la carte a payé de son épargne rapporte aussi."] as readonly string[],
      gross: [
        "Ici, tout le ticket rapporte, remises et ce que la carte a payé de son épargne compris.",
      ] as readonly string[],
    },
    perVisit: (points: string): string => `${points} par visite où quelque chose est payé.`,
    perItem: (points: string, category: string): string => `${points} par article ${quoted(category)} payé.`,
    rounding: {
      cents: {
        floor: "Le gain est arrondi au centime inférieur.",
        "half-up": "Le gain est arrondi au centime le plus proche.",
        ceil: "Le gain est arrondi au centime supérieur.",
        carry: "La fraction de centime reste sur la carte et s'ajoute au gain suivant.",
      },
      points: {
        floor: "Le gain est arrondi à l'unité inférieure.",
        "half-up": "Le gain est arrondi à l'unité la plus proche.",
        ceil: "Le gain est arrondi à l'unité supérieure.",
        carry: "La fraction d'unité reste sur la carte et s'ajoute au gain suivant.",
      },
    },
    stage: {
      end: "L'arrondi est fait une fois, après les multiplications.",
      each: "Le gain est arrondi avant les multiplications, puis après.",
    },
    stacking: {
      "best-of": "De plusieurs multiplications à la fois, seule la plus forte compte.",
      additive: "Plusieurs multiplications à la fois s'ajoutent : ×2 et ×1,5 font ×2,5.",
      multiplicative: "Plusieurs multiplications à la fois se multiplient : ×2 et ×1,5 font ×3.",
    },
    balanceMax: (most: string): string => `La carte en garde au plus ${most} ; ce qui dépasserait n'est pas gagné.`,
    pays: {
      tender: "À l'usage c'est un paiement : les taxes du ticket ne changent pas.",
      discount: "À l'usage c'est une remise : les taxes du ticket baissent avec elle.",
    },
    redeemAny: "Le montant à utiliser se demande à la caisse, jusqu'à tout ce que la carte contient.",
    redeemStep: (points: string, cents: number): string =>
      `${points} : ${money(cents)} de moins, autant de fois que la carte en contient.`,
    redeemNone: "Rien ne s'en déduit à la caisse.",
    redeemMin: (cents: number): string => `Utilisable à partir de ${money(cents)} par ticket.`,
    redeemShare: (share: number): string => `Utilisable pour au plus ${percent(share)} du ticket, remises déduites.`,
    gift: (label: string, points: string, value: number): string =>
      `Cadeau : ${label} contre ${points}${value > 0 ? ` (valeur ${money(value)})` : ""}.`,
    donation: (label: string, points: string, value: number, to: string): string =>
      `Don : ${label}, ${points} valent ${money(value)} pour ${quoted(to)} ; un autre nombre de points vaut en proportion.`,
    donationRounding: {
      floor: "Ce don est arrondi au centime inférieur.",
      "half-up": "Ce don est arrondi au centime le plus proche.",
      ceil: "Ce don est arrondi au centime supérieur.",
    },
    donationPoints: "Le nombre de points à donner se tape à la caisse.",
    experience: (label: string, text: string): string => `${label}, une expérience : ${text}.`,
    giftCode: (label: string, code: string): string => `Code de ${label} à la caisse : ${quoted(code)}.`,
    multiplier: (permille: number, on: string | null): string =>
      `${times(permille)}${on === null ? "" : ` sur les articles ${on}`}`,
    bonus: (gives: string): string => `Bonus de ${gives}`,
    bonusEvery: (gives: string, every: string): string =>
      `Bonus de ${gives} par tranche entière de ${every} que le ticket rapporte`,
    limit: (often: number, period: string): string => `Ce bonus est donné au plus ${often} fois ${period}.`,
    cap: (most: string, period: string): string => `Au plus ${most} gagnés ${period}, bonus compris.`,
  },
  periods: {
    visit: "par ticket",
    day: "par jour",
    week: "par semaine, du lundi au dimanche",
    month: "par mois",
    year: "par année civile",
  },

  validity: {
    earned: "Ce qui est gagné",
    bonus: "Le bonus",
    none: (what: string): string => `${what} n'expire pas.`,
    days: (what: string, days: number): string =>
      `${what} s'utilise pendant ${plural(days, "jour")} après le jour où la carte l'a reçu, le dernier compris.`,
    months: (what: string, months: number): string =>
      `${what} s'utilise pendant ${months} mois, le dernier jour compris.`,
    monthEnd: (what: string, months: number): string =>
      `${what} s'utilise pendant ${months} mois, puis jusqu'à la fin de ce mois-là.`,
    yearEnd: (what: string, months: number): string =>
      `${what} s'utilise pendant ${months} mois, puis jusqu'à la fin de cette année-là.`,
    through: (what: string, date: string): string => `${what} s'utilise jusqu'au ${date} compris.`,
    lots: (lots: number): string =>
      `Ce qui expire le plus tôt part d'abord. La carte tient ${lots} dates ; au-delà, les deux sommes aux dates les plus ` +
      "proches n'en font plus qu'une, qui dure jusqu'à la plus lointaine.",
  },

  prepaid: {
    pays: "L'argent versé paie de lui-même chaque achat, exclusions comprises ; ce qui manque se paie autrement.",
    topUpMin: (cents: number): string => `Une recharge est d'au moins ${money(cents)}.`,
    topUpMax: (cents: number): string => `Une recharge est d'au plus ${money(cents)}.`,
    balanceMax: (cents: number): string =>
      `La carte garde au plus ${money(cents)} d'argent versé ; une recharge qui dépasserait est refusée en entier.`,
    band: (from: number, rate: number): string => `Recharge à partir de ${money(from)} : ${percent(rate)} en bonus.`,
    bands: {
      whole: "Le palier atteint vaut pour toute la recharge.",
      part: "Chaque palier vaut pour la part de la recharge qui s'y trouve.",
    },
    rounding: {
      floor: "Le bonus est arrondi au centime inférieur.",
      "half-up": "Le bonus est arrondi au centime le plus proche.",
      ceil: "Le bonus est arrondi au centime supérieur.",
    },
    bonusFunder: (funder: string): string => `Bonus à la charge de ${funder}.`,
    spendFirst: {
      bonus: "Le bonus est dépensé avant ce qui est versé.",
      paid: "Ce qui est versé est dépensé avant le bonus.",
    },
    suggest: (cents: number): string => `Au-dessous de ${money(cents)}, proposer une recharge.`,
    closing: "À la clôture du compte, l'argent versé et non dépensé est rendu.",
    bonusLost: "Le bonus n'est jamais rendu en argent.",
  },

  units: {
    pack: (units: number, name: string, price: number, bonus: number): string =>
      `${name}, par ${count(units)} : ${money(price)}${bonus > 0 ? `, et ${count(bonus)} en bonus` : ""}.`,
    bonusRate: (rate: number): string => `Bonus : ${percent(rate)} de la formule, en unités entières.`,
    spendFirst: {
      bonus: "Le bonus est utilisé avant ce qui est payé.",
      paid: "Ce qui est payé est utilisé avant le bonus.",
    },
    closing: (units: number, price: number): string =>
      `À la clôture, ce qui est payé et non utilisé est rendu au prix de ${money(price)} les ${count(units)}, au centime supérieur.`,
    bonusLost: "Le bonus n'est jamais rendu en argent.",
  },

  discount: {
    rate: (rate: number, on: string): string => `${percent(rate)} de moins, tout de suite, sur ${on}`,
    cents: (cents: number, on: string): string =>
      `${money(cents)} de moins, tout de suite, sur ${on}, sans dépasser leur prix`,
    categories: (names: string): string => `les articles ${names}`,
    all: "tous les articles qui ne sont pas exclus",
    basis: {
      initial: "La remise se calcule sur les prix d'avant toute remise.",
      running: "La remise se calcule sur ce que les remises précédentes ont laissé.",
    },
    rounding: {
      floor: "La remise est arrondie au centime inférieur.",
      "half-up": "La remise est arrondie au centime le plus proche.",
      ceil: "La remise est arrondie au centime supérieur.",
    },
    place: (place: number, of: number): string => `Ordre : ${place} sur ${of}.`,
    limit: (often: number, period: string): string => `Elle est donnée au plus ${often} fois ${period}.`,
    group: (names: string): string => `Une seule de ces remises est donnée, la plus forte : ${names}.`,
  },

  tiers: {
    level: (name: string, from: number, permille: number | null): string =>
      `${name} : ${from === 0 ? "dès le départ" : `à partir de ${money(from)}`}${permille === null ? "" : `, gain ${times(permille)}`}.`,
    of: (names: string): string => `Le statut multiplie ce que rapporte : ${names}.`,
    window: {
      year: "Compte ce qui est dépensé depuis le 1er janvier.",
      "rolling-12-months": "Compte ce qui est dépensé ce mois-ci et les onze mois d'avant.",
    },
    crossing: {
      before: "Le ticket qui atteint un statut rapporte encore comme avant.",
      marginal: "Le ticket qui atteint un statut rapporte comme au nouveau pour la part au-delà du seuil.",
    },
    noReview: "Un statut atteint n'est jamais retiré.",
    review: (day: string): string => `Les statuts sont revus chaque année, à la fin du ${day}.`,
    grace: (days: number): string =>
      days === 0
        ? "Un statut perdu l'est dès le lendemain."
        : `Un statut perdu est encore gardé ${plural(days, "jour")}.`,
    down: {
      one: "On descend d'un seul statut à la fois.",
      "to-window": "On descend au statut que donne ce qui est dépensé.",
    },
  },

  club: {
    fee: (cents: number, months: number): string => `Adhésion de ${months} mois : ${money(cents)}.`,
    noFee: (months: number): string => `Adhésion de ${months} mois, sans cotisation.`,
    renewal: "Payée en avance, une nouvelle adhésion commence le lendemain du dernier jour.",
    closing: "À la clôture du compte, l'adhésion prend fin ; la cotisation n'est pas rendue.",
  },

  challenge: {
    goal: (distinct: number, gives: string, of: string): string =>
      `${distinct} commerces différents visités : ${gives} (${of}).`,
    badge: (distinct: number, label: string): string =>
      `${distinct} commerces différents visités : le badge ${quoted(label)}, inscrit sur le ticket.`,
    number: (number: number): string => `Défi n° ${number} ; un nouveau numéro repart de zéro.`,
    times: (often: number): string => `Une carte peut le réussir ${often} fois.`,
  },
  parking: {
    gives: (minutes: number): string =>
      `Un achat donne ${plural(minutes, "minute")} de stationnement, à la borne de la ville.`,
    minimum: (basket: string): string => `L'achat compte ${basket}.`,
    today: "À utiliser le jour même.",
    within: (hours: number): string =>
      `À utiliser dans ${hours === 1 ? "l'heure" : `les ${count(hours)} heures`} qui ${hours === 1 ? "suit" : "suivent"} l'achat.`,
  },

  draw: {
    entry: (cents: number): string => `Une participation par tranche entière de ${money(cents)} payés.`,
    most: (entries: number): string => `Au plus ${plural(entries, "participation")} par ticket.`,
  },

  referral: {
    godchild: (gives: string, of: string): string =>
      `Nouvelle carte, au premier achat : ${gives} (${of}), tout de suite.`,
    godparent: (gives: string, of: string): string =>
      `Carte du parrain : ${gives} (${of}), à une visite après que le bureau les y a inscrits.`,
    minimum: (basket: string): string => `Le premier achat compte ${basket}.`,
    once: "Une carte n'est parrainée qu'une fois, à son premier passage dans ce programme, et jamais par elle-même.",
    undone: "Si ce premier achat est rendu en entier, les deux parts sont retirées.",
    till: "Le numéro de la carte du parrain se tape ou se scanne à la caisse, avec ce premier achat.",
  },

  refund: {
    title: "Si un achat est rendu",
    where: "C'est celui qui a vendu qui reprend l'achat.",
    elsewhere: (cents: number): string =>
      cents === 0
        ? "Seul le terminal qui a vendu le reprend."
        : `Un autre de ses terminaux rend au plus ${money(cents)} contre le ticket.`,
    reverse: "Ce que l'achat a donné est retiré de la carte ; ce que la carte a payé y revient.",
    spent: {
      "deduct-from-refund": "Ce qui en est déjà dépensé est retenu sur l'argent rendu.",
      "allow-negative": "Ce qui en est déjà dépensé est dû : les gains suivants le couvrent d'abord.",
      "clamp-to-zero": "Ce qui en est déjà dépensé n'est pas réclamé.",
    },
  },
  limits: {
    title: "Limites",
    offline: (cents: number): string =>
      `Un même terminal laisse une carte dépenser au plus ${money(cents)} par jour dans ce programme.`,
    clock: "Horloge du terminal remise à zéro : rien de ce qui dépend d'une date ou d'une heure n'est donné.",
    torn: "Carte retirée en pleine écriture : à la visite suivante elle cumule et ne dépense rien.",
  },
};

function hour(minute: number): string {
  return `${Math.floor(minute / 60)} h ${String(minute % 60).padStart(2, "0")}`;
}

export type SheetWords = typeof fr;
