// Owns: the SQL of searching a business's texts: by words, by words with typing mistakes, by meaning.
import { defineQuery } from "../db/query.ts";

// A question is not a query: any of its words may match. What counts is how much of the question the text knows, so a long text that happens to share
// one common word does not win over the one that is about the matter. $2: the words of the question, folded; $3: the same as they were written.
// Each text is asked in its own language; a word of which nothing is left in that language (a stop word) does not count. "Where are you?" has nothing but
// stop words: then the words themselves are looked for, among the titles' (weight C).
// knows: per word 2 when the title, the heading or a question of the text has it, 1 when only its body does.
// Ranked twice: ts_rank is cheap and finds thirty, the rest is worked out for those only.
export const searchByWords = defineQuery({
  name: "knowledge.search-by-words",
  role: "app",
  columns: {
    id: "uuid",
    ordinal: "int4?",
    language: "text",
    title: "text",
    heading: "text?",
    body: "text",
    asked: "int8[]",
    knows: "int8[]",
    rank: "float8",
  },
  text: `
with lang as materialized (
  select distinct k.language from knowledge_texts k where k.business_id = $1
), word as materialized (
  select l.language, w.n, w.folded, w.raw, f.stems as folded_stems, r.stems as raw_stems,
         bool_or(cardinality(f.stems) > 0 and cardinality(r.stems) > 0) over (partition by l.language) as has_stems
    from lang l
    cross join unnest($2::text[], $3::text[]) with ordinality as w (folded, raw, n)
    cross join lateral (select tsvector_to_array(to_tsvector(l.language::regconfig, w.folded)) as stems) f
    cross join lateral (select case when w.raw = w.folded then f.stems else tsvector_to_array(to_tsvector(l.language::regconfig, w.raw)) end as stems) r
), form as materialized (
  select w.language, w.n, case when w.has_stems then w.folded_stems || w.raw_stems else array[w.folded, w.raw] end as stems
    from word w where not w.has_stems or (cardinality(w.folded_stems) > 0 and cardinality(w.raw_stems) > 0)
), question as materialized (
  select f.language, string_agg(quote_literal(s.stem), ' | ')::tsquery as any_word
    from form f cross join lateral unnest(f.stems) as s (stem) group by f.language
), hit as materialized (
  (select k.id, null::integer as version, null::integer as ordinal, q.language, ts_rank('{0.1, 0.2, 0.4, 1.0}', k.search, q.any_word, 1)::float8 as rank
     from question q
     join knowledge_texts k on k.business_id = $1 and k.language = q.language and k.search @@ q.any_word
    order by rank desc limit 30)
  union all
  (select c.text_id, c.version, c.ordinal, q.language, ts_rank('{0.1, 0.2, 0.4, 1.0}', c.search, q.any_word, 1)::float8 as rank
     from question q
     join knowledge_chunks c on c.business_id = $1 and c.language = q.language and c.search @@ q.any_word
     join knowledge_texts k on k.business_id = c.business_id and k.id = c.text_id and k.live_version = c.version and k.search = ''
    order by rank desc limit 30)
), best as (
  select h.id, h.version, h.ordinal, h.language, h.rank from hit h order by h.rank desc limit 30
)
select k.id, b.ordinal, b.language, k.title, c.heading, coalesce(c.body, k.body) as body, v.asked, v.knows, b.rank
  from best b
  join knowledge_texts k on k.business_id = $1 and k.id = b.id
  left join knowledge_chunks c on c.business_id = $1 and c.text_id = b.id and c.version = b.version and c.ordinal = b.ordinal
  cross join lateral (
    select tsvector_to_array(s.search) as whole, tsvector_to_array(ts_filter(s.search, '{b}')) as body, tsvector_to_array(ts_filter(s.search, '{a,c,d}')) as title
      from (select coalesce(c.search, k.search) as search) s) t
  cross join lateral (
    select array_agg(f.n order by f.n) as asked,
           array_agg(case when f.stems && t.title then 2::bigint when f.stems && t.whole then 1::bigint else 0::bigint end order by f.n) as knows
      from form f where f.language = b.language) v
 order by b.rank desc, k.title`,
});

// Which of these words no text of the business has, and the known words that look like each, likeliest first. Compared by three letters at a time over
// the business's own words: a few thousand at most, by the key; only asked when a question found no answer.
export const findLikeWords = defineQuery({
  name: "knowledge.find-like-words",
  role: "app",
  columns: { typed: "text", known: "text" },
  text: `
with typed as materialized (
  select u.typed, trigrams(u.typed) as grams from unnest($2::text[]) as u (typed)
   where not exists (select from knowledge_words w where w.business_id = $1 and w.word = u.typed)
), near as materialized (
  select distinct on (t.typed, d.word) t.typed, t.grams, d.word, d.trigrams
    from typed t
    join knowledge_words d on d.business_id = $1 and d.word >= left(t.typed, 1) and d.word < left(t.typed, 1) || chr(1114111)
     and abs(length(d.word) - length(t.typed)) <= 2
), compared as materialized (
  select n.typed, n.word, s.shared::float8 / (cardinality(n.grams) + cardinality(n.trigrams) - s.shared) as likeness
    from near n cross join lateral (select count(*) as shared from unnest(n.trigrams) g where g = any (n.grams)) s
), ranked as (
  select c.typed, c.word, c.likeness, row_number() over (partition by c.typed order by c.likeness desc, c.word) as place
    from compared c where c.likeness >= 0.25
)
select r.typed, r.word as known from ranked r where r.place <= 5 order by r.typed, r.place`,
});

export const findVectors = defineQuery({
  name: "knowledge.find-vectors",
  role: "app",
  columns: { is_offered: "bool" },
  text: `select vector_schema() is not null as is_offered from businesses b where b.id = $1`,
});

export const searchByMeaning = defineQuery({
  name: "knowledge.search-by-meaning",
  role: "app",
  columns: { id: "uuid", ordinal: "int4?", title: "text", heading: "text?", body: "text", similarity: "float8" },
  text: `
select k.id, case when k.search = '' then n.ordinal end as ordinal, k.title, c.heading,
       case when k.search = '' then c.body else k.body end as body, n.similarity
  from nearest_knowledge($1, $2::real[], $3::text, $4::integer) n
  join knowledge_texts k on k.business_id = $1 and k.id = n.text_id
  join knowledge_chunks c on c.business_id = $1 and c.text_id = n.text_id and c.version = k.live_version and c.ordinal = n.ordinal
 where n.business_id = $1
 order by n.similarity desc`,
});
