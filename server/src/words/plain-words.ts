// Owns: what is said, without how it is written: the words of a text and the clauses they are in, whatever their case, accents, punctuation and
// emoji. Pure, and linear in the text. Refuses to know: what the words mean.

export interface Word {
  readonly plain: string;
  /** Written as names are: "Maria", not "maria" or "MARIA". */
  readonly isName: boolean;
}

const EMOJI = /[\p{Extended_Pictographic}\p{Regional_Indicator}\p{Emoji_Modifier}]/gu;
/** ":-)", ":D", "<3", "^^": faces that are drawn with letters and digits. */
const FACE = /(?<!\S)(?:[:;=][-'^]?[()[\]DPpOo03*|/\\]+|<3+|[xX]D+|\\?o\/|\^_*\^)(?!\S)/gu;
const TATWEEL = /\u0640/g;
/** "don't" is one word; "c'est" and "l'agent" are two. */
const CONTRACTED = /['’`´](?=(?:s|t|re|ll|ve|m|d)(?![\p{L}\p{N}]))/giu;
const NOT_A_WORD = /[^\p{L}\p{N}]+/gu;
/** Most words are this, and nothing of the below is in them. */
const ASCII_WORD = /^[A-Za-z0-9]+$/u;

/** Letters and digits only, in lower case; "kkkk" is "k". */
export function plainText(text: string): string {
  if (ASCII_WORD.test(text)) return text.toLowerCase();
  return text
    .replace(EMOJI, " ")
    .replace(CONTRACTED, "")
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(TATWEEL, "")
    .replaceAll("ß", "ss")
    .replaceAll("ى", "ي")
    .replaceAll("ة", "ه")
    .replace(NOT_A_WORD, " ")
    .trim();
}

/** Letters that are repeated once only. */
export const squeeze = (word: string): string => word.replace(/(\p{L})\1+/gu, "$1");

/** A list as it is written in our sources: phrases between commas. */
export const phrasesOf = (listed: string): readonly string[] => listed.split(",").map((phrase) => plainText(phrase));
export const setOf = (listed: string): ReadonlySet<string> => new Set(phrasesOf(listed));

/** Without what is only drawn. */
export const withoutFaces = (text: string): string => text.replace(EMOJI, " ").replace(FACE, " ");

const TITLE = /(?<![\p{L}\p{N}])(dr|dra|mr|mrs|ms|sr|sra|prof)\./giu;
/** "Thanks, Maria" addresses somebody; a comma before more than a name or two begins something else. */
const COMMA_BEFORE_NAME = /,\s*(?=\p{Lu}\p{Ll}+(?:[ ]\p{Lu}\p{Ll}+)?\s*(?:[,.!]|$))/gu;
const CLAUSE_END = /[,.;!?¿¡…—–\n。！？，、،؛؟()"“”]+/u;

/** The clauses of a text, none of them empty. */
export function clausesOf(text: string): readonly (readonly Word[])[] {
  return withoutFaces(text)
    .replace(TITLE, "$1 ")
    .replace(COMMA_BEFORE_NAME, " ")
    .split(CLAUSE_END)
    .map((clause) =>
      clause.split(/\s+/u).flatMap((written) => {
        const isName = /^\p{Lu}\p{Ll}/u.test(written);
        return plainText(written)
          .split(" ")
          .flatMap((plain) => (plain === "" ? [] : [{ plain, isName }]));
      }),
    )
    .filter((words) => words.length > 0);
}
