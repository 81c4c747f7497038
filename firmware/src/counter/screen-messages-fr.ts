import { amountText, cardText, hourText, minuteText } from "./amount.ts";
import { refusalText } from "./refusals.ts";
import { dotted, heldTexts, type ScreenMessages } from "./screen-words.ts";

const euros = (cents: number): string => amountText(cents, "fr");
const typedEuros = (typed: string): string => euros(Number(typed || "0"));
const plain = (line: string, title = "") => ({ title, line });
const CARD = "Carte fidélité";

/** Words of the screens, in French. */
export const fr: ScreenMessages = {
  screens: {
    ready: ({ listDays, nearlyFull }) => ({
      title: nearlyFull ? "Mémoire à collecter" : listDays === undefined ? "" : `Liste : ${listDays} jours`,
      line: "Prêt",
    }),
    test: () => plain("TEST"),
    presentCard: ({ cents }) => plain("Présentez la carte", cents === undefined ? "" : euros(cents)),
    presentAgain: () => plain("Représentez la même carte"),
    callOff: () => plain("Annuler ?", "Rien n'a été débité"),
    otherCard: () => plain("Ce n'est pas la même carte"),
    keepCard: () => plain("Ne retirez pas la carte"),
    oneCard: () => plain("Une seule carte, s'il vous plaît"),
    noCard: () => plain("Pas de carte"),
    done: () => plain("Terminé"),
    alreadyDone: () => plain("Opération déjà faite"),
    nothingToDo: () => plain("Rien à inscrire"),
    inDoubt: () => plain("Carte retirée trop tôt : à représenter"),
    topUpInDoubt: () => plain("Recharge en doute : gardez l'argent, représentez la carte"),
    refused: ({ reason }) => plain(refusalText(reason, "fr")),
    saleAmount: ({ typed }) => plain(typedEuros(typed), "Vente"),
    topUpAmount: ({ typed }) => plain(typedEuros(typed), "Recharge"),
    lateAmount: ({ typed }) => plain(typedEuros(typed), "Ajout après coup"),
    lateTicket: ({ typed }) => plain(`N° ${typed}`, "Ticket de caisse"),
    refundTicket: ({ typed }) => plain(`N° ${typed}`, "Rembourser ticket"),
    refundLines: ({ ticket }) => plain("Que rembourser ?", `Ticket ${ticket}`),
    phone: ({ typed }) => plain(typed, "Sans carte : tél."),
    phoneCard: ({ card }) => plain(`${cardText(card)} ?`, CARD),
    phoneWait: () => plain("Trop d'essais : attendez 10 min", "Sans carte"),
    phoneUnknown: () => plain("Numéro inconnu ici", "Sans carte"),
    useCagnotte: ({ typed, most, balance }) =>
      plain(`${euros(Number(typed || most))} sur ${euros(balance)}`, "Cagnotte"),
    reward: ({ label }) => plain("Donner maintenant ?", label.toUpperCase()),
    sameSale: ({ minute }) => plain("Recommencer ?", `Déjà fait à ${minuteText(minute)}`),
    collect: ({ cents }) => plain(`Encaisser ${euros(cents)}`),
    collectAnew: ({ cents, taken }) => plain(`Encaisser ${euros(cents)}`, `Reçu ${euros(taken)}`),
    paymentUnsure: () => plain("Vérifiez le ticket bancaire. Payé ?", "Paiement incertain"),
    notPaid: ({ due }) => plain("Rien n'a été débité", due === 0 ? "" : `Dû ${euros(due)}`),
    giveBack: ({ cents }) => plain(`À rendre : ${euros(cents)}`),
    saleDone: ({ card, earned, spent, held, reward }) => {
      const [first = "", second = ""] = heldTexts(held, euros);
      const parts = [first, spent === 0 ? second : `-${euros(spent)}`, earned === 0 ? "" : `+${euros(earned)}`];
      return plain(dotted(parts) || "Terminé", reward === undefined ? `Carte ${cardText(card)}` : reward.toUpperCase());
    },
    topUpDone: ({ card, cents, held }) =>
      plain([euros(cents), ...heldTexts(held, euros).slice(0, 1)].join(" -> "), `Carte ${cardText(card)}`),
    refundDone: ({ cents, onCard }) =>
      plain(
        onCard === 0 ? `Rendre ${euros(cents)}` : `Rendre ${euros(cents)} + ${euros(onCard)} sur la carte`,
        "Remboursement",
      ),
    balance: ({ card, held }) => plain(dotted(heldTexts(held, euros)) || "Carte vide", `Solde ${cardText(card)}`),
    cancelLast: () => plain("Annuler la dernière ?", "Même carte"),
    noPaper: () => plain("Plus de papier : ticket gardé"),
    nothingToPrint: () => plain("Rien à imprimer"),
    bankCard: () => plain("Carte bancaire : non lue"),
    unreadable: () => plain("Illisible : repassez"),
    menu: () => plain("", "Menu"),
    settings: ({ beep, paper, collect, closing }) =>
      plain(
        dotted([
          `son ${beep ? "oui" : "non"}`,
          `${paper} col.`,
          collect ? "encaisse" : "",
          closing === null ? "" : minuteText(closing),
        ]),
        "Réglages",
      ),
    closing: ({ typed }) => plain(typed === "" ? "Jamais" : hourText(typed), "Heure de fin : 1930"),
    endOfDay: ({ visits, earned, spent, waiting, lateDays }) =>
      plain(
        `${visits} visites · +${euros(earned)} · -${euros(spent)}`,
        lateDays > 0 ? `Retard collecte ${lateDays} j` : `À collecter : ${waiting}`,
      ),
    trainingOn: () => plain("Aucune carte n'est écrite"),
    trainingOff: () => plain("Formation terminée"),
    trained: ({ payable }) => plain(`À payer ${euros(payable)}`),
    help: ({ page }) => plain(HELP[page % HELP.length]!, `Aide ${(page % HELP.length) + 1}/${HELP.length}`),
  },
  choices: {
    yes: "Oui",
    no: "Non",
    now: "Oui",
    later: "Plus tard",
    again: "Recommencer",
    leave: "Laisser",
    "by-card": "Payé par carte",
    cash: "Payé en espèces",
    "not-paid": "Non payé",
    unsure: "Incertain",
    whole: "Tout le ticket",
    these: "Ces lignes",
    collect: "Encaisser ici",
    closing: "Heure de fin",
    "top-up": "Recharge",
    refund: "Rembourser",
    "no-card": "Sans carte",
    "cancel-last": "Annuler dernière",
    print: "Imprimer",
    "late-sale": "Ajout après coup",
    "end-of-day": "Fin de journée",
    training: "Formation",
    settings: "Réglages",
    language: "Langue : français",
    beep: "Son",
    paper: "Papier 80/58 mm",
    history: "Passages carte",
    help: "Aide",
  },
  line: (place, cents, isChosen) => `${place}. ${euros(cents)}${isChosen ? " OUI" : ""}`,
  faults: {
    nothing: "Montant à saisir",
    "too-much": "Trop grand",
    "too-short": "Numéro incomplet",
    "no-time": "Pas une heure",
  },
  training: "FORMATION",
  ok: "OK",
  cancel: "Annuler",
};

/** What the keys do, a line each. */
export const HELP: readonly string[] = [
  "Vente : montant, vert, puis la carte",
  "CAGNOTTE après le montant : elle paie",
  "RECHARGE : montant, payer, la carte",
  "REMBOURSER : n° du ticket ou QR, carte",
  "SANS CARTE : tél. ; vert : sur ticket",
  "Carte seule : son solde",
  "IMPRIMER : dernier ticket, ou n° puis IMPRIMER",
];
