// Owns: the SQL of messages that are to be sent later.
import { shownMessageColumns, shownScheduled } from "../conversations/message-reads.queries.ts";
import { defineQuery } from "../db/query.ts";

export const insertScheduledMessage = defineQuery({
  name: "outbound.insert-scheduled-message",
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
    sendAt: "timestamptz",
  },
  text: `
    with changed as (
      insert into scheduled_messages (business_id, id, conversation_id, author, type, text, content, quoted_provider_message_id, send_at)
      values (:business, :messageId, :conversationId, :author, :type, :text, :content, :quoted, :sendAt)
      returning *
    )
    ${shownScheduled("changed")}`,
});

/** For a change of what it says: it does not leave meanwhile. None: it is no longer scheduled. */
export const lockScheduledMessage = defineQuery({
  name: "outbound.lock-scheduled-message",
  role: "app",
  columns: { conversation_id: "uuid" },
  params: { messageId: "uuid" },
  text: `
    select s.conversation_id from scheduled_messages s where s.business_id = :business and s.id = :messageId
    for no key update`,
});

/** None: it is no longer scheduled. What is null stays as it is. What somebody has changed of the AI's is theirs: it yields to nobody any more. */
export const editScheduledMessage = defineQuery({
  name: "outbound.edit-scheduled-message",
  role: "app",
  columns: shownMessageColumns,
  params: { messageId: "uuid", sendAt: "timestamptz?", type: "text?", text: "text?", content: "jsonb?" },
  text: `
    with changed as (
      update scheduled_messages as s set
        author = case when s.author = 'ai' then 'api' else s.author end,
        yields_to_customer = false,
        send_at = coalesce(:sendAt, s.send_at),
        type = coalesce(:type, s.type),
        text = case when :content is null then s.text else :text end,
        content = coalesce(:content, s.content)
      where s.business_id = :business and s.id = :messageId
      returning s.*
    )
    ${shownScheduled("changed")}`,
});

/** Whoever takes it sends it or drops it: of several at the same moment one gets it. */
export const takeScheduledMessage = defineQuery({
  name: "outbound.take-scheduled-message",
  role: "app",
  columns: {
    conversation_id: "uuid",
    author: "text",
    type: "text",
    text: "text?",
    content: "jsonb",
    quoted_provider_message_id: "text?",
    yields_to_customer: "bool",
    created_at: "timestamptz",
  },
  params: { messageId: "uuid" },
  text: `
    delete from scheduled_messages s where s.business_id = :business and s.id = :messageId
    returning s.conversation_id, s.author, s.type, s.text, s.content, s.quoted_provider_message_id, s.yields_to_customer, s.created_at`,
});

// Of what the AI had scheduled, under the lock of its conversation: why it is not said after all. Nothing keeps that somewhere when the customer writes, so a
// message that comes in costs nothing for it.
export const dropScheduledMessage = defineQuery({
  name: "outbound.drop-scheduled-message",
  role: "app",
  columns: { reason: "text" },
  params: { conversationId: "uuid", messageId: "uuid", yields: "bool", since: "timestamptz", eventId: "uuid" },
  text: `
    with dropped as (
      select case when pause_lasts(c.ai_paused_at, b.handoff_pause_ms, now()) then 'taken_over'
                  when not (b.ai_enabled and coalesce((select w.is_on from switches w where w.name = 'ai'), true)) then 'ai_disabled'
                  -- By our clock: WhatsApp's own times are whole seconds, and late.
                  when :yields and exists (select from messages m where m.business_id = :business and m.conversation_id = c.id and m.author = 'customer'
                                              and not m.is_history and m.received_at > :since) then 'customer_wrote' end as reason
        from conversations c
        join businesses b on b.id = :business
       where c.business_id = :business and c.id = :conversationId
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.cancelled', :conversationId, :messageId, jsonb_build_object('reason', d.reason), now()
        from dropped d where d.reason is not null
    )
    select d.reason from dropped d where d.reason is not null`,
});

export const cancelScheduledMessage = defineQuery({
  name: "outbound.cancel-scheduled-message",
  role: "app",
  columns: shownMessageColumns,
  params: { messageId: "uuid", eventId: "uuid" },
  text: `
    with changed as (
      delete from scheduled_messages s where s.business_id = :business and s.id = :messageId
      returning s.*
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.cancelled', q.conversation_id, q.id, '{}', now() from changed q
    )
    ${shownScheduled("changed")}`,
});

export const listScheduledMessages = defineQuery({
  name: "outbound.list-scheduled-messages",
  role: "app",
  columns: shownMessageColumns,
  params: { conversationId: "uuid?", limit: "int4" },
  text: `
    ${shownScheduled("scheduled_messages")}
      -- What was scheduled before its conversation was merged into another one still bears the old id.
      and (:conversationId is null or c.id = :conversationId or c.merged_into = :conversationId)
    order by q.send_at, q.id
    limit :limit`,
});

export const listDueMessagesAcrossBusinesses = defineQuery({
  name: "outbound.list-due-messages-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid" },
  params: {},
  text: "select s.business_id, s.id from scheduled_messages s where s.send_at <= now() order by s.send_at limit 500",
});
