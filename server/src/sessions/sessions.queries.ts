// Owns: the windows of activity. Bookkeeping: nothing else waits for these statements.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// What a run needs to know, for many lanes in one round trip and without a lock: the write compares the fence, and what comes in between raises
// `wanted`, so the lane is claimed again. Times are whole milliseconds, as the code that cuts counts them.
// A message whose transaction began before a session ended, and which was committed after it had been closed, still belongs to it: then the session is
// read again from its beginning.
export const readSessionLanes = defineQuery({
  name: "sessions.read-lanes",
  role: "app",
  columns: {
    conversation_id: "uuid",
    wanted: "int8",
    now_ms: "float8",
    last_id: "uuid?",
    last_from_seq: "int8?",
    last_to_seq: "int8?",
    pending: "int8[]?",
    seqs: "int8[]?",
    times: "int8[]?",
  },
  params: { lanes: rowsOf({ conversationId: "uuid", fence: "int8" }) },
  text: `
select l.conversation_id, l.wanted, floor(extract(epoch from now()) * 1000)::float8 as now_ms,
       s.id as last_id, s.from_seq as last_from_seq, s.to_seq as last_to_seq, p.pending, n.seqs, n.times
  from :lanes as i
  join lanes l on l.business_id = :business and l.conversation_id = i.conversation_id and l.kind = 'session' and l.fence = i.fence
  left join lateral (
    select s.id, s.from_seq, s.to_seq, s.closed_at, s.closed_reason from sessions s
     where s.business_id = :business and s.conversation_id = l.conversation_id
     order by s.from_seq desc limit 1) s on true
  left join lateral (
    select array_agg(w.from_seq) as pending from sessions w
     where w.business_id = :business and w.conversation_id = l.conversation_id and w.summary_state = 'pending') p on true
  cross join lateral (
    select case when s.id is null then 1
                when s.closed_at is null then s.from_seq
                when s.closed_reason in ('inactive', 'new_day')
                 and exists (select from messages m
                              where m.business_id = :business and m.conversation_id = l.conversation_id and m.seq > s.to_seq and m.direction = 'in'
                                and not m.is_history and m.type <> 'system' and m.received_at <= s.closed_at) then s.from_seq
                else s.to_seq + 1 end as start) b
  cross join lateral (
    select array_agg(m.seq order by m.seq) as seqs, array_agg(floor(extract(epoch from m.received_at) * 1000)::bigint order by m.seq) as times
      from messages m
     where m.business_id = :business and m.conversation_id = l.conversation_id and m.seq >= b.start
       and m.direction = 'in' and not m.is_history and m.type <> 'system') n`,
});

// Everything that a run found, for many lanes, each under its fence. Sessions are closed before others are opened in the same statement:
// uq_session_open allows one. A lane with summaries to write stays with its worker or, with takesOver, is due at once (whoever held it has
// lost it); the others sleep until their open session may end, and are awake while something came that this run has not seen.
export const writeTracking = defineQuery({
  name: "sessions.write-tracking",
  role: "app",
  columns: { conversation_id: "uuid" },
  params: {
    lanes: rowsOf({ conversationId: "uuid", fence: "int8", wanted: "int8", done: "int8", openUntil: "timestamptz?", isPending: "bool" }),
    changes: rowsOf({
      conversationId: "uuid",
      id: "uuid",
      isNew: "bool",
      fromSeq: "int8",
      toSeq: "int8?",
      openedAt: "timestamptz",
      closedAt: "timestamptz?",
      closedReason: "text?",
      eventId: "uuid",
      isSilent: "bool",
    }),
    takesOver: "bool",
  },
  text: `
with mine as materialized (
  select l.conversation_id, i.wanted, i.done, i.open_until, i.is_pending
    from lanes l
    join :lanes as i on i.conversation_id = l.conversation_id
   where l.business_id = :business and l.kind = 'session' and l.fence = i.fence
   order by l.conversation_id
   for no key update of l
), change as materialized (
  select c.* from :changes as c join mine using (conversation_id)
), closed as (
  update sessions s set
    from_seq = c.from_seq, to_seq = c.to_seq, closed_at = c.closed_at, closed_reason = c.closed_reason,
    summary_state = 'pending', summary_attempts = 0, summary_error = null
    from change c
   where s.business_id = :business and s.id = c.id and not c.is_new and c.closed_at is not null
  returning s.id
), reopened as (
  update sessions s set from_seq = c.from_seq, to_seq = null, closed_at = null, closed_reason = null, summary_state = 'none', summary_attempts = 0, summary_error = null
    from change c
   where s.business_id = :business and s.id = c.id and not c.is_new and c.closed_at is null and (s.closed_at is not null or s.from_seq <> c.from_seq) and (select count(*) from closed) >= 0
  returning s.id
), opened as (
  insert into sessions (business_id, id, conversation_id, from_seq, to_seq, opened_at, closed_at, closed_reason, summary_state)
  select :business, c.id, c.conversation_id, c.from_seq, c.to_seq, c.opened_at, c.closed_at, c.closed_reason, case when c.closed_at is null then 'none' else 'pending' end
    from change c
   where c.is_new and (select count(*) from closed) + (select count(*) from reopened) >= 0
   order by c.conversation_id, c.from_seq
  returning id
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, e.id, e.type, e.conversation_id, e.session_id, e.data, now()
    from (select c.event_id as id, 'session.closed' as type, c.conversation_id, c.id as session_id,
                 jsonb_build_object('reason', c.closed_reason, 'fromSeq', c.from_seq, 'toSeq', c.to_seq) as data
            from change c where c.closed_at is not null and not c.is_silent
          union all
          select c.id, 'session.opened', c.conversation_id, c.id, jsonb_build_object('fromSeq', c.from_seq)
            from change c where c.is_new and not c.is_silent
          union all
          select c.event_id, 'session.opened', c.conversation_id, c.id, jsonb_build_object('fromSeq', c.from_seq, 'isAgain', true)
            from change c join reopened r on r.id = c.id where not c.is_silent) e
)
update lanes l set
  done = mine.done,
  check_at = case when not mine.is_pending then case when l.wanted <= mine.done then null
                                                     when l.wanted > mine.wanted and mine.open_until is null then now()
                                                     else coalesce(mine.open_until, now()) end
                  when :takesOver then now()
                  else coalesce(l.check_at, now()) end,
  owner = case when mine.is_pending and not :takesOver then l.owner end,
  fence = l.fence + :takesOver::int,
  attempts = case when mine.is_pending then l.attempts else 0 end,
  last_error = case when mine.is_pending then l.last_error end
  from mine
 where l.business_id = :business and l.conversation_id = mine.conversation_id and l.kind = 'session'
returning l.conversation_id`,
});
