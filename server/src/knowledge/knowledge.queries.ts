// Owns: the business's own texts and the search in them.
import { defineQuery } from "../db/query.ts";

export const saveKnowledgeText = defineQuery({
  name: "knowledge.save-text",
  role: "app",
  columns: { id: "uuid" },
  text: `
insert into knowledge_texts (business_id, id, title, body, language, search)
values ($1, $2, $3, $4, $5, setweight(to_tsvector($5::text::regconfig, $3), 'A') || setweight(to_tsvector($5::text::regconfig, $4), 'B')
                            || setweight(to_tsvector('simple', $3), 'C'))
on conflict on constraint uq_knowledge_title do update set body = excluded.body, language = excluded.language, search = excluded.search
returning id`,
});

export const listKnowledgeTexts = defineQuery({
  name: "knowledge.list-texts",
  role: "app",
  columns: { id: "uuid", title: "text", body: "text", language: "text", created_at: "timestamptz" },
  text: `select id, title, body, language, created_at from knowledge_texts where business_id = $1 order by title`,
});

export const removeKnowledgeText = defineQuery({
  name: "knowledge.remove-text",
  role: "app",
  columns: { id: "uuid" },
  text: `delete from knowledge_texts where business_id = $1 and id = $2 returning id`,
});

// A question is not a query: any of its words may match. What counts is how much of the question the text knows (title words twice), so
// a long text that happens to share one common word does not win over the one that is about the matter. "Where are you?" has nothing but stop
// words: then the words themselves are looked for, in the titles.
export const searchKnowledge = defineQuery({
  name: "knowledge.search",
  role: "app",
  columns: { id: "uuid", title: "text", body: "text", matched: "int8", asked: "int8", rank: "float8" },
  text: `
with question as (
  select case when cardinality(q.stems) > 0 then q.stems else tsvector_to_array(to_tsvector('simple', $2::text)) end as words
    from (select tsvector_to_array(to_tsvector($3::text::regconfig, $2::text)) as stems) q
)
select k.id, k.title, k.body,
       (select count(*) from unnest(q.words) w where w = any (tsvector_to_array(k.search))) as matched,
       cardinality(q.words)::bigint as asked,
       ts_rank('{0, 0.2, 0.4, 1.0}', k.search, to_tsquery('simple', s.any_word), 1)::float8 as rank
  from question q
  cross join lateral (select string_agg(quote_literal(w), ' | ') as any_word from unnest(q.words) w) s
  join knowledge_texts k on k.business_id = $1 and k.search @@ to_tsquery('simple', s.any_word)
 where cardinality(q.words) > 0
 order by rank desc, k.title
 limit 3`,
});
