// Owns: the business's knowledge as its users see it: adding, listing, changing, removing, searching. Refuses to know who asks and what becomes of the answer.
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { CHUNK_SIZES } from "./chunk-text.ts";
import type { FindEmbedder } from "./embed-texts.ts";
import { foldText, vocabularyOf } from "./fold-text.ts";
import { enqueueKnowledgeJob, forgetOtherVersions, listTextIds } from "./indexing.queries.ts";
import {
  findKnowledgeText,
  findKnowledgeTitle,
  keepShortText,
  listKnowledgeTexts,
  removeKnowledgeText,
  renameKnowledgeText,
  replaceWords,
  saveLongText,
  saveShortText,
} from "./knowledge.queries.ts";
import { viewOf, type KnowledgeText } from "./knowledge-text.ts";
import { MAX_TEXT_LENGTH, type MediaType, type TextMediaType } from "./media-types.ts";
import { readSource } from "./read-source.ts";
import { createSearchKnowledge, type SearchKnowledge } from "./search-knowledge.ts";
import { findTextLanguage } from "./text-language.ts";

/** Where a text comes from. A title names it: the same title replaces it. */
export type KnowledgeSource = { readonly title?: string | undefined; readonly language: string } & (
  | { readonly kind: "text"; readonly body: string }
  /** Several ways to ask, and the answer that is given word for word. Without a title, the first question is the title. */
  | { readonly kind: "qa"; readonly questions: readonly string[]; readonly answer: string }
  | { readonly kind: "file"; readonly bytes: Buffer; readonly mediaType: MediaType; readonly name?: string | undefined }
  | { readonly kind: "url"; readonly url: string }
);

export type AddOutcome =
  | { readonly outcome: "saved"; readonly id: string; readonly state: "ready" | "pending" }
  /** Nothing was changed; a sentence. Busy: the same may be taken a little later. */
  | SaveRefusal;

type SaveRefusal = { readonly outcome: "refused"; readonly reason: string } | { readonly outcome: "busy"; readonly reason: string };

export interface KnowledgeBase {
  /** Adds a text, or replaces the one with the same title. `language` as PostgreSQL or people name it, such as `english`, `he`, `pt-BR`. */
  addText(text: {
    readonly businessId: BusinessId;
    readonly title: string;
    readonly body: string;
    readonly language: string;
  }): Promise<string>;
  /** Short texts and questions answer at once; files, pages and long texts as soon as the worker has indexed them; until then their earlier version does. */
  add(businessId: BusinessId, source: KnowledgeSource): Promise<AddOutcome>;
  /** The text with this id becomes this; undefined: there is none. */
  replace(businessId: BusinessId, id: string, source: KnowledgeSource): Promise<AddOutcome | undefined>;
  /** By title. `body` is only the beginning of it. */
  listTexts(businessId: BusinessId, page?: { readonly afterTitle?: string; readonly limit?: number }): Promise<readonly KnowledgeText[]>;
  findText(businessId: BusinessId, id: string): Promise<KnowledgeText | undefined>;
  removeText(businessId: BusinessId, id: string): Promise<boolean>;
  /** Pages are read again, texts cut and indexed again, in the background; without an id all of them. Answers how many. */
  reindex(businessId: BusinessId, id?: string): Promise<number>;
  /** Best first; empty when no word of the question is known. */
  search: SearchKnowledge;
}

export interface KnowledgeBaseDeps {
  readonly database: Database;
  readonly failPoints: FailPoints;
  readonly log: Log;
  readonly findEmbedder: FindEmbedder;
  /** Called after the commit when there is something to index. */
  readonly onQueued: () => void;
}

const MAX_TITLE = 500;
const MAX_QUESTIONS = 50;
const ALL = 100_000;

interface PreparedText {
  readonly title: string;
  readonly language: string;
  readonly body: string;
  readonly kind: KnowledgeSource["kind"];
  readonly questions: readonly string[];
  readonly mediaType: TextMediaType;
  readonly url: string | null;
}

const refused = (reason: string): SaveRefusal => ({ outcome: "refused", reason });

type PreparedParts = Omit<PreparedText, "title" | "language"> & { readonly title: string | undefined };

async function partsOf(businessId: BusinessId, source: KnowledgeSource): Promise<PreparedParts | SaveRefusal> {
  const { kind, title } = source;
  const none = { kind, title, questions: [], mediaType: "text/plain", url: null } as const;
  switch (source.kind) {
    case "text":
      return { ...none, body: source.body.trim() };
    case "qa": {
      const questions = source.questions.map((question) => question.trim()).filter((question) => question !== "");
      if (questions.length > MAX_QUESTIONS) return refused(`There may be at most ${String(MAX_QUESTIONS)} ways to ask for one answer.`);
      return { ...none, title: title ?? questions[0], questions, body: source.answer.trim() };
    }
    case "file": {
      const read = await readSource(businessId, source);
      if (read.outcome !== "read") return read;
      return { ...none, title: title ?? source.name ?? read.title, body: read.text, mediaType: read.mediaType };
    }
    case "url": {
      if (!URL.canParse(source.url) || !/^https?:/.test(source.url)) return refused("The address must begin with http:// or https://.");
      return { ...none, title: title ?? source.url, body: "", url: source.url };
    }
  }
}

