// Owns: a text of the knowledge base as people see it: what it is, and how far its indexing has come.
import type { Row } from "../db/query.ts";
import type { findKnowledgeText } from "./knowledge.queries.ts";

export interface KnowledgeText {
  readonly id: string;
  readonly title: string;
  readonly body: string;
  readonly language: string;
  readonly kind: "text" | "qa" | "file" | "url";
  readonly questions: readonly string[];
  readonly url: string | null;
  readonly mediaType: string;
  readonly version: number;
  /** Whether it answers now, be it with an earlier version. */
  readonly isLive: boolean;
  readonly state: "pending" | "indexing" | "ready" | "failed";
  readonly chunks: { readonly done: number; readonly total: number };
  /** A sentence: why it failed, or what is still missing although it answers. */
  readonly error: string | null;
  /** Characters. */
  readonly length: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

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
    mediaType: row.media_type,
    version: row.version,
    isLive: row.is_live,
    state: row.state as KnowledgeText["state"],
    chunks: { done: row.chunks_done, total: row.chunks_total },
    error: row.error,
    length: row.length,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
