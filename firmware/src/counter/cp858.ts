/** Bytes 0x80 to 0xff of code page 858: the code page 850 of Western Europe with the euro sign in it. */
const UPPER =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒ" +
  "áíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐" +
  "└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈ€ÍÎÏ┘┌█▄¦Ì▀" +
  "ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0";

/** Signs of print that code page 858 lacks, as one would type them. */
const TYPED: Readonly<Record<string, string>> = {
  "\u2010": "-",
  "\u2011": "-",
  "\u2013": "-",
  "\u2014": "-",
  "\u2018": "'",
  "\u2019": "'",
  "\u201c": '"',
  "\u201d": '"',
  "\u2026": "...",
  "\u00a0": " ",
  "\u2009": " ",
  "\u202f": " ",
  œ: "oe",
  Œ: "OE",
};

const isTyped = (character: string): boolean => character >= " " && character <= "~";
const isKnown = (character: string): boolean => isTyped(character) || UPPER.includes(character);

/**
 * A text as a printer of code page 858 can write it: what the page lacks is typed otherwise, or loses its accents, or becomes "?".
 * So does every control character: no text commands the printer.
 */
export function printable(text: string): string {
  return [...text.normalize("NFC")]
    .map((character) => {
      const typed = TYPED[character];
      if (typed !== undefined) return typed;
      if (isKnown(character)) return character;
      const [base = ""] = character.normalize("NFD");
      return isTyped(base) ? base : "?";
    })
    .join("");
}

/** The bytes of a printable text. */
export function cp858Of(text: string): Uint8Array {
  return Uint8Array.from(text, (character) =>
    isTyped(character) ? character.charCodeAt(0) : 0x80 + UPPER.indexOf(character),
  );
}
