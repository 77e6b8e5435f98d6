// Owns: asking once for all who ask at the same time, and only so often in a second; beyond that, the last answer is given again.
// Refuses to know: what is asked.

export interface SharedAnswerOptions<T> {
  readonly ask: () => Promise<T>;
  /** Questions in a row that each get an answer of their own. */
  readonly burst: number;
  /** How many more of them each second brings. */
  readonly perSecond: number;
  /** Milliseconds, only ever compared with themselves. */
  readonly now?: () => number;
}

/** However many ask, `ask` runs once at a time and `burst + perSecond × seconds` times at the most. A throw is not kept. */
export function shareAnswer<T>({ ask, burst, perSecond, now = () => performance.now() }: SharedAnswerOptions<T>): () => Promise<T> {
  let last: { readonly answer: T } | undefined;
  let running: Promise<T> | undefined;
  let left = burst;
  let countedAt = now();

  async function askAnew(): Promise<T> {
    try {
      const answer = await ask();
      last = { answer };
      return answer;
    } finally {
      running = undefined;
    }
  }

  return () => {
    if (running !== undefined) return running;
    const at = now();
    left = Math.min(burst, left + ((at - countedAt) / 1000) * perSecond);
    countedAt = at;
    if (left < 1 && last !== undefined) return Promise.resolve(last.answer);
    left = Math.max(0, left - 1);
    running = askAnew();
    return running;
  };
}
