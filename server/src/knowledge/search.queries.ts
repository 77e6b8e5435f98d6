// Owns: the SQL of searching a business's texts: by words, by words with typing mistakes, by meaning.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// A question is not a query: any of its words may match. What counts is how much of the question the text knows, so a long text that happens to share
// one common word does not win over the one that is about the matter. `folded` has the words of the question, folded, a space between them; `raw` the same as
// they were written. They are letters and digits only, so each is one token, and its stem needs no escaping.
// Each text is asked in its own language; a word of which nothing is left in that language, in either spelling (a stop word), does not count. "Where are
// you?" has nothing but stop words: then the words themselves are looked for, among the titles' (weight C).
const questionOf = (folded: string, raw: string): string => `question as materialized (
  select s.language, w.places, w.stems, w.forms, w.any_word::tsquery as any_word
    from (
      select l.language, to_tsvector(l.language::regconfig, ${folded}) as folded, to_tsvector(l.language::regconfig, ${raw}) as raw
        from lang l offset 0) s
    cross join lateral (
      select array_agg(p.n) as places, array_agg(f.stem) as stems, max(f.form) as forms, '''' || string_agg(f.stem, ''' | ''') || '''' as any_word
        from (
          select 1 as form, u.lexeme as stem, u.positions
            from unnest(case when length(s.folded) > 0 and length(s.raw) > 0 then s.folded else to_tsvector('simple', ${folded}) end) u
          union all
          select 2, u.lexeme, u.positions
            from unnest(case when length(s.folded) > 0 and length(s.raw) > 0 then s.raw else to_tsvector('simple', ${raw}) end) u
           where s.folded <> s.raw) f
       cross join lateral unnest(f.positions) as p (n)) w
)`;

// knows: per word, in no order, 2 when the title or a question of the text has it, and 1 when its body does; both are 3. Words without a weight (D), of
// rows that somebody else wrote, count as both.
const KNOWS = `cross join lateral (
    select array_agg(w.knows) as knows
      from (
        select max(2 * (s.stem = any (h.title_words))::int + (s.stem = any (h.body_words))::int)::bigint as knows
          from unnest(h.places, h.stems) as s (n, stem) group by s.n having count(*) >= h.forms) w) v`;

// A row without an id says that there are files, too, which searchChunks searches. They are a statement of their own, and the words are one text and no
// array, because of the plan: with either, the planner takes the plan for these very values to be cheaper, and plans again each time. Measured
// 2026-11-25, nine texts: of 1.2 ms planning was 0.8; this plan is kept.
export const searchTexts = defineQuery({
  name: "knowledge.search-texts",
  role: "app",
  columns: { ord: "int8?", id: "uuid?", language: "text", title: "text", body: "text", knows: "int8[]", rank: "float8" },
  params: { questions: rowsOf({ folded: "text", raw: "text" }) },
  text: `
with lang as materialized (
  select k.language, bool_or(k.search = '') as has_files from knowledge_texts k where k.business_id = :business group by k.language
), asked as materialized (
  select a.* from :questions with ordinality as a
)
select a.ord, h.id, h.language, h.title, h.body, h.knows, h.rank
  from asked a
  cross join lateral (
    with ${questionOf("a.folded", "a.raw")}
    select h.id, h.language, h.title, h.body, v.knows, h.rank
      from (
        select t.*, tsvector_to_array(ts_filter(t.search, '{a,c,d}')) as title_words, tsvector_to_array(ts_filter(t.search, '{b,d}')) as body_words
          from (
            select k.id, q.language, k.title, k.body, k.search, q.places, q.stems, q.forms,
                   ts_rank('{0.1, 0.2, 0.4, 1.0}', k.search, q.any_word, 1)::float8 as rank
              from question q
              join knowledge_texts k on k.business_id = :business and k.language = q.language and k.search @@ q.any_word
             order by rank desc limit 30) t
        offset 0) h
      ${KNOWS}) h
union all
(select null, null, '', '', '', '{}', 0 from lang l where l.has_files limit 1)`,
});

