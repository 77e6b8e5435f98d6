// Owns: deleting what is older than it is kept, in slices, until none of it is left.
import type { Queryable } from "../db/query.ts";
import type { forgetEventsAcrossBusinesses, forgetIdempotencyKeysAcrossBusinesses } from "./maintenance.queries.ts";

/** Deletes a slice. */
type ForgetQuery = typeof forgetEventsAcrossBusinesses | typeof forgetIdempotencyKeysAcrossBusinesses;

const MOST_SLICES = 100;

/** One pass; answers how many rows are gone. Bounded: what is left after so many slices is left for the next pass. */
export function createForget(deps: { readonly db: Queryable; readonly query: ForgetQuery }): () => Promise<number> {
  return async () => {
    let total = 0;
    for (let slice = 0; slice < MOST_SLICES; slice += 1) {
      const count = await deps.db.execute(deps.query, {});
      total += count;
      if (count === 0) break;
    }
    return total;
  };
}
