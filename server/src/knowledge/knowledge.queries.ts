// Owns: the SQL of the business's texts: adding, listing, changing, removing.
import { defineQuery } from "../db/query.ts";

// A short text, or a question with its answer: it answers by itself, at once. The title's words count most (A), the answer's less (B); what stands in
// C are the title's words as they are, for questions that have nothing but stop words. The title is the key that people know a text by.
// $6: further questions; $7, $8, $10: title, body and questions as they are searched (fold-text.ts).
export const saveShortText = defineQuery({
  name: "knowledge.save-short-text",
  role: "app",
  columns: { id: "uuid", version: "int4" },
  text: `
insert into knowledge_texts as k (business_id, id, title, body, language, questions, search, kind, media_type, updated_at)
select $1, $2, $3, $4, $5, $6::text[], i.search, $9::text, 'text/plain', i.at
  from (select setweight(to_tsvector($5::text::regconfig, $7::text || ' ' || $10::text), 'A') || setweight(to_tsvector($5::text::regconfig, $8::text), 'B')
               || setweight(to_tsvector('simple', $7::text || ' ' || $10::text), 'C') as search, now() as at) i
on conflict on constraint uq_knowledge_title do update set
  body = excluded.body, language = excluded.language, questions = excluded.questions, search = excluded.search, kind = excluded.kind,
  media_type = excluded.media_type, source_url = null, version = k.version + 1, live_version = null, state = 'ready', error = null,
  chunks_total = 0, chunks_done = 0, updated_at = excluded.updated_at
returning k.id, k.version`,
});

// What answers by itself goes on as the one chunk of its version, because its row is about to be written over by a text that has to be indexed first.
export const keepShortText = defineQuery({
  name: "knowledge.keep-short-text",
  role: "app",
  columns: { id: "uuid" },
  text: `
with kept as (
  insert into knowledge_chunks as c (business_id, text_id, version, ordinal, heading, body, language, search)
  select $1, k.id, k.version, 0, k.title, k.body, k.language, k.search from knowledge_texts k
   where k.business_id = $1 and k.title = $2 and k.search <> ''
  on conflict on constraint knowledge_chunks_pkey do update set heading = excluded.heading, body = excluded.body, search = excluded.search
  returning c.text_id, c.version
)
update knowledge_texts k set search = '', live_version = kept.version from kept where k.business_id = $1 and k.id = kept.text_id returning k.id`,
});

// A file, a page or a long text: it answers through its chunks. What it was before answers until they are there.
export const saveLongText = defineQuery({
  name: "knowledge.save-long-text",
  role: "app",
  columns: { id: "uuid", version: "int4" },
  text: `
insert into knowledge_texts as k (business_id, id, title, body, language, search, kind, media_type, source_url, state, updated_at)
select $1, $2, $3, $4, $5, '', $6::text, $7::text, $8::text, 'pending', i.at from (select now() as at) i
on conflict on constraint uq_knowledge_title do update set
  body = excluded.body, language = excluded.language, questions = '{}', kind = excluded.kind, media_type = excluded.media_type,
  source_url = excluded.source_url, version = k.version + 1, state = 'pending', error = null, updated_at = excluded.updated_at
returning k.id, k.version`,
});

const shown = {
  id: "uuid",
  title: "text",
  language: "text",
  kind: "text",
  questions: "text[]",
  source_url: "text?",
  media_type: "text",
  version: "int4",
  is_live: "bool",
  state: "text",
  chunks_total: "int4",
  chunks_done: "int4",
  error: "text?",
  length: "int4",
  created_at: "timestamptz",
  updated_at: "timestamptz",
} as const;

export const listKnowledgeTexts = defineQuery({
  name: "knowledge.list-texts",
  role: "app",
  columns: { ...shown, body: "text" },
  text: `
select k.id, k.title, left(k.body, 2000) as body, k.language, k.kind, k.questions, k.source_url, k.media_type, k.version,
       k.search <> '' or k.live_version is not null as is_live, k.state, k.chunks_total, k.chunks_done, k.error, length(k.body) as length,
       k.created_at, k.updated_at
  from knowledge_texts k where k.business_id = $1 and k.title > $2 order by k.title limit $3`,
});

export const findKnowledgeText = defineQuery({
  name: "knowledge.find-text",
  role: "app",
  columns: { ...shown, body: "text" },
  text: `
select k.id, k.title, k.body, k.language, k.kind, k.questions, k.source_url, k.media_type, k.version,
       k.search <> '' or k.live_version is not null as is_live, k.state, k.chunks_total, k.chunks_done, k.error, length(k.body) as length,
       k.created_at, k.updated_at
  from knowledge_texts k where k.business_id = $1 and k.id = $2`,
});

export const findKnowledgeTitle = defineQuery({
  name: "knowledge.find-title",
  role: "app",
  columns: { id: "uuid" },
  text: `select k.id from knowledge_texts k where k.business_id = $1 and k.title = $2`,
});

// Another title for the same text; what it answers with is saved after it, in the same transaction.
export const renameKnowledgeText = defineQuery({
  name: "knowledge.rename-text",
  role: "app",
  columns: { id: "uuid" },
  text: `update knowledge_texts k set title = $3 where k.business_id = $1 and k.id = $2 returning k.id`,
});

export const removeKnowledgeText = defineQuery({
  name: "knowledge.remove-text",
  role: "app",
  columns: { id: "uuid" },
  text: `delete from knowledge_texts where business_id = $1 and id = $2 returning id`,
});

export const replaceWords = defineQuery({
  name: "knowledge.replace-words",
  role: "app",
  columns: { count: "int8" },
  text: `
with gone as (
  delete from knowledge_words where business_id = $1 and text_id = $2 and word <> all ($3::text[])
), added as (
  insert into knowledge_words (business_id, word, text_id)
  select $1, w, $2 from unnest($3::text[]) w order by w
  on conflict on constraint knowledge_words_pkey do nothing returning 1
)
select count(*) as count from added`,
});
