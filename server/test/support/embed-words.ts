// Owns: embeddings without a model: texts that share words are near each other, always in the same way.

/** A unit vector; each word (its first five letters, without accents) raises the places that its hash names. */
export function embedWords(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const plain = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  for (const word of plain.match(/[\p{L}\p{N}]{2,}/gu) ?? []) {
    let hash = 2_166_136_261;
    for (const char of word.slice(0, 5)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16_777_619) >>> 0;
    for (const place of [hash % dimensions, (hash >>> 9) % dimensions]) vector[place] = (vector[place] ?? 0) + 1;
  }
  const length = Math.hypot(...vector);
  // Nothing to say still has a direction: the cosine of a zero vector is not a number.
  if (length === 0) vector[0] = 1;
  return vector.map((value) => (length === 0 ? value : value / length));
}
