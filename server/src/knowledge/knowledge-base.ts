// Owns: the business's own short texts: adding, listing, removing, searching. Refuses to know who asks and what becomes of the answer.
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { listKnowledgeTexts, removeKnowledgeText, saveKnowledgeText, searchKnowledge } from "./knowledge.queries.ts";

export interface KnowledgeText {
  readonly id: string;
  readonly title: string;
  readonly body: string;
}

export interface KnowledgeHit extends KnowledgeText {
  readonly rank: number;
  /** The share of the question's words that the text knows, 0 to 1. */
  readonly coverage: number;
}

export interface KnowledgeBase {
  /** Adds a text, or replaces the one with the same title. `language` is a PostgreSQL text search configuration, such as `english`. */
  addText(text: {
    readonly businessId: BusinessId;
    readonly title: string;
    readonly body: string;
    readonly language: string;
  }): Promise<string>;
  listTexts(businessId: BusinessId): Promise<readonly (KnowledgeText & { readonly language: string; readonly createdAt: Date })[]>;
  removeText(businessId: BusinessId, id: string): Promise<boolean>;
  /** Best first; empty when no word of the question is known. */
  search(question: { readonly businessId: BusinessId; readonly text: string; readonly language: string }): Promise<readonly KnowledgeHit[]>;
}

export function createKnowledgeBase(deps: { readonly database: Database; readonly failPoints: FailPoints }): KnowledgeBase {
  const { database } = deps;
  return {
    async addText({ businessId, title, body, language }) {
      const rows = await database.forBusiness(businessId).run(saveKnowledgeText, [businessId, newId(), title, body, language]);
      return rows[0]?.id ?? "";
    },
    async listTexts(businessId) {
      const rows = await database.forBusiness(businessId).run(listKnowledgeTexts, [businessId]);
      return rows.map(({ created_at, ...text }) => ({ ...text, createdAt: created_at }));
    },
    async removeText(businessId, id) {
      return (await database.forBusiness(businessId).run(removeKnowledgeText, [businessId, id])).length > 0;
    },
    async search({ businessId, text, language }) {
      await deps.failPoints.hit("knowledge.search");
      const rows = await database.forBusiness(businessId).run(searchKnowledge, [businessId, text.slice(0, 2000), language]);
      return rows.map((row) => ({
        id: row.id,
        title: row.title,
        body: row.body,
        rank: row.rank,
        coverage: row.matched / Math.max(1, row.asked),
      }));
    },
  };
}
