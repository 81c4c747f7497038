type Lang = "fr" | "en";

const FR = (title: string): string => `# Programme de fidélité : ${title}

\`programme.ts\` dit tout ce que la carte donne et prend. Changez-y les noms, les montants et les règles ; l'éditeur montre ce qui est permis.
Donnez-lui votre numéro de programme (\`number\`), et une nouvelle \`version\` à chaque changement : \`adjust\` la commence, et garde l'ancienne.

\`examples.json\` : des exemples calculés à la main. Montants en centimes, points et tampons en nombre entier, par nom de règle.
\`check\` les joue et nomme le premier qui donne autre chose : qui change une règle change aussi les exemples qu'elle concerne.

## Et maintenant

\`\`\`
cachet programme check programme.ts                            ce qui ne va pas, les exemples, les cartes où il tient
cachet programme sheet programme.ts -o conditions.md           les règles pour les clients ; \`check\` refuse qu'elles disent autre chose
cachet programme sheet programme.ts --for staff                la fiche de l'équipe
cachet programme eval programme.ts --events events.json        essayer des achats sur une carte
cachet programme simulate programme.ts --purchases ventes.csv  ce qu'il aurait donné sur vos ventes passées
cachet image build programme.ts -o programme.img               l'image pour les terminaux
cachet programme adjust programme.ts                           la version suivante, quand il tourne ; les cartes restent valables
\`\`\`

## Le paquet @cachet/firmware

Le fichier importe \`@cachet/firmware/rules\` : le moteur de règles de Cachet et les mots de son langage, sous licence Apache-2.0.
Il n'est dans aucun registre. Là où il n'était pas déjà à portée, \`cachet programme init\` a lié celui de votre installation dans
\`node_modules/\`. Sur un autre ordinateur : refaites \`init\` dans un dossier vide et copiez-y vos fichiers, ou installez les paquets
qu'une copie de Cachet produit avec \`npm pack --workspaces\` : \`npm install cachet-*.tgz\`, puis \`npx cachet\`.
`;

const EN = (title: string): string => `# Loyalty programme: ${title}

\`programme.ts\` says all that the card gives and takes. Change its names, amounts and rules; an editor shows what is allowed.
Give it your own programme number (\`number\`), and a new \`version\` with every change: \`adjust\` begins it, and keeps the old one.

\`examples.json\`: examples worked out by hand. Amounts in cents, points and stamps as whole numbers, by the name of the rule.
\`check\` plays them and names the first that comes out otherwise: whoever changes a rule changes the examples that it concerns.

## Next

\`\`\`
cachet programme check programme.ts                            what is wrong, the examples, the cards it fits on
cachet programme sheet programme.ts -o conditions.md           the rules for customers; \`check\` refuses that they say anything else
cachet programme sheet programme.ts --for staff                the sheet for the staff
cachet programme eval programme.ts --events events.json        try purchases on a card
cachet programme simulate programme.ts --purchases sales.csv   what it would have given on past sales
cachet image build programme.ts -o programme.img               the image for terminals
cachet programme adjust programme.ts                           the next version, once it runs; cards stay valid
\`\`\`

## The package @cachet/firmware

The file imports \`@cachet/firmware/rules\`: Cachet's rule engine and the words of its language, under the Apache 2.0 licence.
It is in no registry. Where it was not within reach already, \`cachet programme init\` linked the one of your installation into
\`node_modules/\`. On another computer: run \`init\` again in an empty folder and copy your files into it, or install the packages
that a copy of Cachet makes with \`npm pack --workspaces\`: \`npm install cachet-*.tgz\`, then \`npx cachet\`.
`;

/** README.md of a new programme's folder: what its files are, the next commands, and what it imports. */
export const readmeOf = (title: string, lang: Lang): string => (lang === "fr" ? FR(title) : EN(title));
