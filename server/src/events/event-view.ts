// Owns: an event as the API shows it.
import type { RowOf } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { listEvents } from "./events.queries.ts";

export interface EventView {
  readonly id: string;
  readonly type: string;
  readonly conversationId: string | null;
  readonly subjectId: string | null;
  readonly data: JsonObject;
  readonly at: string;
}

export function eventViewOf(row: RowOf<typeof listEvents.columns>): EventView {
  return {
    id: row.id,
    type: row.type,
    conversationId: row.conversation_id,
    subjectId: row.subject_id,
    data: row.data,
    at: row.at.toISOString(),
  };
}
