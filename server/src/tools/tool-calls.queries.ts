// Owns: the SQL of recorded tool calls. A call has its row before it is made; `attempts` is its fence: whoever finds it raised has lost the call.
import { defineQuery } from "../db/query.ts";

const ledgerColumns = {
  id: "uuid",
  state: "text",
  result: "jsonb?",
  error: "text?",
  attempts: "int4",
  is_abandoned: "bool",
} as const;

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
} as const;

// Two processes at once: the unique key lets one of them insert, the other reads the row of the first. Answers an id only to the inserter.
// - No row: the burst is over, or its thread was merged into another. A worker that does not know yet that it has lost its lane would record a call
//   where the merged burst never looks, and the burst would make it again. The lock waits for a merge that is under way.
export const recordToolCall = defineQuery({
  name: "tools.record-call",
  role: "app",
  columns: { id: "uuid?", state: "text?", attempts: "int4?" },
  text: `
with thread as materialized (
  select c.id from conversations c
   where c.business_id = $1 and c.id = $3::uuid and c.merged_into is null
     and not exists (select from turns t where t.business_id = $1 and t.conversation_id = c.id and t.covers_to > $5::bigint and t.state <> 'superseded')
     for share of c
), call as (
  insert into tool_calls (business_id, id, conversation_id, turn_id, answered_to, tool, arguments, arguments_hash, state, attempts, created_at, started_at)
  select $1, i.id, i.conversation_id, i.turn_id, i.answered_to, i.tool, i.arguments, i.hash, i.state,
         case when i.state = 'running' then 1 else 0 end, i.at, case when i.state = 'running' then i.at end
    from (select $2::uuid as id, $3::uuid as conversation_id, $4::uuid as turn_id, $5::bigint as answered_to, $6::text as tool,
                 $7::jsonb as arguments, $8::text as hash, $9::text as state, now() as at) i
   where exists (select from thread)
  on conflict on constraint uq_tool_call_once do nothing
  returning id, conversation_id, turn_id, tool, state, attempts, created_at
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select $1, call.id, 'tool-call.waiting', call.conversation_id, call.id, jsonb_build_object('tool', call.tool, 'turnId', call.turn_id), call.created_at
    from call where call.state = 'waiting'
)
select call.id, call.state, call.attempts from thread left join call on true`,
});

export const findRecordedCall = defineQuery({
  name: "tools.find-recorded-call",
  role: "app",
  columns: ledgerColumns,
  text: `
select c.id, c.state, c.result, c.error, c.attempts,
       c.state = 'running' and c.started_at < now() - $6 * interval '1 millisecond' as is_abandoned
  from tool_calls c
 where c.business_id = $1 and c.conversation_id = $2 and c.answered_to = $3 and c.tool = $4 and c.arguments_hash = $5`,
});

/** What was called in these bursts before, the oldest first. */
export const listCallsOfBursts = defineQuery({
  name: "tools.list-calls-of-bursts",
  role: "app",
  columns: { conversation_id: "uuid", answered_to: "int8", tool: "text", arguments: "jsonb", state: "text", result: "jsonb?" },
  text: `
select c.conversation_id, c.answered_to, c.tool, c.arguments, c.state, c.result
  from (select distinct u.conversation_id, u.answered_to from unnest($2::uuid[], $3::bigint[]) as u (conversation_id, answered_to)) i
  join tool_calls c on c.business_id = $1 and c.conversation_id = i.conversation_id and c.answered_to = i.answered_to
 order by c.conversation_id, c.created_at, c.id`,
});

// Compared and raised in one statement: of all who found the row in this state, one goes on.
export const startRecordedCall = defineQuery({
  name: "tools.start-recorded-call",
  role: "app",
  columns: { attempts: "int4" },
  text: `
update tool_calls c set state = 'running', attempts = c.attempts + 1, started_at = now(), finished_at = null, result = null, error = null
 where c.business_id = $1 and c.id = $2 and c.state = $3 and c.attempts = $4
returning c.attempts`,
});

// unknown: whoever made the call may still learn how it ended after others had given it up.
export const finishRecordedCall = defineQuery({
  name: "tools.finish-recorded-call",
  role: "app",
  columns: { id: "uuid" },
  text: `
update tool_calls c set state = $4, result = $5, error = $6, finished_at = now()
 where c.business_id = $1 and c.id = $2 and c.attempts = $3 and c.state in ('running', 'unknown')
returning c.id`,
});

