// Owns: a text of the knowledge base as people see it: what it is, and how far its indexing has come.
import { z } from "zod";
import type { Row } from "../db/query.ts";
import { instant } from "../kernel/shapes.ts";
import type { findKnowledgeText } from "./knowledge.queries.ts";

export const knowledgeTextSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    kind: z.enum(["text", "qa", "file", "url"]),
    language: z.string().describe("PostgreSQL's text search configuration; simple: words as they are."),
    questions: z.array(z.string()).readonly(),
    url: z.string().nullable(),
    version: z.number(),
    isLive: z.boolean().describe("Whether it answers now, be it with an earlier version."),
    state: z.enum(["pending", "indexing", "ready", "failed"]),
    chunks: z.object({ done: z.number(), total: z.number() }),
    error: z.string().nullable().describe("A sentence: why it failed, or what is missing although it answers."),
    length: z.number().describe("Characters."),
    body: z.string().describe("In lists only the first 2,000 characters."),
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: "KnowledgeText" });

export type KnowledgeText = Readonly<z.output<typeof knowledgeTextSchema>>;

export function viewOf(row: Row<typeof findKnowledgeText>): KnowledgeText {
  return {
    id: row.id,
    title: row.title,
    body: row.body,
    language: row.language,
    // Both by constraint: ck_knowledge_kind, ck_knowledge_state.
    kind: row.kind as KnowledgeText["kind"],
    questions: row.questions,
    url: row.source_url,
    version: row.version,
    isLive: row.is_live,
    state: row.state as KnowledgeText["state"],
    chunks: { done: row.chunks_done, total: row.chunks_total },
    error: row.error,
    length: row.length,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}
