// Owns: doing something again when the database asks for it: after a deadlock, a serialisation failure. What failed was rolled back.
import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "./classify-error.ts";

const ATTEMPTS = 5;

/** How long to wait before the next try, so that those who met do not meet again; undefined: there is none. */
export function pauseBeforeRetry(error: unknown, attempt: number): number | undefined {
  if (attempt >= ATTEMPTS || classifyDatabaseError(error) !== "transient") return undefined;
  return 5 * attempt ** 2 * (0.5 + Math.random());
}

/** For a batch of ingest; all else that database.ts runs is tried again there. Everything but passing faults is thrown as it is. */
export async function retryTransient<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const pauseMs = pauseBeforeRetry(error, attempt);
      if (pauseMs === undefined) throw error;
      await delay(pauseMs);
    }
  }
}
