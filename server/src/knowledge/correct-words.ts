// Owns: which known word a mistyped one is meant for. Refuses to know: where the known words come from.

/** Letters that were left out, added, exchanged for another, or swapped with their neighbour; at most `limit` + 1. */
export function editDistance(a: string, b: string, limit: number): number {
  const [from, to] = [[...a], [...b]];
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [i, letter] of from.entries()) {
    const row = [i + 1];
    for (const [j, other] of to.entries()) {
      const exchanged = (last[j] ?? 0) + (letter === other ? 0 : 1);
      const swapped = i > 0 && j > 0 && letter === to[j - 1] && other === from[i - 1] ? (before[j - 1] ?? 0) + 1 : Infinity;
      row.push(Math.min((last[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1, exchanged, swapped));
    }
    [before, last] = [last, row];
  }
  return Math.min(last[to.length] ?? 0, limit + 1);
}

const SHORTEST = 4;

/** A short word with one letter exchanged is more often another word ("care", "card"; "quando", "quanto") than a mistake. */
function isMeant(typed: string, known: string): boolean {
  if (typed.length < SHORTEST || !known.startsWith(typed.charAt(0)) || /\d/.test(typed)) return false;
  const allowed = typed.length >= 8 ? 2 : 1;
  if (editDistance(typed, known, allowed) > allowed) return false;
  const isExchange = typed.length === known.length && [...typed].toSorted().join("") !== [...known].toSorted().join("");
  return typed.length >= 7 || !isExchange;
}

export interface Candidate {
  readonly typed: string;
  readonly known: string;
}

/** For each typed word the first candidate that it may be meant for; candidates come likeliest first. */
export function correctWords(candidates: readonly Candidate[]): ReadonlyMap<string, string> {
  const corrected = new Map<string, string>();
  for (const { typed, known } of candidates) if (!corrected.has(typed) && isMeant(typed, known)) corrected.set(typed, known);
  return corrected;
}
