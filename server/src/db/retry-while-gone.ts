// Owns: writing down the end of some work although the database is away for a moment: again and again, until it is back or the time is over.
import { setTimeout as delay } from "node:timers/promises";
import { isDatabaseGone } from "./classify-error.ts";

const EVERY_MS = 500;

export interface RetryWhileGoneOptions {
  /** After this the last failure is thrown: the lease of the work has ended then. */
  readonly forMs: number;
  /** Ends the waiting at once. */
  readonly signal: AbortSignal;
  readonly everyMs?: number;
}

/** Throws what is no outage at once, and an outage when the time is over or the signal aborts. */
export async function retryWhileGone(
  work: () => Promise<unknown>,
  { forMs, signal, everyMs = EVERY_MS }: RetryWhileGoneOptions,
): Promise<void> {
  const endsAt = performance.now() + forMs;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (!isDatabaseGone(error) || signal.aborted || performance.now() >= endsAt) throw error;
      await delay(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
