// Owns: the SQL that takes a message into the outbox.
import { defineQuery } from "../db/query.ts";

/** Everything that decides whether something may be sent, under the row lock that also gives out `seq`. Database time. */
export const lockConversationForSending = defineQuery({
  name: "outbound.lock-conversation-for-sending",
  role: "app",
  columns: {
    id: "uuid",
    is_merged: "bool",
    is_window_open: "bool",
    is_opted_out: "bool",
    is_marketing_stopped: "bool",
    has_address: "bool",
    is_group: "bool",
    last_customer_message_at: "timestamptz?",
  },
  text: `
    select c.id, c.merged_into is not null as is_merged,
      coalesce(c.last_customer_message_at > now() - interval '24 hours', false)
        or exists (select from channels ch where ch.business_id = $1 and ch.id = c.reply_channel_id and ch.provider <> 'cloud') as is_window_open,
      c.opted_out_at is not null as is_opted_out,
      -- $3, $4: the template's name and language; a template is marketing unless WhatsApp said otherwise of all that it may be.
      c.marketing_stopped_at is not null and $3::text is not null and not coalesce((
        select bool_and(upper(t.category) in ('UTILITY', 'AUTHENTICATION') and t.category is not null)
          from template_states t
          left join channels ch on ch.business_id = $1 and ch.id = c.reply_channel_id
         where t.business_id = $1 and t.name = $3 and t.language = $4 and t.account_id = coalesce(ch.account_id, t.account_id)), false)
        as is_marketing_stopped, c.reply_address is not null as has_address,
      coalesce(c.reply_kind = 'group', false) as is_group, c.last_customer_message_at
    from conversations c
    where c.business_id = $1 and c.id = $2
    for no key update`,
});

/** No row: the key is known. A transaction that has just inserted the same key is waited for. */
export const insertIdempotencyKey = defineQuery({
  name: "outbound.insert-idempotency-key",
  role: "app",
  columns: { key: "text" },
  text: `
    insert into idempotency_keys (business_id, key, request_hash)
    values ($1, $2, $3)
    on conflict on constraint idempotency_keys_pkey do nothing
    returning key`,
});

export const findIdempotencyKey = defineQuery({
  name: "outbound.find-idempotency-key",
  role: "app",
  columns: { request_hash: "text", message_id: "text?" },
  text: `select k.request_hash, k.response ->> 'messageId' as message_id from idempotency_keys k where k.business_id = $1 and k.key = $2`,
});

export const saveIdempotentAnswer = defineQuery({
  name: "outbound.save-idempotent-answer",
  role: "app",
  columns: { key: "text" },
  text: `update idempotency_keys set status = $3, response = $4 where business_id = $1 and key = $2 returning key`,
});

// One statement: conversation, lane, message and events change together, in the lock order, and all of them with one time.
// A person who writes takes over from the AI: the pause begins, or begins anew, with its first reason. The row is locked already
// (lockConversationForSending), so what `before` reads cannot change, and no turn commits a reply between the message and the pause.
export const insertOutboundMessage = defineQuery({
  name: "outbound.insert-message",
  role: "app",
  columns: { id: "uuid", seq: "int8" },
  text: `
    with input as (
      select $1::uuid as business_id, $2::uuid as conversation_id, $3::uuid as id, $4::text as author, $5::text as type, $6::text as text,
        $7::jsonb as content, $8::text as quoted, $9::text as target, now() as at
    ), before as materialized (
      select c.id, b.handoff_pause_ms * interval '1 millisecond' as pause,
        c.ai_paused_at is not null and coalesce(c.ai_paused_at + b.handoff_pause_ms * interval '1 millisecond' > now(), true) as is_paused
      from conversations c
      join businesses b on b.id = $1
      where c.business_id = $1 and c.id = $2
    ), conversation as (
      update conversations as c set
        last_seq = c.last_seq + 1,
        last_message_at = greatest(c.last_message_at, i.at),
        -- Never older than what the AI said while this waited for the row: that is not sent any more (deliver.queries.ts).
        ai_paused_at = case when i.author = 'human' then greatest(i.at, c.last_message_at) else c.ai_paused_at end,
        ai_paused_reason = case when i.author <> 'human' or b.is_paused then c.ai_paused_reason else 'inbox' end,
        updated_at = i.at
      from input i cross join before b
      where c.business_id = $1 and c.id = i.conversation_id
      returning c.business_id, c.id, c.last_seq, c.reply_channel_id, c.ai_paused_reason
    ), lane as (
      insert into lanes as l (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
      select c.business_id, c.id, 'send', i.at, i.at, i.at, c.last_seq
      from conversation c cross join input i
      on conflict on constraint lanes_pkey do update set
        wanted = greatest(l.wanted, excluded.wanted),
        last_at = greatest(l.last_at, excluded.last_at),
        first_at = case when l.check_at is null then excluded.first_at else l.first_at end,
        check_at = coalesce(l.check_at, excluded.check_at)
      returning l.conversation_id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select $1, $10::uuid, 'conversation.taken-over', c.id, i.id,
        jsonb_build_object('by', 'inbox', 'seq', c.last_seq, 'reason', c.ai_paused_reason, 'until', i.at + b.pause), i.at
      from input i
      cross join before b
      cross join conversation c
      where i.author = 'human'
    )
    insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, quoted_provider_message_id,
      target_provider_message_id, sent_at, received_at, status)
    select c.business_id, i.id, c.id, c.last_seq, c.reply_channel_id, 'out', i.author, i.type, i.text, i.content, i.quoted, i.target, i.at, i.at, 'queued'
    from lane
    join conversation c on c.id = lane.conversation_id
    cross join input i
    returning id, seq`,
});
