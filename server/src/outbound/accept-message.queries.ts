// Owns: the SQL that takes a message into the outbox.
import { SHOWN_MESSAGE, shownMessageColumns } from "../conversations/message-reads.queries.ts";
import { defineQuery } from "../db/query.ts";
import { raiseLanes } from "../lanes/raise-lanes.ts";

const sendingState = {
  id: "uuid",
  is_merged: "bool",
  is_window_open: "bool",
  window_closes_at: "timestamptz?",
  is_opted_out: "bool",
  is_marketing_stopped: "bool",
  has_address: "bool",
  is_group: "bool",
  channel_id: "uuid?",
  provider: "text?",
  template: "jsonb?",
  template_obstacle: "text?",
  template_reason: "text?",
  paused_until: "timestamptz?",
  is_copy_fresh: "bool",
  is_template_missing: "bool",
  /** Of Direct Send: what forbids it now, why and until when; of everything else nothing is looked at. */
  direct_send_obstacle: "text?",
  direct_send_reason: "text?",
  direct_send_until: "timestamptz?",
} as const;

/**
 * Everything that decides whether something may be sent. Database time. The template's name and language, when it is one: a template may be marketing unless
 * WhatsApp said otherwise. Direct Send is unasked as a template is, and never marketing. What is known of it comes along; of other messages nothing of it is read. A copy is as good as two readings: one a day is planned.
 */
const SENDING_STATE = `
    select c.id, c.merged_into is not null as is_merged,
      window_is_open(c.last_customer_message_at, ch.provider, now()) or entry_window_until(:business, c.id, ch.id, now()) is not null as is_window_open,
      greatest(window_closes_at(c.last_customer_message_at, ch.provider), entry_window_until(:business, c.id, ch.id, now())) as window_closes_at,
      opt_out_forbids(c.opted_out_at, c.last_customer_message_at, b.answers_after_stop, :template is not null or :isDirect) as is_opted_out,
      c.marketing_stopped_at is not null and :template is not null and may_be_marketing(:business, ch.account_id, :template, :language)
        as is_marketing_stopped,
      c.reply_address is not null as has_address, coalesce(c.reply_kind = 'group', false) as is_group, c.reply_channel_id as channel_id, ch.provider,
      case when t.components is not null then jsonb_build_object('components', t.components, 'format', t.parameter_format, 'category', t.category) end as template,
      coalesce(template_obstacle(t.status, t.paused_until, now()), case when cs.until is not null then 'category_stopped' end) as template_obstacle,
      case when template_obstacle(t.status, t.paused_until, now()) is null and cs.until is not null then cs.reason else t.reason end as template_reason,
      case when template_obstacle(t.status, t.paused_until, now()) is null and cs.until is not null then cs.until else t.paused_until end as paused_until,
      coalesce(t.seen_at > now() - interval '2 days' and coalesce(t.wanted_at > now(), true), false) as is_copy_fresh,
      coalesce(:template is not null and t.id is null and k.synced_at > now() - interval '2 days', false) as is_template_missing,
      case when :isDirect then obstacle_of_direct_send(:business, ch.id, ch.account_id, b.direct_send, now()) end as direct_send_obstacle,
      case when :isDirect then coalesce(ds.reason, d.reason) end as direct_send_reason,
      case when :isDirect then coalesce(ds.until, d.until) end as direct_send_until
    from conversations c
    join businesses b on b.id = :business
    left join channels ch on ch.business_id = :business and ch.id = c.reply_channel_id
    left join template_states t on t.business_id = :business and t.account_id = ch.account_id and t.name = :template and t.language = :language
    left join category_stops cs on cs.business_id = :business and cs.account_id = t.account_id and cs.category = upper(t.category) and cs.until > now()
    left join template_accounts k on k.business_id = :business and k.account_id = ch.account_id and :template is not null
    left join direct_send_access d on :isDirect and d.business_id = :business and d.account = coalesce(ch.account_id, ch.id::text) and d.state = 'closed'
    left join category_stops ds on :isDirect and ds.business_id = :business and ds.account_id = ch.account_id and ds.category = 'UTILITY' and ds.until > now()
    where c.business_id = :business and c.id = :conversationId`;

