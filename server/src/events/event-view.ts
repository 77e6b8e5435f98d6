// Owns: an event as the API shows it.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import { instant, jsonObject } from "../kernel/shapes.ts";
import type { listEvents } from "./events.queries.ts";

export const eventSchema = z
  .object({
    id: z.string().describe("A UUID. The same event always has the same one."),
    type: z.string().describe("area.what-happened. All types and their data: docs/outbox.md."),
    conversationId: z.string().nullable(),
    subjectId: z.string().nullable().describe("The turn, message, session or tool call that it is about."),
    data: jsonObject,
    at: instant,
  })
  .meta({ id: "OutboxEvent" });

export type EventView = Readonly<z.output<typeof eventSchema>>;

export function eventViewOf(row: Row<typeof listEvents>): EventView {
  return {
    id: row.id,
    type: row.type,
    conversationId: row.conversation_id,
    subjectId: row.subject_id,
    data: row.data,
    at: row.at.toISOString(),
  };
}
