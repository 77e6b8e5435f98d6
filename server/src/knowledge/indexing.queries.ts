// Owns: the SQL of indexing: the queue of texts, the chunks of the next version, and the moment in which it becomes the live one.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// Fair by construction: which businesses have jobs (a walk from one to the next over the primary key), then a few of each, the longest waiting first;
// `share` is that of one business, `running` how many of it this worker runs already. skip locked: nobody waits for another worker's claim. The lease
// is due_at itself: when the worker dies, the job becomes due again. unsettled: claims in a row whose end was never recorded.
export const claimKnowledgeJobsAcrossBusinesses = defineQuery({
  name: "knowledge.claim-jobs-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", text_id: "uuid", fence: "int8", attempts: "int4", unsettled: "int4" },
  params: {
    limit: "int4",
    leaseMs: "float8",
    share: "int4",
    running: rowsOf({ businessId: "uuid", count: "int4" }),
  },
  text: `
with recursive owner as (
  (select j.business_id from knowledge_jobs j order by j.business_id limit 1)
  union all
  select (select j.business_id from knowledge_jobs j where j.business_id > o.business_id order by j.business_id limit 1)
    from owner o where o.business_id is not null
), candidate as materialized (
  select j.business_id, j.text_id, j.due_at
    from owner o
    left join :running as r on r.business_id = o.business_id
    cross join lateral (
      select c.business_id, c.text_id, c.due_at from knowledge_jobs c
       where c.business_id = o.business_id and c.due_at <= now()
       order by c.due_at limit greatest(0, :share - coalesce(r.count, 0)) for update skip locked
    ) j
   where o.business_id is not null
), due as materialized (
  select c.business_id, c.text_id from candidate c order by c.due_at limit :limit
)
update knowledge_jobs j
   set due_at = now() + :leaseMs * interval '1 millisecond', attempts = j.attempts + 1, unsettled = j.unsettled + 1, fence = j.fence + 1
  from due d where j.business_id = d.business_id and j.text_id = d.text_id
returning j.business_id, j.text_id, j.fence, j.attempts, j.unsettled`,
});

export const claimKnowledgeJob = defineQuery({
  name: "knowledge.claim-job",
  role: "app",
  columns: { business_id: "uuid", text_id: "uuid", fence: "int8", attempts: "int4", unsettled: "int4" },
  params: { textId: "uuid", leaseMs: "float8" },
  text: `
update knowledge_jobs j
   set due_at = now() + :leaseMs * interval '1 millisecond', attempts = j.attempts + 1, unsettled = j.unsettled + 1, fence = j.fence + 1
 where j.business_id = :business and j.text_id = :textId
returning j.business_id, j.text_id, j.fence, j.attempts, j.unsettled`,
});

export const nextKnowledgeJobAcrossBusinesses = defineQuery({
  name: "knowledge.next-job-across-businesses",
  role: "ingest",
  columns: { in_ms: "float8" },
  params: {},
  text: `select (extract(epoch from j.due_at - clock_timestamp()) * 1000)::float8 as in_ms from knowledge_jobs j order by j.due_at limit 1`,
});

export const enqueueKnowledgeJob = defineQuery({
  name: "knowledge.enqueue-job",
  role: "app",
  columns: {},
  params: { textId: "uuid" },
  text: `
insert into knowledge_jobs as j (business_id, text_id, due_at, attempts) values (:business, :textId, now(), 0)
on conflict on constraint knowledge_jobs_pkey do update set due_at = excluded.due_at, attempts = 0, unsettled = 0, fence = j.fence + 1`,
});

// Only the owner of a claim can extend it: a sign that nobody has taken it over or asked for a newer version. Whoever does so neither hangs nor has died,
// so unsettled starts again.
export const extendKnowledgeJob = defineQuery({
  name: "knowledge.extend-job",
  role: "app",
  columns: {},
  params: { textId: "uuid", fence: "int8", afterMs: "float8" },
  text: `
update knowledge_jobs j set due_at = now() + :afterMs * interval '1 millisecond', unsettled = 0
 where j.business_id = :business and j.text_id = :textId and j.fence = :fence`,
});

// Given back without a result, and not because of the text: the claim counted as an attempt, which is taken back.
export const returnKnowledgeJob = defineQuery({
  name: "knowledge.return-job",
  role: "app",
  columns: {},
  params: { textId: "uuid", fence: "int8", afterMs: "float8" },
  text: `
update knowledge_jobs j set due_at = now() + :afterMs * interval '1 millisecond', unsettled = 0, attempts = greatest(j.attempts - 1, 0)
 where j.business_id = :business and j.text_id = :textId and j.fence = :fence`,
});

export const finishKnowledgeJob = defineQuery({
  name: "knowledge.finish-job",
  role: "app",
  columns: {},
  params: { textId: "uuid", fence: "int8" },
  text: `delete from knowledge_jobs j where j.business_id = :business and j.text_id = :textId and j.fence = :fence`,
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
  params: { textId: "uuid" },
  text: `
select k.title, k.body, k.language, k.kind, k.questions, k.source_url, k.media_type, k.version, k.live_version, k.search <> '' as answers_itself, k.state
  from knowledge_texts k where k.business_id = :business and k.id = :textId`,
});

