// Owns: the SQL of what WhatsApp reports of a customer's consent to marketing.
import { defineQuery } from "../db/query.ts";

// The platform's newest word holds, by its own time; of two of the same second the stop. Nothing here touches what the customer said. A thread that
// was begun for this only is closed: nobody wrote in it.
export const recordMarketingWordAcrossBusinesses = defineQuery({
  name: "ingest.record-marketing-word-across-businesses",
  role: "ingest",
  columns: { id: "uuid" },
  text: `
    with before as materialized (
      select c.id, c.marketing_stopped_at is not null as was from conversations c
      where c.business_id = $1 and c.id = $2 and c.merged_into is null
      for no key update of c
    ), changed as (
      update conversations as c set
        marketing_stopped_at = case when $3::boolean then coalesce(c.marketing_stopped_at, $4::timestamptz) end,
        marketing_word_at = $4::timestamptz,
        marketing_recorded_at = now(),
        is_open = c.is_open and not ($6::boolean and c.last_seq = 0),
        updated_at = now()
      from before b
      where c.business_id = $1 and c.id = b.id
        and (c.marketing_word_at is null or c.marketing_word_at < $4::timestamptz or (c.marketing_word_at = $4::timestamptz and $3::boolean and not b.was))
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, data, at)
      select $1, $5::uuid, 'consent.changed', c.id, jsonb_build_object('source', 'platform', 'scope', 'marketing', 'optedOut', $3::boolean), now()
      from changed c
      join before b on b.id = c.id
      where b.was <> $3::boolean
    )
    select b.id from before b`,
});
