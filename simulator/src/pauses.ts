// Owns waiting that can be cut short: all pauses of a sender end at once when it stops.

export interface Pauses {
  /** Resolves after so long, or when all are ended. */
  readonly pause: (ms: number) => Promise<void>;
  readonly endAll: () => void;
}

export function createPauses(): Pauses {
  const waiting = new Map<NodeJS.Timeout, () => void>();
  return {
    pause: (ms) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          waiting.delete(timer);
          resolve();
        }, ms);
        waiting.set(timer, resolve);
      }),
    endAll() {
      for (const [timer, resolve] of waiting) {
        clearTimeout(timer);
        resolve();
      }
      waiting.clear();
    },
  };
}
