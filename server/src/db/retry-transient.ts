// Owns: doing a database call again when the database asks for it: a deadlock, a serialisation failure.
import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "./classify-error.ts";

const ATTEMPTS = 5;

/**
 * For one statement; a transaction of database.ts does this itself. What a failed attempt did is rolled back. Everything but passing faults is thrown
 * as it is.
 */
export async function retryTransient<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || classifyDatabaseError(error) !== "transient") throw error;
      await delay(5 * attempt ** 2 * (0.5 + Math.random()));
    }
  }
}
