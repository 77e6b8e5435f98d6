// Owns: the statements of the pattern that Onethread replaces, written as such systems write them, on the same tables.
import { defineQuery } from "../server/src/db/query.ts";

export const findConversation = defineQuery({
  name: "bench.find-conversation",
  role: "ingest",
  columns: { id: "uuid" },
  params: { businessId: "uuid", canonicalKey: "text" },
  text: "select id from conversations where business_id = :businessId and canonical_key = :canonicalKey",
});

export const insertConversation = defineQuery({
  name: "bench.insert-conversation",
  role: "ingest",
  columns: {},
  params: {
    businessId: "uuid",
    id: "uuid",
    canonicalKey: "text",
    sentAt: "timestamptz",
    contactName: "text?",
    channelId: "uuid",
    phone: "text",
  },
  text: `
insert into conversations (business_id, id, canonical_key, last_message_at, last_customer_message_at, contact_name, reply_channel_id, reply_kind,
                           reply_address, created_at, updated_at)
values (:businessId, :id, :canonicalKey, :sentAt, :sentAt, :contactName, :channelId, 'phone', :phone, now(), now())`,
});

export const insertAlias = defineQuery({
  name: "bench.insert-alias",
  role: "ingest",
  columns: {},
  params: { businessId: "uuid", kind: "text", value: "text", conversationId: "uuid" },
  text: "insert into aliases (business_id, kind, value, conversation_id, created_at) values (:businessId, :kind, :value, :conversationId, now())",
});

export const findMessage = defineQuery({
  name: "bench.find-message",
  role: "ingest",
  columns: { id: "uuid" },
  params: { businessId: "uuid", channelId: "uuid", providerMessageId: "text" },
  text: "select id from messages where business_id = :businessId and channel_id = :channelId and provider_message_id = :providerMessageId",
});

export const updateConversation = defineQuery({
  name: "bench.update-conversation",
  role: "ingest",
  columns: { last_seq: "int8" },
  params: { businessId: "uuid", conversationId: "uuid", sentAt: "timestamptz", contactName: "text?" },
  text: `
update conversations set last_seq = last_seq + 1, last_message_at = :sentAt, last_customer_message_at = :sentAt, is_open = true,
       contact_name = :contactName, updated_at = now()
 where business_id = :businessId and id = :conversationId returning last_seq`,
});

export const insertMessage = defineQuery({
  name: "bench.insert-message",
  role: "ingest",
  columns: {},
  params: {
    businessId: "uuid",
    id: "uuid",
    conversationId: "uuid",
    seq: "int8",
    channelId: "uuid",
    providerMessageId: "text",
    type: "text",
    text: "text?",
    content: "jsonb",
    sentAt: "timestamptz",
  },
  text: `
insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at)
values (:businessId, :id, :conversationId, :seq, :channelId, 'in', 'customer', :providerMessageId, :type, :text, :content, :sentAt, now())`,
});

export const findLane = defineQuery({
  name: "bench.find-lane",
  role: "ingest",
  columns: { wanted: "int8" },
  params: { businessId: "uuid", conversationId: "uuid" },
  text: "select wanted from lanes where business_id = :businessId and conversation_id = :conversationId and kind = 'reply'",
});

export const insertLane = defineQuery({
  name: "bench.insert-lane",
  role: "ingest",
  columns: {},
  params: { businessId: "uuid", conversationId: "uuid", seq: "int8", quietMs: "int4" },
  text: `
insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
values (:businessId, :conversationId, 'reply', now() + :quietMs * interval '1 millisecond', now(), now(), :seq)`,
});

export const updateLane = defineQuery({
  name: "bench.update-lane",
  role: "ingest",
  columns: {},
  params: { businessId: "uuid", conversationId: "uuid", seq: "int8", quietMs: "int4" },
  text: `
update lanes set wanted = greatest(wanted, :seq), last_at = now(), check_at = coalesce(check_at, now() + :quietMs * interval '1 millisecond')
 where business_id = :businessId and conversation_id = :conversationId and kind = 'reply'`,
});

export const insertLogEntry = defineQuery({
  name: "bench.insert-log-entry",
  role: "ingest",
  columns: {},
  params: { businessId: "uuid", id: "uuid", channelKey: "text", body: "text" },
  text: `
insert into webhook_log (business_id, id, received_at, state, provider, kind, channel_key, body)
values (:businessId, :id, now(), 'stored', 'cloud', 'message', :channelKey, :body)`,
});
