-- Up Migration
-- The knowledge base: question-and-answer pairs, files and pages beside the short texts, cut into chunks, indexed in the background.
-- Code that knows nothing of it goes on: a row whose `search` is not empty answers by itself, as every row did before; one whose `search` is empty
-- (files, pages, long texts) answers through the chunks of its live version, and older code does not find it.

alter table onethread.knowledge_texts
  add column kind text not null default 'text',
  -- Further ways to ask for the same answer; the first one is the title.
  add column questions text[] not null default '{}',
  add column source_url text,
  -- How `body` is to be read when it is cut: text/plain, text/markdown, text/csv.
  add column media_type text not null default 'text/plain',
  -- Of the content: raised with every change. live_version: the one whose chunks answer; null: none yet, or the row answers by itself.
  add column version integer not null default 1,
  add column live_version integer,
  add column state text not null default 'ready',
  add column chunks_total integer not null default 0,
  add column chunks_done integer not null default 0,
  add column error text,
  add column updated_at timestamptz not null default now(),
  add constraint ck_knowledge_kind check (kind in ('text', 'qa', 'file', 'url')),
  add constraint ck_knowledge_state check (state in ('pending', 'indexing', 'ready', 'failed')),
  add constraint ck_knowledge_failed check (state <> 'failed' or error is not null),
  add constraint ck_knowledge_url check (kind <> 'url' or source_url is not null),
  add constraint ck_knowledge_versions check (version >= 1 and live_version between 1 and version),
  add constraint ck_knowledge_progress check (chunks_done between 0 and chunks_total);

-- What of a longer text is searched and answered with. Written under the coming version, so that the live one answers until all of it is there.
-- No GIN index: below row-level security only leakproof operators may lead into an index, and @@ is none. The key leads to one business's chunks.
-- embedding: an array, which every PostgreSQL has; it is read as a vector where pgvector is installed, now or later.
create table onethread.knowledge_chunks (
  business_id uuid not null,
  text_id uuid not null,
  version integer not null,
  ordinal integer not null,
  heading text not null,
  body text not null,
  language text not null,
  search tsvector not null,
  embedding real[],
  -- Provider, model and dimensions: vectors of different models are never compared.
  embedded_with text,
  constraint knowledge_chunks_pkey primary key (business_id, text_id, version, ordinal),
  constraint ck_knowledge_chunk_embedding check ((embedding is null) = (embedded_with is null)),
  constraint fk_knowledge_chunk_text foreign key (business_id, text_id) references onethread.knowledge_texts (business_id, id) on delete cascade
);
call onethread.protect('onethread.knowledge_chunks', 'select, insert, update, delete');

-- Three letters at a time, as pg_trgm cuts them, but of every script, and without an extension that lies elsewhere in every other database.
create function onethread.trigrams(word text) returns text[]
  language sql immutable parallel safe
  return (select array_agg(distinct substr('  ' || word || ' ', i, 3)) from generate_series(1, length(word) + 1) i);

-- The words that a business's texts use, for questions with typing mistakes.
create table onethread.knowledge_words (
  business_id uuid not null,
  word text not null,
  text_id uuid not null,
  trigrams text[] generated always as (onethread.trigrams(word)) stored,
  constraint knowledge_words_pkey primary key (business_id, word, text_id),
  constraint ck_knowledge_word_length check (length(word) between 3 and 40),
  constraint fk_knowledge_word_text foreign key (business_id, text_id) references onethread.knowledge_texts (business_id, id) on delete cascade
);
create index ix_knowledge_word_text on onethread.knowledge_words (business_id, text_id);
call onethread.protect('onethread.knowledge_words', 'select, insert, delete');

-- What is to be indexed: ids and times, no texts, so that one worker may look for the work of all businesses.
-- fence: whoever asks for the text anew raises it, so that a run that is on its way does not take the wish away at its end.
create table onethread.knowledge_jobs (
  business_id uuid not null,
  text_id uuid not null,
  due_at timestamptz not null,
  attempts integer not null default 0,
  fence bigint not null default 0,
  constraint knowledge_jobs_pkey primary key (business_id, text_id),
  constraint fk_knowledge_job_text foreign key (business_id, text_id) references onethread.knowledge_texts (business_id, id) on delete cascade
);
create index ix_knowledge_job_due on onethread.knowledge_jobs (due_at);
call onethread.protect('onethread.knowledge_jobs', 'select, insert, update, delete', 'select, update');

-- Where pgvector lies, when it is installed and may be used; it may come and go after this migration.
create function onethread.vector_schema() returns text
  language sql stable
  return (select n.nspname::text from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
           where e.extname = 'vector' and pg_catalog.has_schema_privilege(n.oid, 'usage'));

-- The chunks nearest in meaning, by exact comparison within one business: an index over all businesses would first find the neighbours of others.
-- With the rights of the caller, so that row-level security holds here too.
create function onethread.nearest_knowledge(business uuid, question real[], embedder text, most integer)
  returns table (business_id uuid, text_id uuid, ordinal integer, similarity double precision)
  language plpgsql stable as $$
declare
  place text := onethread.vector_schema();
begin
  if place is null then return; end if;
  return query execute format(
    'select c.business_id, c.text_id, c.ordinal, 1 - (c.embedding::%1$I.vector operator(%1$I.<=>) $2::%1$I.vector)
       from onethread.knowledge_chunks c
       join onethread.knowledge_texts k on k.business_id = c.business_id and k.id = c.text_id and k.live_version = c.version
      where c.business_id = $1 and c.embedded_with = $3
      order by c.embedding::%1$I.vector operator(%1$I.<=>) $2::%1$I.vector
      limit $4', place) using business, question, embedder, most;
end
$$;

-- What is there already gets its words (and its chunks, when it is long) from the worker.
insert into onethread.knowledge_jobs (business_id, text_id, due_at) select business_id, id, now() from onethread.knowledge_texts;
