// Owns: measuring several things in turn, a few seconds each, so that a machine that grows slower meanwhile is as slow for one as for the other.

/** Measures once. */
export type Turn<Result> = () => Promise<Result>;

/** Opens what it needs, warms it up, lets `use` measure, and closes what it opened. */
export type Contest = (use: (measure: Turn<void>) => Promise<void>) => Promise<void>;

/** All are open at the same time, and nothing runs but whose turn it is. */
export async function takeTurns(contests: readonly Contest[], turns: number, open: readonly Turn<void>[] = []): Promise<void> {
  const [first, ...rest] = contests;
  if (first !== undefined) {
    await first((measure) => takeTurns(rest, turns, [...open, measure]));
    return;
  }
  for (let turn = 1; turn <= turns; turn += 1) for (const measure of open) await measure();
}

/** At least one value. Of an even number the lower of the two in the middle, so that it is one that was measured. */
export function middleOf<T>(values: readonly T[], by: (value: T) => number): T | undefined {
  return values.toSorted((one, other) => by(one) - by(other))[Math.floor((values.length - 1) / 2)];
}

export interface Spread {
  readonly median: number;
  /** A quarter of the values are below the first, a quarter above the second; of fewer than four values the smallest and the largest. */
  readonly quartiles: readonly [number, number];
}

/** Undefined: there are none. */
export function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const outside = Math.floor(sorted.length / 4);
  const [low, high] = [sorted[outside], sorted[sorted.length - 1 - outside]];
  if (low === undefined || high === undefined) return undefined;
  const half = (sorted.length - 1) / 2;
  const median = ((sorted[Math.floor(half)] ?? low) + (sorted[Math.ceil(half)] ?? high)) / 2;
  return { median, quartiles: [low, high] };
}
