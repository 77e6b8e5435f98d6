// Owns: where the windows that ads have opened go when threads are merged, and taken apart again. Refuses to know: what opens one, and what may be sent in it.
import { defineQuery } from "../db/query.ts";

// The longest that was reported for either. The loser keeps its row: a split finds it again.
export const mergeEntryWindows = defineQuery({
  name: "identity.merge-entry-windows",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid" },
  text: `
insert into entry_windows as w (business_id, conversation_id, channel_id, until, refused_at)
select :business, :winnerId, l.channel_id, l.until, l.refused_at from entry_windows l where l.business_id = :business and l.conversation_id = :loserId
on conflict on constraint entry_windows_pkey do update set until = greatest(w.until, excluded.until), refused_at = greatest(w.refused_at, excluded.refused_at)`,
});

// Runs after the messages have moved. A window is of the thread that has the message whose status told its end; of none of the two any more where no status tells it. What
// the winner had before the merge stands in its record (mergeId; null: there was none). A window that is taken away ends, and its row stays: what left in it was allowed,
// and that the number refused content in one is remembered.
export const returnEntryWindows = defineQuery({
  name: "identity.return-entry-windows",
  role: "app",
  columns: {},
  params: { winnerId: "uuid", loserId: "uuid", mergeId: "uuid?" },
  text: `
with joint as materialized (
  select e.channel_id, e.until, e.refused_at from entry_windows e where e.business_id = :business and e.conversation_id = :winnerId
), told as materialized (
  select distinct m.conversation_id, j.channel_id
    from joint j
    join messages m on m.business_id = :business and m.conversation_id in (:winnerId, :loserId) and m.channel_id = j.channel_id and m.direction = 'out'
    join message_statuses s on s.business_id = :business and s.channel_id = m.channel_id and s.provider_message_id = m.provider_message_id
   where j.until > now() and s.entry_window ->> 'expiration_timestamp' = extract(epoch from j.until)::int8::text
), own as materialized (
  select b.channel_id, b.until from merges g
   cross join lateral jsonb_to_recordset(g.proof -> 'winner' -> 'entry_windows') as b (channel_id uuid, until timestamptz)
   where g.business_id = :business and g.id = :mergeId
), given as (
  insert into entry_windows as l (business_id, conversation_id, channel_id, until, refused_at)
  select :business, :loserId, j.channel_id, case when t.channel_id is null then least(j.until, now()) else j.until end, j.refused_at
    from joint j left join told t on t.conversation_id = :loserId and t.channel_id = j.channel_id
  on conflict on constraint entry_windows_pkey do update set until = greatest(l.until, excluded.until), refused_at = greatest(l.refused_at, excluded.refused_at)
)
update entry_windows w set until = greatest(o.until, least(j.until, now()))
  from joint j left join own o on o.channel_id = j.channel_id
 where w.business_id = :business and w.conversation_id = :winnerId and w.channel_id = j.channel_id
   and not exists (select from told t where t.conversation_id = :winnerId and t.channel_id = j.channel_id)`,
});
