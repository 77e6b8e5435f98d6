// Owns: "did you mean": the known name that is nearest to a mistyped one. Refuses to know: what the names are for.

/** Undefined when nothing is near: a wrong guess is worse than none. */
export function findNearest(given: string, known: readonly string[]): string | undefined {
  const limit = Math.max(2, Math.floor(given.length / 4));
  const ranked = known.map((name) => ({ name, distance: editDistance(given, name) })).sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= limit ? best.name : undefined;
}

/** Levenshtein's: insertions, deletions and replacements of single characters. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (const [row, leftChar] of Array.from(left).entries()) {
    const current = [row + 1];
    for (const [column, rightChar] of Array.from(right).entries()) {
      const replaced = (previous[column] ?? 0) + (leftChar === rightChar ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
