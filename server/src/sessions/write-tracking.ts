// Owns: carrying readings and plans between the database and the code that cuts. Used by the lane, by closing by hand and by rebuilding.
import type { ValuesOf } from "../db/parameters.ts";
import type { Queryable, Row } from "../db/query.ts";
import { newId, type ConversationId } from "../kernel/ids.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { SessionRules } from "./cut-sessions.ts";
import type { LaneReading, SessionChange, TrackingPlan } from "./plan-tracking.ts";
import { readSessionLanes, writeTracking } from "./sessions.queries.ts";

export interface HeldLane {
  readonly conversationId: ConversationId;
  readonly fence: number;
}

export function rulesOf({ sessions, timeZone }: Pick<ReplySettings, "sessions" | "timeZone">): SessionRules {
  return { inactivityMs: sessions.inactivityMs, dayZone: sessions.newDay ? timeZone : null };
}

/** The lanes that are still held under their fences; who has lost theirs is not among them. */
export async function readLanes(db: Queryable, lanes: readonly HeldLane[]): Promise<ReadonlyMap<ConversationId, LaneReading>> {
  const rows = await db.run(readSessionLanes, { lanes });
  return new Map(rows.map((row) => [row.conversation_id as ConversationId, readingOf(row)]));
}

function readingOf(row: Row<typeof readSessionLanes>): LaneReading {
  const times = row.times ?? [];
  return {
    last: row.last_id === null ? null : { id: row.last_id, fromSeq: row.last_from_seq ?? 0, toSeq: row.last_to_seq },
    pending: row.pending ?? [],
    messages: (row.seqs ?? []).map((seq, index) => ({ seq, atMs: times[index] ?? 0 })),
    wanted: row.wanted,
    nowMs: row.now_ms,
  };
}

export interface PlannedLane extends HeldLane {
  readonly wanted: number;
  readonly plan: Omit<TrackingPlan, "doneAfterSummaries">;
}

export interface WriteRequest {
  readonly lanes: readonly PlannedLane[];
  /** Whoever holds the lanes loses them, and they are due at once. */
  readonly takesOver: boolean;
  /** No events for the single sessions. */
  readonly isSilent?: boolean;
}

/** Answers the conversations whose lane was still held. */
export async function writePlans(db: Queryable, { lanes, takesOver, isSilent = false }: WriteRequest): Promise<ReadonlySet<string>> {
  const rows = await db.run(writeTracking, {
    lanes: lanes.map(({ conversationId, fence, wanted, plan }) => ({
      conversationId,
      fence,
      wanted,
      done: plan.done,
      openUntil: instantOf(plan.openUntilMs),
      isPending: plan.pending > 0,
    })),
    changes: lanes.flatMap(({ conversationId, plan }) => plan.changes.map((change) => rowOf(conversationId, change, isSilent))),
    takesOver,
  });
  return new Set(rows.map((row) => row.conversation_id));
}

type ChangeRow = ValuesOf<typeof writeTracking.params>["changes"][number];

function rowOf(conversationId: ConversationId, { id, fromSeq, openedAtMs, closed }: SessionChange, isSilent: boolean): ChangeRow {
  return {
    conversationId,
    id: id ?? newId(),
    isNew: id === null,
    fromSeq,
    toSeq: closed?.toSeq,
    openedAt: new Date(openedAtMs),
    closedAt: closed === null ? null : new Date(closed.atMs),
    closedReason: closed?.reason,
    eventId: newId(),
    isSilent,
  };
}

export function instantOf(atMs: number | null): Date | null {
  return atMs === null ? null : new Date(atMs);
}
