// Owns: the statements of summaries: what there is to sum up, what came of it, what failed. All of them under the fence of the session lane.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// The oldest session of each lane that waits for its summary, with what was said in it: also what the business had written before the customer
// opened it, and its replies until it was closed. Of a very long one the newest part.
export const loadSessionToSummarize = defineQuery({
  name: "sessions.load-to-summarize",
  role: "app",
  columns: {
    conversation_id: "uuid",
    session_id: "uuid",
    from_seq: "int8",
    to_seq: "int8",
    attempts: "int4",
    turn_state: "text?",
    turn_reason: "text?",
    seq: "int8?",
    author: "text?",
    type: "text?",
    text: "text?",
    sent_at: "timestamptz?",
    provider_message_id: "text?",
    target_provider_message_id: "text?",
    participant: "jsonb?",
  },
  params: { lanes: rowsOf({ conversationId: "uuid", fence: "int8" }) },
  text: `
select s.conversation_id, s.id as session_id, s.from_seq, s.to_seq, s.summary_attempts as attempts, t.state as turn_state, t.reason as turn_reason,
       m.seq, m.author, m.type, m.text, m.sent_at, m.provider_message_id, m.target_provider_message_id, m.participant
  from :lanes as i
  join lanes l on l.business_id = :business and l.conversation_id = i.conversation_id and l.kind = 'session' and l.fence = i.fence
  cross join lateral (
    select w.* from sessions w
     where w.business_id = :business and w.conversation_id = l.conversation_id and w.summary_state = 'pending' and w.closed_at is not null
     order by w.from_seq limit 1) s
  left join lateral (
    select b.to_seq, b.closed_at from sessions b
     where b.business_id = :business and b.conversation_id = s.conversation_id and b.from_seq < s.from_seq
     order by b.from_seq desc limit 1) p on true
  left join lateral (
    select min(n.from_seq) as from_seq from sessions n
     where n.business_id = :business and n.conversation_id = s.conversation_id and n.from_seq > s.from_seq) n on true
  left join lateral (
    select x.state, x.reason from turns x
     where x.business_id = :business and x.conversation_id = s.conversation_id and x.covers_from <= s.to_seq and x.covers_to >= s.from_seq
     order by x.covers_to desc limit 1) t on true
  left join lateral (
    select x.seq, x.author, x.type,
           case when x.type = 'audio'
                then coalesce((select nullif(h.text, '') from transcripts h where h.business_id = x.business_id and h.media_id = x.id), x.text)
                else x.text end as text,
           x.sent_at, x.provider_message_id, x.target_provider_message_id,
           x.content -> 'participant' as participant
      from messages x
     where x.business_id = :business and x.conversation_id = s.conversation_id and not x.is_history and x.type <> 'system'
       and x.seq > coalesce(p.to_seq, 0) and x.seq < coalesce(n.from_seq, 9223372036854775807)
       and (x.seq between s.from_seq and s.to_seq
            or x.direction = 'out' and x.seq < s.from_seq and x.received_at > coalesce(p.closed_at, '-infinity')
            or x.direction = 'out' and x.seq > s.to_seq and x.received_at <= s.closed_at)
     order by x.seq desc limit 400) m on true
 order by s.conversation_id, m.seq`,
});

// The summary and its event; with the last one that a lane waits for, the lane is done up to where its open session begins. What the worker found
// when it tracked still holds: whatever came since has raised wanted, and whoever changed sessions has taken the fence.
export const storeSummaries = defineQuery({
  name: "sessions.store-summaries",
  role: "app",
  columns: { conversation_id: "uuid" },
  params: {
    summaries: rowsOf({
      conversationId: "uuid",
      fence: "int8",
      sessionId: "uuid",
      eventId: "uuid",
      state: "text",
      source: "text",
      summary: "text",
      topic: "text?",
      outcome: "text?",
      openPoints: "jsonb",
      inputTokens: "int4?",
      outputTokens: "int4?",
      isLast: "bool",
      done: "int8",
      wanted: "int8",
      openUntil: "timestamptz?",
    }),
  },
  text: `
with mine as materialized (
  select i.* from lanes l join :summaries as i on i.conversation_id = l.conversation_id
   where l.business_id = :business and l.kind = 'session' and l.fence = i.fence
   order by l.conversation_id
   for no key update of l
), stored as (
  update sessions s set
    summary_state = i.state, summary_source = i.source, summary = i.summary, topic = i.topic, outcome = i.outcome, open_points = i.open_points,
    summary_error = null, summarized_at = now(), summary_input_tokens = i.input_tokens, summary_output_tokens = i.output_tokens
    from mine i
   where s.business_id = :business and s.id = i.session_id and s.summary_state = 'pending'
  returning s.id, s.conversation_id, i.event_id, i.state, i.source
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, s.event_id, 'session.summarized', s.conversation_id, s.id, jsonb_build_object('state', s.state, 'source', s.source), now() from stored s
), lane as (
  update lanes l set
    done = i.done,
    check_at = case when l.wanted <= i.done then null
                    when l.wanted > i.wanted and i.open_until is null then now()
                    else coalesce(i.open_until, now()) end,
    owner = null, attempts = 0, last_error = null
    from mine i
   where l.business_id = :business and l.conversation_id = i.conversation_id and l.kind = 'session' and i.is_last
)
select conversation_id from mine`,
});

// Releases lanes whose summaries have to wait: because one failed (session_id), or because others are being written. A lane whose summary failed is
// looked at again soon: a message that comes meanwhile does not wake it, and its session is to be opened without delay.
export const postponeSummaries = defineQuery({
  name: "sessions.postpone-summaries",
  role: "app",
  columns: {},
  params: {
    lanes: rowsOf({
      conversationId: "uuid",
      fence: "int8",
      sessionId: "uuid?",
      error: "text?",
      openUntil: "timestamptz?",
      afterMs: "float8",
    }),
  },
  text: `
with mine as materialized (
  select i.* from lanes l join :lanes as i on i.conversation_id = l.conversation_id
   where l.business_id = :business and l.kind = 'session' and l.fence = i.fence and l.wanted > l.done
   order by l.conversation_id
   for no key update of l
), failed as (
  update sessions s set summary_attempts = s.summary_attempts + 1, summary_error = mine.error
    from mine
   where s.business_id = :business and s.id = mine.session_id and s.summary_state = 'pending'
)
update lanes l set
  check_at = least(mine.open_until, now() + mine.after_ms * interval '1 millisecond'), owner = null,
  attempts = l.attempts + (mine.session_id is not null)::integer,
  last_error = mine.error
  from mine
 where l.business_id = :business and l.conversation_id = mine.conversation_id and l.kind = 'session'`,
});
