// Owns: where a text has links that may be followed, and to where. Refuses to know: how they are drawn.

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Link extends Span {
  /** As it is shown: in the order in which it is read by machines. */
  readonly text: string;
  readonly address: string;
}

/** Behind no letter, but for scripts that are written without blanks; up to a blank, or to what ends a clause where no blank follows it. */
const BEGINNING =
  /(?<![[\p{L}\p{N}]--[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}]])(?:https?:\/\/|www\.|mailto:|tel:)[^\s<>"\u200b，。！？；：、（）「」『』【】،؛؟۔…]+/giv;
/** Signs that only change the order in which letters are shown. */
const DIRECTIONS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const CLOSING = new Set(".,;:!?*_~'»”’\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069");
const BRACKETS: ReadonlyMap<string, string> = new Map([
  [")", "("],
  ["]", "["],
  ["}", "{"],
]);
const SOUND = /^(?:https?:\/\/(?:[\p{L}\p{N}\p{M}._-]+|\[[\d.:a-f]+\])(?::\d+)?(?:[/?#]|$)|mailto:[^@?]+@|tel:\+?[\d().-]+$)/iu;

/** In the order of the text. */
export function findLinks(text: string): readonly Link[] {
  return [...text.matchAll(BEGINNING)].flatMap(({ 0: match, index }) => {
    const length = lengthOf(match);
    const link = readLink(match.slice(0, length));
    return link === undefined ? [] : [{ from: index, to: index + length, ...link }];
  });
}

/**
 * Undefined for everything but an address of the web, of mail or of a phone; and for one that shows another host than it leads to: with a login before
 * it, or with signs that only look like the end of it.
 */
export function readLink(written: string): Omit<Link, keyof Span> | undefined {
  const text = written.replaceAll(DIRECTIONS, "");
  const address = /^www\./i.test(text) ? `https://${text}` : text;
  return SOUND.test(address) && URL.canParse(address) ? { text, address } : undefined;
}

/** Without the punctuation of the sentence around it. A bracket belongs to the link that opened it. */
function lengthOf(match: string): number {
  const open = new Map<string, number>();
  for (const sign of match) open.set(sign, (open.get(sign) ?? 0) + 1);
  let length = match.length;
  for (; length > 0; length -= 1) {
    const sign = match[length - 1] ?? "";
    const opening = BRACKETS.get(sign);
    if (opening === undefined && !CLOSING.has(sign)) break;
    if (opening === undefined) continue;
    const closed = open.get(sign) ?? 0;
    if (closed <= (open.get(opening) ?? 0)) break;
    open.set(sign, closed - 1);
  }
  return length;
}
