// Owns: what a phone number says that a person or a program wrote, in whatever spelling: its digits with the country code, or why nobody can know
// them. Nothing is guessed. Refuses to know: whose number it is, and other spellings of the same line (identity/find-phone.ts).

export type WrittenPhone =
  | { readonly outcome: "read"; readonly digits: string }
  /** A sentence. */
  | { readonly outcome: "refused"; readonly reason: string };

const LONGEST = 200;
const SCHEME = /^(?:tel|callto|sms|whatsapp):/i;
/** WhatsApp's own ways to write a number: links that open a chat, and addresses of its protocol. */
const LINK = /^(?:https?:\/\/)?(?:www\.)?(?:wa\.me\/|(?:api\.whatsapp\.com|web\.whatsapp\.com|whatsapp:\/)\/send\/?\?phone=)(?=[+\d%])/i;
const ADDRESS = /(?::\d{1,3})?@(?:s\.whatsapp\.net|c\.us)$/i;
/** Italy and San Marino keep the 0 that other countries leave out behind their code. */
const KEEPS_ZERO = /^(?:39|378|379)/;

const refused = (reason: string): WrittenPhone => ({ outcome: "refused", reason });

/** Unicode's digits of one script follow each other from 0 to 9. */
function valueOfDigit(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  let before = 0;
  while (before < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - before - 1))) before += 1;
  return String(before);
}

/** Invisible marks left out, every digit 0 to 9, every blank and dash a plain one: what is copied from a page or a contact card carries them. */
export function plainPhone(text: string): string {
  return text
    .slice(0, LONGEST)
    .normalize("NFKC")
    .replaceAll(/[\p{Cf}\p{Cc}]/gu, (mark) => (/\s/.test(mark) ? " " : ""))
    .replaceAll(/(?![0-9])\p{Nd}/gu, valueOfDigit)
    .replaceAll(/[\p{Pd}\u2212]/gu, "-")
    .replaceAll(/\s+/g, " ")
    .trim();
}

/** Without its scheme and its parameters; undefined: an extension, which no number of WhatsApp has. */
function withoutScheme(text: string): string | undefined {
  if (!SCHEME.test(text) && !LINK.test(text)) return text.replace(ADDRESS, "");
  const rest = text.replace(LINK, "").replace(SCHEME, "").replaceAll(/%2b/gi, "+").replaceAll(/%20/g, " ");
  const [number = "", ...parameters] = rest.split(/[;?&]/);
  return parameters.some((parameter) => /^(?:ext|phone-context)=/i.test(parameter)) ? undefined : number.trim();
}

export function readWrittenPhone(written: string): WrittenPhone {
  const text = withoutScheme(plainPhone(written));
  if (text === undefined) return refused("It has an extension or a context of its own: give the whole international number alone.");
  if (!/^[(\s]*\+?[\d\s().\-/]+$/.test(text))
    return refused("It must be one international number, such as +12025550147: digits with blanks, hyphens, dots, slashes or parentheses.");
  const before = text
    .replace(/\(\s*0\s*\)[\s\S]*$/, "")
    .replaceAll(/\D/g, "")
    .replace(/^00/, "");
  const hasZero = /\d[\s.\-/)]*\(\s*0\s*\)/.test(text);
  if (hasZero && KEEPS_ZERO.test(before))
    return refused("It cannot be known whether the 0 in parentheses belongs to the number: give it without parentheses.");
  const digits = (hasZero ? text.replace(/\(\s*0\s*\)/, "") : text).replaceAll(/\D/g, "");
  const isInternational = text.includes("+");
  const international = !isInternational && digits.startsWith("00") ? digits.slice(2) : digits;
  if (international.startsWith("0"))
    return refused("It begins with 0, so its country is not known: give it with its country code, such as +12025550147.");
  if (!/^\d{5,15}$/.test(international)) return refused("It must be an international number with its country code: 5 to 15 digits.");
  return { outcome: "read", digits: international };
}
