// Owns: the SQL with which a message of which nobody knows is sent again, when its business wants that.
import { defineQuery } from "../db/query.ts";

/** Businesses of which something is unknown, each once, however much. */
export const listBusinessesWithUnknownAcrossBusinesses = defineQuery({
  name: "outbound.list-businesses-with-unknown-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid" },
  params: {},
  text: `
    with recursive business (id) as (
      (select u.business_id from unknown_sends u where u.not_resent is null order by u.business_id limit 1)
      union all
      select (select u.business_id from unknown_sends u where u.not_resent is null and u.business_id > b.id order by u.business_id limit 1)
      from business b where b.id is not null
    )
    select b.id as business_id from business b where b.id is not null`,
});

// What was sent again already is not sent a third time, and what Onethread itself said (a confirmation) not a second time.
export const listUnknownToResend = defineQuery({
  name: "outbound.list-unknown-to-resend",
  role: "app",
  columns: { message_id: "uuid" },
  params: { afterMs: "int8" },
  text: `
    select u.message_id
    from unknown_sends u
    join messages m on m.business_id = :business and m.id = u.message_id
    where u.business_id = :business and u.not_resent is null and u.since <= now() - :afterMs * interval '1 millisecond'
      and m.status = 'unknown' and m.author in ('ai', 'human', 'api') and m.possible_duplicate_of is null
    order by u.since
    limit 50`,
});

/** `is_taken_over`: the AI wrote it, and since then a person has taken over. */
export const findUnknownToResend = defineQuery({
  name: "outbound.find-unknown-to-resend",
  role: "app",
  columns: {
    conversation_id: "uuid",
    type: "text",
    text: "text?",
    content: "jsonb",
    quoted_provider_message_id: "text?",
    is_taken_over: "bool",
  },
  params: { messageId: "uuid" },
  text: `
    select m.conversation_id, m.type, m.text, m.content, m.quoted_provider_message_id,
      m.author = 'ai' and coalesce(c.ai_paused_at >= m.received_at, false) as is_taken_over
    from messages m
    join conversations c on c.business_id = :business and c.id = m.conversation_id
    where m.business_id = :business and m.id = :messageId and m.status = 'unknown'`,
});

// Only while it is unknown: a status, a look-up or a person that is faster wins, and nothing is sent again. A status that comes later still counts more.
export const settleAsSentAgain = defineQuery({
  name: "outbound.settle-as-sent-again",
  role: "app",
  columns: { id: "uuid" },
  params: { messageId: "uuid", resentAs: "uuid", eventId: "uuid" },
  text: `
    with m as (
      update messages as q set status = 'failed', failed_at = now(), error_code = 'sent_again',
        error_text = 'Nobody knows whether it was sent. As the business wants, it was sent again, as another message.'
      where q.business_id = :business and q.id = :messageId and q.status = 'unknown'
      returning q.id, q.conversation_id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.settled', m.conversation_id, m.id, jsonb_build_object('as', 'failed', 'by', 'rule', 'resentAs', :resentAs::uuid), now() from m
    )
    select m.id from m`,
});

export const markPossibleDuplicate = defineQuery({
  name: "outbound.mark-possible-duplicate",
  role: "app",
  columns: {},
  params: { messageId: "uuid", of: "uuid" },
  text: "update messages set possible_duplicate_of = :of where business_id = :business and id = :messageId",
});

export const keepUnknown = defineQuery({
  name: "outbound.keep-unknown",
  role: "app",
  columns: {},
  params: { messageId: "uuid", reason: "text" },
  text: "update unknown_sends set not_resent = :reason where business_id = :business and message_id = :messageId",
});
