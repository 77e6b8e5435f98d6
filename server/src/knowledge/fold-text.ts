// Owns: what two spellings of a word have in common, for texts and questions alike: accents of Latin letters, the prefixes and endings of Hebrew.
// Refuses to know: the stems of languages that PostgreSQL knows.

const WORD = /[\p{L}\p{N}]+/gu;
const HEBREW = /\p{Script=Hebrew}/u;
const HEBREW_WORD = /[\p{Script=Hebrew}]+/gu;
const LATIN_MARKS = /(?<=\p{Script=Latin})\p{M}+/gu;
const HEBREW_POINTS = /[\u0591-\u05BD\u05BF\u05C1\u05C2\u05C4\u05C5\u05C7]/gu;
const HEBREW_PREFIX = /^(?:וה|וב|ול|כש|שה|מה|ה|ו|ב|ל|ש|מ|כ)(?=.{3,}$)/u;
const HEBREW_ENDING = /(?<=^.{3,})(?:ים|ות|יה|ית|ה|ת|י)$/u;
const MAX_HEBREW_WORD = 40;
const HEBREW_FINAL: Readonly<Record<string, string>> = { ך: "כ", ם: "מ", ן: "נ", ף: "פ", ץ: "צ" };

/** Words that say nothing about what a question is about, without their accents. PostgreSQL's own lists have the accented ones. */
const FILLERS = new Set(
  (
    "nao sao esta voces voce ate ja tambem tem tens ha boa oi pra pro ai " +
    "esta estan hay sobre mi usted ustedes puedo quiero " +
    "could would please like want need get got im ive dont us let know tell " +
    "של את אני אתם אתן האם זה זו על עם יש לי לכם לנו אפשר רוצה צריך בבקשה גם או אם כל הוא היא הם אנחנו אתה"
  ).split(" "),
);

/** PostgreSQL has no stems for Hebrew: without one prefix and one ending "הפתיחה" and "פתוחים" neighbours, in texts and questions alike. */
function stemHebrew(word: string): string {
  // No word is that long, and looking for an ending takes quadratic time in it.
  if (word.length > MAX_HEBREW_WORD) return word;
  const stem = word
    .replace(HEBREW_PREFIX, "")
    .replace(HEBREW_ENDING, "")
    .replace(/(?<=^.{2})ו(?=.)/u, "");
  return stem.replace(/[ךםןףץ]/gu, (letter) => HEBREW_FINAL[letter] ?? letter);
}

/** The text as it is searched: same words, same order. */
export function foldText(text: string): string {
  const plain = text.normalize("NFKD").replace(LATIN_MARKS, "").replace(HEBREW_POINTS, "").normalize("NFC");
  return HEBREW.test(plain) ? plain.replace(HEBREW_WORD, stemHebrew) : plain;
}

export interface QuestionWord {
  readonly folded: string;
  /** As it was written: texts of older versions were not folded. */
  readonly raw: string;
}

/** The words of a question that may say what it is about, each once; when it has nothing but fillers, those. */
export function wordsOfQuestion(text: string, most = 48): readonly QuestionWord[] {
  const words = new Map<string, QuestionWord>();
  for (const [raw] of text.normalize("NFKC").toLowerCase().matchAll(WORD)) {
    const folded = foldText(raw);
    if (!words.has(folded)) words.set(folded, { folded, raw });
  }
  const all = [...words.values()];
  const meaningful = all.filter(({ folded, raw }) => !FILLERS.has(folded) && !FILLERS.has(raw));
  return (meaningful.length > 0 ? meaningful : all).slice(-most);
}

const SHORTEST_WORD = 3;
const LONGEST_WORD = 40;

/** Distinct words of a text that a typing mistake may be meant for, of 3 to 40 characters as the database counts them: by code points. */
export function vocabularyOf(text: string): readonly string[] {
  const words = new Set<string>();
  for (const [word] of foldText(text).toLowerCase().matchAll(WORD)) {
    // A word has at most two units a code point, so nothing that is longer needs to be counted.
    const letters = word.length > 2 * LONGEST_WORD ? word.length : [...word].length;
    if (letters >= SHORTEST_WORD && letters <= LONGEST_WORD) words.add(word);
  }
  return [...words].toSorted();
}
