// Owns: the SQL of what a refusal of one message says about more than that message.
import { defineQuery } from "../db/query.ts";

// 131050: the platform knows that the customer stopped marketing, whether or not its webhook about it came. It knew when the message was tried, so a resume of later than that
// lifts it, in whatever order the two are heard. Nothing here touches what the customer said. Conversation before message: it waits for a row no longer than it is told.
export const recordRefusedMarketing = defineQuery({
  name: "outbound.record-refused-marketing",
  role: "app",
  columns: { id: "uuid" },
  params: { messageId: "uuid?", channelId: "uuid?", providerMessageId: "text?", at: "timestamptz?", eventId: "uuid", patience: "text" },
  text: `
    with patience as materialized (
      select set_config('lock_timeout', :patience, true)
    ), refused as materialized (
      select m.id, coalesce(c.merged_into, c.id) as conversation_id, date_trunc('second', least(coalesce(:at, m.attempted_at), now())) as at
      from messages m
      join conversations c on c.business_id = :business and c.id = m.conversation_id
      where m.business_id = :business and m.direction = 'out' and m.id = coalesce(:messageId, (
        select k.id from messages k where k.business_id = :business and k.channel_id = :channelId and k.provider_message_id = :providerMessageId))
    ), before as materialized (
      select c.id, c.marketing_stopped_at is not null as was, r.at, r.id as message_id
      from refused r
      join conversations c on c.business_id = :business and c.id = r.conversation_id and c.merged_into is null
      cross join patience
      for no key update of c
    ), changed as (
      update conversations as c set
        marketing_stopped_at = coalesce(c.marketing_stopped_at, b.at),
        marketing_word_at = b.at,
        marketing_recorded_at = now(),
        updated_at = now()
      from before b
      where c.business_id = :business and c.id = b.id
        and (c.marketing_word_at is null or c.marketing_word_at < b.at or (c.marketing_word_at = b.at and not b.was))
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, subject_id, data, at)
      select :business, :eventId, 'consent.changed', c.id, b.message_id, jsonb_build_object('source', 'platform', 'scope', 'marketing', 'optedOut', true), now()
      from changed c
      join before b on b.id = c.id
      where not b.was
    )
    select r.id from refused r where not exists (select from before)`,
});
