// Owns: the SQL of transcripts: which is written down next, from which file, and how it ends.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// As files are claimed (media.claim-across-businesses): which businesses have something due, then some of each, in the order in which they came.
export const claimTranscriptsAcrossBusinesses = defineQuery({
  name: "transcripts.claim-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid", fence: "int8", attempts: "int4", unsettled: "int4" },
  params: { limit: "int4", leaseMs: "float8", share: "int4", running: rowsOf({ businessId: "uuid", count: "int4" }) },
  text: `
with recursive owner as (
  (select t.business_id from transcripts t where t.due_at is not null order by t.business_id limit 1)
  union all
  select (select t.business_id from transcripts t where t.due_at is not null and t.business_id > o.business_id order by t.business_id limit 1)
    from owner o where o.business_id is not null
), due as materialized (
  select c.business_id, c.media_id
    from owner o
    left join :running as r on r.business_id = o.business_id
    cross join lateral (
      select t.business_id, t.media_id, t.due_at from transcripts t
       where t.business_id = o.business_id and t.due_at <= now()
       order by t.due_at limit greatest(0, :share - coalesce(r.count, 0)) for update skip locked
    ) c
   where o.business_id is not null
   order by c.due_at limit :limit
)
update transcripts t
   set state = 'working', due_at = now() + :leaseMs * interval '1 millisecond', attempts = t.attempts + 1, unsettled = t.unsettled + 1, fence = t.fence + 1,
       state_at = case t.state when 'working' then t.state_at else now() end
  from due d where t.business_id = d.business_id and t.media_id = d.media_id
returning t.business_id, t.media_id as id, t.fence, t.attempts, t.unsettled`,
});

export const nextTranscriptAcrossBusinesses = defineQuery({
  name: "transcripts.next-across-businesses",
  role: "ingest",
  columns: { in_ms: "float8" },
  params: {},
  text: `
select (extract(epoch from t.due_at - clock_timestamp()) * 1000)::float8 as in_ms
  from transcripts t where t.due_at is not null order by t.due_at limit 1`,
});

export const extendTranscript = defineQuery({
  name: "transcripts.extend",
  role: "app",
  columns: {},
  params: { id: "uuid", fence: "int8", leaseMs: "float8" },
  text: `
update transcripts t set due_at = now() + :leaseMs * interval '1 millisecond'
 where t.business_id = :business and t.media_id = :id and t.fence = :fence and t.state = 'working'`,
});

export const findSpokenFile = defineQuery({
  name: "transcripts.find-file",
  role: "app",
  columns: { sha256: "text", bytes: "int8", seconds: "int4?" },
  params: { id: "uuid" },
  text: `
select f.sha256, f.bytes, case when jsonb_typeof(m.content #> '{audio,seconds}') = 'number' 
            then greatest(0, least((m.content #>> '{audio,seconds}')::numeric, 1000000))::int4 end as seconds
  from media f join messages m on m.business_id = f.business_id and m.id = f.message_id
 where f.business_id = :business and f.id = :id and f.state = 'ready'`,
});

/** Its end and its event, in one statement under the fence. */
export const finishTranscript = defineQuery({
  name: "transcripts.finish",
  role: "app",
  columns: { state: "text" },
  params: {
    id: "uuid",
    fence: "int8",
    state: "text",
    errorCode: "text?",
    errorText: "text?",
    text: "text?",
    language: "text?",
    model: "text?",
    seconds: "float8?",
    costMicros: "int8?",
    eventId: "uuid",
  },
  text: `
with ended as (
  update transcripts t
     set state = :state, due_at = null, state_at = now(), unsettled = 0, error_code = :errorCode, error_text = :errorText,
         text = :text, language = :language, model = :model, seconds = :seconds, cost_micros = :costMicros
   where t.business_id = :business and t.media_id = :id and t.fence = :fence and t.state = 'working'
  returning t.media_id, t.state, t.error_code
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, :eventId, case e.state when 'ready' then 'transcript.ready' else 'transcript.failed' end, m.conversation_id, m.id,
         jsonb_build_object('mediaId', e.media_id, 'code', e.error_code), now()
    from ended e join messages m on m.business_id = :business and m.id = e.media_id
)
select e.state from ended e`,
});

/** It is tried again later, and says meanwhile why. `isAttempt`: false when it was given back for a reason that is not the file's. */
export const postponeTranscript = defineQuery({
  name: "transcripts.postpone",
  role: "app",
  columns: {},
  params: { id: "uuid", fence: "int8", afterMs: "float8", isAttempt: "bool", errorCode: "text?", errorText: "text?" },
  text: `
update transcripts t
   set state = 'pending', due_at = now() + :afterMs * interval '1 millisecond', state_at = now(), unsettled = 0,
       attempts = case when :isAttempt then t.attempts else greatest(t.attempts - 1, 0) end,
       error_code = coalesce(:errorCode, t.error_code), error_text = coalesce(:errorText, t.error_text)
 where t.business_id = :business and t.media_id = :id and t.fence = :fence and t.state = 'working'`,
});

// By hand. Whoever is writing it down at this moment keeps it: the fence changes only where nobody does.
export const retryTranscript = defineQuery({
  name: "transcripts.retry",
  role: "app",
  columns: { state: "text" },
  params: { id: "uuid" },
  text: `
with wanted as (
  select t.media_id, t.state from transcripts t where t.business_id = :business and t.media_id = :id for update
), again as (
  update transcripts t
     set state = 'pending', due_at = now(), state_at = now(), attempts = 0, unsettled = 0, fence = t.fence + 1, error_code = null, error_text = null
    from wanted w
   where t.business_id = :business and t.media_id = w.media_id and w.state in ('pending', 'failed')
)
select w.state from wanted w`,
});

export const retryFailedTranscripts = defineQuery({
  name: "transcripts.retry-failed",
  role: "app",
  columns: {},
  params: {},
  text: `
update transcripts t
   set state = 'pending', due_at = now(), state_at = now(), attempts = 0, unsettled = 0, fence = t.fence + 1, error_code = null, error_text = null
 where t.business_id = :business and t.state = 'failed'`,
});
