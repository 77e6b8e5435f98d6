// Owns: indexing one text: read its page again, cut it, write the pieces of the next version, make that the live one, then add the meanings. Any step may
// be the last one: whoever resumes the text continues from what is there. Refuses to know: which text is next, and when.
import { isOutage } from "../db/classify-error.ts";
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import type { Chunk } from "./chunk-text.ts";
import { EmbeddingError, type FindEmbedder } from "./embed-texts.ts";
import { fetchPage } from "./fetch-page.ts";
import { foldText, vocabularyOf } from "./fold-text.ts";
import {
  beginIndexing,
  extendKnowledgeJob,
  findTextToIndex,
  listChunksWithoutMeaning,
  noteIndexingProblem,
  publishMeaning,
  publishVersion,
  savePage,
  writeChunks,
  writeMeaning,
} from "./indexing.queries.ts";
import { replaceWords } from "./knowledge.queries.ts";
import type { TextMediaType } from "./media-types.ts";
import { failureOf, TOO_BUSY } from "./read-source.ts";
import { runTextWork, type RunTextWork } from "./run-text-work.ts";
import type { CutText } from "./text-work.ts";

export interface IndexJob {
  readonly businessId: BusinessId;
  readonly textId: string;
  readonly fence: number;
}

export type IndexOutcome =
  | { readonly outcome: "indexed"; readonly chunks: number }
  /** Somebody else has it, it was changed meanwhile, or it is gone. */
  | { readonly outcome: "lost" }
  /** `reason` is a sentence. `isFinal`: trying again cannot work before somebody changes something. */
  | { readonly outcome: "failed"; readonly reason: string; readonly isFinal: boolean };

export interface IndexTextDeps {
  readonly database: Database;
  readonly failPoints: FailPoints;
  readonly outside: OutsideHttp;
  readonly leaseMs: number;
  readonly findEmbedder: FindEmbedder;
  readonly runTextWork?: RunTextWork;
}

const CHUNKS_AT_A_TIME = 32;
const EMBED_WITHIN_MS = 30_000;
const LOST = { outcome: "lost" } as const;

type TextToIndex = Row<typeof findTextToIndex>;
const failed = (reason: string, isFinal: boolean): IndexOutcome => ({ outcome: "failed", reason, isFinal });

/** The indexing of one text. */
interface IndexRun {
  readonly deps: IndexTextDeps;
  readonly db: BusinessDatabase;
  readonly job: IndexJob;
  readonly signal: AbortSignal;
}

export type IndexText = (job: IndexJob, signal: AbortSignal) => Promise<IndexOutcome>;

export function createIndexText(deps: IndexTextDeps): IndexText {
  return async (job, signal) => {
    const db = deps.database.forBusiness(job.businessId);
    const [stored] = await db.run(findTextToIndex, { textId: job.textId });
    if (stored === undefined) return LOST;
    const run: IndexRun = { deps, db, job, signal };
    return stored.answers_itself && stored.state === "ready" ? indexShort(run, stored) : indexLong(run, stored);
  };
}

/** It answers already; here it gets its words and its meaning. */
async function indexShort(run: IndexRun, text: TextToIndex): Promise<IndexOutcome> {
  const { deps, db, job } = run;
  const { textId } = job;
  const { version, title, questions, body } = text;
  await db.execute(replaceWords, { textId, words: vocabularyOf([title, ...questions, body].join("\n")) });
  const embedder = await deps.findEmbedder(job.businessId);
  if (embedder === undefined) return { outcome: "indexed", chunks: 1 };
  const heading = [title, ...questions.filter((question) => question !== title)].join("\n");
  if (!(await write(run, version, [{ heading, body }]))) return LOST;
  const outcome = await addMeaning(run, version);
  await db.execute(publishMeaning, { textId, version });
  return outcome ?? { outcome: "indexed", chunks: 1 };
}

