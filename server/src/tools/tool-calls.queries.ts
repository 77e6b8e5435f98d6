// Owns: the SQL of recorded tool calls. A call has its row before it is made; `attempts` is its fence: whoever finds it raised has lost the call.
import { defineQuery } from "../db/query.ts";

/** This burst of the conversation has its answer: its calls are not made any more. */
const isOver = (conversationId: string, answeredTo: string): string =>
  `exists (select from turns t
            where t.business_id = :business and t.conversation_id = ${conversationId} and t.covers_to > ${answeredTo} and t.state <> 'superseded')`;

const viewColumns = {
  id: "uuid",
  conversation_id: "uuid",
  turn_id: "uuid",
  tool: "text",
  arguments: "jsonb",
  state: "text",
  result: "jsonb?",
  error: "text?",
  attempts: "int4",
  created_at: "timestamptz",
  started_at: "timestamptz?",
  finished_at: "timestamptz?",
  decided_at: "timestamptz?",
  decided_by: "text?",
  cursor_at: "text",
} as const;

// Two processes at once: the unique key lets one of them insert, the other reads the row of the first. Answers an id only to the inserter.
// - No row: the burst is over, or its thread was merged into another. A worker that does not know yet that it has lost its lane would record a call
//   where the merged burst never looks, and the burst would make it again. The lock waits for a merge that is under way.
export const recordToolCall = defineQuery({
  name: "tools.record-call",
  role: "app",
  columns: { id: "uuid?", state: "text?", attempts: "int4?" },
  params: {
    id: "uuid",
    conversationId: "uuid",
    turnId: "uuid",
    answeredTo: "int8",
    tool: "text",
    args: "jsonb",
    argsHash: "text",
    state: "text",
  },
  text: `
with thread as materialized (
  select c.id from conversations c
   where c.business_id = :business and c.id = :conversationId and c.merged_into is null and not ${isOver("c.id", ":answeredTo")}
     for share of c
), call as (
  insert into tool_calls (business_id, id, conversation_id, turn_id, answered_to, tool, arguments, arguments_hash, state, attempts, created_at, started_at)
  select :business, :id, thread.id, :turnId, :answeredTo, :tool, :args, :argsHash, :state,
         case when :state = 'running' then 1 else 0 end, now(), case when :state = 'running' then now() end
    from thread
  on conflict on constraint uq_tool_call_once do nothing
  returning id, conversation_id, turn_id, tool, state, attempts, created_at
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, call.id, 'tool-call.waiting', call.conversation_id, call.id, jsonb_build_object('tool', call.tool, 'turnId', call.turn_id), call.created_at
    from call where call.state = 'waiting'
)
select call.id, call.state, call.attempts from thread left join call on true`,
});

export const findRecordedCall = defineQuery({
  name: "tools.find-recorded-call",
  role: "app",
  columns: {
    id: "uuid",
    state: "text",
    result: "jsonb?",
    error: "text?",
    attempts: "int4",
    is_abandoned: "bool",
  },
  params: { conversationId: "uuid", answeredTo: "int8", tool: "text", argsHash: "text", abandonedAfterMs: "int8" },
  text: `
select c.id, c.state, c.result, c.error, c.attempts,
       c.state = 'running' and c.started_at < now() - :abandonedAfterMs * interval '1 millisecond' as is_abandoned
  from tool_calls c
 where c.business_id = :business and c.conversation_id = :conversationId and c.answered_to = :answeredTo and c.tool = :tool
   and c.arguments_hash = :argsHash`,
});

/** What was called in these bursts before, the oldest first. */
export const listCallsOfBurst = defineQuery({
  name: "tools.list-calls-of-burst",
  role: "app",
  columns: { tool: "text", arguments: "jsonb", state: "text", result: "jsonb?" },
  params: { conversationId: "uuid", answeredTo: "int8" },
  text: `
select c.tool, c.arguments, c.state, c.result
  from tool_calls c
 where c.business_id = :business and c.conversation_id = :conversationId and c.answered_to = :answeredTo
 order by c.created_at, c.id`,
});

