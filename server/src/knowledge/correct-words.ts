// Owns: which known word a mistyped one is meant for. Refuses to know: where the known words come from.
import { editDistance } from "../kernel/edit-distance.ts";

const SHORTEST = 4;

/** Too short a word, or one with digits, is taken as it is. */
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
