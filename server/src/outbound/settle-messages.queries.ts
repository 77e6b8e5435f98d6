// Owns: the SQL with which people end what waits to be sent, and settle what nobody knows.
import { SHOWN_MESSAGE, shownMessageColumns } from "../conversations/message-reads.queries.ts";
import { defineQuery } from "../db/query.ts";

// Only while it waits. A send that begins at the same moment either finds it cancelled (deliver.queries.ts looks at what its own update has changed), or has
// made it `sending` before: then nothing is cancelled.
export const cancelMessage = defineQuery({
  name: "outbound.cancel-message",
  role: "app",
  columns: shownMessageColumns,
  params: { messageId: "uuid", eventId: "uuid" },
  text: `
    with m as (
      update messages as q set status = 'cancelled', failed_at = now(), error_code = 'cancelled', error_text = 'Cancelled before it was sent.'
      where q.business_id = :business and q.id = :messageId and q.status = 'queued'
      returning q.*
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.cancelled', m.conversation_id, m.id, '{}', now() from m
    )
    select ${SHOWN_MESSAGE} from m`,
});

// A status that comes later still moves it on: it is found by our own id (ingest.queries.ts).
export const settleUnknownMessage = defineQuery({
  name: "outbound.settle-unknown-message",
  role: "app",
  columns: shownMessageColumns,
  params: { messageId: "uuid", isAccepted: "bool", eventId: "uuid" },
  text: `
    with m as (
      update messages as q set
        status = case when :isAccepted then 'accepted' else 'failed' end,
        accepted_at = case when :isAccepted then coalesce(q.accepted_at, q.attempted_at) end,
        failed_at = case when not :isAccepted then now() end,
        error_code = 'settled_by_hand',
        error_text = case when :isAccepted then 'A person said that it was sent.' else 'A person said that it was not sent.' end
      where q.business_id = :business and q.id = :messageId and q.status = 'unknown'
      returning q.*
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'message.settled', m.conversation_id, m.id, jsonb_build_object('as', m.status, 'by', 'person'), now() from m
    )
    select ${SHOWN_MESSAGE} from m`,
});

/** The oldest first. Of those that wait, that are being sent, and of which nobody knows whether they were; all are in ix_message_open. */
export const listOpenMessages = defineQuery({
  name: "outbound.list-open-messages",
  role: "app",
  columns: shownMessageColumns,
  params: { status: "text", conversationId: "uuid?", limit: "int4" },
  text: `
    select ${SHOWN_MESSAGE}
    from messages m
    where m.business_id = :business and m.provider_message_id is null and m.failed_at is null and m.direction = 'out' and m.status = :status
      and (:conversationId is null or m.conversation_id = :conversationId)
    order by m.received_at, m.id
    limit :limit`,
});
