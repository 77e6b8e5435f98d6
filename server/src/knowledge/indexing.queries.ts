// Owns: the SQL of indexing: the queue of texts, the chunks of a coming version, and the moment in which it becomes the live one.
import { defineQuery } from "../db/query.ts";

// Fair by construction: which businesses have jobs (a walk from one to the next over the primary key), then a few of each, the longest waiting first;
// $3 is the share of one business, $4 and $5 how many of it this worker runs already. skip locked: nobody waits for another worker's claim. The lease
// is due_at itself: when the worker dies, the job becomes due again. unsettled: claims in a row whose end nobody wrote down.
export const claimKnowledgeJobsAcrossBusinesses = defineQuery({
  name: "knowledge.claim-jobs-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", text_id: "uuid", fence: "int8", attempts: "int4", unsettled: "int4" },
  text: `
with recursive owner as (
  (select j.business_id from knowledge_jobs j order by j.business_id limit 1)
  union all
  select (select j.business_id from knowledge_jobs j where j.business_id > o.business_id order by j.business_id limit 1)
    from owner o where o.business_id is not null
), candidate as materialized (
  select j.business_id, j.text_id, j.due_at
    from owner o
    left join unnest($4::uuid[], $5::integer[]) as r (business_id, running) on r.business_id = o.business_id
    cross join lateral (
      select c.business_id, c.text_id, c.due_at from knowledge_jobs c
       where c.business_id = o.business_id and c.due_at <= now()
       order by c.due_at limit greatest(0, $3::integer - coalesce(r.running, 0)) for update skip locked
    ) j
   where o.business_id is not null
), due as materialized (
  select c.business_id, c.text_id from candidate c order by c.due_at limit $1
)
update knowledge_jobs j
   set due_at = now() + $2 * interval '1 millisecond', attempts = j.attempts + 1, unsettled = j.unsettled + 1, fence = j.fence + 1
  from due d where j.business_id = d.business_id and j.text_id = d.text_id
returning j.business_id, j.text_id, j.fence, j.attempts, j.unsettled`,
});

export const claimKnowledgeJob = defineQuery({
  name: "knowledge.claim-job",
  role: "app",
  columns: { business_id: "uuid", text_id: "uuid", fence: "int8", attempts: "int4", unsettled: "int4" },
  text: `
update knowledge_jobs j set due_at = now() + $3 * interval '1 millisecond', attempts = j.attempts + 1, unsettled = j.unsettled + 1, fence = j.fence + 1
 where j.business_id = $1 and j.text_id = $2
returning j.business_id, j.text_id, j.fence, j.attempts, j.unsettled`,
});

export const nextKnowledgeJobAcrossBusinesses = defineQuery({
  name: "knowledge.next-job-across-businesses",
  role: "ingest",
  columns: { in_ms: "float8" },
  text: `select (extract(epoch from j.due_at - clock_timestamp()) * 1000)::float8 as in_ms from knowledge_jobs j order by j.due_at limit 1`,
});

export const enqueueKnowledgeJob = defineQuery({
  name: "knowledge.enqueue-job",
  role: "app",
  columns: { fence: "int8" },
  text: `
insert into knowledge_jobs as j (business_id, text_id, due_at, attempts)
select $1, $2, i.at, 0 from (select now() as at) i
on conflict on constraint knowledge_jobs_pkey do update set due_at = excluded.due_at, attempts = 0, unsettled = 0, fence = j.fence + 1
returning j.fence`,
});

// A claim is prolonged only while it is one's own: the sign that it was not taken over, and that nobody wished for a newer version. Whoever can say so
// neither hangs nor has died: unsettled begins anew.
export const extendKnowledgeJob = defineQuery({
  name: "knowledge.extend-job",
  role: "app",
  columns: { fence: "int8" },
  text: `
update knowledge_jobs j set due_at = now() + $4 * interval '1 millisecond', unsettled = 0
 where j.business_id = $1 and j.text_id = $2 and j.fence = $3 returning j.fence`,
});

// Given back without a result that was the text's: the claim counted as an attempt, and is taken off again.
export const returnKnowledgeJob = defineQuery({
  name: "knowledge.return-job",
  role: "app",
  columns: { fence: "int8" },
  text: `
update knowledge_jobs j set due_at = now() + $4 * interval '1 millisecond', unsettled = 0, attempts = greatest(j.attempts - 1, 0)
 where j.business_id = $1 and j.text_id = $2 and j.fence = $3 returning j.fence`,
});

export const finishKnowledgeJob = defineQuery({
  name: "knowledge.finish-job",
  role: "app",
  columns: { text_id: "uuid" },
  text: `delete from knowledge_jobs j where j.business_id = $1 and j.text_id = $2 and j.fence = $3 returning j.text_id`,
});

export const findTextToIndex = defineQuery({
  name: "knowledge.find-text-to-index",
  role: "app",
  columns: {
    title: "text",
    body: "text",
    language: "text",
    kind: "text",
    questions: "text[]",
    source_url: "text?",
    media_type: "text",
    version: "int4",
    live_version: "int4?",
    answers_itself: "bool",
    state: "text",
  },
  text: `
select k.title, k.body, k.language, k.kind, k.questions, k.source_url, k.media_type, k.version, k.live_version, k.search <> '' as answers_itself, k.state
  from knowledge_texts k where k.business_id = $1 and k.id = $2`,
});

