// Owns: the SQL of what a customer said of their consent, in their own words.
import { IMPATIENT } from "../db/impatient.ts";
import { defineQuery } from "../db/query.ts";
import { raiseLanes } from "../lanes/raise-lanes.ts";

// The newest word holds, by the platform's time; of two in the same second the stop, but for one that was delivered again: a person may have lifted it since.
// What the platform reports of marketing is not touched. Conversation, message and lane change together, in the lock order; the confirmation is what only this
// statement may put into the outbox of somebody who opted out (outbound/deliver.queries.ts), and is sent once for each change. What came as a copy was said in another app's
// thread: it holds, and is confirmed by nobody here, for WhatsApp refuses us there (131070).
export const recordConsentWordAcrossBusinesses = defineQuery({
  name: "ingest.record-consent-word-across-businesses",
  role: "ingest",
  columns: { is_confirmed: "bool" },
  params: {
    businessId: "uuid",
    channelId: "uuid",
    providerMessageId: "text",
    isStop: "bool",
    isRepeat: "bool",
    eventId: "uuid",
    confirmationId: "uuid",
    confirmation: "text?",
  },
  text: `
    with said as (
      select m.id, m.conversation_id, least(m.sent_at, m.received_at) as at, m.content -> 'standby' is not null as is_copy
      from ${IMPATIENT} cross join messages m
      where m.business_id = :businessId and m.channel_id = :channelId and m.provider_message_id = :providerMessageId and m.direction = 'in'
    ), before as materialized (
      select c.id, c.opted_out_at is not null as was, c.reply_channel_id, s.id as said_id, s.at, s.is_copy
      from said s
      join conversations c on c.business_id = :businessId and c.id = s.conversation_id
      where c.consent_word_at is null or c.consent_word_at < s.at or (c.consent_word_at = s.at and :isStop and not :isRepeat)
      for no key update of c
    ), changed as (
      update conversations as c set
        opted_out_at = case when :isStop then greatest(c.opted_out_at, b.at) end,
        consent_word_at = b.at,
        last_seq = c.last_seq + v.is_confirmed::int,
        last_message_at = case when v.is_confirmed then greatest(c.last_message_at, now()) else c.last_message_at end,
        updated_at = now()
      from before b
      cross join lateral (select b.was <> :isStop and :confirmation is not null and b.reply_channel_id is not null and not b.is_copy as is_confirmed) v
      where c.business_id = :businessId and c.id = b.id
      returning c.id, c.last_seq, c.reply_channel_id, b.was <> :isStop as is_change, b.said_id, v.is_confirmed
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :businessId, :eventId, 'consent.changed', c.id, c.said_id,
             jsonb_build_object('source', 'customer', 'scope', 'everything', 'optedOut', :isStop), now()
      from changed c
      where c.is_change
    ), message as (
      insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status)
      select :businessId, :confirmationId, c.id, c.last_seq, c.reply_channel_id, 'out', 'system', 'text', :confirmation,
             jsonb_build_object('type', 'text', 'text', jsonb_build_object('body', :confirmation)), now(), now(), 'queued'
      from changed c
      where c.is_confirmed
    ), send_lane as (
      ${raiseLanes(`
      select :businessId, c.id, 'send', now(), now(), now(), c.last_seq from changed c where c.is_confirmed`)}
    )
    select is_confirmed from changed`,
});
