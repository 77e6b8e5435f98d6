// Owns: searching a business's texts: by words, by words with typing mistakes, and by meaning where both the database and the business offer it.
// Refuses to know: what becomes of the hits.
import { z } from "zod";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import { correctWords, isCorrectable } from "./correct-words.ts";
import type { FindEmbedder } from "./embed-texts.ts";
import { wordsOfQuestion, type QuestionWord } from "./fold-text.ts";
import { ANSWERS_FROM, coverageOf, NEAREST_ANSWERS_FROM, scoreOf } from "./score-hit.ts";
import { findLikeWords, findVectors, searchByMeaning, searchChunks, searchTexts } from "./search.queries.ts";

export const knowledgeHitSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    heading: z
      .string()
      .nullable()
      .describe("The headings above the part that was found, or the question that it answers; null: the text is one part."),
    body: z.string().describe("The part that was found; of short texts and answers all of it."),
    score: z.number().describe("0 to 1: how much of the question it knows; words of titles count more."),
    coverage: z.number().describe("The same, with all words counting alike."),
    similarity: z.number().nullable().describe("How near it is in meaning, 1 the nearest; null: not asked, or not among the nearest."),
    answers: z.boolean().describe("Whether it is good enough to be sent as the answer."),
  })
  .meta({ id: "KnowledgeHit" });

export type KnowledgeHit = Readonly<z.output<typeof knowledgeHitSchema>>;

export interface KnowledgeQuestion {
  readonly businessId: BusinessId;
  readonly text: string;
  /** Of the business: among equal hits, those in this language come first. */
  readonly language: string;
  readonly limit?: number;
}

export type SearchKnowledge = (question: KnowledgeQuestion) => Promise<readonly KnowledgeHit[]>;

const MAX_QUESTION_LENGTH = 2_000;
const DEFAULT_LIMIT = 3;
/** Whoever waits for the answer waits for this too; without it the words alone must do. */
const EMBED_WITHIN_MS = 600;
/** Looking for the words beside a word takes 1 to 2 ms; a question with more mistakes than these is in another language, or has no words in it. */
const MOST_CORRECTED = 8;
const NEAREST = 20;
/** Reciprocal rank fusion: the larger, the less the first places are worth more than the next. */
const FUSION = 60;
const VECTORS_KNOWN_FOR_MS = 60_000;

type WordRow = Omit<Row<typeof searchChunks>, "ordinal" | "heading"> & { readonly ordinal: number | null; readonly heading: string | null };
interface TextMatches {
  readonly texts: readonly WordRow[];
  readonly hasFiles: boolean;
}
type NearRow = Row<typeof searchByMeaning>;

const keyOf = ({ id, ordinal }: { readonly id: string; readonly ordinal: number | null }): string => `${id}/${String(ordinal)}`;

interface ScoredRow {
  readonly row: WordRow;
  readonly score: number;
}

function byScore(rows: readonly WordRow[], language: string): readonly ScoredRow[] {
  const own = (row: WordRow): number => (row.language === language ? 1 : 0);
  return rows
    .map((row) => ({ row, score: scoreOf(row) }))
    .toSorted((a, b) => b.score - a.score || own(b.row) - own(a.row) || b.row.rank - a.row.rank);
}

function hitOf({ row, score }: ScoredRow, near: NearRow | undefined, isNearest: boolean): KnowledgeHit {
  const { id, title, heading, body } = row;
  const similarity = near?.similarity ?? null;
  return {
    id,
    title,
    heading,
    body,
    coverage: coverageOf(row),
    score,
    similarity,
    answers: score >= (isNearest ? NEAREST_ANSWERS_FROM : ANSWERS_FROM),
  };
}

/** Both lists in one: what ranks high in both comes first. */
function fuse(scored: readonly ScoredRow[], near: readonly NearRow[]): readonly KnowledgeHit[] {
  if (near.length === 0) return scored.map((row) => hitOf(row, undefined, false));
  const nearBy = new Map(near.map((row, place) => [keyOf(row), { row, place }]));
  const worded = scored.map((match, place) => {
    const twin = nearBy.get(keyOf(match.row));
    nearBy.delete(keyOf(match.row));
    const points = 1 / (FUSION + place) + (twin === undefined ? 0 : 1 / (FUSION + twin.place));
    return { hit: hitOf(match, twin?.row, twin?.place === 0), points };
  });
  const meant = [...nearBy.values()].map(({ row: { id, title, heading, body, similarity }, place }) => ({
    hit: { id, title, heading, body, coverage: 0, score: 0, similarity, answers: false },
    points: 1 / (FUSION + place),
  }));
  return [...worded, ...meant].toSorted((a, b) => b.points - a.points).map(({ hit }) => hit);
}

