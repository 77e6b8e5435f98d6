// Owns: the statements that end a thread where its number changed hands. They run inside the transaction that locks it.
import { defineQuery } from "../db/query.ts";

// Only of a thread that nothing but numbers leads to: a user id or a LID says by itself who wrote. Where there is only what the platform told (system), and
// no other number since, there is nobody else. A turn begins behind the reply before it: one that answers nothing of the first part goes along.
export const findLaterPart = defineQuery({
  name: "identity.find-later-part",
  role: "app",
  columns: { first_seq: "int8", last_seq: "int8" },
  text: `
select coalesce(t.covers_from, n.first_seq, c.last_seq + 1) as first_seq, c.last_seq
  from conversations c
  cross join lateral (
    select min(m.seq) as first_seq, coalesce(bool_or(m.type <> 'system'), false) as has_words
      from messages m where m.business_id = $1 and m.conversation_id = c.id and m.direction = 'in' and m.sent_at >= $3) n
  left join turns t on t.business_id = $1 and t.conversation_id = c.id and n.first_seq between t.covers_from and t.covers_to
   and not exists (select from messages m where m.business_id = $1 and m.conversation_id = c.id and m.direction = 'in'
                     and m.seq >= t.covers_from and m.seq < n.first_seq)
 where c.business_id = $1 and c.id = $2
   and (n.has_words or exists (select from aliases a where a.business_id = $1 and a.conversation_id = c.id and a.kind = 'phone' and a.held_since >= $3)
        or exists (select from conversations h join former_aliases f on f.business_id = $1 and f.conversation_id = h.id and f.held_since >= $3
                    where h.business_id = $1 and (h.id = c.id or h.merged_into = c.id)))
   and not exists (select from aliases a where a.business_id = $1 and a.conversation_id = c.id and a.kind not in ('phone', 'lead', 'username'))`,
});

// $4: up to where the first part goes.
export const moveLaterCalls = defineQuery({
  name: "identity.move-later-calls",
  role: "app",
  columns: { id: "uuid" },
  text: `
update tool_calls c set conversation_id = $3, answered_to = c.answered_to - $4::bigint
 where c.business_id = $1 and c.conversation_id = $2 and c.answered_to >= $4::bigint
returning c.id`,
});

// Runs after the turns have moved: a reply is where its turn is. What was written before $5 and came late stays.
export const moveLaterMessages = defineQuery({
  name: "identity.move-later-messages",
  role: "app",
  columns: { count: "int8" },
  text: `
with moved as (
  update messages m set conversation_id = $3, seq = m.seq - $4::bigint
   where m.business_id = $1 and m.conversation_id = $2 and m.seq > $4::bigint
     and case when m.turn_id is null then m.sent_at >= $5
              else exists (select from turns t where t.business_id = $1 and t.id = m.turn_id and t.conversation_id = $3) end
  returning 1
)
select count(*) as count from moved`,
});

export const readKeptTurns = defineQuery({
  name: "identity.read-kept-turns",
  role: "app",
  columns: { kept_to: "int8?", moved_from: "int8?" },
  text: `
select (select max(t.covers_to) from turns t where t.business_id = $1 and t.conversation_id = $2) as kept_to,
       (select min(t.covers_from) from turns t where t.business_id = $1 and t.conversation_id = $3) as moved_from`,
});

// What a later change gave to the thread it gave to the number's next holder.
export const moveLaterTenures = defineQuery({
  name: "identity.move-later-tenures",
  role: "app",
  columns: { value: "text" },
  text: `
with former as (
  -- Those of a thread that was merged into it stand under its own id.
  update former_aliases f set conversation_id = $3 from conversations c
   where c.business_id = $1 and (c.id = $2 or c.merged_into = $2)
     and f.business_id = $1 and f.conversation_id = c.id and f.held_since >= $4
)
update aliases a set conversation_id = $3
 where a.business_id = $1 and a.conversation_id = $2 and a.kind = 'phone' and a.held_since >= $4
returning a.value`,
});

// Who had the number until $4 had it until $3 only.
export const divideFormerTenure = defineQuery({
  name: "identity.divide-former-tenure",
  role: "app",
  columns: { held_since: "timestamptz?" },
  text: `
update former_aliases f set held_until = $3::timestamptz - interval '1 millisecond'
 where f.business_id = $1 and f.kind = 'phone' and f.value = $2 and f.held_until = $4
returning f.held_since`,
});

export const startAtLaterPart = defineQuery({
  name: "identity.start-at-later-part",
  role: "app",
  columns: { id: "uuid" },
  text: `update conversations c set last_seq = $3 where c.business_id = $1 and c.id = $2 returning c.id`,
});

export const stopAtChange = defineQuery({
  name: "identity.stop-at-change",
  role: "app",
  columns: { id: "uuid" },
  text: `
update conversations c set
  last_message_at = coalesce(n.last_message_at, c.last_message_at),
  last_customer_message_at = n.last_customer_message_at,
  updated_at = now()
  from (select max(least(m.sent_at, m.received_at)) as last_message_at,
               max(least(m.sent_at, m.received_at)) filter (where m.direction = 'in' and opens_window(m.type, m.content)) as last_customer_message_at
          from messages m where m.business_id = $1 and m.conversation_id = $2) n
 where c.business_id = $1 and c.id = $2
returning c.id`,
});

// After a change: a reply to who left a number goes to the one that they took, and who has a number no longer has no address until they write again.
export const followNumbers = defineQuery({
  name: "identity.follow-numbers",
  role: "app",
  columns: { id: "uuid" },
  text: `
update conversations c set
  reply_channel_id = case when n.has_taken then c.reply_channel_id end,
  reply_kind = case when n.has_taken then c.reply_kind end,
  reply_address = case when n.has_taken then $4 end,
  updated_at = now()
  from conversations o
  cross join lateral (
    select exists (select from aliases a where a.business_id = $1 and a.kind = 'phone' and a.value = o.reply_address and a.conversation_id = o.id
                     and a.held_until is null) as has_it,
           exists (select from aliases a where a.business_id = $1 and a.kind = 'phone' and a.value = $4 and a.conversation_id = o.id
                     and a.held_until is null) as has_taken) n
 where o.business_id = $1 and o.id = any ($2::uuid[]) and o.reply_kind = 'phone' and o.reply_address in ($3, $4) and not n.has_it
   and c.business_id = $1 and c.id = o.id
returning c.id`,
});
