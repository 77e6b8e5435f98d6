// Owns: reading the sessions of a thread. Changes nothing.
import { z } from "zod";
import { decodeSeq, encodeCursor, NEWEST, pageOf, type Page } from "../kernel/cursor.ts";
import type { PageRequest } from "../conversations/read-conversations.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { instant, isoOf, uuid } from "../kernel/shapes.ts";
import { findThreadOfSessions, listSessions } from "./session-changes.queries.ts";

export const sessionSchema = z
  .object({
    id: uuid,
    conversationId: uuid,
    fromSeq: z.int().describe("The customer's first message in it."),
    toSeq: z.int().nullable().describe("The customer's last message in it; null while it is open."),
    openedAt: instant,
    closed: z.object({ at: instant, reason: z.string().describe("inactive, new_day, by_hand or merged.") }).nullable(),
    summaryState: z
      .string()
      .describe("none (it is open, or older than summaries), pending, done or too_short (one message: it is the summary)."),
    summary: z
      .object({
        text: z.string(),
        topic: z.string().nullable(),
        outcome: z.string().nullable(),
        openPoints: z.array(z.string()).readonly().describe("What is still to be done."),
        source: z.string().nullable().describe("extractive, model, message or adopted."),
        at: instant.nullable(),
      })
      .nullable(),
  })
  .meta({ id: "Session" });

export type SessionView = Readonly<z.output<typeof sessionSchema>>;

/** The newest first; the id of a merged conversation lists its winner's. Undefined when there is no such conversation. */
export type ListSessions = (businessId: BusinessId, conversationId: string, request: PageRequest) => Promise<Page<SessionView> | undefined>;

export function createListSessions({ database }: { readonly database: Database }): ListSessions {
  return async (businessId, conversationId, { limit, cursor }) => {
    const db = database.forBusiness(businessId);
    const beforeSeq = cursor === undefined ? NEWEST.seq : decodeSeq(cursor);
    const [thread] = await db.run(findThreadOfSessions, { conversationId });
    if (thread === undefined) return undefined;
    const rows = await db.run(listSessions, { conversationId: thread.id, beforeSeq, limit: limit + 1 });
    return pageOf(rows, limit, { item: (row) => viewOf(thread.id, row), cursor: (row) => encodeCursor([row.from_seq]) });
  };
}

function viewOf(conversationId: string, row: Row<typeof listSessions>): SessionView {
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

function summaryOf(text: string, row: Row<typeof listSessions>): SessionView["summary"] {
  const { topic, outcome, open_points: openPoints, summary_source: source, summarized_at: at } = row;
  return { text, topic, outcome, openPoints, source, at: isoOf(at) };
}
