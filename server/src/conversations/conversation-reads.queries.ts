// Owns: the SQL that reads conversations for people and programs.
import { defineQuery } from "../db/query.ts";

const shownColumns = {
  id: "uuid",
  canonical_key: "text",
  contact_name: "text?",
  contact_username: "text?",
  lead_name: "text?",
  lead_id: "text?",
  phone: "text?",
  user_id: "text?",
  is_open: "bool",
  ai_paused_at: "timestamptz?",
  ai_paused_reason: "text?",
  ai_paused_until: "timestamptz?",
  opted_out_at: "timestamptz?",
  marketing_stopped_at: "timestamptz?",
  channel_id: "uuid?",
  last_message_at: "timestamptz",
  last_customer_message_at: "timestamptz?",
  window_closes_at: "timestamptz?",
  has_window: "bool",
  created_at: "timestamptz",
  last_text: "text?",
  last_direction: "text?",
  last_type: "text?",
  last_sent_at: "timestamptz?",
  turn_id: "uuid?",
  turn_state: "text?",
  turn_reason: "text?",
  turn_finished_at: "timestamptz?",
  cursor_at: "text",
} as const;

const SHOWN = `
    select c.id, c.canonical_key, c.contact_name, c.contact_username, c.lead_name, c.lead_id, alias.phone, alias.user_id, c.is_open,
      case when pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) then c.ai_paused_at end as ai_paused_at, c.ai_paused_reason,
      pause_ends_at(c.ai_paused_at, b.handoff_pause_ms) as ai_paused_until, c.opted_out_at, c.marketing_stopped_at,
      c.reply_channel_id as channel_id, c.last_message_at, c.last_customer_message_at,
      window_closes_at(c.last_customer_message_at, channel.provider) as window_closes_at, has_window(channel.provider) as has_window, c.created_at,
      last.text as last_text, last.direction as last_direction, last.type as last_type, last.sent_at as last_sent_at,
      turn.id as turn_id, turn.state as turn_state, turn.reason as turn_reason, turn.finished_at as turn_finished_at,
      c.last_message_at::text as cursor_at
    from conversations c
    join businesses b on b.id = :business
    left join channels channel on channel.business_id = :business and channel.id = c.reply_channel_id
    left join lateral (
      select (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'phone'))[1] as phone,
        (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'user'))[1] as user_id
      from aliases a
      where a.business_id = :business and a.conversation_id = c.id
    ) alias on true
    left join lateral (
      select m.text, m.direction, m.type, m.sent_at from messages m where m.business_id = :business and m.conversation_id = c.id
      order by m.sent_at desc, m.seq desc limit 1
    ) last on true
    left join lateral (
      select t.id, t.state, t.reason, t.finished_at from turns t where t.business_id = :business and t.conversation_id = c.id
      order by t.covers_to desc limit 1
    ) turn on true`;

// Keyset paging: the comparison of rows is one index condition of ix_conversation_recent.
// The time of a cursor travels as text: a JavaScript Date would cut its microseconds. `name` begins a word of a name; `phone` is a number, and
// `phonePart` a part of one: they count beside a name only.
export const listConversations = defineQuery({
  name: "conversations.list",
  role: "app",
  columns: shownColumns,
  params: {
    beforeAt: "text",
    beforeId: "uuid",
    isOpen: "bool?",
    channelId: "uuid?",
    name: "text?",
    phone: "text?",
    phonePart: "text?",
    limit: "int4",
  },
  text: `${SHOWN}
    where c.business_id = :business and c.merged_into is null
      and (c.last_message_at, c.id) < (:beforeAt::timestamptz, :beforeId)
      and (:isOpen is null or c.is_open = :isOpen)
      and (:channelId is null or c.reply_channel_id = :channelId)
      and (:name is null
        or exists (
          select from fold_name(:name) wanted, unnest(array[c.contact_name, c.lead_name, c.contact_username]) as known (name)
          where wanted <> '' and (strpos(' ' || fold_name(known.name), ' ' || wanted) > 0
            -- Written without blanks between words: Thai to Khmer, Korean, Japanese, Chinese.
            or (wanted ~ '^[\\u0E00-\\u0EFF\\u1000-\\u11FF\\u1780-\\u17FF\\u3040-\\u30FF\\u3400-\\u9FFF\\U00020000-\\U0003FFFF]' and strpos(fold_name(known.name), wanted) > 0)))
        or c.id in (select a.conversation_id from aliases a
          where a.business_id = :business and a.kind = 'phone' and (a.value = :phone or strpos(a.value, :phonePart) > 0)))
    order by c.last_message_at desc, c.id desc
    limit :limit`,
});

export const findConversation = defineQuery({
  name: "conversations.find",
  role: "app",
  columns: shownColumns,
  params: { conversationId: "uuid" },
  text: `${SHOWN}
    where c.business_id = :business and c.id = :conversationId`,
});
