// Owns: doing a whole transaction again when the database asks for it (a deadlock, a serialisation failure, a lock that took too long).
import { classifyDatabaseError } from "../db/classify-error.ts";

const MAX_ATTEMPTS = 4;

/** `work` must be a whole transaction: what a failed attempt did is rolled back. */
export async function retryTransient<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || classifyDatabaseError(error) !== "transient") throw error;
    }
  }
}
