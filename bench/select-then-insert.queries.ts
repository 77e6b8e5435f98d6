// Owns: the statements of the pattern that Onethread replaces, written as such systems write them, on the same tables.
import { defineQuery } from "../server/src/db/query.ts";

export const findConversation = defineQuery({
  name: "bench.find-conversation",
  role: "ingest",
  columns: { id: "uuid" },
  text: "select id from conversations where business_id = $1 and canonical_key = $2",
});

export const insertConversation = defineQuery({
  name: "bench.insert-conversation",
  role: "ingest",
  columns: { id: "uuid" },
  text: `
insert into conversations (business_id, id, canonical_key, last_message_at, last_customer_message_at, contact_name, reply_channel_id, reply_kind,
                           reply_address, created_at, updated_at)
values ($1, $2, $3, $4, $4, $5, $6, 'phone', $7, now(), now()) returning id`,
});

export const insertAlias = defineQuery({
  name: "bench.insert-alias",
  role: "ingest",
  columns: {},
  text: "insert into aliases (business_id, kind, value, conversation_id, created_at) values ($1, $2, $3, $4, now())",
});

export const findMessage = defineQuery({
  name: "bench.find-message",
  role: "ingest",
  columns: { id: "uuid" },
  text: "select id from messages where business_id = $1 and channel_id = $2 and provider_message_id = $3",
});

export const updateConversation = defineQuery({
  name: "bench.update-conversation",
  role: "ingest",
  columns: { last_seq: "int8" },
  text: `
update conversations set last_seq = last_seq + 1, last_message_at = $3, last_customer_message_at = $3, is_open = true, contact_name = $4, updated_at = now()
 where business_id = $1 and id = $2 returning last_seq`,
});

export const insertMessage = defineQuery({
  name: "bench.insert-message",
  role: "ingest",
  columns: {},
  text: `
insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, provider_message_id, type, text, content, sent_at, received_at)
values ($1, $2, $3, $4, $5, 'in', 'customer', $6, $7, $8, $9, $10, now())`,
});

export const findLane = defineQuery({
  name: "bench.find-lane",
  role: "ingest",
  columns: { wanted: "int8" },
  text: "select wanted from lanes where business_id = $1 and conversation_id = $2 and kind = 'reply'",
});

export const insertLane = defineQuery({
  name: "bench.insert-lane",
  role: "ingest",
  columns: {},
  text: `
insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
values ($1, $2, 'reply', now() + $4 * interval '1 millisecond', now(), now(), $3)`,
});

export const updateLane = defineQuery({
  name: "bench.update-lane",
  role: "ingest",
  columns: {},
  text: `
update lanes set wanted = greatest(wanted, $3), last_at = now(), check_at = coalesce(check_at, now() + $4 * interval '1 millisecond')
 where business_id = $1 and conversation_id = $2 and kind = 'reply'`,
});

export const insertLogEntry = defineQuery({
  name: "bench.insert-log-entry",
  role: "ingest",
  columns: {},
  text: `
insert into webhook_log (business_id, id, received_at, state, provider, kind, channel_key, body) values ($1, $2, now(), 'stored', 'cloud', 'message', $3, $4)`,
});
