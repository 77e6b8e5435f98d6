// Owns: the SQL of the business's texts: adding, listing, changing, removing.
import { defineQuery } from "../db/query.ts";

// A short text, or a question with its answer: it answers at once, without chunks. The title's words count most (A), the answer's less (B); C has the
// title's words as they are, for questions that have nothing but stop words. The title is the key that people know a text by.
// questions: all ways to ask; searchedQuestions, like searchedTitle and searchedBody: the further ones, as they are searched (fold-text.ts).
export const saveShortText = defineQuery({
  name: "knowledge.save-short-text",
  role: "app",
  columns: { id: "uuid", version: "int4" },
  params: {
    id: "uuid",
    title: "text",
    body: "text",
    language: "text",
    questions: "text[]",
    kind: "text",
    searchedTitle: "text",
    searchedQuestions: "text",
    searchedBody: "text",
  },
  text: `
insert into knowledge_texts as k (business_id, id, title, body, language, questions, search, kind, media_type, updated_at)
select :business, :id, :title, :body, :language, :questions,
       setweight(to_tsvector(:language::regconfig, :searchedTitle || ' ' || :searchedQuestions), 'A')
       || setweight(to_tsvector(:language::regconfig, :searchedBody), 'B')
       || setweight(to_tsvector('simple', :searchedTitle || ' ' || :searchedQuestions), 'C'),
       :kind, 'text/plain', now()
on conflict on constraint uq_knowledge_title do update set
  body = excluded.body, language = excluded.language, questions = excluded.questions, search = excluded.search, kind = excluded.kind,
  media_type = excluded.media_type, source_url = null, version = k.version + 1, live_version = null, state = 'ready', error = null,
  chunks_total = 0, chunks_done = 0, updated_at = excluded.updated_at
returning k.id, k.version`,
});

// What answers without chunks goes on as the one chunk of its version, because its row is about to be overwritten by a text that has to be indexed first.
export const keepShortText = defineQuery({
  name: "knowledge.keep-short-text",
  role: "app",
  columns: {},
  params: { title: "text" },
  text: `
with kept as (
  insert into knowledge_chunks as c (business_id, text_id, version, ordinal, heading, body, language, search)
  select :business, k.id, k.version, 0, k.title, k.body, k.language, k.search from knowledge_texts k
   where k.business_id = :business and k.title = :title and k.search <> ''
  on conflict on constraint knowledge_chunks_pkey do update set heading = excluded.heading, body = excluded.body, search = excluded.search
  returning c.text_id, c.version
)
update knowledge_texts k set search = '', live_version = kept.version from kept where k.business_id = :business and k.id = kept.text_id`,
});

// A file, a page or a long text: it answers through its chunks. Until they are there, its earlier version answers.
export const saveLongText = defineQuery({
  name: "knowledge.save-long-text",
  role: "app",
  columns: { id: "uuid" },
  params: { id: "uuid", title: "text", body: "text", language: "text", kind: "text", mediaType: "text", sourceUrl: "text?" },
  text: `
insert into knowledge_texts as k (business_id, id, title, body, language, search, kind, media_type, source_url, state, updated_at)
values (:business, :id, :title, :body, :language, '', :kind, :mediaType, :sourceUrl, 'pending', now())
on conflict on constraint uq_knowledge_title do update set
  body = excluded.body, language = excluded.language, questions = '{}', kind = excluded.kind, media_type = excluded.media_type,
  source_url = excluded.source_url, version = k.version + 1, state = 'pending', error = null, updated_at = excluded.updated_at
returning k.id`,
});

const columns = {
  id: "uuid",
  title: "text",
  body: "text",
  language: "text",
  kind: "text",
  questions: "text[]",
  source_url: "text?",
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
const view = (body: string): string => `
select k.id, k.title, ${body} as body, k.language, k.kind, k.questions, k.source_url, k.version,
       k.search <> '' or k.live_version is not null as is_live, k.state, k.chunks_total, k.chunks_done, k.error, length(k.body) as length,
       k.created_at, k.updated_at
  from knowledge_texts k where k.business_id = :business`;

export const listKnowledgeTexts = defineQuery({
  name: "knowledge.list-texts",
  role: "app",
  columns,
  params: { afterTitle: "text", limit: "int4" },
  text: `${view("left(k.body, 2000)")} and k.title > :afterTitle order by k.title limit :limit`,
});

export const findKnowledgeText = defineQuery({
  name: "knowledge.find-text",
  role: "app",
  columns,
  params: { id: "uuid" },
  text: `${view("k.body")} and k.id = :id`,
});

export const findKnowledgeTitle = defineQuery({
  name: "knowledge.find-title",
  role: "app",
  columns: { id: "uuid" },
  params: { title: "text" },
  text: `select k.id from knowledge_texts k where k.business_id = :business and k.title = :title`,
});

// Another title for the same text; what it answers with is saved next, in the same transaction.
export const renameKnowledgeText = defineQuery({
  name: "knowledge.rename-text",
  role: "app",
  columns: {},
  params: { id: "uuid", title: "text" },
  text: `update knowledge_texts k set title = :title where k.business_id = :business and k.id = :id`,
});

export const removeKnowledgeText = defineQuery({
  name: "knowledge.remove-text",
  role: "app",
  columns: {},
  params: { id: "uuid" },
  text: `delete from knowledge_texts k where k.business_id = :business and k.id = :id`,
});

export const replaceWords = defineQuery({
  name: "knowledge.replace-words",
  role: "app",
  columns: {},
  params: { textId: "uuid", words: "text[]" },
  text: `
with gone as (
  delete from knowledge_words where business_id = :business and text_id = :textId and word <> all (:words)
)
insert into knowledge_words (business_id, word, text_id)
select :business, w, :textId from unnest(:words) w order by w
on conflict on constraint knowledge_words_pkey do nothing`,
});
