/** How numbers are dialled within a country: its calling code, what is put before a number at home, and the digits of one without that. */
interface Dialling {
  readonly code: string;
  readonly trunk: "0" | "";
  readonly digits: readonly [least: number, most: number];
}

const dials = (code: string, trunk: Dialling["trunk"], least: number, most = least): Dialling => ({
  code,
  trunk,
  digits: [least, most],
});

/** Countries where a shop may be, by ISO 3166; the first is the usual one. */
const DIALLING = {
  FR: dials("33", "0", 9),
  GP: dials("590", "0", 9),
  MQ: dials("596", "0", 9),
  GF: dials("594", "0", 9),
  RE: dials("262", "0", 9),
  YT: dials("262", "0", 9),
  NC: dials("687", "", 6),
  PF: dials("689", "", 6, 8),
  BE: dials("32", "0", 8, 9),
  LU: dials("352", "", 4, 11),
  CH: dials("41", "0", 9),
  MC: dials("377", "", 8, 9),
  AD: dials("376", "", 6, 9),
  DE: dials("49", "0", 6, 13),
  AT: dials("43", "0", 4, 13),
  NL: dials("31", "0", 9),
  GB: dials("44", "0", 9, 10),
  IE: dials("353", "0", 7, 9),
  ES: dials("34", "", 9),
  PT: dials("351", "", 9),
  IT: dials("39", "", 6, 11),
} as const satisfies Readonly<Record<string, Dialling>>;

export type Country = keyof typeof DIALLING;
export const COUNTRIES = Object.keys(DIALLING) as readonly Country[];

/** France and its overseas departments dial one another like neighbours: there the number says where it is. */
const FRENCH: readonly Country[] = ["FR", "GP", "MQ", "GF", "RE", "YT"];
const OVERSEAS: readonly (readonly [start: RegExp, code: string])[] = [
  [/^(?:590|69[01])/, "590"],
  [/^(?:594|694)/, "594"],
  [/^(?:596|69[67])/, "596"],
  [/^(?:262|269|639|69[23])/, "262"],
];

/** A number of one country without its trunk digit, with the calling code; null where none of that country is so long. */
function abroad(country: Country, own: string): string | null {
  const { code, digits } = DIALLING[country];
  if (own.length < digits[0] || own.length > digits[1]) return null;
  const isFrench = FRENCH.includes(country);
  const where = isFrench ? (OVERSEAS.find(([start]) => start.test(own))?.[1] ?? DIALLING.FR.code) : code;
  return `+${where}${own}`;
}

/**
 * A phone number as people write it in a country, with its country's (ITU-T E.164): the same for each way to write it. Null for what is
 * none.
 */
export function phoneNumber(written: string, country: Country = "FR"): string | null {
  const digits = written.replaceAll(/[ ./()-]/g, "");
  if (!/^\+?\d+$/.test(digits)) return null;
  const international = /^(?:\+|00)([1-9]\d{6,14})$/.exec(digits)?.[1];
  if (international !== undefined) return `+${international}`;
  const { trunk } = DIALLING[country];
  if (!digits.startsWith(trunk) || digits.startsWith("+") || digits.startsWith("00")) return null;
  const own = digits.slice(trunk.length);
  return trunk === "0" && own.startsWith("0") ? null : abroad(country, own);
}
