// Owns: the seam between those who work on lanes and the database that keeps them. Another store could do it its own way.
import type { Queryable, Row } from "../db/query.ts";
import { type BusinessId, type ConversationId, LOWEST_ID } from "../kernel/ids.ts";
import {
  claimLanesAcrossBusinesses,
  extendLanesAcrossBusinesses,
  listGrownLanesAcrossBusinesses,
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

export interface ClaimRequest {
  readonly kind: LaneKind;
  readonly limit: number;
  readonly leaseMs: number;
  readonly owner: string;
  /** How many runs one business may have at once, and how many each has already. Without it: as many as there are. */
  readonly share?: { readonly max: number; readonly running: ReadonlyMap<BusinessId, number> };
  /** Called with the lanes that are not ready yet, because their customer may still be writing: they sleep on, and nobody holds them. */
  readonly onEarly?: (lanes: readonly ClaimedLane[]) => void;
  /** Called with the milliseconds until the next lane is due that was not claimed (negative when one is overdue); undefined when none waits. */
  readonly onNext?: (inMs: number | undefined) => void;
}

export interface LaneStore {
  /** Takes up to `limit` due lanes; each is ours until the lease ends. */
  claim(request: ClaimRequest): Promise<readonly ClaimedLane[]>;
  /** Milliseconds until the next lane of this kind is due (negative when one is overdue); undefined when none waits. */
  nextInMs(kind: LaneKind): Promise<number | undefined>;
  /** Prolongs the leases and answers the lanes that somebody else has claimed meanwhile. */
  extend(kind: LaneKind, lanes: readonly ClaimedLane[], leaseMs: number): Promise<readonly ClaimedLane[]>;
  /** Of these lanes, those that got more work since they were claimed. */
  listGrown(kind: LaneKind, lanes: readonly ClaimedLane[]): Promise<readonly ClaimedLane[]>;
  /** Releases a lane, to be looked at again after `afterMs`; `failed` counts the run as an attempt. A lane that was lost is left alone. */
  retry(lane: ClaimedLane, request: { readonly afterMs: number; readonly failed: boolean; readonly error: string | null }): Promise<void>;
}

const UNLIMITED = 1_000_000;

type ClaimRow = Row<typeof claimLanesAcrossBusinesses>;
type ClaimedRow = ClaimRow & { readonly business_id: string; readonly conversation_id: string };

const isLane = (row: ClaimRow): row is ClaimedRow => row.business_id !== null && row.conversation_id !== null;

function laneOf(kind: LaneKind, row: ClaimedRow): ClaimedLane {
  return {
    kind,
    businessId: row.business_id as BusinessId,
    conversationId: row.conversation_id as ConversationId,
    fence: row.fence,
    done: row.done,
    wanted: row.wanted,
    attempts: row.attempts,
  };
}

/** Those of the lanes whose places, from 1, a statement answered. */
function listed(lanes: readonly ClaimedLane[], rows: readonly { readonly ord: number }[]): readonly ClaimedLane[] {
  const places = new Set(rows.map(({ ord }) => ord));
  return lanes.filter((_, at) => places.has(at + 1));
}

export function createLaneStore(db: Queryable): LaneStore {
  // Where the last pass over the businesses ended, per kind: a start, not a truth; losing it costs nothing.
  const cursors = new Map<LaneKind, string>();

  return {
    async claim({ kind, limit, leaseMs, owner, share, onEarly, onNext }) {
      const from = cursors.get(kind) ?? LOWEST_ID;
      const running = new Map(share?.running);
      let nextInMs: number | undefined;
      const take = async (after: string, size: number): Promise<readonly ClaimedRow[]> => {
        const rows = await db.run(claimLanesAcrossBusinesses, {
          ...{ kind, after, limit: size, leaseMs, owner },
          maxRuns: share?.max ?? UNLIMITED,
          running: Array.from(running, ([businessId, runs]) => ({ businessId, runs })),
        });
        nextInMs = rows.at(-1)?.next_in_ms ?? undefined;
        const taken = rows.filter(isLane);
        for (const { business_id: id, ready } of taken) if (ready) running.set(id as BusinessId, (running.get(id as BusinessId) ?? 0) + 1);
        return taken;
      };
      const rows = [...(await take(from, limit))];
      if (rows.length < limit && from !== LOWEST_ID) rows.push(...(await take(LOWEST_ID, limit - rows.length)));
      const last = rows.reduce((max, row) => (row.business_id > max ? row.business_id : max), LOWEST_ID);
      cursors.set(kind, rows.length < limit ? LOWEST_ID : last);
      onNext?.(nextInMs);
      const early = rows.filter(({ ready }) => !ready);
      if (early.length > 0) onEarly?.(early.map((row) => laneOf(kind, row)));
      return rows.filter(({ ready }) => ready).map((row) => laneOf(kind, row));
    },
    async nextInMs(kind) {
      const [row] = await db.run(nextLaneAcrossBusinesses, { kind });
      return row?.in_ms;
    },
    async extend(kind, lanes, leaseMs) {
      if (lanes.length === 0) return [];
      await db.execute(extendLanesAcrossBusinesses, { kind, lanes, leaseMs });
      const lost = await db.run(listLostLanesAcrossBusinesses, { kind, lanes });
      return listed(lanes, lost);
    },
    async listGrown(kind, lanes) {
      if (lanes.length === 0) return [];
      return listed(lanes, await db.run(listGrownLanesAcrossBusinesses, { kind, lanes }));
    },
    async retry({ kind, businessId, conversationId, fence }, { afterMs, failed, error }) {
      await db.execute(retryLaneAcrossBusinesses, {
        ...{ kind, businessId, conversationId, fence, failed },
        afterMs: Math.round(afterMs),
        error: error?.slice(0, 1000),
      });
    },
  };
}