export const findToolCall = defineQuery({
  name: "tools.find-call",
  role: "app",
  columns: viewColumns,
  text: `
select c.id, c.conversation_id, c.turn_id, c.tool, c.arguments, case when o.is_expired then 'expired' else c.state end as state,
       c.result, c.error, c.attempts, c.created_at, c.started_at, c.finished_at, c.decided_at, c.decided_by
  from tool_calls c
  cross join lateral (
    select c.state in ('waiting', 'approved')
           and exists (select from turns t where t.business_id = $1 and t.conversation_id = c.conversation_id
                        and t.covers_to > c.answered_to and t.state <> 'superseded') as is_expired) o
 where c.business_id = $1 and c.id = $2`,
});

// $2, $3: the conversation and the state looked for, null: all. The newest first; the ids are UUIDv7.
// - expired: it still waits, or was approved, but its burst is over (tools.lock-call), so nobody can do anything about it any more.
export const listToolCalls = defineQuery({
  name: "tools.list-calls",
  role: "app",
  columns: { ...viewColumns, cursor_at: "text" },
  text: `
select c.id, c.conversation_id, c.turn_id, c.tool, c.arguments, case when o.is_expired then 'expired' else c.state end as state,
       c.result, c.error, c.attempts, c.created_at, c.started_at, c.finished_at, c.decided_at, c.decided_by, c.created_at::text as cursor_at
  from tool_calls c
  cross join lateral (
    select c.state in ('waiting', 'approved')
           and exists (select from turns t where t.business_id = $1 and t.conversation_id = c.conversation_id
                        and t.covers_to > c.answered_to and t.state <> 'superseded') as is_expired) o
 where c.business_id = $1
   and ($2::uuid is null or c.conversation_id = $2)
   and ($3::text is null or (c.state = $3 and not o.is_expired) or ($3 = 'expired' and c.state in ('waiting', 'approved') and o.is_expired))
   and ($4::timestamptz is null or (c.created_at, c.id) < ($4::timestamptz, $5::uuid))
 order by c.created_at desc, c.id desc
 limit $6`,
});

/** The first two of the lock order: nothing about the conversation or its reply lane changes until the decision is committed. */
export const lockConversationOfCall = defineQuery({
  name: "tools.lock-conversation",
  role: "app",
  columns: { id: "uuid" },
  text: `
select c.id from conversations c
 where c.business_id = $1 and c.id = (select t.conversation_id from tool_calls t where t.business_id = $1 and t.id = $2)
   for no key update`,
});

export const lockReplyLane = defineQuery({
  name: "tools.lock-reply-lane",
  role: "app",
  columns: { fence: "int8" },
  text: `select l.fence from lanes l where l.business_id = $1 and l.conversation_id = $2 and l.kind = 'reply' for update`,
});

// is_over: the burst has its answer; a call that is approved now would never be made.
export const lockToolCall = defineQuery({
  name: "tools.lock-call",
  role: "app",
  columns: { state: "text", conversation_id: "uuid", decided: "text?", is_over: "bool" },
  text: `
select c.state, c.conversation_id,
       case when c.decided_at is null then null when c.state = 'denied' then 'denied' else 'approved' end as decided,
       exists (select from turns t where t.business_id = $1 and t.conversation_id = c.conversation_id
                and t.covers_to > c.answered_to and t.state <> 'superseded') as is_over
  from tool_calls c where c.business_id = $1 and c.id = $2
   for update of c`,
});

export const decideToolCall = defineQuery({
  name: "tools.decide-call",
  role: "app",
  columns: { id: "uuid" },
  text: `
with call as (
  update tool_calls c set state = $4, decided_at = now(),
         decided_by = coalesce((select k.name from api_keys k where k.business_id = $1 and k.id = $5), $6)
   where c.business_id = $1 and c.id = $2 and c.state = 'waiting'
  returning c.id, c.conversation_id, c.tool, c.decided_at
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select $1, $3, 'tool-call.' || $4, call.conversation_id, call.id, jsonb_build_object('tool', call.tool), call.decided_at from call
), lane as (
  update lanes l set check_at = now()
    from call
   where l.business_id = $1 and l.conversation_id = call.conversation_id and l.kind = 'reply' and l.parked
)
select call.id from call`,
});
