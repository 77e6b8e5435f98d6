// Owns: what replies may remember: what the sessions of a thread were about, and up to which message their summaries cover it; what is known of the customer.
import { defineQuery } from "../db/query.ts";

// The newest summaries come first. A session that was tracked before summaries existed has none and is left out.
// - gap: the first session since the oldest of these whose summary is not written, or not rewritten since the session changed; else the open one.
//   What was said in it, and since, is in no summary.
// - The last session before the gap took the replies that came before it had closed; what came afterwards, or from the customer, belongs to the next.
export const loadSessionMemory = defineQuery({
  name: "sessions.load-memory",
  role: "app",
  columns: { conversation_id: "uuid", summarised_to: "int8?", opened_at: "timestamptz?", summary: "text?", facts: "jsonb?" },
  params: { conversationIds: "uuid[]" },
  text: `
with earlier as materialized (
  select s.conversation_id, s.from_seq, s.to_seq, s.opened_at, s.closed_at, s.summary, s.summary_state
    from unnest(:conversationIds) as c (conversation_id)
    cross join lateral (
      select x.conversation_id, x.from_seq, x.to_seq, x.opened_at, x.closed_at, x.summary, x.summary_state from sessions x
       where x.business_id = :business and x.conversation_id = c.conversation_id and x.closed_at is not null and x.summary is not null
       order by x.from_seq desc limit 5) s
)
select c.conversation_id, l.summarised_to, e.opened_at, e.summary, f.facts
  from unnest(:conversationIds) as c (conversation_id)
  left join lateral (
    select min(s.from_seq) as from_seq from sessions s
     where s.business_id = :business and s.conversation_id = c.conversation_id
       and s.from_seq >= (select min(o.from_seq) from earlier o where o.conversation_id = c.conversation_id)
       and (s.closed_at is null or s.summary is null or s.summary_state = 'pending')) gap on true
  left join lateral (
    select p.to_seq, p.closed_at from earlier p
     where p.conversation_id = c.conversation_id and p.from_seq < coalesce(gap.from_seq, 9223372036854775807)
     order by p.from_seq desc limit 1) p on true
  left join lateral (
    select least(gap.from_seq,
             (select min(m.seq) from messages m
               where m.business_id = :business and m.conversation_id = c.conversation_id and m.seq > p.to_seq
                 and m.seq < coalesce(gap.from_seq, 9223372036854775807)
                 and (m.direction = 'in' and m.type <> 'system' or m.received_at > p.closed_at) and not m.is_history),
             (select v.last_seq + 1 from conversations v where v.business_id = :business and v.id = c.conversation_id)) - 1 as summarised_to) l on p.to_seq is not null
  left join customer_facts f on f.business_id = :business and f.conversation_id = c.conversation_id
  left join earlier e on e.conversation_id = c.conversation_id
 order by c.conversation_id, e.from_seq desc`,
});
