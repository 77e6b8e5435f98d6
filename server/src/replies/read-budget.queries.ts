// Owns: the SQL of what a business and its conversations have used up today: by the turns of models, and by voice notes that were written down.
import { defineQuery } from "../db/query.ts";

// What a business, and conversations of it, have used up since the day began: from the turns themselves, so nothing has to be kept in step with them. Of the
// business's turns only those since :settledTo are read (ix_turn_usage), when what was used up to then is known for this same day: a day of 100,000 turns
// took 25 ms in each of them, and takes 1.3 (2026-11-29). Settled is what ended 30 s ago: a statement is given up after 15 s, so no turn that ended earlier can still become visible.
// Moments are microseconds, which no Date holds.
export const readUsage = defineQuery({
  name: "replies.read-usage",
  role: "app",
  columns: {
    day: "int8",
    tokens: "int8",
    micros: "int8",
    settled_to: "int8",
    settled_tokens: "int8",
    settled_micros: "int8",
    conversation_id: "uuid?",
    conversation_tokens: "int8",
    conversation_micros: "int8",
  },
  params: { conversationIds: "uuid[]", timeZone: "text", day: "int8?", settledTo: "int8?" },
  text: `
with today as (
  select date_trunc('day', now() at time zone :timeZone) at time zone :timeZone as begins_at
), span as materialized (
  select t.begins_at, f.from_at, greatest(f.from_at, now() - interval '30 seconds') as settles_at
    from today t
   cross join lateral (
     select greatest(t.begins_at, case when t.begins_at = 'epoch'::timestamptz + :day * interval '1 microsecond'
                                       then 'epoch'::timestamptz + :settledTo * interval '1 microsecond' end) as from_at) f
), recent as (
  select coalesce(sum(t.input_tokens + t.output_tokens), 0)::bigint as tokens,
         coalesce(sum(t.cost_micros), 0)::bigint as micros,
         coalesce(sum(t.input_tokens + t.output_tokens) filter (where t.finished_at < s.settles_at), 0)::bigint as settled_tokens,
         coalesce(sum(t.cost_micros) filter (where t.finished_at < s.settles_at), 0)::bigint as settled_micros
    from span s
    join turns t on t.business_id = :business and t.input_tokens is not null and t.finished_at >= s.from_at
), heard as (
  select coalesce(sum(x.cost_micros), 0)::bigint as micros,
         coalesce(sum(x.cost_micros) filter (where x.state_at < s.settles_at), 0)::bigint as settled_micros
    from span s
    join transcripts x on x.business_id = :business and x.cost_micros is not null and x.state_at >= s.from_at
)
select (extract(epoch from s.begins_at) * 1000000)::bigint as day, r.tokens, r.micros + h.micros as micros,
       (extract(epoch from s.settles_at) * 1000000)::bigint as settled_to, r.settled_tokens, r.settled_micros + h.settled_micros as settled_micros,
       c.id as conversation_id, coalesce(u.tokens, 0)::bigint as conversation_tokens, (coalesce(u.micros, 0) + coalesce(v.micros, 0))::bigint as conversation_micros
  from span s
 cross join recent r
 cross join heard h
  left join unnest(:conversationIds) as c (id) on true
  left join lateral (
    select sum(t.input_tokens + t.output_tokens) as tokens, sum(t.cost_micros) as micros
      from turns t
     where t.business_id = :business and t.conversation_id = c.id and t.input_tokens is not null and t.finished_at >= s.begins_at) u on true
  left join lateral (
    -- By its messages, and not by all of the business's.
    select sum(x.cost_micros) as micros
      from messages m
      join transcripts x on x.business_id = m.business_id and x.media_id = m.id
     where m.business_id = :business and m.conversation_id = c.id and m.type = 'audio' and m.sent_at >= s.begins_at - interval '1 day'
       and x.cost_micros is not null and x.state_at >= s.begins_at) v on true`,
});
