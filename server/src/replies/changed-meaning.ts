// Owns: whether an edit corrected how something was written, or asks for something else. Pure.
import { editDistance } from "../kernel/edit-distance.ts";

const MAX_WORDS = 200;
const LONGEST_WORD = 40;

const wordsOf = (text: string): readonly string[] =>
  (
    text
      .slice(0, 4_000)
      .normalize("NFKD")
      .replace(/\p{M}+/gu, "")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).slice(0, MAX_WORDS);

/** One letter more or less turns them into another word, and the question around. */
const NEGATIONS = new Set("no not nor non nao ni nie nicht kein pas sin sem sans ohne without לא בלי لا بدون".split(" "));

/** One letter left out, added, exchanged or swapped is a typing mistake; a number or a negation is never one. */
function isTypo(before: string, after: string): boolean {
  if (/\p{N}/u.test(before + after) || NEGATIONS.has(before) || NEGATIONS.has(after)) return false;
  return before.length >= 3 && editDistance(before.slice(0, LONGEST_WORD), after.slice(0, LONGEST_WORD), 1) <= 1;
}

export function changesMeaning(before: string, after: string): boolean {
  const [old, now] = [wordsOf(before), wordsOf(after)];
  // "to day" and "today" are the same words.
  if (old.join("") === now.join("")) return false;
  if (old.length !== now.length) return true;
  return old.some((word, index) => word !== now[index] && !isTypo(word, now[index] ?? ""));
}
