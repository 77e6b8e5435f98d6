// Owns: the SQL of what WhatsApp reports of a customer's consent to marketing.
import { IMPATIENT } from "../db/impatient.ts";
import { defineQuery } from "../db/query.ts";

// The platform's newest report holds, by its own time; of two in the same second the stop. Nothing here touches what the customer said. A thread that was
// begun only for this is closed: nobody wrote in it.
export const recordMarketingWordAcrossBusinesses = defineQuery({
  name: "ingest.record-marketing-word-across-businesses",
  role: "ingest",
  columns: { id: "uuid" },
  params: { businessId: "uuid", conversationId: "uuid", isStop: "bool", at: "timestamptz", eventId: "uuid", isNewThread: "bool" },
  text: `
    with before as materialized (
      select c.id, c.marketing_stopped_at is not null as was from ${IMPATIENT} cross join conversations c
      where c.business_id = :businessId and c.id = :conversationId and c.merged_into is null
      for no key update of c
    ), changed as (
      update conversations as c set
        marketing_stopped_at = case when :isStop then coalesce(c.marketing_stopped_at, :at) end,
        marketing_word_at = :at,
        marketing_recorded_at = now(),
        is_open = c.is_open and not (:isNewThread and c.last_seq = 0),
        updated_at = now()
      from before b
      where c.business_id = :businessId and c.id = b.id
        and (c.marketing_word_at is null or c.marketing_word_at < :at or (c.marketing_word_at = :at and :isStop and not b.was))
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, data, at)
      select :businessId, :eventId, 'consent.changed', c.id, jsonb_build_object('source', 'platform', 'scope', 'marketing', 'optedOut', :isStop), now()
      from changed c
      join before b on b.id = c.id
      where b.was <> :isStop
    )
    select b.id from before b`,
});
