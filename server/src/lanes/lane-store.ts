// Owns: the seam between those who work on lanes and the database that keeps them. Another store could do it its own way.
import type { Queryable } from "../db/query.ts";
import type { BusinessId, ConversationId } from "../kernel/ids.ts";
import {
  claimLanesAcrossBusinesses,
  extendLanesAcrossBusinesses,
  listLostLanesAcrossBusinesses,
  nextLaneAcrossBusinesses,
  retryLaneAcrossBusinesses,
} from "./lanes.queries.ts";

export type LaneKind = "reply" | "send" | "session";

export interface ClaimedLane {
  readonly kind: LaneKind;
  readonly businessId: BusinessId;
  readonly conversationId: ConversationId;
  /** Grows with every claim. Whoever writes for the lane compares it in the same statement: a newer claim makes the write do nothing. */
  readonly fence: number;
  readonly done: number;
  readonly wanted: number;
  /** Failed runs since the last success. */
  readonly attempts: number;
}

export interface LaneStore {
  /** Takes up to `limit` due lanes; each is ours until the lease ends. */
  claim(request: {
    readonly kind: LaneKind;
    readonly limit: number;
    readonly leaseMs: number;
    readonly owner: string;
  }): Promise<readonly ClaimedLane[]>;
  /** Milliseconds until the next lane of this kind is due (negative when one is overdue); undefined when none waits. */
  nextInMs(kind: LaneKind): Promise<number | undefined>;
  /** Prolongs the leases and answers the lanes that somebody else has claimed meanwhile. */
  extend(kind: LaneKind, lanes: readonly ClaimedLane[], leaseMs: number): Promise<readonly ClaimedLane[]>;
  /** Lets go of a lane and looks at it again after `afterMs`; `failed` counts the run as an attempt. A lane that was lost is left alone. */
  retry(lane: ClaimedLane, request: { readonly afterMs: number; readonly failed: boolean; readonly error: string | null }): Promise<void>;
}

const FIRST = "00000000-0000-0000-0000-000000000000";

export function createLaneStore(db: Queryable): LaneStore {
  // Where the last pass over the businesses ended, per kind: a start, not a truth; losing it costs nothing.
  const cursors = new Map<LaneKind, string>();

  const keysOf = (kind: LaneKind, lanes: readonly ClaimedLane[]): unknown[] => [
    kind,
    lanes.map((lane) => lane.businessId),
    lanes.map((lane) => lane.conversationId),
    lanes.map((lane) => lane.fence),
  ];

  return {
    async claim({ kind, limit, leaseMs, owner }) {
      const from = cursors.get(kind) ?? FIRST;
      const take = (after: string, size: number) => db.run(claimLanesAcrossBusinesses, [kind, after, size, leaseMs, owner]);
      const rows = [...(await take(from, limit))];
      if (rows.length < limit && from !== FIRST) rows.push(...(await take(FIRST, limit - rows.length)));
      const last = rows.reduce((max, row) => (row.business_id > max ? row.business_id : max), FIRST);
      cursors.set(kind, rows.length < limit ? FIRST : last);
      return rows
        .filter(({ ready }) => ready)
        .map((row) => ({
          kind,
          businessId: row.business_id as BusinessId,
          conversationId: row.conversation_id as ConversationId,
          fence: row.fence,
          done: row.done,
          wanted: row.wanted,
          attempts: row.attempts,
        }));
    },
    async nextInMs(kind) {
      const [row] = await db.run(nextLaneAcrossBusinesses, [kind]);
      return row?.in_ms;
    },
    async extend(kind, lanes, leaseMs) {
      if (lanes.length === 0) return [];
      await db.run(extendLanesAcrossBusinesses, [...keysOf(kind, lanes), leaseMs]);
      const lost = await db.run(listLostLanesAcrossBusinesses, keysOf(kind, lanes));
      const gone = new Set(lost.map((row) => row.conversation_id));
      return lanes.filter((lane) => gone.has(lane.conversationId));
    },
    async retry(lane, { afterMs, failed, error }) {
      await db.run(retryLaneAcrossBusinesses, [
        lane.businessId,
        lane.conversationId,
        lane.kind,
        lane.fence,
        Math.round(afterMs),
        failed ? 1 : 0,
        error?.slice(0, 1000) ?? null,
      ]);
    },
  };
}
