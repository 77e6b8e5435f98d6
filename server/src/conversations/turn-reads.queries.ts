// Owns: the SQL that reads ended turns for people and programs.
import { defineQuery } from "../db/query.ts";

const shownColumns = {
  id: "uuid",
  conversation_id: "uuid",
  covers_from: "int8",
  covers_to: "int8",
  state: "text",
  reason: "text?",
  responder: "text?",
  attempts: "int4",
  error: "text?",
  started_at: "timestamptz",
  finished_at: "timestamptz",
  model: "text?",
  input_tokens: "int4?",
  output_tokens: "int4?",
  cost_micros: "int8?",
  latency_ms: "int4?",
  tool_calls: "jsonb?",
  sources: "jsonb?",
  pictures: "jsonb?",
} as const;

const SHOWN = `
    select t.id, t.conversation_id, t.covers_from, t.covers_to, t.state, t.reason, t.responder, t.attempts, t.error, t.started_at, t.finished_at,
      t.model, t.input_tokens, t.output_tokens, t.cost_micros, t.latency_ms, t.tool_calls, t.sources, t.pictures
    from turns t`;

export const listTurns = defineQuery({
  name: "conversations.list-turns",
  role: "app",
  columns: shownColumns,
  params: { conversationId: "uuid", before: "int8", limit: "int4" },
  text: `${SHOWN}
    where t.business_id = :business and t.conversation_id = :conversationId and t.covers_from < :before
    order by t.covers_from desc
    limit :limit`,
});

export const findTurn = defineQuery({
  name: "conversations.find-turn",
  role: "app",
  columns: shownColumns,
  params: { turnId: "uuid" },
  text: `${SHOWN}
    where t.business_id = :business and t.id = :turnId`,
});
