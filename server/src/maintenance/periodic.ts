// Owns: doing something again and again. One pass is `runOnce`; a pass that throws is logged and the next one comes all the same.
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";

export interface Periodic {
  start(): void;
  /** Waits for the pass that runs. */
  stop(): Promise<void>;
}

export function createPeriodic(deps: {
  readonly name: string;
  readonly everyMs: number;
  readonly log: Log;
  readonly runOnce: () => Promise<number>;
}): Periodic {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  let stopped = false;

  async function pass(): Promise<void> {
    try {
      const count = await deps.runOnce();
      if (count > 0) deps.log.info({ task: deps.name, count }, "maintenance.done");
    } catch (error) {
      deps.log.warn({ task: deps.name, error: messageOf(error) }, "maintenance.failed");
    }
    if (!stopped) timer = setTimeout(next, deps.everyMs);
  }

  function next(): void {
    running = pass();
  }

  return {
    start: next,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
