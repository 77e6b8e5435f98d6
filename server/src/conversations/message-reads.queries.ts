// Owns: the SQL that reads messages for people and programs.
import { defineQuery } from "../db/query.ts";
import { SHOWN_MEDIA, shownMediaToSend } from "../media/media.queries.ts";

/** What messageViewOf() reads of a message, and the expressions for it, of `messages as m`. */
export const shownMessageColumns = {
  id: "uuid",
  conversation_id: "uuid",
  seq: "int8",
  channel_id: "uuid",
  direction: "text",
  author: "text",
  type: "text",
  text: "text?",
  content: "jsonb",
  status: "text",
  provider_message_id: "text?",
  quoted_provider_message_id: "text?",
  quoted_text: "text?",
  quoted_type: "text?",
  target_provider_message_id: "text?",
  sent_at: "timestamptz",
  received_at: "timestamptz",
  accepted_at: "timestamptz?",
  delivered_at: "timestamptz?",
  read_at: "timestamptz?",
  failed_at: "timestamptz?",
  error_code: "text?",
  error_text: "text?",
  turn_id: "uuid?",
  possible_duplicate_of: "uuid?",
  held_at: "timestamptz?",
  cursor_at: "text",
  media: "jsonb?",
} as const;

export const SHOWN_MESSAGE = `m.id, m.conversation_id, m.seq, m.channel_id, m.direction, m.author, m.type, m.text, m.content, m.status, m.provider_message_id,
      m.quoted_provider_message_id, m.target_provider_message_id, m.sent_at, m.received_at, m.accepted_at, m.delivered_at, m.read_at, m.failed_at,
      m.error_code, m.error_text, m.turn_id, m.possible_duplicate_of, m.held_at, m.sent_at::text as cursor_at,
      case when m.quoted_provider_message_id is not null
           then quoted_text(:business, m.conversation_id, m.channel_id, m.quoted_provider_message_id, 500) end as quoted_text,
      case when m.quoted_provider_message_id is not null
           then quoted_type(:business, m.conversation_id, m.channel_id, m.quoted_provider_message_id) end as quoted_type,
      ${SHOWN_MEDIA} as media`;

/** The same of what `scheduled` names, rows of `scheduled_messages`: each is shown as the message that it will be, and has no position yet. */
export const shownScheduled = (scheduled: string): string => `
    select q.id, q.conversation_id, 0::int8 as seq, c.reply_channel_id as channel_id, 'out'::text as direction, q.author, q.type, q.text, q.content,
      'scheduled'::text as status, null::text as provider_message_id, q.quoted_provider_message_id, null::text as target_provider_message_id, q.send_at as sent_at,
      q.created_at as received_at, null::timestamptz as accepted_at, null::timestamptz as delivered_at, null::timestamptz as read_at, null::timestamptz as failed_at,
      null::text as error_code, null::text as error_text, null::uuid as turn_id, null::uuid as possible_duplicate_of, null::timestamptz as held_at, q.send_at::text as cursor_at,
      case when q.quoted_provider_message_id is not null
           then quoted_text(:business, q.conversation_id, c.reply_channel_id, q.quoted_provider_message_id, 500) end as quoted_text,
      case when q.quoted_provider_message_id is not null
           then quoted_type(:business, q.conversation_id, c.reply_channel_id, q.quoted_provider_message_id) end as quoted_type,
      ${shownMediaToSend("q")} as media
    from ${scheduled} q
    join conversations c on c.business_id = :business and c.id = q.conversation_id
    where q.business_id = :business`;

// Edits, revokes and reactions are shown with the message that they change; those whose message we never saw are in the list. A scalar subquery: it is looked
// up row by row, where an anti-join may read the whole thread.
const IN_THREAD = `m.business_id = :business and m.conversation_id = :conversationId
      and (m.target_provider_message_id is null or (
        select t.seq from messages t where t.business_id = :business and t.channel_id = m.channel_id and t.provider_message_id = m.target_provider_message_id
          and t.conversation_id = :conversationId) is null)`;

// The time of a cursor travels as text: a JavaScript Date would cut its microseconds.
const pageParams = { conversationId: "uuid", cursorAt: "text", cursorSeq: "int8", limit: "int4" } as const;

export const listMessagesNewestFirst = defineQuery({
  name: "conversations.list-messages-newest-first",
  role: "app",
  columns: shownMessageColumns,
  params: pageParams,
  text: `
    select ${SHOWN_MESSAGE}
    from messages m
    where ${IN_THREAD}
      and (m.sent_at, m.seq) < (:cursorAt::timestamptz, :cursorSeq)
    order by m.sent_at desc, m.seq desc
    limit :limit`,
});

export const listMessagesOldestFirst = defineQuery({
  name: "conversations.list-messages-oldest-first",
  role: "app",
  columns: shownMessageColumns,
  params: pageParams,
  text: `
    select ${SHOWN_MESSAGE}
    from messages m
    where ${IN_THREAD}
      and (m.sent_at, m.seq) > (:cursorAt::timestamptz, :cursorSeq)
    order by m.sent_at, m.seq
    limit :limit`,
});

export const findMessage = defineQuery({
  name: "conversations.find-message",
  role: "app",
  columns: shownMessageColumns,
  params: { messageId: "uuid" },
  text: `
    select ${SHOWN_MESSAGE}
    from messages m
    where m.business_id = :business and m.id = :messageId
    union all
    ${shownScheduled("scheduled_messages")} and q.id = :messageId`,
});

/** The edits, revokes and reactions of some messages of one conversation, in the order in which they happened. */
export const listChangesOfMessages = defineQuery({
  name: "conversations.list-changes-of-messages",
  role: "app",
  columns: {
    channel_id: "uuid",
    target_provider_message_id: "text",
    direction: "text",
    author: "text",
    type: "text",
    text: "text?",
    content: "jsonb",
    sent_at: "timestamptz",
  },
  params: { conversationId: "uuid", targets: "text[]" },
  text: `
    select m.channel_id, m.target_provider_message_id, m.direction, m.author, m.type, m.text, m.content, m.sent_at
    from messages m
    where m.business_id = :business and m.conversation_id = :conversationId and m.target_provider_message_id = any (:targets)
    order by m.sent_at, m.seq`,
});