// A page that was read anew. The same content as before is no new version.
export const savePage = defineQuery({
  name: "knowledge.save-page",
  role: "app",
  columns: { version: "int4" },
  text: `
update knowledge_texts k set body = $4, media_type = $5, version = k.version + (k.live_version is not distinct from k.version and k.body <> $4)::int, updated_at = now()
 where k.business_id = $1 and k.id = $2 and k.version = $3
returning k.version`,
});

export const beginIndexing = defineQuery({
  name: "knowledge.begin-indexing",
  role: "app",
  columns: { done: "int8" },
  text: `
with begun as (
  update knowledge_texts k set state = 'indexing', chunks_total = $4::integer, chunks_done = least($4::integer, (
           select count(*) from knowledge_chunks c where c.business_id = $1 and c.text_id = $2 and c.version = $3::integer))::integer
   where k.business_id = $1 and k.id = $2 and k.version = $3::integer
  returning k.chunks_done
)
select b.chunks_done::bigint as done from begun b`,
});

// $4..$8: from which ordinal on, headings and bodies as they are shown and as they are searched.
export const writeChunks = defineQuery({
  name: "knowledge.write-chunks",
  role: "app",
  columns: { chunks_done: "int4" },
  text: `
with written as (
  insert into knowledge_chunks (business_id, text_id, version, ordinal, heading, body, language, search)
  select $1, $2, $3::integer, $4::integer + i.n::integer - 1, i.heading, i.body, k.language,
         setweight(to_tsvector(k.language::regconfig, i.folded_heading), 'A') || setweight(to_tsvector(k.language::regconfig, i.folded_body), 'B')
         || setweight(to_tsvector('simple', i.folded_heading), 'C')
    from unnest($5::text[], $6::text[], $7::text[], $8::text[]) with ordinality as i (heading, body, folded_heading, folded_body, n)
    join knowledge_texts k on k.business_id = $1 and k.id = $2 and k.version = $3::integer
   order by i.n
  on conflict on constraint knowledge_chunks_pkey do nothing
  returning 1
)
update knowledge_texts k set chunks_done = least(k.chunks_total, $4::integer + cardinality($5::text[]))
 where k.business_id = $1 and k.id = $2 and k.version = $3::integer and (select count(*) from written) >= 0
returning k.chunks_done`,
});

// The moment in which the new version answers and the old one is gone, in one statement. A reader sees all of the one or all of the other.
// count: a version without all of its chunks never becomes the live one.
export const publishVersion = defineQuery({
  name: "knowledge.publish-version",
  role: "app",
  columns: { version: "int4" },
  text: `
with live as (
  update knowledge_texts k set live_version = $3::integer, search = '', state = 'ready', error = null, updated_at = now()
   where k.business_id = $1 and k.id = $2 and k.version = $3::integer
     and $4::bigint = (select count(*) from knowledge_chunks c where c.business_id = $1 and c.text_id = $2 and c.version = $3::integer)
  returning k.version
), gone as (
  delete from knowledge_chunks c using live l where c.business_id = $1 and c.text_id = $2 and c.version <> l.version
)
select l.version from live l`,
});

export const forgetOtherVersions = defineQuery({
  name: "knowledge.forget-other-versions",
  role: "app",
  columns: { ordinal: "int4" },
  text: `delete from knowledge_chunks c where c.business_id = $1 and c.text_id = $2 and c.version <> $3 returning c.ordinal`,
});

// A text that answers by itself has one chunk, for its meaning only.
export const publishMeaning = defineQuery({
  name: "knowledge.publish-meaning",
  role: "app",
  columns: { version: "int4" },
  text: `
update knowledge_texts k set live_version = k.version where k.business_id = $1 and k.id = $2 and k.version = $3 and k.search <> '' returning k.version`,
});

export const listChunksWithoutMeaning = defineQuery({
  name: "knowledge.list-chunks-without-meaning",
  role: "app",
  columns: { ordinal: "int4", heading: "text", body: "text" },
  text: `
select c.ordinal, c.heading, c.body from knowledge_chunks c
 where c.business_id = $1 and c.text_id = $2 and c.version = $3 and c.embedded_with is distinct from $4
 order by c.ordinal limit $5`,
});

// $6: the vectors one behind the other, $7 numbers each: PostgreSQL has no arrays of arrays of different lengths.
export const writeMeaning = defineQuery({
  name: "knowledge.write-meaning",
  role: "app",
  columns: { ordinal: "int4" },
  text: `
update knowledge_chunks c set embedding = ($6::real[])[(i.n - 1) * $7::integer + 1 : i.n * $7::integer], embedded_with = $4
  from unnest($5::integer[]) with ordinality as i (ordinal, n)
 where c.business_id = $1 and c.text_id = $2 and c.version = $3 and c.ordinal = i.ordinal
returning c.ordinal`,
});

export const noteIndexingProblem = defineQuery({
  name: "knowledge.note-indexing-problem",
  role: "app",
  columns: { state: "text" },
  text: `
update knowledge_texts k set state = $4, error = $5 where k.business_id = $1 and k.id = $2 and k.version = $3 returning k.state`,
});

export const listTextIds = defineQuery({
  name: "knowledge.list-text-ids",
  role: "app",
  columns: { id: "uuid" },
  text: `select k.id from knowledge_texts k where k.business_id = $1 order by k.id`,
});
