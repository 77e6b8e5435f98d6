// Owns: repeating a database call that failed for a passing reason, inside the time that a webhook request has.
import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "../db/classify-error.ts";

const ATTEMPTS = 5;

/** Deadlocks, serialisation failures and lock timeouts are tried again (everything here is idempotent); the rest is thrown as it is. */
export async function withRetries<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || classifyDatabaseError(error) !== "transient") throw error;
      await delay(5 * attempt ** 2 * (0.5 + Math.random()));
    }
  }
}
