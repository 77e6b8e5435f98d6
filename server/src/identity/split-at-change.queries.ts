// Owns: the statements that end a thread where its number changed hands. They run inside the transaction that locks it.
import { defineQuery } from "../db/query.ts";
import { TIMES_OF_MESSAGES } from "./split.queries.ts";

// Only of a thread that nothing but numbers leads to: a user id or a LID says who wrote. Where there is only what the platform reported (system), and
// no other number since, there is nobody else. A turn begins after the reply before it: one that answers nothing of the first part goes along.
export const findLaterPart = defineQuery({
  name: "identity.find-later-part",
  role: "app",
  columns: { first_seq: "int8", last_seq: "int8" },
  params: { conversationId: "uuid", since: "timestamptz" },
  text: `
select coalesce(t.covers_from, n.first_seq, c.last_seq + 1) as first_seq, c.last_seq
  from conversations c
  cross join lateral (
    select min(m.seq) as first_seq, coalesce(bool_or(m.type <> 'system'), false) as has_words
      from messages m where m.business_id = :business and m.conversation_id = c.id and m.direction = 'in' and m.sent_at >= :since) n
  left join turns t on t.business_id = :business and t.conversation_id = c.id and n.first_seq between t.covers_from and t.covers_to
   and not exists (select from messages m where m.business_id = :business and m.conversation_id = c.id and m.direction = 'in'
                     and m.seq >= t.covers_from and m.seq < n.first_seq)
 where c.business_id = :business and c.id = :conversationId
   and (n.has_words or exists (select from aliases a where a.business_id = :business and a.conversation_id = c.id and a.kind = 'phone' and a.held_since >= :since)
        or exists (select from conversations h join former_aliases f on f.business_id = :business and f.conversation_id = h.id and f.held_since >= :since
                    where h.business_id = :business and (h.id = c.id or h.merged_into = c.id)))
   and not exists (select from aliases a where a.business_id = :business and a.conversation_id = c.id and a.kind not in ('phone', 'lead', 'username'))`,
});

// `before`: the last position of the first part, here and below.
export const moveLaterCalls = defineQuery({
  name: "identity.move-later-calls",
  role: "app",
  columns: {},
  params: { fromId: "uuid", toId: "uuid", before: "int8" },
  text: `
update tool_calls c set conversation_id = :toId, answered_to = c.answered_to - :before
 where c.business_id = :business and c.conversation_id = :fromId and c.answered_to >= :before`,
});

// Runs after the turns have moved: a reply is where its turn is. What was written before `since` and came late stays.
export const moveLaterMessages = defineQuery({
  name: "identity.move-later-messages",
  role: "app",
  columns: {},
  params: { fromId: "uuid", toId: "uuid", before: "int8", since: "timestamptz" },
  text: `
update messages m set conversation_id = :toId, seq = m.seq - :before
 where m.business_id = :business and m.conversation_id = :fromId and m.seq > :before
   and case when m.turn_id is null then m.sent_at >= :since
            else exists (select from turns t where t.business_id = :business and t.id = m.turn_id and t.conversation_id = :toId) end`,
});

export const readKeptTurns = defineQuery({
  name: "identity.read-kept-turns",
  role: "app",
  columns: { kept_to: "int8?", moved_from: "int8?" },
  params: { fromId: "uuid", toId: "uuid" },
  text: `
select (select max(t.covers_to) from turns t where t.business_id = :business and t.conversation_id = :fromId) as kept_to,
       (select min(t.covers_from) from turns t where t.business_id = :business and t.conversation_id = :toId) as moved_from`,
});

// What a later change gave to the thread belongs to the number's next holder.
export const moveLaterTenures = defineQuery({
  name: "identity.move-later-tenures",
  role: "app",
  columns: {},
  params: { fromId: "uuid", toId: "uuid", since: "timestamptz" },
  text: `
with former as (
  -- Those of a thread that was merged into it stand under its own id.
  update former_aliases f set conversation_id = :toId from conversations c
   where c.business_id = :business and (c.id = :fromId or c.merged_into = :fromId)
     and f.business_id = :business and f.conversation_id = c.id and f.held_since >= :since
)
update aliases a set conversation_id = :toId
 where a.business_id = :business and a.conversation_id = :fromId and a.kind = 'phone' and a.held_since >= :since`,
});

export const startAtLaterPart = defineQuery({
  name: "identity.start-at-later-part",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", lastSeq: "int8" },
  text: `update conversations c set last_seq = :lastSeq where c.business_id = :business and c.id = :conversationId`,
});

export const stopAtChange = defineQuery({
  name: "identity.stop-at-change",
  role: "app",
  columns: {},
  params: { conversationId: "uuid" },
  text: `
update conversations c set
  last_message_at = coalesce(n.last_message_at, c.last_message_at),
  last_customer_message_at = n.last_customer_message_at,
  updated_at = now()
  from (select ${TIMES_OF_MESSAGES}
          from messages m where m.business_id = :business and m.conversation_id = :conversationId) n
 where c.business_id = :business and c.id = :conversationId`,
});

// After a change: a reply to whoever left a number goes to the one that they took; whoever no longer has a number has no address until they write again.
export const followNumbers = defineQuery({
  name: "identity.follow-numbers",
  role: "app",
  columns: {},
  params: { conversationIds: "uuid[]", left: "text?", taken: "text" },
  text: `
update conversations c set
  reply_channel_id = case when n.has_taken then c.reply_channel_id end,
  reply_kind = case when n.has_taken then c.reply_kind end,
  reply_address = case when n.has_taken then :taken end,
  updated_at = now()
  from conversations o
  cross join lateral (
    select exists (select from aliases a where a.business_id = :business and a.kind = 'phone' and a.value = o.reply_address and a.conversation_id = o.id
                     and a.held_until is null) as has_it,
           exists (select from aliases a where a.business_id = :business and a.kind = 'phone' and a.value = :taken and a.conversation_id = o.id
                     and a.held_until is null) as has_taken) n
 where o.business_id = :business and o.id = any (:conversationIds) and o.reply_kind = 'phone' and o.reply_address in (:left, :taken) and not n.has_it
   and c.business_id = :business and c.id = o.id`,
});
