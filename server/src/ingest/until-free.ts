// Owns: repeating what met a row that somebody holds, until it is free. In between it holds no connection, so it keeps nobody else waiting.
// Refuses to know: what it does.
import { setTimeout as delay } from "node:timers/promises";
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { Queryable } from "../db/query.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";

/** As long as a message may wait (ingest-queue.ts). */
const DEADLINE_MS = 10_000;
/** As take-turns.ts repeats what only an attempt can show. */
const EVERY_MS = 450;
const SETTLE_LOCK_MS = 50;

async function repeat<T>(attempt: () => Promise<T>, deadlineMs: number): Promise<T> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (classifyDatabaseError(error) !== "locked" || performance.now() + EVERY_MS > endsAt) throw error;
      await delay(EVERY_MS);
    }
  }
}

/**
 * For statements that give up by themselves as soon as it is plain that somebody holds what they need (db/impatient.ts). After the deadline the last such failure
 * is thrown, any other at once.
 */
export const untilFree = (db: Queryable, deadlineMs = DEADLINE_MS): Queryable => ({
  run: (query, values) => repeat(() => db.run(query, values), deadlineMs),
  execute: (query, values) => repeat(() => db.execute(query, values), deadlineMs),
});

export const settleUntilFree =
  (settleIdentity: SettleIdentity, deadlineMs = DEADLINE_MS): SettleIdentity =>
  (request) =>
    repeat(() => settleIdentity({ ...request, lockTimeoutMs: SETTLE_LOCK_MS }), deadlineMs);