// Compared and raised in one statement: of all who found the row in this state, one goes on.
export const startRecordedCall = defineQuery({
  name: "tools.start-recorded-call",
  role: "app",
  columns: { attempts: "int4" },
  params: { id: "uuid", state: "text", attempts: "int4" },
  text: `
update tool_calls c set state = 'running', attempts = c.attempts + 1, started_at = now(), finished_at = null, result = null, error = null
 where c.business_id = :business and c.id = :id and c.state = :state and c.attempts = :attempts
returning c.attempts`,
});

// unknown: whoever made the call may still learn how it ended after others had given it up.
export const finishRecordedCall = defineQuery({
  name: "tools.finish-recorded-call",
  role: "app",
  columns: {},
  params: { id: "uuid", attempts: "int4", state: "text", result: "jsonb?", error: "text?" },
  text: `
update tool_calls c set state = :state, result = :result, error = :error, finished_at = now()
 where c.business_id = :business and c.id = :id and c.attempts = :attempts and c.state in ('running', 'unknown')`,
});

// expired: it still waits, or was approved, but its burst is over, so nobody can do anything about it any more.
const view = `
select c.id, c.conversation_id, c.turn_id, c.tool, c.arguments, case when o.is_expired then 'expired' else c.state end as state,
       c.result, c.error, c.attempts, c.created_at, c.started_at, c.finished_at, c.decided_at, c.decided_by, c.created_at::text as cursor_at
  from tool_calls c
  cross join lateral (select c.state in ('waiting', 'approved') and ${isOver("c.conversation_id", "c.answered_to")} as is_expired) o
 where c.business_id = :business`;

export const findToolCall = defineQuery({
  name: "tools.find-call",
  role: "app",
  columns: viewColumns,
  params: { id: "uuid" },
  text: `${view} and c.id = :id`,
});

// conversationId, state: null: all. The newest first; the ids are UUIDv7.
export const listToolCalls = defineQuery({
  name: "tools.list-calls",
  role: "app",
  columns: viewColumns,
  params: { conversationId: "uuid?", state: "text?", beforeAt: "text?", beforeId: "uuid?", limit: "int4" },
  text: `${view}
   and (:conversationId is null or c.conversation_id = :conversationId)
   and (:state is null or (c.state = :state and not o.is_expired) or (:state = 'expired' and c.state in ('waiting', 'approved') and o.is_expired))
   and (:beforeAt is null or (c.created_at, c.id) < (:beforeAt::timestamptz, :beforeId))
 order by c.created_at desc, c.id desc
 limit :limit`,
});

/** The first of the lock order; then comes its reply lane. Nothing about either changes until the decision is committed. */
export const lockConversationOfCall = defineQuery({
  name: "tools.lock-conversation",
  role: "app",
  columns: { id: "uuid" },
  params: { callId: "uuid" },
  text: `
select c.id from conversations c
 where c.business_id = :business and c.id = (select t.conversation_id from tool_calls t where t.business_id = :business and t.id = :callId)
   for no key update`,
});

// is_over: the burst has its answer; a call that is approved now would never be made.
export const lockToolCall = defineQuery({
  name: "tools.lock-call",
  role: "app",
  columns: { state: "text", conversation_id: "uuid", decided: "text?", is_over: "bool" },
  params: { callId: "uuid" },
  text: `
select c.state, c.conversation_id,
       case when c.decided_at is null then null when c.state = 'denied' then 'denied' else 'approved' end as decided,
       ${isOver("c.conversation_id", "c.answered_to")} as is_over
  from tool_calls c where c.business_id = :business and c.id = :callId
   for update of c`,
});

export const decideToolCall = defineQuery({
  name: "tools.decide-call",
  role: "app",
  columns: {},
  params: { callId: "uuid", eventId: "uuid", decision: "text", apiKeyId: "uuid?", by: "text" },
  text: `
with call as (
  update tool_calls c set state = :decision, decided_at = now(),
         decided_by = coalesce((select k.name from api_keys k where k.business_id = :business and k.id = :apiKeyId), :by)
   where c.business_id = :business and c.id = :callId and c.state = 'waiting'
  returning c.id, c.conversation_id, c.tool, c.decided_at
)
insert into events (business_id, id, type, conversation_id, subject_id, data, at)
select :business, :eventId, 'tool-call.' || :decision, call.conversation_id, call.id, jsonb_build_object('tool', call.tool), call.decided_at from call`,
});