async function indexLong(run: IndexRun, stored: TextToIndex): Promise<IndexOutcome> {
  const { db, job } = run;
  const { textId } = job;
  const text = stored.kind === "url" ? await readPage(run, stored) : stored;
  if ("outcome" in text) return text;
  const { version } = text;
  const parts = await cut(run, text);
  if ("outcome" in parts) return parts;
  const { chunks, words } = parts;
  if (text.live_version !== version || stored.answers_itself) {
    if (!(await write(run, version, chunks))) return LOST;
    const isPublished = await db.transaction(async (tx) => {
      await tx.execute(replaceWords, { textId, words });
      return (await tx.run(publishVersion, { textId, version, chunks: chunks.length })).length > 0;
    });
    if (!isPublished) return LOST;
  } else await db.execute(noteIndexingProblem, { textId, version, state: "ready", error: null });
  return (await addMeaning(run, version)) ?? { outcome: "indexed", chunks: chunks.length };
}

async function cut({ deps, job }: IndexRun, { title, body, media_type: mediaType }: TextToIndex): Promise<CutText | IndexOutcome> {
  const { runTextWork: runWork = runTextWork } = deps;
  const work = await runWork(job.businessId, { kind: "cut", title, body, mediaType: mediaType as TextMediaType });
  if (work.outcome === "done") return "refused" in work.result.cut ? failed(work.result.cut.refused, true) : work.result.cut;
  return work.outcome === "busy" ? failed(TOO_BUSY, false) : failed(`It could not be cut into pieces${failureOf(work)}`, true);
}

async function readPage({ deps, db, job, signal }: IndexRun, stored: TextToIndex): Promise<TextToIndex | IndexOutcome> {
  const { businessId, textId } = job;
  const page = await fetchPage(deps.outside, { businessId, url: stored.source_url ?? "" }, signal);
  if (page.outcome !== "read") return failed(page.reason, page.outcome === "refused");
  const [saved] = await db.run(savePage, { textId, version: stored.version, body: page.text, mediaType: page.mediaType });
  return saved === undefined ? LOST : { ...stored, body: page.text, media_type: page.mediaType, version: saved.version };
}

/** Continues after the chunks that an earlier run has written. False: the job is not ours any more. */
async function write(run: IndexRun, version: number, chunks: readonly Chunk[]): Promise<boolean> {
  const { deps, db, job } = run;
  const { textId } = job;
  const [begun] = await db.run(beginIndexing, { textId, version, chunks: chunks.length });
  if (begun === undefined) return false;
  for (let from = begun.chunks_done; from < chunks.length; from += CHUNKS_AT_A_TIME) {
    await deps.failPoints.hit("knowledge.index");
    if (!(await isOurs(run))) return false;
    const rows = chunks.slice(from, from + CHUNKS_AT_A_TIME).map(({ heading, body }, index) => ({
      ordinal: from + index,
      heading,
      body,
      foldedHeading: foldText(heading),
      foldedBody: foldText(body),
    }));
    await db.execute(writeChunks, { textId, version, chunks: rows, done: from + rows.length });
  }
  return true;
}

/** Undefined: done, or not wanted. Words answer already, so what goes wrong here takes nothing away. */
async function addMeaning(run: IndexRun, version: number): Promise<IndexOutcome | undefined> {
  const { deps, db, job, signal } = run;
  const { textId } = job;
  const embedder = await deps.findEmbedder(job.businessId);
  if (embedder === undefined) return undefined;
  const { name: model, dimensions } = embedder;
  try {
    for (;;) {
      const chunks = await db.run(listChunksWithoutMeaning, { textId, version, model, limit: CHUNKS_AT_A_TIME });
      if (chunks.length === 0) return undefined;
      if (!(await isOurs(run))) return LOST;
      const texts = chunks.map(({ heading, body }) => [heading, body].filter(Boolean).join("\n"));
      const vectors = await embedder.embed(texts, { timeoutMs: EMBED_WITHIN_MS, signal });
      await db.execute(writeMeaning, { textId, version, model, chunks, vectors: vectors.flat(), dimensions });
    }
  } catch (error) {
    if (isOutage(error)) throw error;
    const isFinal = error instanceof EmbeddingError && error.isFinal;
    const sentence = `It is searched by its words; its meaning could not be added: ${messageOf(error)}`;
    await db.execute(noteIndexingProblem, { textId, version, state: "ready", error: sentence });
    return failed(sentence, isFinal);
  }
}

async function isOurs({ deps, db, job, signal }: IndexRun): Promise<boolean> {
  if (signal.aborted) return false;
  const { textId, fence } = job;
  return (await db.execute(extendKnowledgeJob, { textId, fence, afterMs: deps.leaseMs })) > 0;
}
