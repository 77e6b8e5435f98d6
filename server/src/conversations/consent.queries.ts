// Owns: the SQL of consent as people see and set it. What WhatsApp reports is written by the intake (ingest/preferences.queries.ts).
import { defineQuery } from "../db/query.ts";

export const findConsent = defineQuery({
  name: "consent.find",
  role: "app",
  columns: { id: "uuid", opted_out_at: "timestamptz?", marketing_stopped_at: "timestamptz?", marketing_word_at: "timestamptz?" },
  text: `
    select c.id, c.opted_out_at, c.marketing_stopped_at, c.marketing_word_at
    from conversations c
    where c.business_id = $1 and c.id = $2`,
});

// The row lock is the one that gives out `seq`: a send that is accepted after this sees it. No row: the conversation was merged away meanwhile.
export const setSpokenOptOut = defineQuery({
  name: "consent.set-spoken",
  role: "app",
  columns: { id: "uuid" },
  text: `
    with before as materialized (
      select c.id, c.opted_out_at is not null as was from conversations c
      where c.business_id = $1 and c.id = $2 and c.merged_into is null
      for no key update of c
    ), changed as (
      update conversations as c set opted_out_at = case when $3::boolean then coalesce(c.opted_out_at, now()) end, updated_at = now()
      from before b
      where c.business_id = $1 and c.id = b.id and b.was <> $3
      returning c.id
    ), event as (
      insert into events (business_id, id, type, conversation_id, data, at)
      select $1, $4::uuid, 'consent.changed', c.id, jsonb_build_object('source', $5::text, 'scope', 'everything', 'optedOut', $3::boolean), now()
      from changed c
    )
    select b.id from before b`,
});
