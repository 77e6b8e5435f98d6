// Owns: the codes with which the international spelling of a phone number can begin (ITU-T E.164). Refuses to know which of them are in use.

const ONE_DIGIT = ["1", "7"];
const TWO_DIGITS = [
  ...["20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49"],
  ...["51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66"],
  ...["81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"],
];

const isKnown = (code: string): boolean => ONE_DIGIT.includes(code.slice(0, 1)) || TWO_DIGITS.includes(code.slice(0, 2));

/** None begins another one: a number has one of them only. */
export const COUNTRY_CODES: readonly string[] = [
  ...ONE_DIGIT,
  ...TWO_DIGITS,
  ...Array.from({ length: 800 }, (_, index) => String(200 + index)).filter((code) => !isKnown(code)),
];