// The same for the pieces of files, pages and long texts. lateral: joined otherwise, all pieces with their bodies are kept for the next language.
export const searchChunks = defineQuery({
  name: "knowledge.search-chunks",
  role: "app",
  columns: { id: "uuid", ordinal: "int4", language: "text", title: "text", heading: "text", body: "text", knows: "int8[]", rank: "float8" },
  params: { folded: "text", raw: "text" },
  text: `
with lang as materialized (
  select k.language from knowledge_texts k where k.business_id = :business and k.search = '' group by k.language
), ${questionOf(":folded", ":raw")}
select h.id, h.ordinal, h.language, h.title, h.heading, h.body, v.knows, h.rank
  from (
    select t.*, tsvector_to_array(ts_filter(t.search, '{a,c,d}')) as title_words, tsvector_to_array(ts_filter(t.search, '{b,d}')) as body_words
      from (
        select c.id, c.ordinal, q.language, c.title, c.heading, c.body, c.search, q.places, q.stems, q.forms, c.rank
          from question q
          cross join lateral (
            select k.id, c.ordinal, k.title, c.heading, c.body, c.search, ts_rank('{0.1, 0.2, 0.4, 1.0}', c.search, q.any_word, 1)::float8 as rank
              from knowledge_texts k
              join knowledge_chunks c on c.business_id = :business and c.text_id = k.id and c.version = k.live_version
             where k.business_id = :business and k.search = '' and c.language = q.language and c.search @@ q.any_word
             order by rank desc limit 30) c
         order by c.rank desc limit 30) t
    offset 0) h
${KNOWS}`,
});

// For each of these words that no text of the business has: the known words beside it in the alphabet, with the same first letter and about as long. A
// mistake is rarely among the first letters, so the neighbours are the likely ones. The limits bound the work: 2 x 1,000 entries of the key for a word,
// however many begin alike. No bound by the next letter, because what follows all words is not the same in every collation.
export const findLikeWords = defineQuery({
  name: "knowledge.find-like-words",
  role: "app",
  columns: { typed: "text", known: "text" },
  params: { words: "text[]" },
  text: `
select t.typed, string_agg(distinct n.word, ' ') as known
  from unnest(:words) as t (typed)
  cross join lateral (
    (select w.word from knowledge_words w where w.business_id = :business and w.word > t.typed order by w.word limit 1000)
    union all
    (select w.word from knowledge_words w where w.business_id = :business and w.word < t.typed order by w.word desc limit 1000)) n
 where left(n.word, 1) = left(t.typed, 1) and abs(length(n.word) - length(t.typed)) <= 2
   and not exists (select from knowledge_words w where w.business_id = :business and w.word = t.typed)
 group by t.typed`,
});

export const findVectors = defineQuery({
  name: "knowledge.find-vectors",
  role: "app",
  columns: { is_offered: "bool" },
  params: {},
  text: `select vector_schema() is not null as is_offered from businesses b where b.id = :business`,
});

export const searchByMeaning = defineQuery({
  name: "knowledge.search-by-meaning",
  role: "app",
  columns: { id: "uuid", ordinal: "int4?", title: "text", heading: "text?", body: "text", similarity: "float8" },
  params: { vector: "float4[]", model: "text", limit: "int4" },
  text: `
select k.id, case when k.search = '' then n.ordinal end as ordinal, k.title, c.heading,
       case when k.search = '' then c.body else k.body end as body, n.similarity
  from nearest_knowledge(:business, :vector, :model, :limit) n
  join knowledge_texts k on k.business_id = :business and k.id = n.text_id
  join knowledge_chunks c on c.business_id = :business and c.text_id = n.text_id and c.version = k.live_version and c.ordinal = n.ordinal
 where n.business_id = :business
 order by n.similarity desc`,
});
