/** Refusals that have words of their own. */
const REFUSALS: Readonly<Record<string, string>> = { KEY_REVOKED: "À mettre à jour au comptoir · V3" };

/** Words of screens, in French. */
export const fr = {
  ready: "Prêt",
  presentCard: "Présentez la carte",
  presentAgain: "Représentez la même carte",
  otherCard: "Ce n'est pas la même carte",
  keepCard: "Ne retirez pas la carte",
  done: "Terminé",
  alreadyDone: "Opération déjà faite",
  nothingToDo: "Rien à inscrire",
  inDoubt: "Carte retirée trop tôt : à représenter",
  topUpInDoubt: "Recharge en doute : gardez l'argent, représentez la carte",
  oneCard: "Une seule carte, s'il vous plaît",
  noCard: "Pas de carte",
  refused: (reason: string): string => REFUSALS[reason] ?? `Refusée · ${reason}`,
};

/** Every word of a screen. A language that lacks one does not compile. */
export type ScreenMessages = typeof fr;
