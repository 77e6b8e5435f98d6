// Owns: how far two words are from each other.

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
