// Owns: the statements of those who look at sessions or change them by hand: lists, closing, rebuilding.
import { defineQuery } from "../db/query.ts";

/** The conversation with this id, or the one that it was merged into. */
export const findThreadOfSessions = defineQuery({
  name: "sessions.find-thread",
  role: "app",
  columns: { id: "uuid" },
  params: { conversationId: "uuid" },
  text: `select coalesce(c.merged_into, c.id) as id from conversations c where c.business_id = :business and c.id = :conversationId`,
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
  params: { conversationId: "uuid", beforeSeq: "int8", limit: "int4" },
  text: `
select s.id, s.from_seq, s.to_seq, s.opened_at, s.closed_at, s.closed_reason, s.summary_state, s.summary, s.topic, s.outcome,
       array(select p.point from jsonb_array_elements_text(s.open_points) as p (point)) as open_points, s.summary_source, s.summarized_at
  from sessions s
 where s.business_id = :business and s.conversation_id = :conversationId and s.from_seq < :beforeSeq
 order by s.from_seq desc
 limit :limit`,
});

// Locks the lane of sessions; creates it where a message was stored without one (the layers below the normal ingest do that), and lets it reach the customer's
// newest message.
export const raiseSessionLane = defineQuery({
  name: "sessions.raise-lane",
  role: "app",
  columns: { fence: "int8" },
  params: { conversationId: "uuid" },
  text: `
insert into lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
select :business, :conversationId, 'session', now(), m.received_at, m.received_at, m.seq
  from (select x.seq, x.received_at from messages x
         where x.business_id = :business and x.conversation_id = :conversationId and x.direction = 'in' and not x.is_history
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
  params: { conversationId: "uuid" },
  text: `
select s.id, s.from_seq, s.to_seq, s.closed_at, s.closed_reason, s.summary_state, s.summary is not null as has_summary
  from sessions s
 where s.business_id = :business and s.conversation_id = :conversationId
 order by s.from_seq`,
});

export const readCustomerMessages = defineQuery({
  name: "sessions.read-customer-messages",
  role: "app",
  columns: { seqs: "int8[]", times: "int8[]", wanted: "int8", now_ms: "float8" },
  params: { conversationId: "uuid" },
  text: `
select coalesce(array_agg(m.seq order by m.seq), '{}') as seqs,
       coalesce(array_agg(floor(extract(epoch from m.received_at) * 1000)::bigint order by m.seq), '{}') as times,
       coalesce((select l.wanted from lanes l where l.business_id = :business and l.conversation_id = :conversationId and l.kind = 'session'), 0) as wanted,
       floor(extract(epoch from now()) * 1000)::float8 as now_ms
  from messages m
 where m.business_id = :business and m.conversation_id = :conversationId and m.direction = 'in' and not m.is_history and m.type <> 'system'`,
});

export const removeSessions = defineQuery({
  name: "sessions.remove",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", ids: "uuid[]" },
  text: `delete from sessions s where s.business_id = :business and s.conversation_id = :conversationId and s.id = any (:ids)`,
});

export const wantSummaries = defineQuery({
  name: "sessions.want-summaries",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", ids: "uuid[]" },
  text: `
update sessions s set summary_state = 'pending', summary_attempts = 0, summary_error = null
 where s.business_id = :business and s.conversation_id = :conversationId and s.id = any (:ids) and s.closed_at is not null`,
});

export const recordRebuild = defineQuery({
  name: "sessions.record-rebuild",
  role: "app",
  columns: {},
  params: { eventId: "uuid", conversationId: "uuid", kept: "int4", added: "int4", changed: "int4", removed: "int4", summaries: "int4" },
  text: `
insert into events (business_id, id, type, conversation_id, data, at)
values (:business, :eventId, 'session.rebuilt', :conversationId,
        jsonb_build_object('kept', :kept, 'added', :added, 'changed', :changed, 'removed', :removed, 'summaries', :summaries), now())`,
});

export const listThreadsToRebuild = defineQuery({
  name: "sessions.list-threads-to-rebuild",
  role: "app",
  columns: { id: "uuid" },
  params: { afterId: "uuid", limit: "int4" },
  text: `
select c.id from conversations c
 where c.business_id = :business and c.id > :afterId and c.merged_into is null
 order by c.id
 limit :limit`,
});