/** Under the row lock that also gives out `seq`. */
export const lockConversationForSending = defineQuery({
  name: "outbound.lock-conversation-for-sending",
  role: "app",
  columns: sendingState,
  params: { conversationId: "uuid", template: "text?", language: "text?", isDirect: "bool" },
  text: `${SENDING_STATE}
    for no key update of c`,
});

/** A look without a lock, for what is checked once more when it is written or leaves. `scheduled`: what the AI has still to say in this conversation. */
export const findSendingState = defineQuery({
  name: "outbound.find-sending-state",
  role: "app",
  columns: { ...sendingState, scheduled: "int8" },
  params: { conversationId: "uuid", template: "text?", language: "text?", isDirect: "bool" },
  text: `
    select s.*, (select count(*) from scheduled_messages q
                  where q.business_id = :business and q.conversation_id = s.id and q.author = 'ai') as scheduled
    from (${SENDING_STATE}) s`,
});

/**
 * Nothing inserted: the key is known. A transaction that has just inserted the same key is waited for. The answer is known before the message is stored, and is
 * rolled back with it.
 */
export const insertIdempotencyKey = defineQuery({
  name: "outbound.insert-idempotency-key",
  role: "app",
  columns: {},
  params: { key: "text", requestHash: "text", messageId: "uuid" },
  text: `
    insert into idempotency_keys (business_id, key, request_hash, status, response)
    values (:business, :key, :requestHash, 202, jsonb_build_object('messageId', :messageId))
    on conflict on constraint idempotency_keys_pkey do nothing`,
});

export const findIdempotencyKey = defineQuery({
  name: "outbound.find-idempotency-key",
  role: "app",
  columns: { request_hash: "text", message_id: "text?" },
  params: { key: "text" },
  text: `select k.request_hash, k.response ->> 'messageId' as message_id from idempotency_keys k where k.business_id = :business and k.key = :key`,
});

// One statement: conversation, lane, message and events change together, in the lock order, and all of them with one time.
// A person who writes takes over from the AI: the pause begins, or is extended, with its first reason. The row is locked already
// (lockConversationForSending), so what `before` reads cannot change, and no turn commits a reply between the message and the pause.
export const insertOutboundMessage = defineQuery({
  name: "outbound.insert-message",
  role: "app",
  columns: shownMessageColumns,
  params: {
    conversationId: "uuid",
    messageId: "uuid",
    author: "text",
    type: "text",
    text: "text?",
    content: "jsonb",
    quoted: "text?",
    target: "text?",
    eventId: "uuid",
  },
  text: `
    with before as materialized (
      select now() as at, pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) as is_paused, pause_ends_at(now(), b.handoff_pause_ms) as next_pause_ends_at
      from conversations c
      join businesses b on b.id = :business
      where c.business_id = :business and c.id = :conversationId
    ), conversation as (
      update conversations as c set
        last_seq = c.last_seq + 1,
        last_message_at = greatest(c.last_message_at, b.at),
        -- Never older than what the AI said while this waited for the row: that is not sent any more (deliver.queries.ts).
        ai_paused_at = case when :author = 'human' then greatest(b.at, c.last_message_at) else c.ai_paused_at end,
        ai_paused_reason = case when :author <> 'human' or b.is_paused then c.ai_paused_reason else 'inbox' end,
        updated_at = b.at
      from before b
      where c.business_id = :business and c.id = :conversationId
      returning c.id, c.last_seq, c.reply_channel_id, c.ai_paused_reason
    ), lane as (
      ${raiseLanes(`
      select :business, c.id, 'send', b.at, b.at, b.at, c.last_seq
      from conversation c cross join before b`)}
      returning l.conversation_id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'conversation.taken-over', c.id, :messageId,
        jsonb_build_object('by', 'inbox', 'seq', c.last_seq, 'reason', c.ai_paused_reason, 'until', b.next_pause_ends_at), b.at
      from conversation c cross join before b
      where :author = 'human'
    )
    insert into messages as m (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, quoted_provider_message_id,
      target_provider_message_id, sent_at, received_at, status)
    select :business, :messageId, c.id, c.last_seq, c.reply_channel_id, 'out', :author, :type, :text, :content, :quoted, :target, b.at, b.at, 'queued'
    from lane
    join conversation c on c.id = lane.conversation_id
    cross join before b
    returning ${SHOWN_MESSAGE}`,
});
