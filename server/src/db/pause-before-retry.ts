// Owns: whether what the database ended as a deadlock or a serialisation failure is tried again, and when. Refuses to know: what it was.
import { classifyDatabaseError } from "./classify-error.ts";

const ATTEMPTS = 5;

/** In milliseconds, so that those who met do not meet again; undefined: there is no further try. */
export function pauseBeforeRetry(error: unknown, attempt: number): number | undefined {
  if (attempt >= ATTEMPTS || classifyDatabaseError(error) !== "transient") return undefined;
  return 5 * attempt ** 2 * (0.5 + Math.random());
}
