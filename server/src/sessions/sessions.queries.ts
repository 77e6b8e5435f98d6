// Owns: the windows of activity. Bookkeeping: nothing else waits for these statements.
import { defineQuery } from "../db/query.ts";

// A session covers (done, wanted] of the lane: it opens with the first message that no session covers, and closes when the customer has been
// silent for the given time. Late runs do both at once.
export const trackSessions = defineQuery({
  name: "sessions.track",
  role: "app",
  columns: { conversation_id: "uuid", closed: "bool" },
  text: `
with mine as materialized (
  select l.conversation_id, l.first_at, l.last_at, l.wanted, l.done, l.fence, i.session_id,
         l.last_at + $5 * interval '1 millisecond' <= now() as over
    from lanes l
    join unnest($2::uuid[], $3::bigint[], $4::uuid[]) as i (conversation_id, fence, session_id) on i.conversation_id = l.conversation_id
   where l.business_id = $1 and l.kind = 'session' and l.fence = i.fence and l.wanted > l.done
   order by l.conversation_id
   for no key update of l
), closed as (
  update sessions s set closed_at = mine.last_at + $5 * interval '1 millisecond', closed_reason = 'inactive', to_seq = mine.wanted
    from mine
   where s.business_id = $1 and s.conversation_id = mine.conversation_id and s.closed_at is null and mine.over
  returning s.conversation_id
), opened as (
  insert into sessions (business_id, id, conversation_id, from_seq, to_seq, opened_at, closed_at, closed_reason)
  select $1, mine.session_id, mine.conversation_id, mine.done + 1, case when mine.over then mine.wanted end, mine.first_at,
         case when mine.over then mine.last_at + $5 * interval '1 millisecond' end, case when mine.over then 'inactive' end
    from mine
   where not exists (select from sessions s where s.business_id = $1 and s.conversation_id = mine.conversation_id and s.closed_at is null)
  on conflict do nothing
)
update lanes l set
  done = case when mine.over then mine.wanted else l.done end,
  check_at = case when not mine.over then mine.last_at + $5 * interval '1 millisecond' end,
  owner = null, attempts = 0, last_error = null
  from mine
 where l.business_id = $1 and l.conversation_id = mine.conversation_id and l.kind = 'session' and l.fence = mine.fence
returning l.conversation_id, mine.over as closed`,
});
