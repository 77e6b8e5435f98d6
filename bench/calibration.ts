// Owns: how long the same fixed work takes on this machine right now, on one core and on all at once. Refuses to judge it.
import { once } from "node:events";
import { cpus } from "node:os";
import { Worker } from "node:worker_threads";

export interface Calibration {
  /** What had just been measured. */
  readonly after: string;
  readonly oneCoreMs: number;
  /** The slowest of them. */
  readonly allCoresMs: number;
}

async function workOn(cores: number): Promise<number> {
  const workers = Array.from({ length: cores }, () => new Worker(new URL("calibration-work.ts", import.meta.url)));
  try {
    await Promise.all(workers.map((worker) => once(worker, "message")));
    const times = await Promise.all(
      workers.map(async (worker) => {
        worker.postMessage("go");
        const [ms] = (await once(worker, "message")) as [number];
        return ms;
      }),
    );
    return Math.max(...times);
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

export async function calibrate(after: string): Promise<Calibration> {
  const oneCoreMs = await workOn(1);
  return { after, oneCoreMs, allCoresMs: await workOn(cpus().length) };
}
