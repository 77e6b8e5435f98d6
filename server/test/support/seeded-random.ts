// Owns: random numbers that are the same for the same seed, for what is to be repeated.

export interface Random {
  /** A whole number from 0 on, below this one. */
  below(end: number): number;
  pick<T>(values: readonly [T, ...T[]]): T;
  /** Whether it happens, of so many times out of a hundred. */
  chance(percent: number): boolean;
}

/** mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const below = (end: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  };
  return {
    below,
    pick: (values) => values[below(values.length)] ?? values[0],
    chance: (percent) => below(100) < percent,
  };
}
