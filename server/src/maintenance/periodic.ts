// Owns: running a task at intervals. One pass is `runOnce`; a pass that throws is logged, and the next one runs all the same.
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { createLoop, type Loop } from "../kernel/loop.ts";

export function createPeriodic(deps: {
  readonly name: string;
  readonly everyMs: number;
  readonly log: Log;
  readonly runOnce: () => Promise<number>;
}): Loop {
  return createLoop({
    async pass() {
      const count = await deps.runOnce();
      if (count > 0) deps.log.info({ task: deps.name, count }, "maintenance.done");
      return deps.everyMs;
    },
    pauseMs: deps.everyMs,
    onFailed(error) {
      deps.log.warn({ task: deps.name, error: messageOf(error) }, "maintenance.failed");
    },
  });
}