export function createSearchKnowledge(deps: {
  readonly database: Pick<Database, "forBusiness">;
  readonly failPoints: FailPoints;
  readonly log: Log;
  readonly findEmbedder: FindEmbedder;
}): SearchKnowledge {
  const { database, findEmbedder, log } = deps;
  let vectors: { readonly isOffered: boolean; readonly askedAt: number } | undefined;

  /** Questions that come at the same moment are one statement. */
  const searchAll = createBusinessBatcher<{ readonly folded: string; readonly raw: string }, TextMatches>({
    slots: 4,
    maxItems: 32,
    async run(businessId, questions) {
      const rows = await database.forBusiness(businessId).run(searchTexts, { questions });
      const hasFiles = rows.some(({ id }) => id === null);
      return questions.map((_, at) => ({
        hasFiles,
        texts: rows.flatMap(({ ord, id, ...row }) => (id === null || ord !== at + 1 ? [] : [{ ...row, id, ordinal: null, heading: null }])),
      }));
    },
  });

  async function byWords(businessId: BusinessId, words: readonly QuestionWord[]): Promise<readonly WordRow[]> {
    const question = { folded: words.map(({ folded }) => folded).join(" "), raw: words.map(({ raw }) => raw).join(" ") };
    const { texts, hasFiles } = await searchAll(businessId, question);
    if (!hasFiles) return texts;
    return [...texts, ...(await database.forBusiness(businessId).run(searchChunks, question))];
  }

  /** The question with its typing mistakes corrected; undefined: there are none. */
  async function corrected(businessId: BusinessId, words: readonly QuestionWord[]): Promise<readonly QuestionWord[] | undefined> {
    const typed = words.map(({ folded }) => folded).filter(isCorrectable);
    if (typed.length === 0) return undefined;
    const rows = await database.forBusiness(businessId).run(findLikeWords, { words: typed.slice(0, MOST_CORRECTED) });
    const known = correctWords(rows.map((row) => ({ typed: row.typed, known: row.known.split(" ") })));
    if (known.size === 0) return undefined;
    return words.map((word) => {
      const meant = known.get(word.folded);
      return meant === undefined ? word : { folded: meant, raw: meant };
    });
  }

  async function areVectorsOffered(businessId: BusinessId): Promise<boolean> {
    if (vectors !== undefined && performance.now() - vectors.askedAt < VECTORS_KNOWN_FOR_MS) return vectors.isOffered;
    const [row] = await database.forBusiness(businessId).run(findVectors, {});
    vectors = { isOffered: row?.is_offered ?? false, askedAt: performance.now() };
    return vectors.isOffered;
  }

  /** Never throws: it helps, and nothing depends on it. */
  async function byMeaning(businessId: BusinessId, text: string): Promise<readonly NearRow[]> {
    try {
      const embedder = await findEmbedder(businessId);
      if (embedder === undefined || !(await areVectorsOffered(businessId))) return [];
      const [vector = []] = await embedder.embed([text], { timeoutMs: EMBED_WITHIN_MS });
      return await database.forBusiness(businessId).run(searchByMeaning, { vector, model: embedder.name, limit: NEAREST });
    } catch (error) {
      log.warn({ businessId, error: messageOf(error) }, "knowledge.meaning-not-searched");
      return [];
    }
  }

  return async ({ businessId, text, language, limit = DEFAULT_LIMIT }) => {
    await deps.failPoints.hit("knowledge.search");
    const question = text.slice(0, MAX_QUESTION_LENGTH);
    const words = wordsOfQuestion(question);
    if (words.length === 0) return [];
    const [rows, near] = await Promise.all([byWords(businessId, words), byMeaning(businessId, question)]);
    let found = byScore(rows, language);
    if ((found[0]?.score ?? 0) < ANSWERS_FROM) {
      const meant = await corrected(businessId, words);
      if (meant !== undefined) found = byScore(await byWords(businessId, meant), language);
    }
    return fuse(found, near).slice(0, limit);
  };
}