// A page that was read again. The same content as before is no new version.
export const savePage = defineQuery({
  name: "knowledge.save-page",
  role: "app",
  columns: { version: "int4" },
  params: { textId: "uuid", version: "int4", body: "text", mediaType: "text" },
  text: `
update knowledge_texts k
   set body = :body, media_type = :mediaType, version = k.version + (k.live_version is not distinct from k.version and k.body <> :body)::int,
       updated_at = now()
 where k.business_id = :business and k.id = :textId and k.version = :version
returning k.version`,
});

export const beginIndexing = defineQuery({
  name: "knowledge.begin-indexing",
  role: "app",
  columns: { chunks_done: "int4" },
  params: { textId: "uuid", version: "int4", chunks: "int4" },
  text: `
update knowledge_texts k set state = 'indexing', chunks_total = :chunks, chunks_done = least(:chunks, (
         select count(*) from knowledge_chunks c where c.business_id = :business and c.text_id = :textId and c.version = :version))::int4
 where k.business_id = :business and k.id = :textId and k.version = :version
returning k.chunks_done`,
});

// Headings and bodies as they are shown and, folded, as they are searched. done: how many chunks of the version there are with these.
export const writeChunks = defineQuery({
  name: "knowledge.write-chunks",
  role: "app",
  columns: {},
  params: {
    textId: "uuid",
    version: "int4",
    chunks: rowsOf({ ordinal: "int4", heading: "text", body: "text", foldedHeading: "text", foldedBody: "text" }),
    done: "int4",
  },
  text: `
with written as (
  insert into knowledge_chunks (business_id, text_id, version, ordinal, heading, body, language, search)
  select :business, k.id, k.version, i.ordinal, i.heading, i.body, k.language,
         setweight(to_tsvector(k.language::regconfig, i.folded_heading), 'A') || setweight(to_tsvector(k.language::regconfig, i.folded_body), 'B')
         || setweight(to_tsvector('simple', i.folded_heading), 'C')
    from :chunks as i
    join knowledge_texts k on k.business_id = :business and k.id = :textId and k.version = :version
   order by i.ordinal
  on conflict on constraint knowledge_chunks_pkey do nothing
)
update knowledge_texts k set chunks_done = least(k.chunks_total, :done)
 where k.business_id = :business and k.id = :textId and k.version = :version`,
});

// The moment in which the new version answers and the old one is gone, in one statement. A reader sees all of the one or all of the other.
// count: a version without all of its chunks never becomes the live one.
export const publishVersion = defineQuery({
  name: "knowledge.publish-version",
  role: "app",
  columns: { version: "int4" },
  params: { textId: "uuid", version: "int4", chunks: "int4" },
  text: `
with live as (
  update knowledge_texts k set live_version = k.version, search = '', state = 'ready', error = null, updated_at = now()
   where k.business_id = :business and k.id = :textId and k.version = :version
     and :chunks = (select count(*) from knowledge_chunks c where c.business_id = :business and c.text_id = :textId and c.version = :version)
  returning k.version
), gone as (
  delete from knowledge_chunks c using live l where c.business_id = :business and c.text_id = :textId and c.version <> l.version
)
select l.version from live l`,
});

export const forgetOtherVersions = defineQuery({
  name: "knowledge.forget-other-versions",
  role: "app",
  columns: {},
  params: { textId: "uuid", version: "int4" },
  text: `delete from knowledge_chunks c where c.business_id = :business and c.text_id = :textId and c.version <> :version`,
});

// A text that answers without chunks has one, for its meaning only.
export const publishMeaning = defineQuery({
  name: "knowledge.publish-meaning",
  role: "app",
  columns: {},
  params: { textId: "uuid", version: "int4" },
  text: `
update knowledge_texts k set live_version = k.version
 where k.business_id = :business and k.id = :textId and k.version = :version and k.search <> ''`,
});

export const listChunksWithoutMeaning = defineQuery({
  name: "knowledge.list-chunks-without-meaning",
  role: "app",
  columns: { ordinal: "int4", heading: "text", body: "text" },
  params: { textId: "uuid", version: "int4", model: "text", limit: "int4" },
  text: `
select c.ordinal, c.heading, c.body from knowledge_chunks c
 where c.business_id = :business and c.text_id = :textId and c.version = :version and c.embedded_with is distinct from :model
 order by c.ordinal limit :limit`,
});

// vectors: one after the other, `dimensions` numbers each: PostgreSQL has no arrays of arrays of different lengths.
export const writeMeaning = defineQuery({
  name: "knowledge.write-meaning",
  role: "app",
  columns: {},
  params: {
    textId: "uuid",
    version: "int4",
    model: "text",
    chunks: rowsOf({ ordinal: "int4" }),
    vectors: "float4[]",
    dimensions: "int4",
  },
  text: `
update knowledge_chunks c set embedding = (:vectors)[(i.ord - 1) * :dimensions + 1 : i.ord * :dimensions], embedded_with = :model
  from :chunks with ordinality as i
 where c.business_id = :business and c.text_id = :textId and c.version = :version and c.ordinal = i.ordinal`,
});

export const noteIndexingProblem = defineQuery({
  name: "knowledge.note-indexing-problem",
  role: "app",
  columns: {},
  params: { textId: "uuid", version: "int4", state: "text", error: "text?" },
  text: `
update knowledge_texts k set state = :state, error = :error where k.business_id = :business and k.id = :textId and k.version = :version`,
});

export const listTextIds = defineQuery({
  name: "knowledge.list-text-ids",
  role: "app",
  columns: { id: "uuid" },
  params: {},
  text: `select k.id from knowledge_texts k where k.business_id = :business order by k.id`,
});
