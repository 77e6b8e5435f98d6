// Owns the simulator's time: real time plus an offset that only moves forward by hand. Knows nothing of who reads it.

export interface VirtualClock {
  readonly nowMs: () => number;
  readonly nowSeconds: () => string;
  readonly nowIso: () => string;
  readonly advance: (ms: number) => void;
  readonly reset: () => void;
}

export function createVirtualClock(): VirtualClock {
  let offsetMs = 0;
  const nowMs = (): number => Date.now() + offsetMs;
  return {
    nowMs,
    nowSeconds: () => String(Math.floor(nowMs() / 1000)),
    nowIso: () => new Date(nowMs()).toISOString(),
    advance: (ms) => {
      offsetMs += ms;
    },
    reset: () => {
      offsetMs = 0;
    },
  };
}
