// Owns: reading the sessions of a thread. Changes nothing.
import { decodeSeq, encodeCursor, pageOf, type Page } from "../kernel/cursor.ts";
import type { PageRequest } from "../conversations/read-conversations.ts";
import type { Database } from "../db/database.ts";
import type { RowOf } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { findThreadOfSessions, listSessions } from "./session-changes.queries.ts";

export interface SessionView {
  readonly id: string;
  readonly conversationId: string;
  readonly fromSeq: number;
  readonly toSeq: number | null;
  readonly openedAt: string;
  readonly closed: { readonly at: string; readonly reason: string } | null;
  readonly summaryState: string;
  readonly summary: SessionSummaryView | null;
}

export interface SessionSummaryView {
  readonly text: string;
  readonly topic: string | null;
  readonly outcome: string | null;
  readonly openPoints: readonly string[];
  readonly source: string | null;
  readonly at: string | null;
}

/** The newest first; the id of a merged conversation lists its winner's. Undefined when there is no such conversation. */
export type ListSessions = (businessId: BusinessId, conversationId: string, request: PageRequest) => Promise<Page<SessionView> | undefined>;

export function createListSessions({ database }: { readonly database: Database }): ListSessions {
  return async (businessId, conversationId, { limit, cursor }) => {
    const db = database.forBusiness(businessId);
    const before = cursor === undefined ? null : decodeSeq(cursor);
    const [thread] = await db.run(findThreadOfSessions, [businessId, conversationId]);
    if (thread === undefined) return undefined;
    const rows = await db.run(listSessions, [businessId, thread.id, before, limit + 1]);
    return pageOf(rows, limit, { item: (row) => viewOf(thread.id, row), cursor: (row) => encodeCursor([row.from_seq]) });
  };
}

function viewOf(conversationId: string, row: RowOf<typeof listSessions.columns>): SessionView {
  const { closed_at: closedAt, closed_reason: reason, summary: text } = row;
  return {
    id: row.id,
    conversationId,
    fromSeq: row.from_seq,
    toSeq: row.to_seq,
    openedAt: row.opened_at.toISOString(),
    closed: closedAt === null || reason === null ? null : { at: closedAt.toISOString(), reason },
    summaryState: row.summary_state,
    summary: text === null ? null : summaryOf(text, row),
  };
}

function summaryOf(text: string, row: RowOf<typeof listSessions.columns>): SessionSummaryView {
  const { topic, outcome, open_points: openPoints, summary_source: source, summarized_at: at } = row;
  return { text, topic, outcome, openPoints, source, at: at?.toISOString() ?? null };
}
