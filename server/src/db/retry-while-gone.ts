// Owns: retrying through an outage of the database, until it is back or the time is over, so that the end of some work gets written.
import { setTimeout as delay } from "node:timers/promises";
import { isOutage } from "./classify-error.ts";

const EVERY_MS = 500;

export interface RetryWhileGoneOptions {
  /** After this the last failure is thrown. */
  readonly forMs: number;
  /** Ends the waiting at once; one more try follows. */
  readonly signal?: AbortSignal;
  readonly everyMs?: number;
}

/** What is not an outage is thrown at once; an outage when the time is over or the signal aborts. */
export async function retryWhileGone<T>(work: () => Promise<T>, { forMs, signal, everyMs = EVERY_MS }: RetryWhileGoneOptions): Promise<T> {
  const endsAt = performance.now() + forMs;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error) || signal?.aborted === true || performance.now() >= endsAt) throw error;
      await delay(everyMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }
}
