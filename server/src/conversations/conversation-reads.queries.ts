// Owns: the SQL that reads conversations for people and programs.
import { defineQuery } from "../db/query.ts";

const viewColumns = {
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

// Keyset paging: an absent cursor is 'infinity', so that the comparison of rows stays one index condition of ix_conversation_recent.
// The time travels as text because a JavaScript Date would cut its microseconds. $6 begins a word of a name; $7 is a number, $9 a part of one.
export const listConversations = defineQuery({
  name: "conversations.list",
  role: "app",
  columns: viewColumns,
  text: `
    select c.id, c.canonical_key, c.contact_name, c.contact_username, c.lead_name, c.lead_id, alias.phone, alias.user_id, c.is_open,
      case when pause.until <= now() then null else c.ai_paused_at end as ai_paused_at,
      c.ai_paused_reason, pause.until as ai_paused_until, c.opted_out_at, c.marketing_stopped_at, c.reply_channel_id as channel_id, c.last_message_at, c.last_customer_message_at,
      case when channel.has_window then c.last_customer_message_at + interval '24 hours' end as window_closes_at, channel.has_window, c.created_at, last.text as last_text,
      last.direction as last_direction, last.type as last_type, last.sent_at as last_sent_at,
      turn.id as turn_id, turn.state as turn_state, turn.reason as turn_reason, turn.finished_at as turn_finished_at,
      c.last_message_at::text as cursor_at
    from conversations c
    cross join lateral (
      -- Only the Cloud API has a window. A conversation without a channel is taken for one of those.
      select coalesce((select ch.provider = 'cloud' from channels ch where ch.business_id = $1 and ch.id = c.reply_channel_id), true) as has_window
    ) channel
    cross join lateral (
      select c.ai_paused_at + (select b.handoff_pause_ms from businesses b where b.id = $1) * interval '1 millisecond' as until
    ) pause
    left join lateral (
      select (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'phone'))[1] as phone,
        (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'user'))[1] as user_id
      from aliases a
      where a.business_id = $1 and a.conversation_id = c.id
    ) alias on true
    left join lateral (
      select m.text, m.direction, m.type, m.sent_at from messages m where m.business_id = $1 and m.conversation_id = c.id
      order by m.sent_at desc, m.seq desc limit 1
    ) last on true
    left join lateral (
      select t.id, t.state, t.reason, t.finished_at from turns t where t.business_id = $1 and t.conversation_id = c.id
      order by t.covers_to desc limit 1
    ) turn on true
    where c.business_id = $1 and c.merged_into is null
      and (c.last_message_at, c.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
      and ($4::boolean is null or c.is_open = $4)
      and ($5::uuid is null or c.reply_channel_id = $5)
      and ($6::text is null
        or exists (
          select from fold_name($6) wanted, unnest(array[c.contact_name, c.lead_name, c.contact_username]) as known (name)
          where wanted <> '' and (strpos(' ' || fold_name(known.name), ' ' || wanted) > 0
            -- Written without blanks between words: Thai to Khmer, Korean, Japanese, Chinese.
            or (wanted ~ '^[\\u0E00-\\u0EFF\\u1000-\\u11FF\\u1780-\\u17FF\\u3040-\\u30FF\\u3400-\\u9FFF\\U00020000-\\U0003FFFF]' and strpos(fold_name(known.name), wanted) > 0)))
        or c.id in (select a.conversation_id from aliases a
          where a.business_id = $1 and a.kind = 'phone' and (a.value = $7 or strpos(a.value, $9) > 0)))
    order by c.last_message_at desc, c.id desc
    limit $8`,
});

export const findConversation = defineQuery({
  name: "conversations.find",
  role: "app",
  columns: viewColumns,
  text: `
    select c.id, c.canonical_key, c.contact_name, c.contact_username, c.lead_name, c.lead_id, alias.phone, alias.user_id, c.is_open,
      case when pause.until <= now() then null else c.ai_paused_at end as ai_paused_at,
      c.ai_paused_reason, pause.until as ai_paused_until, c.opted_out_at, c.marketing_stopped_at, c.reply_channel_id as channel_id, c.last_message_at, c.last_customer_message_at,
      case when channel.has_window then c.last_customer_message_at + interval '24 hours' end as window_closes_at, channel.has_window, c.created_at, last.text as last_text,
      last.direction as last_direction, last.type as last_type, last.sent_at as last_sent_at,
      turn.id as turn_id, turn.state as turn_state, turn.reason as turn_reason, turn.finished_at as turn_finished_at,
      c.last_message_at::text as cursor_at
    from conversations c
    cross join lateral (
      -- Only the Cloud API has a window. A conversation without a channel is taken for one of those.
      select coalesce((select ch.provider = 'cloud' from channels ch where ch.business_id = $1 and ch.id = c.reply_channel_id), true) as has_window
    ) channel
    cross join lateral (
      select c.ai_paused_at + (select b.handoff_pause_ms from businesses b where b.id = $1) * interval '1 millisecond' as until
    ) pause
    left join lateral (
      select (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'phone'))[1] as phone,
        (array_agg(a.value order by a.created_at desc, a.value) filter (where a.kind = 'user'))[1] as user_id
      from aliases a
      where a.business_id = $1 and a.conversation_id = c.id
    ) alias on true
    left join lateral (
      select m.text, m.direction, m.type, m.sent_at from messages m where m.business_id = $1 and m.conversation_id = c.id
      order by m.sent_at desc, m.seq desc limit 1
    ) last on true
    left join lateral (
      select t.id, t.state, t.reason, t.finished_at from turns t where t.business_id = $1 and t.conversation_id = c.id
      order by t.covers_to desc limit 1
    ) turn on true
    where c.business_id = $1 and c.id = $2`,
});

export const listTurns = defineQuery({
  name: "conversations.list-turns",
  role: "app",
  columns: {
    id: "uuid",
    conversation_id: "uuid",
    covers_from: "int8",
    covers_to: "int8",
    state: "text",
    reason: "text?",
    responder: "text?",
    attempts: "int4",
    error: "text?",
    started_at: "timestamptz",
    finished_at: "timestamptz",
    model: "text?",
    input_tokens: "int4?",
    output_tokens: "int4?",
    cost_micros: "int8?",
    latency_ms: "int4?",
    tool_calls: "jsonb?",
    sources: "jsonb?",
  },
  text: `
    select t.id, t.conversation_id, t.covers_from, t.covers_to, t.state, t.reason, t.responder, t.attempts, t.error, t.started_at, t.finished_at,
      t.model, t.input_tokens, t.output_tokens, t.cost_micros, t.latency_ms, t.tool_calls, t.sources
    from turns t
    where t.business_id = $1 and t.conversation_id = $2 and t.covers_from < coalesce($3::bigint, 9223372036854775807)
    order by t.covers_from desc
    limit $4`,
});
