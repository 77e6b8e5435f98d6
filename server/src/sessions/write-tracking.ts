// Owns: carrying readings and plans between the database and the code that cuts. Used by the lane, by closing by hand and by rebuilding.
import type { Queryable, RowOf } from "../db/query.ts";
import { newId, type BusinessId, type ConversationId } from "../kernel/ids.ts";
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
export async function readLanes(
  db: Queryable,
  businessId: BusinessId,
  lanes: readonly HeldLane[],
): Promise<ReadonlyMap<ConversationId, LaneReading>> {
  const keys = [lanes.map(({ conversationId }) => conversationId), lanes.map(({ fence }) => fence)];
  const rows = await db.run(readSessionLanes, [businessId, ...keys]);
  return new Map(rows.map((row) => [row.conversation_id as ConversationId, readingOf(row)]));
}

function readingOf(row: RowOf<typeof readSessionLanes.columns>): LaneReading {
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
  readonly plan: Omit<TrackingPlan, "doneThen">;
}

export interface WriteRequest {
  readonly businessId: BusinessId;
  readonly lanes: readonly PlannedLane[];
  /** Whoever holds the lanes loses them, and they are due at once. */
  readonly takesOver: boolean;
  /** No events for the single sessions. */
  readonly isSilent?: boolean;
}

/** Answers the conversations whose lane was still held. */
export async function writePlans(
  db: Queryable,
  { businessId, lanes, takesOver, isSilent = false }: WriteRequest,
): Promise<ReadonlySet<string>> {
  const changes = lanes.flatMap(({ conversationId, plan }) => plan.changes.map((change) => rowOf(conversationId, change, isSilent)));
  const rows = await db.run(writeTracking, [
    businessId,
    lanes.map(({ conversationId }) => conversationId),
    lanes.map(({ fence }) => fence),
    lanes.map(({ wanted }) => wanted),
    lanes.map(({ plan }) => plan.done),
    lanes.map(({ plan }) => instantOf(plan.openUntilMs)),
    lanes.map(({ plan }) => plan.pending > 0),
    JSON.stringify(changes),
    takesOver,
  ]);
  return new Set(rows.map((row) => row.conversation_id));
}

function rowOf(conversationId: ConversationId, { id, fromSeq, openedAtMs, closed }: SessionChange, isSilent: boolean) {
  return {
    conversation_id: conversationId,
    id: id ?? newId(),
    is_new: id === null,
    from_seq: fromSeq,
    to_seq: closed?.toSeq ?? null,
    opened_at: instantOf(openedAtMs),
    closed_at: instantOf(closed?.atMs ?? null),
    closed_reason: closed?.reason ?? null,
    event_id: newId(),
    is_silent: isSilent,
  };
}

export function instantOf(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
