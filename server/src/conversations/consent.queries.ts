// Owns: the SQL of consent as people see and set it. What WhatsApp reports is written by the intake (ingest/preferences.queries.ts).
import { defineQuery } from "../db/query.ts";

export const findConsent = defineQuery({
  name: "consent.find",
  role: "app",
  columns: { id: "uuid", opted_out_at: "timestamptz?", marketing_stopped_at: "timestamptz?", marketing_word_at: "timestamptz?" },
  params: { conversationId: "uuid" },
  text: `
    select c.id, c.opted_out_at, c.marketing_stopped_at, c.marketing_word_at
    from conversations c
    where c.business_id = :business and c.id = :conversationId`,
});

// The row lock is the one that gives out `seq`: a send that is accepted after this sees it. No row: the conversation was merged away meanwhile. Set again after
// the customer has written since, it forbids an answer again.
export const setSpokenOptOut = defineQuery({
  name: "consent.set-spoken",
  role: "app",
  columns: { id: "uuid" },
  params: { conversationId: "uuid", optedOut: "bool", eventId: "uuid", source: "text" },
  text: `
    with before as materialized (
      select c.id, c.opted_out_at is not null and coalesce(c.last_customer_message_at <= c.opted_out_at, true) as holds,
             c.opted_out_at is not null as was
      from conversations c
      where c.business_id = :business and c.id = :conversationId and c.merged_into is null
      for no key update of c
    ), changed as (
      update conversations as c set opted_out_at = case when :optedOut then now() end, updated_at = now()
      from before b
      where c.business_id = :business and c.id = b.id and case when :optedOut then not b.holds else b.was end
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, data, at)
      select :business, :eventId, 'consent.changed', c.id, jsonb_build_object('source', :source, 'scope', 'everything', 'optedOut', :optedOut), now()
      from changed c
    )
    select b.id from before b`,
});
