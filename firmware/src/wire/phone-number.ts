/** A number as it is dialled at home begins with 0: this country's is put in its place. */
const COUNTRY = "+33";

/** A phone number as people write it, with its country's (ITU-T E.164); null for what is none. */
export function phoneNumber(written: string): string | null {
  const digits = written.replaceAll(/[ .-]/g, "");
  const number = digits.replace(/^00/, "+").replace(/^0(?=[1-9])/, COUNTRY);
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null;
}
