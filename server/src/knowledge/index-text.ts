// Owns: indexing one text: read its page anew, cut it, write the pieces of the coming version, make that the live one, then add the meanings. Every step
// may be the last one: whoever takes the text up again goes on from what is there. Refuses to know: which text is next, and when.
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
  /** `reason` is a sentence. `isFinal`: the same again cannot work before somebody changes something. */
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

export type IndexText = (job: IndexJob, signal: AbortSignal) => Promise<IndexOutcome>;

export function createIndexText(deps: IndexTextDeps): IndexText {
  return async (job, signal) => {
    const db = deps.database.forBusiness(job.businessId);
    const [stored] = await db.run(findTextToIndex, [job.businessId, job.textId]);
    if (stored === undefined) return LOST;
    const run = new IndexRun(deps, { db, job, signal });
    return stored.answers_itself && stored.state === "ready" ? run.indexShort(stored) : run.indexLong(stored);
  };
}

class IndexRun {
  readonly #deps: IndexTextDeps;
  readonly #db: BusinessDatabase;
  readonly #job: IndexJob;
  readonly #signal: AbortSignal;

  constructor(deps: IndexTextDeps, run: { readonly db: BusinessDatabase; readonly job: IndexJob; readonly signal: AbortSignal }) {
    this.#deps = deps;
    this.#db = run.db;
    this.#job = run.job;
    this.#signal = run.signal;
  }

  /** It answers by itself already; here it gets its words and its meaning. */
  async indexShort(text: TextToIndex): Promise<IndexOutcome> {
    const { businessId, textId } = this.#job;
    await this.#db.run(replaceWords, [businessId, textId, vocabularyOf([text.title, ...text.questions, text.body].join("\n"))]);
    const embedder = await this.#deps.findEmbedder(businessId);
    if (embedder === undefined) return { outcome: "indexed", chunks: 1 };
    const heading = [text.title, ...text.questions.filter((question) => question !== text.title)].join("\n");
    if (!(await this.#write(text.version, [{ heading, body: text.body }]))) return LOST;
    const outcome = await this.#addMeaning(text.version);
    await this.#db.run(publishMeaning, [businessId, textId, text.version]);
    return outcome ?? { outcome: "indexed", chunks: 1 };
  }

  async indexLong(stored: TextToIndex): Promise<IndexOutcome> {
    const { businessId, textId } = this.#job;
    const text = stored.kind === "url" ? await this.#readPage(stored) : stored;
    if ("outcome" in text) return text;
    const cut = await this.#cut(text);
    if ("outcome" in cut) return cut;
    const { chunks, words } = cut;
    if (text.live_version !== text.version || stored.answers_itself) {
      if (!(await this.#write(text.version, chunks))) return LOST;
      const isPublished = await this.#db.transaction(async (tx) => {
        await tx.run(replaceWords, [businessId, textId, words]);
        return (await tx.run(publishVersion, [businessId, textId, text.version, chunks.length])).length > 0;
      });
      if (!isPublished) return LOST;
    } else await this.#db.run(noteIndexingProblem, [businessId, textId, text.version, "ready", null]);
    return (await this.#addMeaning(text.version)) ?? { outcome: "indexed", chunks: chunks.length };
  }

  async #cut({ title, body, media_type: mediaType }: TextToIndex): Promise<CutText | IndexOutcome> {
    const run = this.#deps.runTextWork ?? runTextWork;
    const work = await run(this.#job.businessId, { kind: "cut", title, body, mediaType: mediaType as TextMediaType });
    if (work.outcome === "done") return "refused" in work.result.cut ? failed(work.result.cut.refused, true) : work.result.cut;
    return work.outcome === "busy" ? failed(TOO_BUSY, false) : failed(`It could not be cut into pieces${failureOf(work)}`, true);
  }

  async #readPage(stored: TextToIndex): Promise<TextToIndex | IndexOutcome> {
    const { businessId, textId } = this.#job;
    const page = await fetchPage(this.#deps.outside, { businessId, url: stored.source_url ?? "" }, this.#signal);
    if (page.outcome !== "read") return failed(page.reason, page.outcome === "refused");
    const [saved] = await this.#db.run(savePage, [businessId, textId, stored.version, page.text, page.mediaType]);
    return saved === undefined ? LOST : { ...stored, body: page.text, media_type: page.mediaType, version: saved.version };
  }

  /** Goes on behind the pieces that an earlier run has written. False: the job is not ours any more. */
  async #write(version: number, chunks: readonly Chunk[]): Promise<boolean> {
    const { businessId, textId } = this.#job;
    const [begun] = await this.#db.run(beginIndexing, [businessId, textId, version, chunks.length]);
    if (begun === undefined) return false;
    for (let from = begun.done; from < chunks.length; from += CHUNKS_AT_A_TIME) {
      await this.#deps.failPoints.hit("knowledge.index");
      if (!(await this.#isOurs())) return false;
      const part = chunks.slice(from, from + CHUNKS_AT_A_TIME);
      const headings = part.map(({ heading }) => heading);
      const bodies = part.map(({ body }) => body);
      await this.#db.run(writeChunks, [businessId, textId, version, from, headings, bodies, headings.map(foldText), bodies.map(foldText)]);
    }
    return true;
  }

  /** Undefined: done, or not wanted. Words answer already, so what goes wrong here takes nothing away. */
  async #addMeaning(version: number): Promise<IndexOutcome | undefined> {
    const { businessId, textId } = this.#job;
    const embedder = await this.#deps.findEmbedder(businessId);
    if (embedder === undefined) return undefined;
    try {
      for (;;) {
        const rows = await this.#db.run(listChunksWithoutMeaning, [businessId, textId, version, embedder.name, CHUNKS_AT_A_TIME]);
        if (rows.length === 0) return undefined;
        if (!(await this.#isOurs())) return LOST;
        const texts = rows.map(({ heading, body }) => [heading, body].filter(Boolean).join("\n"));
        const vectors = await embedder.embed(texts, { timeoutMs: EMBED_WITHIN_MS, signal: this.#signal });
        const ordinals = rows.map(({ ordinal }) => ordinal);
        await this.#db.run(writeMeaning, [businessId, textId, version, embedder.name, ordinals, vectors.flat(), embedder.dimensions]);
      }
    } catch (error) {
      if (isOutage(error)) throw error;
      const isFinal = error instanceof EmbeddingError && error.isFinal;
      const sentence = `It is searched by its words; its meaning could not be added: ${messageOf(error)}`;
      await this.#db.run(noteIndexingProblem, [businessId, textId, version, "ready", sentence]);
      return failed(sentence, isFinal);
    }
  }

  async #isOurs(): Promise<boolean> {
    if (this.#signal.aborted) return false;
    const { businessId, textId, fence } = this.#job;
    return (await this.#db.run(extendKnowledgeJob, [businessId, textId, fence, this.#deps.leaseMs])).length > 0;
  }
}
