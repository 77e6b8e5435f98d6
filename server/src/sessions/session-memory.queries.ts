// Owns: what replies may remember: where the open session of a thread begins, and what the ones before it were about.
import { defineQuery } from "../db/query.ts";

// The context of a session begins with what the business wrote after the last one had closed: the customer answers that. Replies that came
// while the last one was open belong to it, and are left to its summary.
// The newest summaries come first. A session that was tracked before summaries existed has none and is left out.
export const loadSessionMemory = defineQuery({
  name: "sessions.load-memory",
  role: "app",
  columns: { conversation_id: "uuid", open_from_seq: "int8?", opened_at: "timestamptz?", summary: "text?" },
  text: `
select c.conversation_id, o.open_from_seq, e.opened_at, e.summary
  from unnest($2::uuid[]) as c (conversation_id)
  left join lateral (
    select least(s.from_seq,
             (select min(m.seq) from messages m
               where m.business_id = $1 and m.conversation_id = s.conversation_id and m.seq > coalesce(p.to_seq, 0) and m.seq < s.from_seq
                 and m.received_at > coalesce(p.closed_at, '-infinity') and not m.is_history)) as open_from_seq
      from sessions s
      left join lateral (
        select b.to_seq, b.closed_at from sessions b
         where b.business_id = $1 and b.conversation_id = s.conversation_id and b.from_seq < s.from_seq
         order by b.from_seq desc limit 1) p on true
     where s.business_id = $1 and s.conversation_id = c.conversation_id and s.closed_at is null) o on true
  left join lateral (
    select s.from_seq, s.opened_at, s.summary from sessions s
     where s.business_id = $1 and s.conversation_id = c.conversation_id and s.closed_at is not null and s.summary is not null
     order by s.from_seq desc limit 5) e on true
 order by c.conversation_id, e.from_seq desc`,
});
