// Owns: giving what was quarantined, or could not be used yet, another chance, on the very path that new webhooks take.
// A row is marked only after its items are durable.
import type { Queryable } from "../db/query.ts";
import { LOWEST_ID } from "../kernel/ids.ts";
import { listReplayableAcrossBusinesses, markReplayedAcrossBusinesses } from "./raw-items.queries.ts";
import { readRawItem } from "./read-raw-item.ts";
import type { WebhookIntake } from "./webhook-intake.ts";

export interface ReplayRequest {
  readonly ids?: readonly string[];
  readonly businessId?: string;
  readonly limit?: number;
}

export interface KeptItem {
  readonly id: string;
  readonly reason: string;
  /** How often it was delivered. */
  readonly seen: number;
}

export interface ReplayResult {
  readonly replayed: number;
  /** What is still quarantined, with the old reason; the failed attempt made no second row. */
  readonly stillQuarantined: readonly KeptItem[];
  /** How many cannot be used yet. Absent: none. */
  readonly unused?: number;
}

export interface Replay {
  run(request: ReplayRequest): Promise<ReplayResult>;
}

export interface ReplayDeps {
  readonly db: Queryable;
  /** Built with `withoutQuarantine`: what is refused again is reported by its count, and its row stays as it is. */
  readonly intake: WebhookIntake;
}

const PAGE = 200;

export function createReplay({ db, intake }: ReplayDeps): Replay {
  return {
    async run({ ids, businessId, limit = Number.MAX_SAFE_INTEGER }) {
      const stillQuarantined: KeptItem[] = [];
      let replayed = 0;
      let unused = 0;
      let after = LOWEST_ID;
      // What is unused does not count against the limit: it would block everything behind it for good.
      while (replayed + stillQuarantined.length < limit) {
        const size = Math.min(PAGE, limit - replayed - stillQuarantined.length);
        const rows = await db.run(listReplayableAcrossBusinesses, { ids, businessId, after, limit: size });
        for (const row of rows) {
          after = row.id;
          const events = readRawItem(row);
          const result = events === undefined ? undefined : await intake.receive(events);
          if (result === undefined || result.quarantined > 0) {
            if (row.state === "unused") unused += 1;
            else stillQuarantined.push({ id: row.id, reason: row.reason, seen: row.seen });
            continue;
          }
          const isUnused = (result.unused ?? 0) > 0;
          await db.execute(markReplayedAcrossBusinesses, {
            businessId: row.business_id,
            id: row.id,
            state: isUnused ? "unused" : "replayed",
          });
          if (isUnused) unused += 1;
          else replayed += 1;
        }
        if (rows.length < size) break;
      }
      return { replayed, stillQuarantined, ...(unused > 0 ? { unused } : {}) };
    },
  };
}
