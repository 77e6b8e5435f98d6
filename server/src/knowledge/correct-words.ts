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

/** Too short a word, or one with digits, is taken as it stands. */
export const isCorrectable = (typed: string): boolean => typed.length >= SHORTEST && !/\d/.test(typed);

/** How many mistakes lie between them; undefined: too many. */
function mistakesOf(typed: string, known: string): number | undefined {
  const allowed = typed.length >= 8 ? 2 : 1;
  if (!known.startsWith(typed.charAt(0)) || Math.abs(typed.length - known.length) > allowed) return undefined;
  const mistakes = editDistance(typed, known, allowed);
  if (mistakes > allowed) return undefined;
  // A short word with one letter exchanged is more often another word ("care", "card"; "quando", "quanto") than a mistake.
  const isExchange = typed.length === known.length && [...typed].toSorted().join("") !== [...known].toSorted().join("");
  return isExchange && typed.length < 7 ? undefined : mistakes;
}

function beginsAlike(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a.charAt(length) === b.charAt(length)) length += 1;
  return length;
}

export interface Candidates {
  readonly typed: string;
  readonly known: readonly string[];
}

/** For each typed word the known one that it is meant for: with the fewest mistakes, then the longest common beginning, then the alphabet. */
export function correctWords(candidates: readonly Candidates[]): ReadonlyMap<string, string> {
  const corrected = new Map<string, string>();
  for (const { typed, known } of candidates) {
    if (!isCorrectable(typed)) continue;
    const [meant] = known
      .flatMap((word) => {
        const mistakes = mistakesOf(typed, word);
        return mistakes === undefined ? [] : [{ word, mistakes, alike: beginsAlike(typed, word) }];
      })
      .toSorted((a, b) => a.mistakes - b.mistakes || b.alike - a.alike || (a.word < b.word ? -1 : 1));
    if (meant !== undefined) corrected.set(typed, meant.word);
  }
  return corrected;
}
