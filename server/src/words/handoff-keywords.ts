// Owns: whether a customer asks for a person in the words that the business has named. Pure.

const normalize = (text: string): string =>
  text
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();

/** The keyword that occurs as whole words, whatever their case, accents and punctuation; undefined when none does. */
export function findHandoffKeyword(texts: readonly (string | null)[], keywords: readonly string[]): string | undefined {
  if (keywords.length === 0) return undefined;
  const said = texts.map((text) => ` ${normalize(text ?? "")} `);
  return keywords.find((keyword) => {
    const wanted = normalize(keyword);
    return wanted !== "" && said.some((text) => text.includes(` ${wanted} `));
  });
}
