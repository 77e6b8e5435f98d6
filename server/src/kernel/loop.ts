// Owns: one loop: a pass, a sleep until somebody wakes it or the time is up, the next pass. Refuses to know: what a pass does, and how its failures are logged.

export interface LoopDeps {
  /** One pass; answers how long there is nothing to do (`Infinity`: until somebody wakes the loop). Passes never overlap. Must not wait for `stop`. */
  readonly pass: () => Promise<number>;
  /** Called when a pass threw. Must not throw itself. */
  readonly onFailed: (error: unknown) => void;
  /** The sleep after a pass that threw. */
  readonly pauseMs: number;
  /** The least time between the beginnings of two passes: of a swarm of wake-ups, one pass answers all. Absent: none. */
  readonly minIntervalMs?: number;
}

export interface Loop {
  /** The first pass begins at once. Does nothing when the loop runs already, or was stopped. */
  start(): void;
  /** There may be something to do: the sleep ends. While a pass runs, another one follows it, whether it fails or not. Before the start: nothing is lost either. */
  wake(): void;
  /** Ends the sleep and waits for the pass that runs; then there is no further one, ever. As often as you like, and before the start too. */
  stop(): Promise<void>;
}

/** The longest timer that Node knows; a longer one would end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export function createLoop({ pass, onFailed, pauseMs, minIntervalMs = 0 }: LoopDeps): Loop {
  let isWoken = false;
  let isStopped = false;
  let running: Promise<void> | undefined;
  let endSleep: (() => void) | undefined;
  let endRest: (() => void) | undefined;

  /** Leaves no timer behind: one that is still set keeps a process from ending. */
  function delay(ms: number, register: (end: (() => void) | undefined) => void): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(end, Math.min(LONGEST_TIMER_MS, Math.max(0, ms)));
      function end(): void {
        clearTimeout(timer);
        register(undefined);
        resolve();
      }
      register(end);
    });
  }

  async function passOnce(): Promise<number> {
    try {
      return await pass();
    } catch (error) {
      onFailed(error);
      return pauseMs;
    }
  }

  // Checked again after each wait.
  const isOver = (): boolean => isStopped;
  const maySleep = (): boolean => !isWoken && !isStopped;

  async function run(): Promise<void> {
    while (!isOver()) {
      // Whoever wakes it from now on may have seen what this pass does not.
      isWoken = false;
      const startedAt = performance.now();
      const idleMs = await passOnce();
      if (maySleep()) await delay(idleMs, (end) => (endSleep = end));
      const restMs = minIntervalMs - (performance.now() - startedAt);
      if (restMs > 1 && !isOver()) await delay(restMs, (end) => (endRest = end));
    }
  }

  return {
    start() {
      if (!isStopped) running ??= run();
    },
    wake() {
      isWoken = true;
      endSleep?.();
    },
    async stop() {
      isStopped = true;
      endSleep?.();
      endRest?.();
      await running;
    },
  };
}
