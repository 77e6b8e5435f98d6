// Owns: how the doctor's questions reach the database. Refuses to know what they are.
import type pg from "pg";

/** Answers the rows of one statement, which has a snapshot of its own. Throws what the database says. */
export type Ask = <R extends object>(text: string, values: readonly unknown[]) => Promise<readonly R[]>;

// Beyond this there is something else to find out first: an index that is missing, a lock.
const STATEMENT_LIMIT_MS = 60_000;

/**
 * The questions of a doctor who has so much time left, again and again. PostgreSQL itself gives up a statement that would take longer, or more than a minute:
 * a snapshot that is kept keeps vacuum from its work.
 */
export function createAsk(client: pg.ClientBase, timeLeftMs: () => number): Ask {
  return async <R extends object>(text: string, values: readonly unknown[]) => {
    const left = timeLeftMs();
    if (left <= 0) throw new Error("there is no time left");
    await client.query("select set_config('statement_timeout', $1, false)", [String(Math.ceil(Math.min(left, STATEMENT_LIMIT_MS)))]);
    const { rows } = await client.query<R>(text, [...values]);
    return rows;
  };
}
