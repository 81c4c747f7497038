import { capital, type ReceiptMessages } from "./receipt-messages.ts";

/** Words of a noun after which nothing takes a plural: séances de sport. */
const JOINS = /^(à|au|aux|avec|de|des|du|d'.*|en|par|pour|sans|sur)$/i;

function pluralOfWord(word: string): string {
  if (/[sxz]$/i.test(word)) return word;
  return /(eau|au|eu)$/i.test(word) ? `${word}x` : `${word}s`;
}

/** What several of something are called: séances, jeux, séances de sport. A name that is a plural already stays. */
export function pluralOf(name: string): string {
  const words = name.split(" ");
  const join = words.findIndex((word) => JOINS.test(word));
  return words.map((word, i) => (join < 0 || i < join ? pluralOfWord(word) : word)).join(" ");
}

const counted = (value: number, name: string): string => {
  if (value > 1) return `${value} ${pluralOf(name)}`;
  return `${value} ${name === "points" ? "point" : name}`;
};

/** Why a programme gave nothing, in few words. */
const WHY_NOTHING: Readonly<Record<string, string>> = {
  ABOVE_MAXIMUM: "au-dessus du maximum",
  ALREADY_USED: "déjà utilisé",
  BAD_VALUE: "règle en panne",
  BELOW_MINIMUM: "sous le minimum",
  CAP_BALANCE: "carte pleine",
  CAP_DAY: "limite du jour atteinte",
  CAP_MONTH: "limite du mois atteinte",
  CAP_TIMES: "déjà donné",
  CAP_VISIT: "limite par passage atteinte",
  CAP_WEEK: "limite de la semaine atteinte",
  CAP_YEAR: "limite de l'année atteinte",
  CLOCK_SUSPECT: "horloge à régler",
  COOLDOWN: "passage précédent trop récent",
  COUNTER_TORN: "à la prochaine visite",
  EPUISE: "épuisé",
  INSUFFICIENT: "pas assez sur la carte",
  KEPT_FOR_LATER: "gardé pour plus tard",
  MERCHANT_CANNOT_REDEEM: "à utiliser ailleurs",
  NOTHING_PAID: "rien à payer",
  NOT_MEMBER: "réservé aux adhérents",
  NOT_SEEN_THERE: "pas vu chez le partenaire",
  NOT_THE_DATE: "pas à cette date",
  NOT_THE_HOUR: "pas à cette heure",
  NOT_THE_MERCHANT: "pas dans ce commerce",
  NOT_THE_TENDER: "pas avec ce paiement",
  NOT_THE_TIER: "réservé à un autre statut",
  NO_BIRTHDAY: "pas la période d'anniversaire",
  NO_OFFER: "pas d'offre en cours",
  NO_PAPER: "pas de carte papier",
  NO_PREPAID: "pas de compte prépayé",
  NO_SUCH_CARD: "numéro de carte inconnu",
  NO_SUCH_GIFT: "pas au catalogue",
  OTHER_IS_BETTER: "avantage plus grand donné",
  RULE_THREW: "règle en panne",
  SAME_CARD: "même carte",
  SEEN_BEFORE: "à la première visite seulement",
  SEEN_LATELY: "après une longue absence",
  STEP_BUDGET: "programme en panne",
  TOO_LATE: "délai passé",
  WRONG_MERCHANT: "autre commerce",
};

/** `1 234,05 €` */
function money(cents: number): string {
  const sign = cents < 0 ? "-" : "";
  const whole = String(Math.floor(Math.abs(cents) / 100)).replaceAll(/\B(?=(\d{3})+$)/g, " ");
  return `${sign}${whole},${String(Math.abs(cents) % 100).padStart(2, "0")} €`;
}

/** Words of receipts, in French. */
export const fr: ReceiptMessages = {
  money,
  short: (cents) => money(cents).replace(",00", ""),
  gain: (cents) => `+${money(cents)}`,
  loss: (cents) => `-${money(cents)}`,
  more: (what) => `+${what}`,
  change: (sign, unit, count) => {
    const [one, many] =
      unit === "points" ? ["point", "points"] : unit === "units" ? ["unité", "unités"] : ["passage", "passages"];
    return `${sign}${count} ${count > 1 ? many : one}`;
  },
  card: (masked) => `Carte ${masked}`,
  ticket: (name) => `Ticket ${name}`,
  list: (one, other) => `${one}, ${other}`,
  and: (one, other) => `${one} et ${other}`,
  inDoubt: () => "Carte retirée trop tôt : à représenter",
  total: () => "Total",
  discount: () => "Remise",
  spent: () => "Cagnotte utilisée",
  toPay: () => "Reste à payer",
  earned: () => "Cagnotte gagnée",
  balance: () => "Solde cagnotte",
  toldBalance: () => "Au dernier relevé",
  keepTicket: () => "Gardez ce ticket : il porte vos points. Le précédent ne vaut plus rien",
  toAccount: () => "Les gains du jour sont portés au compte par le bureau",
  duplicate: () => "DUPLICATA",
  training: () => "FORMATION",
  trainingOnly: () => "Rien n'est inscrit : ticket sans valeur",
  withCard: (what) => `Avec la carte : ${what} sur ce ticket`,
  passages: (count) => (count > 1 ? `${count} passages` : `${count} passage`),
  stampsLeft: (count, grid, left) => `${count}/${grid} - plus que ${left} ${left > 1 ? "passages" : "passage"}`,
  off: (amount) => `${amount} de remise`,
  available: (what) => `Disponible : ${what}`,
  missing: (what) => `encore ${what}`,
  ends: (what, isMany, date) => `${what} ${isMany ? "expirent" : "expire"} le ${date}`,
  takenBack: () => "Repris",
  putBack: () => "Remis sur la carte",
  rewardReached: (label) => `OBJECTIF ATTEINT - ${label.toUpperCase()}`,
  notCommitted: (programme) => `${programme} : non inscrit, représentez la carte`,
  topUp: () => "Recharge",
  refund: () => "REMBOURSEMENT",
  closing: () => "COMPTE CLÔTURÉ",
  paper: () => "CARTE PAPIER REPRISE",
  paperStamps: () => "Passages repris",
  refundLines: () => "Lignes",
  payOut: () => "À rendre",
  given: () => "DONNÉ À UNE AUTRE CARTE",
  leaves: () => "Quitte cette carte",
  comes: () => "Arrive sur cette carte",
  received: (ticket) => `REÇU DU TICKET ${ticket}`,
  addedAfterwards: () => "Ajout après coup, ticket",
  paidByPrepaid: () => "Payé par la carte",
  prepaidBalance: () => "Solde prépayé",
  recharge: () => "Pensez à recharger votre compte",
  rechargeFor: (paid, bonus) => `Rechargez ${paid} = ${bonus} offerts`,
  giveBack: () => "À RENDRE AU CLIENT",
  giveBackOf: (ticket) => `Recharge non faite ${ticket}`,
  counted,
  unitsLeft: (left) => (left === 0 ? "il n'en reste plus" : `il en reste ${left}`),
  unitsBalance: (unitName) => `Solde ${pluralOf(unitName)}`,
  paidOut: (what) => `Rendu : ${what}`,
  lost: (what) => `Perdu : ${what}`,
  ofPrepaid: () => "solde prépayé",
  ofBonus: () => "solde offert",
  ofCagnotte: () => "cagnotte",
  membershipEnds: () => "Adhésion terminée",
  nothingAdded: (reason) => `Rien d'inscrit : ${WHY_NOTHING[reason] ?? reason}`,
  pointsBalance: (unitName) => `Solde ${unitName}`,
  pointsEarned: (unitName) => `${capital(unitName)} gagnés`,
  pointsTaken: (unitName) => `${capital(unitName)} utilisés`,
  bonusIncluded: () => "dont offert",
  lastsUntil: (date) => `à utiliser jusqu'au ${date}`,
  tier: () => "Statut",
  toNextTier: (name) => `Pour passer ${name}`,
  tierAtRisk: (name, date) => `Statut ${name} à confirmer avant le ${date}`,
  offer: () => "Offre pour vous",
  club: () => "Adhésion",
  until: (date) => `jusqu'au ${date}`,
  clubOver: () => "à renouveler",
  challenge: () => "Défi commerces",
  referral: () => "Parrainage",
  referrer: (card) => `Parrain, carte ${card}`,
  parking: () => "Stationnement offert",
  minutes: (count) => `${count} min`,
  parkingUntil: (moment) => `à utiliser jusqu'au ${moment}`,
  entries: (count) => (count === 1 ? "1 participation au tirage" : `${count} participations au tirage`),
  expired: () => "expiré",
  /** A reason that a later version knows is said as it is. */
  why: (reason) => WHY_NOTHING[reason] ?? reason,
  restored: () => "Carte rétablie",
  expiredOn: (what, isMany, date) => `${what} ${isMany ? "expirés" : "expiré"} le ${date}`,
  noVisits: () => "Aucun passage connu ici",
  creditsWait: () => "Des crédits attendent : voir le comptoir",
};
