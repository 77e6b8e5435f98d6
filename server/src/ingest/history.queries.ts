// Owns: the SQL of what a number brings along of its past: chunks that wait for their import, and the address book of its WhatsApp Business app.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// The same chunk again, by its bytes, is the chunk that is known.
export const insertHistoryChunksAcrossBusinesses = defineQuery({
  name: "ingest.insert-history-chunks-across-businesses",
  role: "ingest",
  columns: {},
  params: {
    chunks: rowsOf({
      businessId: "uuid",
      id: "uuid",
      channelId: "uuid",
      phase: "int2?",
      progress: "int2?",
      messages: "int4",
      digest: "text",
      body: "text",
    }),
  },
  text: `
insert into history_chunks (business_id, id, channel_id, phase, progress, messages, digest, body, received_at, due_at)
select business_id, id, channel_id, phase, progress, messages, digest, body, now(), now() from :chunks as t
 order by business_id, channel_id, digest
on conflict on constraint uq_history_chunk do nothing`,
});

// One at a time; what was worked on goes behind what waits, so that every business has its turn. Should its worker die, it is due again after a minute; one that takes
// its worker down again and again waits longer each time.
export const claimHistoryChunkAcrossBusinesses = defineQuery({
  name: "ingest.claim-history-chunk-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid", channel_id: "uuid", body: "text", done: "int4", fence: "int8", received_at: "timestamptz" },
  params: {},
  text: `
with next as (
  select business_id, id from history_chunks where due_at <= now() order by due_at, business_id, id limit 1 for update skip locked
)
update history_chunks h set fence = h.fence + 1, attempts = h.attempts + 1, due_at = now() + least(interval '1 hour', (h.attempts + 1) * interval '1 minute')
  from next n
 where h.business_id = n.business_id and h.id = n.id
returning h.business_id, h.id, h.channel_id, h.body, h.done, h.fence, h.received_at`,
});

// How far it is, under the fence. What is over needs no body any more: each of its messages has its own in the log of raw webhooks.
export const advanceHistoryChunkAcrossBusinesses = defineQuery({
  name: "ingest.advance-history-chunk-across-businesses",
  role: "ingest",
  columns: { id: "uuid" },
  params: {
    businessId: "uuid",
    id: "uuid",
    fence: "int8",
    done: "int4",
    imported: "int4",
    isOver: "bool",
    isReleased: "bool",
    eventId: "uuid",
  },
  text: `
with chunk as (
  update history_chunks h set done = :done, imported = h.imported + :imported, attempts = 0,
         body = case when not :isOver then h.body end,
         finished_at = case when :isOver then now() end,
         due_at = case when :isOver then null when :isReleased then now() else now() + interval '1 minute' end
   where h.business_id = :businessId and h.id = :id and h.fence = :fence and h.finished_at is null
  returning h.business_id, h.id, h.channel_id, h.messages, h.imported, h.phase, h.progress
), event as (
  insert into events (business_id, id, type, subject_id, data, at)
  select c.business_id, :eventId, 'channel.history-imported', c.channel_id,
         jsonb_build_object('messages', c.messages, 'imported', c.imported, 'phase', c.phase, 'progress', c.progress), now()
    from chunk c where :isOver
)
select id from chunk`,
});

// A file that came after its placeholder takes its place, and is fetched. What is no placeholder (any more) is left as it is.
export const fillPlaceholdersAcrossBusinesses = defineQuery({
  name: "ingest.fill-placeholders-across-businesses",
  role: "ingest",
  columns: { ord: "int8" },
  params: {
    files: rowsOf({
      ord: "int8",
      businessId: "uuid",
      channelId: "uuid",
      providerMessageId: "text",
      direction: "text",
      type: "text",
      text: "text?",
      content: "jsonb",
    }),
  },
  text: `
with locked as materialized (
  select f.ord, m.business_id, m.id, f.type, f.text, f.content from :files as f
    join messages m on m.business_id = f.business_id and m.channel_id = f.channel_id and m.provider_message_id = f.provider_message_id
   where m.is_history and m.type = 'placeholder' and m.direction = f.direction
   order by m.business_id, m.id for no key update of m
), filled as (
  update messages m set type = l.type, text = l.text, content = l.content
    from locked l
   where m.business_id = l.business_id and m.id = l.id
  returning m.business_id, m.id, l.ord
), media as (
  insert into media (business_id, id, message_id, due_at, is_history, created_at, state_at)
  select business_id, id, id, now(), true, now(), now() from filled
  on conflict on constraint media_pkey do nothing
)
select ord from filled`,
});

// What the phone knows of the business's own messages, when it hands them over. Forward only; accepted is what the phone has not sent yet.
export const tellPastStatusesAcrossBusinesses = defineQuery({
  name: "ingest.tell-past-statuses-across-businesses",
  role: "ingest",
  columns: {},
  params: { messages: rowsOf({ businessId: "uuid", channelId: "uuid", providerMessageId: "text", status: "text" }) },
  text: `
with locked as materialized (
  select m.business_id, m.id, t.status from :messages as t
    join messages m on m.business_id = t.business_id and m.channel_id = t.channel_id and m.provider_message_id = t.provider_message_id
   where m.is_history and m.direction = 'out' and (status_rank(t.status) > status_rank(m.status) or t.status = 'accepted' and m.status = 'sent')
   order by m.business_id, m.id for no key update of m
)
update messages m set status = l.status,
       error_code = case when l.status = 'failed' then coalesce(m.error_code, 'unknown') else m.error_code end,
       error_text = case when l.status = 'failed' then coalesce(m.error_text, 'The phone could not send it.') else m.error_text end
  from locked l
 where m.business_id = l.business_id and m.id = l.id`,
});

// The newest word counts, by the phone's time; a name that was taken away stays as null, so that an older word does not bring it back.
export const recordBookAcrossBusinesses = defineQuery({
  name: "ingest.record-book-across-businesses",
  role: "ingest",
  columns: {},
  params: { entries: rowsOf({ businessId: "uuid", kind: "text", value: "text", name: "text?", at: "timestamptz" }) },
  text: `
insert into contact_book as b (business_id, kind, value, name, at)
select distinct on (business_id, kind, value) business_id, kind, value, name, at
  from :entries as t order by business_id, kind, value, at desc
on conflict on constraint contact_book_pkey do update set name = excluded.name, at = excluded.at
 where excluded.at >= b.at and (excluded.name, excluded.at) is distinct from (b.name, b.at)`,
});