async function prepare(businessId: BusinessId, source: KnowledgeSource): Promise<PreparedText | SaveRefusal> {
  const language = findTextLanguage(source.language);
  if (language === undefined)
    return refused(`The language "${source.language}" is not known. Name it as in "english", "pt" or "hebrew"; "simple" is any other.`);
  const parts = await partsOf(businessId, source);
  if ("outcome" in parts) return parts;
  const title = (parts.title ?? "").trim();
  if (title === "" || title.length > MAX_TITLE) return refused(`A text needs a title of 1 to ${String(MAX_TITLE)} characters.`);
  if (parts.body === "" && parts.kind !== "url") return refused("A text needs a body that is not empty.");
  if (parts.body.length > MAX_TEXT_LENGTH) return refused(`A text may have at most ${String(MAX_TEXT_LENGTH)} characters.`);
  return { ...parts, title, language };
}

/** It answers as a whole: pairs always, texts while they are no longer than a piece of a longer one. */
const isShort = ({ kind, body, mediaType }: PreparedText): boolean =>
  kind === "qa" || (kind !== "url" && mediaType === "text/plain" && body.length <= CHUNK_SIZES.longest);

async function saveShort(tx: Queryable, { title, body, language, questions, kind }: PreparedText): Promise<string> {
  const more = questions.filter((question) => question !== title).join("\n");
  const searched = { searchedTitle: foldText(title), searchedQuestions: foldText(more), searchedBody: foldText(body) };
  const [row] = await tx.run(saveShortText, { id: newId(), title, body, language, questions, kind, ...searched });
  const id = row?.id ?? "";
  // What it was cut into when it was longer.
  await tx.execute(forgetOtherVersions, { textId: id, version: row?.version ?? 0 });
  await tx.execute(replaceWords, { textId: id, words: vocabularyOf([title, more, body].join("\n")) });
  return id;
}

async function saveLong(tx: Queryable, { title, body, language, kind, mediaType, url }: PreparedText): Promise<string> {
  await tx.execute(keepShortText, { title });
  const [row] = await tx.run(saveLongText, { id: newId(), title, body, language, kind, mediaType, sourceUrl: url });
  return row?.id ?? "";
}

export function createKnowledgeBase(deps: KnowledgeBaseDeps): KnowledgeBase {
  const { database, findEmbedder } = deps;
  const of = (businessId: BusinessId): BusinessDatabase => database.forBusiness(businessId);

  async function save(businessId: BusinessId, text: PreparedText, id?: string): Promise<AddOutcome> {
    const isDirect = isShort(text);
    const isQueued = !isDirect || (await findEmbedder(businessId)) !== undefined;
    const saved = await of(businessId).transaction(async (tx) => {
      if (id !== undefined) {
        const [other] = await tx.run(findKnowledgeTitle, { title: text.title });
        if (other !== undefined && other.id !== id) return undefined;
        await tx.execute(renameKnowledgeText, { id, title: text.title });
      }
      const savedId = await (isDirect ? saveShort : saveLong)(tx, text);
      if (isQueued) await tx.execute(enqueueKnowledgeJob, { textId: savedId });
      return savedId;
    });
    if (saved === undefined) return refused(`Another text has the title "${text.title}". Nothing was changed; remove that one first.`);
    if (isQueued) deps.onQueued();
    return { outcome: "saved", id: saved, state: isDirect ? "ready" : "pending" };
  }

  async function add(businessId: BusinessId, source: KnowledgeSource): Promise<AddOutcome> {
    const text = await prepare(businessId, source);
    return "outcome" in text ? text : save(businessId, text);
  }

  return {
    add,
    async addText({ businessId, ...text }) {
      const outcome = await add(businessId, { kind: "text", ...text });
      if (outcome.outcome !== "saved") throw new RangeError(outcome.reason);
      return outcome.id;
    },
    async replace(businessId, id, source) {
      const [known] = await of(businessId).run(findKnowledgeText, { id });
      if (known === undefined) return undefined;
      const text = await prepare(businessId, { ...source, title: source.title ?? known.title });
      return "outcome" in text ? text : save(businessId, text, id);
    },
    async listTexts(businessId, { afterTitle = "", limit = ALL } = {}) {
      return (await of(businessId).run(listKnowledgeTexts, { afterTitle, limit })).map(viewOf);
    },
    async findText(businessId, id) {
      const [row] = await of(businessId).run(findKnowledgeText, { id });
      return row === undefined ? undefined : viewOf(row);
    },
    async removeText(businessId, id) {
      return (await of(businessId).execute(removeKnowledgeText, { id })) > 0;
    },
    async reindex(businessId, id) {
      const known = (await of(businessId).run(listTextIds, {})).filter((row) => id === undefined || row.id === id);
      for (const row of known) await of(businessId).execute(enqueueKnowledgeJob, { textId: row.id });
      if (known.length > 0) deps.onQueued();
      return known.length;
    },
    search: createSearchKnowledge(deps),
  };
}
