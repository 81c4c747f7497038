/** Exit codes that scripts rely on. */
export const EXIT = { done: 0, refused: 1, usage: 2, deviceGone: 3, inDoubt: 4, ourBug: 70 } as const;

interface Explained {
  readonly exit: number;
  /** What the code means, for `cachet explain`. */
  readonly meaning: string;
}

/** Every code that the command can print. Codes are never reused. */
export const CODES = {
  "C-USAGE-01": { exit: EXIT.usage, meaning: "The words of the command do not fit. Nothing was done." },
  "C-FILE-01": { exit: EXIT.refused, meaning: "A file that the command needs is missing or may not be read." },
  "C-FILE-02": { exit: EXIT.refused, meaning: "A file is there but holds nothing the command can use." },
  "C-FILE-03": {
    exit: EXIT.refused,
    meaning: "A file could not be written. Look at the folder, its rights and the disk.",
  },
  "C-FILE-04": { exit: EXIT.refused, meaning: "A result would overwrite one of the files it is made from." },
  "C-KEY-01": { exit: EXIT.refused, meaning: "A key file holds no Ed25519 key in PEM form." },
  "C-KEY-02": { exit: EXIT.refused, meaning: "There is no sealed key file where the command looks for one." },
  "C-KEY-03": { exit: EXIT.refused, meaning: "A key file would overwrite a file. Key files are never overwritten." },
  "C-KEY-04": { exit: EXIT.refused, meaning: "A passphrase is needed, and no file, variable or terminal gave one." },
  "C-KEY-05": {
    exit: EXIT.refused,
    meaning:
      "A passphrase cannot be used: it is too short or too long, not UTF-8, typed differently twice, or not its own.",
  },
  "C-KEY-06": {
    exit: EXIT.refused,
    meaning:
      "The passphrase does not open the key file. The file's checksum is right, so it is either another passphrase or somebody altered the file on purpose.",
  },
  "C-KEY-07": {
    exit: EXIT.refused,
    meaning:
      "A key file is damaged, cut off, or no key file at all. It was not changed; a copy from the backup replaces it.",
  },
  "C-KEY-08": { exit: EXIT.refused, meaning: "A key file was written by a newer version of cachet." },
  "C-KEY-09": {
    exit: EXIT.refused,
    meaning: "A key file asks for more or less work to open it than any file of ours does. The work was not begun.",
  },
  "C-KEY-10": { exit: EXIT.refused, meaning: "A first key was to be added for a number that has one already." },
  "C-KEY-11": { exit: EXIT.refused, meaning: "The key ring has no key for the programme or issuer that was named." },
  "C-KEY-12": { exit: EXIT.refused, meaning: "A key has reached generation 255 and cannot be rotated again." },
  "C-KEY-13": {
    exit: EXIT.refused,
    meaning: "An installer's bundle has expired. The office makes a new one; the old one can be deleted.",
  },
  "C-KEY-14": {
    exit: EXIT.refused,
    meaning: "The command needs the office's key ring and was given an installer's bundle.",
  },
  "C-KEY-15": {
    exit: EXIT.refused,
    meaning:
      "A key file is being written by another command, or one was cut off while it wrote. The file itself is whole.",
  },
  "C-KEY-16": {
    exit: EXIT.refused,
    meaning:
      "A key cannot be revoked: the ring has no such generation or installer, or it is the current one. A next generation is made first.",
  },
  "C-PROVISION-01": {
    exit: EXIT.refused,
    meaning:
      "A terminal's request was refused: it is none, damaged, of a newer version, or not signed by the key that it names.",
  },
  "C-PROVISION-02": {
    exit: EXIT.refused,
    meaning:
      "Keys do not go with what a terminal is for: a production terminal holds no test key, an open one holds test keys only.",
  },
  "C-IMAGE-01": {
    exit: EXIT.refused,
    meaning: "A programme file cannot become an image. The message names the file, and the line where it is known.",
  },
  "C-IMAGE-02": {
    exit: EXIT.refused,
    meaning:
      "An image was refused. Its structure, hash, signer, signature, product, security counter or layouts are not what they must be; the word in brackets says which. A terminal would refuse it the same way.",
  },
  "C-IMAGE-03": { exit: EXIT.refused, meaning: "An image would be larger than terminals take." },
  "C-BATCH-01": {
    exit: EXIT.refused,
    meaning:
      "A batch file was set aside (quarantined). Nothing of it counts. The terminal keeps its entries until the office has acknowledged them, so a new collection replaces a damaged file.",
  },
  "C-BATCH-02": {
    exit: EXIT.usage,
    meaning:
      "Several importers were asked for beside each other (`batch import --workers`). A ledger in PostgreSQL takes them; one in SQLite has one writer at a time, and reads the next files while it writes in any case.",
  },
  "C-HOME-01": {
    exit: EXIT.refused,
    meaning: "The home folder already holds a ledger; a simulation needs one of its own.",
  },
  "C-HOME-02": { exit: EXIT.refused, meaning: "The home folder holds no ledger yet." },
  "C-HOME-04": { exit: EXIT.refused, meaning: "The ledger's file cannot be opened as a database." },
  "C-HOME-03": { exit: EXIT.refused, meaning: "The ledger was made by another version of cachet." },
  "C-REPORT-01": {
    exit: EXIT.refused,
    meaning: "A report or an export was asked for a merchant who has no terminal in this ledger.",
  },
  "C-NODE-01": {
    exit: EXIT.refused,
    meaning: "This Node is not the one cachet needs, and the checkout has not fetched it yet.",
  },
  "C-NODE-02": { exit: EXIT.refused, meaning: "The set-up could not fetch Node through the npm registry." },
  "C-NODE-03": { exit: EXIT.refused, meaning: "The set-up could not install the packages of the lock file." },
  "C-PROGRAMME-01": {
    exit: EXIT.refused,
    meaning:
      "Programme files have faults. Each is named with its file, and with its line where that is known. A programme that does not fit the media it names is one; the media that it fits on are named.",
  },
  "C-PROGRAMME-02": {
    exit: EXIT.refused,
    meaning: "Programmes that are to share a card are good by themselves, but no medium has an area for each of them.",
  },
  "C-PROGRAMME-03": {
    exit: EXIT.refused,
    meaning:
      "Written events cannot be played: the file is no JSON, or a field is not what it must be. The message names the field.",
  },
  "C-PROGRAMME-04": {
    exit: EXIT.refused,
    meaning: "The engine stopped before it had played every event: it took too long or too much memory.",
  },
  "C-PROGRAMME-05": {
    exit: EXIT.refused,
    meaning: "An example beside a programme comes out otherwise than it says. The message has both answers.",
  },
  "C-PROGRAMME-06": {
    exit: EXIT.refused,
    meaning: "The examples beside a programme cannot be read. The message names the example and the field.",
  },
  "C-PROGRAMME-07": {
    exit: EXIT.refused,
    meaning:
      "Rules of a programme changed and its version did not. Refunds go by the version that a ticket was made under.",
  },
  "C-DOCTOR-01": {
    exit: EXIT.refused,
    meaning:
      "Something on this computer does not work as it must. The lines that begin with fail say what, and what to do.",
  },
  "C-READER-01": { exit: EXIT.deviceGone, meaning: "No PC/SC service runs on this computer. Card readers need one." },
  "C-READER-02": { exit: EXIT.deviceGone, meaning: "No card reader is there, or none of the name that was given." },
  "C-READER-03": {
    exit: EXIT.refused,
    meaning: "Several card readers fit. The message lists them; --reader names one.",
  },
  "C-READER-04": {
    exit: EXIT.deviceGone,
    meaning: "The card reader was unplugged, or the PC/SC service ended, while a command worked with it.",
  },
  "C-READER-05": {
    exit: EXIT.deviceGone,
    meaning: "No card came to the reader in time, or the wait was stopped with Ctrl-C. No card was touched.",
  },
  "C-READER-06": { exit: EXIT.refused, meaning: "Another program holds the card on the reader." },
  "C-READER-07": { exit: EXIT.refused, meaning: "The PC/SC installation of this computer is not as cachet needs it." },
  "C-READER-08": {
    exit: EXIT.refused,
    meaning: "The reader only reads and writes pages. Passwords and counters need one that passes chip commands.",
  },
  "C-CARD-01": { exit: EXIT.refused, meaning: "A card, or the card in a dump, is of a kind that Cachet does not use." },
  "C-CARD-02": { exit: EXIT.refused, meaning: "A card is blank: nobody's yet. card personalise makes it one." },
  "C-CARD-03": {
    exit: EXIT.refused,
    meaning: "A card holds something, but no identity record: it is another system's.",
  },
  "C-CARD-04": {
    exit: EXIT.refused,
    meaning: "A card, or a record on it, has a layout that a newer version of cachet made.",
  },
  "C-CARD-05": {
    exit: EXIT.refused,
    meaning:
      "The MAC of a card's identity is wrong: it was altered, copied from another chip, or sealed with another key.",
  },
  "C-CARD-06": {
    exit: EXIT.refused,
    meaning:
      "An area of a card was written and holds no record with a right MAC. Terminals refuse it; the office decides.",
  },
  "C-CARD-07": {
    exit: EXIT.refused,
    meaning: "An area of a card holds two valid records that exclude each other: a kept record was put back.",
  },
  "C-CARD-08": {
    exit: EXIT.refused,
    meaning:
      "No record of an area fits the chip's one-way counter: an older state was put back, or somebody counted up. Terminals refuse it (COUNTER_ROLLBACK).",
  },
  "C-CARD-09": {
    exit: EXIT.refused,
    meaning: "An increment of a card's counter was cut. The card still earns; the next whole write clears the mark.",
  },
  "C-CARD-10": {
    exit: EXIT.refused,
    meaning:
      "Something on a card could not be checked: the key is not held, or the dump does not have it. No fault of the card.",
  },
  "C-CARD-11": { exit: EXIT.deviceGone, meaning: "The card left the reader before the command was through." },
  "C-CARD-12": {
    exit: EXIT.refused,
    meaning: "The keys that were given have no card key for the identity of this card.",
  },
  "C-CARD-13": { exit: EXIT.refused, meaning: "Checks of a card failed. The lines that begin with fail say which." },
  "C-CARD-14": {
    exit: EXIT.refused,
    meaning:
      "Two readings of a card one after the other differ: it moved, or a cut write left weak bits. No file was written.",
  },
  "C-CARD-15": { exit: EXIT.refused, meaning: "A dump would overwrite a file. --force allows it." },
  "C-CARD-16": {
    exit: EXIT.refused,
    meaning: "A dump cannot be written onto this card: another chip, another UID, or pages that cannot be read.",
  },
  "C-CARD-17": {
    exit: EXIT.refused,
    meaning: "Pages that a dump would change are locked on the card. Nothing was written.",
  },
  "C-CARD-18": { exit: EXIT.refused, meaning: "The password of a card is not known, not right, or was not tried." },
  "C-CARD-19": {
    exit: EXIT.refused,
    meaning: "A card did not take every page of a dump. The same command again finishes what is left.",
  },
  "C-PURCHASES-01": {
    exit: EXIT.refused,
    meaning: "Lines of a purchases file were left out because they are malformed.",
  },
  "C-WORLD-01": {
    exit: EXIT.ourBug,
    meaning: "After a simulation, cards and ledger do not add up. The seed in the message replays it.",
  },
  "C-SIM-01": {
    exit: EXIT.refused,
    meaning: "A scenario has faults. Each is named with its line and its field. Nothing of it was played.",
  },
  "C-SIM-02": {
    exit: EXIT.refused,
    meaning:
      "A scenario was played and came out otherwise than the golden file says. The first lines that differ are shown.",
  },
  "C-SIM-03": { exit: EXIT.refused, meaning: "A simulator runs in that folder already. One at a time may." },
  "C-SIM-04": {
    exit: EXIT.refused,
    meaning: "The folder of a simulator holds a list of terminals that is none of ours.",
  },
  "C-SIM-05": {
    exit: EXIT.refused,
    meaning:
      "Simulated terminals are asked to be what they are not: open or not is fixed when they are made, and so is their first image.",
  },
  "C-SIM-06": { exit: EXIT.refused, meaning: "This computer gives the simulator no virtual serial port." },
  "C-SIM-07": { exit: EXIT.refused, meaning: "No simulator runs where the command looked for one, or several do." },
  "C-SIM-08": { exit: EXIT.refused, meaning: "A running simulator refused what it was told." },
  "C-SIM-09": {
    exit: EXIT.refused,
    meaning: "A simulated terminal refused a visit. cachet explain tells what the reason in the message means.",
  },
  "C-SIM-10": {
    exit: EXIT.inDoubt,
    meaning:
      "A visit at a simulated terminal was cut, by a card that left or by a terminal that stopped: something of it may be on the card. The next tap of the same card decides.",
  },
  "C-SIM-11": {
    exit: EXIT.deviceGone,
    meaning: "The card left a simulated terminal before anything was written, and did not come back.",
  },
  "C-SIM-12": { exit: EXIT.refused, meaning: "The counter on a tty was started where there is no tty." },
  "C-PERSO-01": {
    exit: EXIT.refused,
    meaning: "The keys hold no card key for that issuer, or those of several issuers and none was named.",
  },
  "C-PERSO-02": {
    exit: EXIT.refused,
    meaning: "Another run is personalising cards from the same home folder. Two at once would give one number twice.",
  },
  "C-PERSO-03": {
    exit: EXIT.refused,
    meaning: "The log of the numbers that were given (cards.log in the home folder) holds a line that is none of ours.",
  },
  "C-PERSO-04": { exit: EXIT.refused, meaning: "The file for the numbers is there already; it is not overwritten." },
  "C-PERSO-05": { exit: EXIT.refused, meaning: "Every serial of the issuer up to 999999 has been given." },
  "C-PERSO-06": {
    exit: EXIT.refused,
    meaning: "Cards are to get an account of a programme that keeps no prepaid money.",
  },
  "C-LINK-01": { exit: EXIT.deviceGone, meaning: "No terminal is there, or none on the port that was named." },
  "C-LINK-02": {
    exit: EXIT.deviceGone,
    meaning:
      "A terminal did not answer, however often it was asked. It is off, in the middle of something, at the other end of no cable, or no terminal of ours.",
  },
  "C-LINK-03": {
    exit: EXIT.deviceGone,
    meaning: "The device left while a command worked with it: the cable was pulled, or the terminal was switched off.",
  },
  "C-LINK-04": {
    exit: EXIT.deviceGone,
    meaning:
      "Something answers and cannot be read: a wrong speed, a bad cable, or a device that speaks another way. The message shows its last bytes in hex.",
  },
  "C-LINK-05": { exit: EXIT.refused, meaning: "This user may not open the serial port." },
  "C-LINK-06": { exit: EXIT.refused, meaning: "Another program has the serial port. It is never taken away from it." },
  "C-LINK-07": { exit: EXIT.refused, meaning: "Several terminals fit. The message lists them; --port names one." },
  "C-LINK-08": {
    exit: EXIT.inDoubt,
    meaning:
      "A request that is never sent twice got no answer: it may have been followed or not. Look at the terminal before repeating the command.",
  },
  "C-LINK-09": { exit: EXIT.refused, meaning: "What is on the port answers, but is no terminal of Cachet." },
  "C-LINK-10": { exit: EXIT.refused, meaning: "The system does not open the port. The message says what it says." },
  "C-TERM-01": {
    exit: EXIT.refused,
    meaning: "The terminal wants an installer's key for this, and none was given.",
  },
  "C-TERM-02": {
    exit: EXIT.refused,
    meaning:
      "The terminal did not accept the installer's key: it is another association's, has expired or was revoked. The word in brackets says which.",
  },
  "C-TERM-03": {
    exit: EXIT.refused,
    meaning: "An image is made for another model, merchant or product than the terminal's. Nothing was sent.",
  },
  "C-TERM-04": {
    exit: EXIT.refused,
    meaning:
      "An image is older than what the terminal may run. Its security counter never goes back; an older version under the same counter needs --allow-downgrade and a reason.",
  },
  "C-TERM-05": {
    exit: EXIT.refused,
    meaning:
      "An image has other programmes than the one that runs, and nobody confirmed the shop by typing its name (or with --shop).",
  },
  "C-TERM-06": {
    exit: EXIT.refused,
    meaning: "An image waits for the next start, or is on trial: the other slot is needed until that is over.",
  },
  "C-TERM-07": {
    exit: EXIT.deviceGone,
    meaning:
      "An upload was cut off. The terminal runs what it ran before and keeps what it got; the same command goes on from there.",
  },
  "C-TERM-08": {
    exit: EXIT.refused,
    meaning: "The terminal refused a request. The word in brackets is the one of its table (docs/terminals.md).",
  },
  "C-TERM-09": {
    exit: EXIT.refused,
    meaning: "A new image did not report that it works, or the terminal refused it at its start. What ran before runs.",
  },
  "C-TERM-10": {
    exit: EXIT.inDoubt,
    meaning: "A terminal was started anew and did not come back in time. Its old image runs unless the new one works.",
  },
  "C-TERM-11": {
    exit: EXIT.refused,
    meaning: "What was collected is no batch that this terminal sealed. The terminal keeps its entries.",
  },
  "C-TERM-12": {
    exit: EXIT.refused,
    meaning: "A file is nothing that a terminal takes: no list, no receipt, no provision.",
  },
  "C-TERM-13": { exit: EXIT.refused, meaning: "A part of the terminal failed its test." },
  "C-TERM-14": { exit: EXIT.refused, meaning: "The other slot holds no image to go back to." },
  "C-TERM-15": {
    exit: EXIT.refused,
    meaning: "The terminal is blank: it has no number, no merchant and no journal until it is provisioned.",
  },
  "C-TERM-16": {
    exit: EXIT.refused,
    meaning: "The terminal goes on with a visit. It is not started anew in the middle of one.",
  },
  "C-TERM-17": {
    exit: EXIT.refused,
    meaning: "A terminal's clock is not set by a computer whose own clock is plainly wrong.",
  },
  "C-TERM-18": {
    exit: EXIT.refused,
    meaning:
      "The conformance run tries a port with files, clock and restarts. It takes a blank terminal: nothing of a shop is at stake there.",
  },
  "C-PROGRAMME-10": {
    exit: EXIT.refused,
    meaning:
      "No purchase of a file counts under a programme: all lie on other days, or at merchants that it does not list.",
  },
  "C-PROGRAMME-11": {
    exit: EXIT.refused,
    meaning: "The rules of a programme cannot work with one purchase of a file. The message names its card and amount.",
  },
  "C-BUG-70": {
    exit: EXIT.ourBug,
    meaning: "Something happened that the project did not foresee: a defect of cachet.",
  },
  "C-PROGRAMME-20": {
    exit: EXIT.refused,
    meaning:
      "A new programme is only written into an empty folder; files whose names begin with a dot, and npm's, may be there. Nothing was written.",
  },
  "C-PROGRAMME-21": {
    exit: EXIT.usage,
    meaning: "There is no template of that name, or none was named and nobody sits at a terminal to be asked.",
  },
  "C-PROGRAMME-22": {
    exit: EXIT.refused,
    meaning: "The questions that lead to a template were left without an answer. Nothing was written.",
  },
  "C-PROGRAMME-23": {
    exit: EXIT.refused,
    meaning: "The next version of a programme was not begun: its file does not say its version once, in digits.",
  },
  "C-OFFICE-01": { exit: EXIT.refused, meaning: "The ledger knows no terminal of that number." },
  "C-OFFICE-02": {
    exit: EXIT.refused,
    meaning:
      "A terminal cannot take another one's place: it is unknown, another merchant's, ended itself, or the same. Nothing was changed.",
  },
  "C-CORRECT-01": {
    exit: EXIT.refused,
    meaning:
      "Two programme files make no correction: they are of different programmes, or both of one version. A rule that changed is a new version.",
  },
  "C-CORRECT-02": {
    exit: EXIT.refused,
    meaning: "The ledger has no visit under the wrong version on these days. The message says what it has.",
  },
  "C-CORRECT-03": {
    exit: EXIT.refused,
    meaning: "A merchant sold under the wrong version whom the right one does not list: his visits cannot be replayed.",
  },
  "C-CORRECT-04": {
    exit: EXIT.refused,
    meaning:
      "A correction was not posted, because cards are set aside: a visit of theirs is missing, they have two histories, or a version does not fit what was stored. The lines that begin with set aside say which.",
  },
  "C-CORRECT-05": {
    exit: EXIT.refused,
    meaning: "Visits were corrected before to another version, or to other rules. Each visit is corrected once.",
  },
  "C-CORRECT-06": {
    exit: EXIT.refused,
    meaning:
      "The file of the wrong version is not the one that the terminals ran: it does not come to what they stored.",
  },
  "C-LIST-01": { exit: EXIT.refused, meaning: "What the ledger knows makes no list that terminals would take." },
  "C-ACCOUNT-01": {
    exit: EXIT.refused,
    meaning:
      "The balance of an account without a chip cannot be changed so: terminals may still let more of it go than would be left, or it would hold too much.",
  },
  "C-ACCOUNT-02": { exit: EXIT.refused, meaning: "The number is of no account without a chip that the office opened." },
  "C-ACCOUNT-03": {
    exit: EXIT.refused,
    meaning: "The files are no versions of one programme: several numbers, or one version twice.",
  },
  "C-CREDIT-01": {
    exit: EXIT.refused,
    meaning: "The same thing was credited before. Each order, letter or ticket comes onto a card once.",
  },
  "C-CREDIT-02": {
    exit: EXIT.refused,
    meaning:
      "The value of a ticket cannot go to a card: it is not imported, no value left a card with it, or its terminal put it on a card already.",
  },
  "C-CREDIT-03": {
    exit: EXIT.refused,
    meaning:
      "A card cannot be replaced or repaired so: it was replaced before, the new one is no free card, or the books know no record of it.",
  },
  "C-CREDIT-04": {
    exit: EXIT.refused,
    meaning: "A card cannot take a credit: it is blocked, or another one takes its place.",
  },
  "C-LEDGER-01": {
    exit: EXIT.refused,
    meaning:
      "The books are not what the terminals' journals and the office's own acts come to: somebody edited the database, or its disk is damaged. The message names the first row that is wrong.",
  },
  "C-LEDGER-02": { exit: EXIT.refused, meaning: "A day that is not over yet at every terminal cannot be closed." },
  "C-LEDGER-03": {
    exit: EXIT.refused,
    meaning: "The ledger cannot be migrated now, because an import or another command is writing to it.",
  },
  "C-LEDGER-04": {
    exit: EXIT.refused,
    meaning:
      "The database of the ledger did not go on: no room, read-only, no right, somebody else writing, a damaged disk, a server that stopped. Every step of a command is in the ledger whole or not at all.",
  },
  "C-ARCHIVE-01": {
    exit: EXIT.refused,
    meaning:
      "An archive cannot be made as it was asked for: the folder is not empty, no day of those asked for is closed, or the ledger does not give back what terminals signed.",
  },
  "C-ARCHIVE-02": {
    exit: EXIT.refused,
    meaning: "An archive is not what was written. The message names the first file that is not, and why.",
  },
  "C-EXPORT-01": {
    exit: EXIT.refused,
    meaning:
      "An export would go into a folder that is there already. It is written into a new one, whole or not at all.",
  },
  "C-BACKUP-01": {
    exit: EXIT.refused,
    meaning: "A file is no backup of a ledger, is damaged or cut off, or a later cachet made it. Nothing of it counts.",
  },
  "C-BACKUP-02": { exit: EXIT.refused, meaning: "A backup would overwrite a file. Backups are never overwritten." },
} as const satisfies Readonly<Record<string, Explained>>;
export type Code = keyof typeof CODES;

/** What went wrong, told in three parts: what happened, what state things are in now, what to do next. */
export class Failure extends Error {
  readonly code: Code;
  readonly state: string;
  readonly next: readonly string[];
  /** What programs are told beside the error, where something was done all the same. */
  readonly result: Readonly<Record<string, unknown>>;
  constructor(
    code: Code,
    what: string,
    state: string,
    next: readonly string[],
    result: Readonly<Record<string, unknown>> = {},
  ) {
    super(what);
    this.name = "Failure";
    this.code = code;
    this.state = state;
    this.next = next;
    this.result = result;
  }

  get exit(): number {
    return CODES[this.code].exit;
  }

  /** The same for programs. */
  document() {
    const { code, message: what, state, next } = this;
    return { code, what, state, next };
  }

  /** The lines that a person reads. */
  lines(): string[] {
    const next = this.next.map((line, i) => (i === 0 ? `  Next:  ${line}` : `         ${line}`));
    const [what, ...more] = this.message.split("\n");
    return [`error ${this.code}: ${what}`, ...more.map((line) => `  ${line}`), `  State: ${this.state}`, ...next];
  }
}
