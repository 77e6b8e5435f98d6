// Owns: the statements of those who look at sessions or change them by hand: lists, closing, rebuilding.
import { defineQuery } from "../db/query.ts";

/** The conversation with this id, or the one that it was merged into. */
export const findThreadOfSessions = defineQuery({
  name: "sessions.find-thread",
  role: "app",
  columns: { id: "uuid" },
  text: `select coalesce(c.merged_into, c.id) as id from conversations c where c.business_id = $1 and c.id = $2`,
});

export const listSessions = defineQuery({
  name: "sessions.list",
  role: "app",
  columns: {
    id: "uuid",
    from_seq: "int8",
    to_seq: "int8?",
    opened_at: "timestamptz",
    closed_at: "timestamptz?",
    closed_reason: "text?",
    summary_state: "text",
    summary: "text?",
    topic: "text?",
    outcome: "text?",
    open_points: "text[]",
    summary_source: "text?",
    summarized_at: "timestamptz?",
  },
  text: `
select s.id, s.from_seq, s.to_seq, s.opened_at, s.closed_at, s.closed_reason, s.summary_state, s.summary, s.topic, s.outcome,
       array(select p.point from jsonb_array_elements_text(s.open_points) as p (point)) as open_points, s.summary_source, s.summarized_at
  from sessions s
 where s.business_id = $1 and s.conversation_id = $2 and s.from_seq < coalesce($3::bigint, 9223372036854775807)
 order by s.from_seq desc
 limit $4`,
});

/** From now on the lane is the caller's until their transaction ends, and the fence is the one to write with. */
export const lockSessionLane = defineQuery({
  name: "sessions.lock-lane",
  role: "app",
  columns: { fence: "int8" },
  text: `
select l.fence from lanes l
 where l.business_id = $1 and l.conversation_id = $2 and l.kind = 'session'
   for no key update of l`,
});

// Locks it too; makes it where a message was stored without one (the layers below the normal ingest do that), and lets it reach the customer's
// newest message.
export const raiseSessionLane = defineQuery({
  name: "sessions.raise-lane",
  role: "app",
  columns: { fence: "int8" },
  text: `
insert into lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
select $1, $2, 'session', now(), m.received_at, m.received_at, m.seq
  from (select x.seq, x.received_at from messages x
         where x.business_id = $1 and x.conversation_id = $2 and x.direction = 'in' and not x.is_history
         order by x.seq desc limit 1) m
on conflict on constraint lanes_pkey do update set
  wanted = greatest(l.wanted, excluded.wanted),
  check_at = case when greatest(l.wanted, excluded.wanted) > l.done then coalesce(l.check_at, excluded.check_at) end
returning l.fence`,
});

export const listStoredSessions = defineQuery({
  name: "sessions.list-stored",
  role: "app",
  columns: {
    id: "uuid",
    from_seq: "int8",
    to_seq: "int8?",
    closed_at: "timestamptz?",
    closed_reason: "text?",
    summary_state: "text",
    has_summary: "bool",
  },
  text: `
select s.id, s.from_seq, s.to_seq, s.closed_at, s.closed_reason, s.summary_state, s.summary is not null as has_summary
  from sessions s
 where s.business_id = $1 and s.conversation_id = $2
 order by s.from_seq`,
});

export const readCustomerMessages = defineQuery({
  name: "sessions.read-customer-messages",
  role: "app",
  columns: { seqs: "int8[]", times: "int8[]", wanted: "int8", now_ms: "float8" },
  text: `
select coalesce(array_agg(m.seq order by m.seq), '{}') as seqs,
       coalesce(array_agg(floor(extract(epoch from m.received_at) * 1000)::bigint order by m.seq), '{}') as times,
       coalesce((select l.wanted from lanes l where l.business_id = $1 and l.conversation_id = $2 and l.kind = 'session'), 0) as wanted,
       floor(extract(epoch from now()) * 1000)::float8 as now_ms
  from messages m
 where m.business_id = $1 and m.conversation_id = $2 and m.direction = 'in' and not m.is_history and m.type <> 'system'`,
});

export const removeSessions = defineQuery({
  name: "sessions.remove",
  role: "app",
  columns: { id: "uuid" },
  text: `delete from sessions s where s.business_id = $1 and s.conversation_id = $2 and s.id = any ($3::uuid[]) returning s.id`,
});

export const wantSummaries = defineQuery({
  name: "sessions.want-summaries",
  role: "app",
  columns: { id: "uuid" },
  text: `
update sessions s set summary_state = 'pending', summary_attempts = 0, summary_error = null
 where s.business_id = $1 and s.conversation_id = $2 and s.id = any ($3::uuid[]) and s.closed_at is not null
returning s.id`,
});

export const recordRebuild = defineQuery({
  name: "sessions.record-rebuild",
  role: "app",
  columns: { id: "uuid" },
  text: `
with event as (
  insert into events (business_id, id, type, conversation_id, data, at)
  values ($1, $2, 'session.rebuilt', $3, jsonb_build_object('kept', $4::integer, 'added', $5::integer, 'changed', $6::integer, 'removed', $7::integer,
    'summaries', $8::integer), now())
  returning id
)
select id from event`,
});

export const listThreadsToRebuild = defineQuery({
  name: "sessions.list-threads-to-rebuild",
  role: "app",
  columns: { id: "uuid" },
  text: `
select c.id from conversations c
 where c.business_id = $1 and c.id > $2 and c.merged_into is null
 order by c.id
 limit $3`,
});
